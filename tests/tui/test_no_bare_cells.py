"""No cell of a screen shows the terminal's own background, which seldom is the theme's."""

from __future__ import annotations

import pytest
from app_helpers import until
from rich.segment import Segment

from core.project import Project
from tests.tui.frames import strips_of
from tui.app import Pictoscope
from tui.graphics.terminal import Glyphs, Protocol, Terminal
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_view import PictureView


def bare(app: Pictoscope) -> list[Segment]:
    """What is shown without a background."""
    return [
        segment
        for strip in strips_of(app)
        for segment in strip
        if not segment.control and (segment.style is None or segment.style.bgcolor is None)
    ]


@pytest.mark.parametrize(
    "terminal",
    [Terminal(Protocol.SYMBOLS, glyphs=Glyphs.QUADRANTS), Terminal(Protocol.SIXEL), Terminal(Protocol.KITTY)],
    ids=["symbols", "sixel", "kitty"],
)
async def test_around_pictures_there_is_the_background_of_the_theme(project: Project, terminal: Terminal) -> None:
    app = Pictoscope(project, terminal)
    async with app.run_test(size=(120, 32)) as pilot:
        await until(
            pilot, lambda: app.screen.query(ImageGrid) and any(app.screen.query_one(ImageGrid).shown_drawings())
        )
        await until(pilot, lambda: any(view.drawing for view in app.screen.query(PictureView)))
        await pilot.pause()
        assert bare(app) == []
