"""The controls of a form: one for each kind of parameter, each of which says what was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from core.actions.definition import Action
from core.actions.parameters import (
    ChoiceParameter,
    NumberParameter,
    Parameter,
    PicturesParameter,
    ScopeParameter,
    SwitchParameter,
    TextParameter,
    VecTypeParameter,
    VecTypesParameter,
    WholeParameter,
    WordsParameter,
)
from core.filters.syntax import quoted
from core.text import count, printable
from tui.paths import typed_path
from tui.widgets.cells import shorten_right
from tui.widgets.completing_input import CompletingInput
from tui.widgets.form_select import FormSelect
from tui.widgets.vec_type_select import VecTypeSelect

Where = str | tuple[str, ...]
PLACEHOLDER_CELLS = 54  # of a field in a form at 80 columns
NAMES_SHOWN = 3  # of chosen pictures
_EVERYTHING, _FILTER = "everything", "filter"


@dataclass(frozen=True)
class Place:
    """A part of the collection that a form offers.

    Attributes:
        title: in a few words: ``the selection``.
        where: as a :class:`ScopeParameter` takes it.
        first: whether a form of an action that takes no pictures begins with it.
        always: whether every form does: a filter is on.
    """

    title: str
    where: Where
    first: bool = False
    always: bool = False


def where_to_begin(action: Action[Any], places: Sequence[Place]) -> Where:
    """Where a form looks at first. What takes pictures looks everywhere, for what is like them, unless a filter is on;
    anything else at the selection, or at what is shown.
    """
    takes_pictures = any(isinstance(field, PicturesParameter) for field in action.fields())
    return next((place.where for place in places if place.always or (place.first and not takes_pictures)), "")


class Control(Protocol):
    """What every control has."""

    @property
    def given(self) -> Any:
        """What :meth:`Parameter.check` takes."""
        ...


class NameInput(CompletingInput):
    """A line for a name. Unlike :class:`TextInput` it leaves up and down to the dialog."""

    def __init__(self, **options: Any) -> None:
        super().__init__(placeholder="name", compact=True, **options)

    @property
    def given(self) -> str:
        """The name, without blanks around it."""
        return self.value.strip()


class TextInput(CompletingInput):
    """A line of text; up and down go through those that were given before."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("up", "earlier(1)", "Earlier", show=False),
        Binding("down", "earlier(-1)", "Later", show=False),
    ]

    def __init__(self, value: str, **options: Any) -> None:
        super().__init__(value, compact=True, **options)
        self._earlier = [""]
        self._own = value
        self._at = 0

    def offer(self, earlier: Sequence[str]) -> None:
        """Texts that were given before, the latest last. What is being typed stays."""
        self._earlier = ["", *(text for text in reversed(earlier) if text != self._own)]
        self._at = 0

    @property
    def given(self) -> str:
        """The text that was typed."""
        return self.value

    def action_earlier(self, step: int) -> None:
        """One text further back, or forward again to what was being typed."""
        if self._at == 0:
            self._own = self.value
        self._at = max(0, min(len(self._earlier) - 1, self._at + step))
        self.value = self._earlier[self._at] if self._at else self._own
        self.cursor_position = len(self.value)


class PathInput(TextInput):
    """Pictures that were not chosen before: a path is typed."""

    @property
    def given(self) -> Any:
        """The path, as a list; none where nothing was typed."""
        typed = self.value.strip()
        return [str(typed_path(typed))] if typed else []


class ChosenPictures(Static):
    """Pictures that were chosen before the form was opened.

    Args:
        references: paths or keys.
        names: file names by reference, as far as they are known; others are the end of the path.
        options: of the widget.
    """

    def __init__(self, references: Sequence[str], names: Mapping[str, str], **options: Any) -> None:
        shown = [names.get(one, one.rpartition("/")[2]) for one in references[:NAMES_SHOWN]]
        more = len(references) - len(shown)
        rest = f" and {count(more)} more" if more else ""
        text = Text(", ".join(map(printable, shown)) + rest)
        super().__init__(text, classes="fixed", markup=False, **options)
        self.given = references


class ChoiceSelect(FormSelect[str]):
    """One of a few words."""

    def __init__(self, choices: Sequence[str], chosen: str, **options: Any) -> None:
        value = chosen if chosen in choices else choices[0]
        super().__init__(
            [(Text(word), word) for word in choices], value=value, allow_blank=False, compact=True, **options
        )

    @property
    def given(self) -> str:
        """The word that was chosen."""
        return str(self.value)


class YesNo(Static, can_focus=True):
    """Yes or no, told apart without colour; space turns it."""

    BINDINGS: ClassVar[list[Any]] = [Binding("space", "turn", "Turn", show=False)]

    class Turned(Message):
        """It holds the other one now."""

    def __init__(self, given: bool, help: str, **options: Any) -> None:
        super().__init__(markup=False, classes="yes-no", **options)
        self.given = given
        self._help = help

    def render(self) -> Text:
        """The mark, in reverse while it has the focus, and what it is for."""
        mark = "[x] yes" if self.given else "[ ] no "
        return Text.assemble(
            (mark, "reverse" if self.has_focus else ""), ("  " + help_text(self._help), "dim"), no_wrap=True
        )

    def action_turn(self) -> None:
        """Change yes to no, or no to yes."""
        self.given = not self.given
        self.refresh()
        self.post_message(self.Turned())

    def say(self, help: str) -> None:
        """Another help beside the mark."""
        self._help = help
        self.refresh()

    def on_click(self) -> None:
        if not self.disabled:
            self.focus()
            self.action_turn()


