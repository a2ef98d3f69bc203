"""Files that a review of duplicates has marked: list them, move them aside, move them back. None is deleted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.message import Message

from core.actions.run import Question
from core.errors import PictoscopeError, UsageError
from core.key_hints import key_for, with_keys
from core.labels.undo import History
from core.project import Project
from core.text import byte_size, count, display_path, printable
from tui.exporting import ExportRequest, FormChoice, Offer
from tui.messages import Failed
from tui.newest import read_newest
from tui.paths import typed_path
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.question_screen import QuestionScreen, one_line

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.duplicate_review import Review
    from core.catalog.copies import File
    from core.moves.aside import MoveReport

_FORMS = (
    FormChoice("paths", ".txt", "paths", "paths of files that may be removed, one per line"),
    FormChoice("paths", ".json", "JSON", "files that may be removed: path, key, size"),
)


class MarkedFilesScreen(QuestionScreen):
    """Lists and moves the files that ``_review`` has marked, one operation at a time (``_busy``).

    Args:
        project: of the files.
        question: the search that found them.
    """

    class _Done(Message):
        """Files were moved, or moved back; ``after`` brings the review up to date."""

        def __init__(self, report: MoveReport, text: str, after: Callable[[MoveReport], object]) -> None:
            super().__init__()
            self.report = report
            self.text = text
            self.after = after

    class _NotMoved(Failed):
        """Files could not be moved at all."""

    class _Movable(Message):
        """The marked files that may be moved now, and why the others may not."""

        def __init__(self, files: Sequence[File], refused: Sequence[tuple[File, str]]) -> None:
            super().__init__()
            self.files = files
            self.refused = refused

    class _Refused(Message):
        """Marked files that are not in the exported list, and why."""

        def __init__(self, refused: Sequence[tuple[File, str]]) -> None:
            super().__init__()
            self.refused = refused

    def __init__(self, project: Project, question: Question[Any], *, from_form: bool = False) -> None:
        super().__init__(project, question, from_form=from_form)
        self._review: Review | None = None
        self._position = 0  # of the group on show
        self._aside = ""  # the folder that was typed last
        self._busy = False

    def show_group(self, cursor: int = 0) -> None:
        """Show the group at ``_position``, with the cursor on this copy."""
        raise NotImplementedError

    # -- the list ---------------------------------------------------------------------------------------------------

    def marked_files_offer(self, review: Review) -> Offer:
        """The marked files that may be removed, as an export.

        It is also offered while nothing is marked: else the list of all groups, with the files to keep, would be first.
        """
        title = f"the marked files ({count(len(review.marked()))})"
        return Offer(title, "duplicates", lambda request: self._write(review, request), _FORMS)

    def _write(self, review: Review, request: ExportRequest) -> str:
        from core.actions.line_list import AMBIGUOUS, reads_as_another
        from core.export.target import whole_files

        if not review.marked():
            raise UsageError(
                "nothing is marked yet", with_keys("in the review, {duplicates.accept} accepts the proposal")
            )
        checked, as_json = review.removable(), request.target.suffix.lower() == ".json"
        if not as_json:
            checked = [(file, reason or (AMBIGUOUS if reads_as_another(file.path) else "")) for file, reason in checked]
        files = [file for file, reason in checked if not reason]
        refused = [(file, reason) for file, reason in checked if reason]
        if not files:
            raise _refusal(refused)
        if as_json:
            listed = [{"path": os.fsdecode(file.path), "key": file.key.hex(), "size": file.size} for file in files]
            content = json.dumps(listed, indent=2).encode()
        else:
            content = b"".join(file.path + b"\n" for file in files)
        with whole_files(request.project, [request.target], request.replace) as (stream,):
            stream.write(content)
        if refused:
            self.post_message(self._Refused(refused))
        return f"{count(len(files), 'path')} in {display_path(request.target)}"

    def on_marked_files_screen__refused(self, message: _Refused) -> None:
        self.host.tell(_refusal(message.refused))

    # -- moving -----------------------------------------------------------------------------------------------------

    def action_move(self) -> None:
        """Ask for a folder and move the marked files to it after confirmation."""
        review = self._review
        if review is None or self._busy:
            return
        if not review.marked():
            self.notify(with_keys("nothing is marked yet · {duplicates.accept} accepts the proposal"), markup=False)
            return

        def read() -> Message:
            checked = review.removable()
            refused = [(file, reason) for file, reason in checked if reason]
            return self._Movable([file for file, reason in checked if not reason], refused)

        read_newest(self, read, group="removable", only_last=True)

    def on_marked_files_screen__movable(self, message: _Movable) -> None:
        """Report the files that may not be moved; ask where to move the others."""
        if message.refused:
            self.host.tell(_refusal(message.refused))
        review, files = self._review, message.files
        if review is None or not files:
            return

        def answered(typed: str | None) -> None:
            if typed:
                self._aside = typed
                self._confirm_move(review, files, typed_path(typed).absolute())

        size = byte_size(sum(file.size for file in files))
        question = f"Move {count(len(files), 'marked file')} ({size}) to the folder"
        where = "a folder outside the picture folders"
        dialog = AskLine(
            "Move aside",
            question,
            placeholder=where,
            given=self._aside,
            yes="Next",
            help="it is created if there is none; nothing is moved before one more question",
            check=self._wrong_with,
        )
        self.app.push_screen(dialog, answered)

    def _wrong_with(self, typed: str) -> str:
        """What is wrong with a folder to move files to; empty for nothing."""
        from core.moves.aside_target import aside_folder_problem

        problem = aside_folder_problem(typed_path(typed).absolute(), self._project.folders)
        return one_line(problem) if problem else ""

    def _confirm_move(self, review: Review, files: Sequence[File], folder: Path) -> None:
        size = byte_size(sum(file.size for file in files))
        question = f"Move {count(len(files), 'file')}, {size}, to {display_path(folder)}? {key_for('undo')} undoes it."

        def after(report: MoveReport) -> None:
            gone = {origin for origin, _ in report.moved}
            if gone:
                name = f"move {count(len(gone), 'file')} to {display_path(folder)}"
                review.without(self._position, gone, name, report.journal)

        def answered(yes: bool | None) -> None:
            if yes:
                from core.moves.aside import FOLDER_NAME, move_aside

                allowed = review.allowed()
                self._move(
                    lambda: move_aside(
                        files,
                        folder,
                        roots=self._project.folders,
                        journals=self._project.path / FOLDER_NAME,
                        allowed=allowed,
                    ),
                    f"moved to {display_path(folder)}",
                    after,
                )

        self.app.push_screen(Confirm(question, "Move"), answered)

    def undo_project(self) -> None:
        """Undo the last change of labels in the project, whoever made it, and look for the groups again."""
        raise NotImplementedError

    def _undo_earlier(self) -> None:
        """Where this review has nothing to undo: offer to move back files of an earlier one or of a crash.

        If there are none, or something was decided since, that comes first: what the project's undo takes back.
        """
        from core.moves.aside import FOLDER_NAME, last_move
        from core.moves.journal import JournalBusy

        last = None
        try:
            last = last_move(self._project.path / FOLDER_NAME)
            newer = last is not None and self._is_decided_since(last[0])
        except (JournalBusy, OSError) as error:
            self.host.tell(error)
            return
        except PictoscopeError as error:  # journals that are not used: decisions can be undone all the same
            self.host.tell(error)
            newer = True
        if last is None or newer:
            self.undo_project()
            return
        journal, there = last

        def answered(yes: bool | None) -> None:
            if yes:
                self._move_back(journal, lambda report: None)

        question = f"An earlier review moved {count(there, 'file')} aside. Move back?"
        self.app.push_screen(Confirm(question, "Move back", loses=False), answered)

    def _is_decided_since(self, journal: Path) -> bool:
        """Whether the newest step that can be undone is newer than a move."""
        steps = History(self._project.catalog).steps()
        newest = next((step for step in steps if not step.undone), None)
        return newest is not None and newest.made > journal.stat().st_mtime

    def _move_back(self, journal: Path, after: Callable[[MoveReport], object]) -> None:
        from core.moves.aside import move_back

        self._move(lambda: move_back(journal, roots=self._project.folders), "moved back", after)

    def _move(self, work: Callable[[], MoveReport], text: str, after: Callable[[MoveReport], object]) -> None:
        """Move files in a thread and report ``text``; ``after`` brings the review up to date."""
        self._busy = True
        self.notify("moving…", markup=False)

        def run() -> None:
            try:
                self.post_message(self._Done(work(), text, after))
            except (PictoscopeError, OSError) as error:
                self.post_message(self._NotMoved(error))

        self.run_worker(run, thread=True, group="move")

    def on_marked_files_screen__not_moved(self, message: _NotMoved) -> None:
        """Say why. Files moved before the error are in the journal."""
        message.stop()
        self._busy = False
        self.host.tell(message.error)

    def on_marked_files_screen__done(self, message: _Done) -> None:
        """Report what was moved and what was not, then update the catalog."""
        self._busy = False
        report = message.report
        self.notify(f"{count(len(report.moved), 'file')} {message.text}", markup=False)
        if report.left:
            path, reason = report.left[0]
            more = f", and {count(len(report.left) - 1)} more" if len(report.left) > 1 else ""
            self.host.tell(UsageError(f"left where it is: {os.fsdecode(path)}: {reason}{more}"))
        message.after(report)
        self.show_group()
        self.host.action_rescan()


def _refusal(refused: Sequence[tuple[File, str]]) -> UsageError:
    """Which marked files may not be removed: the first one with its reason, and how many more."""
    file, reason = refused[0]
    more = f", and {count(len(refused) - 1)} more" if len(refused) > 1 else ""
    name = printable(os.path.basename(file.path))
    return UsageError(f"{count(len(refused), 'marked file')} cannot be removed: {name}: {reason}{more}")
