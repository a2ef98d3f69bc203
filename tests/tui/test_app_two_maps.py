"""Two maps side by side: one selection, one picture, a view each; what one of them lacks; where there is no room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from app_helpers import SMALL, WIDE, fill_at_random, lines_of, press_then, said, text_of, until
from map_helpers import drag, numbers, opened, settled

from core.jobs.launch import delete_vectors
from core.key_arrays import whole_keys
from core.maps import methods
from core.project import Project
from tests.core.comparison.compared_projects import store_rows
from tests.core.maps.mapped_projects import mapped, two_groups
from tui.app import Pictoscope
from tui.graphics.terminal import Protocol, Terminal
from tui.screens.dialogs.export import ExportDialog
from tui.screens.map.map_screen import MapScreen
from tui.widgets.map_view import MapView


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Twelve pictures with ``clip`` rows, nine of which have ``dinov2`` rows."""
    with mapped(tmp_path / "p", 12) as project:
        names = {picture.key: picture.name for picture in project.catalog.pictures(project.catalog.picture_ids())}
        by_number = sorted(names, key=lambda key: names[key])
        store_rows(project, "dinov2", by_number[3:], two_groups(12, seed=2)[3:])
        yield project


def views(app: Pictoscope) -> list[MapView]:
    return list(app.screen.query(MapView))


def is_shown(view: MapView) -> bool:
    """Whether the map is on the screen."""
    return bool(view.parent and view.parent.display)  # type: ignore[attr-defined]


def captions(app: Pictoscope) -> str:
    """The line above the maps."""
    return lines_of(app)[1]


async def test_a_key_splits_the_screen_and_joins_it_again(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=SMALL) as pilot:
        first = await opened(pilot)
        await pilot.press("2")
        await settled(pilot)
        left, right = views(app)
        assert left is first and right.size.width > 24 and abs(left.size.width - right.size.width) <= 1
        assert left._placed is not None and right._placed is not None
        assert (left._placed.vec_type, right._placed.vec_type) == ("clip", "dinov2")
        assert " clip · pca (" in captions(app) and " dinov2 · pca (" in captions(app)
        assert "two maps · colour by folder" in lines_of(app)[0] and "dinov2 lacks 3" in lines_of(app)[0]
        assert "● a  6" in text_of(app) and "● b  6" in text_of(app)
        await pilot.press("2")
        screen = await settled(pilot)
        assert not is_shown(right) and screen._open == [screen._sides[0]] and app.focused is left
        assert "clip · pca" in lines_of(app)[0] and "12 pictures" in lines_of(app)[0]


