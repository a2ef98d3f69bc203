"""What a model is made of, told from its files alone: their hashes, and the versions of what would read them.

Two models with the same source give the same rows. No library of models is imported for it: what only a library knows,
the place of weights that it has a name for, is what it said before (:mod:`core.models.named_weights`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelError
from core.models import hub, hub_cache, named_weights
from core.models.builtin_files import checked_files
from core.models.catalogue import ModelSpec
from core.models.file_hashes import sha256_of
from core.models.weights import version

# Raise it when what is stored, or how pictures and texts are prepared for it, changes.
_FORMAT = 3
_STEMS = {"transformers": "model", "timm": "model", "open_clip": "open_clip_model"}
_SMALL = frozenset({".json", ".txt", ".model"})  # settings and words of a model, beside its weights
_LIBRARIES = (
    "openvino",
    "torch",
    "timm",
    "transformers",
    "open_clip_torch",
    "tokenizers",
    "ftfy",
    "torchvision",
    "pillow",
)


@dataclass(frozen=True)
class Source:
    """What a model is made of.

    Attributes:
        model: its key.
        facts: the files' hashes, the versions, the precision of the weights; by name.
    """

    model: str
    facts: dict[str, str]

    @property
    def name(self) -> str:
        """Equal for equal sources, and for no others: SHA-256, hexadecimal."""
        return hashlib.sha256(json.dumps([self.model, sorted(self.facts.items())]).encode("ascii")).hexdigest()

    def has(self, hashes: Iterable[str]) -> bool:
        """Whether files with these SHA-256, hexadecimal, are part of it."""
        return set(hashes) <= set(self.facts.values())


class NoSource(Exception):
    """A model whose rows cannot be told from its files; says why."""


def source_of(spec: ModelSpec) -> Source:
    """The source of a model whose files are on this machine.

    Raises:
        NoSource: it runs code from its repository, comes from a plug-in, or its files are not known.
        ModelError: a file is not what was published.
    """
    facts = {"format": str(_FORMAT), "backend": spec.backend, "weights": spec.weights, "precision": "float32"}
    facts |= {f"version of {name}": version(name) for name in ("pictoscope", *_LIBRARIES)}
    facts |= {f"file {name}": sha256 for name, sha256 in _hashes(spec).items()}
    return Source(spec.key, facts)


def _hashes(spec: ModelSpec) -> dict[str, str]:
    if spec.backend == "builtin":
        return checked_files(text=spec.text)
    folder, stem = _place(spec)
    if folder is None or not folder.is_dir():
        raise NoSource("it is not known which files it is made of")
    if spec.remote_code or "auto_map" in hub_cache.read_json(folder / "config.json"):
        raise NoSource("it runs code from its repository")
    if not hub_cache.weight_files(folder, stem):
        raise NoSource("it is not known which files it is made of")
    hashes = hub.checked_hashes(folder, stem) | {"revision": hub.revision_of(folder)}
    for path in sorted(folder.iterdir()):
        if path.suffix in _SMALL and path.is_file():
            hashes[path.name] = _sha256(path)
    return hashes


def _place(spec: ModelSpec) -> tuple[Path | None, str]:
    """The folder of a model's files, None if it is not known, and the stem of its weights.

    Raises:
        NoSource: models of its kind are not converted.
    """
    stem = _STEMS.get(spec.backend)
    if stem is None:
        raise NoSource(f"models of {spec.backend} are not converted")
    if spec.folder:
        return spec.folder, stem
    place = named_weights.remembered(spec)
    repository = place.repository if place else spec.repository
    return (hub_cache.cached_folder(repository) if repository else None), place.stem if place else stem


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
