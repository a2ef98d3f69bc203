"""Duplicates, group by group: what to keep, what to remove. Nothing is deleted; marked files are moved on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Static

from core.actions.answer import Match
from core.actions.definition import Context
from core.actions.duplicates import DuplicatesParameters
from core.actions.run import Question
from core.errors import Cancelled, PictoscopeError, UsageError
from core.key_hints import with_keys
from core.project import Project
from core.text import count, printable
from tui.exporting import Offer, of_groups
from tui.messages import Failed, LabelsChanged
from tui.reading import failure_words
from tui.screens.base import EXPORT, action_bindings, common_bindings
from tui.screens.browse.pair import PairScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.results.copy_pairs import copy_pairs
from tui.screens.results.marked_files import MarkedFilesScreen
from tui.screens.results.review_line import review_line
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.progress import JobLine
from tui.widgets.side_by_side import SideBySide

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.copy_groups import CopyGroup, Duplicates
    from core.actions.duplicate_review import Review


_NONE = "no duplicates · {duplicates.accept} searches with other values, {leave} goes back"


class DuplicatesScreen(MarkedFilesScreen):
    """Finds duplicates in a thread and reviews them with the user."""

    BINDINGS = [
        Binding("left,h", "step(-1)", "Previous copy", show=False),
        Binding("right,l", "step(1)", "Next copy", show=False),
        Binding("enter", "accept", "Accept", key_display="enter", tooltip="accept the group as shown"),
        Binding("space", "mark", "Remove", key_display="space", tooltip="mark this copy for removal, or keep it"),
        Binding("b", "best", "Best", tooltip="keep this copy as the best one"),
        Binding("n", "distinct", "Distinct", tooltip="not a duplicate of the others"),
        Binding("z", "stack", "Stack", tooltip="keep all copies as a stack"),
        Binding("u", "undo", "Undo"),
        Binding("U", "app.redo", "Redo", show=False),
        Binding("pagedown,down,j", "group(1)", "Next group", show=False),
        Binding("pageup,up,k", "group(-1)", "Previous group", show=False),
        Binding("home", "group_at(0)", "First group", show=False),
        Binding("end,G", "group_at(-1)", "Last group", show=False),
        Binding("M", "move", "Move", tooltip="move the marked files to a folder"),
        EXPORT,
        Binding("o", "open", "Show large", show=False),
        Binding("W", "pair", "Pair", tooltip="this copy and the best one, large: side by side, blink, difference"),
        Binding("v", "again", "Search with another vec type", show=False),
        Binding("escape", "app.leave", "Back", show=False),
        *action_bindings(show=False),
        *common_bindings("g", "J"),
    ]

    class _Found(Message):
        def __init__(self, duplicates: Duplicates, review: Review) -> None:
            super().__init__()
            self.duplicates = duplicates
            self.review = review

    class _Says(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class _NotFound(Failed):
        """The search could not be done."""

    def __init__(self, project: Project, question: Question[DuplicatesParameters], *, from_form: bool = False) -> None:
        super().__init__(project, question, from_form=from_form)
        self._vec_type = ""
        self._threshold = 0.0
        self._note = self._failed = ""
        self._changed = False  # something was decided or undone
        self._is_outdated = False  # what is being looked for: labels have changed since
        self._undone_last = False  # undo was pressed, and nothing was decided since: the project may undo or redo
        self._before: tuple[Sequence[CopyGroup], CopyGroup | None] = (), None  # all groups and the one on show

    def compose(self) -> ComposeResult:
        yield Static(id="header", markup=False)
        yield Static(id="standing", markup=False)
        yield Static(id="note", markup=False)
        yield SideBySide(id="copies", empty="looking for duplicates…")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        self.query_one("#note").display = False
        self.query_one(SideBySide).focus()
        self._draw()
        self._find()

    def on_unmount(self) -> None:
        """Tell the other screens that labels may have changed."""
        if self._changed:
            self.host.broadcast(LabelsChanged)

    def _find(self) -> None:
        self._review, self._failed, self._is_outdated = None, "", False
        context = Context(self._project, self.host.encoder, self._stop, self._say)
        self.run_worker(lambda: self._run(context), thread=True, group="action")

    def _say(self, text: str) -> None:
        self.post_message(self._Says(text))

    def _run(self, context: Context) -> None:
        from core.actions.duplicate_review import Review
        from core.actions.duplicates import as_answer, find_groups

        try:
            duplicates, _ = self._question.find(
                context, find_groups, lambda duplicates: as_answer(duplicates, self._question.parameters)
            )
            self.post_message(self._Found(duplicates, Review(self._project.catalog, duplicates.groups)))
        except Cancelled:
            return
        except (PictoscopeError, OSError) as error:
            self.post_message(self._NotFound(error))

    def on_duplicates_screen__says(self, message: _Says) -> None:
        if self._review is None:
            copies = self.query_one(SideBySide)
            copies.empty = f"{message.text}…"
            copies.refresh()

    def on_duplicates_screen__found(self, message: _Found) -> None:
        """Start with the first undecided group; after an undo with the one that it changed."""
        from core.actions.copy_groups import changed_group

        if self._is_outdated:
            self._find()
            return
        self._review = message.review
        self._vec_type, self._note = message.duplicates.vec_type, message.duplicates.note
        self._threshold = message.duplicates.threshold
        groups, on_show = self._before
        changed = changed_group(groups, on_show, message.review.groups) if groups else None
        self._position = message.review.next_undecided(-1) or 0 if changed is None else changed
        self._before = (), None
        self.show_group()

    def on_duplicates_screen__not_found(self, message: _NotFound) -> None:
        """Go back to the previous screen and say why."""
        message.stop()
        if not self.go_back(message.error):
            copies = self.query_one(SideBySide)
            copies.empty = self._failed = failure_words(message.error)
            copies.refresh()

    @property
    def has_answer(self) -> bool:
        return self._review is not None

    @property
    def answered_with(self) -> str:
        return self._vec_type

    @property
    def awaited(self) -> str:
        return self.query_one(SideBySide).empty if self._review is None else ""

    @property
    def _no_review_yet(self) -> str:
        return self._failed or "still looking for duplicates"

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """Decisions need a group."""
        if action in ("mark", "best", "distinct", "stack", "open", "move", "pair") and not self._group:
            return self._no_review_yet if self._review is None else "there are no duplicates"
        if action == "accept" and self._review is None:
            return self._no_review_yet
        if action in ("undo", "move") and self._busy:
            return "files are being moved"
        return ""

    # -- where we are ---------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> list[Item]:
        """The picture under the cursor, for other actions."""
        group = self._group
        if group is None:
            return []
        file = group.copies[self.query_one(SideBySide).cursor].file
        picture = self._project.catalog.by_path(file.path)
        return [Item(picture)] if picture else []

    @property
    def exports(self) -> Sequence[Offer]:
        """The marked files, and all groups."""
        review = self._review
        if review is None or not review.groups:
            return ()
        named = [
            (f"duplicates {number}", [Match(copy.file.key, copy.file.path, copy.score) for copy in group.copies])
            for number, group in enumerate(review.groups, 1)
        ]
        groups = f"all {count(len(named), 'group')}, with the pictures to keep"
        return (self.marked_files_offer(review), of_groups(groups, self._question.action.title, named))

    def key_word(self, action: str) -> str:
        """See :class:`tui.key_purposes.RenamesKeys`."""
        return "Search again" if action == "accept" and self._review and self._group is None else ""

    @property
    def _group(self) -> CopyGroup | None:
        groups = self._review.groups if self._review else ()
        return groups[self._position] if self._position < len(groups) else None

    def show_group(self, cursor: int = 0) -> None:
        review, copies = self._review, self.query_one(SideBySide)
        if review is None:
            return
        self._position = max(0, min(self._position, len(review.groups) - 1))
        group = self._group
        following = review.groups[self._position + 1 : self._position + 2]
        copies.empty = with_keys(_NONE) if group is None else ""
        copies.show(
            group.copies if group else (),
            self._project.thumbnails,
            cursor=cursor,
            coming=following[0].copies if following else (),
        )
        self._prepare(review, self._position)
        self._draw()
        self.refresh_bindings()

    def _prepare(self, review: Review, position: int) -> None:
        """Read the files of the current group in a thread, so that enter need not wait."""

        def read() -> None:
            try:
                review.prepare(position, lambda: self._position == position and not self._stop.is_set())
            except (PictoscopeError, OSError) as error:
                self.post_message(Failed(error))

        self.run_worker(read, thread=True, exclusive=True, group="prepare")

    def on_side_by_side_moved(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        right = f"vec type {self._vec_type}" if self._vec_type else ""
        title = self._question.action.title
        if self._review is not None:
            title = f"{title} at {self._threshold:g}" if self._threshold else title
        self.draw_header(" ".join(filter(None, (title, self.within))), right)
        room = self.app.size.width - 2  # a margin at each side
        copies = self.query_one(SideBySide)
        standing = (
            review_line(self._review, self._position, copies.cursor, copies.columns, room) if self._review else ""
        )
        self.query_one("#standing", Static).update(Text(standing, no_wrap=True, overflow="ellipsis"))
        note = self.query_one("#note", Static)
        note.update(Text(printable(self._note)))
        note.display = self._review is not None and bool(self._note)

    def action_step(self, step: int) -> None:
        self.query_one(SideBySide).cursor += step

    def action_group(self, step: int) -> None:
        if self._review:
            self._position = max(0, min(self._position + step, len(self._review.groups) - 1))
            self.show_group()

    def action_group_at(self, position: int) -> None:
        """The first (0) or the last (-1) group."""
        if self._review:
            self._position = position if position >= 0 else len(self._review.groups) - 1
            self.show_group()

    def action_open(self) -> None:
        group, chosen = self._group, self.chosen
        if group and chosen:
            matches = [Match(copy.file.key, copy.file.path, copy.score) for copy in group.copies]
            source = MatchSource(self._project.catalog, matches)
            self.app.push_screen(PictureScreen(self._project, source, self.query_one(SideBySide).cursor, chosen[0]))

    def action_pair(self) -> None:
        """The copy under the cursor beside the best one; left and right go on to other copies and groups."""
        review = self._review
        if review is None or not self._group:
            return

        def moved(group: int, copy: int) -> None:
            if group == self._position:
                self.query_one(SideBySide).cursor = copy
            else:
                self._position = group
                self.show_group(copy)

        # As they are now: a decision may change their order, but none can be made until this is left.
        here = self._position, self.query_one(SideBySide).cursor
        pairs, position = copy_pairs(self._project.catalog, review.groups, here, moved)
        self.app.push_screen(PairScreen(self._project, pairs, position))

    # -- deciding -------------------------------------------------------------------------------------------------

    def action_accept(self) -> None:
        """Accept the group as shown and go to the next undecided one."""
        review = self._review
        if review is not None and self._group is None:  # enter does what is said there
            self.action_again()
        elif review and self._group:
            refused: list[str] = []
            if not self._group.decided and not self._decide(lambda: refused.extend(review.accept(self._position))):
                return
            if refused:
                more = f", and {count(len(refused) - 1)} more" if len(refused) > 1 else ""
                self.host.tell(UsageError(f"kept: {refused[0]}{more}"))
            self._go_on(review)

    def _go_on(self, review: Review) -> None:
        following = review.next_undecided(self._position)
        if following is None:
            self.notify(
                with_keys("all groups decided · {duplicates.move} moves the marked files · {export-list} lists them"),
                markup=False,
            )
        else:
            self._position = following
        self.show_group()

    def action_mark(self) -> None:
        review, cursor = self._review, self.query_one(SideBySide).cursor
        if review and self._group and self._decide(lambda: review.toggle(self._position, cursor)):
            self.show_group(cursor)

    def action_best(self) -> None:
        review, cursor = self._review, self.query_one(SideBySide).cursor
        if review and self._group and self._decide(lambda: review.make_best(self._position, cursor)):
            self.show_group()

    def action_distinct(self) -> None:
        review, cursor = self._review, self.query_one(SideBySide).cursor
        if review and self._group and self._decide(lambda: review.mark_distinct(self._position, cursor)):
            self.show_group()

    def action_stack(self) -> None:
        """Keep all pictures of the group as a stack, the first on top, and go to the next undecided group."""
        review = self._review
        if review and self._group and self._decide(lambda: review.stack(self._position)):
            self._go_on(review)

    def _decide(self, work: Callable[[], object]) -> bool:
        """Make a decision; returns False and notifies if it is refused."""
        if self._busy:
            self.notify("files are being moved", markup=False)
            return False
        try:
            work()
        except (PictoscopeError, OSError) as error:
            self.host.tell(error)
            return False
        self._changed = True
        self._undone_last = False
        return True

    def action_undo(self) -> None:
        """Undo the last decision or the last move."""
        review = self._review
        if review is None or self._busy:
            return
        journal = review.last_journal
        if journal is not None:
            self._move_back(journal, lambda report: self._undone(review))
        elif not self._undone(review):
            self._undo_earlier()

    def undo_project(self) -> None:
        self._undone_last = True
        self.host.action_undo()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """The project has undone or redone a step: what is decided may be other than shown."""
        if not self._undone_last or self._busy:
            return
        if self._review is None:
            self._is_outdated = True  # the decisions may have been read before this change
        else:
            self._before = self._review.groups, self._group
            self._find()

    def _undone(self, review: Review) -> bool:
        try:
            undone = review.undo()
        except PictoscopeError as error:
            self.host.tell(error)
            return True
        if undone is None:
            return False
        self._changed = self._undone_last = True
        name, self._position = undone
        self.notify(f"undone: {name}", markup=False)
        self.show_group()
        return True
