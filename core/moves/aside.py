"""Move files out of the collection and back, without overwriting or losing anything, even in a power cut.

A journal in the project records the destination of each file before it is moved. Files are identified by content: the
bytes are verified before anything is removed, no folder on the path may be a link, and at every moment one complete
copy has a name. Moves that were interrupted are recovered by the next move, by moving back, and by Duplicates.

Files are moved back only from a folder that this user chose (see :mod:`core.moves.aside_folders`) to a picture folder
of the current project: a journal may come from somebody else.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from core.catalog.copies import File, within
from core.errors import PictoscopeError
from core.files import is_unchanged
from core.images.formats import looks_like_picture
from core.moves.aside_folders import aside_folders, remember_aside_folder
from core.moves.aside_target import check_aside_folder
from core.moves.entries import FolderEntry, MoveRefused, entry_below
from core.moves.journal import UNFINISHED, JournalBusy, Journals, Record, Stage, Writer, journals_of, new_part_name
from core.moves.made_folders import folders_made, make_folders
from core.moves.transfer import recover_one, transfer
from core.text import count, printable

FOLDER_NAME = "moves"
_TAKEN = "another file is there now"
_WAIT = 2.0  # seconds for programs that only count what was moved


@dataclass
class MoveReport:
    """The result of a move.

    Attributes:
        moved: old and new absolute path of each moved file.
        left: files that were not moved, and why.
        journal: for :func:`move_back`.
    """

    moved: list[tuple[bytes, bytes]] = field(default_factory=list)
    left: list[tuple[bytes, str]] = field(default_factory=list)
    journal: Path | None = None


def move_aside(
    files: Sequence[File],
    folder: Path,
    *,
    roots: Sequence[Path],
    journals: Path,
    check: Callable[[], None] = lambda: None,
    allowed: Callable[[File], str] = lambda file: "",
) -> MoveReport:
    """Move files into ``folder``, keeping their paths relative to their picture folder.

    A file is left, with a reason in the report, if its bytes differ from the catalog, if it is or is reached through a
    symbolic link, or if it no longer exists.

    Args:
        files: as the catalog has them.
        folder: created if it does not exist.
        roots: the picture folders.
        journals: the folder of the journal (``moves/`` in the project).
        check: called between files; may raise to stop. Files moved until then can be moved back.
        allowed: called immediately before each file is removed from its old path; returns a reason not to, or "".

    Raises:
        UsageError: files cannot be moved to the folder; see :func:`core.moves.aside_target.check_aside_folder`.
        PictoscopeError: another program is moving files of this project.
        DiskFull, OSError: the folder or the journal cannot be written.
    """
    wanted = check_aside_folder(folder, roots)
    report = MoveReport()
    with journals_of(journals, make=True, wait=_WAIT) as opened:
        if opened is None:
            raise PictoscopeError(f"{printable(journals)} was removed just now", "try again")
        with folders_made(journals.parent) as made:
            made += make_folders(wanted)
            target = os.fsencode(os.path.realpath(wanted))
            _recover_all(opened, roots, [target, *aside_folders(journals.parent)])
            remember_aside_folder(journals.parent, target)
            _move_all(files, target, roots, opened, report, made, check, allowed)
    return report


def _move_all(
    files: Sequence[File],
    target: bytes,
    roots: Sequence[Path],
    journals: Journals,
    report: MoveReport,
    made: list[bytes],
    check: Callable[[], None],
    allowed: Callable[[File], str],
) -> None:
    with journals.new() as journal:
        report.journal = journal.path
        for file in files:
            check()
            try:
                destination = _move_one(file, target, roots, journal, allowed, made)
            except (OSError, MoveRefused) as error:
                report.left.append((file.path, _reason(error)))
            else:
                report.moved.append((file.path, destination))


def _move_one(
    file: File,
    target: bytes,
    roots: Sequence[Path],
    journal: Writer,
    allowed: Callable[[File], str],
    made: list[bytes],
) -> bytes:
    """Move a file. Returns its new path. Raises MoveRefused, OSError: it was not moved.

    Folders that were made for it are added to ``made``.
    """
    if journal.is_full:
        raise MoveRefused("the journal of this move is full: move the rest separately")
    root, below = _root_of(file.path, roots)
    if len(roots) > 1:
        below = os.path.join(os.path.basename(root), below)
    with ExitStack() as stack:
        source = stack.enter_context(entry_below(root, file.path))
        _check_unchanged(source, file)
        wanted = stack.enter_context(entry_below(target, os.path.join(target, below), make=True, made=made))
        free_entry = next(entry for entry in _names(wanted) if entry.status() is None)
        record = Record(
            file.path, os.path.join(target, os.path.dirname(below), free_entry.name), file.key, new_part_name()
        )
        journal.begin(record)
        try:
            transfer(source, free_entry, record.part, file.key, lambda: allowed(file))
        except (OSError, MoveRefused):
            journal.note(record, Stage.LEFT)
            raise
        journal.note(record, Stage.MOVED)
        return record.destination


def _check_unchanged(source: FolderEntry, file: File) -> None:
    """Raises MoveRefused: the file is a link or has changed. OSError: it does not exist."""
    with source.opened() as descriptor:
        status = os.fstat(descriptor)
    if not is_unchanged(status, file.size, file.mtime_ns):
        raise MoveRefused("it has changed since the last scan")


def move_back(journal: Path, *, roots: Sequence[Path], check: Callable[[], None] = lambda: None) -> MoveReport:
    """Move the files of a journal back to their old paths. Can be repeated: files moved back before are not touched.

    Folders that were made for the move are removed where they are empty then.

    Args:
        journal: in ``moves/`` of the project.
        roots: the current picture folders of the project.
        check: called between files; may raise to stop.

    Raises:
        PictoscopeError: the journal cannot be used, or another program is moving files of this project.
    """
    report = MoveReport(journal=journal)
    with journals_of(journal.parent, wait=_WAIT) as opened:
        if opened is None or journal.name not in opened.names():
            raise PictoscopeError(f"there is no journal {printable(journal)}", "see the folder moves/ of the project")
        asides = aside_folders(journal.parent.parent)
        _recover_all(opened, roots, asides)
        if journal.name not in opened.names():
            return report  # it was empty
        read = opened.read(journal.name)
        for number in read.unreadable_lines:
            report.left.append((os.fsencode(journal), f"line {number} cannot be understood"))
        with folders_made(journal.parent.parent), opened.append_to(journal.name) as writer:
            for record in reversed(read.records):
                check()
                try:
                    moved = _move_one_back(record, roots, asides, writer)
                except (OSError, MoveRefused) as error:
                    report.left.append((record.destination, _reason(error)))
                else:
                    report.moved += [(record.destination, record.origin)] if moved else []
            writer.is_at_rest = not any(record.stage in UNFINISHED for record in read.records)
        if not report.left:
            opened.close_journal(journal.name)
    return report


def _move_one_back(record: Record, roots: Sequence[Path], asides: Sequence[bytes], writer: Writer) -> bool:
    """Move one file back. Returns whether there was one. Raises MoveRefused, OSError: it was not moved back."""
    with ExitStack() as stack:
        aside, root = _trusted_folders(record, roots, asides)
        if record.stage in (Stage.LEFT, Stage.BACK) and not os.path.lexists(record.destination):
            return False  # the folder may be gone with its last file
        aside_entry = _existing_entry(stack, aside, record.destination)
        if aside_entry is None or aside_entry.status() is None:
            return False  # never moved, or already moved back
        origin = stack.enter_context(entry_below(root, record.origin, make=True))
        if origin.status() is not None:
            raise MoveRefused(_TAKEN)
        writer.note(record, Stage.GOING_BACK)
        try:
            transfer(aside_entry, origin, record.part, record.key)
        except (OSError, MoveRefused):
            writer.note(record, Stage.MOVED)
            raise
        writer.note(record, Stage.BACK)
    return True


def _trusted_folders(record: Record, roots: Sequence[Path], asides: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The aside folder and the picture folder of a record.

    Raises:
        MoveRefused: this user did not choose that folder, or the old path is not valid for a picture of this project.
    """
    aside = next(
        (folder for folder in asides if within(record.destination, [folder]) and record.destination != folder), None
    )
    if aside is None:
        raise MoveRefused("it is not in a folder to which you moved files of this project")
    root, below = _root_of(record.origin, roots)
    *folders, name = below.split(b"/")
    if not looks_like_picture(name) or any(folder.startswith(b".") for folder in folders):
        raise MoveRefused(f"{printable(record.origin)} is not a path for a picture")
    return aside, root


