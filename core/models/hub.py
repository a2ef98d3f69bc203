"""Weights that come from the Hugging Face hub: found in its cache without any library, fetched, checked.

The cache: ``models--ORG--NAME/refs/main`` holds a commit, ``snapshots/COMMIT/`` its files, each a link to
``blobs/ETAG``; the etag of a large file is its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelError

REVISION = "main"
# Two towers whose embeddings can be compared; by `model_type` of the config.
TWO_TOWERS = frozenset(
    {"aimv2", "align", "altclip", "chinese_clip", "clip", "clipseg", "groupvit", "metaclip_2", "owlv2", "owlvit"}
    | {"siglip", "siglip2", "tipsv2", "vision-text-dual-encoder"}
)
PICKLES = (".bin", ".ckpt", ".pkl", ".pt", ".pth")
_CONFIGS = ("config.json", "open_clip_config.json")
_YES = frozenset({"1", "ON", "YES", "TRUE"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LONGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors format

Log = Callable[[str], None]


@dataclass(frozen=True)
class Facts:
    """What a folder's config says without loading anything.

    Attributes:
        backend: module of ``core.models`` that reads such a folder.
        dim: length of its vectors; 0 if the config does not say.
        text: whether it reads text too.
    """

    backend: str
    dim: int
    text: bool


def cache_folder() -> Path:
    """Where the hub's library keeps what it downloaded; its environment variables, in its order."""
    if chosen := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(chosen).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def repository_folder(repository: str) -> Path:
    """Where the cache keeps a repository, whether it is there or not."""
    return cache_folder() / f"models--{repository.replace('/', '--')}"


def cached_folder(repository: str, revision: str = REVISION) -> Path | None:
    """The snapshot of a repository that is in the cache, complete or not."""
    root = repository_folder(repository)
    try:
        commit = (root / "refs" / revision).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        commit = revision
    folder = root / "snapshots" / commit
    return folder if folder.is_dir() else None


def cached(repository: str, revision: str = REVISION) -> Path | None:
    """The snapshot of a repository if its config and all its safetensors are there."""
    folder = cached_folder(repository, revision)
    return folder if folder and is_complete(folder) else None


def is_complete(folder: Path, stem: str = "") -> bool:
    """Whether a folder holds a config and all its safetensors; ``stem`` as of :func:`weight_files`."""
    return any((folder / name).is_file() for name in _CONFIGS) and bool(weight_files(folder, stem))


def weight_files(folder: Path, stem: str = "") -> list[Path]:
    """The safetensors files of a folder, sorted; none if a shard is missing.

    Args:
        folder: a snapshot or any folder.
        stem: of the weights that are meant where a repository holds several: ``model`` for transformers and timm,
            ``open_clip_model`` for open_clip; empty for all there are.
    """
    if stem and (folder / f"{stem}.safetensors").is_file():
        return [folder / f"{stem}.safetensors"]
    for index in sorted(folder.glob(f"{stem or '*'}.safetensors.index.json")):
        shards = {folder / str(name) for name in read_json(index).get("weight_map", {}).values()}
        return sorted(shards) if shards and all(shard.is_file() for shard in shards) else []
    return [] if stem else sorted(path for path in folder.glob("*.safetensors") if path.is_file())


