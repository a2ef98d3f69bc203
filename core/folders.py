"""The picture folders of a project: listing, moving and removing them.

Labels and vectors belong to the content of pictures, so none of this touches them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote_from_bytes

from core.catalog.catalog import Catalog
from core.catalog.roots import pictures_in, remove_other_roots
from core.errors import UsageError
from core.folder_paths import check_apart, picture_folder, stored_folder
from core.labels.undo import History
from core.project import Project
from core.settings import Settings
from core.text import count, printable

_AT_ONCE = 10_000  # files per query of the catalog


@dataclass(frozen=True, slots=True)
class PictureFolder:
    """A picture folder of a project.

    Attributes:
        path: absolute.
        exists: whether it exists now.
        files: number of files in it that the catalog knows.
        pictures: number of distinct contents among them.
    """

    path: Path
    exists: bool
    files: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The move of a picture folder to another path.

    Attributes:
        old: former path.
        new: current path.
        files: number of files in it that the catalog knows.
        found: how many of them exist at the new path with the same size.
        pictures: number of distinct contents among them.
    """

    old: Path
    new: Path
    files: int
    found: int
    pictures: int

    def __str__(self) -> str:
        said = f"{count(self.found)} of {count(self.files, 'file')} found in {printable(self.new)}"
        return f"{said}; labels and vectors of {count(self.pictures, 'picture')} are kept"


@dataclass(frozen=True, slots=True)
class Removed:
    """The removal of a picture folder from a project.

    Attributes:
        path: absolute.
        pictures: number of distinct contents that were in it.
        without_file: those of them that are in no other folder.
    """

    path: Path
    pictures: int
    without_file: int

    def __str__(self) -> str:
        said = f"{printable(self.path)} is removed; labels and vectors of {count(self.pictures, 'picture')} are kept"
        return f"{said}, {count(self.without_file)} of them without a file now" if self.without_file else said


def picture_folders(project: Project) -> list[PictureFolder]:
    """The picture folders, in the order of the settings."""
    return [_status(project, stored) for stored in project.settings.folders]


def _status(project: Project, stored: str) -> PictureFolder:
    location = os.fsencode(stored)
    path = Path(os.fsdecode(project.catalog.absolute(location)))
    files = _count_files(project.catalog, location)
    return PictureFolder(path, path.is_dir(), files, pictures_in(project.catalog, location))


def move_folder(project: Project, old: str | os.PathLike[str], new: str | os.PathLike[str]) -> Moved:
    """:func:`plan_move` followed by :func:`carry_out`."""
    moved = plan_move(project, old, new)
    carry_out(project, moved)
    return moved


def plan_move(project: Project, old: str | os.PathLike[str], new: str | os.PathLike[str]) -> Moved:
    """Check the move of a picture folder, without changing anything.

    Args:
        project: of the folder.
        old: former path; need not exist any more.
        new: current path.

    Raises:
        UsageError: the project has no folder ``old``, ``new`` is one of its folders, or holds none of the files.
        ProjectError: ``new`` does not exist, or overlaps another folder of the project.
    """
    was, stored = _folder_of(project, old)
    now = picture_folder(new)
    _check_place(project, was, now)
    location = os.fsencode(stored)
    files, found = 0, 0
    for path, size in _files(project.catalog, location):
        files += 1
        found += _is_there(os.path.join(os.fsencode(now), path), size)
    if files and not found:
        raise UsageError(
            f"none of the {count(files, 'file')} known in {printable(was)} is in {printable(now)}",
            f"give the folder that holds them now; or `pictoscope folders add {printable(now)}`, then `folders remove`",
        )
    return Moved(was, now, files, found, pictures_in(project.catalog, location))


def remove_folder(project: Project, folder: str | os.PathLike[str]) -> Removed:
    """Remove a picture folder from a project. Its files are not touched, labels and vectors are kept.

    Raises:
        UsageError: the project has no such folder. CatalogError, DiskFull, OSError: it cannot be written.
    """
    path, stored = _folder_of(project, folder)
    location, catalog = os.fsencode(stored), project.catalog
    pictures = pictures_in(catalog, location)
    rows = catalog.query(
        """SELECT count(*) FROM (
               SELECT f.picture FROM files f JOIN folders d ON d.id = f.folder JOIN roots r ON r.id = d.root
               GROUP BY f.picture HAVING max(r.location = ?) = 1 AND min(r.location = ?) = 1)""",
        (location, location),
    )
    project.remove_folder(path)
    remove_other_roots(catalog, lambda: [os.fsencode(kept) for kept in project.settings.folders])
    return Removed(path, pictures, int(rows[0][0]))


