"""Duplicates, group by group: what to keep, what may go. Nothing is deleted; marked files are moved when asked."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Footer, Static

from core.actions.answer import Match
from core.actions.definition import Action, Context
from core.actions.history import ActionHistory
from core.errors import Cancelled, PictoscopeError, UsageError
from core.project import Project
from core.text import byte_size, count, place, printable
from tui.exporting import Offer, of_groups
from tui.messages import Failed
from tui.screens.ask_line import AskLine
from tui.screens.base import PictoscopeScreen, action_bindings, common_bindings, typed_path
from tui.screens.dialogs import Confirm
from tui.screens.picture import PictureScreen
from tui.widgets.cells import header, header_room, shorten
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.progress import JobLine
from tui.widgets.side_by_side import SideBySide

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.duplicate_groups import CopyGroup, Duplicates
    from core.actions.duplicate_review import Review
    from core.catalog.copies import File
    from core.catalog.move_aside import MoveReport


class DuplicatesScreen(PictoscopeScreen):
    """Finds duplicates in a thread and goes through them with the person."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("left,h", "step(-1)", "Copy", show=False),
        Binding("right,l", "step(1)", "Copy", show=False),
        Binding("enter", "accept", "Accept", key_display="enter"),
        Binding("space", "turn", "Keep/mark", key_display="space"),
        Binding("b", "best", "Best"),
        Binding("n", "apart", "No duplicate"),
        Binding("u", "undo", "Undo"),
        Binding("pagedown,down,j", "group(1)", "Next group", show=False),
        Binding("pageup,up,k", "group(-1)", "Previous group", show=False),
        Binding("home", "group_at(0)", "First group", show=False),
        Binding("end,G", "group_at(-1)", "Last group", show=False),
        Binding("M", "move", "Move"),
        Binding("e,x", "export", "Export"),
        Binding("E", "export_list", "Export the groups", show=False),
        Binding("o", "open", "Large", show=False),
        Binding("v", "again", "Vectors", show=False),
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

    class _Done(Message):
        """Files were moved, or moved back; ``after`` brings the review up to date."""

        def __init__(self, report: MoveReport, text: str, after: Callable[[MoveReport], object]) -> None:
            super().__init__()
            self.report = report
            self.text = text
            self.after = after

    class _NotMoved(Failed):
        """Files could not be moved at all."""

    class _Exported(Message):
        def __init__(self, path: Path, number: int) -> None:
            super().__init__()
            self.path = path
            self.number = number

    def __init__(self, project: Project, action: Action[Any], values: Mapping[str, Any]) -> None:
        super().__init__()
        self._project = project
        self._action = action
        self._values = dict(values)
        self._stop = threading.Event()
        self._review: Review | None = None
        self._vec_type = ""
        self._note = ""
        self._position = 0
        self._busy = False

    def compose(self) -> ComposeResult:
        """Header, where we are, the copies."""
        yield Static(id="header", markup=False)
        yield Static(id="standing", markup=False)
        yield SideBySide(id="copies", empty="looking for duplicates…")
        yield JobLine()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Say what is being done, then do it."""
        self.query_one(SideBySide).focus()
        self._draw()
        self._find()

    def on_unmount(self) -> None:
        """Nobody waits for the answer any more."""
        self._stop.set()

    def _find(self) -> None:
        self._review = None
        context = Context(self._project, self.pictoscope.encoder, self._stop, self._say)
        self.run_worker(lambda: self._run(context), thread=True, group="action")

    def _say(self, text: str) -> None:
        self.post_message(self._Says(text))

    def _run(self, context: Context) -> None:
        from core.actions.duplicate_review import Review
        from core.actions.duplicates import as_answer, found

        parameters, began = self._action.check(self._values), time.monotonic()
        try:
            duplicates = found(context, parameters)
            answer = as_answer(duplicates, parameters)
            ActionHistory(self._project).remember(self._action, parameters, answer, time.monotonic() - began)
            self.post_message(self._Found(duplicates, Review(self._project.catalog, duplicates.groups)))
        except Cancelled:
            return
        except (PictoscopeError, OSError) as error:
            self.post_message(self._NotFound(error))

    def on_duplicates_screen__says(self, message: _Says) -> None:
        """What is being done."""
        if self._review is None:
            copies = self.query_one(SideBySide)
            copies.empty = f"{message.text}…"
            copies.refresh()

    def on_duplicates_screen__found(self, message: _Found) -> None:
        """Begin with the first group that is to be decided."""
        self._review = message.review
        self._vec_type, self._note = message.duplicates.vec_type, message.duplicates.note
        self._position = message.review.next_undecided(-1) or 0
        self._show()

    def on_duplicates_screen__not_found(self, message: _NotFound) -> None:
        """Back to where the person came from, with the reason."""
        message.stop()
        self.pictoscope.tell(message.error)
        if self.app.screen is self:
            self.pictoscope.pop_screen()
        else:
            self.query_one(SideBySide).empty = printable(str(message.error))
            self.query_one(SideBySide).refresh()

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
        """All groups. What is marked has an export of its own, for it names files and not pictures."""
        groups = self._review.groups if self._review else ()
        named = [
            (f"duplicates {number}", [Match(copy.file.key, copy.file.path, copy.score) for copy in group.copies])
            for number, group in enumerate(groups, 1)
        ]
        return [of_groups(f"all {count(len(groups), 'group')}", self._action.title, named)] if named else []

    @property
    def _group(self) -> CopyGroup | None:
        groups = self._review.groups if self._review else ()
        return groups[self._position] if self._position < len(groups) else None

    def _show(self, cursor: int = 0) -> None:
        """The group at the position, and all that is said of it."""
        review, copies = self._review, self.query_one(SideBySide)
        if review is None:
            return
        self._position = max(0, min(self._position, len(review.groups) - 1))
        group = self._group
        following = review.groups[self._position + 1 : self._position + 2]
        copies.empty = "no duplicates" if group is None else ""
        copies.show(
            group.copies if group else (),
            self._project.thumbnails,
            cursor=cursor,
            coming=following[0].copies if following else (),
        )
        self._draw()

    def on_side_by_side_moved(self) -> None:
        """Say which copy it is."""
        self._draw()

    def on_resize(self) -> None:
        """The header is as wide as the screen."""
        self._draw()

    def _draw(self) -> None:
        """The two lines above."""
        width = self.app.size.width
        right = f"vec type {self._vec_type}" if self._vec_type else ""
        title = self._action.title
        if self._review is not None:
            title = f"{title} at {self._action.check(self._values).threshold:g}"
        self.query_one("#header", Static).update(header(Text(shorten(title, header_room(right, width))), right, width))
        self.query_one("#standing", Static).update(Text(self._standing(), no_wrap=True, overflow="ellipsis"))

    def _standing(self) -> str:
        review, group = self._review, self._group
        if review is None:
            return ""
        if group is None:
            return self._note or "nothing lies here twice"
        marked = review.marked()
        parts = [f"group {self._position + 1} of {count(len(review.groups))}"]
        copies = self.query_one(SideBySide)
        if copies.columns < len(group.copies):
            parts.append(f"copy {copies.cursor + 1} of {len(group.copies)}")
        parts.append(f"{count(len(marked))} marked, {byte_size(sum(file.size for file in marked))} to win")
        parts.append(f"{count(review.undecided)} to decide" if review.undecided else "all decided: M moves, e exports")
        return " · ".join([*parts, *([self._note] if self._note else [])])

    def action_step(self, step: int) -> None:
        """Another copy."""
        self.query_one(SideBySide).cursor += step

    def action_group(self, step: int) -> None:
        """The next or the previous group."""
        if self._review:
            self._position = max(0, min(self._position + step, len(self._review.groups) - 1))
            self._show()

    def action_group_at(self, position: int) -> None:
        """The first (0) or the last (-1) group."""
        if self._review:
            self._position = position if position >= 0 else len(self._review.groups) - 1
            self._show()

    def action_open(self) -> None:
        """The copy under the cursor, large."""
        group, chosen = self._group, self.chosen
        if group and chosen:
            matches = [Match(copy.file.key, copy.file.path, copy.score) for copy in group.copies]
            source = MatchSource(self._project.catalog, matches)
            self.app.push_screen(PictureScreen(self._project, source, self.query_one(SideBySide).cursor, chosen[0]))

    def action_again(self) -> None:
        """The same by other vectors, or another threshold."""
        self.pictoscope.open_form(self._action, self._values, again=True)

    # -- deciding -------------------------------------------------------------------------------------------------

    def action_accept(self) -> None:
        """The group as it stands; on to the next one that is to be decided."""
        review = self._review
        if review and self._group:
            if not self._group.decided and not self._decide(lambda: review.accept(self._position)):
                return
            following = review.next_undecided(self._position)
            if following is None:
                self.notify("all groups are decided · M moves what is marked · e writes a list", markup=False)
            else:
                self._position = following
            self._show()

    def action_turn(self) -> None:
        """Keep or mark the copy under the cursor."""
        review, cursor = self._review, self.query_one(SideBySide).cursor
        if review and self._group and self._decide(lambda: review.toggle(self._position, cursor)):
            self._show(cursor)

    def action_best(self) -> None:
        """The copy under the cursor is the one to keep."""
        review, cursor = self._review, self.query_one(SideBySide).cursor
        if review and self._group and self._decide(lambda: review.make_best(self._position, cursor)):
            self._show()

    def action_apart(self) -> None:
        """The picture under the cursor is no duplicate of the others."""
        review, cursor = self._review, self.query_one(SideBySide).cursor
        if review and self._group and self._decide(lambda: review.tell_apart(self._position, cursor)):
            self._show()

    def _decide(self, work: Callable[[], object]) -> bool:
        """Do it, or say why not."""
        if self._busy:
            self.notify("files are being moved", markup=False)
            return False
        try:
            work()
        except (PictoscopeError, OSError) as error:
            self.pictoscope.tell(error)
            return False
        return True

    def action_undo(self) -> None:
        """Take the last decision or the last move back."""
        review = self._review
        if review is None or self._busy:
            return
        journal = review.last_journal
        if journal is not None:
            self._move_back(journal, lambda report: self._undone(review))
        elif not self._undone(review):
            self._offer_last_move()

    def _undone(self, review: Review) -> bool:
        try:
            undone = review.undo()
        except PictoscopeError as error:
            self.pictoscope.tell(error)
            return True
        if undone is None:
            return False
        name, self._position = undone
        self.notify(f"undone: {name}", markup=False)
        self._show()
        return True

    # -- the list ---------------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Write the paths of the marked files into a file that is asked for."""
        files = self._review.marked() if self._review else []
        if not files:
            self.notify("nothing is marked yet: enter accepts a proposal", markup=False)
            return

        def answered(typed: str | None) -> None:
            if typed:
                self._export(files, typed_path(typed).absolute())

        question = f"Write the paths of {count(len(files), 'marked file')} to (.json: as JSON)"
        self.app.push_screen(AskLine("Export", question, yes="Write", given="duplicates.txt"), answered)

    def _export(self, files: Sequence[File], path: Path) -> None:
        def write() -> None:
            self.run_worker(lambda: self._write(files, path), thread=True, group="export")

        if os.path.lexists(path):
            self.app.push_screen(
                Confirm(f"{place(path)} is there already. Replace it?", "Replace"), lambda yes: write() if yes else None
            )
        else:
            write()

    def _write(self, files: Sequence[File], path: Path) -> None:
        from core.files import write_whole

        if path.suffix.lower() == ".json":
            listed = [{"path": os.fsdecode(file.path), "key": file.key.hex(), "size": file.size} for file in files]
            content = json.dumps(listed, indent=2).encode()
        else:
            content = b"".join(file.path + b"\n" for file in files)
        try:
            write_whole(path, content)
            self.post_message(self._Exported(path, len(files)))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def on_duplicates_screen__exported(self, message: _Exported) -> None:
        """Say where it is."""
        self.notify(f"{count(message.number, 'path')} in {place(message.path)}", markup=False)

    # -- moving -----------------------------------------------------------------------------------------------------

    def action_move(self) -> None:
        """Move the marked files into a folder that is asked for, after a question."""
        review = self._review
        if review is None or self._busy:
            return
        files, marked = review.movable(), len(review.marked())
        if not files:
            text = "the copies that stay cannot be found" if marked else "nothing is marked yet: enter accepts"
            self.notify(text, markup=False)
            return

        def answered(typed: str | None) -> None:
            if typed:
                self._confirm_move(review, files, typed_path(typed).absolute())

        size = byte_size(sum(file.size for file in files))
        question = f"Move {count(len(files), 'marked file')} ({size}) to the folder"
        self.app.push_screen(AskLine("Move aside", question, yes="Go on"), answered)

    def _confirm_move(self, review: Review, files: Sequence[File], folder: Path) -> None:
        size = byte_size(sum(file.size for file in files))
        question = f"Move {count(len(files), 'file')}, {size}, to {place(folder)}? u moves them back."

        def after(report: MoveReport) -> None:
            gone = {origin for origin, _ in report.moved}
            if gone:
                name = f"move {count(len(gone), 'file')} to {place(folder)}"
                review.without(self._position, gone, name, report.journal)

        def answered(yes: bool | None) -> None:
            if yes:
                from core.catalog.move_aside import FOLDER_NAME, move_aside

                self._move(
                    lambda: move_aside(
                        files, folder, roots=self._project.folders, journals=self._project.path / FOLDER_NAME
                    ),
                    f"moved to {place(folder)}",
                    after,
                )

        self.app.push_screen(Confirm(question, "Move"), answered)

    def _offer_last_move(self) -> None:
        """Nothing to undo of this review: perhaps files are still aside from an earlier one, or from a crash."""
        from core.catalog.move_aside import FOLDER_NAME, last_move

        last = last_move(self._project.path / FOLDER_NAME)
        if last is None:
            self.notify("nothing to undo", markup=False)
            return
        journal, there = last

        def answered(yes: bool | None) -> None:
            if yes:
                self._move_back(journal, lambda report: None)

        question = f"An earlier review put {count(there, 'file')} aside. Move back to where they were?"
        self.app.push_screen(Confirm(question, "Move back"), answered)

    def _move_back(self, journal: Path, after: Callable[[MoveReport], object]) -> None:
        from core.catalog.move_aside import move_back

        self._move(lambda: move_back(journal), "moved back", after)

    def _move(self, work: Callable[[], MoveReport], text: str, after: Callable[[MoveReport], object]) -> None:
        """In a thread; one at a time."""
        self._busy = True
        self.notify("moving…", markup=False)

        def run() -> None:
            try:
                self.post_message(self._Done(work(), text, after))
            except (PictoscopeError, OSError) as error:
                self.post_message(self._NotMoved(error))

        self.run_worker(run, thread=True, group="move")

    def on_duplicates_screen__not_moved(self, message: _NotMoved) -> None:
        """Say why; those that were moved before are in the journal."""
        message.stop()
        self._busy = False
        self.pictoscope.tell(message.error)

    def on_duplicates_screen__done(self, message: _Done) -> None:
        """Say what was moved and what was not; the catalog is brought up to date."""
        self._busy = False
        report = message.report
        self.notify(f"{count(len(report.moved), 'file')} {message.text}", markup=False)
        if report.left:
            path, reason = report.left[0]
            more = f", and {count(len(report.left) - 1)} more" if len(report.left) > 1 else ""
            self.pictoscope.tell(UsageError(f"left where it is: {os.fsdecode(path)}: {reason}{more}"))
        message.after(report)
        self._show()
        self.pictoscope.action_rescan()
