"""Models of open_clip: ``open_clip:ARCH/TAG``, MobileCLIP2, and folders with an ``open_clip_config.json``.

Safetensors only, from the hub repository that open_clip names for a tag. Two towers: rows of pictures and of texts can
be compared.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import timm
import torch
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2

from core.errors import ModelError, UsageError
from core.models import hub, hub_cache, named_weights, open_clip_tokenizer
from core.models.backend import Log, Provenance
from core.models.catalogue import ModelSpec
from core.models.named_weights import Place
from core.models.options import LoadOptions
from core.models.pixel_model import PixelModel
from core.models.published import LIBRARY_ERRORS, first_line, nearest, one_file
from core.models.text_recipe import TextRecipe
from core.models.text_tower import TextTower, text_recipe
from core.models.tokens import unknown_words
from core.models.torch_model import TorchModel, is_convolutional
from core.models.weights import tool_versions

_CONFIG = "open_clip_config.json"
_STEM = "open_clip_model"
_TOKENIZER = "tokenizer_config.json"  # is there where a repository has a tokenizer of transformers
# The order in which open_clip looks for weights in a folder. After a pickle comes another library's format.
_ORDER = (
    f"{_STEM}.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
)
_FITTED = {"shortest": "shortest", "longest": "longest", "squash": "both"}
_CONTEXT = 77  # tokens, if a config does not say


@dataclass(frozen=True)
class _Source:
    """The source of a network: its files, its name in open_clip, and further settings from its config."""

    folder: Path
    stem: str
    name: str
    config: dict[str, Any]
    tag: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def text(self) -> dict[str, Any]:
        config: dict[str, Any] = self.config["text_cfg"]
        return config

    @property
    def quick_gelu(self) -> bool:
        """Whether the weights were trained with QuickGELU; the tag is more reliable than the architecture."""
        return bool(self.config.get("quick_gelu") or self.tag.get("quick_gelu"))


def repository_of(arch: str, tag: str) -> str:
    """``ORG/NAME`` on the hub of a tag's weights.

    Raises:
        UsageError: open_clip knows no such architecture or tag; the hint names the nearest.
        ModelError: the tag's weights are a pickle.
    """
    return _published(arch, tag)[0]


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> None:
    """Download the weights; see :func:`core.models.backend.fetch`.

    Raises:
        UsageError: open_clip knows no such architecture or tag.
        ModelError: the weights cannot be downloaded, or are a pickle.
    """
    if spec.folder:
        _of_folder(spec.folder)
        return
    source = _of_tag(spec, log)
    if text_network := source.text.get("hf_model_name"):
        _fetch_config(text_network, spec.key)


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> TorchModel:
    """Load both towers; downloads them if necessary.

    Raises:
        UsageError: open_clip knows no such architecture or tag.
        ModelError: the weights are missing, a pickle, or invalid.
    """
    source = _of_folder(spec.folder) if spec.folder else _of_tag(spec, log)
    if not spec.folder:
        spec = dataclasses.replace(spec, repository=repository_of(*_parts(spec)))
    log(f"loading {source.name} from {source.folder}")
    hashes = hub.checked_hashes(source.folder, source.stem)
    network = _network(source)
    return OpenClipModel(spec, source, network, hashes, options or LoadOptions(), log)


class OpenClipModel(PixelModel):
    """Two towers that map pictures and texts to a shared space."""

    def __init__(
        self,
        spec: ModelSpec,
        source: _Source,
        network: torch.nn.Module,
        hashes: dict[str, str],
        options: LoadOptions,
        log: Log,
    ) -> None:
        preprocessing = PreprocessCfg(**network.visual.preprocess_cfg)
        self._tokenizer = _tokenizer(source)
        self._source = source
        self.longest_text = int(self._tokenizer.context_length)
        provenance = Provenance(
            revision=hub.revision_of(source.folder),
            sha256=hashes,
            preprocessing=_in_words(source, network, preprocessing, self.longest_text),
            tools=tool_versions("open_clip_torch", "timm", "transformers"),
        )
        spec = dataclasses.replace(spec, input_size=max(_pair(preprocessing.size)), text=True)
        transform = image_transform_v2(preprocessing, is_train=False)
        super().__init__(spec, network, provenance, options, log, transform, fitted=_FITTED[preprocessing.resize_mode])

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The picture tower with its projection, (n, dim)."""
        rows: torch.Tensor = self.network.encode_image(batch["pixels"])
        return rows

    def forward_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """The text tower with its projection, (n, dim); texts are truncated to ``longest_text`` tokens."""
        tokens = self._tokenizer(list(texts)).to(self.placement.device)
        rows: torch.Tensor = self.network.encode_text(tokens)
        return rows

    def text_tower(self) -> TextTower | None:
        """The text tower and its tokenizer; None if it is made by transformers, or their files lie elsewhere."""
        tokenizer = self._tokenizer
        if self._source.text.get("hf_model_name"):
            return None  # of what it is made, the model's own files do not say
        if isinstance(tokenizer, SimpleTokenizer):
            recipe = open_clip_tokenizer.recipe_of(tokenizer)
            content = open_clip_tokenizer.content_of(tokenizer)
        else:
            recipe = self._recipe_of_transformers(tokenizer)
            content = tokenizer.tokenizer.backend_tokenizer.to_str() if recipe else ""
        return TextTower(_TextNetwork(self.network), recipe, content) if recipe else None

    def _recipe_of_transformers(self, tokenizer: HFTokenizer) -> TextRecipe | None:
        """How a tokenizer of transformers is used; None if open_clip changes its tokens, or it lies elsewhere."""
        way = open_clip_tokenizer.cleaning_of(tokenizer)
        inner = tokenizer.tokenizer
        own = (self._source.folder / _TOKENIZER).is_file() and getattr(inner, "is_fast", False)
        if not own or way is None or tokenizer.strip_sep_token or tokenizer.tokenizer_mode:
            return None
        recipe = text_recipe(inner, ("input_ids",), longest=self.longest_text, full=True)
        return dataclasses.replace(recipe, cleaning=way) if recipe else None

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text before truncation, including the start and end tokens."""
        tokenizer = self._tokenizer
        if isinstance(tokenizer, SimpleTokenizer):
            return len(tokenizer.encode(text)) + 2
        ids = tokenizer.tokenizer(tokenizer.clean_fn(text), truncation=False, verbose=False).input_ids
        return len(ids) + (1 if tokenizer.tokenizer_mode == "clips" else 0)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Parts of a text without a token; none for open_clip's own tokenizer, which works on bytes."""
        tokenizer = self._tokenizer
        if isinstance(tokenizer, SimpleTokenizer):
            return () if tokenizer.encode(text) or not text.strip() else (text,)
        given = tokenizer.clean_fn(text)
        if not given:
            return (text,) if text.strip() else ()
        return unknown_words(tokenizer.tokenizer, given)


