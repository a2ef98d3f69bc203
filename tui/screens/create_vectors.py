"""Create new vectors: which model, colour or not."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Select, Static, Switch

from core.models import catalogue, rates
from core.models.catalogue import ModelSpec
from core.text import duration, rate
from core.vectors.vec_type import VecType

_GREYSCALE = "ignore colour: for collections that mix colour and black-and-white"


class CreateVectors(ModalScreen[VecType | None]):
    """The form behind Create.

    Args:
        pictures: of the project, for the estimate.
        existing: names of the vec types there are.
        needs_text: begin with a model that reads text.
    """

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape", "dismiss(None)", "Cancel"),
    ]

    def __init__(self, pictures: int, existing: list[str], *, needs_text: bool = False) -> None:
        super().__init__()
        self._pictures = pictures
        self._existing = existing
        self._needs_text = needs_text
        self._rates = rates.known()

    def compose(self) -> ComposeResult:
        """Model with advice, switch, buttons."""
        first = next(
            (
                spec
                for spec in catalogue.CATALOGUE
                if spec.available and spec.key not in self._existing and (spec.text or not self._needs_text)
            ),
            catalogue.CATALOGUE[0],
        )
        with Vertical(classes="dialog form") as box:
            box.border_title = "Create new vectors"
            with Horizontal(classes="row"):
                yield Label("Model", classes="name")
                yield Select(
                    [(_line(spec), spec.key) for spec in catalogue.CATALOGUE],
                    value=first.key,
                    allow_blank=False,
                    id="model",
                    compact=True,
                )
            yield Static(id="advice", markup=False)
            with Horizontal(classes="row"):
                yield Label("Greyscale", classes="name")
                yield Switch(False, id="greyscale", animate=False)
                yield Static(id="greyscale-help", markup=False)
            yield Static(id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Create", id="create", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Begin at the model."""
        self.query_one("#model").focus()
        self._explain()

    def on_select_changed(self) -> None:
        """Another model."""
        self._explain()

    def on_switch_changed(self) -> None:
        """Colour or not."""
        self._explain()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Create or cancel."""
        self.dismiss(self._vec_type() if event.button.id == "create" else None)

    def _vec_type(self) -> VecType:
        return VecType(str(self.query_one("#model", Select).value), self.query_one("#greyscale", Switch).value)

    def _explain(self) -> None:
        vec_type = self._vec_type()
        spec = vec_type.spec
        switch = "on" if vec_type.greyscale else "off"  # a switch alone says it by colour only
        self.query_one("#greyscale-help", Static).update(f"{switch} · {_GREYSCALE}")
        self.query_one("#advice", Static).update(Text(f"{spec.advice}{self._speed(spec)}"))
        exists = vec_type.name in self._existing
        button = self.query_one("#create", Button)
        button.disabled = exists or not spec.available
        reason = f"makes the vec type {vec_type.name}"
        if exists:
            reason = f"{vec_type.name} exists already: Restart computes what is missing"
        elif not spec.available:
            reason = f"its weights are not on this machine ({spec.weights})"
        self.query_one("#explanation", Static).update(Text(reason))

    def _speed(self, spec: ModelSpec) -> str:
        measured = self._rates.get(spec.key)
        if not measured:
            return ""
        return f" · about {rate(measured)} here · {duration(self._pictures / measured)}"


def _line(spec: ModelSpec) -> Text:
    return Text(f"{spec.title} · {'here' if spec.available else 'not here'}")
