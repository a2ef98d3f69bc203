"""What the tests of the map share: opening it, waiting for its drawing, the mouse over it."""

from __future__ import annotations

from typing import Any

from app_helpers import until
from textual.events import MouseDown, MouseMove, MouseUp
from textual.pilot import Pilot

from core.maps.outline import Place
from tui.screens.browse.browse import BrowseScreen
from tui.screens.map.map_screen import MapScreen
from tui.widgets.drawn_map import on_canvas
from tui.widgets.map_view import MapView


async def opened(pilot: Pilot[Any]) -> MapView:
    """Press ``m`` in Browse, and wait for the drawing."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
    await pilot.press("m")
    await until(pilot, lambda: isinstance(app.screen, MapScreen))
    view = app.screen.query_one(MapView)
    await drawn(pilot, view)
    return view


async def drawn(pilot: Pilot[Any], view: MapView) -> None:
    """What was asked for is on the screen."""
    await until(pilot, lambda: view._drawing is not None and not view._is_drawing)


async def settled(pilot: Pilot[Any]) -> MapScreen:
    """The maps are read and drawn."""
    screen = pilot.app.screen
    assert isinstance(screen, MapScreen)
    await until(pilot, lambda: not screen._doing)
    for side in screen._open:
        if side.display:
            await drawn(pilot, side.view)
    return screen


def numbers(view: MapView, folder: bytes) -> set[int]:
    """The pictures of a map that lie in a folder."""
    assert view._placed is not None
    keys = [bytes(key).ljust(20, b"\0") for key in view._placed.keys.tolist()]
    found = view._project.catalog.by_keys(keys)
    return {number for number, key in enumerate(keys) if found[key].path.split(b"/")[-2] == folder}


def cell(view: MapView, place: Place) -> tuple[int, int]:
    """The column and the row of the view in which a place of the map is shown."""
    assert view._view is not None
    (x, y), (width, height) = on_canvas(view._view, place), view.canvas
    return int(x * view.size.width / width), int(y * view.size.height / height)


async def drag(pilot: Pilot[Any], view: MapView, *cells: tuple[int, int], ctrl: bool = False) -> None:
    """Press the left button in the first cell of the view, move over the others, and let it go in the last."""
    kinds = [MouseDown, *[MouseMove] * (len(cells) - 1), MouseUp]
    for kind, at in zip(kinds, [*cells, cells[-1]], strict=True):
        await pilot._post_mouse_events([kind], view, at, button=1, control=ctrl)
    await pilot.pause()
