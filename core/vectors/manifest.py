"""``manifest.toml``: what the rows of a vec type are.

Its first line is a checksum of the others: a flipped bit in ``dim`` would make every row another one.
"""

from __future__ import annotations

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

from core.errors import ModelChanged, StoreDamaged, StoreError
from core.files import write_whole
from core.models.backend import Model
from core.toml_reader import parse_toml
from core.vectors.vec_type import VecType

FORMAT = 1
FILE_NAME = "manifest.toml"
_MEND = "mend it in an editor, or delete these vectors"
_CHECKSUM = b"checksum = "  # of manifests that have one
_READ_AT_LEAST = 448  # of manifests that do not say: twice the 224 pixels of the first models
_DTYPES = {"<f4": np.dtype("<f4")}
_SHORT = 12  # characters of a revision by which a person knows it


@dataclass(frozen=True)
class Manifest:
    """What the rows of a vec type are.

    Attributes:
        vec_type: model and options.
        weights: where the model's weights came from.
        revision: their version or commit.
        sha256: of their files, by name.
        preprocessing: one line in words.
        dim: numbers a row.
        text: whether the model reads text: then a text's row can be compared with these.
        read_at_least: pixels that a JPEG's shorter side keeps when it is decoded, stored or as a query.
        precision: in which the model computed; queries and later runs do the same.
        remote_code: whether somebody consented to run code out of the model's repository.
        dtype: NumPy's name, little-endian.
        generation: counts compactions; generation 1 lies in ``rows.f32``, generation n in ``rows.n.f32``.
        created: UTC, ISO 8601.
        tools: versions of the libraries that computed.
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

    @classmethod
    def of(cls, vec_type: VecType, model: Model, *, read_at_least: int, remote_code: bool = False) -> Manifest:
        """What rows are that a loaded model makes from now on."""
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

    @property
    def row_bytes(self) -> int:
        """Bytes a row."""
        return self.dim * _DTYPES[self.dtype].itemsize

    @property
    def rows_name(self) -> str:
        """File of the rows."""
        return "rows.f32" if self.generation == 1 else f"rows.{self.generation}.f32"

    @property
    def journal_name(self) -> str:
        """File of the journal."""
        return "journal.bin" if self.generation == 1 else f"journal.{self.generation}.bin"

    def differs_from(self, other: Manifest) -> str:
        """Why rows made under ``other`` must not be mixed with these, in words; empty if they may."""
        if self.vec_type != other.vec_type:
            return f"they are {other.vec_type}"
        if self.revision != other.revision:
            revisions = f"revision {self.revision[:_SHORT]}, here is {other.revision[:_SHORT]}"
            return f"they were made with other weights ({revisions})"
        if self.sha256 != other.sha256:
            files = sorted(name for name, _ in self.sha256.items() ^ other.sha256.items())
            return f"they were made with other weights (another {', '.join(dict.fromkeys(files))})"
        if self.dim != other.dim:
            return f"they have {self.dim} numbers each, the model here gives {other.dim}"
        if self.preprocessing != other.preprocessing:
            return f"pictures were prepared in another way ({self.preprocessing}; here: {other.preprocessing})"
        return ""

    @property
    def fingerprint(self) -> str:
        """Equal for manifests whose rows may be compared: same weights, same preparation."""
        made = [self.vec_type.name, self.revision, sorted(self.sha256.items()), self.preprocessing, self.dim]
        return hashlib.sha256(json.dumps(made).encode("ascii")).hexdigest()


def model_changed(vec_type: VecType, why: str) -> ModelChanged:
    """The error that says so, with the two ways on."""
    grey = " --greyscale" if vec_type.greyscale else ""
    return ModelChanged(
        f"the rows that are there do not fit: {why}",
        f"create them anew: pictoscope vectors delete {vec_type}, then pictoscope vectors create {vec_type.model}{grey}"
        "; or leave them as they are, for what needs no model, until the old one is back",
    )


def generation_files(folder: Path) -> list[Path]:
    """The rows and journals of every generation that lie in a folder: the one that counts, and what a crash left."""
    return [path for pattern in ("rows*.f32", "journal*.bin") for path in folder.glob(pattern)]


def has_rows(folder: Path) -> bool:
    """Whether rows or a journal of any generation lie in a folder."""
    return any(path.stat().st_size for path in generation_files(folder))


def missing_file(error: FileNotFoundError) -> StoreDamaged:
    """The typed error for one of the files of a store that is not there, though others are."""
    return StoreDamaged(f"{error.filename} is missing", "restore it from a backup, or delete these vectors")


def load(folder: Path) -> Manifest:
    """Read the manifest of a vec type.

    Raises:
        StoreError: there are no vectors, or of a newer format. StoreDamaged: it is not what a manifest should be, or is
            missing.
    """
    path = folder / FILE_NAME
    try:
        raw = path.read_bytes()
        content = parse_toml(raw)
    except FileNotFoundError as error:
        if has_rows(folder):
            raise missing_file(error) from None
        raise StoreError(f"no vectors at {folder}", "create them: Settings, Vectors, Create new vectors") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
    except tomllib.TOMLDecodeError as error:
        raise StoreDamaged(f"{path} is damaged: {error}", _MEND) from error
    found = content.get("format")
    if not isinstance(found, int) or found < 1:
        raise StoreDamaged(f"{path} is damaged: it has no format version", _MEND)
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
        return _parse(content)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(f"{path} is damaged: {error}", _MEND) from error


def save(folder: Path, manifest: Manifest) -> None:
    """Write the manifest whole.

    Raises:
        DiskFull, OSError: it cannot be written; the old one stays.
    """
    content = {
        "format": FORMAT,
        "vec_type": manifest.vec_type.name,
        "model": manifest.vec_type.model,
        "greyscale": manifest.vec_type.greyscale,
        "weights": manifest.weights,
        "revision": manifest.revision,
        "preprocessing": manifest.preprocessing,
        "dim": manifest.dim,
        "text": manifest.text,
        "read_at_least": manifest.read_at_least,
        "precision": manifest.precision,
        "remote_code": manifest.remote_code,
        "dtype": manifest.dtype,
        "generation": manifest.generation,
        "created": manifest.created,
        "sha256": manifest.sha256,
        "tools": manifest.tools,
    }
    text = tomli_w.dumps(content).encode("utf-8")
    write_whole(folder / FILE_NAME, _checksum(text) + b"\n" + text)


def _checksum(text: bytes) -> bytes:
    """The first line of a manifest that goes on with ``text``."""
    return _CHECKSUM + b'"%08x"' % zlib.crc32(text)


def _parse(content: dict[str, Any]) -> Manifest:
    manifest = Manifest(
        vec_type=VecType(_text(content, "model"), bool(content["greyscale"])),
        weights=_text(content, "weights"),
        revision=_text(content, "revision"),
        sha256=_texts(content, "sha256"),
        preprocessing=_text(content, "preprocessing"),
        dim=_positive(content, "dim"),
        text=bool(content.get("text", False)),
        read_at_least=_positive({"read_at_least": _READ_AT_LEAST} | content, "read_at_least"),
        precision=_text({"precision": "float32"} | content, "precision"),
        remote_code=bool(content.get("remote_code", False)),
        dtype=_text(content, "dtype"),
        generation=_positive(content, "generation"),
        created=_text(content, "created"),
        tools=_texts(content, "tools"),
    )
    if manifest.dtype not in _DTYPES:
        raise ValueError(f"dtype {manifest.dtype!r} is unknown")
    return manifest


def _text(content: dict[str, Any], key: str) -> str:
    value = content[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is not text")
    return value


def _texts(content: dict[str, Any], key: str) -> dict[str, str]:
    value = content[key]
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise TypeError(f"{key} is not a table of texts")
    return value


def _positive(content: dict[str, Any], key: str) -> int:
    value = content[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{key} is not a positive number")
    return value