def _existing_entry(stack: ExitStack, top: bytes, path: bytes) -> FolderEntry | None:
    """The entry of ``path``; None if its folder is missing. Raises MoveRefused, OSError: it cannot be reached."""
    try:
        return stack.enter_context(entry_below(top, path))
    except FileNotFoundError:
        return None


def last_move(journals: Path) -> tuple[Path, int] | None:
    """The newest journal that was not undone, and how many of its files are still at their new paths.

    Raises:
        PictoscopeError: there are only journals that are not used, such as those of another user; or another
            program is moving files of this project.
    """
    journal, unused = _newest(journals)
    if journal is None and unused:
        raise PictoscopeError(f"nothing is moved back: {unused}", "the journals in moves/ say where each file was")
    return journal


def files_aside(journals: Path) -> int:
    """The number of files that :func:`last_move` finds; 0 also if that raises an error."""
    try:
        journal, _ = _newest(journals)
    except PictoscopeError:
        return 0
    return journal[1] if journal else 0


def _newest(journals: Path) -> tuple[tuple[Path, int] | None, str]:
    """The newest journal with files to move back, and why newer ones are not used."""
    asides, unused = aside_folders(journals.parent), ""
    with journals_of(journals, to_read=True) as opened:
        for name in reversed(opened.names() if opened else []):
            there, why = _still_aside(opened, name, asides)
            if there:
                return (journals / name, there), unused
            unused = unused or why
    return None, unused