async def test_the_map_with_the_keys_is_the_one_that_stays(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("tab", "plus", "2")
        await settled(pilot)
        left, right = views(app)
        assert is_shown(right) and not is_shown(left) and app.focused is right
        assert "dinov2 · pca" in lines_of(app)[0] and "9 pictures" in lines_of(app)[0]
        await pilot.press("2")
        await settled(pilot)
        assert is_shown(left) and is_shown(right) and left._placed is not None and left._placed.vec_type == "clip"


async def test_one_selection_is_lit_in_both(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2")
        screen = await settled(pilot)
        left, right = views(app)
        await pilot.press("asterisk")
        assert len(left.selected) == 12 and len(right.selected) == 9 and len(screen.chosen_keys) == 12
        await pilot.press("escape", "tab")
        assert not len(left.selected) and not len(right.selected)
        await pilot.press("asterisk")
        assert len(right.selected) == 9 and len(left.selected) == 9
        keys = {tuple(whole_keys(view._placed.keys[view.selected])) for view in (left, right)}  # type: ignore[union-attr]
        assert len(keys) == 1 and set(screen.chosen_keys) == set(*keys)
        await until(pilot, lambda: "9 selected" in lines_of(app)[0])
        await pilot.press("escape", "v")
        points = right._placed.points[sorted(numbers(right, b"a"))]  # type: ignore[union-attr]
        right._outline.corners = [tuple((points.min(axis=0) - 0.01).tolist())]  # type: ignore[union-attr]
        right._cursor = tuple((points.max(axis=0) + 0.01).tolist())
        await pilot.press("enter")
        assert set(right.selected.tolist()) == numbers(right, b"a")
        assert set(left.selected.tolist()) <= numbers(left, b"a")
        drawings = [view._drawing for view in (left, right)]
        await pilot.press("escape")
        await settled(pilot)
        assert all(view._drawing is not before for view, before in zip((left, right), drawings, strict=True))


async def test_the_picture_at_the_cursor_is_marked_in_both(project: Project) -> None:
    app = Pictoscope(project, Terminal(Protocol.NONE))
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2")
        screen = await settled(pilot)
        left, right = views(app)
        assert left._placed is not None and right._placed is not None
        there = set(right._placed.keys.tolist())
        for number, key in enumerate(left._placed.keys.tolist()):
            left._cursor = tuple(left._placed.points[number].tolist())
            left._rank = 0
            left.changed()
            await settled(pilot)
            assert left.nearest == number
            if key in there:
                assert right._marked is not None and right._placed.keys[right._marked] == key
                assert "lacks this picture" not in captions(app)
                assert "◎" in text_of(app)
            else:
                assert right._marked is None and "dinov2 · lacks this picture" in captions(app)
        await until(pilot, lambda: screen.chosen_keys == [whole_keys(left._placed.keys[-1:])[0]])  # type: ignore[union-attr]


async def test_each_map_is_moved_by_itself(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await settled(pilot)
        left, right = views(app)
        here, there = left._view, right._view
        assert here is not None and there is not None
        await pilot.press("plus", "tab", "minus", "minus")
        assert left._view is not None and left._view.scale == pytest.approx(1.5 * here.scale)
        assert right._view is not None and right._view.scale == pytest.approx(there.scale / 2.25)
        await drag(pilot, left, (5, 5), (9, 5))
        await until(pilot, lambda: app.focused is left)
        assert left._view.x != here.x and right._view.x == pytest.approx(there.x)
        await pilot.press(*["plus"] * 30, "tab")
        await until(pilot, lambda: "this picture is out of view" in captions(app))


async def test_vectors_and_method_are_those_of_the_map_with_the_keys(project: Project) -> None:
    fill_at_random(project, "effnet-lite0")
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await settled(pilot)
        left, right = views(app)
        await pilot.press("tab", "V")
        await settled(pilot)
        assert left._placed is not None and right._placed is not None
        assert (left._placed.vec_type, right._placed.vec_type) == ("clip", "effnet-lite0")
        assert "lacks" not in lines_of(app)[0]
        await pilot.press("tab", "V")
        await settled(pilot)
        assert (left._placed.vec_type, right._placed.vec_type) == ("dinov2", "effnet-lite0")
        assert "dinov2 lacks 3" in lines_of(app)[0]


async def test_pictures_that_the_next_map_lacks_are_no_longer_selected_and_that_is_said(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("asterisk", "V")
        await settled(pilot)
        assert len(view.selected) == 9 and "no longer selected, as not on the map: 3 pictures" in said(app)


async def test_a_colour_means_the_same_on_both(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("tab", "2")
        await settled(pilot)
        await pilot.press("o", "o")
        await until(pilot, lambda: "colour by cluster" in lines_of(app)[0])
        await settled(pilot)
        colours = []
        for view in views(app):
            assert view._placed is not None and view._colouring is not None
            colours.append(dict(zip(view._placed.keys.tolist(), view._colouring.codes.tolist(), strict=True)))
        assert all(colours[0][key] == colour for key, colour in colours[1].items())


@pytest.mark.parametrize("size", [(60, 20), (75, 24), (80, 15)])
async def test_where_there_is_no_room_it_is_said(project: Project, size: tuple[int, int]) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("2")
        words = f"two maps need 76 x 16: this terminal has {size[0]} x {size[1]}"
        assert words in said(app)
        assert not is_shown(views(app)[1])


async def test_a_terminal_that_becomes_small_shows_one_until_it_is_large_again(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await settled(pilot)
        left, right = views(app)
        await pilot.press("tab", "a")
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: not left.region.width)
        assert is_shown(right) and not is_shown(left)
        await pilot.press("escape")
        await until(pilot, lambda: "dinov2 · two maps need 76 x 16" in lines_of(app)[0])
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: left.region.width > 50 and right.region.width > 50)
        await settled(pilot)
        assert "two maps · colour by folder" in lines_of(app)[0]
        for view in (left, right):
            assert view._view is not None and (view._view.width, view._view.height) == view.canvas


async def test_of_one_vec_type_the_other_method_is_shown_or_it_is_said_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda name: None)
    with mapped(tmp_path / "p", 5) as project:
        app = Pictoscope(project)
        async with app.run_test(size=WIDE) as pilot:
            await opened(pilot)
            await pilot.press("2")
            assert any("pip install 'pictoscope[map]'" in text for text in said(app))
            assert not is_shown(views(app)[1])


@pytest.mark.parametrize("deleted", ["clip", "dinov2"])
async def test_vectors_that_are_deleted_meanwhile(project: Project, deleted: str) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await settled(pilot)
        delete_vectors(project, deleted)
        await pilot.press("o")
        await until(pilot, lambda: f"there are no vectors {deleted} yet: this map stays as it was" in said(app))
        await settled(pilot)
        assert "colour by tag" in lines_of(app)[0] and [len(view._placed.keys) for view in views(app)] == [12, 9]  # type: ignore[union-attr]
        await pilot.press("asterisk", "a", "escape", "plus", "2")
        screen = await settled(pilot)
        assert len(screen._open) == 1
        await pilot.press("2")  # beside it, the only vectors that are left
        await settled(pilot)


async def test_a_second_map_without_rows_is_refused_and_the_first_stays(project: Project) -> None:
    delete_vectors(project, "dinov2")
    (project.vectors_folder / "dinov2").mkdir()
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("2")
        await until(pilot, lambda: any("dinov2 have no rows yet" in text for text in said(app)))
        screen = await settled(pilot)
        assert len(screen._open) == 1 and is_shown(view) and "clip · pca" in lines_of(app)[0]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_tiny_maps(tmp_path: Path, count: int, size: tuple[int, int]) -> None:
    with mapped(tmp_path / "p", count, np.tile(two_groups(1), (count, 1))) as project:
        fill_at_random(project, "dinov2")
        app = Pictoscope(project)
        async with app.run_test(size=size) as pilot:
            await opened(pilot)
            await pilot.press("2")
            await settled(pilot)
            await pilot.press("asterisk", "tab", "n", "a", "l", "space", "j", "enter", "0", "tab", "2")
            await settled(pilot)
            assert len(app.screen.chosen_keys) == count


async def test_both_maps_are_offered_for_export(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2")
        screen = await settled(pilot)
        assert [offer.title for offer in screen.exports] == [
            "the map clip by pca as it is coloured",
            "the map dinov2 by pca as it is coloured",
            "all 12 pictures of both maps",
        ]
        await press_then(pilot, "e", screen=ExportDialog)
        await press_then(pilot, "escape", screen=MapScreen)


@pytest.mark.parametrize("protocol", [Protocol.SIXEL, Protocol.KITTY])
async def test_terminals_with_pixels_draw_both(project: Project, protocol: Protocol) -> None:
    app = Pictoscope(project, Terminal(protocol))
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2", "asterisk", "tab", "l", "l")
        await settled(pilot)
        assert all(view._drawing is not None for view in views(app))
