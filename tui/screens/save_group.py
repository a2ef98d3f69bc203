"""Under which name a selection is kept: as a tag or as a group."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from core.text import count

_HELP = "tag:NAME or group:NAME"


class SaveGroup(ModalScreen["str | None"]):
    """Asks for a name. Ends with ``tag:NAME`` or ``group:NAME``, or None.

    Args:
        pictures: how many there are to keep.
        refused: how many were refused, which is kept with them.
    """

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]  # noqa: RUF012  Textual's way

    def __init__(self, pictures: int, refused: int) -> None:
        super().__init__()
        self._pictures = pictures
        self._refused = refused

    def compose(self) -> ComposeResult:
        """The name, what it may be, two buttons."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Save as tag or group"
            with Horizontal(classes="row"):
                yield Input("tag:", id="name", compact=True, select_on_focus=False)
            refused = f" · {self._refused:,} refused for it" if self._refused else ""
            yield Static(Text(f"{count(self._pictures, 'picture')}{refused} · {_HELP}"), id="explanation")
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Save  enter", id="save", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def on_input_submitted(self) -> None:
        """Enter saves."""
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Save or cancel."""
        if event.button.id == "save":
            self._save()
        else:
            self.dismiss(None)

    def _save(self) -> None:
        typed = self.query_one(Input).value.strip()
        kind, colon, plain = typed.partition(":")
        if colon and kind in ("tag", "group"):
            name, kind = plain.strip(), kind
        else:
            name, kind = typed, "tag"
        if name:
            self.dismiss(f"{kind}:{name}")
        else:
            self.query_one("#explanation", Static).update(f"it needs a name: {_HELP}")
            self.query_one("#explanation").add_class("wrong")
