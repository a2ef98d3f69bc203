"""Failed pictures: the list, its kinds, Restart, export, and what Browse says of a picture that failed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from app_helpers import (
    SMALL,
    collection,
    fill_at_random,
    flat,
    lines_of,
    open_settings,
    running,
    said,
    text_of,
    until,
    words,
)
from rich.segment import Segment
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from core.catalog.catalog import Picture
from core.project import Project
from core.vectors import store
from core.vectors.failures import Failure
from core.vectors.ledger import Ledger, LedgerEntry
from tui.app import Pictoscope
from tui.screens.browse.picture import PictureScreen
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.dialogs.export import ExportDialog
from tui.screens.settings import failures as failures_screen
from tui.screens.settings.failures import FailuresScreen
from tui.screens.settings.jobs import JobsScreen
from tui.screens.settings.settings import SettingsScreen
from tui.widgets.failure_list import FailureList

REASONS = {
    "alder.png": "truncated: the file ends before the picture does",
    "birds/owl.png": "damaged: broken data stream",
    "fish/pike.png": "damaged: [@click=app.quit]chunk\x1b[2J[/]",
}


@pytest.fixture
def failed(project: Project) -> Project:
    """Twelve pictures of which three failed in ``effnet-lite0`` and the first two of them in ``conse`` too."""
    fill_at_random(project, "conse", only=3)
    fill_at_random(project, "effnet-lite0", only=3)
    fail(project, "effnet-lite0", REASONS)
    fail(project, "conse", dict(list(REASONS.items())[:2]))
    return project


def picture(project: Project, name: str) -> Picture:
    found = project.catalog.by_path(project.folders[0] / name)
    assert found
    return found


def fail(project: Project, vec_type: str, reasons: dict[str, str]) -> None:
    found = [(picture(project, name), reason) for name, reason in reasons.items()]
    with store.Writer(project.vectors_folder / vec_type) as writer:
        rows = np.zeros((0, writer.manifest.dim), np.float32)
        writer.append([], rows, [Failure(one.key, one.path, reason, 1_700_000_000) for one, reason in found])


def listed(app: Pictoscope) -> list[str]:
    return [os.path.basename(os.fsdecode(entry.path)) for entry in app.screen.query_one(FailureList).entries]


async def open_failures(app: Pictoscope, pilot: Pilot[int], *vec_types: str, count: int) -> None:
    app.action_failures(*vec_types)
    await until(pilot, lambda: isinstance(app.screen, FailuresScreen) and len(listed(app)) == count)


async def test_they_are_reached_from_the_vectors_the_jobs_and_the_palette(failed: Project):
    async with running(failed) as (app, pilot):
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and "conse" in text_of(app))
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, FailuresScreen) and len(listed(app)) == 2)
        assert "vec type conse" in words(app, "#header")
        await pilot.press("q", "q", "J")
        await until(pilot, lambda: isinstance(app.screen, JobsScreen))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FailuresScreen) and len(listed(app)) == 3)
        assert words(app, "#header").endswith("3 pictures · all vec types")
        await pilot.press("escape", "q")
        await pilot.press("ctrl+p", *"failed", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, FailuresScreen) and len(listed(app)) == 3)


async def test_each_is_a_line_with_its_reason_shown_literally(failed: Project):
    async with running(failed) as (app, pilot):
        await open_failures(app, pilot, count=3)
        assert listed(app) == ["alder.png", "owl.png", "pike.png"]
        await until(pilot, lambda: "truncated: the file ends before" in text_of(app))
        await pilot.press("end")
        await until(pilot, lambda: "pike.png" in words(app, "#failure-facts"))
        assert words(app, "#failure-facts").splitlines()[1:] == [
            "damaged: [@click=app.quit]chunk\\x1b[2J[/]",
            f"effnet-lite0 · {time.strftime('%Y-%m-%d %H:%M', time.localtime(1_700_000_000))}",
        ]
        assert "\x1b" not in text_of(app)
        await pilot.click(FailureList, offset=(60, 2))
        assert app.is_running


async def test_kinds_of_reasons_are_counted_and_filter(failed: Project):
    async with running(failed) as (app, pilot):
        await open_failures(app, pilot, count=3)
        kinds = app.screen.query_one("#kinds", OptionList)
        assert [str(kinds.get_option_at_index(n).prompt) for n in range(3)] == ["all  3", "damaged  2", "truncated  1"]
        await pilot.press("tab", "down")
        await until(pilot, lambda: listed(app) == ["owl.png", "pike.png"])
        await pilot.press("down", "enter")
        await until(pilot, lambda: listed(app) == ["alder.png"])
        assert isinstance(app.focused, FailureList)


async def test_enter_shows_the_picture_and_why_it_failed(failed: Project):
    async with running(failed) as (app, pilot):
        await open_failures(app, pilot, count=3)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        reason = "conse, effnet-lite0 failed: damaged: broken data stream"
        await until(pilot, lambda: reason in flat(app))
        await pilot.press("right")
        await until(pilot, lambda: "effnet-lite0 failed: damaged: [@click=app.quit]chunk\\x1b[2J[/]" in flat(app))
        await pilot.press("escape")
        assert isinstance(app.screen, FailuresScreen)


async def test_browse_says_for_each_vec_type_whether_it_failed_and_why(failed: Project):
    async with running(failed, (120, 32)) as (app, pilot):
        await until(pilot, lambda: "conse ✓  effnet-lite0 ✓" in flat(app) or "failed" in flat(app))
        names = [entry.name for entry in failed.catalog.pictures(failed.catalog.picture_ids())]
        await pilot.press(*["right"] * names.index("pike.png"))
        await until(pilot, lambda: "conse – effnet-lite0 failed" in " ".join(words(app, "#preview-facts").split()))
        await until(pilot, lambda: "effnet-lite0 failed: damaged:" in flat(app))


async def test_restart_tries_them_again_in_every_vec_type_that_lacks_one(
    failed: Project, monkeypatch: pytest.MonkeyPatch
):
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr("tui.restarting.restart_vectors", lambda project, *names, engine: started.append(names))
    async with running(failed) as (app, pilot):
        await open_failures(app, pilot, count=3)
        await pilot.press("R")
        await until(pilot, lambda: started == [("conse", "effnet-lite0")])
        assert any("retrying" in text for text in said(app))


async def test_where_nothing_failed_it_says_so(project: Project):
    async with running(project) as (app, pilot):
        await open_failures(app, pilot, count=0)
        await until(pilot, lambda: "every picture could be read" in text_of(app))
        await pilot.press("R", "e", "y", "enter", "down", "end")
        assert said(app) == [
            "nothing has failed: nothing to retry",
            "there is nothing to export here",
            "no picture here to do that with",
        ]


async def test_export_writes_what_is_on_show_and_asks_before_it_replaces(failed: Project, tmp_path: Path):
    target = tmp_path / "failed.csv"
    async with running(failed) as (app, pilot):
        await open_failures(app, pilot, count=3)
        for answer, lines in ((None, 4), ("n", 4), ("y", 3)):
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, ExportDialog) and app.screen.query("#to"))
            app.screen.query_one("#to", Input).value = str(target)
            await pilot.press("enter")
            if answer:
                await until(pilot, lambda: isinstance(app.screen, Confirm))
                await pilot.press(answer)
            if answer == "n":
                await until(pilot, lambda: isinstance(app.screen, ExportDialog))
                await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, FailuresScreen))
            assert len(target.read_text().splitlines()) == lines
            await pilot.press("tab", "home", "down", "enter")  # from now on the damaged ones only
            await until(pilot, lambda: len(listed(app)) == 2)
        assert target.read_text().splitlines()[0] == "path,reason,vec_types,when,key"


async def test_export_into_a_folder_takes_a_name_and_what_cannot_be_written_is_said(failed: Project, tmp_path: Path):
    async with running(failed) as (app, pilot):
        await open_failures(app, pilot, count=3)
        for path, written in ((tmp_path, tmp_path / "failed-pictures.csv"), (tmp_path / "no" / "a.csv", None)):
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, ExportDialog) and app.screen.query("#to"))
            app.screen.query_one("#to", Input).value = str(path)
            await pilot.press("enter")
            await until(
                pilot, written.exists if written else lambda: "there is no folder" in words(app, "#explanation")
            )
            if written:
                await until(pilot, lambda: isinstance(app.screen, FailuresScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FailuresScreen))


async def test_a_path_is_copied_unless_pasting_it_could_do_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    copied: list[str] = []
    monkeypatch.setattr(Pictoscope, "copy_to_clipboard", lambda app, text: copied.append(text))
    with collection(tmp_path / "pictures", ["a\nrm.png", "b.png"]) as project:
        fill_at_random(project, "conse", only=0)
        fail(project, "conse", {"a\nrm.png": "damaged", "b.png": "damaged"})
        async with running(project) as (app, pilot):
            await open_failures(app, pilot, count=2)
            await pilot.press("y")
            assert copied == []
            await pilot.press("down", "y")
            assert copied == [str(tmp_path / "pictures" / "b.png")]


async def test_everything_is_in_sight_at_80_columns(failed: Project):
    async with running(failed, SMALL) as (app, pilot):
        await open_failures(app, pilot, count=3)
        await until(pilot, lambda: "damaged  2" in text_of(app))
        assert app.screen.query_one(FailureList).region.height >= 10
        assert lines_of(app)[-1].rstrip().endswith(("q Back", "q Quit"))
        assert sum("alder.png" in line for line in lines_of(app)) == 2  # in the list, and below it


async def test_a_hundred_thousand_are_moved_through_at_once(project: Project, monkeypatch: pytest.MonkeyPatch):
    entries = tuple(
        LedgerEntry(number.to_bytes(20, "big"), b"/pictures/%06d.jpg" % number, ("conse",), f"damaged: {number}", 0.0)
        for number in range(100_000)
    )

    def many(catalog: object, folder: Path, wanted: Sequence[str]) -> Ledger:
        return Ledger(entries)

    monkeypatch.setattr(failures_screen, "read_ledger", many)
    async with running(project) as (app, pilot):
        await open_failures(app, pilot, count=100_000)
        drawn: list[LedgerEntry] = []
        segments = FailureList.segments

        def counted(widget: FailureList, entry: LedgerEntry, *, at_cursor: bool) -> list[Segment]:
            drawn.append(entry)
            return segments(widget, entry, at_cursor=at_cursor)

        monkeypatch.setattr(FailureList, "segments", counted)
        await pilot.press("end", "home", *["pagedown"] * 10, *["down"] * 10)
        height = app.screen.query_one(FailureList).size.height
        assert app.screen.query_one(FailureList).cursor == 10 * height + 10
        assert len(drawn) <= 3 * 22 * height  # what is on the screen, however many there are


async def test_settings_say_that_restart_tries_unreadable_pictures_again(failed: Project):
    async with running(failed) as (app, pilot):
        await open_settings(app, pilot, 2)
        reason = "2 of them because they could not be read: F says why, Restart tries again."
        await until(pilot, lambda: words(app, "#vectors-remark") == f"conse lacks 10 pictures, {reason}")
