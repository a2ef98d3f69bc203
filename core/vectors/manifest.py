"""``manifest.toml``: describes the rows of a vec type.

Its first line is a checksum of the rest: a flipped bit in ``dim`` would corrupt every row.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import json
import tomllib
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from core import project_files
from core.errors import ModelChanged, StoreDamaged, StoreError
from core.files import write_atomic
from core.images.formats import READER
from core.models.backend import Model
from core.models.options import PRECISIONS
from core.project_files import DEEP, check_parent, names_in, read_start, status
from core.toml_reader import LONGEST, parse_toml
from core.vectors.vec_type import VecType

FORMAT = 1
MANIFEST_NAME = "manifest.toml"
_FIX = "fix it in an editor, or delete these vectors"
_CHECKSUM = b"checksum = "  # of manifests that have one
_READ_AT_LEAST = 448  # default for old manifests: twice the 224 pixels of the first models
_DTYPES = {"<f4": np.dtype("<f4")}
# Upper limits for any model. A manifest may come from a stranger: sizes computed from it must stay small.
_MOST_DIM = 65_536
_MOST_PIXELS = 100_000
_MOST_GENERATION = 1_000_000_000
_MOST_READER = 1_000_000
_LONGEST_TEXT = 10_000  # characters
_MOST_ENTRIES = 10_000  # of a table
_LOOKS = 10  # at files that a compaction replaces
_SHORT = 12  # shown characters of a revision


@dataclass(frozen=True)
class Manifest:
    """Describes the rows of a vec type.

    Attributes:
        vec_type: model and options.
        weights: source of the model's weights.
        revision: their version or commit.
        sha256: of their files, by name.
        preprocessing: one line in words.
        dim: numbers per row.
        text: whether the model reads text, so that text rows can be compared with these.
        read_at_least: minimum pixels of a decoded JPEG's shorter side, for stored pictures and queries.
        precision: of the computation; queries and later runs use the same.
        remote_code: whether the rows were computed with code from the model's repository. For information: whether it
            may run is decided by the user's configuration, see :mod:`core.models.consent`.
        dtype: NumPy's name, little-endian.
        generation: counts compactions; generation 1 is in ``rows.f32``, generation n in ``rows.n.f32``.
        created: UTC, ISO 8601.
        tools: versions of the libraries.
        reader: version of the picture reader when these vectors were started (``core.images.formats.READER``).
    """

    vec_type: VecType
    weights: str
    revision: str
    sha256: dict[str, str]
    preprocessing: str
    dim: int
    created: str
    text: bool = False
    read_at_least: int = _READ_AT_LEAST
    precision: str = "float32"
    remote_code: bool = False
    dtype: str = "<f4"
    generation: int = 1
    tools: dict[str, str] = field(default_factory=dict)
    reader: int = READER

    @classmethod
    def of(cls, vec_type: VecType, model: Model, *, read_at_least: int, remote_code: bool = False) -> Manifest:
        """The manifest of rows that a loaded model computes now."""
        return cls(
            vec_type=vec_type,
            weights=model.spec.weights,
            revision=model.provenance.revision,
            sha256=model.provenance.sha256,
            preprocessing=model.provenance.preprocessing,
            dim=model.spec.dim,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            text=model.spec.text,
            read_at_least=read_at_least,
            precision=model.precision,
            remote_code=remote_code,
            tools=model.provenance.tools,
        )

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read the manifest of a vec type.

        Raises:
            StoreError: there are no vectors, or of a newer format. UnsafeFile: it is no file of a project.
            StoreDamaged: it is not what a manifest should be, or is missing.
        """
        path = folder / MANIFEST_NAME
        try:
            raw = read_start(path, LONGEST + 1, inside=DEEP)
            content = parse_toml(raw)
        except FileNotFoundError as error:
            if has_rows(folder):
                if has_manifest(folder):  # deleted and created again since
                    return cls.load(folder)
                raise missing_file(error) from None
            raise StoreError(f"no vectors at {folder}", "create them: Settings, Vectors, Create new vectors") from None
        except OSError as error:
            raise StoreError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
        except tomllib.TOMLDecodeError as error:
            raise StoreDamaged(f"{path} is damaged: {error}", _FIX) from error
        found = content.get("format")
        if not isinstance(found, int) or found < 1:
            raise StoreDamaged(f"{path} is damaged: it has no format version", _FIX)
        if found > FORMAT:
            raise StoreError(
                f"{path} has format {found}, this Pictoscope reads up to {FORMAT}", "upgrade: pip install -U pictoscope"
            )
        first, _, rest = raw.partition(b"\n")
        if first.startswith(_CHECKSUM) and first != _checksum(rest):
            raise StoreDamaged(
                f"{path} is damaged: it does not match its checksum",
                "restore it from a backup; if you changed it on purpose, delete its first line",
            )
        try:
            return cls.parse(content)
        except (KeyError, TypeError, ValueError) as error:
            raise StoreDamaged(f"{path} is damaged: {error}", _FIX) from error

    @classmethod
    def parse(cls, content: dict[str, Any]) -> Manifest:
        """The inverse of :meth:`content`, for what may come from a stranger.

        Raises:
            KeyError, TypeError, ValueError: it is not what a manifest says.
        """
        manifest = cls(
            vec_type=VecType(_text(content, "model"), bool(content["greyscale"])),
            weights=_text(content, "weights"),
            revision=_text(content, "revision"),
            sha256=_texts(content, "sha256"),
            preprocessing=_text(content, "preprocessing"),
            dim=_positive(content, "dim", _MOST_DIM),
            text=bool(content.get("text", False)),
            read_at_least=_positive({"read_at_least": _READ_AT_LEAST} | content, "read_at_least", _MOST_PIXELS),
            precision=_text({"precision": "float32"} | content, "precision"),
            remote_code=bool(content.get("remote_code", False)),
            dtype=_text(content, "dtype"),
            generation=_positive(content, "generation", _MOST_GENERATION),
            created=_text(content, "created"),
            reader=_positive({"reader": 1} | content, "reader", _MOST_READER),
            tools=_texts(content, "tools"),
        )
        if manifest.dtype not in _DTYPES:
            raise ValueError(f"dtype {manifest.dtype!r} is unknown")
        if manifest.precision not in PRECISIONS:
            raise ValueError(f"precision {manifest.precision!r} is unknown")
        return manifest

    def save(self, folder: Path) -> None:
        """Write the manifest atomically.

        Raises:
            DiskFull, OSError: it cannot be written; the old one stays.
        """
        text = tomli_w.dumps(self.content()).encode("utf-8")
        check_parent(folder / MANIFEST_NAME, inside=DEEP)
        write_atomic(folder / MANIFEST_NAME, _checksum(text) + b"\n" + text)

    def content(self) -> dict[str, Any]:
        """As it is written to the file."""
        return {
            "format": FORMAT,
            "vec_type": self.vec_type.name,
            "model": self.vec_type.model,
            "greyscale": self.vec_type.greyscale,
            "weights": self.weights,
            "revision": self.revision,
            "preprocessing": self.preprocessing,
            "dim": self.dim,
            "text": self.text,
            "read_at_least": self.read_at_least,
            "precision": self.precision,
            "remote_code": self.remote_code,
            "dtype": self.dtype,
            "generation": self.generation,
            "created": self.created,
            "reader": self.reader,
            "sha256": self.sha256,
            "tools": self.tools,
        }

    @property
    def row_bytes(self) -> int:
        """Bytes per row."""
        return self.dim * _DTYPES[self.dtype].itemsize

    @property
    def rows_name(self) -> str:
        """File of the rows."""
        return "rows.f32" if self.generation == 1 else f"rows.{self.generation}.f32"

    @property
    def journal_name(self) -> str:
        """File of the journal."""
        return "journal.bin" if self.generation == 1 else f"journal.{self.generation}.bin"

    @property
    def codes_name(self) -> str:
        """File of the codes; see :mod:`core.vectors.code_file`."""
        return "codes.i8" if self.generation == 1 else f"codes.{self.generation}.i8"

    def differs_from(self, other: Manifest) -> str:
        """Why rows of ``other`` must not be mixed with these, in words; empty if they may."""
        if self.vec_type != other.vec_type:
            return f"they are {other.vec_type}"
        if self.revision != other.revision:
            revisions = f"revision {self.revision[:_SHORT]}, now {other.revision[:_SHORT]}"
            return f"they were computed with different weights ({revisions})"
        if self.sha256 != other.sha256:
            files = sorted(name for name, _ in self.sha256.items() ^ other.sha256.items())
            return f"they were computed with different weights (another {', '.join(dict.fromkeys(files))})"
        if self.dim != other.dim:
            return f"they have {self.dim} dimensions, the model gives {other.dim}"
        if self.preprocessing != other.preprocessing:
            return f"pictures were preprocessed differently ({self.preprocessing}; now: {other.preprocessing})"
        if self.precision != other.precision:
            return f"they were computed in {self.precision}, now it would be {other.precision}"
        return ""

    def refuses(self, other: Manifest) -> str:
        """Why rows that ``other`` describes, computed elsewhere, must not be added to these; empty if they may."""
        if why := other.differs_from(self):
            return why
        if other.read_at_least != self.read_at_least:
            return f"pictures were read at {other.read_at_least} pixels, the others at {self.read_at_least}"
        if other.reader < self.reader:
            return "pictures were read by an earlier version of Pictoscope"
        return ""

    @property
    def fingerprint(self) -> str:
        """Equal for manifests whose rows may be compared: same weights, same preprocessing."""
        identity = [self.vec_type.name, self.revision, sorted(self.sha256.items()), self.preprocessing, self.dim]
        return hashlib.sha256(json.dumps(identity).encode("ascii")).hexdigest()


