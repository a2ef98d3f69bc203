"""The lines of the groups that Browse divides the pictures into."""

from __future__ import annotations

from array import array

import pytest
from app_helpers import lines_of
from textual.app import App, ComposeResult

from core.fields import COLOURS
from core.filters.arrange import PictureGroup
from tui.widgets.bucket_list import SWATCHES, BucketList


class ListApp(App[None]):
    """A list of groups with one picture each."""

    def __init__(self, names: list[str | None]) -> None:
        super().__init__()
        self.names = names

    def compose(self) -> ComposeResult:
        yield BucketList()

    def on_mount(self) -> None:
        self.query_one(BucketList).show([PictureGroup(name, array("q", [1])) for name in self.names])


def test_every_colour_that_pictures_are_grouped_by_has_a_swatch() -> None:
    assert set(SWATCHES) == set(COLOURS)


@pytest.mark.parametrize(
    ("names", "swatches"),
    [(["red", "green", None], 2), (["red", "press"], 0), ([None], 0), (["1931"], 0)],
)
async def test_groups_by_colour_have_swatches_and_others_have_none(names: list[str | None], swatches: int) -> None:
    app = ListApp(names)
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        lines = lines_of(app)
        assert sum("██" in line for line in lines) == swatches
        for name, line in zip(names, lines, strict=False):
            assert (name or "none") in line
            assert line.rstrip().endswith("1")
