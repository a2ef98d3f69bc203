"""One frame for each state that a test waits for, where Textual would paint those on the way to it as well.

How many of them there are only the clock knows: they took nearly half of the time of the app's tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import pytest
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

_SELDOM = 2.0  # seconds; until then a timer that is no longer needed holds its screen
_paint = Screen._compositor_refresh
_unpainted: WeakSet[Screen[Any]] = WeakSet()


@contextmanager
def frames_wait() -> Iterator[None]:
    """Apps without a terminal lay out and paint only when :func:`lay_out` and :func:`paint_frame` are called."""

    def later(screen: Screen[Any]) -> None:
        if not screen.app.is_headless or screen is not screen.app.screen:
            _paint(screen)
            return
        _unpainted.add(screen)
        screen._dirty_widgets.clear()  # the compositor knows their regions by now
        screen.app._update_mouse_over(screen)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Screen, "_compositor_refresh", later)
        patch.setattr("textual.screen.UPDATE_PERIOD", _SELDOM)
        yield


def lay_out(app: App[Any]) -> bool:
    """What Textual does sixty times a second for the screens in sight. Returns whether there was something to do."""
    waiting = [screen for screen in in_sight(app) if _to_be_drawn(screen)]
    for screen in waiting:
        screen._on_timer_update()
        screen._dirty_widgets.clear()  # Textual keeps those of a screen behind a dialog that nobody sees
    return bool(waiting)


def paint_frame(app: App[Any]) -> bool:
    """Paint what is on the screen now. Returns whether that was not done yet."""
    screen = app.screen
    if screen not in _unpainted:
        return False
    _unpainted.discard(screen)
    _paint(screen)
    return True


def strips_of(app: App[Any]) -> list[Strip]:
    """The lines of the terminal as they are drawn now; behind a dialog only what was painted."""
    paint_frame(app)
    return app.screen._compositor.render_strips()


def in_sight(app: App[Any]) -> list[Screen[Any]]:
    """The screen on top, and those that are seen behind a dialog."""
    return [*app._background_screens, app.screen]


def _to_be_drawn(screen: Screen[Any]) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._recompose_required
        or screen._callbacks
        or screen._dirty_widgets
        or (screen._repaint_required and screen is screen.app.screen)  # Textual, too, does not draw the others for this
    )
