"""A short list to pick from."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from core.text import printable
from tui.screens.dialogs.dialog import Dialog


class Pick(Dialog["str | None"]):
    """Ends with the value of the line that was picked, or None.

    Args:
        title: what is picked.
        lines: value and words of each.
    """

    BINDINGS = [Binding("escape,q", "dismiss(None)", "Close")]

    def __init__(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The list, in a frame."""
        options = [Option(Text(printable(words))) for _, words in self._lines]
        listed = OptionList(*options, classes="dialog", markup=False, compact=True)
        listed.border_title = Text(printable(self._title))
        yield listed

    def on_mount(self) -> None:
        """The first line is likeliest."""
        self.query_one(OptionList).highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._lines[event.option_index][0])
