"""Buttons side by side, in several rows where there is no room."""

from __future__ import annotations

import pytest
from app_helpers import until
from textual.app import App, ComposeResult
from textual.widgets import Button

from tui.widgets.button_row import ButtonRow

LABELS = ("Create new vectors  n", "Restart  R", "Set default  D", "Verify  V", "Delete  X")


class RowApp(App[None]):
    """A row of buttons as the app shows it."""

    CSS_PATH = "../../tui/pictoscope.tcss"

    def compose(self) -> ComposeResult:
        """The row."""
        with ButtonRow(classes="buttons left"):
            for label in LABELS:
                yield Button(label, compact=True)


@pytest.mark.parametrize(("width", "rows"), [(120, 1), (100, 1), (60, 2)])
async def test_buttons_without_room_go_to_another_row(width: int, rows: int) -> None:
    app = RowApp()
    async with app.run_test(size=(width, 10)) as pilot:
        for now in (width, 120, width):
            await pilot.resize_terminal(now, 10)
            await pilot.pause()
        await until(pilot, lambda: len({button.region.y for button in app.query(Button)}) == rows)
        regions = [button.region for button in app.query(Button)]
        assert len({region.y for region in regions}) == rows
        assert all(app.screen.region.contains_region(region) for region in regions)
        assert not [one for one in regions for other in regions if one is not other and one.overlaps(other)]
        assert all(one.width >= len(label) for one, label in zip(regions, LABELS, strict=True))
