"""The kinds of parameters of actions, a class each: what values they take, and how these are checked.

The form in the app, the sub-command and the reference in docs/actions.md are all derived from these. An action declares
its parameters by :mod:`core.actions.parameter_fields`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from core.actions.naming import at_fault, fault
from core.filters.parser import parse
from core.names import short_name
from core.text import is_unicode

METADATA = "parameter"
LIKE, UNLIKE = "like", "unlike"
_TEXT_LIMIT = 10_000
_AUTO = "; auto or 0: the program chooses"
_NO_LIMIT = "; none: no limit"
_MOST_AFTER_WORD = 86_400  # after a word and a colon; a day in seconds
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0", "")


@dataclass(frozen=True)
class Parameter:
    """A field of an action's parameters.

    Attributes:
        name: of the field.
        title: in forms.
        help: one line.
        default: None if a value is required.
        only_with: name and value of another parameter with which this one applies; None if it always applies.
        advanced: whether a form shows it only on request, or where it differs from its default.
        first: whether a form begins at it, although it is not required.
    """

    name: str
    title: str
    help: str
    default: Any = None
    only_with: tuple[str, Any] | None = field(default=None, kw_only=True)
    advanced: bool = field(default=False, kw_only=True)
    first: bool = field(default=False, kw_only=True)

    @property
    def flag(self) -> str:
        """Its option on the command line; that of ``for_`` is ``--for``."""
        return f"--{self.name.rstrip('_').replace('_', '-')}"

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is None

    @property
    def range(self) -> str:
        """Of numbers, which ones it takes: ``1 to 2,000``."""
        return ""

    @property
    def described(self) -> str:
        """The help, with the range of numbers."""
        return f"{self.help} ({self.range})" if self.range else self.help

    @property
    def shown_default(self) -> str:
        """The default as one would type it; empty if nothing is used by default."""
        return "" if self.required or self.default == () else str(self.default)

    def check(self, value: Any) -> Any:
        """Convert and validate a value.

        Raises:
            UsageError: the value is invalid; the message names the parameter.
        """
        return value


@dataclass(frozen=True)
class VecTypeParameter(Parameter):
    """Which vectors to use. Empty: the default ones, or the only suitable ones.

    Attributes:
        needs_text: require a vec type whose model reads text.
        optional: the action can also run without vectors.
        text_with: names and values of other parameters; with each of them the model must read text too.
    """

    needs_text: bool = False
    optional: bool = False
    text_with: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class VecTypesParameter(Parameter):
    """More vectors to query: names separated by commas, or a sequence of names."""

    needs_text: bool = False

    def check(self, value: Any) -> tuple[str, ...]:
        names = value.split(",") if isinstance(value, str) else list(value)
        return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


@dataclass(frozen=True)
class PicturesParameter(Parameter):
    """Pictures: paths in the project, paths of other files, or keys.

    Attributes:
        role: ``like`` or ``unlike`` if results may be added to them to rank again; else empty.
        chosen: whether a form is filled with the pictures selected on the screen.
    """

    role: str = ""
    chosen: bool = False

    def check(self, value: Any) -> tuple[str, ...]:
        chosen = tuple(value)
        if (self.required and not chosen) or not all(chosen):
            raise fault(self, "no pictures given", "give a picture's path")
        return chosen


@dataclass(frozen=True)
class TextParameter(Parameter):
    """A text."""

    def check(self, value: Any) -> str:
        text = " ".join(str(value).split())
        if not text and self.required:
            raise fault(self, "it is empty", "describe what the pictures show")
        if not is_unicode(text):
            raise fault(self, "it is not UTF-8", "type it in a terminal whose encoding is UTF-8")
        if len(text) > _TEXT_LIMIT:
            raise fault(self, f"{len(text):,} characters are too many", f"at most {_TEXT_LIMIT:,}")
        return text


@dataclass(frozen=True)
class WordsParameter(TextParameter):
    """A subset of some words, separated by commas.

    Attributes:
        words: the choices. A word that ends in ``:`` may be followed by a whole number, or be given without the colon.
    """

    words: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        given = [part.strip() for part in super().check(value).split(",") if part.strip()]
        for part in given:
            name, colon, number = part.partition(":")
            fits = f"{name}:" in self.words and (not colon or (number.isascii() and number.isdigit()))
            if fits and colon and not (len(number) < 10 and int(number) <= _MOST_AFTER_WORD):
                raise fault(self, f"{short_name(number)} is out of range", f"0 to {_MOST_AFTER_WORD:,}")
            if part not in self.words and not fits:
                shown = ", ".join(f"{word}NUMBER" if word.endswith(":") else word for word in self.words)
                raise fault(self, f"{part!r} is not a choice", f"some of: {shown}")
        return ",".join(dict.fromkeys(given))


@dataclass(frozen=True)
class TargetParameter(TextParameter):
    """A tag or a saved group: ``tag:NAME``, ``group:NAME``; empty for none."""


@dataclass(frozen=True)
class ScopeParameter(Parameter):
    """Which pictures to use: empty for all, a filter line, or a sequence of paths or keys (a selection)."""

    def check(self, value: Any) -> str | tuple[str, ...]:
        if isinstance(value, str):
            with at_fault(self):
                parse(value.strip())
            return value.strip()
        chosen = tuple(str(reference) for reference in value)
        if not chosen:
            raise fault(self, "nothing is selected", "select pictures, or leave it empty for all")
        return chosen


@dataclass(frozen=True)
class ChoiceParameter(Parameter):
    """One of some words.

    Attributes:
        choices: the words.
    """

    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        word = str(value).strip()
        if word not in self.choices:
            raise fault(self, f"{word!r} is not a choice", f"one of: {', '.join(self.choices)}")
        return word


@dataclass(frozen=True)
class SwitchParameter(Parameter):
    """Yes or no."""

    @property
    def shown_default(self) -> str:
        """``yes`` where it is on by default."""
        return "yes" if self.default else ""

    def check(self, value: Any) -> bool:
        word = str(value).strip().lower()
        if word not in (*_YES, *_NO):
            raise fault(self, f"{value!r} is neither yes nor no", "yes or no")
        return word in _YES


@dataclass(frozen=True)
class WholeParameter(Parameter):
    """A whole number.

    Attributes:
        least: smallest allowed.
        most: largest allowed.
        auto: whether 0 (also ``auto`` or empty) lets the action choose the value.
    """

    least: int = 0
    most: int = 10_000_000
    auto: bool = False

    @property
    def range(self) -> str:
        """Which numbers it takes."""
        return f"{self.least:,} to {self.most:,}{_AUTO if self.auto else ''}"

    @property
    def shown_default(self) -> str:
        """The default; ``auto`` where the action chooses."""
        return "auto" if self.auto and not self.default else f"{self.default:,}"

    def check(self, value: Any) -> int:
        text = str(value).strip()
        if self.auto and text in ("", "auto"):
            return 0
        try:
            number = int(text)
        except ValueError:
            raise fault(self, f"{short_name(text)!r} is not a whole number", self.range) from None
        if not (self.least <= number <= self.most or (self.auto and not number)):
            raise fault(self, f"{short_name(f'{number:,}')} is out of range", self.range)
        return number


@dataclass(frozen=True)
class NumberParameter(Parameter):
    """A number with decimals.

    Attributes:
        least: smallest allowed.
        most: largest allowed.
        auto: as for :class:`WholeParameter`.
        limit: whether the default means no limit; ``none`` or nothing stands for it.
    """

    least: float = -math.inf
    most: float = math.inf
    auto: bool = False
    limit: bool = False

    @property
    def range(self) -> str:
        """Which numbers it takes."""
        ends = [end for end in (self.least, self.most) if math.isfinite(end)]
        numbers = f"{self.least:g} to {self.most:g}" if len(ends) == 2 else "any number"
        if len(ends) == 1:
            numbers = f"{ends[0]:g} or {'more' if ends[0] == self.least else 'less'}"
        return f"{numbers}{_AUTO if self.auto else ''}{_NO_LIMIT if self.limit else ''}"

    @property
    def shown_default(self) -> str:
        """The default; ``none`` where it means no limit, ``auto`` where the action chooses."""
        if self.limit:
            return "none"
        return "auto" if self.auto and not self.default else f"{self.default:g}"

    def check(self, value: Any) -> float:
        text = str(value).strip()
        if self.limit and text in ("", "none"):
            return float(self.default)
        if self.auto and text in ("", "auto"):
            return 0.0
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if math.isnan(number):
            raise fault(self, f"{short_name(text)!r} is not a number", self.range)
        if not (math.isfinite(number) and self.least <= number <= self.most) and not (self.auto and not number):
            raise fault(self, f"{number:g} is out of range", self.range)
        return number
