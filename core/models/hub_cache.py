"""Reads the Hugging Face hub's cache without any library.

The cache: ``models--ORG--NAME/refs/main`` holds a commit, ``snapshots/COMMIT/`` its files, each a link to
``blobs/ETAG``; the etag of a large file is its SHA-256.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

REVISION = "main"
PICKLES = (".bin", ".ckpt", ".pkl", ".pt", ".pth")
_CONFIGS = ("config.json", "open_clip_config.json")
_YES = frozenset({"1", "ON", "YES", "TRUE"})
Log = Callable[[str], None]


def cache_folder() -> Path:
    """The cache folder of the hub's library, by its environment variables in its order."""
    if chosen := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(os.path.expanduser(chosen))
    home = os.environ.get("HF_HOME")
    if home:
        return Path(os.path.expanduser(home)) / "hub"
    return Path(os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache")) / "huggingface" / "hub"


def repository_folder(repository: str) -> Path:
    """The folder of a repository in the cache, which need not exist."""
    return cache_folder() / f"models--{repository.replace('/', '--')}"


def cached_folder(repository: str, revision: str = REVISION) -> Path | None:
    """The snapshot of a repository in the cache, complete or not."""
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
    """Whether a folder has a config and all its safetensors; ``stem`` as for :func:`weight_files`."""
    return any((folder / name).is_file() for name in _CONFIGS) and bool(weight_files(folder, stem))


def weight_files(folder: Path, stem: str = "") -> list[Path]:
    """The safetensors files of a folder, sorted; none if a shard is missing.

    Args:
        folder: a snapshot or any folder.
        stem: of the weights to use if a repository has several: ``model`` for transformers and timm,
            ``open_clip_model`` for open_clip; empty for all.
    """
    if stem and (folder / f"{stem}.safetensors").is_file():
        return [folder / f"{stem}.safetensors"]
    for index in sorted(folder.glob(f"{stem or '*'}.safetensors.index.json")):
        shards = {folder / str(name) for name in read_json(index).get("weight_map", {}).values()}
        return sorted(shards) if shards and all(shard.is_file() for shard in shards) else []
    return [] if stem else sorted(path for path in folder.glob("*.safetensors") if path.is_file())


def pickles(folder: Path) -> list[str]:
    """Names of a folder's weights that are pickles: reading one runs whatever code is in it."""
    return sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)


def offline() -> bool:
    """Whether the user has disabled the network for the hub's library, by its own variables."""
    return any(os.environ.get(name, "").upper() in _YES for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


def alternatives(repository: str, key: str) -> str:
    """The hint for a machine that cannot download."""
    return (
        f"on a machine with a network run `pictoscope models fetch {key}` and copy its cache folder to "
        f"{repository_folder(repository)}; or give the path of a folder that holds the model; "
        "or use a built-in model: effnet-lite0, conse"
    )


def read_json(path: Path) -> dict[str, Any]:
    """A file's JSON object; empty if the file is missing or has none."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
