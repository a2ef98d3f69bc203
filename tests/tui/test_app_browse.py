"""Browse: the collection, by keyboard, at any size, while the disk changes."""

from __future__ import annotations

import os
import threading
import unicodedata
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from app_helpers import (
    PATIENCE,
    SMALL,
    collection,
    current,
    fill_at_random,
    flat,
    grid_of,
    lines_of,
    paint,
    press_then,
    running,
    said,
    settled,
    shown,
    text_of,
    until,
    words,
)
from rich.cells import cell_len
from textual.command import CommandPalette
from textual.widgets import Tree

from core.actions.registry import actions
from core.catalog.catalog import Catalog
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.dialogs.dialogs import keys_of
from tui.screens.results.duplicates import DuplicatesScreen
from tui.screens.settings.settings import SettingsScreen
from tui.widgets.folder_tree import FolderTree
from tui.widgets.preview import Preview


def tree_labels(app: Pictoscope) -> list[str]:
    """The lines of the folder tree that can be seen."""
    tree = app.screen.query_one(Tree)
    return [str(tree.get_node_at_line(line).label) for line in range(tree.last_line + 1)]  # type: ignore[union-attr]


async def rescan(app: Pictoscope, pilot) -> None:
    """Look at the disk again and wait until it has been seen."""
    await pilot.press("ctrl+l")
    await until(pilot, lambda: not [worker for worker in app.workers if worker.group in ("scan", "list")])


# -- first paint ---------------------------------------------------------------------------------------------------


async def test_keys_are_answered_while_the_catalog_is_still_being_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    may_go_on = threading.Event()
    read = Catalog.picture_ids

    def slow(self: Catalog, folder: int | None = None) -> array[int]:
        may_go_on.wait(PATIENCE)
        return read(self, folder)

    monkeypatch.setattr(Catalog, "picture_ids", slow)
    try:
        async with running(project, listed=False) as (app, pilot):
            # The scan ends long before a million pictures are listed: that there are none is not known by then.
            await until(pilot, lambda: app.screen._scanned)
            assert "looking for pictures" in text_of(app)
            await pilot.press("g")
            await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
            assert grid_of(app).source is None
            may_go_on.set()
            await until(pilot, lambda: current(app) == "alder.png")
    finally:
        may_go_on.set()