class _TextNetwork(torch.nn.Module):  # type: ignore[misc]  # mypy does not read torch
    """The text tower with its projection: tokens (n, tokens) to rows (n, dim)."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self._network = network

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Tokens to rows, shape (n, dim)."""
        rows: torch.Tensor = self._network.encode_text(input_ids)
        return rows


def _parts(spec: ModelSpec) -> tuple[str, str]:
    arch, _, tag = spec.weights.partition("/")
    return arch, tag


def _published(arch: str, tag: str) -> tuple[str, str]:
    """Repository and stem of a tag's weights; errors as for :func:`repository_of`."""
    tags = open_clip.list_pretrained_tags_by_model(arch)
    if not tags:
        known = {name for name, _ in open_clip.list_pretrained()}
        raise UsageError(
            f"open_clip has no weights for an architecture {arch!r}",
            nearest(arch, known, "open_clip:{}/TAG") or "`open_clip.list_pretrained()` lists what there is",
        )
    config = open_clip.get_pretrained_cfg(arch, tag)
    if not config:
        near = nearest(tag, tags, f"open_clip:{arch}/{{}}")
        raise UsageError(f"open_clip has no {tag!r} of {arch}", near or f"there are {', '.join(tags)}")
    source = _safe_source(config)
    if source is None:
        where = config.get("hf_hub") or config.get("url") or "nowhere"
        raise ModelError(
            f"the weights of {arch}/{tag} are published as a pickle only ({where}): loading such a file runs whatever "
            "code is in it, so it is refused",
            _others(arch),
        )
    return source


