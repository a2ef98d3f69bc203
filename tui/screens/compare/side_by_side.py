"""Side by side: one question through two to six vec types, in columns that scroll together."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from core.actions.answer import Match
from core.actions.definition import Context
from core.comparison.columns import TEN, Column, Columns, ask_side_by_side
from core.comparison.shared_question import SharedQuestion
from core.errors import Cancelled, PictoscopeError
from core.key_hints import with_keys
from core.project import Project
from core.text import count, printable
from core.unexpected import bugs_as_errors
from tui.exporting import Offer, of_source
from tui.messages import Failed
from tui.screens.base import action_bindings, common_bindings, label_bindings
from tui.screens.browse.picture import PictureScreen
from tui.screens.grid_screen import GridScreen
from tui.screens.question_screen import one_line
from tui.widgets.cells import in_lines, shorten
from tui.widgets.compare_columns import ONLY_HERE, ColumnsGrid, ColumnsSource
from tui.widgets.image_grid import ImageGrid
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.picture_source import MatchSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

_NAME = 30  # cells of the name of a picture
_ABOUT = (
    f"Each column is a vec type, its best picture first. {ONLY_HERE} marks what no other finds: one of the first ten "
    "that is in nobody else's first ten, one of the second ten that is in nobody else's first twenty, and so on. "
    "Where the picture under the cursor stands in each column is said below."
)


class SideBySideScreen(GridScreen):
    """Asks when it is opened. Names may be hidden: then the columns are in an order that does not give them away.

    Args:
        project: that is asked.
        question: pictures or a text, and which vec types.
    """

    BINDINGS = [
        Binding("b", "blind", "Hide names", tooltip="hide which column is whose, or show it again"),
        Binding("escape", "app.leave", "Back", show=False),
        *action_bindings(show=False),
        *label_bindings(show=False),
        Binding("equals_sign", "app.compare", "Ask with this", key_display="=", tooltip="ask with the chosen pictures"),
        *(key for key in common_bindings("g", "J") if key.action != "app.compare"),
    ]

    @dataclass
    class _Doing(Message):
        text: str

    @dataclass
    class _Answered(Message):
        found: Columns
        asked: str

    class _NoAnswer(Failed):
        """Nobody can answer."""

    def __init__(self, project: Project, question: SharedQuestion) -> None:
        super().__init__()
        self._project = project
        self._question = question
        self._stop = threading.Event()
        self._doing = "asking"
        self._asked = f"“{printable(question.text)}”" if question.text else count(len(question.pictures), "picture")
        self._found: Columns | None = None
        self._order: list[Column] = []
        self._blind = False

    @property
    def about(self) -> str:
        return _ABOUT

    @property
    def shared_question(self) -> SharedQuestion | None:
        """The pictures that are chosen here, through the same vec types."""
        return SharedQuestion.of_keys(self.chosen_keys, self._question.names)

    @property
    def exports(self) -> Sequence[Offer]:
        """All that is in the columns."""
        source = self.grid.source
        return [of_source("the pictures of all columns", "side by side", source)] if source and len(source) else []

    @property
    def names(self) -> list[str]:
        """What stands above the columns, from left to right."""
        return [self._shown_name(column) for column in self._order]

    def compose(self) -> ComposeResult:
        """Names, columns, what is said of the picture under the cursor."""
        yield Static("", id="header")
        yield Static("", id="note", markup=False)
        with Horizontal(id="panes"):
            with Vertical(id="columns"):
                yield Static("", id="column-names", markup=False)
                yield ColumnsGrid(id="grid", empty="asking…")
            yield Preview(id="preview")
        yield Static("", id="places", markup=False)
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        self.begin()
        self.query_one("#note").display = False
        self._run()

    def on_unmount(self) -> None:
        """Who leaves does not want the answer."""
        self._stop.set()

    # -- asking ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._stop = stop = threading.Event()
        context = Context(
            self._project, self.host.encoder, stop, lambda text: self._post_unless(stop, self._Doing(text))
        )
        question = self._question

        def work() -> None:
            try:
                with bugs_as_errors():
                    columns, asked = ask_side_by_side(context, question), self._words(question)
                self._post_unless(stop, self._Answered(columns, asked))
            except Cancelled:
                return
            except (PictoscopeError, OSError) as error:
                self._post_unless(stop, self._NoAnswer(error))

        self.run_worker(work, thread=True, group="action")
        self.show_header()

    def _post_unless(self, stop: threading.Event, message: Message) -> None:
        if not stop.is_set():
            self.post_message(message)

    def _words(self, question: SharedQuestion) -> str:
        """What was asked; in a thread."""
        if question.text:
            return f"“{question.text}”"
        first, more = question.pictures[0], len(question.pictures) - 1
        if re.fullmatch("[0-9a-f]{40}", first):
            key = bytes.fromhex(first)
            picture = self._project.catalog.by_keys([key]).get(key)
            first = picture.name if picture else "a picture"
        return first.rpartition("/")[2] + (f" and {count(more)} more" if more else "")

    def on_side_by_side_screen__doing(self, message: _Doing) -> None:
        """Say what the search is doing."""
        message.stop()
        self._doing = message.text
        self._show_doing()

    def on_model_loading(self) -> None:
        """Say what is waited for."""
        if self._doing:
            self._show_doing()

    def _show_doing(self) -> None:
        self.show_words(f"{self._waiting_for}…")
        self.show_header()

    @property
    def _waiting_for(self) -> str:
        """What it is at; empty once there is an answer, or none."""
        loading = self.host.loading_model
        return f"loading {printable(loading)}" if loading and self._doing else printable(self._doing)

    def on_side_by_side_screen__answered(self, message: _Answered) -> None:
        message.stop()
        self._doing, self._found, self._asked = "", message.found, printable(message.asked)
        self._show_columns(message.found.answering)
        self.refresh_bindings()

    def _show_note(self, found: Columns) -> None:
        """Who does not answer, and why: without names while they are hidden, which would tell by what is missing."""
        silent = [one for one in found.of if one.problem]
        said = [f"{one.name}: {one.problem}" for one in silent]
        if self._blind and silent:
            said = [f"{count(len(silent), 'vec type')} cannot answer this"]
        note = " · ".join(filter(None, [*said, found.note]))
        self.query_one("#note", Static).update(Text(printable(note)))
        self.query_one("#note").display = bool(note)

    def on_side_by_side_screen__no_answer(self, message: _NoAnswer) -> None:
        """Say why there is no answer."""
        message.stop()
        self._doing = ""
        self.show_words(with_keys(f"{printable(one_line(message.error))} · {{leave}} goes back"))
        self.show_header()

    def _show_columns(self, order: Sequence[Column]) -> None:
        if self._found is None:
            return
        self._order = list(order)
        self.show_pictures(ColumnsSource(self._project.catalog, self._found, order), self.grid.cursor)
        self.show_header()

    # -- names ----------------------------------------------------------------------------------------------------

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "blind" and self._found is None:
            return self.awaited or "there is no answer yet"
        return super().hindrance(action, parameters)

    def action_blind(self) -> None:
        """Hide which column is whose, and put them in another order; or show it again."""
        if self._found is None:
            return
        self._blind = not self._blind
        order = list(self._found.answering) if not self._blind else self._order
        if self._blind:
            random.shuffle(order)
            self._show_columns(order)
        self.show_header()

    def _shown_name(self, column: Column) -> str:
        return ascii_uppercase[self._order.index(column)] if self._blind else column.name

    # -- showing --------------------------------------------------------------------------------------------------

    def show_header(self) -> None:
        """The question, the names above the columns, and where the picture under the cursor stands."""
        facts = self._waiting_for
        if self._found is not None:
            self._show_note(self._found)
            facts = f"{count(len(self._found.keys), 'picture')} compared"
        self.draw_header(f"Side by side: {self._asked}", self.with_selection(facts))
        self.call_after_refresh(self._show_names)
        self._show_places()

    def _show_names(self) -> None:
        if self._order:
            self.query_one("#column-names", Static).update(self.query_one(ColumnsGrid).headings(self.names))

    def on_image_grid_moved(self, message: ImageGrid.Moved) -> None:
        """Another picture under the cursor."""
        self._show_places()

    def _show_places(self) -> None:
        line, source = self.query_one("#places", Static), self.grid.source
        item = self.grid.current
        if self._found is None or item is None or not isinstance(source, ColumnsSource):
            line.update("")
            return
        lines = in_lines(self._places(self._found, source, item.picture.key), self.app.size.width - 2)
        name = shorten(printable(item.picture.name), _NAME)
        line.update(Text("\n".join([Text.assemble((name, "bold"), self._only(source)).plain, *lines[:2]])))

    def _places(self, found: Columns, source: ColumnsSource, key: bytes) -> list[str]:
        """Where a picture stands in each column; those that do not answer come last, with a dash."""
        silent = [] if self._blind else [one for one in found.of if one.problem]
        return [
            f"{printable(self._shown_name(one)) if not one.problem else one.name} {found.place(one, key) or '–'}"
            for one in (*source.order, *silent)
        ]

    def _only(self, source: ColumnsSource) -> str:
        at = self.grid.cursor
        if not source.is_only_here(at):
            return ""
        limit = -(-source.rank(at) // TEN) * TEN
        return f"  {ONLY_HERE} only {printable(self._shown_name(source.column(at)))} finds it among the first {limit}"

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Show one picture large; left and right go through its column."""
        message.prevent_default()
        source = self.grid.source
        if message.item is None or not isinstance(source, ColumnsSource):
            return
        at = self.grid.cursor
        matches = [Match(key, b"", None) for key in source.ranked(at)]
        column = MatchSource(self._project.catalog, matches)
        self.app.push_screen(PictureScreen(self._project, column, source.rank(at) - 1, message.item))
