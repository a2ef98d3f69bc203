"""The map in the app: the nearest picture, zoom, a box that selects for every action, colours, what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_helpers import SMALL, WIDE, fill_at_random, lines_of, said, text_of, until
from map_helpers import drawn, opened
from textual.binding import Binding
from textual.widgets import Input, Select

from core.labels.tags import Tags
from core.project import Project
from tests.core.maps.mapped_projects import mapped
from tui.app import Pictoscope
from tui.exporting import MAP_CHOICES
from tui.graphics.terminal import Protocol, Terminal
from tui.key_purposes import written
from tui.screens.base import EXPORT
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.dialogs.export import ExportDialog
from tui.screens.map.map_screen import MapScreen
from tui.widgets.map_view import MapView
from tui.widgets.preview import Preview

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Twelve pictures in two groups."""
    with mapped(tmp_path / "p", 12) as project:
        yield project


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_dots_legend_and_the_nearest_picture(project: Project, size: tuple[int, int]) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=size) as pilot:
        view = await opened(pilot)
        await until(pilot, lambda: app.screen.chosen)
        text = text_of(app)
        assert "12 pictures" in text and "colour by folder" in text and "● a  6" in text and "● b  6" in text
        assert any(0x2800 < ord(character) < 0x2900 for character in text)
        number = view.nearest
        assert number is not None
        key = bytes(view._placed.keys[number]).ljust(20, b"\0")  # type: ignore[union-attr]
        await until(pilot, lambda: app.screen.chosen_keys == [key])
        await until(pilot, lambda: app.screen.query_one(Preview)._picture is not None)


