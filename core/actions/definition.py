"""How an action is defined: a name, a help text, and a dataclass whose fields declare its parameters.

    @dataclass(frozen=True, kw_only=True)
    class SimilarParameters:
        vec_type: str = vec_type_field()
        like: tuple[str, ...] = pictures_field("like", "pictures to resemble")
        top: int = whole_field("show", "how many", default=100, least=1)

The form in the app, the sub-command and the reference in docs/actions.md are all derived from these fields.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from core.actions.answer import Answer
from core.actions.naming import called, fault
from core.actions.parameters import METADATA, Parameter, ScopeParameter, VecTypeParameter
from core.errors import Cancelled

if TYPE_CHECKING:  # definitions are read by `--help`, which must not pay for NumPy
    from core.project import Project
    from core.vectors.encoder import Encoder


@dataclass(frozen=True)
class Context:
    """What an action may use.

    Attributes:
        project: open.
        encoder: for queries without stored vectors.
        stop: set by the caller to cancel the action.
        say: receives short progress messages of slow actions.
        notes: distinct messages for the user on how the question was understood.
    """

    project: Project
    encoder: Encoder
    stop: threading.Event = field(default_factory=threading.Event)
    say: Callable[[str], None] = lambda text: None
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add to :attr:`notes`."""
        if text not in self.notes:
            self.notes.append(text)

    def check_stop(self) -> None:
        """Called by actions between steps of less than about a second.

        Raises:
            Cancelled: the caller set ``stop``. Actions change nothing, so there is nothing to undo.
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
        run: executes it; may take seconds, does not touch the interface, changes nothing.
        short: one word for the footer; empty to leave it out.
        titled_in_full: whether titles of its answers say by themselves what they are: "16 clusters of 241 pictures".
    """

    name: str
    command: str
    title: str
    help: str
    key: str
    parameters: type[P]
    run: Callable[[Context, P], Answer]
    short: str = ""
    titled_in_full: bool = False

    def headline(self, title: str) -> str:
        """Above an answer with this title."""
        return title if self.titled_in_full else f"{self.title} {title}"

    @property
    def shown_key(self) -> str:
        """The key for display."""
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
        """Convert values from a form or a command line to parameters.

        Raises:
            UsageError: one is missing, invalid, or does not apply with the others; the message names it.
        """
        checked: dict[str, Any] = {}
        for parameter in self.fields():
            if parameter.name in values:
                checked[parameter.name] = parameter.check(values[parameter.name])
            elif parameter.required:
                raise fault(parameter, "it is missing", parameter.help)
        for parameter in self.fields():
            self._check_counts(parameter, checked)
        return self.parameters(**checked)

    def counts(self, parameter: Parameter, values: Mapping[str, Any]) -> bool:
        """Whether a parameter applies with these values of the others."""
        if parameter.only_with is None:
            return True
        name, wanted = parameter.only_with
        other = self.field_named(name)
        return other is not None and values.get(name, other.default) == wanted

    def reads_text(self, values: Mapping[str, Any]) -> bool:
        """Whether with these values the vec type's model must read text."""
        field = next((one for one in self.fields() if isinstance(one, VecTypeParameter)), None)
        if field is None or field.needs_text:
            return field is not None
        conditions = [(other, wanted) for name, wanted in field.text_with if (other := self.field_named(name))]
        return any(
            values.get(other.name, other.default) == wanted and self.counts(other, values)
            for other, wanted in conditions
        )

    def _check_counts(self, parameter: Parameter, values: Mapping[str, Any]) -> None:
        given = values.get(parameter.name, parameter.default)
        if parameter.only_with is None or given == parameter.default or self.counts(parameter, values):
            return
        name, wanted = parameter.only_with
        other = self.field_named(name)
        with_it = f"{called(other or name)} {wanted}"
        raise fault(parameter, f"it applies only with {with_it}", f"leave it out, or choose {with_it}")


def reference(actions: Sequence[Action[Any]]) -> str:
    """A Markdown section for each action: its command, key and parameters, except those of all (vectors, filter)."""
    sections = []
    for action in actions:
        own = (field for field in action.fields() if not isinstance(field, VecTypeParameter | ScopeParameter))
        sections += [
            f"### {action.title}",
            f"`pictoscope {action.command}`, key `{action.shown_key}`: {action.help}.",
            "\n".join(f"- `{parameter.title}`: {parameter.described}" for parameter in own),
        ]
    return "\n\n".join(sections)
