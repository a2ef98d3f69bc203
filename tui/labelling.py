"""What a person decides of pictures: tags, undo, redo. Each says what it did and how to take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from textual.suggester import Suggester

from core.catalog.history import History
from core.catalog.names import shown
from core.catalog.properties import Properties
from core.catalog.property_types import Value
from core.catalog.tags import Tags
from core.project import Project
from core.text import count, printable


class TagSuggester(Suggester):
    """Completes the name of a tag."""

    def __init__(self, project: Project) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self._project = project
        self._names: list[str] | None = None

    async def get_suggestion(self, value: str) -> str | None:
        """The most used tag that begins like this."""
        if self._names is None:
            tags = await asyncio.to_thread(Tags(self._project.catalog).all)
            self._names = [tag.name for tag in sorted(tags, key=lambda tag: -tag.pictures)]
        return next((name for name in self._names if name.casefold().startswith(value)), None)


def tag(project: Project, name: str, keys: Sequence[bytes]) -> str:
    """Put a tag on pictures. Returns what was done, in words.

    Raises:
        UsageError: not a name. CatalogError: it cannot be written.
    """
    new = Tags(project.catalog).add(name, keys)
    if not new:
        return f"{_these(keys)} had the tag {printable(name)} already"
    return f"tagged {count(new, 'picture')} as {printable(name)} · u undoes"


def untag(project: Project, name: str, keys: Sequence[bytes]) -> str:
    """Take a tag off pictures. Returns what was done, in words.

    Raises:
        UsageError: no such tag. CatalogError: it cannot be written.
    """
    gone = Tags(project.catalog).remove(name, keys)
    return f"took the tag {printable(name)} off {count(gone, 'picture')}" + (" · u undoes" if gone else "")


def change(project: Project, words: str, work: Callable[[], object]) -> str:
    """Make one change. Returns ``words``, or that nothing has changed.

    Raises:
        UsageError: it makes no sense. CatalogError: it cannot be written.
    """
    history = History(project.catalog)
    before = history.steps(1)
    work()
    return f"{words} · u undoes" if history.steps(1) != before else "nothing has changed"


def set_properties(project: Project, values: Mapping[str, Value], keys: Sequence[bytes]) -> str:
    """Give pictures values of properties, in one step; an empty one clears it. Returns what was done, in words.

    Raises:
        UsageError: a property has gone, or a value is none of its type. CatalogError: it cannot be written.
    """
    names = shown(", ".join(values))
    with History(project.catalog).step(f"set {names}") as step:
        properties = Properties(project.catalog)
        pictures = max(properties.set(name, keys, value) for name, value in values.items())
        step.name = f"set {names} of {count(pictures, 'picture')}"
    return f"{step.name} · u undoes"


def undo(project: Project) -> str:
    """Take the last step back. Returns what it was.

    Raises:
        CatalogError: it cannot be written.
    """
    step = History(project.catalog).undo()
    return f"undone: {printable(step)} · U does it again" if step else "nothing to undo"


def redo(project: Project) -> str:
    """Do again what was undone last. Returns what it was.

    Raises:
        CatalogError: it cannot be written.
    """
    step = History(project.catalog).redo()
    return f"done again: {printable(step)} · u undoes" if step else "nothing to do again"


def _these(keys: Sequence[bytes]) -> str:
    return "the picture" if len(keys) == 1 else f"these {count(len(keys), 'picture')}"