class ScopeControl(Horizontal):
    """Which pictures: everything, what the screen below offers, a saved filter, or one that is typed."""

    def __init__(self, places: Sequence[Place], where: Where, **options: Any) -> None:
        super().__init__(classes="scope", **options)
        if not isinstance(where, str) and not any(place.where == where for place in places):
            places = [*places, Place(f"as before ({count(len(where), 'picture')})", where)]
        self._places = {f"place-{number}": place for number, place in enumerate(places)}
        self._typed = where if isinstance(where, str) else ""
        begin = next((name for name, place in self._places.items() if place.where == where), "")
        self._begin = begin if where and begin else _FILTER if self._typed else _EVERYTHING

    def compose(self) -> ComposeResult:
        """The select, and the line for a filter."""
        yield FormSelect(self._choices(), value=self._begin, allow_blank=False, compact=True, id="where-place")
        yield CompletingInput(self._typed, placeholder="tag:cat and width>2000", compact=True, id="where-filter")

    def _choices(self) -> list[tuple[Text, str]]:
        offered = [(Text(printable(place.title)), name) for name, place in self._places.items()]
        return [(Text("everything"), _EVERYTHING), *offered, (Text("a filter…"), _FILTER)]

    def offer_filters(self, names: Sequence[str], suggester: Suggester | None) -> None:
        """Saved filters are offered too, and what is typed is completed. What is chosen stays."""
        self.query_one("#where-filter", Input).suggester = suggester
        self._places |= {f"saved-{name}": Place(f"filter {name}", f"saved:{quoted(name)}") for name in names}
        select = self.query_one("#where-place", Select)
        chosen = select.value
        with select.prevent(Select.Changed):
            select.set_options(self._choices())
            select.value = chosen

    def on_mount(self) -> None:
        """The line is there only for a filter."""
        self.query_one("#where-filter").display = self._begin == _FILTER

    def on_select_changed(self, event: Select.Changed) -> None:
        """Show the line, and go there."""
        line = self.query_one("#where-filter")
        was = line.display
        line.display = event.value == _FILTER
        if line.display and not was:
            line.focus()

    @property
    def given(self) -> Where:
        """As a :class:`ScopeParameter` takes it."""
        place = self.query_one("#where-place", Select).value
        if place == _FILTER:
            return self.query_one("#where-filter", Input).value
        return self._places[place].where if isinstance(place, str) and place in self._places else ""


class NamesSuggester(Suggester):
    """Completes the last of several names with commas between them.

    Attributes:
        names: that may be given; none until they are known.
    """

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.names: Sequence[str] = ()

    async def get_suggestion(self, value: str) -> str | None:
        """The line with its last name completed."""
        head, comma, last = value.rpartition(",")
        begun = last.lstrip()
        taken = {name.strip() for name in head.split(",")}
        suggestion = next((name for name in self.names if begun and name.startswith(begun) and name not in taken), None)
        return f"{head}{comma}{last[: len(last) - len(begun)]}{suggestion}" if suggestion else None


def _placeholder(field: Parameter) -> str:
    """What an empty line shows. The whole help stands below the form while the cursor is there."""
    if isinstance(field, WordsParameter):
        return "some of: " + ", ".join(word.removesuffix(":") for word in field.words)
    if isinstance(field, NumberParameter) and field.limit:
        return "none"
    return shorten_right(help_text(field.help).partition(";")[0], PLACEHOLDER_CELLS)


def _number(field: NumberParameter, given: Any) -> str:
    """A number as it is typed; empty where it sets no limit."""
    if field.limit and field.check(given) == field.default:
        return ""
    return "auto" if field.auto and not field.check(given) else str(given).removesuffix(".0")


def help_text(text: str) -> str:
    """A help text for the screen: without the backticks that mark code in the documentation."""
    return printable(text).replace("`", "")


def control(field: Parameter, given: Any, places: Sequence[Place], names: Mapping[str, str]) -> Widget:
    """The control of a parameter; its ``given`` is what :meth:`Parameter.check` takes.

    Args:
        field: of the action.
        given: what it begins with.
        places: parts of the collection that are offered.
        names: of chosen pictures, see :class:`ChosenPictures`.
    """
    text = {"id": field.name, "placeholder": _placeholder(field)}
    match field:
        case VecTypeParameter():
            return VecTypeSelect(needs_text=field.needs_text, optional=field.optional, preferred=str(given or ""))
        case VecTypesParameter():
            shown = given if isinstance(given, str) else ", ".join(given)
            return TextInput(shown, suggester=NamesSuggester(), **text)
        case PicturesParameter():
            return ChosenPictures(given, names, id=field.name) if given else PathInput("", **text)
        case ScopeParameter():
            return ScopeControl(places, given, id=field.name)
        case ChoiceParameter():
            return ChoiceSelect(field.choices, str(given), id=field.name)
        case SwitchParameter():
            return YesNo(field.check(given), field.help, id=field.name)
        case WholeParameter():
            shown = "auto" if field.auto and str(given) == "0" else str(given)
            return TextInput(shown, type="text" if field.auto else "integer", **text)
        case NumberParameter():
            return TextInput(_number(field, given), type="text" if field.auto else "number", **text)
        case TextParameter():
            return TextInput(str(given or ""), **text)
        case _:
            return TextInput("" if given is None else str(given), **text)