async def test_an_empty_folder_says_what_to_do(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    async with running(Project.open_or_create(tmp_path / "empty")) as (app, pilot):
        await until(pilot, lambda: "enter adds a folder" in flat(app) and "looking" not in flat(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "new-folder")


async def test_a_wider_terminal_has_no_fewer_pictures_in_a_row(project: Project):
    async with running(project, (60, 24)) as (app, pilot):
        columns = {}
        for width in (60, 80, 99, 100, 101, 104, 119, 120, 133, 149, 150, 151, 200, 300):
            await pilot.resize_terminal(width, 24)
            await until(pilot, lambda width=width: app.screen.size.width == width)
            columns[width] = grid_of(app).columns
        with_preview = [number for width, number in columns.items() if width >= 100]
        assert with_preview == sorted(with_preview)
        without = [number for width, number in columns.items() if width < 100]
        assert without == sorted(without)
        assert columns[100] >= columns[99] - 1


async def test_the_left_pane_gives_way_where_it_is_narrow_and_a_key_brings_it_back(project: Project):
    async with running(project, (60, 20)) as (app, pilot):
        assert not app.screen.query_one("#left").display
        assert grid_of(app).columns == 3
        await pilot.press("backslash")
        await until(pilot, lambda: isinstance(app.focused, FolderTree))
        assert app.screen.query_one("#left").display
        await pilot.press("backslash")
        await until(pilot, lambda: app.focused is grid_of(app))
        await pilot.press("backslash")
        await pilot.resize_terminal(59, 20)  # what was asked for holds
        await until(pilot, lambda: app.screen.size.width == 59)
        assert app.screen.query_one("#left").display


async def test_a_right_click_beside_the_pictures_opens_the_palette(project: Project):
    async with running(project) as (app, pilot):
        await pilot.click("#folders", button=3)
        await until(pilot, lambda: CommandPalette.is_open(app))


async def test_keys_that_have_nothing_to_work_on_say_so(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    async with running(Project.open_or_create(tmp_path / "empty")) as (app, pilot):
        for key in ("t", "T", "p", "K", "Z", "X", "y", "O"):
            app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: said(app) == ["no picture here to do that with"])


async def test_the_next_start_begins_at_the_folder_that_was_shown(project: Project):
    async with running(project) as (app, pilot):
        app.screen.query_one(FolderTree).focus()
        await pilot.press("down", "space", "down")
        await until(pilot, lambda: shown(app) == ["gull.png", "tern.png"])
        await pilot.press("ctrl+q")
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: shown(app) == ["gull.png", "tern.png"])
        assert "birds/sea" in words(app, "#header")
        app.screen.query_one(FolderTree).focus()
        await pilot.press("home")
        await until(pilot, lambda: len(shown(app)) == 12)
        await pilot.press("ctrl+q")
    async with running(project) as (app, _):
        assert len(shown(app)) == 12


async def test_a_list_without_pictures_says_why_and_enter_leads_out_of_it(project: Project):
    async with running(project) as (app, pilot):
        app.screen.query_one(FolderTree).focus()
        await pilot.press("down")
        await until(pilot, lambda: "birds" in words(app, "#header") and "4 of 12 pictures" in words(app, "#header"))
        grid_of(app).focus()
        app.screen._show(replace(app.screen._wanted, filter="width>999"))  # type: ignore[attr-defined]
        await until(pilot, lambda: "no pictures match width>999 in birds" in flat(app))
        assert "0 of 12 pictures" in words(app, "#header")
        await pilot.press("enter")
        await until(pilot, lambda: len(grid_of(app).source or ()) == 12)
        assert "12 pictures" in words(app, "#header")


# -- going about ---------------------------------------------------------------------------------------------------


async def test_the_preview_shows_the_picture_under_the_cursor_and_its_facts(project: Project):
    fill_at_random(project, "effnet-lite0", only=1)
    async with running(project) as (app, pilot):
        await until(pilot, lambda: "40 x 30 · PNG" in words(app, "#preview-facts"))
        assert "alder.png" in words(app, "#preview-facts")
        assert "effnet-lite0 ✓" in words(app, "#preview-facts")
        await pilot.press("l")
        await until(pilot, lambda: "birch.png" in words(app, "#preview-facts"))
        assert "effnet-lite0 –" in words(app, "#preview-facts")


async def test_the_header_counts_pictures_and_selection(project: Project):
    async with running(project) as (app, pilot):
        assert words(app, "#header").split("trees and animals")[1].strip() == "12 pictures · vec type none yet"
        await pilot.press("space", "space")
        await until(pilot, lambda: "2 selected · 12 pictures" in words(app, "#header"))
        await pilot.press("escape")
        await until(pilot, lambda: "selected" not in words(app, "#header"))


async def test_the_folder_under_the_cursor_is_what_the_grid_shows(project: Project):
    async with running(project) as (app, pilot):
        assert tree_labels(app) == ["all pictures 12", "birds 4", "fish 3"]
        await pilot.press("shift+tab", "down")
        await until(pilot, lambda: current(app) == "crow.png" and len(grid_of(app).source or ()) == 4)
        await pilot.press("space")  # opens the folder
        await until(pilot, lambda: tree_labels(app) == ["all pictures 12", "birds 4", "sea 2", "fish 3"])
        await pilot.press("down")
        await until(pilot, lambda: current(app) == "gull.png" and len(grid_of(app).source or ()) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: grid_of(app).has_focus)
        assert "12 pictures" in words(app, "#header")


async def test_enter_shows_one_picture_large_and_arrows_go_through_the_list(project: Project):
    async with running(project) as (app, pilot):
        await pilot.press("l", "enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await until(pilot, lambda: "birch.png" in words(app, "#preview-facts"))
        await pilot.press("right")
        await until(pilot, lambda: "cedar.png" in words(app, "#preview-facts"))
        await pilot.press("h")
        await until(pilot, lambda: "birch.png" in words(app, "#preview-facts"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_the_large_picture_stays_at_the_ends_of_the_list(project: Project):
    async with running(project) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await pilot.press("left")
        await until(pilot, lambda: "alder.png" in words(app, "#preview-facts"))


# -- while the disk changes ----------------------------------------------------------------------------------------


async def test_new_pictures_appear_when_asked_for(project: Project, folder: Path):
    async with running(project) as (app, pilot):
        await pilot.press("l", "l")
        paint(folder / "acacia.png", 90)
        paint(folder / "beetles" / "stag.png", 91)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "14 pictures" in words(app, "#header"))
        await until(pilot, lambda: tree_labels(app) == ["all pictures 14", "beetles 1", "birds 4", "fish 3"])
        assert current(app) == "cedar.png"
        assert grid_of(app).cursor == 3


async def test_a_new_picture_beside_the_folders_is_counted_in_the_tree(project: Project, folder: Path):
    async with running(project) as (app, pilot):
        paint(folder / "acacia.png", 90)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: tree_labels(app)[0] == "all pictures 13")


async def test_a_deleted_picture_goes_and_the_cursor_stays_at_its_place(project: Project, folder: Path):
    async with running(project) as (app, pilot):
        await pilot.press("l", "space", "h")
        await until(pilot, lambda: "1 selected" in words(app, "#header"))
        (folder / "birch.png").unlink()
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "11 pictures" in words(app, "#header"))
        await until(pilot, lambda: current(app) == "cedar.png")
        assert grid_of(app).cursor == 1
        assert "selected" not in words(app, "#header")


async def test_a_renamed_picture_has_its_new_name_and_is_the_same_picture(project: Project, folder: Path):
    async with running(project) as (app, pilot):
        await pilot.press("l", "space", "h")
        (folder / "birch.png").rename(folder / "beech.png")
        await rescan(app, pilot)
        await until(pilot, lambda: current(app) == "beech.png")
        assert [item.picture.name for item in grid_of(app).chosen] == ["beech.png"]


async def test_a_replaced_picture_is_drawn_anew(project: Project, folder: Path):
    async with running(project) as (app, pilot):
        await until(pilot, lambda: "101 B" in words(app, "#preview-facts") or "40 x 30" in words(app, "#preview-facts"))
        paint(folder / "alder.png", 77, (80, 20))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "80 x 20" in words(app, "#preview-facts"))
        assert current(app) == "alder.png"


