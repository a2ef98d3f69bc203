"""The form of an action, made from its definition. No action has a form of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static

from core.actions.definition import (
    Action,
    Parameter,
    PicturesParameter,
    TextParameter,
    VecTypeParameter,
    WholeParameter,
)
from core.errors import UsageError
from core.text import count, printable
from core.vectors.vec_types import VecTypeStatus
from tui.screens.base import needs_text, typed_path
from tui.widgets.vec_type_select import VecTypeSelect

CREATE = "create"
_NAMES_SHOWN = 3


class ActionForm(ModalScreen["dict[str, Any] | str | None"]):
    """Asks for an action's parameters. Ends with the values, ``CREATE`` where vectors must be created first, or None.

    Args:
        action: whose form it is.
        statuses: the vec types there are.
        values: what is known already: the pictures that are selected, what was given last time.
        begin_at: name of the field that gets the cursor; empty for the first one that must be filled in.
    """

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+r", "run", "Run", show=False),
    ]

    def __init__(
        self,
        action: Action[Any],
        statuses: Sequence[VecTypeStatus],
        values: Mapping[str, Any] | None = None,
        *,
        begin_at: str = "",
    ) -> None:
        super().__init__()
        self._action = action
        self._statuses = statuses
        self._values = dict(values or {})
        self._begin_at = begin_at
        self._usable = True

    def compose(self) -> ComposeResult:
        """A row for each parameter, then the buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = Text(printable(self._action.title))
            for field in self._action.fields():
                with Horizontal(classes="row"):
                    yield Label(printable(field.title), classes="name", markup=False)
                    yield self._control(field)
            yield Static(self._explanation(), id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                if self._usable:
                    yield Button("Run  enter", id="run", variant="primary", compact=True)
                else:
                    yield Button("Create vectors", id="create", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The cursor goes where something must be typed, else to Run."""
        self.query_one(f"#{self._first()}").focus()

    def _first(self) -> str:
        if not self._usable:
            return "create"
        asked = (
            field.name
            for field in self._action.fields()
            if isinstance(field, TextParameter)
            or (isinstance(field, PicturesParameter) and not self._values.get(field.name))
        )
        return self._begin_at or next(asked, "run")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run, cancel, or create vectors."""
        if event.button.id == "run":
            self.action_run()
        else:
            self.dismiss(CREATE if event.button.id == "create" else None)

    def on_input_submitted(self) -> None:
        """Enter runs."""
        if self._usable:
            self.action_run()

    def action_run(self) -> None:
        """Check what was given; say what is wrong, or go."""
        values = {field.name: self._value(field) for field in self._action.fields()}
        try:
            self._action.check(values)
        except UsageError as error:
            self.query_one("#explanation", Static).update(
                Text(printable(f"{error.message} ({error.hint})" if error.hint else error.message))
            )
            self.query_one("#explanation").add_class("wrong")
        else:
            self.dismiss(values)

    def _control(self, field: Parameter) -> Widget:
        given = self._values.get(field.name, field.default)
        if isinstance(field, VecTypeParameter):
            select = VecTypeSelect(self._statuses, needs_text=field.needs_text, preferred=str(given or ""))
            self._usable = select.usable
            return select
        if isinstance(field, PicturesParameter) and given:
            return Static(_names(given), id=field.name, classes="fixed", markup=False)
        text = printable(str(given)) if isinstance(given, str | int) else ""
        whole = isinstance(field, WholeParameter)
        return Input(
            text, placeholder=printable(field.help), id=field.name, type="integer" if whole else "text", compact=True
        )

    def _value(self, field: Parameter) -> Any:
        if isinstance(field, VecTypeParameter):
            chosen = self.query_one(VecTypeSelect).value
            return chosen if isinstance(chosen, str) else ""
        if isinstance(field, PicturesParameter):
            given = self._values.get(field.name)
            typed = "" if given else self.query_one(f"#{field.name}", Input).value.strip()
            return given or ([str(typed_path(typed))] if typed else [])
        return self.query_one(f"#{field.name}", Input).value

    def on_select_changed(self, event: Select.Changed) -> None:
        """Say how complete the chosen vectors are."""
        if event.select.id == "vec_type":
            self.query_one("#explanation", Static).update(self._explanation())
            self.query_one("#explanation").remove_class("wrong")

    def _explanation(self) -> Text:
        if not self._usable:
            return Text(self._lacking())
        selects = self.query(VecTypeSelect)
        chosen = selects.first().value if selects else None
        status = next((status for status in self._statuses if status.vec_type.name == chosen), None)
        if status and status.done < status.total:
            missing = count(status.total - status.done, "picture")
            return Text(f"{missing} not covered yet: what is there is searched; Restart computes the rest")
        return Text(printable(self._action.help))

    def _lacking(self) -> str:
        """Why there is nothing to choose from."""
        text = needs_text(self._action)
        begun = [status.vec_type.name for status in self._statuses if not text or status.text]
        if begun:
            return f"{', '.join(begun)}: no picture is done yet. J shows the job; Settings has Restart."
        return f"There are no vectors{' that read text' if text else ''} yet. Create some first."


def _names(references: Sequence[str]) -> Text:
    """The pictures' file names, the first few."""
    names = [printable(reference.rpartition("/")[2]) for reference in references]
    rest = f" and {count(len(names) - _NAMES_SHOWN)} more" if len(names) > _NAMES_SHOWN else ""
    return Text(", ".join(names[:_NAMES_SHOWN]) + rest)