def older_reader(manifest: Manifest) -> str:
    """A warning about rows whose pictures were read by an earlier version; empty if there is nothing to warn of."""
    if manifest.reader >= READER:
        return ""
    return (
        f"{manifest.vec_type} was started by a version that applied no colour profiles and read some 16-bit pictures "
        "wrongly: existing rows of such pictures are not updated; delete and recreate these vectors to update them"
    )


def model_changed(vec_type: VecType, why: str) -> ModelChanged:
    """The error for rows of a different model, with the two options."""
    return ModelChanged(
        f"the existing rows do not match the model: {why}",
        f"recreate them: pictoscope vectors delete {vec_type}, then {vec_type.create_command}"
        "; or leave them as they are, for what needs no model, until the old one is back",
    )


def generation_files(folder: Path) -> list[Path]:
    """The rows and journals of all generations in a folder: the current one, and leftovers of a crash."""
    names = names_in(folder, inside=DEEP - 1)
    return [folder / name for form in ("rows*.f32", "journal*.bin") for name in fnmatch.filter(names, form)]


def code_files(folder: Path) -> list[Path]:
    """The codes of all generations in a folder, and leftovers of a crash."""
    return [folder / name for name in fnmatch.filter(names_in(folder, inside=DEEP - 1), "codes*.i8")]


