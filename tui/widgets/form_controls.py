"""The controls of a form: one for each kind of parameter, each of which says what was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Select, Static

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
)
from core.catalog.filter import quoted
from core.text import count, printable
from tui.screens.base import typed_path
from tui.widgets.vec_type_select import VecTypeSelect

Where = str | tuple[str, ...]
_NAMES_SHOWN = 3
_EVERYTHING, _FILTER = "everything", "filter"


@dataclass(frozen=True)
class Place:
    """A part of the collection that a form offers.

    Attributes:
        title: in a few words: ``the selection``.
        where: as a :class:`ScopeParameter` takes it.
        first: whether a form of an action that takes no pictures begins with it.
    """

    title: str
    where: Where
    first: bool = False


class Control(Protocol):
    """What every control has."""

    @property
    def given(self) -> Any:
        """What :meth:`Parameter.check` takes."""
        ...


class TextInput(Input):
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
        """The text."""
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
    """Pictures that were chosen before the form was opened."""

    def __init__(self, references: Sequence[str], **options: Any) -> None:
        names = [printable(reference.rpartition("/")[2]) for reference in references]
        rest = f" and {count(len(names) - _NAMES_SHOWN)} more" if len(names) > _NAMES_SHOWN else ""
        super().__init__(Text(", ".join(names[:_NAMES_SHOWN]) + rest), classes="fixed", markup=False, **options)
        self.given = references


class ChoiceSelect(Select[str]):
    """One of a few words."""

    def __init__(self, choices: Sequence[str], chosen: str, **options: Any) -> None:
        value = chosen if chosen in choices else choices[0]
        super().__init__(
            [(Text(word), word) for word in choices], value=value, allow_blank=False, compact=True, **options
        )

    @property
    def given(self) -> str:
        """The word."""
        return str(self.value)


class YesNo(Static, can_focus=True):
    """Yes or no, told apart without colour; space turns it."""

    BINDINGS: ClassVar[list[Any]] = [Binding("space", "turn", "Turn", show=False)]

    def __init__(self, given: bool, help: str, **options: Any) -> None:
        super().__init__(markup=False, classes="yes-no", **options)
        self.given = given
        self._help = help

    def render(self) -> Text:
        """The mark, and what it is for."""
        return Text.assemble(
            "[x] yes" if self.given else "[ ] no ", ("  " + printable(self._help), "dim"), no_wrap=True
        )

    def action_turn(self) -> None:
        """The other one."""
        self.given = not self.given
        self.refresh()

    def on_click(self) -> None:
        """A click turns it too."""
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
        yield Select(self._choices(), value=self._begin, allow_blank=False, compact=True, id="where-place")
        yield Input(self._typed, placeholder="tag:cat and width>2000", compact=True, id="where-filter")

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
        found = next((name for name in self.names if begun and name.startswith(begun) and name not in taken), None)
        return f"{head}{comma}{last[: len(last) - len(begun)]}{found}" if found else None


def control(field: Parameter, given: Any, places: Sequence[Place]) -> Widget:
    """The control of a parameter; its ``given`` is what :meth:`Parameter.check` takes.

    Args:
        field: of the action.
        given: what it begins with.
        places: parts of the collection that are offered.
    """
    text = {"id": field.name, "placeholder": printable(field.help)}
    match field:
        case VecTypeParameter():
            return VecTypeSelect(needs_text=field.needs_text, optional=field.optional, preferred=str(given or ""))
        case VecTypesParameter():
            shown = given if isinstance(given, str) else ", ".join(given)
            return TextInput(shown, suggester=NamesSuggester(), **text)
        case PicturesParameter():
            return ChosenPictures(given, id=field.name) if given else PathInput("", **text)
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
            return TextInput(str(given).removesuffix(".0"), type="number", **text)
        case TextParameter():
            return TextInput(str(given or ""), **text)
        case _:
            return TextInput("" if given is None else str(given), **text)