async def test_a_box_selects_what_every_action_takes(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("asterisk")
        assert len(view.selected) == 12 and len(app.screen.chosen_keys) == 12
        await until(pilot, lambda: lines_of(app)[0].startswith(" Map  12 selected · "))  # first: the end may be cut
        await pilot.press("escape")
        assert not len(view.selected)
        await pilot.press("v", "j", "l", "escape")
        assert view._outline is None and not len(view.selected)
        view._cursor = tuple((view._placed.points.min(axis=0) - 1).tolist())  # type: ignore[union-attr]
        await pilot.press("v")
        view._cursor = (float(np.median(view._placed.points[:, 0])), 1e6)  # type: ignore[union-attr]
        await pilot.press("enter")
        half = {bytes(key).ljust(20, b"\0") for key in view._placed.keys[view.selected]}  # type: ignore[union-attr]
        assert len(half) == 6 and set(app.screen.chosen_keys) == half
        await pilot.press("t")
        await until(pilot, lambda: app.screen is not app.screen_stack[-2] and not isinstance(app.screen, MapScreen))
        await pilot.press(*"one", "enter")
        await until(pilot, lambda: any(tag.name == "one" for tag in Tags(project.catalog).all()))
        found = project.catalog.by_keys(list(half))
        assert len({picture.path.split(b"/")[-2] for picture in found.values()}) == 1
        assert all("one" in Tags(project.catalog).of(picture.id) for picture in found.values())
        assert Tags(project.catalog).origins() == {"one": {app.screen.answered_with}}  # type: ignore[attr-defined]


async def test_a_box_over_nothing_says_so(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        view._cursor = (1e5, 1e5)
        await pilot.press("v", "enter")
        await until(pilot, lambda: "no picture is there" in said(app))
        assert not len(view.selected)


async def test_zoom_and_cursor(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        whole = view._view
        assert whole is not None
        await pilot.press("plus")
        assert view._view is not None and view._view.scale == pytest.approx(1.5 * whole.scale)
        await pilot.press(*["l"] * 60)  # beyond the edge the view goes along
        assert view._view.x > whole.x
        at = (view._cursor[0] - view._view.x) * view._view.scale
        assert abs(at) <= view._view.width / 2
        first = view.nearest
        await pilot.press("n")
        assert view.nearest != first
        await pilot.press("0")
        assert view._view == whole


async def test_a_picture_is_opened_and_left(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await until(pilot, lambda: app.screen.chosen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MapScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_other_colours_keep_view_and_selection(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("plus", "space")
        before = view._view
        await pilot.press("o")
        await until(pilot, lambda: "colour by tag" in text_of(app) and "untagged  12" in text_of(app))
        assert view._view == before and len(view.selected) == 1


async def test_other_vectors_and_pacmap_that_is_missing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.maps import methods

    fill_at_random(project, "effnet-lite0")
    monkeypatch.setattr(methods, "find_spec", lambda name: None)
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        first = view._placed
        assert first is not None
        await pilot.press("V")
        await until(pilot, lambda: view._placed is not None and view._placed.vec_type != first.vec_type)
        await drawn(pilot, view)
        await pilot.press("M")
        await until(pilot, lambda: any("need the package pacmap" in one for one in said(app)))
        assert view._placed is not None and view._placed.method == "pca" and "pca" in lines_of(app)[0]


async def test_without_vectors_it_says_what_to_do(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 0) as project:
        app = Pictoscope(project)
        async with app.run_test(size=SMALL) as pilot:
            await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
            await pilot.press("m")
            await until(pilot, lambda: "there are no vectors yet" in text_of(app))
            await pilot.press("plus", "v", "enter", "space", "asterisk", "n", "j", "escape")
            await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_one_picture_is_a_map(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 1) as project:
        app = Pictoscope(project)
        async with app.run_test(size=SMALL) as pilot:
            view = await opened(pilot)
            await pilot.press("plus", "minus", "n", "asterisk")
            assert view.nearest == 0 and view.selected.tolist() == [0]


@pytest.mark.parametrize("protocol", [Protocol.SIXEL, Protocol.KITTY, Protocol.NONE])
async def test_it_is_drawn_for_every_kind_of_terminal(project: Project, protocol: Protocol) -> None:
    app = Pictoscope(project, Terminal(protocol))
    async with app.run_test(size=WIDE) as pilot:
        view = await opened(pilot)
        await pilot.press("v", "j", "l", "enter", "asterisk")
        await drawn(pilot, view)
        drawing = view._drawing
        assert drawing is not None
        if protocol is Protocol.SIXEL:
            assert drawing.overlay is not None
        elif protocol is Protocol.KITTY:
            assert drawing.transmission is not None


async def test_wishes_while_one_drawing_is_made_become_one_more(project: Project) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=SMALL) as pilot:
        view = await opened(pilot)
        started: list[int] = []
        run_worker = view.run_worker

        def counted(*words: Any, **options: Any) -> Any:
            started.append(1)
            return run_worker(*words, **options)

        view.run_worker = counted  # type: ignore[method-assign]
        for _ in range(50):
            view.action_zoom(1)  # without a pause between: nothing can arrive meanwhile
        assert len(started) == 1
        await drawn(pilot, view)
        assert len(started) == 2


async def test_another_theme_is_another_ground(project: Project) -> None:
    app = Pictoscope(project, Terminal(Protocol.SIXEL))
    async with app.run_test(size=SMALL) as pilot:
        view = await opened(pilot)
        before = view._drawing
        app.theme = "pictoscope-light"
        await until(pilot, lambda: view._drawing is not before and not view._is_drawing)
        assert before is not None and view._drawing is not None
        assert before.overlay is not None and view._drawing.overlay is not None
        assert before.overlay.data != view._drawing.overlay.data


@pytest.mark.parametrize("ending", [".html", ".png", ".csv"])
async def test_the_map_itself_is_exported_as_it_is_coloured(project: Project, tmp_path: Path, ending: str) -> None:
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ExportDialog) and app.screen.query("#to"))
        number = next(number for number, choice in enumerate(MAP_CHOICES) if choice.ending == ending)
        app.screen.query_one("#as", Select).value = number
        target = tmp_path / f"map{ending}"
        await until(pilot, lambda: app.screen.query_one("#to", Input).value.endswith(ending))
        app.screen.query_one("#to", Input).value = str(target)
        await pilot.press("enter")
        await until(pilot, target.exists)
        await until(pilot, lambda: any("12 pictures in " in text for text in said(app)))
        content = target.read_bytes()
        assert content.startswith({".html": b"<!DOCTYPE html", ".png": b"\x89PNG", ".csv": b"key,path,x,y"}[ending])


async def test_colours_by_other_vectors_that_have_no_rows_are_refused_and_the_last_ones_stay(project: Project) -> None:
    (project.vectors_folder / "dinov2").mkdir()
    app = Pictoscope(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("o", "o", "o")
        await until(pilot, lambda: "colour by date" in text_of(app) and "placing" not in text_of(app))
        await pilot.press("o")
        await until(pilot, lambda: any("dinov2" in text for text in said(app)))
        await until(pilot, lambda: "colour by date" in text_of(app))


async def test_other_vectors_keep_the_agreement_with_those_before(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 50) as project:
        fill_at_random(project, "dinov2")
        app = Pictoscope(project)
        async with app.run_test(size=WIDE) as pilot:
            await opened(pilot)
            await pilot.press("o", "o", "o", "o")
            await until(pilot, lambda: "colour by agreement:dinov2" in text_of(app) and "placing" not in text_of(app))
            await pilot.press("V")
            await until(pilot, lambda: "dinov2 · pca" in text_of(app) and "colour by agreement:clip" in text_of(app))
            await until(pilot, lambda: "placing" not in text_of(app))
            assert not said(app)


def test_the_document_names_every_key_of_the_map() -> None:
    bound = [one for one in (*MapScreen.BINDINGS, *MapView.BINDINGS) if isinstance(one, Binding)]
    keys = [*(one for one in bound if not one.action.startswith("app.")), EXPORT]
    pressed = {written(replace(one, key=key)) for one in keys for key in one.key.split(",")}
    named = set(re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "map.md").read_text()))
    arrows = {"←", "→", "↑", "↓"}
    assert pressed - arrows <= {{"escape": "esc", "backspace": "⌫"}.get(name, name) for name in named}
    assert {"e", "a", "2"} <= pressed and arrows <= pressed  # and these stand there as "arrows"


async def test_a_terminal_without_pictures_keeps_all_dots(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 3) as project:
        app = Pictoscope(project, Terminal(Protocol.NONE))
        async with app.run_test(size=(160, 50)) as pilot:  # so large that there is room for thumbnails
            view = await opened(pilot)
            await pilot.press("0", "asterisk")
            await drawn(pilot, view)
            dots = sum(0x2800 < ord(character) < 0x2900 or character == "◎" for character in text_of(app))
            assert dots >= 3 and "✓" not in "".join(line[: view.size.width] for line in lines_of(app)[1:])
