"""The line behind ``/``: a text search that answers while one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.timer import Timer

from core.actions.action_history import ActionHistory
from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.run import Question
from core.actions.text_search import TEXT_SEARCH, TextSearchParameters
from core.errors import PictoscopeError, UsageError
from core.key_hints import with_keys
from core.project import Project
from core.text import printable
from tui.messages import Failed
from tui.screens.question_screen import one_line
from tui.screens.results.results import ResultsScreen
from tui.widgets.form_controls import TextInput
from tui.widgets.picture_source import MatchSource

_PAUSE = 0.3  # seconds without a key after which the text is searched
_TYPE = "type what the pictures show: they appear as you type"
_PLACEHOLDER = "what the pictures show · {search.more-options} more options"


class SearchLine(TextInput):
    """The line itself: the foot of the screen says what can be done while one types."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("enter", "submit", "To the pictures", key_display="enter"),
        Binding("up", "earlier(1)", "Earlier texts", key_display="↑"),
        Binding("ctrl+o", "screen.more", "More options", key_display="ctrl+o"),
        Binding("escape", "app.leave", "Back", key_display="esc"),
    ]


class SearchScreen(ResultsScreen):
    """Results below the line that asks for them. Only what Enter confirms comes into the history.

    Args:
        project: that is searched.
        values: of the other fields of a text search, and the text to begin with.
        confirmed: called with each question that Enter confirms.
        open_form: shows the whole form in the place of this screen.
    """

    BINDINGS: ClassVar[list[Any]] = [
        Binding("ctrl+o", "more", "More options", show=False),
        Binding("slash", "type", "Change the text", show=False, key_display="/"),
    ]

    class _Known(Message):
        """Earlier texts, and whether there are vectors to search with."""

        def __init__(self, texts: Sequence[str], *, usable: bool) -> None:
            super().__init__()
            self.texts = texts
            self.usable = usable

    def __init__(
        self,
        project: Project,
        values: Mapping[str, Any],
        confirmed: Callable[[Question[Any]], None],
        open_form: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._nothing = Question(TEXT_SEARCH, {**values, "text": ""}, TextSearchParameters(text=""))
        super().__init__(project, self._nothing)
        self._confirmed = confirmed
        self._open_form = open_form
        self._line = SearchLine(str(values.get("text") or ""), placeholder=with_keys(_PLACEHOLDER), id="search-line")
        self._timer: Timer | None = None
        self._keep = False  # whether the question comes into the history

    def compose(self) -> ComposeResult:
        """The line above the results."""
        yield self._line
        yield from super().compose()

    def begin(self) -> None:
        """The line has the focus."""
        super().begin()
        self._line.focus()
        self.run_worker(self._find_out, thread=True, group="search-line")

    def _find_out(self) -> None:
        try:
            usable = any(status.text and status.done for status in self._project.statuses())
            texts = ActionHistory(self._project).texts(TEXT_SEARCH)
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))
        else:
            self.post_message(self._Known(texts, usable=usable))

    def on_search_screen__known(self, message: _Known) -> None:
        """Without vectors that read text the form says what to do."""
        message.stop()
        self._line.offer(message.texts)
        if not message.usable:
            self.action_more()

    @property
    def question_text(self) -> str:
        """It stands in the line."""
        return ""

    # -- asking ---------------------------------------------------------------------------------------------------

    def on_input_changed(self) -> None:
        """Search when the typing pauses."""
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self._search)

    def on_input_submitted(self) -> None:
        """Search now, and go to the pictures."""
        if self._timer:
            self._timer.stop()
        if self._search(keep=True):
            self.grid.focus()

    def _search(self, *, keep: bool = False) -> bool:
        """Ask for the text in the line. Returns whether it can be asked for."""
        text = self._line.value.strip()
        if not text:
            self._forget()
            return False
        if not keep and text == self._question.values["text"]:
            self.show_note(printable(self._answer.note if self._answer else ""))  # no longer what was wrong meanwhile
            return False
        try:
            self._question = self._question.with_values({"text": text})
        except UsageError as error:
            self._say(error)
            return False
        self._keep = keep
        self._earlier.clear()  # what was added to another text
        if keep:
            self._confirmed(self._question)
        self._run()
        return True

    def _forget(self) -> None:
        """The line is empty: so is the answer."""
        if self._question is self._nothing:
            self.show_note("")  # what was wrong with the text before
            return
        self._stop.set()  # a search that still runs
        self._question, self._answer, self._doing = self._nothing, None, ""
        self._earlier.clear()
        self._cut.show_distribution(None)
        self.show_pictures(MatchSource(self._project.catalog, ()), 0)
        self._show_answer()
        self._show_question()
        self._run()
        self.refresh_bindings()

    def _run(self) -> None:
        if self._question.parameters.text:
            self.query_one("#note").display = False
            super()._run()
        else:
            self.show_words(_TYPE)
            self.show_header()

    def answer(self, question: Question[Any], context: Context) -> Answer:
        """Ask; a text that is still typed is not kept."""
        return question.ask(context) if self._keep else question.preview(context)

    def no_answer(self, error: PictoscopeError | OSError) -> None:
        """A text that is still typed may be wrong: say so, and wait. Missing vectors can be created in the form."""
        if isinstance(error, UsageError):
            self._say(error)
            if self._keep:  # Enter has left the line: what is typed now shall correct the text, not be taken as keys
                self._line.focus()
        else:
            super().no_answer(error)

    def _say(self, error: PictoscopeError) -> None:
        self._doing = ""
        if self._answer is None:  # nothing is searched any more
            self.show_words(_TYPE)
        self.show_note(printable(one_line(error)))
        self.show_header()

    def change_values(self) -> None:
        """Type another text."""
        self.action_type()

    def action_type(self) -> None:
        """Back to the line; what is typed replaces the text."""
        self._line.focus()
        self._line.action_select_all()

    def action_more(self) -> None:
        """The whole form, with the text."""
        values = {**self._question.values, "text": self._line.value}
        if self.app.screen is self:
            self.app.pop_screen()
            self.app.call_later(self._open_form, values)  # by the app: this screen is gone before the form answers
