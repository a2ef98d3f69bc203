"""Create new vectors: which models, colour or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from core.actions.parameters import WholeParameter
from core.engines import registry
from core.engines.choice import EngineChoice
from core.errors import PictoscopeError, UsageError
from core.key_hints import with_keys
from core.models import catalogue, rates
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.text import byte_size, count, duration, printable, rate
from core.vectors.vec_type import VecType
from tui.advice_by_key import in_app
from tui.messages import refused
from tui.screens.dialogs.dialog import Dialog
from tui.widgets.field_help import FieldHelp
from tui.widgets.form_controls import YesNo
from tui.widgets.form_select import FormSelect
from tui.widgets.model_list import ModelList

# Checked as --sample is.
_SAMPLE = WholeParameter(
    "sample", "sample", "so many, spread over folders and dates; Restart computes the rest", least=1
)
_HELP = {
    "models": "{model-list.mark} marks; several are computed in one pass",
    "another": "hf:ORG/NAME, open_clip:ARCH/TAG, timm:NAME, or the path of a folder",
    "greyscale": "{yes-no.turn} toggles; yes: colour does not count, nor that of a question",
    "engine": "{form-select.open-the-list} lists this machine and the cluster of your settings",
    "sample": _SAMPLE.help,
    "consent": "{yes-no.turn} toggles; such code can do on this machine whatever you can",
}
_GREYSCALE = "ignore colour: where colour and b/w are mixed"
_FORMS = "hf:ORG/NAME · open_clip:ARCH/TAG · timm:NAME · a folder"
_EVERY = "all pictures; or a number, such as 2000"
_MORE, _FEWER = "More  {create-vectors.more-options}", "Less  {create-vectors.more-options}"  # equally wide
_HERE, _THERE = "here", "there"  # where vectors are computed
_NAMES_SHOWN = 4
_FIRST = "clip"  # among those that are here, or to be downloaded, alike


@dataclass(frozen=True)
class VectorsRequest:
    """What the form was filled in with.

    Attributes:
        vec_types: to create in one pass.
        options: how the models are run.
        sample: compute only so many pictures; 0 for all.
        engine: computes on other machines; None for this one.
    """

    vec_types: tuple[VecType, ...]
    options: LoadOptions
    sample: int = 0
    engine: EngineChoice | None = None


class CreateVectors(Dialog[VectorsRequest | None]):
    """The form behind Create.

    Args:
        pictures: of the project, for the estimate.
        existing: names of the vec types there are.
        needs_text: begin with a model that reads text.
        engine: that may compute instead of this machine; None where the user has none.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "create", "Create", show=False),
        Binding("ctrl+o", "more", "More options", show=False),
    ]

    def __init__(
        self, pictures: int, existing: list[str], *, needs_text: bool = False, engine: EngineChoice | None = None
    ) -> None:
        super().__init__()
        self._engine = engine
        self._pictures = pictures
        self._existing = existing
        self._needs_text = needs_text
        self._more = False  # whether advanced fields are shown
        self._rates = rates.known()
        self._specs = catalogue.catalogue()

    def compose(self) -> ComposeResult:
        """Models with advice, another model, switches, what comes of it, buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = "Create new vectors"
            yield ModelList(self._specs, id="models")
            yield Static(id="advice", markup=False)
            with Horizontal(classes="row"):
                yield Label("Another", classes="name")
                yield Input(placeholder=_FORMS, id="another", compact=True)
            with Horizontal(classes="row"):
                yield Label("Greyscale", classes="name")
                yield YesNo(False, _GREYSCALE, id="greyscale")
            if self._engine is not None:
                box.add_class("with-engine")
                with Horizontal(classes="row"):
                    yield Label("Compute on", classes="name")
                    yield _where(self._engine)
            with Horizontal(classes="row", id="sample-row"):
                yield Label("Sample", classes="name")
                yield Input(placeholder=_EVERY, id="sample", compact=True)
            with Horizontal(classes="row", id="consent-row"):
                yield Label("Consent", classes="name")
                yield YesNo(False, "", id="consent")
            yield FieldHelp(_HELP, id="field-help")
            yield Static(id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {create-vectors.cancel}"), id="cancel", compact=True)
                yield Button(with_keys(_MORE), id="more", compact=True)
                yield Button(with_keys("Create  {model-list.create}"), id="create", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Begin at a model that is not used yet, one that is here if there is one."""
        models = self.query_one(ModelList)
        models.highlighted = self._first()
        models.focus()
        self._show_what_counts()
        self._explain()

    def _first(self) -> int:
        new = [
            (not spec.available, spec.key != _FIRST, number)
            for number, spec in enumerate(self._specs)
            if spec.key not in self._existing and (spec.text or not self._needs_text)
        ]
        return min(new)[-1] if new else 0

    def on_option_list_option_highlighted(self) -> None:
        """Another model under the cursor."""
        self._explain()

    def on_model_list_marked(self) -> None:
        """Other models are marked."""
        self._explain()

    def on_input_changed(self) -> None:
        """A model that is not in the list; another sample."""
        self._explain()

    def on_yes_no_turned(self) -> None:
        """Colour or not; consent."""
        self._explain()

    def on_select_changed(self) -> None:
        """This machine, or the engine."""
        self._explain()

    def on_input_submitted(self) -> None:
        """Enter is Create, as everywhere in the form."""
        self.action_create()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Create or cancel, or the advanced fields."""
        if event.button.id == "create":
            self.action_create()
        elif event.button.id == "more":
            self.action_more()
        else:
            self.dismiss(None)

    def action_more(self) -> None:
        """Show the advanced fields, or hide those that are at their defaults."""
        self._more = not self._more
        self.query_one("#more", Button).label = with_keys(_FEWER if self._more else _MORE)
        self._show_what_counts()
        if not self.query_one("#sample-row").display and self.focused in (None, self.query_one("#sample")):
            self.query_one(ModelList).focus()

    def _show_what_counts(self) -> None:
        self.query_one("#sample-row").display = self._more or bool(self._typed("sample"))

    def action_create(self) -> None:
        """End with what was chosen, unless it is refused: the line above the buttons says why."""
        if self.query_one("#create", Button).disabled:
            return
        greyscale, consent = self._is_on("greyscale"), self._is_on("consent")
        try:
            chosen = tuple(dict.fromkeys(VecType.of(model, greyscale) for model in self._models()))
            sample = self._sample()
        except (PictoscopeError, OSError) as error:
            self._refuse(_error_line(error))
        else:
            options = LoadOptions(allow_remote_code=consent)
            self.dismiss(VectorsRequest(chosen, options, sample, self._chosen_engine()))

    def _models(self) -> list[str]:
        """What is chosen: the models that are marked and the one that was typed, else the one under the cursor."""
        models = self.query_one(ModelList)
        typed = self._typed("another")
        chosen = [spec.key for spec in models.marked] + ([typed] if typed else [])
        return chosen or [models.current.key]

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    def _sample(self) -> int:
        """Pictures to compute; 0 for all."""
        typed = self._typed("sample")
        return _SAMPLE.check(typed) if typed else 0

    def _wanted(self) -> int:
        """Pictures that would be computed."""
        try:
            return min(self._sample() or self._pictures, self._pictures)
        except UsageError:
            return self._pictures

    def _chosen_engine(self) -> EngineChoice | None:
        """What computes; None for this machine."""
        chosen = any(select.value == _THERE for select in self.query("#engine").results(FormSelect))
        return self._engine if chosen else None

    def _is_on(self, name: str) -> bool:
        return self.query_one(f"#{name}", YesNo).given

    def _explain(self) -> None:
        current = self.query_one(ModelList).current
        self.query_one("#advice", Static).update(
            Text(f"{printable(current.advice)}\n{printable(' · '.join(self._facts(current)))}")
        )
        try:
            specs = [catalogue.find(model) for model in self._models()]
        except (PictoscopeError, OSError) as error:
            self._ask_consent([])
            self._refuse(_error_line(error))
            return
        self._ask_consent([spec for spec in specs if spec.remote_code or _may_bring_code(spec)])
        try:
            sample = self._sample()
            if engine := self._chosen_engine():
                registry.check(engine)
        except UsageError as error:
            self._refuse(_error_line(error))
        else:
            self._say_what_comes(specs, sample)

    def _facts(self, spec: ModelSpec) -> Iterator[str]:
        if measured := self._rates.get(spec.key):
            wanted = self._wanted()
            yield f"{rate(measured)} here, {duration(wanted / measured)} for {count(wanted)}"
        if spec.dim:
            yield f"dim {spec.dim}"
        if spec.gated:
            yield "gated: accept its licence on its page, set HF_TOKEN"
        yield from (fact for fact in (spec.licence, spec.repository) if fact)

    def _ask_consent(self, specs: Sequence[ModelSpec]) -> None:
        """Show the switch only where there is something to consent to; consent to one thing is none to another."""
        row, consent = self.query_one("#consent-row"), self.query_one("#consent", YesNo)
        row.visible = bool(specs)
        consent.disabled = not specs
        if not specs:
            consent.given = False
        owners = ", ".join(printable(spec.repository or spec.title) for spec in specs)
        must = any(spec.remote_code for spec in specs)
        text = f"trust and run the code of {owners}" if must else f"run code of {owners}, if it has any"
        consent.say(text)

    def _say_what_comes(self, specs: Sequence[ModelSpec], sample: int) -> None:
        names = list(dict.fromkeys(VecType(spec.key, self._is_on("greyscale")).name for spec in specs))
        if there := [name for name in names if name in self._existing]:
            verb = "exists" if len(there) == 1 else "exist"
            self._refuse(f"{_enumerated(there)} {verb} already: Restart computes what is missing")
            return
        if code := [spec.key for spec in specs if spec.remote_code and not self._is_on("consent")]:
            self._refuse(f"{', '.join(code)} runs Python code from its repository: Consent yes, if you trust it")
            return
        kind = "the vec type" if len(names) == 1 else f"{len(names)} vec types in one pass:"
        self.query_one("#create", Button).disabled = False
        some = f" for {count(sample)} of {count(self._pictures, 'picture')}" if 0 < sample < self._pictures else ""
        engine = self._chosen_engine()  # its workers download what they lack
        rest = f" · computed on {engine.address}{_sent(engine)}" if engine else _downloads(specs)
        self._tell(f"creates {kind} {_enumerated(names)}{some}{rest}", wrong=False)

    def _refuse(self, reason: str) -> None:
        self.query_one("#create", Button).disabled = True
        self._tell(reason, wrong=True)

    def _tell(self, text: str, *, wrong: bool) -> None:
        explanation = self.query_one("#explanation", Static)
        explanation.update(Text(printable(text)))
        explanation.set_class(wrong, "wrong")


def _where(engine: EngineChoice) -> FormSelect[str]:
    """This machine, or the engine."""
    choices = [(Text("this machine"), _HERE), (Text(printable(engine.address)), _THERE)]
    return FormSelect(choices, value=_HERE, allow_blank=False, compact=True, id="engine")


def _sent(engine: EngineChoice) -> str:
    return ", which is sent the pictures" if engine.send_pictures else ""


def _may_bring_code(spec: ModelSpec) -> bool:
    """Of a model that is not in the catalogue it is not known before its config is read."""
    return ":" in spec.key and spec.backend == "transformers"


def _error_line(error: PictoscopeError | OSError) -> str:
    known = error if isinstance(error, PictoscopeError) else refused(error)
    return f"{known.message}: {in_app(known.hint)}" if known.hint else known.message


def _downloads(specs: Sequence[ModelSpec]) -> str:
    absent = {spec.key: spec.size for spec in specs if not spec.available}
    if not absent:
        return ""
    size = byte_size(sum(absent.values())) if all(absent.values()) else "the weights"
    return f" · downloads {size} first"


def _enumerated(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + rest
