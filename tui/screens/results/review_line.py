"""The line above a group of duplicates: where the review stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.key_hints import with_keys
from core.text import byte_size, count
from tui.widgets.cells import first_that_fits

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.duplicate_review import Review

_KEYS = ": {duplicates.move} moves, {export-list} exports"


def review_line(review: Review, position: int, cursor: int, columns: int, room: int) -> str:
    """Group, copy, marked files and undecided groups, in at most ``room`` cells where possible.

    Args:
        review: of all groups.
        position: index of the group on show.
        cursor: index of the copy under the cursor.
        columns: how many copies are seen at once: which one it is, is said only where there are more.
        room: cells.
    """
    if position >= len(review.groups):
        return "no duplicates"
    group, files = review.groups[position], review.marked()
    number, groups = count(position + 1), count(len(review.groups))
    marked, size = f"{count(len(files))} marked", byte_size(sum(file.size for file in files))
    copy = f"copy {cursor + 1} of {len(group.copies)}" if columns < len(group.copies) else ""
    left, keys = (f"{count(review.undecided)} to decide", "") if review.undecided else ("all decided", with_keys(_KEYS))
    whole, short = f"{group.kind}: group {number} of {groups}", f"group {number} of {groups}"
    lines = (
        (whole, copy, f"{marked}, {size} to free", left + keys),
        (whole, copy, f"{marked}, {size} to free", left),
        (short, copy, f"{marked}, {size} to free", left),
        (short, copy, marked, left),
        (short, left),
    )
    return first_that_fits(lines, room)
