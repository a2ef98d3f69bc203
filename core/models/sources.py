"""What a model is made of, told from its files alone: their hashes, and the versions of what would read them.

Two models with the same source give the same rows. No library of models is imported for it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelError
from core.models import hub, hub_cache
from core.models.builtin_files import checked_files
from core.models.catalogue import ModelSpec
from core.models.weights import version

# Raise it when what is stored, or how pictures and texts are prepared for it, changes.
_FORMAT = 1
_STEMS = {"transformers": "model", "timm": "model", "open_clip": "open_clip_model"}
_SMALL = frozenset({".json", ".txt", ".model"})  # settings and words of a model, beside its weights
_LIBRARIES = ("openvino", "torch", "timm", "transformers", "open_clip_torch", "tokenizers", "torchvision", "pillow")


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
    stem = _STEMS.get(spec.backend)
    if stem is None:
        raise NoSource(f"models of {spec.backend} are not converted")
    folder = spec.folder or (hub_cache.cached_folder(spec.repository) if spec.repository else None)
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


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
