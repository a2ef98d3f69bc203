"""Recommend: complete a group at keyboard speed. Its examples at the left, the candidates, the preview at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from core.actions.answer import Match
from core.actions.definition import Context
from core.actions.recommend import RecommendParameters
from core.actions.run import Question
from core.errors import Cancelled, PictoscopeError
from core.key_hints import with_keys
from core.project import Project
from core.text import count, printable
from tui.exporting import Offer, of_entries, of_selection, of_source
from tui.messages import Failed, LabelsChanged, Scanned, VectorsChanged
from tui.reading import failure_words
from tui.screens.base import EXPORT, action_bindings, common_bindings
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.grid_screen import GridScreen
from tui.screens.question_screen import QuestionScreen
from tui.screens.results.candidates import Candidates
from tui.screens.results.keep_as import Keep, KeepAs
from tui.screens.results.recommend_work import ACCEPT, REFUSE, UNDO, Order, Ranking, RecommendWork
from tui.widgets.grid_layout import SMALL
from tui.widgets.image_grid import ImageGrid
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.picture_source import MatchSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

if TYPE_CHECKING:  # NumPy comes with the first ranking, in a thread
    from core.actions.recommend_session import Suggestions

_WIDE = 100  # columns from which the header has room for words
_ABOUT = (
    "Candidates are ranked by ridge regression on whitened vectors: the target is 1 for examples and 0 for refused "
    "pictures and the average picture."
)


class ExampleGrid(ImageGrid):
    """The group's pictures: small, whatever size the person likes in other grids."""

    usual = SMALL

    def set_pictures_in_row(self, count: int) -> None:
        """As many pictures in a row as there is room for."""
        super().set_pictures_in_row(0)


