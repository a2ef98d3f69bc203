"""What goes wrong is said, with the file and what to do; the app goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from app_helpers import collection, fill_at_random, flat, grid_of, running, said, until
from textual.widgets._toast import Toast

from core.errors import CatalogError, DiskFull, PictoscopeError
from core.project import Project
from tui.app import Pictoscope
from tui.messages import refused
from tui.screens.browse.browse import BrowseScreen
from tui.screens.results.action_form import ActionForm
from tui.screens.settings.settings import SettingsScreen


@pytest.fixture
def damaged(tmp_path: Path) -> Project:
    """A project whose catalog is no database."""
    with collection(tmp_path / "pictures", ["a.png"]) as project:
        pass
    (project.path / "catalog.sqlite").write_bytes(b"no database at all, " * 500)
    return Project(project.path)


async def test_a_damaged_catalog_is_said_with_its_name_and_the_way_to_mend_it(damaged: Project):
    async with running(damaged, listed=False) as (app, pilot):
        await until(pilot, lambda: said(app))
        assert said(app) == [
            f"{damaged.path}/catalog.sqlite is damaged (file is not a database)\n"
            "`pictoscope add --rebuild-catalog` rebuilds it from the picture folders; vectors are kept"
        ]
        await until(pilot, lambda: "is damaged (file is not a database)" in flat(app))


async def test_with_a_damaged_catalog_every_key_still_answers(damaged: Project):
    async with running(damaged, listed=False) as (app, pilot):
        await until(pilot, lambda: said(app))
        for keys in (
            ["s"],
            ["slash"],
            ["l", "enter", "space"],
            ["ctrl+l"],
            ["g", "n"],
            ["R", "V", "X"],
            ["q", "J"],
            ["q"],
        ):
            await pilot.press(*keys)
        for _ in range(4):  # an answer that failed late may still be there
            if not isinstance(app.screen, BrowseScreen):
                await pilot.press("q")
        assert isinstance(app.screen, BrowseScreen)
        assert app.is_running


async def test_the_reason_stays_in_the_grid_when_the_message_is_gone(damaged: Project):
    async with running(damaged, listed=False) as (app, pilot):
        await until(pilot, lambda: said(app))
        app.clear_notifications()
        await until(pilot, lambda: not said(app))
        await until(pilot, lambda: "catalog.sqlite is damaged" in flat(app))


async def test_a_catalog_that_breaks_while_it_is_open_is_said(project: Project, monkeypatch: pytest.MonkeyPatch):
    async with running(project) as (app, pilot):

        def broken(*_: object) -> None:
            raise CatalogError(f"{project.path}/catalog.sqlite is damaged (disk image is malformed)")

        monkeypatch.setattr(type(project.catalog), "query", broken)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: any("disk image is malformed" in text for text in said(app)))
        await pilot.press("l", "l", "s", "escape")
        assert grid_of(app).current  # what was read stays


async def test_a_project_that_is_deleted_while_open_does_not_end_the_app(project: Project):
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        shutil.rmtree(project.path)
        heard: list[str] = []  # on a busy machine the first are gone before the last key
        for keys in (["g"], ["D"], ["R"], ["X", "y"], ["1"], ["q"], ["J", "R", "x", "q"], ["s", "enter"]):
            await pilot.press(*keys)
            heard += said(app)
        await until(pilot, lambda: heard or said(app))
        assert app.is_running


async def test_a_disk_that_is_full_is_said_when_vectors_are_created(project: Project, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, content: bytes) -> None:
        raise DiskFull(f"no space left to write {path}", "free some space, then Restart: committed work is kept")

    async with running(project) as (app, pilot):
        monkeypatch.setattr("core.jobs.job.write_atomic", full)
        monkeypatch.setattr("core.settings.write_atomic", full)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press("n", "tab", "tab", "tab", "tab", "tab", "enter")
        await until(pilot, lambda: any("no space left to write" in text for text in said(app)))
        assert not any("started" in text for text in said(app))


@pytest.mark.parametrize("place", ["vectors", "jobs"])
async def test_files_in_the_place_of_folders_are_said_or_passed_over(project: Project, place: str):
    (project.path / place).write_text("a file")
    async with running(project) as (app, pilot):
        for keys in (["g"], ["n", "tab", "tab", "tab", "tab", "tab", "enter"], ["J"], ["q", "q"], ["s"]):
            await pilot.press(*keys)
        await until(pilot, lambda: said(app))
        assert app.is_running


async def test_the_same_error_from_several_places_is_said_once(project: Project):
    async with running(project) as (app, pilot):
        for _ in range(3):
            app.tell(PictoscopeError("the roof is on fire", "leave"))
        app.tell(PictoscopeError("something else"))
        await pilot.pause()
        assert said(app) == ["the roof is on fire\nleave", "something else"]


async def test_long_errors_take_four_lines_and_keep_what_to_do(project: Project):
    for size, most in (((80, 24), 240), ((60, 20), 180), ((200, 60), 240)):
        async with running(project, size) as (app, pilot):
            app.tell(PictoscopeError("a-long-word" * 50 + " is on fire", "choose another"))
            await until(pilot, lambda: app.screen.query(Toast))
            (text,) = said(app)
            assert len(text) <= most
            assert "…" in text and text.endswith(" is on fire\nchoose another")
            assert app.screen.query(Toast).first().content_size.height <= 5  # the hint has a line of its own
            app.clear_notifications()
            app.notify("long words " * 50, markup=False)
            await until(pilot, lambda: said(app))
            assert len(said(app)[0]) <= most and "…" in said(app)[0]


async def test_of_a_long_path_the_end_is_kept_and_what_is_wrong_with_it(project: Project):
    async with running(project) as (app, pilot):
        app.tell(PictoscopeError("/a/long/path" * 30 + "/x.toml is damaged (line 1)", "remove it"))
        await until(pilot, lambda: said(app))
        assert said(app)[0].startswith("…") and said(app)[0].endswith("/x.toml is damaged (line 1)\nremove it")


async def test_two_notifications_are_shown_the_latest(project: Project):
    async with running(project) as (app, pilot):
        app.most_notifications = Pictoscope.most_notifications
        for number in range(5):
            app.tell(PictoscopeError(f"error {number}"))
        await until(pilot, lambda: said(app) == ["error 3", "error 4"])
        await until(pilot, lambda: len(app.screen.query(Toast)) == 2)


async def test_errors_are_shown_without_markup_and_control_characters(project: Project):
    async with running(project) as (app, pilot):
        app.tell(PictoscopeError("[bold]\x1b[2J no [link]", "\nhint"))
        await until(pilot, lambda: app.screen.query(Toast))
        shown = app.screen.query(Toast).first().render()
        assert str(shown).split("\n") == ["[bold]\\x1b[2J no [link]", "\\nhint"]


async def test_thumbnails_that_cannot_be_cached_are_drawn_all_the_same(project: Project):
    (project.path / "thumbnails.sqlite").unlink(missing_ok=True)
    (project.path / "thumbnails.sqlite").mkdir()
    async with running(project) as (app, pilot):
        await until(pilot, lambda: grid_of(app)._drawn)
        assert said(app) == []


async def test_an_action_that_cannot_read_the_vectors_names_the_file(project: Project):
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        await pilot.press("s")
        (project.vectors_folder / "effnet-lite0" / "journal.bin").unlink()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ActionForm) and "journal.bin is missing" in flat(app))


def test_what_the_system_refuses_becomes_an_error_that_names_the_file():
    error = refused(PermissionError(13, "Permission denied", b"/data/\xff"))
    assert error.message == "/data/\udcff: permission denied"
    assert refused(OSError("odd")).message == "odd"