async def test_the_open_folder_and_the_cursor_in_the_tree_survive_a_change(project: Project, folder: Path):
    async with running(project) as (app, pilot):
        await pilot.press("shift+tab", "down", "space", "down")
        await until(pilot, lambda: current(app) == "gull.png")
        paint(folder / "ants" / "red.png", 92)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: tree_labels(app) == ["all pictures 13", "ants 1", "birds 4", "sea 2", "fish 3"])
        tree = app.screen.query_one(Tree)
        assert str(tree.cursor_node.label) == "sea 2"  # type: ignore[union-attr]
        assert current(app) == "gull.png"


async def test_when_the_chosen_folder_is_gone_all_pictures_are_shown(project: Project, folder: Path):
    async with running(project) as (app, pilot):
        await pilot.press("shift+tab", "down", "down")
        await until(pilot, lambda: current(app) == "carp.png")
        for picture in (folder / "fish").iterdir():
            picture.unlink()
        await pilot.press("ctrl+l")
        await until(pilot, lambda: tree_labels(app) == ["all pictures 9", "birds 4"])
        await until(pilot, lambda: len(grid_of(app).source or ()) == 9)


async def test_a_picture_folder_that_is_not_there_is_said_and_its_pictures_are_kept(project: Project, folder: Path):
    elsewhere = folder.parent / "usb stick"
    paint(elsewhere / "one.png", 80)
    project.add_folder(elsewhere)
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: "13 pictures" in words(app, "#header"))
        elsewhere.rename(folder.parent / "unplugged")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: any(f"folder missing: {elsewhere}" in text for text in said(app)))
        assert "13 pictures" in words(app, "#header")


async def test_a_picture_that_cannot_be_read_says_why(project: Project, folder: Path):
    (folder / "aaa.png").write_bytes(b"this is no picture")
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: "13 pictures" in words(app, "#header"))
        await pilot.press("home")
        await until(pilot, lambda: "cannot be read" in words(app, "#preview-facts"))
        assert "not a picture in a known format" in words(app, "#preview-facts").replace(" \n", " ")
        assert any("cannot be read" in line.split("│")[1] for line in lines_of(app) if line.count("│") > 1)


async def test_links_and_pipes_are_no_pictures_and_do_not_hold_the_scan_up(project: Project, folder: Path):
    os.mkfifo(folder / "pipe.png")
    (folder / "loop.png").symlink_to("loop.png")
    paint(folder / "zebra.png", 93)
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: "13 pictures" in words(app, "#header"))


# -- names ---------------------------------------------------------------------------------------------------------

HOSTILE = (
    b"new\nline.png",
    b"\x1b[31mred\x1b]0;owned\x07.png",
    b"[bold]markup[u].png",
    b"[@click=app.quit]x.png",
    b"latin-\xe4\xff.png",
    "\u202egnp.exe.png".encode(),
    "漢字の名前がとても長いです.png".encode(),
    "👩\u200d👩\u200d👧.png".encode(),
    b"c1-\xc2\x9b2J.png",
)


