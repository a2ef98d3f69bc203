"""How the app looks: its theme and the size of pictures, by the user's settings, and what the app changes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.errors import PictoscopeError
from tui import display
from tui.host import host_of
from tui.themes import suited_theme

if TYPE_CHECKING:
    from textual.app import App


def begin(app: App[Any]) -> None:
    """Say what is wrong with the user's settings."""
    for problem in display.problems(sorted(app.available_themes)):
        host_of(app).tell(problem)


def change(app: App[Any], **chosen: str | int | bool) -> None:
    """Change settings, by their names in :class:`tui.display.Display`, and save them."""
    from tui.widgets.image_grid import ImageGrid

    host = host_of(app)
    before = host.look
    host.look = changed = replace(before, **chosen)  # type: ignore[arg-type]
    if changed == before:
        return
    _take_theme(app)
    for screen in app.screen_stack:
        for grid in screen.query(ImageGrid):
            grid.set_pictures_in_row(changed.pictures_in_row)
    try:
        changed.save(before)
    except (PictoscopeError, OSError) as error:
        host.tell(PictoscopeError(f"the setting could not be saved: {error}"))


def _take_theme(app: App[Any]) -> None:
    host = host_of(app)
    app.theme = suited_theme(app, host.look.theme, host.terminal)
