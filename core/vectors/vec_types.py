"""The vec types of a project: which there are, and how complete each is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import PictoscopeError, StoreError, UsageError, VectorsMissing
from core.vectors import manifest as manifest_file
from core.vectors.coverage import Coverage, Covered
from core.vectors.keys import Keys
from core.vectors.vec_type import VecType


@dataclass(frozen=True)
class VecTypeStatus:
    """A vec type and how complete it is.

    Attributes:
        vec_type: model and options.
        dim: numbers a row.
        done: pictures of the project that have a row.
        failed: pictures of the project that could not be read.
        total: pictures of the project.
        size: bytes on disk.
        default: whether actions take it where none is given.
        text: whether its model reads text.
        problem: why it cannot be read; empty where it can.
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
    def coverage(self) -> str:
        """As in ``27,412 / 48,210``."""
        return f"{self.done:,} / {self.total:,}"


def names(vectors_folder: Path) -> list[str]:
    """Names of the vec types, sorted. Folders of other names (deletions under way) and files are passed over."""
    try:
        entries = sorted(entry.name for entry in os.scandir(vectors_folder) if entry.is_dir())
    except FileNotFoundError:
        return []
    found = []
    for entry in entries:
        try:
            found.append(VecType.parse(entry).name)
        except UsageError:
            continue
    return found


def exists(vectors_folder: Path, name: str) -> bool:
    """Whether the vec type was created, even if its first row is not there yet."""
    return (vectors_folder / name).is_dir()


def is_begun(vectors_folder: Path, name: str) -> bool:
    """Whether a job got as far as making its files, also where the manifest is lost since."""
    folder = vectors_folder / name
    return (folder / manifest_file.FILE_NAME).exists() or manifest_file.has_rows(folder)


def request(vectors_folder: Path, vec_type: VecType) -> None:
    """Note that a vec type is wanted. Its manifest follows when its model is loaded.

    Raises:
        OSError: the folder cannot be written.
    """
    (vectors_folder / vec_type.name).mkdir(parents=True, exist_ok=True)


def statuses(
    vectors_folder: Path, present: Keys, default: str, coverage: Coverage | None = None
) -> list[VecTypeStatus]:
    """How complete each vec type is.

    Args:
        vectors_folder: of the project.
        present: sorted keys of its pictures, dtype S20.
        default: name of the default vec type.
        coverage: what was found out before; nothing by default.
    """
    coverage = coverage or Coverage(vectors_folder)
    return [status(vectors_folder, VecType.parse(name), present, default, coverage) for name in names(vectors_folder)]


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
    """The vec type an action works with: the one asked for, else the default, else the only ones that serve.

    Raises:
        UsageError: it cannot serve: unknown, or its model reads no text. VectorsMissing: not created yet.
    """
    there = names(vectors_folder)
    if wanted:
        vec_type = VecType.parse(wanted)
        is_there = vec_type.name in there
        if needs_text and not (reads_text(vectors_folder, vec_type) if is_there else vec_type.spec.text):
            raise UsageError(f"{vec_type.model} reads no text", _text_hint(vectors_folder, there))
        if not is_there:
            vec_type.spec  # noqa: B018  an unknown model is said to be one
            command = f"pictoscope vectors create {vec_type.model}{' --greyscale' if vec_type.greyscale else ''}"
            raise VectorsMissing(f"there are no vectors {vec_type.name} yet", f"create them: {command}")
        return vec_type
    able = [name for name in there if not needs_text or reads_text(vectors_folder, VecType.parse(name))]
    if not able:
        what = "that read text " if needs_text else ""
        model = "conse" if needs_text else "effnet-lite0"
        raise VectorsMissing(f"there are no vectors {what}yet", f"create them: pictoscope vectors create {model}")
    return VecType.parse(default if default in able else able[0])


def covered(vectors_folder: Path, vec_type: VecType, present: Keys, coverage: Coverage) -> Covered:
    """The rows of a vec type that has some.

    Raises:
        VectorsMissing: nothing was committed yet. StoreDamaged: it cannot be read.
    """
    try:
        found = coverage.of(vec_type, present)
        if found.snapshot.live.any():
            return found
    except StoreError:
        if is_begun(vectors_folder, vec_type.name):
            raise
    raise VectorsMissing(f"the vectors {vec_type.name} have no rows yet", _restart_hint(vec_type))


def _size(folder: Path) -> int:
    """Bytes on disk; 0 for a folder that is being deleted."""
    try:
        return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())
    except FileNotFoundError:
        return 0


def _restart_hint(vec_type: VecType) -> str:
    return f"wait for their job (pictoscope jobs), or: pictoscope vectors restart {vec_type.name}"


def reads_text(vectors_folder: Path, vec_type: VecType) -> bool:
    """Whether a vec type's model reads text: as its manifest says, else the catalogue; not if neither knows it."""
    try:
        return manifest_file.load(vectors_folder / vec_type.name).text or vec_type.spec.text
    except StoreError:
        pass
    try:
        return vec_type.spec.text
    except UsageError:
        return False


def _text_hint(vectors_folder: Path, there: list[str]) -> str:
    able = [name for name in there if reads_text(vectors_folder, VecType.parse(name))]
    if able:
        return f"these do: {', '.join(able)}"
    return "create vectors that do: pictoscope vectors create conse"
