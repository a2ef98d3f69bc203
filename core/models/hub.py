"""Weights from the Hugging Face hub: downloaded if they are not in its cache, and verified."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelError
from core.models.file_hashes import sha256_of
from core.models.hub_cache import (
    Log,
    alternatives,
    cached_folder,
    is_complete,
    offline,
    pickles,
    read_json,
    weight_files,
)

# Models with two towers whose embeddings can be compared, by `model_type` of the config.
TWO_TOWERS = frozenset(
    {"aimv2", "align", "altclip", "chinese_clip", "clip", "clipseg", "groupvit", "metaclip_2", "owlv2", "owlvit"}
    | {"siglip", "siglip2", "tipsv2", "vision-text-dual-encoder"}
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LONGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors format

_local_only = ContextVar("local_only", default=False)


@dataclass(frozen=True)
class ModelFacts:
    """What a folder's config says, without loading a model.

    Attributes:
        backend: module of ``core.models`` that reads such a folder.
        dim: length of its vectors; 0 if the config does not say.
        text: whether it also reads text.
    """

    backend: str
    dim: int
    text: bool


def fetch(
    repository: str,
    log: Log,
    *,
    remote_code: bool = False,
    gated: bool = False,
    key: str = "",
    stem: str = "",
    complete: Callable[[Path], bool] | None = None,
) -> Path:
    """The snapshot folder of a repository, downloaded if it is not here yet.

    If it is complete, no network is used and no library imported. What was downloaded before an interruption is
    kept.

    Args:
        repository: ``ORG/NAME``.
        log: receives a line of progress at most every 2 s.
        remote_code: download the repository's Python files too, without running them.
        gated: whether its owner is known to require accepting a licence first.
        key: what the user calls the model, for hints; ``hf:ORG/NAME`` if empty.
        stem: see :func:`weight_files`.
        complete: whether a snapshot has all required files; by default config and weights.

    Raises:
        ModelError: no network, no such repository, a licence to accept, pickle only; the hint says what to do.
        DiskFull: there is no space.
    """
    folder = cached_folder(repository)
    has_weights = folder is not None and is_complete(folder, stem)
    enough = complete or (lambda path: is_complete(path, stem))
    if folder and has_weights and enough(folder) and not (remote_code and missing_code(folder)):
        return folder
    key = key or f"hf:{repository}"
    try:
        if _local_only.get():
            raise ModelError(
                f"{repository} is {_how_much(folder)}, and only the project names it: queries do not download models",
                f"if you trust the source of the project: pictoscope models fetch {key}",
            )
        if offline():
            raise ModelError(
                f"{repository} is {_how_much(folder)}, and HF_HUB_OFFLINE forbids downloading it",
                alternatives(repository, key),
            )
        from core.models import hub_download

        return hub_download.download(repository, log, remote_code=remote_code, gated=gated, key=key, stem=stem)
    except ModelError as error:
        if not folder or not has_weights or remote_code:
            raise
        log(f"{error.message}; using what is in {folder}")  # a missing file is reported when it is needed
        return folder


@contextmanager
def local_only() -> Iterator[None]:
    """A context without downloads."""
    before = _local_only.set(True)
    try:
        yield
    finally:
        _local_only.reset(before)


def missing_code(folder: Path) -> list[str]:
    """The Python files that a config refers to (``auto_map``) and that are not in its folder."""
    references = read_json(folder / "config.json").get("auto_map")
    if not isinstance(references, dict):
        return []
    names = {f"{str(value).split('.')[0]}.py" for value in references.values() if "--" not in str(value)}
    return sorted(name for name in names if not (folder / name).is_file())


def checked_hashes(folder: Path, stem: str = "") -> dict[str, str]:
    """SHA-256 of each safetensors file by name, hexadecimal.

    Args:
        folder: a snapshot, whose files are checked by the names of their blobs, or any folder, whose files are
            checked by the length in their headers.
        stem: see :func:`weight_files`.

    Raises:
        ModelError: a file is truncated, or not the published one.
    """
    hashes = {}
    for path in weight_files(folder, stem):
        _check_length(path)
        try:
            hashes[path.name] = sha256_of(path)
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror})", _mend(path)) from error
        published = _published_hash(path)
        if published and hashes[path.name] != published:
            raise ModelError(
                f"{path} is not the file that was published (SHA-256 {hashes[path.name][:12]}… instead of "
                f"{published[:12]}…)",
                _mend(path),
            )
    return hashes


def revision_of(folder: Path) -> str:
    """The commit of a snapshot folder; empty for any other folder."""
    return folder.name if folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name) else ""


def facts(folder: Path) -> ModelFacts | None:
    """The facts in the config of a folder; None if there is no config."""
    if (folder / "open_clip_config.json").is_file():
        config = read_json(folder / "open_clip_config.json").get("model_cfg", {})
        return ModelFacts("open_clip", _number(config.get("embed_dim")), text=True)
    config = read_json(folder / "config.json")
    if not config:
        return None
    if "architecture" in config:  # timm writes the singular, transformers a list `architectures`
        return ModelFacts("timm", _number(config.get("num_features")), text=False)
    text = config.get("model_type") in TWO_TOWERS
    vision = config.get("vision_config")
    inner = vision if isinstance(vision, dict) else config
    dim = config.get("projection_dim") if config.get("projection_dim") else inner.get("hidden_size")
    return ModelFacts("transformers", _number(dim), text)


def _how_much(folder: Path | None) -> str:
    if folder is None:
        return "not on this machine"
    found = pickles(folder)
    return f"on this machine as pickles only ({', '.join(found)})" if found else f"only partly in {folder}"


def _published_hash(path: Path) -> str:
    """The SHA-256 that names a blob in the cache; empty if the file is not a link to such a blob."""
    if not path.is_symlink():
        return ""
    name = Path(os.readlink(path)).name  # one step: a blob may itself be a link into a store that several caches share
    return name if _SHA256.fullmatch(name) else ""


def _check_length(path: Path) -> None:
    """Check a file's length by its header: 8 bytes with the header's length, the header (JSON), the tensors.

    Raises:
        ModelError: it is shorter or longer, or there is no such header.
    """
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length)) if 2 <= length <= _LONGEST_HEADER else {}
            size = os.fstat(stream.fileno()).st_size
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
        whole = 8 + length + max(ends)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", _mend(path)) from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is truncated or not a safetensors file", _mend(path)) from error
    if size != whole:
        word = "truncated" if size < whole else "damaged"
        raise ModelError(f"{path} is {word}: {size:,} of {whole:,} bytes", _mend(path))


def _mend(path: Path) -> str:
    if path.is_symlink():
        return f"delete {path.resolve()} and fetch the model again"
    return "copy the file again from its source"


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
