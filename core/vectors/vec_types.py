"""The vec types of a project and how complete each is."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from core.errors import PictoscopeError, StoreError, TooFewVectors, UnsafeFile, UsageError, VectorsMissing
from core.key_arrays import Keys
from core.key_hints import key_for
from core.project_files import DEEP, folder_exists, make_folder, names_in
from core.text import count
from core.vectors.coverage import Coverage, Covered
from core.vectors.manifest import Manifest, has_manifest, has_rows
from core.vectors.vec_type import VecType


@dataclass(frozen=True)
class VecTypeStatus:
    """A vec type and how complete it is.

    Attributes:
        vec_type: model and options.
        dim: numbers per row.
        done: pictures of the project that have a row.
        failed: pictures of the project that could not be read.
        total: pictures of the project.
        size: bytes on disk.
        default: whether actions use it by default.
        text: whether its model reads text.
        problem: why it cannot be read; empty if it can.
    """

    vec_type: VecType
    dim: int
    done: int
    failed: int
    total: int
    size: int
    default: bool
    text: bool = False
    problem: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to compute."""
        return self.done + self.failed >= self.total

    @property
    def can_restart(self) -> bool:
        """Whether a job could compute rows that are missing."""
        return not self.complete and not self.vec_type.is_imported

    @property
    def coverage(self) -> str:
        """As in ``27,412 / 48,210``."""
        return f"{self.done:,} / {self.total:,}"


def names(vectors_folder: Path) -> list[str]:
    """Sorted names of the vec types. Files and folders with other names (deletions in progress) are skipped.

    Raises:
        UnsafeFile: their folder is a link, or no folder.
    """
    found = []
    for entry in names_in(vectors_folder):
        # A link is listed, and refused with a message when it is opened.
        if not (vectors_folder / entry).is_dir() and not (vectors_folder / entry).is_symlink():
            continue
        with contextlib.suppress(UsageError):
            found.append(VecType.parse(entry).name)
    return found


def exists(vectors_folder: Path, name: str) -> bool:
    """Whether the vec type was created, even if its first row is not there yet.

    Raises:
        UnsafeFile: something that is no folder of a project has its name.
    """
    return folder_exists(vectors_folder / name, inside=DEEP - 1)


def is_begun(vectors_folder: Path, name: str) -> bool:
    """Whether a job has created its files, even if the manifest has been lost since."""
    folder = vectors_folder / name
    return has_manifest(folder) or has_rows(folder)


def request(vectors_folder: Path, vec_type: VecType) -> bool:
    """Create the folder of a requested vec type. Its manifest follows when its model is loaded.

    Returns whether it is new: of several processes that request one vec type at once, one is told so.

    Raises:
        OSError: the folder cannot be written.
    """
    return make_folder(vectors_folder / vec_type.name, inside=DEEP - 1)


def statuses(
    vectors_folder: Path, present: Keys, default: str, coverage: Coverage | None = None
) -> list[VecTypeStatus]:
    """How complete each vec type is.

    Args:
        vectors_folder: of the project.
        present: sorted keys of its pictures, dtype S20.
        default: name of the default vec type.
        coverage: a cache of earlier results; none by default.
    """
    coverage = coverage or Coverage(vectors_folder)
    found = []
    for name in names(vectors_folder):
        vec_type = VecType.parse(name)
        one = status(vectors_folder, vec_type, present, default, coverage)
        if one.problem:  # perhaps deleted while it was read, perhaps created again
            if not os.path.lexists(vectors_folder / name):
                continue
            one = status(vectors_folder, vec_type, present, default, coverage)
        found.append(one)
    return found


def status(
    vectors_folder: Path, vec_type: VecType, present: Keys, default: str, coverage: Coverage | None = None
) -> VecTypeStatus:
    """How complete one vec type is; see :func:`statuses`."""
    folder = vectors_folder / vec_type.name
    dim = done = failed = 0
    text, problem = False, ""
    try:
        if is_begun(vectors_folder, vec_type.name):
            covered = (coverage or Coverage(vectors_folder)).of(vec_type, present)
            dim, text = covered.snapshot.manifest.dim, covered.snapshot.manifest.text
            done, failed = covered.done, covered.failed
        else:
            dim, text = vec_type.spec.dim, vec_type.spec.text
    except PictoscopeError as error:
        problem = error.message
    size, is_default = _size(folder), vec_type.name == default
    return VecTypeStatus(vec_type, dim, done, failed, len(present), size, is_default, text, problem)


