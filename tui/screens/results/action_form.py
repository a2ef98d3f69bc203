"""The form of an action, made from its definition. No action has a form of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Label, Select

from core.actions.action_history import is_typed
from core.actions.definition import Action
from core.actions.parameters import Parameter, PicturesParameter, ScopeParameter, TextParameter, VecTypeParameter
from core.actions.run import Question
from core.errors import UsageError
from core.key_hints import key_for, key_for_first, with_keys
from core.text import count, printable
from core.vectors.vec_types import VecTypeStatus
from tui.advice_by_key import in_app
from tui.screens.dialogs.form import Form
from tui.widgets.field_help import FieldHelp
from tui.widgets.form_controls import (
    ChoiceSelect,
    Control,
    NamesSuggester,
    Place,
    ScopeControl,
    TextInput,
    control,
    help_text,
    where_to_begin,
)
from tui.widgets.vec_type_select import VecTypeSelect


@dataclass(frozen=True)
class Create:
    """Vectors must be created first.

    Attributes:
        question: what was given, to be asked when they are there; None if it is no question yet.
    """

    question: Question[Any] | None


@dataclass(frozen=True)
class Restart:
    """The rest of these vectors is to be computed.

    Attributes:
        vec_type: of them.
        question: as for :class:`Create`.
    """

    vec_type: str
    question: Question[Any] | None


Outcome = Question[Any] | Create | Restart


class ActionForm(Form["Outcome | None"]):
    """Asks for an action's parameters. Ends with the question, with what must be done first, or None.

    Args:
        action: whose form it is.
        places: parts of the collection that are offered.
        values: what is known already: the pictures that are selected, what was given last time.
        begin_at: name of the field that gets the cursor; empty for the first one that must be filled in.
        error: why these values gave no answer before; empty for none.
        names: file names of the pictures in ``values``, as far as they are known.
    """

    AUTO_FOCUS = ""  # the form chooses the field
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "run", "Run", show=False),
        Binding("ctrl+o", "more", "More options", show=False),
    ]

    class Statuses(Message, bubble=False):
        """What had to be read of the disk.

        Args:
            statuses: which vec types there are.
            texts: what was typed before, the latest last.
            filters: the saved ones.
            suggester: completes a filter that is typed.
            computing: names of the vec types that running jobs compute.
        """

        def __init__(
            self,
            statuses: Sequence[VecTypeStatus],
            texts: Sequence[str] = (),
            *,
            filters: Sequence[str] = (),
            suggester: Suggester | None = None,
            computing: Collection[str] = (),
        ) -> None:
            super().__init__()
            self.statuses = statuses
            self.texts = texts
            self.filters = filters
            self.suggester = suggester
            self.computing = computing

    def __init__(
        self,
        action: Action[Any],
        places: Sequence[Place],
        values: Mapping[str, Any] | None = None,
        *,
        begin_at: str = "",
        error: str = "",
        names: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._error = error
        self._names = names or {}
        self._moved = False  # the cursor, from the field where it began
        self._more = False  # whether advanced fields are shown
        self._vec_type: object = None  # what the explanation is about
        self._action = action
        self._places = places
        self._values = dict(values or {})
        self._begin_at = begin_at if action.field_named(begin_at) else ""
        self._statuses: Sequence[VecTypeStatus] | None = None
        self._computing: Collection[str] = ()

    def compose(self) -> ComposeResult:
        """A row for each parameter, then the buttons."""
        fields = self._action.fields()
        with Vertical(classes="dialog form" + (" long" if len(fields) > _SPACIOUS else "")) as box:
            box.border_title = Text(printable(self._action.title))
            box.border_subtitle = with_keys("tab next field · {yes-no.turn} changes it · {action-form.run} runs")
            with VerticalScroll(id="fields", can_focus=False):
                for field in fields:
                    with Horizontal(classes="row", id=f"row-{field.name}"):
                        yield Label(printable(field.title), classes="name", markup=False)
                        yield self._control(field)
            yield FieldHelp(self._help_of, self._action.help)
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {action-form.cancel}"), id="cancel", compact=True)
                yield Button(with_keys(_MORE), id="more", compact=True)
                yield Button("Restart", id="restart", compact=True)
                yield Button(
                    with_keys("Create vectors  {action-form.run}"), id="create", variant="primary", compact=True
                )
                yield Button(with_keys("Run  {action-form.run}"), id="run", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The cursor goes where something must be typed, else to Run. Which vectors there are comes a moment later."""
        self.query_one("#more").display = any(field.advanced for field in self._action.fields())
        self._show_what_counts()
        self.explain()
        self.query_one(f"#{self._first()}").focus()
        self._vec_type = next((select.value for select in self.query(VecTypeSelect)), None)
        if self._error:
            self._point_at(self._error)

    def on_action_form_statuses(self, message: Statuses) -> None:
        """Which vec types there are, and how complete they are."""
        self._statuses, self._computing = message.statuses, message.computing
        for select in self.query(VecTypeSelect):
            select.show_statuses(message.statuses)
            self._vec_type = select.value
        for scope in self.query(ScopeControl):
            scope.offer_filters(message.filters, message.suggester)
        for line in self.query(TextInput):
            if isinstance(line.suggester, NamesSuggester):
                line.suggester.names = [status.vec_type.name for status in message.statuses if status.done]
        for field in filter(is_typed, self._action.fields()):
            self.query_one(f"#{field.name}", TextInput).offer(message.texts)
        self._show_what_counts()
        self._show_buttons()
        if not self.complains:
            self.explain()
        if self._can_wait:
            self.query_one("#run", Button).label = with_keys("Run when ready  {action-form.run}")
        elif not self._usable and not isinstance(self.focused, TextInput):  # else somebody may be typing
            self.query_one("#create").focus()

    @property
    def _usable(self) -> bool:
        """Whether there are vectors to choose from, as far as is known."""
        return all(select.usable for select in self.query(VecTypeSelect))

    @property
    def _can_wait(self) -> bool:
        """Whether a job computes the vectors that are missing: the question can wait for it."""
        return not self._usable and any(one.vec_type.name in self._computing for one in self._begun())

    def _first(self) -> str:
        needed = TextParameter | PicturesParameter
        fields = [one for one in self._action.fields() if one.first or (one.required and isinstance(one, needed))]
        asked = (one.name for one in fields if isinstance(one, TextParameter) or not self._values.get(one.name))
        return self._begin_at or next(asked, "run")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run, cancel, or do first what must be done."""
        match event.button.id:
            case "run":
                self.action_run()
            case "create":
                self.dismiss(Create(self._question()))
            case "more":
                self.action_more()
            case "restart":
                self.dismiss(Restart(self._to_restart(), self._question()))
            case _:
                self.dismiss(None)

    def on_input_submitted(self) -> None:
        self.action_run()

    def action_more(self) -> None:
        """Show the advanced fields, or hide those that are at their defaults."""
        self._more = not self._more
        self.query_one("#more", Button).label = with_keys(_FEWER if self._more else _MORE)
        self._show_what_counts()

    def action_run(self) -> None:
        """Check what was given; say what is wrong, or go. Where there are no vectors, create some first."""
        if not (self._usable or self._can_wait):
            self.dismiss(Create(self._question()))
            return
        values = {field.name: self._value(field) for field in self._action.fields()}
        try:
            question = Question.of(self._action, values)
        except UsageError as error:
            self._point_at(f"{error.message} ({in_app(error.hint)})" if error.hint else error.message)
        else:
            self.dismiss(question)

    def _question(self) -> Question[Any] | None:
        """What was given, as far as it is a question."""
        try:
            return Question.of(self._action, {field.name: self._value(field) for field in self._action.fields()})
        except UsageError:
            return None

    def _point_at(self, text: str) -> None:
        """Say what is wrong; the cursor goes to the field that it names, or whose text it quotes."""
        if name := self._named_in(text):
            self.query_one(f"#{name}").focus()
        self.complain(text)

    def _named_in(self, error: str) -> str:
        shown = [field for field in self._action.fields() if self.query_one(f"#row-{field.name}").display]
        named = [field.name for field in shown if error.startswith(f"{field.title}:")]
        typed = [(field.name, str(self._value(field))) for field in shown if isinstance(field, TextParameter)]
        quoted = [name for name, text in typed if (last := text.rpartition(":")[2].strip()) and last in error]
        return next(iter([*named, *quoted]), "")

    def _control(self, field: Parameter) -> Widget:
        given = self._values.get(field.name, field.default)
        if isinstance(field, ScopeParameter) and not given:
            given = where_to_begin(self._action, self._places)
        return control(field, given, self._places, self._names)

    def _value(self, field: Parameter) -> Any:
        if not self.query_one(f"#row-{field.name}").display:
            return field.default
        return cast("Control", self.query_one(f"#{field.name}")).given

    def on_select_changed(self, event: Select.Changed) -> None:
        """Show the fields that count beside what was chosen; say how complete the chosen vectors are."""
        self._show_what_counts()
        if event.select.id == "vec_type" and self._vec_type != event.select.value:
            self._vec_type = event.select.value
            self.explain()
        self._show_buttons()

    def _help_of(self, widget: Widget) -> str:
        """The whole help of the field that has the cursor: a line holds only its beginning.

        What is to be said of the vectors comes first, until the cursor has moved.
        """
        rows = {node.id for node in widget.ancestors}
        field = next((one for one in self._action.fields() if f"row-{one.name}" in rows), None)
        status = self._status() if isinstance(field, VecTypeParameter) else None
        explanation = self._explanation().plain
        self._moved = self._moved or widget.id != self._first()
        noted = not self._moved and explanation != printable(self._action.help)
        if field is None or noted or not self._usable or (status and not status.complete):
            return explanation
        return field.described

    @property
    def about(self) -> str:
        """What the action is for, then its fields."""
        return "\n\n".join(filter(None, (help_text(self._action.help), super().about)))

    def field_helps(self) -> Iterator[tuple[str, str]]:
        """See :class:`tui.screens.dialogs.dialog.Dialog`. Whatever is to be said of the vectors now."""
        for field in self._action.fields():
            if self.query_one(f"#row-{field.name}").display:
                yield printable(field.title), help_text(field.described)

    def _show_what_counts(self) -> None:
        chosen = {str(select.id): select.value for select in self.query(ChoiceSelect)}
        for field in self._action.fields():
            counts = self._action.counts(field, chosen)
            shown = self._more or not field.advanced or self._is_changed(field)
            self.query_one(f"#row-{field.name}").display = counts and shown
            if isinstance(field, VecTypeParameter):
                self.query_one("#vec_type", VecTypeSelect).require_text(self._action.reads_text(chosen))

    def _is_changed(self, field: Parameter) -> bool:
        """Whether a field holds something else than its default: that is never hidden."""
        given = cast("Control", self.query_one(f"#{field.name}")).given
        try:
            return bool(field.check(given) != field.default)
        except UsageError:
            return bool(given)

    def explain(self) -> None:
        """See :class:`tui.screens.dialogs.form.Form`. Of the vectors, where there is something to say."""
        self.say(self._explanation())
        self._show_buttons()

    def _show_buttons(self) -> None:
        waits = self._can_wait
        self.query_one("#restart").display = bool(self._to_restart()) and not waits
        self.query_one("#create").display = not self._usable and not waits
        self.query_one("#run").display = self._usable or waits

    def _status(self) -> VecTypeStatus | None:
        """Of the vec type that is chosen."""
        selects = self.query(VecTypeSelect)
        chosen = selects.first().given if selects else ""
        return next((status for status in self._statuses or () if status.vec_type.name == chosen), None)

    def _to_restart(self) -> str:
        """The vec type that Restart would complete: the chosen one, or where none can be chosen one that was begun."""
        status = self._status()
        if status is not None:
            able = status.can_restart and status.vec_type.name not in self._computing
            return status.vec_type.name if able else ""
        chosen = any(select.given for select in self.query(VecTypeSelect))
        begun = [] if chosen else [one for one in self._begun() if one.can_restart]
        return next((one.vec_type.name for one in begun if one.default), begun[0].vec_type.name if begun else "")

    @property
    def _text_needed(self) -> bool:
        return any(select.needs_text for select in self.query(VecTypeSelect))

    def _begun(self) -> list[VecTypeStatus]:
        """The vec types that could serve, of which some pictures have no row yet."""
        text = self._text_needed
        return [one for one in self._statuses or () if (one.text or not text) and not one.complete and not one.problem]

    def _explanation(self) -> Text:
        if not self._usable:
            return Text(self._lacking())
        status = self._status()
        if status is None or status.done >= status.total:
            return Text(printable(self._action.help))
        said = []
        if missing := max(0, status.total - status.done - status.failed):
            covered = f"{count(missing, 'picture')} not covered yet: the vectors that exist are used"
            if status.vec_type.name in self._computing:
                covered += "; a job computes the rest"
            elif not status.vec_type.is_imported:
                covered += "; Restart computes the rest"
            said.append(covered)
        if status.failed:
            said.append(
                f"{count(status.failed, 'picture')} could not be read and cannot be found: "
                f"{key_for('vectors-pane.failed')} in Settings says why"
            )
        return Text(" · ".join(said))

    def _lacking(self) -> str:
        """Why there is nothing to choose from."""
        text = self._text_needed
        begun = ", ".join(f"{status.vec_type.name} {status.coverage}" for status in self._begun())
        if self._can_wait:
            return printable(
                f"{begun}: a job computes these vectors. "
                f"{key_for_first('action-form.run')} runs this once they are there."
            )
        if begun:
            return printable(
                f"{begun}: no picture is done yet. {key_for('jobs')} shows whether a job runs; Restart starts one."
            )
        return f"There are no vectors{' that read text' if text else ''} yet. Create some first."


_MORE, _FEWER = "More  {action-form.more-options}", "Less  {action-form.more-options}"  # equally wide
_SPACIOUS = 5  # fields: with more of them the lines between go, so that a form fits 24 lines
