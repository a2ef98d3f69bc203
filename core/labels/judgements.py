"""Judgements: whether a picture is a good answer to a question, as a person sees it, whatever model found it.

They are decisions whose subject says who judged which question, so that undo, rebuilding and moving pictures work as
for all decisions. A judgement does not name a model: it counts for every model that is compared later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.keys import KEY_BYTES
from core.labels.decisions import DecisionKind, Decisions
from core.labels.undo import History, Step
from core.names import clean_name
from core.text import count, is_unicode

_PREFIX = "judged:"
_STEP = "judge "  # what the name of its step begins with
_LONGEST_TEXT = 1_000  # characters of a question
_SUBJECT = re.compile(r"judged:([^:]*):(picture|text):(.*)", re.DOTALL)
_KINDS = {DecisionKind.RELEVANT.value: True, DecisionKind.NOT_RELEVANT.value: False}

_FORGOTTEN = (DecisionKind.RELEVANT, DecisionKind.NOT_RELEVANT)


@dataclass(frozen=True, slots=True, order=True)
class JudgedQuestion:
    """What was asked: one picture, or a text.

    Attributes:
        picture: key of the picture, 20 bytes; empty for a text.
        text: of the question; empty for a picture.
    """

    picture: bytes = b""
    text: str = ""

    def __post_init__(self) -> None:
        if bool(self.picture) == bool(self.text):
            raise ValueError("a question is a picture or a text")
        if self.picture and len(self.picture) != KEY_BYTES:
            raise ValueError("a key has 20 bytes")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one person said of one picture.

    Attributes:
        question: that was asked.
        person: who judged.
        key: of the picture that was judged, 20 bytes.
        relevant: whether it is a good answer.
    """

    question: JudgedQuestion
    person: str
    key: bytes
    relevant: bool


def is_judgement(step: Step) -> bool:
    """Whether a step of the history was made by :meth:`Judgements.judge`."""
    return step.name.startswith(_STEP)


class Judgements:
    """The judgements in a catalog. Every change is a step that can be undone.

    Args:
        catalog: contains them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def judge(self, question: JudgedQuestion, person: str, judged: Mapping[bytes, bool]) -> None:
        """Remember whether pictures are good answers; earlier judgements of the same person are replaced.

        Args:
            question: that was asked.
            person: who judges.
            judged: by key of 20 bytes, whether the picture is a good answer. Unknown keys are ignored.

        Raises:
            UsageError: the name of the person, or the text, is empty, too long or not one line.
        """
        subject = _subject(question, person)
        decisions = Decisions(self._catalog)
        good = sum(judged.values())
        with History(self._catalog).step(f"{_STEP}{count(len(judged), 'picture')}: {count(good)} relevant"):
            for kind, relevant in ((DecisionKind.RELEVANT, True), (DecisionKind.NOT_RELEVANT, False)):
                keys = [key for key, value in judged.items() if value is relevant]
                if keys:
                    decisions.remember(kind, subject, keys)

    def all(self, person: str = "") -> list[Judgement]:
        """All judgements, or those of one person, ordered by question, person and key."""
        rows = self._catalog.query(
            """SELECT d.kind, d.subject, p.key FROM decisions d JOIN pictures p ON p.id = d.picture
               WHERE d.kind IN (?, ?) AND substr(d.subject, 1, ?) = ?""",
            (*_KINDS, len(_PREFIX), _PREFIX),
        )
        judgements = [
            Judgement(question, who, key, _KINDS[kind])
            for kind, subject, key in rows
            for question, who in _parse(subject)
            if not person or who == person
        ]
        return sorted(judgements, key=lambda one: (one.question, one.person, one.key))

    def persons(self) -> list[str]:
        """Who has judged, ordered."""
        return sorted({one.person for one in self.all()})

    def forget(self, question: JudgedQuestion, person: str, keys: Iterable[bytes]) -> int:
        """Withdraw judgements of a person about pictures. Returns their number."""
        keys = list(keys)
        return self.forget_all([Judgement(question, person, key, relevant=True) for key in keys])

    def forget_all(self, judgements: Iterable[Judgement]) -> int:
        """Withdraw judgements, whatever they say, in one step. Returns their number."""
        subjects: dict[str, list[bytes]] = {}
        for one in judgements:
            subjects.setdefault(_subject(one.question, one.person), []).append(one.key)
        if not subjects:
            return 0
        decisions = Decisions(self._catalog)
        with History(self._catalog).step("forget judgements") as step:
            gone = 0
            for subject, keys in subjects.items():
                gone += sum(decisions.forget(kind, subject, keys) for kind in _FORGOTTEN)
            step.name = f"forget {count(gone, 'judgement')}"
        return gone


def clean_question(text: str) -> str:
    """A text that is a question, as it is kept: one line without needless blanks.

    Raises:
        UsageError: it is empty, too long, or not Unicode.
    """
    line = " ".join(text.split())
    if not 0 < len(line) <= _LONGEST_TEXT:
        raise UsageError("a question has 1 to 1,000 characters", "shorten the text")
    if not is_unicode(line):
        raise UsageError("a question is Unicode text", "type it in UTF-8")
    return line


def _subject(question: JudgedQuestion, person: str) -> str:
    who = quote(clean_name(person, "person"), safe="")
    if question.picture:
        return f"{_PREFIX}{who}:picture:{question.picture.hex()}"
    return f"{_PREFIX}{who}:text:{quote(clean_question(question.text), safe='')}"


def _parse(subject: str) -> list[tuple[JudgedQuestion, str]]:
    """Question and person of a subject; nothing for one that this module would have written otherwise."""
    match = _SUBJECT.fullmatch(subject)
    if not match:
        return []
    person, kind, value = unquote(match[1]), match[2], match[3]
    try:
        question = JudgedQuestion(text=unquote(value)) if kind == "text" else JudgedQuestion(bytes.fromhex(value))
        return [(question, person)] if _subject(question, person) == subject else []
    except (ValueError, UsageError):  # of a stranger
        return []
