"""Models of timm: ``timm:NAME`` and folders with timm's ``config.json``. Pictures to pooled features, no text."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from timm.data import create_transform, resolve_model_data_config
from timm.models import PretrainedCfg, get_deprecated_models, get_pretrained_cfg

from core.errors import ModelError, UsageError
from core.models import hub, hub_cache, named_weights
from core.models.backend import Log, Provenance
from core.models.catalogue import ModelSpec
from core.models.named_weights import Place
from core.models.options import LoadOptions
from core.models.pixel_model import PixelModel
from core.models.published import LIBRARY_ERRORS, first_line, nearest, one_file
from core.models.torch_model import TorchModel
from core.models.weights import tool_versions

_STEM = "model"
_FITTED = {"center": "shortest", "border": "longest", "squash": "both"}
_COLOURS = 3


@dataclass(frozen=True)
class _Source:
    """The source of a network: its files, its name in timm, its config, and further arguments."""

    folder: Path
    stem: str
    name: str
    config: PretrainedCfg
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)


def repository_of(name: str) -> str:
    """``ORG/NAME`` on the hub of a timm model's weights; of its first tag if ``name`` has none.

    Raises:
        UsageError: timm knows no such model; the hint names the nearest.
        ModelError: it has no weights, or they are a pickle.
    """
    return _place(name, _published(name))[0]


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> None:
    """Download the weights; see :func:`core.models.backend.fetch`.

    Raises:
        UsageError: timm knows no such model.
        ModelError: the weights cannot be downloaded, are a pickle, or are of an unsupported kind.
    """
    if spec.folder:
        _of_folder(spec.folder)
        return
    _of_name(spec, log)


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> TorchModel:
    """Load a network without its classifier; downloads it if necessary.

    Raises:
        UsageError: timm knows no such model.
        ModelError: the weights are missing, a pickle, invalid, or give no features.
    """
    source = _of_folder(spec.folder) if spec.folder else _of_name(spec, log)
    if not spec.folder:
        spec = dataclasses.replace(spec, repository=repository_of(spec.weights))
    log(f"loading {source.name} from {source.folder}")
    hashes = hub.checked_hashes(source.folder, source.stem)
    return TimmModel(spec, source, _network(source), hashes, options or LoadOptions(), log)


class TimmModel(PixelModel):
    """A network's pooled features, as computed by timm without the classifier."""

    def __init__(
        self,
        spec: ModelSpec,
        source: _Source,
        network: torch.nn.Module,
        hashes: dict[str, str],
        options: LoadOptions,
        log: Log,
    ) -> None:
        config = resolve_model_data_config(network)
        provenance = Provenance(
            revision=hub.revision_of(source.folder),
            sha256=hashes,
            preprocessing=_in_words(source, network, config),
            tools=tool_versions("timm"),
        )
        spec = dataclasses.replace(spec, input_size=max(config["input_size"][1:]), text=False)
        transform = create_transform(**config, is_training=False)
        super().__init__(spec, network, provenance, options, log, transform, fitted=_FITTED[config["crop_mode"]])

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Pooled features, (n, dim).

        Raises:
            ModelError: the output has another shape: the network was made for another task.
        """
        rows = self.network(batch["pixels"])
        if not isinstance(rows, torch.Tensor) or rows.ndim != 2:
            raise ModelError(f"{self.spec.key} gives no vectors of pictures: it was made for another task", _OTHER)
        return rows


_OTHER = "choose another model; `timm.list_pretrained()` lists what there is"


def _published(name: str) -> PretrainedCfg:
    """timm's config of a name, with or without tag.

    Raises:
        UsageError: there is none.
        ModelError: it is of an unsupported kind.
    """
    arch, _, tag = name.partition(".")
    if not timm.is_model(arch) or arch in get_deprecated_models():
        new = get_deprecated_models().get(arch)
        known = {other.partition(".")[0] for other in timm.list_pretrained()}
        hint = f"did you mean timm:{new}" if new else nearest(arch, known, "timm:{}")
        raise UsageError(f"timm has no model {name!r}", hint or _OTHER)
    try:
        config = get_pretrained_cfg(name)
    except RuntimeError as error:
        tags = timm.list_pretrained(f"{arch}.*")
        raise UsageError(f"timm has no {tag!r} of {arch}", nearest(name, tags, "timm:{}") or _OTHER) from error
    if config is None:
        raise ModelError(f"timm does not say how {name} preprocesses pictures", _OTHER)
    _check_supported(name, arch, config)
    return config


def _check_supported(name: str, arch: str, config: PretrainedCfg) -> None:
    if arch.startswith("naflex"):
        raise ModelError(
            f"{name} takes pictures of any shape (NaFlex), which is not supported for timm's models",
            "siglip is such a model and is supported; for timm choose one of a fixed size",
        )
    if config.input_size is None or len(config.input_size) != 3 or config.input_size[0] != _COLOURS:
        raise ModelError(f"{name} does not take RGB pictures of a fixed size", _OTHER)


def _place(name: str, config: PretrainedCfg) -> tuple[str, str]:
    """Repository and stem of the weights; errors as for :func:`repository_of`."""
    file = config.hf_hub_filename or f"{_STEM}.safetensors"
    if config.hf_hub_id and file.endswith(".safetensors"):
        return str(config.hf_hub_id), file.removesuffix(".safetensors")
    usable = [
        other
        for other in timm.list_pretrained()
        if (found := get_pretrained_cfg(other)) and found.hf_hub_id and not found.hf_hub_filename
    ]
    if not config.has_weights:
        raise ModelError(f"timm publishes no weights of {name}", nearest(name, usable, "timm:{}") or _OTHER)
    raise ModelError(
        f"the weights of {name} are published as a pickle only ({config.hf_hub_id or config.url}): loading such a file "
        "runs whatever code is in it, so it is refused",
        nearest(name, usable, "timm:{}") or _OTHER,
    )


def _of_name(spec: ModelSpec, log: Log) -> _Source:
    config = _published(spec.weights)
    repository, stem = _place(spec.weights, config)
    named_weights.remember(spec, Place(repository, stem))
    folder = hub.fetch(repository, log, gated=spec.gated, key=spec.key, stem=stem)
    return _Source(folder, stem, spec.weights, config)


def _of_folder(folder: Path) -> _Source:
    """The source in a user's folder, as written by timm's ``save_for_hf``.

    Raises:
        ModelError: no config, an invalid one, no weights, or weights that are a pickle.
    """
    ask = f"give a folder with timm's config.json and {_STEM}.safetensors"
    path = folder / "config.json"
    try:
        content = json.loads(path.read_text("utf-8"))
        arch = str(content["architecture"])
        config = _config(content, arch)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", ask) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is not a config of timm ({first_line(error)})", ask) from error
    if not timm.is_model(arch):
        raise ModelError(
            f"timm {timm.__version__} has no architecture {arch!r}",
            nearest(arch, timm.list_models()) or "pip install -U timm",
        )
    _check_supported(str(folder), arch, config)
    if not (folder / f"{_STEM}.safetensors").is_file():
        pickled = ", ".join(hub_cache.pickles(folder))
        raise ModelError(
            f"{folder} holds its weights as pickles only ({pickled})" if pickled else f"{folder} holds no weights", ask
        )
    return _Source(folder, _STEM, arch, config, dict(content.get("model_args") or {}))


def _config(content: dict[str, Any], arch: str) -> PretrainedCfg:
    """The preprocessing part of a folder's config; older configs have it at the top level."""
    known = {field.name for field in dataclasses.fields(PretrainedCfg)} - {
        "url",
        "file",
        "state_dict",
        "hf_hub_id",
        "source",
    }
    values = dict(content.get("pretrained_cfg") or content)
    values |= {name: content[name] for name in ("num_classes",) if name in content}
    values = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in known
    }
    return PretrainedCfg(**values | {"architecture": arch})


