"""What judgements say in the table and in the advice, beside labels and without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.actions.definition import Context
from core.comparison.advice import advice
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.comparison_json import comparison_json
from core.comparison.judged_words import standing_words, verdict_words
from core.comparison.judging import AnswerAlike, JudgedResult
from core.comparison.judging_session import JudgingSession, login_name
from core.errors import UsageError
from core.labels.judgements import JudgedQuestion, Judgements
from core.metrics.sequential import Verdict
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import (
    keys_in_order,
    make_project,
    rows_by_label,
    store_rows,
    tag_by_label,
)

COUNT = 80
LABELS = [number % 4 for number in range(COUNT)]
OTHER = [number // 20 for number in range(COUNT)]  # says nothing of LABELS


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """80 pictures with four tags; ``conse`` sees the tags, ``effnet-lite0`` other groups of pictures."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        tag_by_label(made, keys, LABELS)
        store_rows(made, "conse", keys, rows_by_label(LABELS, 0.5))
        store_rows(made, "effnet-lite0", keys, rows_by_label(OTHER, 0.5, seed=3))
        yield made


def ask(project: Project, by: str = "") -> Comparison:
    return compare(Context(project, LocalEncoder()), ("conse", "effnet-lite0"), by, measures={Measure.LABELS})


def session_of(project: Project, person: str = "Ann", *names: str) -> JudgingSession:
    return JudgingSession.open(Context(project, LocalEncoder()), names or ("conse", "effnet-lite0"), person)


def judge(project: Project, labels: list[int], questions: int, person: str = "Ann") -> JudgedResult:
    """A person who calls relevant what has the label of the question."""
    label_of = dict(zip(keys_in_order(project), labels, strict=True))
    session = session_of(project, person)
    for _ in range(questions):
        assert session.current is not None
        wanted = label_of[session.current.key]
        session.judge({key for key in session.to_judge if label_of[key] == wanted})
    return session.result


def test_without_labels_the_judgements_decide(project: Project) -> None:
    assert ask(project, "none").by_judgements is None
    live = judge(project, LABELS, 15)
    found = ask(project, "none")
    judged = found.by_judgements
    assert judged is not None and judged.questions == 15 and judged.persons == ("Ann",)
    assert judged.pairs[0].standing == live.pairs[0].standing  # the table says what the screen said
    assert judged.pairs[0].difference == pytest.approx(live.pairs[0].difference)
    assert judged.pairs[0].standing.verdict is Verdict.FIRST and judged.pairs[0].first == "conse"
    assert "by your judgements conse finds better than effnet-lite0: it won" in advice(found)


def test_judgements_that_agree_with_labels_say_so(project: Project) -> None:
    judge(project, LABELS, 15)
    assert "conse finds your tags best" in advice(ask(project)) and "your judgements agree" in advice(ask(project))


def test_judgements_that_disagree_with_labels_say_so(project: Project) -> None:
    judge(project, OTHER, 15)
    said = advice(ask(project))
    assert "conse finds your tags best" in said
    assert "your judgements disagree: effnet-lite0 finds better than conse: it won" in said


def test_few_judgements_are_called_open(project: Project) -> None:
    judge(project, LABELS, 2)
    assert "is open" in advice(ask(project, "none")) and "more decided question" in advice(ask(project, "none"))


def test_json_has_every_figure(project: Project) -> None:
    assert comparison_json(ask(project))["judgements"] is None
    judge(project, LABELS, 12)
    said = comparison_json(ask(project))["judgements"]
    (pair,) = said["pairs"]
    assert said["persons"] == ["Ann"] and said["questions"] == 12 and said["judgements"] > 12
    assert pair["vec_types"] == ["conse", "effnet-lite0"] and pair["verdict"] == "conse"
    assert pair["wins"] + pair["losses"] + pair["ties"] == 12 and pair["low"] <= pair["difference"] <= pair["high"]
    for one in said["vec_types"]:
        assert 0 <= one["ndcg_at_10"]["low"] <= one["ndcg_at_10"]["high"] <= 1


