"""What a person decides of pictures: tags, undo, redo. Each says what it did and how to take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.catalog.groups import Entry, Groups
from core.catalog.history import History, Step
from core.catalog.names import shown
from core.catalog.properties import Properties
from core.catalog.property_types import Value
from core.catalog.tag_parts import tag_parts
from core.catalog.tags import Tags
from core.project import Project
from core.text import count, printable

if TYPE_CHECKING:  # NumPy comes when a file is read
    from core.importing.plan import Plan


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


def keep_group(project: Project, name: str, entries: Sequence[Entry], origin: str) -> str:
    """Save pictures as a group. Returns what was done, in words.

    Raises:
        UsageError: not a name, or one that is taken. CatalogError: it cannot be written.
    """
    group = Groups(project.catalog).save(name, entries, origin)
    return f"kept {count(group.pictures, 'picture')} as {printable(group.name)} · Browse shows it"


def keep_parts(project: Project, parent: str, parts: Mapping[str, Sequence[bytes]]) -> str:
    """Put a tag on each part of an answer, all below one. Returns what was done, in words.

    Raises:
        UsageError: not a name. CatalogError: it cannot be written.
    """
    names = tag_parts(project.catalog, parent, parts)
    return f"kept as {count(len(names), 'tag')} below {printable(parent)} · u undoes"


def turn_to(project: Project, step: Step, expected: int) -> str:
    """Undo or redo as far as a step, and it. Returns what was done, in words.

    Raises:
        UsageError: these are not as many steps as expected. CatalogError: it cannot be written.
    """
    turned = len(History(project.catalog).turn_to(step.number, expected))
    done, back = ("done again", "u undoes") if step.undone else ("undone", "U does it again")
    return f"{done}: {printable(step.name) if turned == 1 else count(turned, 'step')} · {back}"


def import_labels(plan: Plan) -> str:
    """Do what a plan says, and close it. Returns what was done, in words.

    Raises:
        UsageError: a property was changed in the meantime. CatalogError: it cannot be written.
    """
    with plan:
        return f"imported {plan.apply().words} from {printable(plan.report.file.name)} · u undoes"


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
