"""Where open_clip and timm publish the weights that they know by name: remembered, so that neither is imported for it.

CACHE/named-weights.toml    of each library its version, and of each name what that version said

What another version said does not count. Weights that are converted are compared with those that the library loads
(:mod:`core.models.runtime`): what is remembered says where to look, not what a model is.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import toml_file
from core.errors import PictoscopeError
from core.models import hub_cache
from core.models.catalogue import ModelSpec
from core.models.weights import version
from core.user_folders import cache_folder

NAMED_BY = {"open_clip": "open_clip_torch", "timm": "timm"}  # distributions of the libraries, by backend
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_STEM = re.compile(r"[A-Za-z0-9._-]+")
_CONFIG = "config.json"


@dataclass(frozen=True)
class Place:
    """Where weights are.

    Attributes:
        repository: ``ORG/NAME`` on the hub.
        stem: of their files; see :func:`core.models.hub_cache.weight_files`.
        text_network: a second repository, of which the config of the network for texts is needed; empty for none.
    """

    repository: str
    stem: str
    text_network: str = ""


def remember(spec: ModelSpec, place: Place) -> None:
    """Keep what the library of a model says. A cache that cannot be written costs later commands their time."""
    if remembered(spec) == place:
        return
    installed = version(NAMED_BY[spec.backend])

    def add(content: dict[str, Any]) -> dict[str, Any]:
        before = content.get(spec.backend)
        known = before if isinstance(before, dict) and before.get("version") == installed else {"version": installed}
        names = known.get("names")
        names = (names if isinstance(names, dict) else {}) | {spec.weights: asdict(place)}
        return content | {spec.backend: known | {"names": names}}

    with contextlib.suppress(PictoscopeError, OSError):
        toml_file.update(_file(), add)


def remembered(spec: ModelSpec) -> Place | None:
    """What the installed version of a model's library said; None if it has not been asked."""
    if spec.backend not in NAMED_BY or spec.folder:
        return None
    try:
        known = toml_file.read_or_empty(_file())[spec.backend]
        if known["version"] != version(NAMED_BY[spec.backend]):
            return None
        place = Place(**known["names"][spec.weights])
        if _REPOSITORY.fullmatch(place.repository) and _STEM.fullmatch(place.stem):
            return place if not place.text_network or _REPOSITORY.fullmatch(place.text_network) else None
    except (OSError, KeyError, TypeError):
        return None  # nothing, or what this version did not write
    return None


def are_here(spec: ModelSpec) -> bool:
    """Whether it is known where the weights are, and all files are on this machine. Imports no library."""
    place = remembered(spec)
    folder = hub_cache.cached_folder(place.repository) if place else None
    if place is None or folder is None or not hub_cache.is_complete(folder, place.stem):
        return False
    beside = hub_cache.cached_folder(place.text_network) if place.text_network else folder
    return not place.text_network or (beside is not None and (beside / _CONFIG).is_file())


def _file() -> Path:
    return cache_folder() / "named-weights.toml"