def _safe_source(config: dict[str, Any]) -> tuple[str, str] | None:
    """Repository and stem from a tag's config; None if they are a pickle."""
    repository, _, name = str(config.get("hf_hub") or "").rpartition("/")
    if not repository or (name and not name.endswith(".safetensors")):
        return None
    return repository, name.removesuffix(".safetensors") or _STEM


def _others(arch: str) -> str:
    """A hint: tags of an architecture with safetensors, else of architectures with a similar name."""
    usable = [pair for pair in open_clip.list_pretrained() if _safe_source(open_clip.get_pretrained_cfg(*pair))]
    same = [f"open_clip:{name}/{tag}" for name, tag in usable if name == arch]
    if same:
        return f"other weights of {arch}: {', '.join(same[:3])}"
    return nearest(f"{arch}/", [f"{name}/{tag}" for name, tag in usable], "open_clip:{}") or "choose another model"


def _of_tag(spec: ModelSpec, log: Log) -> _Source:
    arch, tag = _parts(spec)
    repository, stem = _published(arch, tag)
    config = open_clip.get_model_config(arch)
    named_weights.remember(spec, Place(repository, stem, config["text_cfg"].get("hf_model_name") or ""))
    folder = hub.fetch(repository, log, gated=spec.gated, key=spec.key, stem=stem)
    return _Source(folder, stem, arch, config, open_clip.get_pretrained_cfg(arch, tag))


def _of_folder(folder: Path) -> _Source:
    """The source in a user's folder.

    Raises:
        ModelError: no config, an invalid one, no weights, or weights that are a pickle.
    """
    ask = f"give a folder with {_CONFIG} and {_ORDER[0]}"
    try:
        config = json.loads((folder / _CONFIG).read_text("utf-8"))["model_cfg"]
        if not isinstance(config["text_cfg"], dict) or not isinstance(config["vision_cfg"], dict):
            raise TypeError("text_cfg and vision_cfg are tables")
    except OSError as error:
        raise ModelError(f"{folder / _CONFIG} cannot be read ({error.strerror})", ask) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{folder / _CONFIG} is not a config of open_clip ({first_line(error)})", ask) from error
    name = next((name for name in _ORDER if (folder / name).is_file()), "")
    if not name.endswith(".safetensors"):
        pickled = ", ".join(hub_cache.pickles(folder))
        raise ModelError(
            f"{folder} holds its weights as pickles only ({pickled})" if pickled else f"{folder} holds no weights", ask
        )
    return _Source(folder, name.removesuffix(".safetensors"), f"local-dir:{folder}", config)