def test_judgements_of_other_pictures_and_of_texts_are_no_figures(project: Project) -> None:
    keys = keys_in_order(project)
    Judgements(project.catalog).judge(JudgedQuestion(text="a boat"), "Ann", {keys[0]: True})
    Judgements(project.catalog).judge(JudgedQuestion(picture=b"q" * 20), "Ann", {keys[0]: True})
    assert ask(project).by_judgements is None


def test_a_question_that_is_judged_in_part_is_no_figure_yet(project: Project) -> None:
    session = session_of(project)
    assert session.current is not None
    Judgements(project.catalog).judge(session.current.question, "Ann", {session.to_judge[0]: True})
    found = ask(project).by_judgements
    assert found is not None and found.questions == 0
    assert "judgements" not in advice(ask(project)) and "finds your tags best" in advice(ask(project))


def test_the_standing_hides_names_until_they_may_be_said(project: Project) -> None:
    found = judge(project, LABELS, 5)
    hidden, named = standing_words(found, hidden=True), standing_words(found, hidden=False)
    assert "won by one" in hidden[0] and "conse" not in " ".join(hidden)
    assert "won by conse" in named[0]
    assert verdict_words(found).endswith(".")


def test_the_standing_fits_eighty_columns_and_there_are_shorter_words_for_narrow_ones(project: Project) -> None:
    found = judge(project, LABELS, 12)
    pair = found.pairs[0]
    many = replace(pair, standing=replace(pair.standing, wins=4, losses=5, ties=24, verdict=Verdict.OPEN))
    words = standing_words(replace(found, questions=33, pairs=(many,)), hidden=True)
    assert words[0].endswith("a clear lead takes 10 to 25") and len(words[0]) <= 78
    assert words[1] == "33 judged: one 4, the other 5, 24 ties; a clear lead takes 10 to 25"
    assert words[2] == "33 judged: one 4, the other 5, 24 ties; it takes 10 to 25"
    assert words[3:] == ["33 judged: one 4, the other 5, 24 ties", "33 judged: 4 to 5, 24 ties", "33 judged"]


def test_what_a_person_judged_is_not_asked_again_but_another_person_is(project: Project) -> None:
    judge(project, LABELS, 4)
    again, other = session_of(project), session_of(project, "Ben")
    assert again.result.questions == 4 and other.result.questions == 0
    asked = {one.question.picture for one in Judgements(project.catalog).all()}
    assert again.current is not None and again.current.key not in asked


@pytest.mark.parametrize(
    ("names", "error", "says"),
    [
        (("conse",), UsageError, "two vec types"),
        (("conse", "conse+grey"), AnswerAlike, "alike"),
        (("conse", "conse"), UsageError, "twice"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    project: Project, names: tuple[str, ...], error: type[UsageError], says: str
) -> None:
    store_rows(project, "conse+grey", keys_in_order(project), rows_by_label(LABELS, 0.5))
    with pytest.raises(error, match=says) as refused:
        session_of(project, "Ann", *names)
    assert refused.value.hint


def test_of_eleven_pictures_every_model_finds_all(tmp_path: Path) -> None:
    with make_project(tmp_path / "few", 11) as few:
        for name, noise in (("conse", 0.5), ("effnet-lite0", 1.0)):
            store_rows(few, name, keys_in_order(few), rows_by_label([0, 1] * 5 + [0], noise))
        with pytest.raises(UsageError, match="more than 11 pictures"):
            session_of(few)


def test_vec_types_that_answer_alike_are_compared_without_judgements(project: Project) -> None:
    judge(project, LABELS, 3)
    store_rows(project, "conse+grey", keys_in_order(project), rows_by_label(LABELS, 0.5))
    context = Context(project, LocalEncoder())
    assert compare(context, ("conse", "conse+grey"), measures={Measure.LABELS}).by_judgements is None


def _no_account() -> str:
    raise OSError("no such user")


def _odd() -> str:
    return " "


@pytest.mark.parametrize("named", [_no_account, _odd])
def test_a_login_without_a_name_judges_all_the_same(monkeypatch: pytest.MonkeyPatch, named: Callable[[], str]) -> None:
    monkeypatch.setattr("core.comparison.judging_session.getpass.getuser", named)
    assert login_name() == "me"
