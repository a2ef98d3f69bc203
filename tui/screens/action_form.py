"""The form of an action, made from its definition. No action has a form of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Label, Select, Static

from core.actions.definition import Action
from core.actions.history import is_typed
from core.actions.parameters import Parameter, PicturesParameter, ScopeParameter, TextParameter
from core.errors import UsageError
from core.text import count, printable
from core.vectors.vec_types import VecTypeStatus
from tui.screens.base import needs_text
from tui.widgets.form_controls import Control, NamesSuggester, Place, ScopeControl, TextInput, control
from tui.widgets.vec_type_select import VecTypeSelect


@dataclass(frozen=True)
class Create:
    """Vectors must be created first."""


@dataclass(frozen=True)
class Restart:
    """The rest of these vectors shall be computed."""

    vec_type: str


Outcome = dict[str, Any] | Create | Restart


class ActionForm(ModalScreen["Outcome | None"]):
    """Asks for an action's parameters. Ends with the values, with what must be done first, or None.

    Args:
        action: whose form it is.
        places: parts of the collection that are offered.
        values: what is known already: the pictures that are selected, what was given last time.
        begin_at: name of the field that gets the cursor; empty for the first one that must be filled in.
    """

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+r", "run", "Run", show=False),
    ]

    class Statuses(Message, bubble=False):
        """What had to be read of the disk.

        Args:
            statuses: which vec types there are.
            texts: what was typed before, the latest last.
            filters: the saved ones.
            suggester: completes a filter that is typed.
        """

        def __init__(
            self,
            statuses: Sequence[VecTypeStatus],
            texts: Sequence[str] = (),
            *,
            filters: Sequence[str] = (),
            suggester: Suggester | None = None,
        ) -> None:
            super().__init__()
            self.statuses = statuses
            self.texts = texts
            self.filters = filters
            self.suggester = suggester

    def __init__(
        self,
        action: Action[Any],
        places: Sequence[Place],
        values: Mapping[str, Any] | None = None,
        *,
        begin_at: str = "",
    ) -> None:
        super().__init__()
        self._action = action
        self._places = places
        self._values = dict(values or {})
        self._begin_at = begin_at if action.field_named(begin_at) else ""
        self._statuses: Sequence[VecTypeStatus] | None = None

    def compose(self) -> ComposeResult:
        """A row for each parameter, then the buttons."""
        fields = self._action.fields()
        with Vertical(classes="dialog form" + (" long" if len(fields) > _SPACIOUS else "")) as box:
            box.border_title = Text(printable(self._action.title))
            with VerticalScroll(id="fields", can_focus=False):
                for field in fields:
                    with Horizontal(classes="row"):
                        yield Label(printable(field.title), classes="name", markup=False)
                        yield self._control(field)
            yield Static(printable(self._action.help), id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Restart", id="restart", compact=True)
                yield Button("Create vectors", id="create", variant="primary", compact=True)
                yield Button("Run  enter", id="run", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The cursor goes where something must be typed, else to Run. Which vectors there are comes a moment later."""
        self._explain()
        self.query_one(f"#{self._first()}").focus()

    def on_action_form_statuses(self, message: Statuses) -> None:
        """Which vec types there are, and how complete they are."""
        self._statuses = message.statuses
        for select in self.query(VecTypeSelect):
            select.show_statuses(message.statuses)
        for scope in self.query(ScopeControl):
            scope.offer_filters(message.filters, message.suggester)
        for line in self.query(TextInput):
            if isinstance(line.suggester, NamesSuggester):
                line.suggester.names = [status.vec_type.name for status in message.statuses if status.done]
        for field in filter(is_typed, self._action.fields()):
            self.query_one(f"#{field.name}", TextInput).offer(message.texts)
        self._explain()
        if not self._usable:
            self.query_one("#create").focus()

    @property
    def _usable(self) -> bool:
        """Whether there are vectors to choose from, as far as is known."""
        return all(select.usable for select in self.query(VecTypeSelect))

    def _first(self) -> str:
        asked = (
            field.name
            for field in self._action.fields()
            if field.required and isinstance(field, TextParameter | PicturesParameter)
            if isinstance(field, TextParameter) or not self._values.get(field.name)
        )
        return self._begin_at or next(asked, "run")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run, cancel, or do first what must be done."""
        match event.button.id:
            case "run":
                self.action_run()
            case "create":
                self.dismiss(Create())
            case "restart":
                self.dismiss(Restart(self.query_one(VecTypeSelect).given))
            case _:
                self.dismiss(None)

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
        if isinstance(field, ScopeParameter) and not given:
            given = self._place()
        return control(field, given, self._places)

    def _place(self) -> Any:
        """Where an action looks that takes no pictures: at those that are selected, if there are."""
        takes_pictures = any(isinstance(field, PicturesParameter | TextParameter) for field in self._action.fields())
        offered = (place.where for place in self._places if place.first and not takes_pictures)
        return next(offered, "")

    def _value(self, field: Parameter) -> Any:
        return cast("Control", self.query_one(f"#{field.name}")).given

    def on_select_changed(self, event: Select.Changed) -> None:
        """Say how complete the chosen vectors are."""
        if event.select.id == "vec_type":
            self._explain()

    def _explain(self) -> None:
        self.query_one("#explanation", Static).update(self._explanation())
        self.query_one("#explanation").remove_class("wrong")
        status = self._status()
        self.query_one("#restart").display = bool(status and not status.complete)
        self.query_one("#create").display = not self._usable
        self.query_one("#run").display = self._usable

    def _status(self) -> VecTypeStatus | None:
        """Of the vec type that is chosen."""
        selects = self.query(VecTypeSelect)
        chosen = selects.first().given if selects else ""
        return next((status for status in self._statuses or () if status.vec_type.name == chosen), None)

    def _explanation(self) -> Text:
        if not self._usable:
            return Text(self._lacking())
        status = self._status()
        if status and status.done < status.total:
            missing = count(status.total - status.done, "picture")
            return Text(f"{missing} not covered yet: what is there is searched; Restart computes the rest")
        return Text(printable(self._action.help))

    def _lacking(self) -> str:
        """Why there is nothing to choose from."""
        text = needs_text(self._action)
        begun = [status.vec_type.name for status in self._statuses or () if not text or status.text]
        if begun:
            return f"{', '.join(begun)}: no picture is done yet. J shows the job; Settings has Restart."
        return f"There are no vectors{' that read text' if text else ''} yet. Create some first."


_SPACIOUS = 5  # fields: with more of them the lines between go, so that a form fits 24 lines
