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
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from core.actions.answer import Answer
from core.actions.parameters import METADATA, Parameter, ScopeParameter, VecTypeParameter
from core.errors import Cancelled, UsageError

if TYPE_CHECKING:  # definitions are read by `--help`, which must not pay for NumPy
    from core.project import Project
    from core.vectors.encoder import Encoder


@dataclass(frozen=True)
class Context:
    """What an action may use.

    Attributes:
        project: open.
        encoder: for queries that are not in the project.
        stop: set by who asked, to have the action give up.
        say: is told in a few words what is being done, by actions that take long.
    """

    project: Project
    encoder: Encoder
    stop: threading.Event = field(default_factory=threading.Event)
    say: Callable[[str], None] = lambda text: None

    def check_stop(self) -> None:
        """Called by actions between steps of less than about a second.

        Raises:
            Cancelled: somebody asked for it. Actions change nothing, so there is nothing to undo.
        """
        if self.stop.is_set():
            raise Cancelled("cancelled")


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
        run: does it; may take seconds, touches no interface, changes nothing.
        short: one word for the line of keys; one without it is not listed there.
    """

    name: str
    command: str
    title: str
    help: str
    key: str
    parameters: type[P]
    run: Callable[[Context, P], Answer]
    short: str = ""

    @property
    def shown_key(self) -> str:
        """The key as it is written on a keyboard."""
        return {"slash": "/", "equals_sign": "="}.get(self.key, self.key)

    def fields(self) -> list[Parameter]:
        """Its parameters, in the order of the definition."""
        return [
            dataclasses.replace(field.metadata[METADATA], name=field.name)
            for field in dataclasses.fields(self.parameters)  # type: ignore[arg-type]
        ]

    def field_named(self, name: str) -> Parameter | None:
        """The parameter of this name, or None."""
        return next((parameter for parameter in self.fields() if parameter.name == name), None)

    def check(self, values: Mapping[str, Any]) -> P:
        """Values from a form or a command line as parameters.

        Raises:
            UsageError: one is missing or cannot be; the message names it.
        """
        checked: dict[str, Any] = {}
        for parameter in self.fields():
            if parameter.name in values:
                checked[parameter.name] = parameter.check(values[parameter.name])
            elif parameter.required:
                raise UsageError(f"{parameter.title} is missing", parameter.help)
        return self.parameters(**checked)

    def answer(self, context: Context, values: Mapping[str, Any]) -> Answer:
        """Check the values and run.

        Raises:
            PictoscopeError: of the check or of the action.
        """
        return self.run(context, self.check(values))


def reference(actions: Sequence[Action[Any]]) -> str:
    """The actions as a Markdown table, for the README: what each takes beside the vectors and the filter of all."""
    lines = ["| action | command | key | parameters |", "|---|---|---|---|"]
    for action in actions:
        own = (field for field in action.fields() if not isinstance(field, VecTypeParameter | ScopeParameter))
        parameters = "; ".join(f"`{parameter.title}` {parameter.help}" for parameter in own)
        lines.append(
            f"| {action.title}: {action.help} | `pictoscope {action.command}` | `{action.shown_key}` | {parameters} |"
        )
    return "\n".join(lines)