def choose(vectors_folder: Path, wanted: str, default: str, *, needs_text: bool) -> VecType:
    """The vec type for an action: the requested one, else the default, else the first suitable one.

    One that has rows goes before one whose job has not begun or has failed.

    Raises:
        UsageError: it is unknown, or its model reads no text. VectorsMissing: not created yet.
    """
    there = names(vectors_folder)
    if wanted:
        vec_type = VecType.parse(wanted)
        is_there = vec_type.name in there
        if needs_text and not (reads_text(vectors_folder, vec_type) if is_there else vec_type.spec.text):
            raise UsageError(f"{vec_type.model} reads no text", _text_hint(vectors_folder, there))
        if not is_there:
            vec_type.spec  # noqa: B018  raises UsageError for an unknown model
            raise VectorsMissing(f"there are no vectors {vec_type.name} yet", f"create them: {vec_type.create_command}")
        return vec_type
    able = [name for name in there if not needs_text or reads_text(vectors_folder, VecType.parse(name))]
    if not able:
        what = "that read text " if needs_text else ""
        model = "conse" if needs_text else "effnet-lite0"
        raise VectorsMissing(f"there are no vectors {what}yet", f"create them: pictoscope vectors create {model}")
    usable = [name for name in able if has_rows(vectors_folder / name)] or able
    return VecType.parse(default if default in usable else usable[0])


def covered(vectors_folder: Path, vec_type: VecType, present: Keys, coverage: Coverage) -> Covered:
    """The rows of a vec type that has some.

    Raises:
        TooFewVectors: nothing was committed yet. StoreDamaged: it cannot be read.
    """
    try:
        found = coverage.of(vec_type, present)
        if found.snapshot.live.any():
            return found
    except StoreError:
        if is_begun(vectors_folder, vec_type.name):
            raise
    raise TooFewVectors(f"the vectors {vec_type.name} have no rows yet", _restart_hint(vec_type), vec_type.name)


def too_few(vec_type: VecType, done: int, total: int, *, prefix: str = "", why: str = "") -> TooFewVectors:
    """The error for too few vectors, with a hint how the others are added.

    Args:
        vec_type: of the project.
        done: pictures that have a row.
        total: number of pictures in question; at least one.
        prefix: for a part of the collection, such as ``"within: "``; empty for all of it.
        why: the reason; may be empty.
    """
    reason = f": {why}" if why else ""
    has = "has" if total == 1 else "have"
    return TooFewVectors(
        f"{prefix}{done:,} of {count(total, 'picture')} {has} {vec_type.name} vectors{reason}",
        how_to_complete(vec_type),
        vec_type.name,
    )


def how_to_complete(vec_type: VecType) -> str:
    """How rows are added for pictures that have none."""
    if vec_type.is_imported:
        return f"import rows for them: {vec_type.create_command}"
    return (
        f"Restart computes them: {vec_type.restart_command}, or {key_for('vectors-pane.restart')} in Settings, Vectors"
    )


def _size(folder: Path) -> int:
    """Bytes on disk; 0 for a folder that is being deleted or is unsafe."""
    size = 0
    with contextlib.suppress(UnsafeFile):
        for name in names_in(folder, inside=DEEP - 1):
            with contextlib.suppress(FileNotFoundError):  # replaced by a compaction
                file = os.stat(folder / name, follow_symlinks=False)
                size += file.st_size if stat.S_ISREG(file.st_mode) else 0
    return size


def _restart_hint(vec_type: VecType) -> str:
    if vec_type.is_imported:
        return how_to_complete(vec_type)
    return f"`pictoscope jobs` shows whether a job computes them; if none does: {vec_type.restart_command}"


def reads_text(vectors_folder: Path, vec_type: VecType) -> bool:
    """Whether a vec type's model reads text, by its manifest, else by the catalogue; False if unknown to both."""
    try:
        return Manifest.load(vectors_folder / vec_type.name).text or vec_type.spec.text
    except StoreError:
        pass
    try:
        return vec_type.spec.text
    except UsageError:
        return False


def _text_hint(vectors_folder: Path, there: list[str]) -> str:
    able = [name for name in there if reads_text(vectors_folder, VecType.parse(name))]
    if able:
        return f"vectors that can: {', '.join(able)}"
    return "create vectors that can: pictoscope vectors create conse"
