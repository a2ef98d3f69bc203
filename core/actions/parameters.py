"""What an action can ask for: one class a kind of value, and the functions that declare a field of it.

The form in the app, the sub-command and the reference in the README are all derived from these.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.catalog.filter import FilterError, parse
from core.errors import UsageError

METADATA = "parameter"
LIKE, UNLIKE = "like", "unlike"
_TEXT_LIMIT = 10_000
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0", "")


@dataclass(frozen=True)
class Parameter:
    """A field of an action's parameters.

    Attributes:
        name: of the field.
        title: in forms.
        help: one line.
        default: None where a value must be given.
    """

    name: str
    title: str
    help: str
    default: Any = None

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is None

    def check(self, value: Any) -> Any:
        """The value as the action takes it.

        Raises:
            UsageError: it cannot be one; the message names the parameter.
        """
        return value


@dataclass(frozen=True)
class VecTypeParameter(Parameter):
    """Which vectors to use. Empty: the default ones, or the only ones that serve.

    Attributes:
        needs_text: only vec types whose model reads text will do.
        optional: the action can do something without vectors too.
    """

    needs_text: bool = False
    optional: bool = False


@dataclass(frozen=True)
class VecTypesParameter(Parameter):
    """More vectors to ask the same: names with commas between them, or a sequence of names."""

    needs_text: bool = False

    def check(self, value: Any) -> tuple[str, ...]:
        """See :meth:`Parameter.check`."""
        names = value.split(",") if isinstance(value, str) else list(value)
        return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


@dataclass(frozen=True)
class PicturesParameter(Parameter):
    """Pictures: paths in the project, paths of other files, or keys.

    Attributes:
        role: ``like`` or ``unlike`` where a result may be added to them to rank again; else empty.
        chosen: whether a form begins with the pictures that are chosen on the screen, as with those that must be given.
    """

    role: str = ""
    chosen: bool = False

    def check(self, value: Any) -> tuple[str, ...]:
        """See :meth:`Parameter.check`."""
        chosen = tuple(value)
        if (self.required and not chosen) or not all(chosen):
            raise UsageError(f"{self.title}: which pictures?", "give a picture's path")
        return chosen


@dataclass(frozen=True)
class TextParameter(Parameter):
    """A text."""

    def check(self, value: Any) -> str:
        """See :meth:`Parameter.check`."""
        text = " ".join(str(value).split())
        if not text and self.required:
            raise UsageError(f"{self.title}: the text is empty", "describe what the pictures show")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UsageError(f"{self.title}: it is not UTF-8", "type it in a terminal whose encoding is UTF-8")
        if len(text) > _TEXT_LIMIT:
            raise UsageError(f"{self.title}: {len(text):,} characters are too many", f"at most {_TEXT_LIMIT:,}")
        return text


@dataclass(frozen=True)
class SubjectParameter(TextParameter):
    """A tag or a saved group: ``tag:NAME``, ``group:NAME``; empty for none."""


@dataclass(frozen=True)
class ScopeParameter(Parameter):
    """Which pictures are looked at: empty for all, a filter line, or a sequence of paths or keys (a selection)."""

    def check(self, value: Any) -> str | tuple[str, ...]:
        """See :meth:`Parameter.check`."""
        if isinstance(value, str):
            try:
                parse(value.strip())
            except FilterError as error:
                raise UsageError(f"{self.title}, at character {error.at + 1}: {error.message}", error.hint) from error
            return value.strip()
        chosen = tuple(str(reference) for reference in value)
        if not chosen:
            raise UsageError(f"{self.title}: nothing is selected", "select pictures, or leave it empty for all")
        return chosen


@dataclass(frozen=True)
class ChoiceParameter(Parameter):
    """One of a few words.

    Attributes:
        choices: the words; the first one is not special.
    """

    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        """See :meth:`Parameter.check`."""
        word = str(value).strip()
        if word not in self.choices:
            raise UsageError(f"{self.title}: {word!r} is none of them", f"one of: {', '.join(self.choices)}")
        return word


@dataclass(frozen=True)
class SwitchParameter(Parameter):
    """Yes or no."""

    def check(self, value: Any) -> bool:
        """See :meth:`Parameter.check`."""
        word = str(value).strip().lower()
        if word not in (*_YES, *_NO):
            raise UsageError(f"{self.title}: {value!r} is neither yes nor no", "yes or no")
        return word in _YES


@dataclass(frozen=True)
class WholeParameter(Parameter):
    """A whole number.

    Attributes:
        least: smallest allowed.
        most: largest allowed.
        auto: whether 0 (also written ``auto``, or left empty) stands for what the action finds best.
    """

    least: int = 0
    most: int = 10_000_000
    auto: bool = False

    def check(self, value: Any) -> int:
        """See :meth:`Parameter.check`."""
        text = str(value).strip()
        if self.auto and text in ("", "0", "auto"):
            return 0
        allowed = f"{self.least:,} to {self.most:,}{', or auto' if self.auto else ''}"
        try:
            number = int(text)
        except ValueError:
            raise UsageError(f"{self.title}: {value!r} is not a whole number", allowed) from None
        if not self.least <= number <= self.most:
            raise UsageError(f"{self.title}: {number:,} is out of range", allowed)
        return number


@dataclass(frozen=True)
class NumberParameter(Parameter):
    """A number with decimals.

    Attributes:
        least: smallest allowed.
        most: largest allowed.
    """

    least: float = -math.inf
    most: float = math.inf

    def check(self, value: Any) -> float:
        """See :meth:`Parameter.check`."""
        allowed = f"{self.least:g} to {self.most:g}"
        try:
            number = float(str(value).strip() or "nan")
        except ValueError:
            number = math.nan
        if math.isnan(number):
            raise UsageError(f"{self.title}: {value!r} is not a number", allowed)
        if not self.least <= number <= self.most:
            raise UsageError(f"{self.title}: {number:g} is out of range", allowed)
        return number


def vec_type_field(*, needs_text: bool = False, optional: bool = False) -> Any:
    """A ``vec_type`` field; each action has one."""
    text = "vectors to use, as `vectors list` names them; the default ones if left out"
    return field_of(VecTypeParameter("", "vec_type", text, "", needs_text=needs_text, optional=optional))


def vec_types_field(title: str, help: str, *, needs_text: bool = False) -> Any:
    """A field of more vec types; none by default."""
    return field_of(VecTypesParameter("", title, help, (), needs_text=needs_text))


def pictures_field(title: str, help: str, *, role: str = "", optional: bool = False, chosen: bool = False) -> Any:
    """A field of pictures: at least one, or any number where ``optional``."""
    return field_of(PicturesParameter("", title, help, () if optional else None, role, chosen or not optional))


def text_field(title: str, help: str, *, default: str | None = None) -> Any:
    """A field of text, which must be given where it has no default."""
    return field_of(TextParameter("", title, help, default))


def subject_field(title: str, help: str) -> Any:
    """A field of a tag or saved group, which may stay empty."""
    return field_of(SubjectParameter("", title, help, ""))


def where_field() -> Any:
    """The field that restricts an action to a part of the collection."""
    text = "only pictures that pass a filter, such as `folder:1931/january` or `tag:cat`; all if left out"
    return field_of(ScopeParameter("", "within", text, ""))


def choice_field(title: str, help: str, choices: Sequence[str], *, default: str) -> Any:
    """A field of one of a few words."""
    return field_of(ChoiceParameter("", title, help, default, choices=tuple(choices)))


def switch_field(title: str, help: str, *, default: bool = False) -> Any:
    """A field of yes or no."""
    return field_of(SwitchParameter("", title, help, default))


def whole_field(
    title: str, help: str, *, default: int, least: int = 0, most: int = 10_000_000, auto: bool = False
) -> Any:
    """A field of a whole number."""
    return field_of(WholeParameter("", title, help, default, least, most, auto))


def number_field(title: str, help: str, *, default: float, least: float = -math.inf, most: float = math.inf) -> Any:
    """A field of a number."""
    return field_of(NumberParameter("", title, help, default, least, most))


def field_of(parameter: Parameter) -> Any:
    """A dataclass field that holds a value of ``parameter``."""
    if parameter.required:
        return dataclasses.field(metadata={METADATA: parameter})
    return dataclasses.field(default=parameter.default, metadata={METADATA: parameter})
