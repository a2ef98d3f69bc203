"""The strip at the top that says what to press next."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

_MARGINS = 2  # cells beside the text


class TourStrip(Static):
    """The number of the step, what to press, and the keys of the tour itself; a line, or two where it is narrow."""

    DEFAULT_CSS = """
    TourStrip { dock: top; width: 100%; height: auto; max-height: 3; padding: 0 1; background: $primary 25%;
                color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._said = ("", "", "")

    def show(self, title: str, text: str, keys: str) -> None:
        """Show these; what stands there already is not drawn again."""
        if self._said != (title, text, keys):
            self._said = (title, text, keys)
            self._draw()

    def on_resize(self) -> None:
        """The keys of the tour get a line of their own where one is too short for all."""
        self._draw()

    def _draw(self) -> None:
        title, text, keys = self._said
        step = f"{title}  {text}"
        gap = " · " if cell_len(f"{step} · {keys}") <= self.app.size.width - _MARGINS else "\n"
        self.update(Text.assemble((f"{title}  ", "bold"), text, (gap + keys, "dim")))
