"""The parts of an answer, such as its clusters, as tags of their own below one tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from itertools import count as count_from

from core.catalog.catalog import Catalog
from core.catalog.history import History
from core.catalog.names import LONGEST_NAME, clean_name, shown
from core.catalog.tags import Tags
from core.errors import UsageError
from core.text import count

_PART = LONGEST_NAME // 2 - 10  # characters


def tag_parts(catalog: Catalog, parent: str, parts: Mapping[str, Iterable[bytes]]) -> list[str]:
    """Put a tag on each part's pictures, below the tag ``parent``, which is made where there is none. One step.

    A part goes to the tag of its name that lies below ``parent``. A tag of that name elsewhere stays as it is: the
    part's tag then has the parent's name behind its own. Parts without pictures are left out.

    Args:
        catalog: which holds the tags.
        parent: name of the tag above.
        parts: keys by the part's name.

    Returns the names of the tags, in the order of the parts.

    Raises:
        UsageError: the name makes no sense, or no part has a picture.
    """
    parent = clean_name(parent, "tag")
    tags, filled = Tags(catalog), {name: keys for name, part in parts.items() if (keys := list(part))}
    if not filled:
        raise UsageError("there is nothing to tag", "no part has a picture")
    names, tagged = [], 0
    with History(catalog).step(f"tag parts below {shown(parent)}") as step:
        above = tags.find(parent) or tags.create(parent)
        for part, keys in filled.items():
            name = _name_below(tags, above.id, parent, part)
            if tags.find(name) is None:
                tags.create(name, parent=parent)
            tagged += tags.add(name, keys)
            names.append(name)
        step.name = f"tag {count(tagged, 'picture')} as {count(len(set(names)), 'tag')} below {shown(parent)}"
    return names


def _name_below(tags: Tags, above: int, parent: str, part: str) -> str:
    """The first of a part's possible names that is free, or is that of a tag below the parent."""
    own, behind = _cut(part), f" ({_cut(parent)})"
    numbered = (f"{behind} {number}" for number in count_from(2))
    names = (clean_name(own + more, "tag") for more in chain(("", behind), numbered))
    return next(name for name in names if (there := tags.find(name)) is None or there.parent == above)


def _cut(name: str) -> str:
    """A name that leaves room for another one, and a number, beside it."""
    return name if len(name) <= _PART else name[: _PART - 1] + "…"