def _network(source: _Source) -> torch.nn.Module:
    """The network with its weights, all of which must match, without its classifier.

    Raises:
        ModelError: weights and architecture do not fit each other.
    """
    # With a local file timm also converts old parameter names of an architecture.
    own = {"file": str(one_file(source.folder, source.stem)), "custom_load": False, "source": None}
    try:
        network: torch.nn.Module = timm.create_model(
            source.name.partition(".")[0],
            pretrained=True,
            pretrained_cfg=dataclasses.replace(source.config, **own),
            **source.arguments,
        )
        network.reset_classifier(0)
    except LIBRARY_ERRORS as error:
        raise ModelError(
            f"{source.name}: weights and architecture do not fit each other ({first_line(error)})",
            "fetch the model again, or pip install -U timm",
        ) from error
    if type(network).__name__.startswith("NaFlex"):
        _check_supported(source.name, "naflex", source.config)
    return network


def _in_words(source: _Source, network: torch.nn.Module, config: dict[str, Any]) -> str:
    """Preprocessing and output in one line."""
    _, height, width = config["input_size"]
    tall, wide = math.floor(height / config["crop_pct"]), math.floor(width / config["crop_pct"])
    how = {
        "center": f"shorter side to {min(tall, wide)} {config['interpolation']}, centre",
        "border": f"longer side to {max(tall, wide)} {config['interpolation']}, border to",
        "squash": f"squashed to {wide} x {tall} {config['interpolation']}, centre",
    }[config["crop_mode"]]
    mean, std = (" ".join(f"{value:g}" for value in config[name]) for name in ("mean", "std"))
    return (
        f"timm eval transform of {source.name}: {how} {width} x {height}, mean {mean}, std {std}; "
        f"pooled features ({_pooling(network)}) before the classifier"
    )


def _pooling(network: torch.nn.Module) -> str:
    for part in (network, getattr(network, "head", None)):
        pool = getattr(part, "global_pool", None)
        name = getattr(pool, "pool_type", pool)
        if isinstance(name, str) and name:
            return name
    return "its own pooling"
