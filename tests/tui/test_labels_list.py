"""The tags, groups and filters at the left of Browse, in a pane of 20 columns and more."""

from __future__ import annotations

import pytest
from app_helpers import lines_of
from textual.app import App, ComposeResult

from core.labels.groups import SavedGroup
from core.labels.tags import Tag
from tui.widgets.labels_list import Labels, LabelsList

DEPTH = 15
NAMES = ["short", "a tag with a long name of many words", "長い名前のタグ" * 3, "🏖️ " * 9 + "beach", "e\u0301" * 40]


class ListApp(App[None]):
    """The list alone."""

    CSS = "LabelsList { border: none; }"

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels

    def compose(self) -> ComposeResult:
        yield LabelsList()

    def on_mount(self) -> None:
        self.query_one(LabelsList).show(self.labels)


@pytest.mark.parametrize("width", [20, 27, 60])
@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_cut_in_its_middle_and_its_number_stays(name: str, width: int) -> None:
    labels = Labels([Tag(1, name, "#d02020", None, 12_345)], [SavedGroup(1, name, 0.0, "", 678)], [name])
    async with ListApp(labels).run_test(size=(width, 9)) as pilot:
        lines = [line.rstrip() for line in lines_of(pilot.app)]
        assert lines[1].endswith(" 12,345")
        assert lines[3].endswith(" 678")
        assert ("…" in lines[1]) == (name not in lines[1])


async def test_the_number_of_a_tag_far_down_the_tree_stays() -> None:
    tags = [Tag(number, f"tag {number}", "", number - 1 or None, number) for number in range(1, DEPTH + 1)]
    async with ListApp(Labels(tags)).run_test(size=(20, 30)) as pilot:
        lines = [line.rstrip() for line in lines_of(pilot.app) if "●" in line]
        assert [line.split()[-1] for line in lines] == [str(number) for number in range(1, DEPTH + 1)]
