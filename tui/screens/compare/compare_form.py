"""The form of Compare: which vec types, which labels, what is measured."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Label, Select

from core.comparison.common_rows import MOST
from core.comparison.comparison import BY_ANY, BY_NOTHING, Measure
from core.key_hints import with_keys
from core.text import printable
from core.vectors.vec_types import VecTypeStatus
from tui.screens.compare.compare_choices import CompareChoices
from tui.screens.dialogs.form import Form
from tui.widgets.cells import shorten
from tui.widgets.field_help import FieldHelp
from tui.widgets.form_controls import YesNo
from tui.widgets.form_select import FormSelect

_NAME = 23  # cells of a name beside its switch
_MEASURES = {
    Measure.LABELS: ("by labels", "do neighbours share labels", "takes seconds"),
    Measure.TEXTS: ("by texts", "do words find their pictures", "searches for each tag or caption; loads models"),
    Measure.ALTERATIONS: (
        "by alterations",
        "is an altered picture found",
        "crops, blurs, turns pictures grey and looks for the originals: says who finds copies; loads models",
    ),
}
_BY_HELP = "what the neighbours are measured against; automatic: the first of tags, groups and properties that serves"
_TEXTS_HELP = "tags or captions to search for; automatic: the labels, or the first of tags, groups and properties"


class CompareForm(Form["CompareChoices | None"]):
    """Ends with what was chosen, or None.

    Args:
        statuses: the vec types that have rows.
        sources: where labels may come from.
        texts: where texts may come from.
        choices: what was chosen last.
        compared: names of the vec types that are compared now.
    """

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "run", "Measure", show=False),
    ]

    def __init__(
        self,
        statuses: Sequence[VecTypeStatus],
        sources: Sequence[str],
        texts: Sequence[str],
        choices: CompareChoices,
        compared: Sequence[str],
    ) -> None:
        super().__init__()
        self._statuses = statuses
        self._sources = sources
        self._texts = texts
        self._choices = choices
        self._compared = choices.names or tuple(compared)

    def compose(self) -> ComposeResult:
        """A switch for each vec type, the labels, a switch for each measure, then the buttons."""
        help_of = {"by": _BY_HELP, "texts": _TEXTS_HELP}
        with Vertical(classes="dialog form long") as box:
            box.border_title = Text("Compare")
            box.border_subtitle = with_keys(
                "tab next field · {yes-no.turn} changes it · {compare-form.measure} measures"
            )
            with VerticalScroll(id="fields", can_focus=False):
                for number, one in enumerate(self._statuses):
                    name, there = printable(one.vec_type.name), f"{one.coverage} pictures"
                    help_of[f"vec-type-{number}"] = f"{name}: {there}; {MOST} vec types at most"
                    yield _row(shorten(name, _NAME), YesNo(self._is_chosen(number), there, id=f"vec-type-{number}"))
                yield _row("labels from", _select(self._sources, self._choices.by, "by", (Text("none"), BY_NOTHING)))
                for measure, (title, question, help) in _MEASURES.items():
                    help_of[f"measure-{measure}"] = help
                    yield _row(title, YesNo(self._is_measured(measure), question, id=f"measure-{measure}"))
                    if measure is Measure.TEXTS:
                        yield _row("texts from", _select(self._texts, self._choices.texts, "texts"))
            yield FieldHelp(help_of, "which vec types suit this collection")
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {compare-form.cancel}"), id="cancel", compact=True)
                yield Button(with_keys("Measure  {compare-form.measure}"), id="run", variant="primary", compact=True)

    def _is_chosen(self, number: int) -> bool:
        if self._compared:
            return self._statuses[number].vec_type.name in self._compared
        return number < MOST

    def _is_measured(self, measure: Measure) -> bool:
        measures = self._choices.measures
        return measure is Measure.LABELS if measures is None else measure in measures

    def on_mount(self) -> None:
        """At the first vec type."""
        self.query_one("#vec-type-0").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "run":
            self.action_run()
        else:
            self.dismiss(None)

    def action_run(self) -> None:
        """Answer, unless too few or too many vec types are chosen."""
        names = [
            one.vec_type.name
            for number, one in enumerate(self._statuses)
            if self.query_one(f"#vec-type-{number}", YesNo).given
        ]
        if not 2 <= len(names) <= MOST:
            self.complain(f"choose two to {MOST} vec types: now {len(names)}")
            return
        by = self.query_one("#by", FormSelect).value
        measures = frozenset(one for one in Measure if self.query_one(f"#measure-{one}", YesNo).given)
        plain = measures == {Measure.LABELS} and by != BY_NOTHING  # alterations take its place where there are none
        texts = self.query_one("#texts", FormSelect).value if Measure.TEXTS in measures else BY_ANY
        self.dismiss(CompareChoices(tuple(names), str(by), None if plain else measures, str(texts)))

    def on_select_changed(self, event: Select.Changed) -> None:
        """Who says where texts come from wants them measured."""
        if event.select.id == "texts" and event.value not in (BY_ANY, self._choices.texts):
            self.query_one(f"#measure-{Measure.TEXTS}", YesNo).given = True


def _select(sources: Sequence[str], chosen: str, id: str, *more: tuple[Text, str]) -> FormSelect[str]:
    """Where something comes from: automatic, one of the sources, or what else is offered."""
    offered = [(Text("automatic"), BY_ANY), *((Text(printable(one)), one) for one in sources), *more]
    value = chosen if chosen in [value for _, value in offered] else BY_ANY
    return FormSelect(offered, value=value, allow_blank=False, compact=True, id=id)


def _row(title: str, control: Widget) -> Horizontal:
    return Horizontal(Label(title, classes="name", markup=False), control, classes="row")
