"""The cache of converted models: one folder for each, named by what the model is made of, checked when it is read.

CACHE/converted/MODEL/NAME/entry.json     what it is, and the hash of each other file
                           pictures.xml   the network for pictures, pictures.bin its weights
                           texts.xml      the network for texts, texts.bin, tokenizer.json; if the model reads text
                           texts.json     the same network as NumPy runs it, if it can
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.files import disk_error, sync_folder
from core.models.file_hashes import sha256_of
from core.models.sources import Source
from core.user_folders import cache_folder

ENTRY = "entry.json"
_LONGEST_ENTRY = 1_000_000  # bytes
_TEMPORARY = ".new-"
_A_DAY = 86_400  # seconds: no conversion takes as long
_WRITER = secrets.token_hex(8)  # this process, in the entries that it writes


@dataclass(frozen=True)
class Entry:
    """A converted model whose files are what was written.

    Attributes:
        folder: where they are.
        facts: what the model is: see :mod:`core.models.conversion`.
    """

    folder: Path
    facts: dict[str, Any]


class Unusable(Exception):
    """A folder of the cache that is not what its name promises; says why."""


def model_folder(model: str) -> Path:
    """The folder of all that was converted of a model; it may not exist."""
    readable = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:60]
    return cache_folder() / "converted" / f"{readable}-{zlib.crc32(model.encode('utf-8', 'surrogateescape')):08x}"


def read(source: Source) -> Entry | None:
    """The converted model of a source, every file of it compared with its hash; None if there is none.

    Raises:
        Unusable: it is damaged, or belongs to another model.
    """
    folder = model_folder(source.model) / source.name
    while True:
        before = _number(folder)
        try:
            return _read(source, folder)
        except Unusable:
            if _number(folder) == before:
                raise
            # Another job has replaced it meanwhile: parts of both were read.


def _number(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from the one that takes its place; None if there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _read(source: Source, folder: Path) -> Entry | None:
    if not os.path.isdir(folder):  # nor if the user may not see it
        return None
    try:
        content = _entry(folder / ENTRY)
        for name, sha256 in content["files"].items():
            if Path(name).name != name:
                raise Unusable("it names a file outside of its folder")
            if sha256_of(folder / name) != sha256:
                raise Unusable(f"{name} is damaged")
        if content["source"] != {"model": source.model, **source.facts}:
            raise Unusable("it was made of another model")
        return Entry(folder, dict(content["facts"]))
    except OSError as error:
        raise Unusable(f"it cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(f"{ENTRY} is damaged") from error


@contextmanager
def writing(source: Source) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder to convert into, and the facts to fill in. It replaces what there was, in one step, at the end.

    Conversions of the same model with other versions are removed then: no program of this installation reads them.

    Raises:
        DiskFull: no space. PictoscopeError: it cannot be written. Nothing is left behind then.
    """
    folder = model_folder(source.model)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=folder))
    except OSError as error:
        raise disk_error(error, folder) from error
    facts: dict[str, Any] = {}
    try:
        yield new, facts
        _finish(source, new, facts)
        _replace(new, folder / source.name)
    except OSError as error:
        raise disk_error(error, folder) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    _remove_old(folder, source.name)


def remove(source: Source) -> None:
    """Free the space of a conversion that is not used, if this process wrote it: another job may be using its own."""
    folder = model_folder(source.model) / source.name
    with contextlib.suppress(OSError, ValueError, RecursionError, Unusable):
        if _entry(folder / ENTRY).get("writer") == _WRITER:
            shutil.rmtree(folder, ignore_errors=True)


def _finish(source: Source, new: Path, facts: dict[str, Any]) -> None:
    """Sync the files and write the entry, which holds the hash of each and of itself."""
    files = {}
    for path in sorted(new.iterdir()):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
            files[path.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    content = {
        "source": {"model": source.model, **source.facts},
        "files": files,
        "facts": facts,
        "writer": _WRITER,
    }
    with (new / ENTRY).open("wb") as stream:
        stream.write(json.dumps({"sha256": _content_hash(content), **content}, indent=1).encode("ascii"))
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(new)


def _replace(new: Path, target: Path) -> None:
    """Give the folder its name; what has it is moved out of the way first: a folder is not replaced otherwise.

    The old one is removed last: that takes long, and until the new one has its name other jobs find none.
    """
    if target.is_symlink() or target.is_file():
        target.unlink()
    old = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=target.parent))
    try:
        with contextlib.suppress(FileNotFoundError):  # there was none, or another job was as quick
            os.replace(target, old / "old")
        os.rename(new, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        # Another job has converted the same model in between: its files do as well, and it may be using them.
    finally:
        shutil.rmtree(old, ignore_errors=True)
    sync_folder(target.parent)


def _remove_old(folder: Path, kept: str) -> None:
    """Remove what was made of other versions, and what jobs that were killed left behind."""
    for other in folder.iterdir():
        begun = other.name.startswith(_TEMPORARY)
        with contextlib.suppress(OSError):  # another job removes it too
            if other.is_dir() and other.name != kept and not (begun and other.stat().st_mtime > time.time() - _A_DAY):
                shutil.rmtree(other, ignore_errors=True)


def _entry(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        raw = stream.read(_LONGEST_ENTRY + 1)
    content = json.loads(raw) if len(raw) <= _LONGEST_ENTRY else None
    if not isinstance(content, dict):
        raise Unusable(f"{ENTRY} is damaged")
    if content.pop("sha256", "") != _content_hash(content):
        raise Unusable(f"{ENTRY} is damaged")
    return content


def _content_hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()