class RecommendScreen(GridScreen, QuestionScreen):
    """Candidates for a group. Decided pictures leave at once; a thread records the decision and ranks again."""

    BINDINGS = [
        Binding("a", "decide('accept')", "Accept"),
        Binding("x", "decide('refuse')", "Refuse"),
        Binding("u", "undo", "Undo"),
        Binding("S", "save", "Save"),
        Binding("A", "decide_row('accept')", "Accept row"),
        Binding("X", "decide_row('refuse')", "Refuse row"),
        Binding("v", "again", "Search with another vec type", show=False),
        EXPORT,
        *(replace(binding, show=False) for binding in action_bindings()),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        *common_bindings("g", "J")[:-1],
        Binding("escape,q", "leave", "Back", key_display="q"),
    ]

    class _Ranked(Message):
        def __init__(self, ranking: Ranking, handled: int) -> None:
            super().__init__()
            self.ranking = ranking
            self.handled = handled  # orders carried out since the screen was opened

    class _NotRanked(Failed):
        """There is no ranking."""

        def __init__(self, error: PictoscopeError | OSError, handled: int) -> None:
            super().__init__(error)
            self.handled = handled

    def __init__(self, project: Project, question: Question[RecommendParameters], *, from_form: bool = False) -> None:
        super().__init__(project, question, from_form=from_form)
        self._work = RecommendWork(project, lambda error: self.post_message(Failed(error)))
        self._asked: list[Order] = []  # all orders; those from `_seen` on are not in what is shown yet
        self._seen = 0
        self._working = False
        self._candidates = Candidates()
        self._suggestions: Suggestions | None = None
        self._at_first: frozenset[bytes] = frozenset()

    def compose(self) -> ComposeResult:
        """Header, examples, candidates, preview."""
        yield Static(id="header", markup=False)
        yield Static(id="note", markup=False)
        with Horizontal(id="panes"):
            with Vertical(id="group"):
                yield Static(id="standing", markup=False)
                yield ExampleGrid(id="examples", empty="")
            yield ImageGrid(id="grid", empty="ranking…")
            yield Preview(id="preview")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Say what is being done, then do it."""
        self.query_one("#note").display = False
        self.begin()
        self.show_header()
        self._rank()

    def on_unmount(self) -> None:
        """What was decided is written down, should the thread have stopped just before."""
        self._stop.set()
        self._work.settle()
        if self._asked:
            self.host.broadcast(LabelsChanged)

    @property
    def has_answer(self) -> bool:
        return self._suggestions is not None

    @property
    def answered_with(self) -> str:
        return self._suggestions.vec_type if self._suggestions else ""

    @property
    def about(self) -> str:
        """How candidates are ranked."""
        return _ABOUT

    @property
    def exports(self) -> Sequence[Offer]:
        """The selection, the candidates, and the group itself."""
        suggestions, grid = self._suggestions, self.grid
        if suggestions is None:
            return ()
        name = self._group_name
        title = f"{self._question.action.title} for {name}"
        offers = of_selection(title, grid)
        if grid.source is not None and len(grid.source):
            offers.append(of_source(f"these {count(len(grid.source), 'candidate')}", title, grid.source))
        if suggestions.members:
            offers.append(
                of_entries(f"the group ({count(len(suggestions.members))})", name, lambda: (suggestions.members, None))
            )
        return offers

    @property
    def _group_name(self) -> str:
        """Of the group, as far as it is known."""
        return self._work.completion.target.name if self._work.completion else self._question.parameters.for_

    # -- keys -----------------------------------------------------------------------------------------------------

    def action_decide(self, what: str) -> None:
        """The selection, or the picture under the cursor, belongs to the group, or does not."""
        self._decide(what, self.grid.chosen_keys)

    def action_decide_row(self, what: str) -> None:
        """All of the row that the cursor is in."""
        columns = self.grid.columns
        first = self.grid.cursor // columns * columns
        self._candidates = self._candidates.at(first)
        self._decide(what, [match.key for match in self._candidates.matches[first : first + columns]])

    def action_undo(self) -> None:
        """Take the newest decision back; its pictures return to the cursor."""
        self._ask(Order(UNDO))

    def action_save(self) -> None:
        """Keep a selection as a tag or group, with what was accepted and refused."""
        completion = self._work.completion
        if self._suggestions is None or completion is None:
            self.notify(self.awaited or "still ranking", markup=False)
            return
        if self._work.selection is None:
            self.notify(f"{completion.target.name}: each decision is saved immediately", markup=False)
            return

        members, refused = len(self._suggestions.members), len(self._suggestions.refused)
        remark = f"{count(refused)} refused for it" if refused else ""
        self.app.push_screen(KeepAs(self._project, members, self._save, remark=remark, replaces=False))

    def _save(self, keep: Keep) -> str:
        return self._work.save(f"{keep.kind}:{keep.name}")

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """The selection may have got a name."""
        self._keep_name()
        self.show_header()

    def action_again(self) -> None:
        """The same by other vectors; what was decided goes along."""
        values = dict(self._question.values)
        selection, completion = self._work.selection, self._work.completion
        if selection is not None and completion is not None:
            self._work.settle()
            values["like"] = (*(key.hex() for key in selection.members()), *completion.also_paths)
            refused = (key.hex() for key in sorted(selection.refused()))
            values["unlike"] = (*refused, *completion.against_paths)
        self.host.open_form(self._question.action, values, again=True)

    def action_leave(self) -> None:
        """Back. Decisions about a selection that was not saved would be lost: that is asked."""
        if self._work.selection is None or not (self._asked or self._question.parameters.unlike):
            self.host.action_leave()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.host.action_leave()

        self.app.push_screen(
            Confirm(with_keys("The decisions are not saved ({recommend.save} saves them). Leave anyway?"), "Leave"),
            answered,
        )

    def _decide(self, what: str, keys: Sequence[bytes]) -> None:
        if not keys or self._suggestions is None:
            return
        decided = set(keys)
        self._candidates = self._candidates.at(self.grid.cursor).without(decided)
        self.grid.update_selection(decided)
        self._ask(Order(what, tuple(keys)))
        self._show_candidates()
        self.show_header()

    def _ask(self, order: Order) -> None:
        self._asked.append(order)
        self._work.add(order)
        self._rank()

    # -- in a thread ------------------------------------------------------------------------------------------------

    def _rank(self) -> None:
        """Carry out what was asked and rank, unless a thread is at it: what it leaves is done when it reports."""
        if self._working:
            return
        self._working = True
        context = Context(self._project, self.host.encoder, self._stop)
        question, work = self._question, self._work

        def run() -> None:
            try:
                self.post_message(self._Ranked(work.rank(context, question), work.handled))
            except (PictoscopeError, OSError) as error:
                self.post_message(self._NotRanked(error, work.handled))

        self.run_worker(run, thread=True, group="recommend")

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Enter where nothing is left to suggest goes back."""
        if message.item is None and self._suggestions is not None and message.grid is self.grid:
            self.action_leave()

    # -- what comes back ----------------------------------------------------------------------------------------------

    def on_recommend_screen__ranked(self, message: _Ranked) -> None:
        """A ranking; what was decided since is taken out of it."""
        message.stop()
        suggestions, before = message.ranking.suggestions, self._suggestions
        self._suggestions = suggestions
        if before is None:
            self._at_first = frozenset(suggestions.members)
        self._went_on(message.handled)
        back: set[bytes] = set()
        if before is not None:
            back = {*before.members, *before.refused} - {*suggestions.members, *suggestions.refused}
        decided = {*suggestions.members, *suggestions.refused, *self._not_seen_yet()}
        self._candidates = self._candidates.at(self.grid.cursor).renewed(suggestions.matches, decided, back)
        for text in message.ranking.said:
            self.notify(text, markup=False)
        self._keep_name()
        self.grid.empty = with_keys("nothing left to suggest · {image-grid.open} goes back")
        self._show_candidates()
        if before is None or before.members != suggestions.members:
            self._show_examples()
        self.show_header()

    def on_recommend_screen__not_ranked(self, message: _NotRanked) -> None:
        """At first: back to where the person came from, with the reason. Later the list stays as it is."""
        message.stop()
        self._went_on(message.handled)
        if isinstance(message.error, Cancelled):
            return
        ranked_before = self._suggestions is not None
        if ranked_before:
            self.host.tell(message.error)
        if ranked_before or not self.go_back(message.error):
            if not ranked_before:
                self.show_words(failure_words(message.error))
            self._say(
                message.error.message
                + with_keys(" · {recommend.search-with-another-vec-type} chooses another vec type")
            )

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """They may be gone."""
        self._rank()

    def on_scanned(self, message: Scanned) -> None:
        """Pictures came or went."""
        report = message.report
        if message.finished and (report.new or report.changed or report.removed):
            self._rank()

    def _went_on(self, handled: int) -> None:
        self._seen, self._working = handled, False
        if len(self._asked) > handled:
            self._rank()

    def _not_seen_yet(self) -> set[bytes]:
        """Keys of what was decided after the ranking on show."""
        return {key for order in self._asked[self._seen :] for key in order.keys}

    def _keep_name(self) -> None:
        """A selection that was saved is asked for by its name from now on."""
        if self._work.completion is not None and self._work.selection is None and not self._question.parameters.for_:
            self._question = self._question.with_values({"for_": self._group_name, "like": (), "unlike": ()})

    # -- showing --------------------------------------------------------------------------------------------------

    def _show_candidates(self) -> None:
        loaded = self.grid.loaded
        known = {
            position: replace(loaded[match.key], score=match.score)
            for position, match in enumerate(self._candidates.matches)
            if match.key in loaded
        }
        source = MatchSource(self._project.catalog, self._candidates.matches)
        self.show_pictures(source, self._candidates.cursor, known)
        if not known:
            self.query_one(Preview).show(self._project, None)

    def _show_examples(self) -> None:
        """Show the examples, the newest first."""
        if self._suggestions is None:
            return
        new = [key for key in self._suggestions.members if key not in self._at_first]
        keys = (*reversed(new), *(key for key in self._suggestions.members if key in self._at_first))
        source = MatchSource(self._project.catalog, tuple(Match(key, b"", None) for key in keys))
        self.query_one(ExampleGrid).show(source, self._project.thumbnails)

    def show_header(self) -> None:
        """Header and counts; what was decided a moment ago counts already."""
        suggestions = self._suggestions
        title, facts = self._question.action.title, ""
        name = self._group_name
        if name:
            title += f" for {name}" if self._work.selection is None else f" {name}"
        if suggestions:
            waiting = self._asked[self._seen :]
            members = len(suggestions.members) + sum(len(order.keys) for order in waiting if order.what == ACCEPT)
            refused = len(suggestions.refused) + sum(len(order.keys) for order in waiting if order.what == REFUSE)
            accepted = members - len(self._at_first)
            facts = f"{accepted:,} accepted · {refused:,} refused · {suggestions.vec_type}"
            if self.app.size.width >= _WIDE:
                facts = f"{accepted:,} accepted · {refused:,} refused · vec type {suggestions.vec_type}"
            standing = f"{count(members, 'example')}\n{accepted:,} accepted\n{refused:,} refused"
            self.query_one("#standing", Static).update(standing)
            self._say(" · ".join(text for text in (suggestions.note, suggestions.remark) if text))
        self.draw_header(" ".join(filter(None, (title, self.within))), self.with_selection(facts))

    def _say(self, text: str) -> None:
        note = self.query_one("#note", Static)
        note.update(printable(text))
        note.display = bool(text)
