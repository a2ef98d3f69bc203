"""What pictures can belong to: a tag, a saved group, or a selection that is neither yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.catalog.catalog import Catalog
from core.catalog.decisions import Decisions, Kind, group_subject, tag_subject
from core.catalog.groups import Groups
from core.catalog.history import History
from core.catalog.names import shown
from core.catalog.tags import Tags
from core.errors import UsageError
from core.text import count

TAG, GROUP = "tag:", "group:"


class Subject(Protocol):
    """Something that pictures belong to, or were refused for. Each change is one step that ``undo`` takes back."""

    @property
    def name(self) -> str:
        """As a person writes it: ``tag:cat``; fit to be shown."""
        ...

    def members(self) -> list[bytes]:
        """Keys of the pictures that belong to it."""
        ...

    def refused(self) -> set[bytes]:
        """Keys of the pictures that do not, by somebody's decision."""
        ...

    def accept(self, keys: Sequence[bytes]) -> None:
        """These belong to it."""
        ...

    def refuse(self, keys: Sequence[bytes]) -> None:
        """These do not, and are never suggested again."""
        ...

    def undo(self) -> str:
        """Take the newest step since this object was made back. Returns its name; empty where there is none."""
        ...


class _Kept:
    """What tags and groups share: their steps lie in the catalog's history, whoever makes them."""

    def __init__(self, catalog: Catalog, subject: str) -> None:
        self.subject = subject
        self.name = shown(subject)
        self._decisions = Decisions(catalog)
        self._history = History(catalog)
        self._since = max((step.number for step in self._history.steps(1)), default=0)

    def refused(self) -> set[bytes]:
        """See :class:`Subject`."""
        return self._decisions.refused(self.subject)

    def refuse(self, keys: Sequence[bytes]) -> None:
        """See :class:`Subject`."""
        self._decisions.remember(Kind.REFUSED, self.subject, keys)

    def undo(self) -> str:
        """See :class:`Subject`. What was tagged elsewhere in the meantime counts as well: there is one history."""
        newest = next((step for step in self._history.steps() if not step.undone), None)
        if newest is None or newest.number <= self._since:
            return ""
        return self._history.undo() or ""


class TagSubject(_Kept):
    """A tag, with the tags below it.

    Raises:
        UsageError: no such tag.
    """

    def __init__(self, catalog: Catalog, tag: str) -> None:
        super().__init__(catalog, tag_subject(tag))
        self._tags, self._tag = Tags(catalog), tag
        self.members()

    def members(self) -> list[bytes]:
        """See :class:`Subject`."""
        return [key.ljust(20, b"\0") for key in self._tags.keys(self._tag).tolist()]

    def accept(self, keys: Sequence[bytes]) -> None:
        """See :class:`Subject`."""
        self._tags.add(self._tag, keys)


class GroupSubject(_Kept):
    """A saved group.

    Raises:
        UsageError: no such group.
    """

    def __init__(self, catalog: Catalog, group: str) -> None:
        super().__init__(catalog, group_subject(group))
        self._groups, self._group = Groups(catalog), group
        self.members()

    def members(self) -> list[bytes]:
        """See :class:`Subject`."""
        return [key for key, _ in self._groups.open(self._group)]

    def accept(self, keys: Sequence[bytes]) -> None:
        """See :class:`Subject`."""
        self._groups.add(self._group, [(key, None) for key in keys])


class Selection:
    """Pictures that somebody pointed at. What is decided lives as long as this object, until it is saved.

    Args:
        members: keys.
        refused: keys of pictures that do not belong to them.
        name: of the selection, fit to be shown.
    """

    def __init__(self, members: Iterable[bytes], refused: Iterable[bytes] = (), name: str = "") -> None:
        self._members = dict.fromkeys(members)
        self._refused = dict.fromkeys(key for key in refused if key not in self._members)
        self._steps: list[tuple[str, tuple[bytes, ...]]] = []
        self.name = name or count(len(self._members), "picture")

    def members(self) -> list[bytes]:
        """See :class:`Subject`."""
        return list(self._members)

    def refused(self) -> set[bytes]:
        """See :class:`Subject`."""
        return set(self._refused)

    def accept(self, keys: Sequence[bytes]) -> None:
        """See :class:`Subject`."""
        self._decide("accept", keys)

    def refuse(self, keys: Sequence[bytes]) -> None:
        """See :class:`Subject`."""
        self._decide("refuse", keys)

    def undo(self) -> str:
        """See :class:`Subject`."""
        if not self._steps:
            return ""
        what, keys = self._steps.pop()
        for key in keys:
            (self._members if what == "accept" else self._refused).pop(key)
        return f"{what} {count(len(keys), 'picture')}"

    def save(self, catalog: Catalog, name: str) -> Subject:
        """Keep it as the tag or group ``name``, accepted and refused as they are, in one step.

        Raises:
            UsageError: the name says neither; there is such a group already.
        """
        kind, plain = _parse(name)
        with History(catalog).step(f"save {count(len(self._members), 'picture')} as {shown(name)}"):
            if kind == TAG:
                Tags(catalog).add(plain, self._members)
            else:
                Groups(catalog).save(plain, [(key, None) for key in self._members], "recommend")
            subject = tag_subject(plain) if kind == TAG else group_subject(plain)
            if self._refused:
                Decisions(catalog).remember(Kind.REFUSED, subject, list(self._refused))
        return find_subject(catalog, name)

    def _decide(self, what: str, keys: Sequence[bytes]) -> None:
        new = tuple(key for key in dict.fromkeys(keys) if key not in self._members and key not in self._refused)
        if new:
            (self._members if what == "accept" else self._refused).update(dict.fromkeys(new))
            self._steps.append((what, new))


def find_subject(catalog: Catalog, name: str) -> Subject:
    """The tag or group that ``tag:NAME`` or ``group:NAME`` names.

    Raises:
        UsageError: the name says neither; no such tag or group (with the nearest that is there).
    """
    kind, plain = _parse(name)
    return TagSubject(catalog, plain) if kind == TAG else GroupSubject(catalog, plain)


def _parse(name: str) -> tuple[str, str]:
    for kind in (TAG, GROUP):
        if name.strip().startswith(kind):
            return kind, name.strip().removeprefix(kind).strip()
    raise UsageError(f"{shown(name)} is neither a tag nor a group", "write tag:NAME or group:NAME")
