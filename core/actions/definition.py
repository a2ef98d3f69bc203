"""How an action is defined: a name, a help text, and a dataclass whose fields say what they take.

    @dataclass(frozen=True, kw_only=True)
    class SimilarParameters:
        vec_type: str = vec_type_field()
        like: tuple[str, ...] = pictures_field("like", "pictures to resemble")
        top: int = whole_field("show", "how many", default=100, least=1)

The form in the app, the sub-command and the reference in the README are all derived from these fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from core.actions.answer import Answer
from core.errors import UsageError

if TYPE_CHECKING:  # definitions are read by `--help`, which must not pay for NumPy
    from core.project import Project
    from core.vectors.encoder import Encoder

_METADATA = "parameter"
_TEXT_LIMIT = 10_000


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
    """

    needs_text: bool = False


@dataclass(frozen=True)
class PicturesParameter(Parameter):
    """One or more pictures: paths in the project, paths of other files, or keys."""

    def check(self, value: Any) -> tuple[str, ...]:
        """See :meth:`Parameter.check`."""
        chosen = tuple(value)
        if not chosen or not all(chosen):
            raise UsageError(f"{self.title}: which pictures?", "give a picture's path")
        return chosen


@dataclass(frozen=True)
class TextParameter(Parameter):
    """A phrase."""

    def check(self, value: Any) -> str:
        """See :meth:`Parameter.check`."""
        text = " ".join(str(value).split())
        if not text:
            raise UsageError(f"{self.title}: the text is empty", "describe what the pictures show")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UsageError(f"{self.title}: it is not UTF-8", "type it in a terminal whose encoding is UTF-8")
        if len(text) > _TEXT_LIMIT:
            raise UsageError(f"{self.title}: {len(text):,} characters are too many", f"at most {_TEXT_LIMIT:,}")
        return text


@dataclass(frozen=True)
class WholeParameter(Parameter):
    """A whole number.

    Attributes:
        least: smallest allowed.
        most: largest allowed.
    """

    least: int = 0
    most: int = 10_000_000

    def check(self, value: Any) -> int:
        """See :meth:`Parameter.check`."""
        try:
            number = int(str(value).strip())
        except ValueError:
            raise UsageError(
                f"{self.title}: {value!r} is not a whole number", f"{self.least:,} to {self.most:,}"
            ) from None
        if not self.least <= number <= self.most:
            raise UsageError(f"{self.title}: {number:,} is out of range", f"{self.least:,} to {self.most:,}")
        return number


def vec_type_field(*, needs_text: bool = False) -> Any:
    """A ``vec_type`` field; each action has one."""
    text = "vectors to use, as `vectors list` names them; the default ones if left out"
    return _field(VecTypeParameter("", "vec_type", text, "", needs_text=needs_text))


def pictures_field(title: str, help: str) -> Any:
    """A field of one or more pictures."""
    return _field(PicturesParameter("", title, help))


def text_field(title: str, help: str) -> Any:
    """A field of text."""
    return _field(TextParameter("", title, help))


def whole_field(title: str, help: str, *, default: int, least: int = 0, most: int = 10_000_000) -> Any:
    """A field of a whole number."""
    return _field(WholeParameter("", title, help, default, least, most))


def _field(parameter: Parameter) -> Any:
    if parameter.required:
        return dataclasses.field(metadata={_METADATA: parameter})
    return dataclasses.field(default=parameter.default, metadata={_METADATA: parameter})


@dataclass(frozen=True)
class Context:
    """What an action may use.

    Attributes:
        project: open.
        encoder: for queries that are not in the project.
    """

    project: Project
    encoder: Encoder


P = TypeVar("P")


@dataclass(frozen=True)
class Action(Generic[P]):
    """An action.

    Attributes:
        name: in code and JSON: ``text_search``.
        command: on the command line: ``search``.
        title: in the app.
        help: one line.
        key: that opens its form, as Textual names it.
        parameters: the dataclass of its parameters.
        run: does it; may take seconds, touches no interface.
    """

    name: str
    command: str
    title: str
    help: str
    key: str
    parameters: type[P]
    run: Callable[[Context, P], Answer]

    @property
    def shown_key(self) -> str:
        """The key as it is written on a keyboard."""
        return {"slash": "/", "equals_sign": "="}.get(self.key, self.key)

    def fields(self) -> list[Parameter]:
        """Its parameters, in the order of the definition."""
        return [
            dataclasses.replace(field.metadata[_METADATA], name=field.name)
            for field in dataclasses.fields(self.parameters)  # type: ignore[arg-type]
        ]

    def check(self, values: Mapping[str, Any]) -> P:
        """Values from a form or a command line as parameters.

        Raises:
            UsageError: one is missing or cannot be; the message names it.
        """
        checked: dict[str, Any] = {}
        for field in self.fields():
            if field.name in values:
                checked[field.name] = field.check(values[field.name])
            elif field.required:
                raise UsageError(f"{field.title} is missing", field.help)
        return self.parameters(**checked)

    def answer(self, context: Context, values: Mapping[str, Any]) -> Answer:
        """Check the values and run.

        Raises:
            PictoscopeError: of the check or of the action.
        """
        return self.run(context, self.check(values))


def reference(actions: Sequence[Action[Any]]) -> str:
    """The actions as a Markdown table, for the README."""
    lines = ["| action | command | key | parameters |", "|---|---|---|---|"]
    for action in actions:
        parameters = "; ".join(f"`{field.title}` {field.help}" for field in action.fields())
        lines.append(
            f"| {action.title}: {action.help} | `pictoscope {action.command}` | `{action.shown_key}` | {parameters} |"
        )
    return "\n".join(lines)
