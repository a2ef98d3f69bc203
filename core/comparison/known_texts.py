"""Texts that belong to pictures: tags and other labels by their names, or captions from a property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.catalog.property_types import PropertyType
from core.comparison.label_origins import LabelOrigins
from core.comparison.labelling import FOLDERS, GROUPS, TAGS, label_members, origins_of
from core.errors import UsageError
from core.key_arrays import Keys
from core.labels.properties import Properties
from core.names import no_such_error
from core.project import Project
from core.search.assignment import Numbers
from core.text import count, printable

MOST_TEXTS = 500  # more are drawn at random: a text takes up to a second where no model is loaded
_PATHS = (TAGS, GROUPS, FOLDERS)  # whose names say what is above them too: animals/cats
_IN_WORDS = (PropertyType.TEXT, PropertyType.CHOICE, PropertyType.CHOICES)


@dataclass(frozen=True)
class KnownTexts:
    """Texts, and which of the compared pictures each belongs to.

    Attributes:
        source: ``tags``, ``groups``, ``folders`` or the name of a property.
        texts: different ones, at most 500.
        pictures: indices of the compared pictures of each text, ascending, at least one.
        there: different texts that these pictures have; more than ``texts`` where some were drawn.
        origins: which of the labels took pictures from answers of a vec type.
    """

    source: str
    texts: tuple[str, ...]
    pictures: tuple[Numbers, ...]
    there: int
    origins: LabelOrigins

    @property
    def words(self) -> str:
        """How many of what there are: ``500 of 12,345 texts of caption, drawn at random``."""
        shown = count(len(self.texts))
        if self.there > len(self.texts):
            return f"{shown} of {count(self.there, self._noun)}{self._of}, drawn at random"
        return f"{count(len(self.texts), self._noun)}{self._of}"

    @property
    def _noun(self) -> str:
        return self.source.removesuffix("s") if self.source in _PATHS else "text"

    @property
    def _of(self) -> str:
        return "" if self.source in _PATHS else f" of {printable(self.source)}"


def text_sources(project: Project) -> list[str]:
    """What texts can be chosen from: tags, groups, properties that hold words, folders."""
    named = [one.name for one in Properties(project.catalog).all() if one.type in _IN_WORDS]
    return [TAGS, GROUPS, *named, FOLDERS]


def read_texts(project: Project, source: str, keys: Keys, *, seed: int = 0) -> KnownTexts:
    """The texts of the compared pictures.

    Pictures that have the same text, but for blanks and capitals, share it. Of tags, groups and folders the last part
    of the name is the text. Pictures without one are left out.

    Args:
        project: open.
        source: what :func:`text_sources` lists.
        keys: of the compared pictures, sorted, dtype S20, shape (n,).
        seed: of the draw where there are more than 500 texts.

    Raises:
        UsageError: there is no such source, or none of these pictures has a text from it.
    """
    source = _checked(project, source)
    by_text: dict[str, tuple[str, list[Numbers]]] = {}
    names = []
    for name, numbers in label_members(project, source, keys):
        text = _as_text(name, source)
        if len(numbers) and text:
            names.append(name)
            by_text.setdefault(text.casefold(), (text, []))[1].append(numbers)
    if not by_text:
        raise _no_texts(project, source)
    texts = list(by_text.values())
    chosen = np.arange(len(texts))
    if len(texts) > MOST_TEXTS:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, MOST_TEXTS, replace=False))
    drawn = [texts[number] for number in chosen.tolist()]
    pictures = tuple(np.unique(np.concatenate(parts)) for _, parts in drawn)
    origins = origins_of(project, source, names)
    return KnownTexts(source, tuple(text for text, _ in drawn), pictures, len(texts), origins)


def _as_text(name: str, source: str) -> str:
    if source in _PATHS:
        name = name.rstrip("/").rsplit("/", 1)[-1].replace("_", " ")
    return " ".join(name.split())


def _checked(project: Project, source: str) -> str:
    """The source as it is called."""
    offered = text_sources(project)
    if match := next((one for one in offered if one.lower() == source.lower()), ""):
        return match
    if any(one.name.lower() == source.lower() for one in Properties(project.catalog).all()):
        raise UsageError(f"the values of {printable(source)} are not texts", f"choose {_listed(offered)}")
    raise no_such_error("property", source, offered)


def _no_texts(project: Project, source: str) -> UsageError:
    others = _listed([one for one in text_sources(project) if one != source])
    return UsageError(
        f"none of these pictures has a text from {printable(source)}",
        f"import captions (pictoscope import FILE), tag pictures, or choose {others}",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(printable, names))
