"""Changes of labels, as the app makes them. Each returns a line that says what was done and how to undo it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from core.catalog.property_types import Value
from core.key_hints import key_for, with_keys
from core.labels.groups import GroupEntry, Groups, origin_of
from core.labels.properties import Properties
from core.labels.stacks import Stacks
from core.labels.tag_groups import tag_groups
from core.labels.tags import Tags
from core.labels.undo import CHANGES_KEPT, PROGRAM, History, OpenStep, Step
from core.names import short_name
from core.project import Project
from core.text import count, printable

if TYPE_CHECKING:  # NumPy comes when a file is read
    from core.importing.plan import Plan

NOTHING_CHANGED = "nothing has changed"


def tag(project: Project, name: str, keys: Sequence[bytes], made_by: str = "") -> str:
    """Add a tag to pictures. Returns what was done, in words.

    Args:
        project: the project.
        name: of the tag.
        keys: of the pictures.
        made_by: the vec type whose answer they come from; empty if none.

    Raises:
        UsageError: not a name. CatalogError: it cannot be written.
    """
    with History(project.catalog).step() as step:
        new = Tags(project.catalog).add(name, keys, made_by)
    if not new:
        had = f"{_these(keys)} already had the tag {printable(name)}"
        return (
            had if step.number is None else f"{had} · {key_for('undo')} undoes"
        )  # a refusal was withdrawn, or none is in the project
    return f"tagged {count(new, 'picture')} as {printable(name)} · {key_for('undo')} undoes"


def untag(project: Project, name: str, keys: Sequence[bytes]) -> str:
    """Remove a tag from pictures. Returns what was done, in words.

    Raises:
        UsageError: no such tag. CatalogError: it cannot be written.
    """
    gone = Tags(project.catalog).remove(name, keys)
    return f"removed the tag {printable(name)} from {count(gone, 'picture')}" + (
        with_keys(" · {undo} undoes") if gone else ""
    )


def change(project: Project, words: str, work: Callable[[], object]) -> str:
    """Make one change. Returns ``words``, or that nothing has changed.

    Raises:
        UsageError: it makes no sense. CatalogError: it cannot be written.
    """
    with History(project.catalog).step() as step:
        work()
    return _undoable(words, step)


def keep(
    project: Project,
    name: str,
    entries: Sequence[GroupEntry],
    origin: str,
    made_by: str = "",
    *,
    as_tag: bool,
    replace: bool = False,
) -> str:
    """Save pictures as a group, or add a tag to them. Returns what was done, in words.

    Args:
        project: the project.
        name: of the group or tag.
        entries: key and score of each picture.
        origin: the list or answer that they come from, in words.
        made_by: the vec type of that answer; empty if none.
        as_tag: whether a tag is added to them.
        replace: whether a group of this name may be replaced.

    Raises:
        UsageError: not a name. NameTaken: it is a group's, and ``replace`` is off. CatalogError: it cannot be written.
    """
    if as_tag:
        return tag(project, name, [key for key, _ in entries], made_by)
    return keep_group(project, name, entries, origin_of(origin, made_by), replace=replace)


def keep_group(
    project: Project, name: str, entries: Sequence[GroupEntry], origin: str, *, replace: bool = False
) -> str:
    """Save pictures as a group. Returns what was done, in words.

    Raises:
        UsageError: not a name. NameTaken: it is taken, and ``replace`` is off. CatalogError: it cannot be written.
    """
    with History(project.catalog).step() as step:
        group = Groups(project.catalog).save(name, entries, origin, replace)
    return _undoable(f"saved {count(group.pictures, 'picture')} as the group {printable(group.name)}", step)


def keep_parts(project: Project, parent: str, parts: Mapping[str, Sequence[bytes]], made_by: str = "") -> str:
    """Save each group of an answer, which used the vec type ``made_by``, as a tag below ``parent``.

    Returns what was done, in words.

    Raises:
        UsageError: not a name. CatalogError: it cannot be written.
    """
    with History(project.catalog).step() as step:
        names = tag_groups(project.catalog, parent, parts, made_by)
    return _undoable(f"saved as {count(len(names), 'tag')} below {printable(parent)}", step)


def stack(project: Project, keys: Sequence[bytes]) -> str:
    """Stack pictures, the first on top. Returns what was done, in words.

    Raises:
        UsageError: they are fewer than two. CatalogError: it cannot be written.
    """
    with History(project.catalog).step() as step:
        pictures = Stacks(project.catalog).stack(keys)
    return _undoable(
        f"stacked {count(pictures, 'picture')}", step, "{browse.unfold-or-fold-stack} unfolds it, {undo} undoes"
    )


def unstack(project: Project, keys: Sequence[bytes], unfolded: Collection[int]) -> str:
    """Remove pictures from their stacks; of a folded stack, all its pictures. Returns what was done, in words.

    Args:
        project: the project.
        keys: of the pictures.
        unfolded: numbers of the stacks from which only the named pictures are removed.

    Raises:
        CatalogError: it cannot be written.
    """
    stacks = Stacks(project.catalog)
    taken = stacks.unstack(stacks.whole_stacks(keys, unfolded))
    return f"removed {count(taken, 'picture')} from stacks · {key_for('undo')} undoes" if taken else "no stack here"


def turn_to(project: Project, step: Step, expected: int) -> str:
    """Undo or redo all steps up to and including ``step``. Returns what was done, in words.

    Raises:
        UsageError: the number of steps is not the expected one. CatalogError: it cannot be written.
    """
    turned = len(History(project.catalog).go_to_step(step.number, expected))
    done, back = ("redone", "{undo} undoes") if step.undone else ("undone", "{redo} redoes")
    return f"{done}: {printable(step.name) if turned == 1 else count(turned, 'step')} · {with_keys(back)}"


def import_labels(plan: Plan) -> str:
    """Apply a plan and close it. Returns what was done, in words.

    Raises:
        UsageError: a property was changed in the meantime. CatalogError: it cannot be written.
    """
    with plan:
        done = plan.apply()
    if not done.any:
        return NOTHING_CHANGED
    return f"imported {done.words} from {printable(plan.report.file.name)} · {key_for('undo')} undoes"


def set_properties(project: Project, values: Mapping[str, Value], keys: Sequence[bytes]) -> str:
    """Set properties of pictures in one step; an empty value clears one. Returns what was done, in words.

    Raises:
        UsageError: a property was deleted, or a value has the wrong type. CatalogError: it cannot be written.
    """
    names = short_name(", ".join(values))
    with History(project.catalog).step(f"set {names}") as step:
        properties = Properties(project.catalog)
        pictures = max(properties.set(name, keys, value) for name, value in values.items())
        step.name = f"set {names} of {count(pictures, 'picture')}"
    return _undoable(step.name, step)


def undo(project: Project, allowed: str = PROGRAM) -> str:
    """Undo the last step. Returns what it was, in words.

    Args:
        project: the project.
        allowed: a program whose step may be undone too; see :meth:`History.undo`.

    Raises:
        ForeignStep: another program made it: the user must confirm. CatalogError: it cannot be written.
    """
    step = History(project.catalog).undo(allowed)
    return f"undone: {printable(step)} · {key_for('redo')} redoes" if step else "nothing to undo"


def redo(project: Project, allowed: str = PROGRAM) -> str:
    """Redo the last undone step. Returns what it was, in words; see :func:`undo`.

    Raises:
        ForeignStep: another program has undone it: the user must confirm. CatalogError: it cannot be written.
    """
    step = History(project.catalog).redo(allowed)
    return f"redone: {printable(step)} · {key_for('undo')} undoes" if step else "nothing to redo"


def older_steps(history: History, listed: int) -> str:
    """The remark below a list of the newest steps: how many more there are, and how many cannot be undone.

    Raises:
        CatalogError: the history cannot be read.
    """
    more, forgotten = history.count() - listed, history.forgotten()
    remarks = []
    if more > 0:
        remarks.append(
            f"{count(more, 'older step')}, which can be undone too: pictoscope history --top {listed + more}"
        )
    if forgotten:
        kept = f"only the newest {count(CHANGES_KEPT, 'change')} are kept"
        remarks.append(f"{count(forgotten, 'step')} before these can no longer be undone: {kept}")
    return "\n".join(remarks)


def _undoable(words: str, step: OpenStep, hints: str = "{undo} undoes") -> str:
    """What an ended step did, in words."""
    return NOTHING_CHANGED if step.number is None else f"{words} · {with_keys(hints)}"


def _these(keys: Sequence[bytes]) -> str:
    return "the picture" if len(keys) == 1 else f"these {count(len(keys), 'picture')}"
