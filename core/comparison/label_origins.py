"""Which labels took pictures from a vec type's own answers: these favour it, whether it is a good one or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from core.text import count, printable
from core.vectors import vec_types
from core.vectors.vec_type import GREY_SUFFIX

_TELLING = 0.1  # share of the labels at which an advantage in them shows nothing


@dataclass(frozen=True)
class LabelOrigins:
    """Where labels come from.

    Attributes:
        labels: how many there are.
        made_by: by name of a vec type, how many of them took pictures from its answers; the most first.
    """

    labels: int = 0
    made_by: tuple[tuple[str, int], ...] = ()

    def favour(self, vec_type: str) -> bool:
        """Whether so many come from answers of this vec type, in colour or greyscale, that its lead shows nothing."""
        model = vec_type.removesuffix(GREY_SUFFIX)
        made = max((number for name, number in self.made_by if name.removesuffix(GREY_SUFFIX) == model), default=0)
        return made > 0 and made >= _TELLING * self.labels

    def warnings(self, source: str) -> list[str]:
        """A sentence for each vec type."""
        return [
            f"{count(made)} of {count(self.labels)} {source} took pictures from answers of {printable(vec_type)}: they "
            "favour that model"
            for vec_type, made in self.made_by
        ]


def tag_origins(project: Project, names: Sequence[str]) -> LabelOrigins:
    """Where these tags come from."""
    origins = Tags(project.catalog).origins()
    return _counted(names, Counter(vec_type for name in names for vec_type in origins.get(name, ())))


def group_origins(project: Project, names: Sequence[str]) -> LabelOrigins:
    """Where these saved groups come from."""
    known = set(vec_types.names(project.vectors_folder))
    saved = {group.name: group.made_by for group in Groups(project.catalog).all()}
    return _counted(names, Counter(saved[name] for name in names if saved.get(name) in known))


def _counted(names: Sequence[str], made_by: Counter[str]) -> LabelOrigins:
    return LabelOrigins(len(names), tuple(made_by.most_common()))
