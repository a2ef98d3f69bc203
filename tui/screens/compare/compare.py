"""Compare: which vectors suit this collection, a line for each vec type, and advice above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from core.actions.parameters import VecTypeParameter
from core.actions.registry import actions
from core.comparison.advice import advice
from core.comparison.comparison import Comparison
from core.comparison.shared_question import SharedQuestion
from core.errors import PictoscopeError, VectorsMissing
from core.key_hints import with_keys
from core.project import Project
from core.text import printable
from core.vectors.vec_types import VecTypeStatus
from tui.messages import VectorsChanged
from tui.screens.base import common_bindings
from tui.screens.compare.changed import ChangedScreen
from tui.screens.compare.compare_choices import CompareChoices
from tui.screens.compare.compare_form import CompareForm
from tui.screens.compare.compare_words import agreement_lines, in_full, measured, notes
from tui.screens.compare.measuring import MeasuringScreen
from tui.screens.compare.pick import Pick
from tui.screens.compare.side_by_side import SideBySideScreen
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.question_screen import one_line
from tui.widgets.cells import first_that_fits, header, header_room, in_lines, shorten
from tui.widgets.compare_table import CompareTable
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.progress import JobLine

_MOST_CHANGED = 100  # pictures
_CANCELLED = "cancelled · {compare.again} measures again, {compare.choose} chooses what"
_TOO_FEW = "{line-table.open} creates vectors with another model; then the vec types can be compared"
_OTHERWISE = "{compare.choose} chooses other vec types or labels, {compare.again} tries again"
_ABOUT = (
    "MAP@R is the precision over the first R places, where R is how many other pictures share a label; vote is the "
    "share of pictures whose ten nearest vote for one of their labels; both with 95 % intervals, averaged over labels. "
    "The effective rank of vectors (RankMe) and CKA are not shown: they look like quality and are not."
)


class CompareScreen(MeasuringScreen):
    """Measures when it is opened; ``v`` changes what. Leaving it stops the measuring.

    Args:
        project: whose vec types are compared.
        pictures: keys of pictures that side by side begins with: those that were chosen where one came from.
    """

    BINDINGS = [
        Binding("s", "side_by_side", "Side by side", tooltip="one question through several vec types"),
        Binding("slash", "ask_text", "Text", key_display="/", tooltip="a text through several vec types"),
        Binding("m", "most_changed", "Most changed", tooltip="pictures whose neighbours change most between two"),
        Binding("D", "default", "Default", tooltip="use this vec type by default"),
        Binding("b", "judge", "Judge", tooltip="judge which finds better: a few questions, the models hidden"),
        Binding("v", "choose", "Choose", tooltip="choose vec types, labels and measures"),
        Binding("r", "again", "Again", tooltip="measure again"),
        Binding("x", "cancel", "Cancel", show=False, tooltip="stop measuring"),
        Binding("escape", "app.leave", "Back", show=False),
        *common_bindings("g", "J"),
    ]

    def __init__(self, project: Project, pictures: Sequence[bytes] = ()) -> None:
        super().__init__(project)
        self._pictures = tuple(pictures)

    @property
    def about(self) -> str:
        return _ABOUT

    def compose(self) -> ComposeResult:
        """Advice, table, the vec type under the cursor in full, notes and agreement."""
        yield Static("", id="header")
        yield Static("", id="compare-advice", markup=False)
        yield CompareTable("compare-table")
        yield Static("", id="in-full", markup=False)
        with VerticalScroll(id="compare-notes"):
            yield Static("", id="compare-words", markup=False)
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Measure at once."""
        self.query_one(CompareTable).focus()
        self._run()

    def _show_measured(self, found: Comparison, default: str) -> None:
        self.query_one(CompareTable).show(found, default)
        self._show()

    # -- showing --------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Lines of another width."""
        self._show()

    def _show_doing(self) -> None:
        self._show_header()
        if self._found is None:
            self._show_advice()

    def _show(self) -> None:
        self._show_header()
        self._show_advice()
        self._show_in_full()
        self._show_words()
        self.refresh_bindings()

    def _show_header(self) -> None:
        width = self.app.size.width
        said = measured(self._found) if self._found else ("", "")
        facts = shorten(printable(self._doing) or first_that_fits(([one] for one in said), width - 24), width - 24)
        title = Text(shorten("Compare", header_room(facts, width)))
        self.query_one("#header", Static).update(header(title, facts, width))

    def _show_advice(self) -> None:
        text = Text()
        if self._found is not None:
            text.append(advice(self._found), "bold")
            if self._since:
                text.append(with_keys(f"\n{printable(self._since)}: {{compare.again}} measures again"))
        elif self._failure is not None:
            few = isinstance(self._failure, VectorsMissing)
            text.append(f"{printable(one_line(self._failure))}\n", "bold")
            text.append(with_keys(_TOO_FEW if few else _OTHERWISE))
        elif self._doing:
            text.append(with_keys(f"{printable(self._doing)}… · {{compare.cancel}} stops"))
        else:
            text.append(with_keys(_CANCELLED))
        self.query_one("#compare-advice", Static).update(text)
        table = self.query_one(CompareTable)
        table.display = self._found is not None or self._failure is not None
        chooses = "" if self._doing else "Choose"
        table.when_empty = "Create vectors" if isinstance(self._failure, VectorsMissing) else chooses

    def on_data_table_row_highlighted(self) -> None:
        """Another vec type in full."""
        self._show_in_full()

    def _show_in_full(self) -> None:
        name = self.query_one(CompareTable).current
        line = self.query_one("#in-full", Static)
        line.display = bool(self._found and name)
        if self._found and name:
            lines = in_lines(
                [f"{printable(name)}: {in_full(self._found, name)[0]}", *in_full(self._found, name)[1:]],
                self.app.size.width - 2,
            )
            line.update("\n".join(lines))

    def _show_words(self) -> None:
        text = Text()
        if comparison := self._found:
            for paragraph in notes(comparison):
                text.append(f"{printable(paragraph)}\n")
            text.append("\n")
            names = self.query_one(CompareTable).names
            for number, line in enumerate(agreement_lines(comparison, names)):
                text.append("\n" if number else "").append_text(line)
        self.query_one("#compare-words", Static).update(text)

    # -- from here ------------------------------------------------------------------------------------------------

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        if action in ("side_by_side", "ask_text", "most_changed", "judge", "default") and self._found is None:
            return "nothing is compared yet"
        if action == "cancel" and not self._doing:
            return "nothing is being measured"
        return ""

    def action_choose(self) -> None:
        """Open the form that says what is compared."""

        def show(statuses: Sequence[VecTypeStatus], sources: Sequence[str], texts: Sequence[str]) -> None:
            able = [one for one in statuses if one.done and not one.problem]
            if not able:
                self.notify("there are no vectors yet", markup=False)
                return
            compared = [one.name for one in self._found.facts] if self._found else []
            self.app.push_screen(CompareForm(able, sources, texts, self._choices, compared), answered)

        def answered(choices: CompareChoices | None) -> None:
            if choices is not None:
                self._choices = choices
                self._run()

        self._read_statuses(show)

    def on_row_table_entered_empty(self) -> None:
        """Enter where nothing could be compared creates vectors."""
        if self._doing:
            self.notify(f"{printable(self._doing)}…", markup=False)
        elif isinstance(self._failure, VectorsMissing):
            self.host.action_create_vectors()
        else:
            self.action_choose()

    def on_data_table_row_selected(self) -> None:
        """What can be done with the vec type under the cursor."""
        name = self.query_one(CompareTable).current
        usable = [one for one in actions() if any(isinstance(field, VecTypeParameter) for field in one.fields())]
        lines = [("", f"Use {name} by default"), *((one.name, printable(one.title)) for one in usable)]

        def chosen(action: str | None) -> None:
            if action == "":
                self.action_default()
            elif action is not None:
                self.host.open_form(next(one for one in usable if one.name == action), {"vec_type": name})

        self.app.push_screen(Pick(name, lines), chosen)

    def action_default(self) -> None:
        """Use these vectors wherever no others are named."""
        name = self.query_one(CompareTable).current
        try:
            self._project.update_settings(lambda settings: replace(settings, default_vec_type=name))
        except (PictoscopeError, OSError) as error:
            self.host.tell(error)
        else:
            self.notify(f"{name} is the default vec type now", markup=False)
            self.host.broadcast(VectorsChanged)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.query_one(CompareTable).names)

    def action_side_by_side(self) -> None:
        """The pictures that were chosen before, else a text."""
        if self._pictures:
            self._open_columns(SharedQuestion(tuple(key.hex() for key in self._pictures), names=self._names))
        else:
            self.action_ask_text()

    def action_ask_text(self) -> None:
        """A text through all of them."""

        def answered(text: str | None) -> None:
            if text:
                self._open_columns(SharedQuestion(text=text, names=self._names))

        self.app.push_screen(
            AskLine(
                "Side by side",
                placeholder="what the pictures show",
                yes="Ask",
                help="a text that all these vec types search for, each in a column of its own",
            ),
            answered,
        )

    def _open_columns(self, question: SharedQuestion) -> None:
        if len(question.names) < 2:
            self.notify("side by side needs two vec types", markup=False)
        else:
            self.app.push_screen(SideBySideScreen(self._project, question))

    def action_judge(self) -> None:
        """Which of the two finds better; asked for, where there are more than two."""
        self.host.action_judge(*(self._names if len(self._names) == 2 else ()))

    def action_most_changed(self) -> None:
        """The pictures whose neighbours two vec types agree on least; asked for, where there are more than two."""
        comparison = self._found
        if comparison is None:
            return
        pairs = sorted(comparison.agreement.changed, key=lambda pair: comparison.agreement.share(*pair))
        if not pairs:
            self.notify("this needs two vec types", markup=False)
            return

        def show(number: str | None) -> None:
            if number is not None:
                self._open_changed(comparison, *pairs[int(number)])

        if len(pairs) == 1:
            show("0")
            return
        lines = [
            (str(number), f"{one} and {other}: {comparison.agreement.share(one, other):.0%} in common")
            for number, (one, other) in enumerate(pairs)
        ]
        by_chance = f" ({comparison.agreement.chance_note})" if comparison.agreement.chance_note else ""
        self.app.push_screen(Pick(f"Neighbours change most between{by_chance}", lines), show)

    def _open_changed(self, found: Comparison, one: str, other: str) -> None:
        agreed = found.agreement
        shares: Any = agreed.changed[(one, other)]
        pictures = [
            (agreed.keys[index : index + 1].tobytes(), float(shares[index]))
            for index in agreed.most_changed(one, other, _MOST_CHANGED)
        ]
        self.app.push_screen(ChangedScreen(self._project, (one, other), pictures))