def _network(source: _Source) -> torch.nn.Module:
    """Both towers with their weights, created by open_clip.

    Raises:
        ModelError: weights and config do not fit each other.
    """
    arguments: dict[str, Any] = {"force_quick_gelu": source.quick_gelu}
    if source.tag:  # for a folder open_clip finds the file and its preprocessing itself
        arguments["pretrained"] = str(one_file(source.folder, source.stem))
        arguments["force_preprocess_cfg"] = {
            name: source.tag[name] for name in ("mean", "std", "interpolation", "resize_mode") if name in source.tag
        }
    if source.text.get("hf_model_name"):
        config = _config_folder(source.text["hf_model_name"])
        arguments["text_cfg"] = source.text | {"hf_model_name": str(config), "hf_model_pretrained": False}
    try:
        network: torch.nn.Module = open_clip.create_model(source.name, **arguments)
    except LIBRARY_ERRORS as error:
        raise ModelError(
            f"{source.name}: weights and config do not fit each other ({first_line(error)})",
            "fetch the model again, or pip install -U open_clip_torch",
        ) from error
    if "timm_model_name" in source.config["vision_cfg"]:
        # MobileCLIP's blocks have branches for training; merged, they compute the same.
        timm.utils.reparameterize_model(network.eval().visual, inplace=True)
    if is_convolutional(network.visual):  # with the text tower, most weights are not those of convolutions
        network.visual.to(memory_format=torch.channels_last)
    return network


def _tokenizer(source: _Source) -> Any:
    """The tokenizer of the text tower; one of transformers is stored with the weights.

    Raises:
        ModelError: it is not there.
    """
    context = source.text.get("context_length", _CONTEXT)
    arguments = source.text.get("tokenizer_kwargs") or {}
    name = source.text.get("hf_tokenizer_name")
    if not name:
        return SimpleTokenizer(context_length=context, **arguments)
    mode = source.text.get("tokenizer_mode")
    safe = {"local_files_only": True, "trust_remote_code": False}  # regardless of the config
    for folder in (source.folder, hub_cache.cached_folder(name)):
        if folder is not None and (folder / _TOKENIZER).is_file():
            try:
                return HFTokenizer(str(folder), context, tokenizer_mode=mode, **arguments | safe)
            except LIBRARY_ERRORS as error:
                raise ModelError(
                    f"the tokenizer in {folder} cannot be loaded ({first_line(error)})", "fetch the model again"
                ) from error
    raise ModelError(
        f"{source.folder} has no tokenizer, and {name}, which it comes from, is not on this machine",
        f"pictoscope models fetch hf:{name}",
    )


def _fetch_config(repository: str, key: str) -> None:
    """Download the config of a text tower's network: its weights are part of the model's."""
    from core.models import hub_download

    if hub_cache.offline() or _has_config(repository):
        _config_folder(repository)
        return
    with hub_download.explained(repository, key):
        hub_download.download_file(repository, "config.json")


def _config_folder(repository: str) -> Path:
    folder = hub_cache.cached_folder(repository)
    if folder is None or not (folder / "config.json").is_file():
        raise ModelError(
            f"config.json of the text network {repository} is not on this machine",
            "run `pictoscope models fetch` for this model on a machine with a network",
        )
    return folder


def _has_config(repository: str) -> bool:
    folder = hub_cache.cached_folder(repository)
    return folder is not None and (folder / "config.json").is_file()


def _in_words(source: _Source, network: torch.nn.Module, preprocessing: PreprocessCfg, longest_text: int) -> str:
    """Preprocessing and output in one line."""
    height, width = _pair(preprocessing.size)
    how = {
        "shortest": f"shorter side to {min(height, width)} {preprocessing.interpolation}, centre {width} x {height}",
        "longest": f"longer side to {max(height, width)} {preprocessing.interpolation}, border to {width} x {height}",
        "squash": f"squashed to {width} x {height} {preprocessing.interpolation}",
    }[preprocessing.resize_mode]
    mean, std = (" ".join(f"{value:g}" for value in values) for values in (preprocessing.mean, preprocessing.std))
    vision = source.config["vision_cfg"]
    pooling = vision.get("timm_pool") or getattr(network.visual, "pool_type", "") or "attention"
    gelu = ", QuickGELU" if source.quick_gelu else ""
    return (
        f"open_clip eval transform: {how}, mean {mean}, std {std}; encode_image: pooling {pooling}, projected{gelu}; "
        f"texts to {longest_text} tokens"
    )


def _pair(size: int | Sequence[int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])
