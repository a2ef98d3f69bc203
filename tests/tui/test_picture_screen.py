"""One picture, large: zoom, pan, the next one; and how many pictures are in a row of the grid."""

from __future__ import annotations

from app_helpers import current, grid_of, running, running_job, text_of, until
from textual.pilot import Pilot

from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.picture import PictureScreen
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_view import PictureView
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine


async def open_picture(app: Pictoscope, pilot: Pilot[int]) -> Preview:
    """By key, until it is drawn."""
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, PictureScreen) and app.screen.query_one(PictureView).drawing)
    return app.screen.query_one(Preview)


async def test_an_enlarged_picture_moves_under_the_arrows_and_a_whole_one_goes_to_the_next(project: Project) -> None:
    async with running(project) as (app, pilot):
        preview = await open_picture(app, pilot)
        first = preview._picture
        before = text_of(app)
        await pilot.press("+", "+", "right", "down")
        assert round(preview.zoom.factor, 6) == 2
        assert round(preview.zoom.x, 6) == round(preview.zoom.y, 6) == 0.625
        assert preview._picture is first
        await pilot.press("0")
        assert preview.zoom.is_whole
        await until(pilot, lambda: text_of(app) == before)
        await pilot.press("+", "space")  # the next one, whole again
        assert preview._picture is not first
        assert preview.zoom.is_whole
        await pilot.press("left")
        assert preview._picture is not None and first is not None
        assert preview._picture.key == first.key


async def test_the_next_picture_is_decoded_in_advance(project: Project) -> None:
    async with running(project) as (app, pilot):
        preview = await open_picture(app, pilot)
        source = grid_of_below(app).source
        assert source is not None
        coming = source.items(1, 2)[0]
        assert coming is not None
        await until(pilot, lambda: coming.picture.key in preview._decoded._kept)


def grid_of_below(app: Pictoscope) -> ImageGrid:
    """The grid of the screen below."""
    return app.screen_stack[-2].query_one(ImageGrid)


async def test_pictures_in_a_row_are_chosen_by_keys_and_kept(project: Project) -> None:
    async with running(project) as (app, pilot):
        usual = grid_of(app).columns
        name = current(app)
        for _ in range(9):
            await pilot.press("+")
        assert grid_of(app).columns == 1
        assert current(app) == name
        await pilot.press("-", "<")
        assert grid_of(app).columns == 3
        await pilot.press(">")
        assert app.look.pictures_in_row == 2 <= usual
    async with running(project) as (app, _):
        assert grid_of(app).columns == 2


async def test_one_picture_has_the_running_job_at_its_foot(project: Project) -> None:
    lock = running_job(project, "1", "conse", [("started", {"total": 100}), ("progress", {"done": 10})])
    try:
        async with running(project) as (app, pilot):
            await open_picture(app, pilot)
            await until(pilot, lambda: "conse" in str(app.screen.query_one(JobLine).visual))
            assert "J jobs" in text_of(app)
    finally:
        lock.release()


async def test_actual_size_is_a_key(project: Project) -> None:
    async with running(project) as (app, pilot):
        preview = await open_picture(app, pilot)
        await pilot.press("+", "1")
        assert preview.zoom == preview.at_actual_size()
