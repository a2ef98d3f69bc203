"""The groups of an answer, such as its clusters, as tags below one tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from itertools import count as count_from

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.labels.tags import Tags
from core.labels.undo import History
from core.names import LONGEST_NAME, clean_name, short_name
from core.text import count

_LONGEST_HALF = LONGEST_NAME // 2 - 10  # characters of each of the two names


def tag_groups(catalog: Catalog, parent: str, groups: Mapping[str, Iterable[bytes]], made_by: str = "") -> list[str]:
    """Tag the pictures of each group, with tags below ``parent``, which is created if it does not exist. One step.

    A group uses the tag of its name below ``parent``. If a tag of that name exists elsewhere, it is left alone, and the
    group's tag gets the parent's name as a suffix. Groups without pictures are left out.

    Args:
        catalog: which holds the tags.
        parent: name of the parent tag.
        groups: picture keys by the group's name.
        made_by: the vec type of the answer; empty if it used none.

    Returns the names of the tags, in the order of the groups.

    Raises:
        UsageError: the name is not valid, or no group has a picture.
    """
    parent = clean_name(parent, "tag")
    tags, filled = Tags(catalog), {name: keys for name, group in groups.items() if (keys := list(group))}
    if not filled:
        raise UsageError("there is nothing to tag", "no group has a picture")
    names, tagged = [], 0
    with History(catalog).step(f"tag groups under {short_name(parent)}") as step:
        above = tags.find(parent) or tags.create(parent)
        for group, keys in filled.items():
            name = _name_below(tags, above.id, parent, group)
            if tags.find(name) is None:
                tags.create(name, parent=parent)
            tagged += tags.add(name, keys, made_by)
            names.append(name)
        step.name = f"tag {count(tagged, 'picture')} as {count(len(set(names)), 'tag')} under {short_name(parent)}"
    return names


def _name_below(tags: Tags, above: int, parent: str, group: str) -> str:
    """The first possible name for a group's tag that is free or names a tag below the parent."""
    own, suffix = _cut(group), f" ({_cut(parent)})"
    numbered = (f"{suffix} {number}" for number in count_from(2))
    names = (clean_name(own + more, "tag") for more in chain(("", suffix), numbered))
    return next(name for name in names if (there := tags.find(name)) is None or there.parent == above)


def _cut(name: str) -> str:
    """A name short enough that another name and a number fit beside it."""
    return name if len(name) <= _LONGEST_HALF else name[: _LONGEST_HALF - 1] + "…"
