"""Recommend: complete a group at keyboard speed. Its examples at the left, the candidates, the preview at the right."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Footer, Static

from core.actions.answer import Match
from core.actions.definition import Action, Context
from core.actions.history import ActionHistory
from core.actions.recommend import RecommendParameters, as_answer
from core.catalog.subjects import Selection
from core.errors import Cancelled, PictoscopeError, VectorsMissing
from core.project import Project
from core.text import count, printable
from tui.exporting import Offer, of_entries, of_selection, of_source
from tui.messages import Failed, Scanned, VectorsChanged
from tui.screens.base import EXPORT, PictoscopeScreen, action_bindings, common_bindings
from tui.screens.candidates import Candidates
from tui.screens.dialogs import Confirm
from tui.screens.keep_as import Keep, KeepAs
from tui.screens.picture import PictureScreen
from tui.widgets.cells import header, header_room, shorten
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

if TYPE_CHECKING:  # NumPy comes with the first ranking, in a thread
    from core.actions.completion import Completion, Suggestions

_WIDE = 100  # columns from which the header has room for words
_ACCEPT, _REFUSE, _UNDO, _SAVE = "accept", "refuse", "undo", "save"


@dataclass(frozen=True)
class _Order:
    """Something that was asked for and is carried out in a thread.

    Attributes:
        what: accept, refuse, undo or save.
        keys: of the pictures that it is about.
        name: to save under.
    """

    what: str
    keys: tuple[bytes, ...] = ()
    name: str = ""


class ExampleGrid(ImageGrid):
    """The group's pictures: small, whatever size the person likes in other grids."""

    def set_picture_size(self, name: str) -> None:
        """Always small."""
        super().set_picture_size("small")


