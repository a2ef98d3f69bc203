"""The line of help of a dialog: what the field with the focus is for. Every dialog with fields has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Static

from core.key_hints import with_keys
from tui.widgets.form_controls import help_text

HelpOf = Callable[[Widget], str]


class FieldHelp(Static):
    """Follows the focus. An error, which has the class ``wrong``, stands until the dialog takes that class away.

    Args:
        help_of: the help of a widget that has the focus: by the id of it or of what holds it, or a function; empty
            for a widget that has none, such as a button.
        otherwise: what is said then; empty: the last help stays.
        id: of the line.
    """

    def __init__(self, help_of: Mapping[str, str] | HelpOf, otherwise: str = "", *, id: str = "explanation") -> None:
        super().__init__(Text(help_text(otherwise)), id=id, markup=False)
        self._help_of = help_of if callable(help_of) else by_id(help_of)
        self._otherwise = otherwise

    def on_mount(self) -> None:
        """Follow the focus from now on."""
        self.watch(self.screen, "focused", self.show_help)

    def help_for(self, widget: Widget) -> str:
        """What a field is for; empty if that is not known."""
        return help_text(self._help_of(widget))

    def show_help(self, focused: Widget | None) -> None:
        """Say what the widget with the focus is for."""
        said = (self._help_of(focused) if focused is not None else "") or self._otherwise
        if said and not self.has_class("wrong"):
            self.update(Text(help_text(said)))


def by_id(texts: Mapping[str, str]) -> HelpOf:
    """Help by the id of the widget, or of the nearest one that holds it. Keys are named as in ``with_keys``."""

    def help_of(widget: Widget) -> str:
        ids = (node.id for node in widget.ancestors_with_self if node.id in texts)
        return next((with_keys(texts[name]) for name in ids if name), "")

    return help_of
