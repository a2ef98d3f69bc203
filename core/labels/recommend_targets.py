"""The targets that pictures can be recommended for: a tag, a saved group, or an unsaved selection."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.keys import whole_key
from core.labels.decisions import DecisionKind, Decisions, group_subject, tag_subject
from core.labels.groups import Groups, origin_of
from core.labels.tags import Tags
from core.labels.undo import PROGRAM, History
from core.names import short_name
from core.text import count

TAG, GROUP = "tag:", "group:"


class RecommendTarget(Protocol):
    """A set of pictures with refusals. Each change is one step that ``undo`` reverts."""

    @property
    def name(self) -> str:
        """As a person writes it: ``tag:cat``; printable."""
        ...

    def members(self) -> list[bytes]:
        """Keys of the pictures that belong to the target."""
        ...

    def refused(self) -> set[bytes]:
        """Keys of the pictures that were refused for it."""
        ...

    def accept(self, keys: Sequence[bytes], made_by: str = "") -> None:
        """Add pictures; ``made_by``: the vec type that suggested them, which a tag remembers."""
        ...

    def refuse(self, keys: Sequence[bytes]) -> None:
        """Refuse pictures: they are never suggested again."""
        ...

    def undo(self) -> str:
        """Undo the newest step since this object was created. Returns its name; empty if there is none."""
        ...


class _StoredTarget:
    """The common part of tags and groups: their steps are in the catalog's history."""

    def __init__(self, catalog: Catalog, subject: str) -> None:
        self.subject = subject
        self.name = short_name(subject)
        self._decisions = Decisions(catalog)
        self._history = History(catalog)
        self._since = max((step.number for step in self._history.steps(1)), default=0)

    def refused(self) -> set[bytes]:
        return self._decisions.refused(self.subject)

    def refuse(self, keys: Sequence[bytes]) -> None:
        self._decisions.remember(DecisionKind.REFUSED, self.subject, keys)

    def undo(self) -> str:
        """See :class:`RecommendTarget`. Includes label changes made elsewhere in this program in the meantime.

        Raises:
            ForeignStep: the newest step is another program's.
        """
        return self._history.undo(PROGRAM, range(self._since + 1, sys.maxsize)) or ""


class TagTarget(_StoredTarget):
    """A tag, with the tags below it.

    Raises:
        UsageError: no such tag.
    """

    def __init__(self, catalog: Catalog, tag: str) -> None:
        super().__init__(catalog, tag_subject(tag))
        self._tags, self._tag = Tags(catalog), tag
        self.members()

    def members(self) -> list[bytes]:
        return [whole_key(key) for key in self._tags.keys(self._tag).tolist()]

    def accept(self, keys: Sequence[bytes], made_by: str = "") -> None:
        self._tags.add(self._tag, keys, made_by)


class GroupTarget(_StoredTarget):
    """A saved group.

    Raises:
        UsageError: no such group.
    """

    def __init__(self, catalog: Catalog, group: str) -> None:
        super().__init__(catalog, group_subject(group))
        self._groups, self._group = Groups(catalog), group
        self.members()

    def members(self) -> list[bytes]:
        return [key for key, _ in self._groups.open(self._group)]

    def accept(self, keys: Sequence[bytes], made_by: str = "") -> None:
        self._groups.add(self._group, [(key, None) for key in keys])


class Selection:
    """Selected pictures. Decisions are kept in this object until it is saved.

    Args:
        members: keys.
        refused: keys of refused pictures.
        name: of the selection, printable.
    """

    def __init__(self, members: Iterable[bytes], refused: Iterable[bytes] = (), name: str = "") -> None:
        self._members = dict.fromkeys(members)
        self._refused = dict.fromkeys(key for key in refused if key not in self._members)
        self._steps: list[tuple[str, tuple[bytes, ...]]] = []
        self.name = name or count(len(self._members), "picture")

    def members(self) -> list[bytes]:
        return list(self._members)

    def refused(self) -> set[bytes]:
        return set(self._refused)

    def accept(self, keys: Sequence[bytes], made_by: str = "") -> None:
        self._decide("accept", keys)

    def refuse(self, keys: Sequence[bytes]) -> None:
        self._decide("refuse", keys)

    def undo(self) -> str:
        if not self._steps:
            return ""
        what, keys = self._steps.pop()
        for key in keys:
            (self._members if what == "accept" else self._refused).pop(key)
        return f"{what} {count(len(keys), 'picture')}"

    def save(self, catalog: Catalog, name: str, made_by: str = "") -> RecommendTarget:
        """Save it as the tag or group ``name``, with its refusals, in one step.

        Args:
            catalog: which holds it then.
            name: ``tag:NAME`` or ``group:NAME``.
            made_by: the vec type that suggested pictures.

        Raises:
            UsageError: the name is neither a tag nor a group; the group exists.
        """
        kind, plain = _parse(name)
        with History(catalog).step(f"save {count(len(self._members), 'picture')} as {short_name(name)}"):
            if kind == TAG:
                Tags(catalog).add(plain, self._members, made_by)
            else:
                Groups(catalog).save(plain, [(key, None) for key in self._members], origin_of("recommend", made_by))
            subject = tag_subject(plain) if kind == TAG else group_subject(plain)
            if self._refused:
                Decisions(catalog).remember(DecisionKind.REFUSED, subject, list(self._refused))
        return find_target(catalog, name)

    def _decide(self, what: str, keys: Sequence[bytes]) -> None:
        new = tuple(key for key in dict.fromkeys(keys) if key not in self._members and key not in self._refused)
        if new:
            (self._members if what == "accept" else self._refused).update(dict.fromkeys(new))
            self._steps.append((what, new))


def find_target(catalog: Catalog, name: str) -> RecommendTarget:
    """The tag or group given as ``tag:NAME`` or ``group:NAME``.

    Raises:
        UsageError: the name is neither; no such tag or group (with the closest existing name).
    """
    kind, plain = _parse(name)
    return TagTarget(catalog, plain) if kind == TAG else GroupTarget(catalog, plain)


def _parse(name: str) -> tuple[str, str]:
    for kind in (TAG, GROUP):
        if name.strip().startswith(kind):
            return kind, name.strip().removeprefix(kind).strip()
    raise UsageError(f"{short_name(name)} is neither a tag nor a group", "write tag:NAME or group:NAME")