def has_rows(folder: Path) -> bool:
    """Whether a folder has rows or a journal of any generation."""
    for _ in range(_LOOKS):
        with contextlib.suppress(FileNotFoundError):  # a compaction has replaced them since they were listed
            return any(status(path, inside=DEEP).st_size for path in generation_files(folder))
    return True  # each time other ones


def missing_file(error: FileNotFoundError) -> StoreDamaged:
    """The typed error for a missing file of a store whose other files exist."""
    return StoreDamaged(f"{error.filename} is missing", "restore it from a backup, or delete these vectors")


def has_manifest(folder: Path) -> bool:
    """Whether a vec type has a manifest.

    Raises:
        UnsafeFile: a link or something else that is no file has its name.
    """
    return project_files.file_exists(folder / MANIFEST_NAME, inside=DEEP)


def _checksum(text: bytes) -> bytes:
    """The checksum line for a manifest whose remaining content is ``text``."""
    return _CHECKSUM + b'"%08x"' % zlib.crc32(text)


def _text(content: dict[str, Any], key: str) -> str:
    value = content[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is not text")
    if len(value) > _LONGEST_TEXT:
        raise ValueError(f"{key} is longer than {_LONGEST_TEXT:,} characters")
    return value


def _texts(content: dict[str, Any], key: str) -> dict[str, str]:
    value = content[key]
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise TypeError(f"{key} is not a table of texts")
    if len(value) > _MOST_ENTRIES:
        raise ValueError(f"{key} has more than {_MOST_ENTRIES:,} entries")
    return value


def _positive(content: dict[str, Any], key: str, most: int) -> int:
    value = content[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{key} is not a positive number")
    if value > most:
        raise ValueError(f"{key} is more than {most:,}")
    return value