class RecommendScreen(PictoscopeScreen):
    """Candidates for a group. What is decided leaves at once; a thread writes it down and ranks anew."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("a", "decide('accept')", "Accept"),
        Binding("x", "decide('refuse')", "Refuse"),
        Binding("u", "undo", "Undo"),
        Binding("S", "save", "Save"),
        Binding("A", "decide_row('accept')", "Accept row"),
        Binding("X", "decide_row('refuse')", "Refuse row"),
        Binding("v", "again", "Vectors"),
        EXPORT,
        *(replace(binding, show=False) for binding in action_bindings()),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        Binding("escape,q", "leave", "Back", key_display="q"),
        *common_bindings("g", "J")[:-1],
    ]

    @dataclass
    class _Ranked(Message):
        suggestions: Suggestions
        handled: int  # orders carried out since the screen was opened
        said: tuple[str, ...]

    class _NotRanked(Failed):
        """There is no ranking."""

        def __init__(self, error: PictoscopeError | OSError, handled: int) -> None:
            super().__init__(error)
            self.handled = handled

    def __init__(self, project: Project, action: Action[Any], values: Mapping[str, Any]) -> None:
        super().__init__()
        self._project = project
        self._action = action
        self._values = dict(values)
        self._parameters: RecommendParameters = action.check(values)
        self._stop = threading.Event()
        self._carry_out = threading.Lock()
        # Used by the thread (one at a time) from here …
        self._completion: Completion | None = None
        self._orders: deque[_Order] = deque()
        self._handled = 0
        self._remembered = False
        # … to here; the rest by handlers.
        self._asked: list[_Order] = []  # all orders; those from `_seen` on are not in what is shown yet
        self._seen = 0
        self._working = False
        self._candidates = Candidates()
        self._suggestions: Suggestions | None = None
        self._at_first: frozenset[bytes] = frozenset()

    def compose(self) -> ComposeResult:
        """Header, the method, examples, candidates, preview."""
        yield Static(id="header", markup=False)
        yield Static(id="method", markup=False)
        yield Static(id="note", markup=False)
        with Horizontal(id="panes"):
            with Vertical(id="group"):
                yield Static(id="standing", markup=False)
                yield ExampleGrid(id="examples", empty="")
            yield ImageGrid(id="grid", empty="ranking…")
            yield Preview(id="preview")
        yield JobLine()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Say what is being done, then do it."""
        self.query_one("#note").display = False
        for grid in self.query(ImageGrid):
            grid.set_picture_size(self.pictoscope.look.picture_size)
        self._grid.focus()
        self._show_standing()
        self._work()

    def on_unmount(self) -> None:
        """What was decided is written down, should the thread have stopped just before."""
        self._stop.set()
        self._settle()

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor."""
        return self._grid.chosen

    @property
    def exports(self) -> Sequence[Offer]:
        """The selection, the candidates, and the group itself."""
        found, grid = self._suggestions, self._grid
        if found is None:
            return ()
        name = self._completion.subject.name if self._completion else self._parameters.for_
        title = f"{self._action.title} for {name}"
        offers = of_selection(title, grid)
        if grid.source is not None and len(grid.source):
            offers.append(of_source(f"these {count(len(grid.source), 'candidate')}", title, grid.source))
        if found.members:
            offers.append(of_entries(f"the group ({count(len(found.members))})", name, lambda: (found.members, None)))
        return offers

    @property
    def _grid(self) -> ImageGrid:
        return self.query_one("#grid", ImageGrid)

    # -- keys -----------------------------------------------------------------------------------------------------

    def action_decide(self, what: str) -> None:
        """The selection, or the picture under the cursor, belongs to the group, or does not."""
        self._decide(what, self._grid.chosen_keys)

    def action_decide_row(self, what: str) -> None:
        """All of the row that the cursor is in."""
        columns = self._grid.columns
        first = self._grid.cursor // columns * columns
        self._candidates = self._candidates.at(first)
        self._decide(what, [match.key for match in self._candidates.matches[first : first + columns]])

    def action_undo(self) -> None:
        """Take the newest decision back; its pictures return to the cursor."""
        self._ask(_Order(_UNDO))

    def action_save(self) -> None:
        """Keep a selection as a tag or group, with what was accepted and refused."""
        if self._suggestions is None or self._completion is None:
            return
        if not isinstance(self._completion.subject, Selection):
            self.notify(f"{self._completion.subject.name}: each decision is kept at once", markup=False)
            return

        def answered(keep: Keep | None) -> None:
            if keep:
                self._ask(_Order(_SAVE, name=f"{keep.kind}:{keep.name}"))

        members, refused = len(self._suggestions.members), len(self._suggestions.refused)
        remark = f"{count(refused)} refused for it" if refused else ""
        self.app.push_screen(KeepAs(self._project, members, remark=remark), answered)

    def action_again(self) -> None:
        """The same by other vectors; what was decided goes along."""
        values = dict(self._values)
        selection = self._selection
        if selection is not None and self._completion is not None:
            self._settle()
            values["like"] = (*(key.hex() for key in selection.members()), *self._completion.outside_paths)
            values["unlike"] = tuple(key.hex() for key in sorted(selection.refused()))
        self.pictoscope.open_form(self._action, values, again=True)

    def action_leave(self) -> None:
        """Back. Decisions about a selection that was not saved would be lost: that is asked."""
        if self._selection is None or not (self._asked or self._parameters.unlike):
            self.pictoscope.action_leave()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.pictoscope.action_leave()

        self.app.push_screen(
            Confirm("What was decided is not saved (S saves it). Leave all the same?", "Leave"), answered
        )

    @property
    def _selection(self) -> Selection | None:
        """The group, if it is no tag or saved group yet."""
        subject = self._completion.subject if self._completion else None
        return subject if isinstance(subject, Selection) else None

    def _decide(self, what: str, keys: Sequence[bytes]) -> None:
        if not keys or self._suggestions is None:
            return
        decided = set(keys)
        self._candidates = self._candidates.at(self._grid.cursor).without(decided)
        self._grid.update_selection(decided)
        self._ask(_Order(what, tuple(keys)))
        self._show_candidates()
        self._show_standing()

    def _ask(self, order: _Order) -> None:
        self._asked.append(order)
        self._orders.append(order)
        self._work()

    # -- in a thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        """Carry out what was asked and rank, unless a thread is at it: what it leaves is done when it reports."""
        if not self._working:
            self._working = True
            self.run_worker(self._carry_out_and_rank, thread=True, group="recommend")

    def _carry_out_and_rank(self) -> None:
        said: tuple[str, ...] = ()
        began = time.monotonic()
        try:
            if self._completion is None:
                self._completion = self._begin()
            said = self._settle()
            found = self._completion.rank(self._parameters.top)
            if not self._remembered:
                self._remember(self._completion.subject.name, found, time.monotonic() - began)
            self.post_message(self._Ranked(found, self._handled, said))
        except (PictoscopeError, OSError) as error:
            self.post_message(self._NotRanked(error, self._handled))

    def _begin(self) -> Completion:
        from core.actions.completion import completion

        given = self._parameters
        context = Context(self._project, self.pictoscope.encoder, self._stop)
        return completion(context, given.vec_type, given.for_, given.like, given.unlike, given.where)

    def _remember(self, name: str, found: Suggestions, seconds: float) -> None:
        """The first ranking is what was asked for; those that follow a decision are not remembered one by one."""
        answer = as_answer(name, found, self._parameters)
        ActionHistory(self._project).remember(self._action, self._parameters, answer, seconds)
        self._remembered = True

    def _settle(self) -> tuple[str, ...]:
        """Carry out every order that waits. Returns what is to be said about them."""
        said = []
        with self._carry_out:
            while self._orders:
                order = self._orders.popleft()
                self._handled += 1
                try:
                    said.append(self._carried_out(order))
                except (PictoscopeError, OSError) as error:  # the next ranking shows the picture again
                    self.post_message(Failed(error))
        return tuple(text for text in said if text)

    def _carried_out(self, order: _Order) -> str:
        completion = self._completion
        if completion is None:
            return ""
        if order.what == _ACCEPT:
            completion.subject.accept(order.keys)
        elif order.what == _REFUSE:
            completion.subject.refuse(order.keys)
        elif order.what == _UNDO:
            undone = completion.subject.undo()
            return f"undone: {undone}" if undone else "nothing was decided here that could be undone"
        elif isinstance(completion.subject, Selection):
            completion.subject = completion.subject.save(self._project.catalog, order.name)
            return f"saved as {completion.subject.name}; from here each decision is kept at once"
        return ""

    # -- what comes back ----------------------------------------------------------------------------------------------

    def on_recommend_screen__ranked(self, message: _Ranked) -> None:
        """A ranking; what was decided since is taken out of it."""
        message.stop()
        found, before = message.suggestions, self._suggestions
        self._suggestions = found
        if before is None:
            self._at_first = frozenset(found.members)
        self._went_on(message.handled)
        back: set[bytes] = set()
        if before is not None:
            back = {*before.members, *before.refused} - {*found.members, *found.refused}
        decided = {*found.members, *found.refused, *self._not_seen_yet()}
        self._candidates = self._candidates.at(self._grid.cursor).renewed(found.matches, decided, back)
        for text in message.said:
            self.notify(text, markup=False)
        self._keep_name()
        self._grid.empty = "nothing left to suggest · q goes back"
        self._show_candidates()
        if before is None or before.members != found.members:
            self._show_examples()
        self._show_standing()

    def on_recommend_screen__not_ranked(self, message: _NotRanked) -> None:
        """At first: back to where the person came from, with the reason. Later the list stays as it is."""
        message.stop()
        self._went_on(message.handled)
        if isinstance(message.error, Cancelled):
            return
        self.pictoscope.tell(message.error)
        if self._suggestions is not None or self.app.screen is not self:
            self._say(f"{message.error.message} · v chooses other vectors")
            return
        self.pictoscope.pop_screen()
        if isinstance(message.error, VectorsMissing):
            self.pictoscope.action_create_vectors()

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """They may be gone."""
        self._work()

    def on_scanned(self, message: Scanned) -> None:
        """Pictures came or went."""
        report = message.report
        if message.finished and (report.new or report.changed or report.removed):
            self._work()

    def on_image_grid_moved(self, message: ImageGrid.Moved) -> None:
        """Preview what the cursor is on."""
        if message.grid.has_focus or message.grid is self._grid:
            self.query_one(Preview).show(self._project, message.item.picture if message.item else None)

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Show one picture large."""
        grid = message.grid
        if grid.source is not None and message.item:
            self.app.push_screen(PictureScreen(self._project, grid.source, grid.cursor, message.item))

    def on_resize(self) -> None:
        """The header is as wide as the screen."""
        self._show_standing()

    def _went_on(self, handled: int) -> None:
        self._seen, self._working = handled, False
        if len(self._asked) > handled:
            self._work()

    def _not_seen_yet(self) -> set[bytes]:
        """Keys of what was decided after the ranking on show."""
        return {key for order in self._asked[self._seen :] for key in order.keys}

    def _keep_name(self) -> None:
        """A selection that was saved is asked for by its name from now on."""
        if self._completion is not None and self._selection is None and not self._parameters.for_:
            self._values |= {"for_": self._completion.subject.name, "like": (), "unlike": ()}
            self._parameters = self._action.check(self._values)

    # -- showing --------------------------------------------------------------------------------------------------

    def _show_candidates(self) -> None:
        grid, loaded = self._grid, self._grid.loaded
        known = {
            position: replace(loaded[match.key], score=match.score)
            for position, match in enumerate(self._candidates.matches)
            if match.key in loaded
        }
        source = MatchSource(self._project.catalog, self._candidates.matches)
        grid.show(source, self._project.thumbnails, cursor=self._candidates.cursor, known=known)
        if not known:
            self.query_one(Preview).show(self._project, None)

    def _show_examples(self) -> None:
        """The newest first."""
        if self._suggestions is None:
            return
        new = [key for key in self._suggestions.members if key not in self._at_first]
        keys = (*reversed(new), *(key for key in self._suggestions.members if key in self._at_first))
        source = MatchSource(self._project.catalog, tuple(Match(key, b"", None) for key in keys))
        self.query_one(ExampleGrid).show(source, self._project.thumbnails)

    def _show_standing(self) -> None:
        """Header, method, counts; what was decided a moment ago counts already."""
        found = self._suggestions
        title, facts, method = self._action.title, "", ""
        name = self._completion.subject.name if self._completion else self._parameters.for_
        if name:
            title += f" for {name}" if self._selection is None else f" {name}"
        if found:
            from core.actions.completion import METHOD

            waiting = self._asked[self._seen :]
            members = len(found.members) + sum(len(order.keys) for order in waiting if order.what == _ACCEPT)
            refused = len(found.refused) + sum(len(order.keys) for order in waiting if order.what == _REFUSE)
            accepted = members - len(self._at_first)
            facts = f"{accepted:,} accepted · {refused:,} refused · {found.vec_type}"
            if self.app.size.width >= _WIDE:
                facts = f"{accepted:,} accepted · {refused:,} refused · vec type {found.vec_type}"
            method = METHOD
            standing = f"{count(members, 'example')}\n{accepted:,} accepted\n{refused:,} refused"
            self.query_one("#standing", Static).update(standing)
            self._say(" · ".join(text for text in (found.note, found.remark) if text))
        width = self.app.size.width
        self.query_one("#header", Static).update(header(Text(shorten(title, header_room(facts, width))), facts, width))
        self.query_one("#method", Static).update(method)

    def _say(self, text: str) -> None:
        note = self.query_one("#note", Static)
        note.update(printable(text))
        note.display = bool(text)