def _still_aside(journals: Journals | None, name: str, asides: Sequence[bytes]) -> tuple[int, str]:
    """The number of files of a journal that are aside, and why other files of it are ignored."""
    if journals is None or not asides:
        return 0, f"{name} lists moved files, but you moved none in this project"
    try:
        records = journals.read(name).records
    except PictoscopeError as error:
        return 0, error.message
    ours = [record for record in records if within(record.destination, asides)]
    foreign = f"{name} names folders to which you moved no files" if len(ours) < len(records) else ""
    return sum(os.path.lexists(record.destination) for record in ours), foreign


def recover_moves(journals: Path, *, roots: Sequence[Path]) -> str:
    """Recover interrupted moves in both directions. Returns in words what was done; empty for nothing.

    If another program is moving files, nothing is done. Journals that cannot be used are reported.
    """
    asides = aside_folders(journals.parent)
    if not asides:
        return ""  # this user moved nothing here
    try:
        with journals_of(journals) as opened:
            return _recover_all(opened, roots, asides) if opened else ""
    except JournalBusy:
        return ""
    except PictoscopeError as error:
        return error.message


def _recover_all(journals: Journals, roots: Sequence[Path], asides: Sequence[bytes]) -> str:
    messages: list[str] = []
    for name in journals.names():
        try:
            if not journals.is_at_rest(name):
                messages += _recover_journal(journals, name, roots, asides)
        except PictoscopeError as error:
            messages.append(error.message)
    more = f", and {count(len(messages) - 1)} more like it" if len(messages) > 1 else ""
    return f"{messages[0]}{more}" if messages else ""


def _recover_journal(journals: Journals, name: str, roots: Sequence[Path], asides: Sequence[bytes]) -> list[str]:
    read, messages = journals.read(name), list[str]()
    records = read.records
    if not records:
        if not read.unreadable_lines:
            journals.drop(name)  # it was created, but no move was recorded
        return []
    with journals.append_to(name) as writer:
        for record in records:
            if record.stage in UNFINISHED and (done := _recover_record(record, roots, asides, writer)):
                messages.append(f"a move was interrupted: {printable(os.path.basename(record.origin))} {done}")
        writer.is_at_rest = not any(record.stage in UNFINISHED for record in records)
    return messages


def _recover_record(record: Record, roots: Sequence[Path], asides: Sequence[bytes], writer: Writer) -> str:
    """Recover one move. Returns what was done. Files that cannot be reached are left for a later recovery."""
    try:
        with ExitStack() as stack:
            aside, root = _trusted_folders(record, roots, asides)
            aside_entry, origin = (
                _existing_entry(stack, aside, record.destination),
                _existing_entry(stack, root, record.origin),
            )
            done = recover_one(origin, aside_entry, record.part, record.key)
            is_aside = aside_entry is not None and aside_entry.status() is not None
            writer.note(record, Stage.MOVED if is_aside else Stage.LEFT)
            return done.value
    except (OSError, MoveRefused):
        return ""


def _root_of(path: bytes, roots: Sequence[Path]) -> tuple[bytes, bytes]:
    """The picture folder of a file, and its path below it.

    Raises:
        MoveRefused: it is in none.
    """
    for root in map(os.fsencode, roots):
        if path != root and within(path, [root]):
            return root, os.path.relpath(path, root)
    raise MoveRefused("its path is in none of the picture folders of this project")


def _names(wanted: FolderEntry) -> Iterator[FolderEntry]:
    yield wanted
    stem, suffix = os.path.splitext(wanted.name)
    number = 2
    while True:
        yield wanted.named(stem + f" ({number})".encode() + suffix)
        number += 1


def _reason(error: OSError | MoveRefused) -> str:
    if isinstance(error, MoveRefused):
        return error.message
    if error.errno == errno.EEXIST:
        return _TAKEN
    return "it is not there any more" if error.errno == errno.ENOENT else (error.strerror or str(error)).lower()