def _folder_of(project: Project, folder: str | os.PathLike[str]) -> tuple[Path, str]:
    """A folder of the project as an absolute path and as stored in the settings.

    Raises:
        UsageError: it has no such folder.
    """
    wanted = Path(os.path.abspath(os.path.expanduser(folder)))
    for path, stored in zip(project.folders, project.settings.folders, strict=True):
        if path == wanted:
            return path, stored
    known = ", ".join(printable(path) for path in project.folders) or "none"
    raise UsageError(f"{printable(wanted)} is not a picture folder of this project", f"there are: {known}")


def _check_place(project: Project, old: Path, new: Path) -> None:
    """Raises UsageError, ProjectError: the new path is, or overlaps, a folder of the project."""
    if new == old:
        raise UsageError(f"{printable(new)} is the folder's current path", "give the path that it moved to")
    for other in project.folders:
        if other == new:
            raise UsageError(
                f"{printable(new)} is a folder of this project already",
                f"remove the old one: pictoscope folders remove {printable(old)}",
            )
        if other != old:
            check_apart(new, other)


def carry_out(project: Project, moved: Moved) -> None:
    """Move a folder in the catalog and the settings: what is known of its files applies to the new path.

    No picture is read; the next scan reads only files whose size or time differs. Both the settings and the
    catalog are changed, or neither; a kill between them costs one more reading of the files.

    Raises:
        UsageError: the project has no folder ``moved.old`` any more.
        CatalogError, DiskFull, OSError: it cannot be written; everything is as it was.
    """
    old, stored = _folder_of(project, moved.old)
    now = stored_folder(project.path, moved.new)

    def change(settings: Settings) -> Settings:
        if stored not in settings.folders:
            raise UsageError(
                f"{printable(old)} is no longer a picture folder of this project", "see: pictoscope folders list"
            )
        return replace(settings, folders=tuple(now if folder == stored else folder for folder in settings.folders))

    with project.catalog.transaction(durable=True) as database:
        stale = (os.fsencode(now),)
        database.execute(
            "DELETE FROM files WHERE folder IN (SELECT d.id FROM folders d JOIN roots r ON r.id = d.root"
            " WHERE r.location = ?)",
            stale,
        )
        database.execute("DELETE FROM roots WHERE location = ?", stale)
        database.execute("UPDATE roots SET location = ? WHERE location = ?", (*stale, os.fsencode(stored)))
        # On another disk they have other inode numbers: the next scan records them, as size and time are the same.
        database.execute(
            "DELETE FROM file_stamps WHERE file IN (SELECT f.id FROM files f JOIN folders d ON d.id = f.folder"
            " JOIN roots r ON r.id = d.root WHERE r.location = ?)",
            stale,
        )
        database.execute("UPDATE file_changes SET number = number + 1")  # cached paths are reloaded
        _move_decisions(project.catalog, os.fsencode(old), os.fsencode(moved.new))
        project.update_settings(change)


def _move_decisions(catalog: Catalog, old: bytes, new: bytes) -> None:
    """Move decisions on single files, which are stored by path, to the new path. One step of the history."""
    before, after = (f"file:{quote_from_bytes(path.rstrip(b'/') + b'/')}" for path in (old, new))
    within = (len(before), before)
    if catalog.query("SELECT 1 FROM decisions WHERE substr(subject, 1, ?) = ? LIMIT 1", within):
        name = f"decisions on duplicates in {printable(old)} moved to {printable(new)}"
        with History(catalog).step(name) as step:
            step.database.execute(
                """INSERT INTO decisions
                   SELECT kind, ? || substr(subject, ?), picture, other, created FROM decisions
                   WHERE substr(subject, 1, ?) = ? ON CONFLICT DO NOTHING""",
                (after, len(before) + 1, *within),
            )
            step.database.execute("DELETE FROM decisions WHERE substr(subject, 1, ?) = ?", within)


def _count_files(catalog: Catalog, location: bytes) -> int:
    rows = catalog.query(
        """SELECT count(*) FROM files f JOIN folders d ON d.id = f.folder JOIN roots r ON r.id = d.root
           WHERE r.location = ?""",
        (location,),
    )
    return int(rows[0][0])


def _files(catalog: Catalog, location: bytes) -> Iterator[tuple[bytes, int]]:
    """Relative path and size of every known file of a folder."""
    last = 0
    while True:
        rows = catalog.query(
            """SELECT f.id, d.path, f.name, f.size FROM files f JOIN folders d ON d.id = f.folder
               JOIN roots r ON r.id = d.root WHERE r.location = ? AND f.id > ? ORDER BY f.id LIMIT ?""",
            (location, last, _AT_ONCE),
        )
        if not rows:
            return
        for _, folder, name, size in rows:
            yield os.path.join(folder, name), size
        last = rows[-1][0]


def _is_there(path: bytes, size: int) -> bool:
    try:
        return os.stat(path).st_size == size
    except OSError:
        return False
