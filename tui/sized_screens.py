"""Screens know from their first moment on how large the terminal is: Textual would style all their widgets again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from textual.geometry import Size
from textual.screen import Screen

from tui.rest import RestingApp


class SizedScreens(RestingApp):
    """Gives each screen the classes of the terminal's size before its widgets are made."""

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:
        """See Textual."""
        if isinstance(screen, Screen):
            screen.update_classes(dict.fromkeys(self._classes_at(self.size, screen), True), update=False)
        return super().push_screen(screen, *arguments, **options)

    def _classes_at(self, size: Size, screen: Screen[Any]) -> Iterator[str]:
        for cells, of_screen, of_app in (
            (size.width, screen.HORIZONTAL_BREAKPOINTS, self.HORIZONTAL_BREAKPOINTS),
            (size.height, screen.VERTICAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS),
        ):
            yield from _class_at(cells, of_app if of_screen is None else of_screen)


def _class_at(cells: int, breakpoints: Sequence[tuple[int, str]] | None) -> list[str]:
    """That of the largest number of cells that there are."""
    fitting = [one for one in breakpoints or () if one[0] <= cells]
    return [max(fitting)[1]] if fitting else []