def pickles(folder: Path) -> list[str]:
    """Names of the weights' files of a folder that are pickles: reading one runs whatever code is in it."""
    return sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)


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

    Where it is complete no network is touched, and no library imported. What was downloaded before an interruption is
    kept.

    Args:
        repository: ``ORG/NAME``.
        log: gets a line of progress at most every 2 s.
        remote_code: download the repository's Python files too. That runs none of them.
        gated: whether its owner is known to want a licence accepted first.
        key: what the user calls the model, for hints; ``hf:ORG/NAME`` if empty.
        stem: see :func:`weight_files`.
        complete: whether a snapshot has all that is needed; by default config and weights.

    Raises:
        ModelError: no network, no such repository, a licence to accept, pickle only; the hint says the ways on.
        DiskFull: there is no room.
    """
    folder = cached_folder(repository)
    has_weights = folder is not None and is_complete(folder, stem)
    enough = complete or (lambda path: is_complete(path, stem))
    if folder and has_weights and enough(folder) and not (remote_code and missing_code(folder)):
        return folder
    key = key or f"hf:{repository}"
    try:
        if offline():
            raise ModelError(
                f"{repository} is {_how_much(folder)}, and HF_HUB_OFFLINE forbids to fetch it", ways_on(repository, key)
            )
        from core.models import hub_download

        return hub_download.download(repository, log, remote_code=remote_code, gated=gated, key=key, stem=stem)
    except ModelError as error:
        if not folder or not has_weights or remote_code:
            raise
        log(f"{error.message}; going on with what is in {folder}")  # who needs what is missing says so
        return folder


def offline() -> bool:
    """Whether the user forbids the hub's library the network, by the variables it reads itself."""
    return any(os.environ.get(name, "").upper() in _YES for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


def ways_on(repository: str, key: str) -> str:
    """The hint for a machine that cannot download."""
    return (
        f"on a machine with a network run `pictoscope models fetch {key}` and copy its cache folder to "
        f"{repository_folder(repository)}; or give the path of a folder that holds the model; "
        "or use a built-in model: effnet-lite0, conse"
    )


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
        folder: a snapshot, whose files are held against the names of their blobs, or any folder, whose files are
            held against the length that their headers say.
        stem: see :func:`weight_files`.

    Raises:
        ModelError: a file is truncated, or not the one that was published.
    """
    hashes = {}
    for path in weight_files(folder, stem):
        _check_length(path)
        try:
            with path.open("rb") as stream:
                hashes[path.name] = hashlib.file_digest(stream, "sha256").hexdigest()
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
    """The commit that a snapshot folder is of; empty for any other folder."""
    return folder.name if folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name) else ""


def facts(folder: Path) -> Facts | None:
    """What the config of a folder says; None where there is none."""
    if (folder / "open_clip_config.json").is_file():
        config = read_json(folder / "open_clip_config.json").get("model_cfg", {})
        return Facts("open_clip", _number(config.get("embed_dim")), text=True)
    config = read_json(folder / "config.json")
    if not config:
        return None
    if "architecture" in config:  # timm writes the singular, transformers a list `architectures`
        return Facts("timm", _number(config.get("num_features")), text=False)
    text = config.get("model_type") in TWO_TOWERS
    vision = config.get("vision_config")
    inner = vision if isinstance(vision, dict) else config
    dim = config.get("projection_dim") if config.get("projection_dim") else inner.get("hidden_size")
    return Facts("transformers", _number(dim), text)


def _how_much(folder: Path | None) -> str:
    if folder is None:
        return "not on this machine"
    found = pickles(folder)
    return f"here as pickles only ({', '.join(found)})" if found else f"only partly in {folder}"


def _published_hash(path: Path) -> str:
    """The SHA-256 under which the cache files a blob; empty where the file is not a link to such a blob."""
    if not path.is_symlink():
        return ""
    name = Path(os.readlink(path)).name  # one step: a blob may itself be a link into a store that several caches share
    return name if _SHA256.fullmatch(name) else ""


def _check_length(path: Path) -> None:
    """Hold a file's length against its header: 8 bytes with the header's length, the header (JSON), the tensors.

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
        raise ModelError(f"{path} is truncated, or no safetensors file", _mend(path)) from error
    if size != whole:
        word = "truncated" if size < whole else "damaged"
        raise ModelError(f"{path} is {word}: {size:,} of {whole:,} bytes", _mend(path))


def _mend(path: Path) -> str:
    if path.is_symlink():
        return f"delete {path.resolve()} and fetch the model again"
    return "copy the file again from where it came"


def read_json(path: Path) -> dict[str, Any]:
    """A file's JSON object; empty if it is not there, or no such thing."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
