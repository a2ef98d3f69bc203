"""Small questions: yes or no, and what keys there are."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Static

from core.text import printable

_TEXTUALS_OWN = ("app.focus_next", "app.focus_previous", "screen.copy_text")  # bindings that every screen inherits


class Confirm(ModalScreen[bool]):
    """A question that must be answered before something is lost."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape,n,q", "dismiss(False)", "No"),
        Binding("y", "dismiss(True)", "Yes"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and two buttons; the harmless one has the focus."""
        with Vertical(classes="dialog"):
            yield Static(Text(printable(self._question)))
            with Horizontal(classes="buttons"):
                yield Button("Cancel  n", id="no", compact=True)
                yield Button(f"{self._yes}  y", id="yes", variant="error", compact=True)

    def on_mount(self) -> None:
        """The harmless answer first."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "yes")


def keys_of(screen: Screen[Any]) -> list[tuple[str, str]]:
    """The keys that work on a screen, each with what it does: its own first."""
    keys: dict[str, str] = {}
    for active in sorted(screen.active_bindings.values(), key=_closeness):
        binding = active.binding
        if binding.description and not binding.system:
            shown, known = screen.app.get_key_display(binding), keys.get(binding.description)
            keys[binding.description] = f"{known}, {shown}" if known else shown
    return [(key, text) for text, key in keys.items()]


def _closeness(active: ActiveBinding) -> int:
    """For sorting keys: those of the screen come first, then those of our widgets, then what Textual brings."""
    if active.binding.action in _TEXTUALS_OWN:
        return 3
    if isinstance(active.node, Screen):
        return 0
    return 1 if type(active.node).__module__.startswith("tui.") else 2


class KeysHelp(ModalScreen[None]):
    """The keys of the screen below."""

    BINDINGS = [Binding("escape,q,question_mark,enter", "dismiss(None)", "Close")]  # noqa: RUF012  Textual's way

    def __init__(self, title: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._keys = keys

    def compose(self) -> ComposeResult:
        """A table of keys."""
        table = Table.grid(padding=(0, 3))
        for key, text in self._keys:
            table.add_row(Text(key, "bold"), Text(text))
        with VerticalScroll(classes="dialog", id="keys") as box:
            box.border_title = self._title
            box.border_subtitle = "esc closes"
            yield Static(table)
