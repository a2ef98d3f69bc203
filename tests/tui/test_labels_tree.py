"""Tags as a tree of lines, however deep they lie."""

from __future__ import annotations

from core.labels.tags import Tag
from tui.widgets.labels_list import in_a_tree


def test_each_tag_stands_behind_the_one_above_it():
    tags = [Tag(1, "a", "", None, 0), Tag(2, "b", "", 1, 0), Tag(3, "c", "", None, 0), Tag(4, "d", "", 1, 0)]
    assert [(tag.name, depth) for tag, depth in in_a_tree(tags)] == [("a", 0), ("b", 1), ("d", 1), ("c", 0)]


def test_thousands_of_tags_may_lie_below_each_other():
    tags = [Tag(number, str(number), "", number - 1 or None, 0) for number in range(1, 5_000)]
    assert [depth for _, depth in in_a_tree(tags)] == list(range(4_999))
