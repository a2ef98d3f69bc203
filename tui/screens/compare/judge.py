"""Judge: a picture, and what the models found for it. Which model found what stays hidden until the answer is sure."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from core.actions.answer import Match
from core.actions.definition import Context
from core.comparison.common_rows import MOST
from core.errors import PictoscopeError
from core.key_hints import with_keys
from core.labels.judgements import is_judgement
from core.labels.undo import History
from core.project import Project
from core.text import count, printable
from tui.messages import Failed, LabelsChanged, VectorsChanged
from tui.newest import read_newest
from tui.reading import failure_words
from tui.screens.base import PictoscopeScreen, common_bindings
from tui.screens.browse.picture import PictureScreen
from tui.screens.compare import judge_lines
from tui.screens.compare.judge_grid import JudgeGrid
from tui.screens.compare.judge_question import JudgeQuestion
from tui.screens.dialogs.dialogs import Confirm
from tui.widgets.cells import header, header_room, shorten
from tui.widgets.image_grid import ImageGrid
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.progress import JobLine

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.comparison.judging_session import JudgingSession

_ABOUT = (
    "Only pictures that one model has among its first ten and another has not are shown, in an order that is fair to "
    "all (team draft). A sequential test, valid however often one looks, says when the answer is sure."
)


class JudgeScreen(PictoscopeScreen):
    """Asks question after question; what is judged is kept at once.

    Args:
        project: open.
        names: of two vec types or more; all that there are by default.
        person: who judges; by default the name of the login.
        where: a filter for the pictures; all by default.
    """

    BINDINGS = [
        Binding("n", "skip", "Skip", tooltip="ask something else"),
        Binding("u", "undo", "Undo", tooltip="take back what was judged or skipped last"),
        Binding("r", "reveal", "Names", tooltip="show or hide which vec types are judged"),
        Binding("R", "again", "Choose questions again", show=False),
        *common_bindings("g", "J")[:-1],
        Binding("escape,q", "leave", "Back", key_display="q"),
    ]

    @dataclass
    class _Opened(Message):
        session: JudgingSession

    @dataclass
    class _Changed(Message):
        session: JudgingSession
        names: list[str]

    @dataclass
    class _Says(Message):
        text: str

    class _NotOpened(Failed):
        """There is nothing to judge."""

    def __init__(self, project: Project, names: Sequence[str] = (), person: str = "", where: str = "") -> None:
        super().__init__()
        self._project = project
        self._names = tuple(names)
        self._person = person
        self._where = where
        self._stop = threading.Event()
        self._session: JudgingSession | None = None
        self._shown: tuple[bytes, list[bytes]] = (b"", [])  # the question on show, and its pictures
        self._done: list[str] = []  # what was done, newest last: "judge", "skip"
        self._revealed = False
        self._failed = ""  # why no questions could be chosen
        self._goes_on = False  # although the answer is sure
        self._changed: list[str] = []  # vec types with other rows than the questions come from

    def compose(self) -> ComposeResult:
        """Header, how far it is, question and pictures."""
        yield Static(id="header", markup=False)
        yield Static(id="standing", markup=False)
        yield Static(id="note", markup=False)
        yield Static(id="judge-guide", markup=False)
        with Horizontal(id="panes"):
            yield JudgeQuestion(id="judge-question")
            yield JudgeGrid(id="grid", empty="choosing questions…")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Say what is being done, then do it."""
        self.query_one("#note").display = False
        self._grid.focus()
        self._draw()
        self._open()

    def on_unmount(self) -> None:
        """Nobody waits any more; other screens may show judgements."""
        self._stop.set()
        if self._done:
            self.host.broadcast(LabelsChanged)

    @property
    def about(self) -> str:
        return _ABOUT

    @property
    def chosen(self) -> list[Item]:
        """The marked pictures, or the one under the cursor."""
        return self._grid.chosen

    @property
    def session(self) -> JudgingSession | None:
        """What is judged; None while its questions are chosen."""
        return self._session

    @property
    def hidden(self) -> bool:
        """Whether the vec types are not named yet."""
        return not (self._revealed or (self._session is not None and self._session.result.decided))

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """Judging needs a question."""
        if action in ("judge", "skip", "undo", "reveal", "again") and self._session is None:
            return self._failed or "still choosing questions"
        if action == "skip" and self._session is not None and not self._shown[0]:
            return "there is no question to skip"
        if action == "judge" and self._session is not None and self._session.current is None:
            return "no question is left"
        return ""

    # -- opening, in a thread ---------------------------------------------------------------------------------------

    @property
    def awaited(self) -> str:
        return self._grid.empty if self._session is None else ""

    def _open(self) -> None:
        context = Context(self._project, self.host.encoder, self._stop, lambda text: self._say(text))
        names, person, where = self._names, self._person, self._where

        def choose() -> Message:
            from core.comparison.comparison import default_vec_types
            from core.comparison.judging_session import JudgingSession

            chosen = names or default_vec_types(self._project)
            return self._Opened(JudgingSession.open(context, chosen, person, where))

        read_newest(self, choose, group="judge", failed=self._NotOpened, only_last=True)

    def _say(self, text: str) -> None:
        self.post_message(self._Says(text))

    def on_judge_screen__says(self, message: _Says) -> None:
        """Say in the grid what is being done."""
        if self._session is None:
            self._grid.empty = f"{message.text}…"
            self._grid.refresh()

    def on_judge_screen__opened(self, message: _Opened) -> None:
        """The first question that is not judged yet."""
        self._session, self._changed = message.session, []
        self._show()

    def on_judge_screen__not_opened(self, message: _NotOpened) -> None:
        """Back to where the person came from, with the reason; a session that was going on stays."""
        message.stop()
        self.host.tell(message.error)
        if self._session is None and self.app.screen is self:
            self.app.pop_screen()
        elif self._session is None:
            self._failed = self._grid.empty = failure_words(message.error)
            self._grid.refresh()

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """Vectors were deleted or added: the questions stay, which is said."""
        self._look_for_changes()

    def _look_for_changes(self) -> None:
        session = self._session
        if session is not None:
            read_newest(self, lambda: self._Changed(session, session.changed_rows()), group="changes")

    def on_judge_screen__changed(self, message: _Changed) -> None:
        """Say once which vectors have changed."""
        if message.session is self._session and message.names != self._changed:
            self._changed = message.names
            self._draw()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """A judgement may have been undone, here or elsewhere."""
        if self._session is not None:
            try:
                self._session.read()
            except PictoscopeError as error:
                self.host.tell(error)
            self._show()

    # -- judging ------------------------------------------------------------------------------------------------------

    def action_judge(self) -> None:
        """What is marked is relevant, the rest is not; then the next question. Where the answer is sure: go on."""
        session = self._session
        if session is None or session.current is None:
            return
        if self._shown[0] and (below := self._grid.unseen):
            self._grid.action_move_pages(1)
            unseen = f"{count(below, 'picture')} not seen yet · {{judge-grid.judge-all}} judges then"
            self.notify(with_keys(unseen), markup=False)
            return
        if not self._shown[0]:
            self._goes_on = True
        else:
            try:
                session.judge(set(self._grid.selected_keys))
            except (PictoscopeError, OSError) as error:
                self.host.tell(error)
                return
            self._done.append("judge")
            self._look_for_changes()
        self._show()

    def action_skip(self) -> None:
        """Leave this question out and ask the next one."""
        if self._session is not None and self._shown[0]:
            self._session.skip()
            self._done.append("skip")
            self._show()

    def action_undo(self) -> None:
        """Take back what was done last: here, or in an earlier session."""
        last = self._done.pop() if self._done else ""
        if last == "skip" and self._session is not None and self._session.take_skip_back():
            self._show()
        elif last or self._judged_last():
            self.host.action_undo()
        else:
            self.notify("nothing was judged last that could be taken back", markup=False)

    def _judged_last(self) -> bool:
        """Whether the newest change of labels is a judgement: nothing else is undone from here."""
        try:
            done = (step for step in History(self._project.catalog).steps() if not step.undone)
            newest = next(done, None)
        except PictoscopeError as error:
            self.host.tell(error)
            return False
        return newest is not None and is_judgement(newest)

    def action_leave(self) -> None:
        """Back. Marks of a question that was not judged would be lost: that is asked."""
        marked = len(self._grid.selected_keys) if self._shown[0] else 0
        if not marked:
            self.host.action_leave()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.host.action_leave()

        lost = f"{count(marked, 'picture')} {'is' if marked == 1 else 'are'} marked, but not judged yet"
        self.app.push_screen(
            Confirm(f"{lost} ({with_keys('{judge-grid.judge-all}')} judges). Leave anyway?", "Leave"), answered
        )

    def action_reveal(self) -> None:
        """Show the names, or hide them again."""
        self._revealed = not self._revealed
        self._draw()

    def action_again(self) -> None:
        """Choose questions again, from the vectors as they are now."""
        self._open()

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Show one picture large."""
        grid = message.grid
        if grid.source is not None and message.item:
            self.app.push_screen(PictureScreen(self._project, grid.source, grid.cursor, message.item))

    def on_image_grid_selection_changed(self) -> None:
        """Say how many pictures are marked."""
        self._draw()

    # -- showing ------------------------------------------------------------------------------------------------------

    @property
    def _grid(self) -> JudgeGrid:
        return self.query_one(JudgeGrid)

    def _show(self) -> None:
        """Show the current question; the verdict instead where there is one, until the person goes on."""
        session = self._session
        if session is None:
            return
        stopped = session.result.decided and not self._goes_on
        current = None if stopped else session.current
        keys = session.to_judge if current else []
        shown = (current.key if current else b"", keys)
        if shown != self._shown or not keys:
            self._shown = shown
            self._grid.clear_selection()
            self._grid.empty = judge_lines.instead_of_a_question(session, stopped=stopped)
            source = MatchSource(self._project.catalog, [Match(key, b"", None) for key in keys])
            self._grid.show(source, self._project.thumbnails)
            picture = self._project.catalog.by_keys([shown[0]]).get(shown[0]) if shown[0] else None
            question = self.query_one(JudgeQuestion)
            question.display = bool(keys)  # a verdict has the whole width
            question.show(picture, self._project.thumbnails)
        self._draw()
        self.refresh_bindings()

    def on_resize(self) -> None:
        """The lines are as wide as the screen."""
        self._draw()

    def _draw(self) -> None:
        """The lines above the pictures."""
        session, width = self._session, self.app.size.width
        who = f"as {printable(session.person)}" if session else ""
        what = " or ".join(session.names) if session and not self.hidden else "vec types hidden"
        facts = " · ".join(filter(None, (what, who))) if session else ""
        title = Text(shorten("Judge", header_room(facts, width)))
        self.query_one("#header", Static).update(header(title, facts, width))
        room = width - 2  # a margin at each side
        standing = judge_lines.standing(session.result, room, hidden=self.hidden) if session else ""
        self.query_one("#standing", Static).update(Text(standing, no_wrap=True, overflow="ellipsis"))
        _, pictures = self._shown
        guide = judge_lines.guide(len(pictures), len(self._grid.selected_keys), room) if self._shown[0] else ""
        self.query_one("#judge-guide", Static).update(Text(guide, no_wrap=True, overflow="ellipsis"))
        notes = (
            judge_lines.notes(session, self._changed, goes_on=self._goes_on and bool(self._shown[0])) if session else []
        )
        note = self.query_one("#note", Static)
        note.update(Text("; ".join(notes)))
        note.display = bool(notes)


def names_in(typed: str) -> list[str]:
    """Names with blanks or commas between them."""
    return typed.replace(",", " ").split()


def wrong_names(names: Sequence[str], there: Sequence[str]) -> str:
    """Why vec types cannot be judged; empty if they can."""
    if unknown := [name for name in names if name not in there]:
        return f"there is no vec type {', '.join(unknown)}; there are {', '.join(there)}"
    if not 2 <= len(set(names)) <= MOST or len(set(names)) < len(names):
        return f"two to {MOST} different names"
    return ""