def controls(app: Pictoscope) -> set[str]:
    """Characters drawn that a terminal would obey instead of showing."""
    return {c for c in text_of(app) if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.parametrize("size", [(150, 40), (80, 24)])
async def test_hostile_names_of_files_and_folders_are_shown_literally_everywhere(tmp_path: Path, size: tuple[int, int]):
    root = os.fsencode(tmp_path) + b"/root-\x1b[7m"
    for number, name in enumerate(HOSTILE):
        paint(root + b"/" + name, number)
        paint(root + b"/" + name.removesuffix(b".png") + b"/inside.png", 50 + number)
    project = Project.open_or_create(Path(os.fsdecode(root)))
    project.scan()  # else the card of a first scan would come
    async with running(project, size, listed=False) as (app, pilot):
        await until(pilot, lambda: f"{2 * len(HOSTILE)} pictures" in words(app, "#header"))
        await until(pilot, lambda: current(app))
        for number in range(0, 2 * len(HOSTILE), 3):
            grid_of(app).cursor = number
            await until(pilot, lambda: grid_of(app).current is not None)
            assert controls(app) == set()
        fill_at_random(project, "effnet-lite0")
        for keys in (["space", "enter"], ["q", "s"], ["enter"], ["q", "question_mark"], ["escape", "g", "2"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert controls(app) == set()
        await until(pilot, lambda: "root-\\x1b[7m" in flat(app).replace(" ", ""))


# -- sizes ---------------------------------------------------------------------------------------------------------


async def test_the_preview_gives_way_on_a_narrow_terminal_and_comes_back(project: Project):
    async with running(project, SMALL) as (app, pilot):
        assert app.screen.query_one(Preview).region.width == 0
        await pilot.resize_terminal(120, 30)
        await until(pilot, lambda: app.screen.query_one(Preview).region.width == 33)
        await until(pilot, lambda: "alder.png" in words(app, "#preview-facts"))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.screen.query_one(Preview).region.width == 0)


async def test_every_screen_survives_tiny_and_huge_terminals(project: Project):
    fill_at_random(project, "effnet-lite0")
    ways = (["enter"], ["q", "g"], ["q", "J"], ["q", "s"], ["enter"], ["q", "slash"], ["escape", "question_mark"])
    async with running(project, (20, 6)) as (app, pilot):
        for number, keys in enumerate(ways):
            await pilot.press(*keys)
            width, height = (200, 60) if number % 2 == 0 else (20, 6)
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda size=(width, height): app.screen.size == size and len(lines_of(app)) == size[1])
            assert {cell_len(line) for line in lines_of(app)} == {width}
        assert app.is_running


async def test_the_footer_shows_every_key_at_80_columns(project: Project):
    async with running(project, SMALL) as (app, pilot):
        assert lines_of(app)[-1].rstrip().endswith(("q Back", "q Quit"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await until(pilot, lambda: lines_of(app)[-1].rstrip().endswith(("q Back", "q Quit")))


async def test_a_long_path_leaves_room_for_the_facts(tmp_path: Path):
    project = collection(tmp_path / ("very long name " * 9) / "漢字の名前", ["a.png"])
    async with running(project, SMALL) as (app, _):
        header = lines_of(app)[0]
        assert "漢字の名前" in header
        assert header.rstrip().endswith("1 picture · vec type none yet")
    project.close()


@pytest.mark.parametrize("size", [SMALL, (200, 60)], ids=["80x24", "200x60"])
@pytest.mark.parametrize("folders", [3, 70], ids=["all in sight", "scroll bar"])
async def test_the_folder_tree_shows_every_number_and_shortens_names_instead(
    tmp_path: Path, folders: int, size: tuple[int, int]
):
    names = [f"{number:02d} a folder with a long name/{number}.png" for number in range(folders)]
    names += ["漢字の名前漢字の名前漢字の名前/deep/deeper/one.png", "漢字の名前漢字の名前漢字の名前/deep/two.png"]
    with collection(tmp_path / "many", names) as project:
        async with running(project, size) as (app, pilot):
            tree = app.screen.query_one(FolderTree)
            await until(pilot, lambda: tree.last_line == folders + 1)
            tree.focus()
            await pilot.press("end", "right", "space")  # opens the last folder
            await until(pilot, lambda: tree.last_line > folders + 1)
            await pilot.press("home")
            await until(pilot, lambda: tree.scroll_y == 0)
            await settled(app)
            for line in range(min(tree.last_line + 1, tree.size.height)):
                node = tree.get_node_at_line(line)
                assert node is not None
                pictures = node.data.pictures if node.data else len(names)
                drawn = tree.render_line(line).text
                assert drawn.rstrip().endswith(f" {pictures}"), drawn
                assert cell_len(drawn.rstrip()) <= tree.scrollable_content_region.width
            assert "all pictures" in lines_of(app)[1]


async def test_help_says_in_whole_words_what_the_foot_abbreviates(project: Project):
    async with running(project) as (app, pilot):
        for keys, screen in (((), BrowseScreen), (("d", "enter"), DuplicatesScreen)):
            await press_then(pilot, *keys, screen=screen)
            listed = [text for keys in keys_of(app.screen).values() for _, text in keys]
            assert not [text for text in listed if "…" in text]
            assert {action.title for action in actions()} <= set(listed)
        await pilot.press("question_mark")
        await until(pilot, lambda: "Text search" in flat(app) and "Search with another vec type" in flat(app))
