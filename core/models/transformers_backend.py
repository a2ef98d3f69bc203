"""Models of the library transformers: those of the catalogue, any model of the hub, and folders.

Two towers (CLIP, SigLIP) give embeddings shared with texts; for others :mod:`core.models.pooling` chooses the
pooling. Weights are safetensors only. Code from a repository runs only with the user's consent.
"""

from __future__ import annotations

import dataclasses
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from PIL import Image
from safetensors import SafetensorError
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoTokenizer

from core.errors import ModelError
from core.models import consent, hub, hub_cache
from core.models.backend import Log, Prepared, Provenance
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.models.picture_recipe import PictureRecipe
from core.models.pooling import Pooling, Run, embedding, one_tower, two_towers
from core.models.processors import Processor
from core.models.text_recipe import TextRecipe
from core.models.text_tower import TextTower, text_recipe
from core.models.tokens import unknown_words
from core.models.torch_model import TorchModel
from core.models.transformers_files import PROCESSOR_FILES, STEM, TOKENIZER_FILES, any_of, snapshot
from core.models.weights import tool_versions

_PADDED = frozenset({"siglip", "siglip2", "align"})  # texts are padded to the full length, as in training
_LOWER_CASE = frozenset({"siglip", "siglip2"})
_LONGEST_REASON = 160  # characters of the library's own words
_NO_MASK = frozenset({"siglip", "siglip2"})  # trained without an attention mask on the padding
# Exceptions of the library for files that do not match its expectations.
_LIBRARY_ERRORS = (
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    SafetensorError,
    StrictDataclassError,
)


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> TransformersModel:
    """Load a model; downloads it if necessary.

    Raises:
        ModelError: its files are missing or invalid, it needs to run code from its repository
            without consent, or it gives no vectors of pictures.
        DiskFull: there is no space for the download.
    """
    options = options or LoadOptions()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    folder = _folder(spec, log, options)
    log(f"loading {spec.weights}")
    _check_files(spec, folder)
    own_code = _needs_own_code(folder)
    if own_code and options.allow_remote_code:
        consent.give(spec, folder)
    if own_code:
        consent.check(spec, folder)
    config = _config(spec, folder, own_code=own_code)
    sha256 = hub.checked_hashes(folder, STEM)
    network, trained_pooler = _network(spec, folder, config, own_code=own_code)
    tokenizer = _tokenizer(spec, folder) if _is_two_towers(network) else None
    with _explained(spec, "its picture processor cannot be used", "the folder must hold its preprocessor_config.json"):
        loaded = AutoImageProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=own_code)
        run, arguments = _entrance(network)
        processor = Processor(loaded, arguments)
    with _explained(spec, f"{type(network).__name__} gives no vectors of pictures", "choose another model"):
        pooling = _pooling(network, run, processor, trained_pooler)
    words = f"{processor.words}; {pooling.words}"
    provenance = Provenance(hub.revision_of(folder), sha256, words, tool_versions("torchvision", "transformers"))
    spec = dataclasses.replace(spec, text=tokenizer is not None, input_size=processor.input_size)
    return TransformersModel(spec, network, provenance, options, log, processor, pooling, tokenizer)


class TransformersModel(TorchModel):
    """A transformers network with its picture processor and, if it reads text, its tokenizer."""

    pixels_name = "pixel_values"

    def __init__(
        self,
        spec: ModelSpec,
        network: Any,
        provenance: Provenance,
        options: LoadOptions,
        log: Log,
        processor: Processor,
        pooling: Pooling,
        tokenizer: Any,
    ) -> None:
        self._processor = processor
        self._pooling = pooling
        self._tokenizer = tokenizer
        self._one_at_a_time = threading.Lock()  # a tokenizer's padding and truncation are settings of the object
        self._type = str(network.config.model_type)
        if tokenizer is not None:
            self.longest_text = _longest_text(network.config, tokenizer)
            self._text_arguments = _arguments(network.get_text_features)
        super().__init__(spec, network, provenance, options, log)

    def prepare(self, picture: Image.Image) -> Prepared:
        """RGB picture of any size to a dictionary: ``pixel_values``, float32 (3, height, width).

        With naflex: patches (256, 768), ``pixel_attention_mask`` (256) and ``spatial_shapes`` (2), integers.
        """
        return self._processor(picture)

    def picture_recipe(self) -> PictureRecipe | None:
        """The steps of the processor, if they are those of a recipe."""
        return self._processor.picture_recipe()

    def text_tower(self) -> TextTower | None:
        """The text tower and its tokenizer; None if there is none, or the tokenizer is one of Python."""
        if self._tokenizer is None or not getattr(self._tokenizer, "is_fast", False):
            return None
        names = {"input_ids"} if self._type in _NO_MASK else self._text_arguments
        recipe = text_recipe(
            self._tokenizer,
            tuple(name for name in self._tokenizer.model_input_names if name in names),
            longest=self.longest_text,
            full=self._type in _PADDED,
            lower_case=self._type in _LOWER_CASE,
        )
        if recipe is None:
            return None
        return TextTower(_TextNetwork(self.network, recipe), recipe, self._tokenizer.backend_tokenizer.to_str())

    def collate(self, batch: Sequence[Prepared]) -> dict[str, torch.Tensor]:
        """Stack dictionaries of tensors along a new batch axis."""
        return {name: torch.stack([prepared[name] for prepared in batch]) for name in batch[0]}

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Rows (n, dim)."""
        return self._pooling.rows(batch)

    def forward_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Texts to rows (n, dim), each truncated to ``longest_text`` tokens.

        Raises:
            ModelError: the model reads no text.
        """
        if self._tokenizer is None:
            return super().forward_texts(texts)
        with self._one_at_a_time:
            tokens = self._tokenizer(
                [self._as_trained(text) for text in texts],
                padding="max_length" if self._type in _PADDED else True,
                truncation=True,
                max_length=self.longest_text,
                return_tensors="pt",
            )
        names = {"input_ids"} if self._type in _NO_MASK else self._text_arguments
        arguments = {name: tokens[name].to(self.placement.device) for name in tokens if name in names}
        return embedding(self.network.get_text_features(**arguments))

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text before truncation, including the start and end tokens."""
        if self._tokenizer is None:
            return 0
        with self._one_at_a_time:
            return len(self._tokenizer(self._as_trained(text))["input_ids"])

    def unknown_words(self, text: str) -> tuple[str, ...]:
        if self._tokenizer is None:
            return ()
        with self._one_at_a_time:
            return unknown_words(self._tokenizer, self._as_trained(text))

    def _as_trained(self, text: str) -> str:
        return text.lower() if self._type in _LOWER_CASE else text


class _TextNetwork(torch.nn.Module):  # type: ignore[misc]  # mypy does not read torch
    """The text tower of a network: tokens, in the order of a recipe's inputs, to rows."""

    def __init__(self, network: Any, recipe: TextRecipe) -> None:
        super().__init__()
        self._network = network
        self._names = recipe.inputs

    def forward(self, *tokens: torch.Tensor) -> torch.Tensor:
        """Rows (n, dim) of tokens (n, length)."""
        return embedding(self._network.get_text_features(**dict(zip(self._names, tokens, strict=True))))


def _folder(spec: ModelSpec, log: Log, options: LoadOptions) -> Path:
    """The folder that holds the model's files."""
    if spec.folder is not None:
        if not spec.folder.is_dir():
            raise ModelError(f"there is no folder {spec.folder}", "give the folder that holds config.json and weights")
        return spec.folder
    if spec.remote_code and not options.allow_remote_code and hub_cache.cached(spec.repository) is None:
        raise consent.refusal(spec)
    here = hub_cache.cached_folder(spec.repository)
    may_need_code = here is None or not hub_cache.read_json(here / "config.json") or _needs_own_code(here)
    return snapshot(spec, log, remote_code=options.allow_remote_code and may_need_code)


def _check_files(spec: ModelSpec, folder: Path) -> None:
    """Raise a ModelError that names a missing file, before anything large is read."""
    if not hub_cache.read_json(folder / "config.json"):
        raise ModelError(f"{folder} holds no config.json, or none that can be read", _fetch_again_hint(spec))
    if not hub_cache.weight_files(folder, STEM):
        if pickled := hub_cache.pickles(folder):
            raise ModelError(
                f"{spec.key} has its weights as pickles only ({', '.join(pickled)}): loading such a file runs whatever "
                "code is in it, so it is refused",
                "https://huggingface.co/spaces/safetensors/convert makes safetensors of them, or choose another model",
            )
        raise ModelError(f"{folder} holds no complete {STEM}.safetensors", _fetch_again_hint(spec))


def _fetch_again_hint(spec: ModelSpec) -> str:
    if spec.folder is not None:
        return "copy the whole repository into the folder"
    return f"fetch it again: pictoscope models fetch {spec.key}"


def _needs_own_code(folder: Path) -> bool:
    """Whether building the model needs code from its repository: not if the library knows its type."""
    config = hub_cache.read_json(folder / "config.json")
    known = config.get("model_type") in transformers.CONFIG_MAPPING
    return "auto_map" in config and not known


def _config(spec: ModelSpec, folder: Path, *, own_code: bool) -> Any:
    """The config of a model, checked as far as possible for picture vectors before its weights are read."""
    known = f"transformers {transformers.__version__}"
    with _explained(spec, f"{known} does not know this architecture", "pip install -U transformers"):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=own_code)
    if not own_code:
        _check_architecture(spec, config)
    if not any_of(folder, PROCESSOR_FILES):
        raise ModelError(
            f"{folder} does not say how pictures are preprocessed: no {PROCESSOR_FILES[0]}",
            f"{_fetch_again_hint(spec)}; if the repository has none, choose another model",
        )
    if hasattr(config, "mask_ratio"):  # a masked autoencoder would mask most of a picture
        config.mask_ratio = 0.0
    return config


def _network(spec: ModelSpec, folder: Path, config: Any, *, own_code: bool) -> tuple[Any, bool]:
    """The network in float32, and whether all weights of its pooler came from the file."""
    with _explained(spec, "its weights cannot be loaded", "fetch the model again, or choose another"):
        network, report = AutoModel.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=own_code,
            ignore_mismatched_sizes=True,  # they are in the report
            output_loading_info=True,
        )
    # A mismatch is reported by the tensor's name, with or without both shapes.
    mismatched = {key if isinstance(key, str) else key[0] for key in report["mismatched_keys"]}
    unfit = sorted(mismatched | set(report["missing_keys"]))
    pooler = [name for name in unfit if name.startswith("pooler.")]
    if others := [name for name in unfit if name not in pooler]:
        raise ModelError(
            f"{spec.key}: its weights lack {len(others)} tensors of {type(network).__name__}, as {others[0]}",
            "they are of another architecture than config.json says; fetch the model again, or choose another",
        )
    return network, not pooler


def _check_architecture(spec: ModelSpec, config: Any) -> None:
    """Raise a ModelError for models that cannot embed pictures, before the weights are read."""
    try:
        found = transformers.MODEL_MAPPING[type(config)]
    except KeyError as error:
        raise ModelError(f"{spec.key}: models of type {config.model_type} give no vectors", "choose another") from error
    networks = found if isinstance(found, tuple) else (found,)
    if config.model_type in hub.TWO_TOWERS or networks[0].main_input_name == "pixel_values":
        return
    if getattr(config, "vision_config", None) is not None:
        raise ModelError(
            f"{spec.key} ({config.model_type}) writes text about pictures and gives no vectors of them",
            "choose a model that embeds pictures, such as clip or dinov2",
        )
    raise ModelError(
        f"{spec.key} ({config.model_type}) takes no pictures", "choose a picture model, such as clip or dinov2"
    )


def _tokenizer(spec: ModelSpec, folder: Path) -> Any:
    if not any_of(folder, TOKENIZER_FILES):
        raise ModelError(f"{folder} holds no tokenizer", _fetch_again_hint(spec))
    with _explained(spec, "its tokenizer cannot be loaded", "fetch the model again, or choose another"):
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _entrance(network: Any) -> tuple[Run, frozenset[str]]:
    """The module to call with pictures, and its argument names. Remote code may use other names for the pixels."""
    if _is_two_towers(network):
        return network.get_image_features, _arguments(network.get_image_features)
    names = _arguments(network.forward)
    if "pixel_values" in names:
        return network, names
    return (lambda pixel_values: network(pixel_values)), frozenset({"pixel_values"})


def _pooling(network: Any, run: Run, processor: Processor, trained_pooler: bool) -> Pooling:
    if _is_two_towers(network):
        return two_towers(run)
    network.eval()
    prepared = processor(Image.effect_noise((320, 240), 90).convert("RGB"))
    with torch.inference_mode():
        batch = {name: torch.stack([tensor, tensor]) for name, tensor in prepared.items()}
        pooling = one_tower(network, run, batch, trained_pooler=trained_pooler)
    if pooling is None:
        raise ValueError("neither pooled output nor tokens nor a feature map")
    return pooling


def _is_two_towers(network: Any) -> bool:
    return network.config.model_type in hub.TWO_TOWERS


def _arguments(function: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def _longest_text(config: Any, tokenizer: Any) -> int:
    """Maximum number of tokens of the text tower: the positions in its config, or fewer by the tokenizer."""
    places = getattr(getattr(config, "text_config", config), "max_position_embeddings", None)
    return min(int(tokenizer.model_max_length), int(places or tokenizer.model_max_length))


@contextmanager
def _explained(spec: ModelSpec, what: str, hint: str) -> Iterator[None]:
    """Convert an exception of the library to a ModelError."""
    try:
        yield
    except ModelError:
        raise
    except ImportError as error:
        raise ModelError(f"{spec.key}: {what} ({_first_line(error)})", "install what it names with pip") from error
    except _LIBRARY_ERRORS as error:
        raise ModelError(f"{spec.key}: {what} ({_first_line(error)})", hint) from error


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[
        :_LONGEST_REASON
    ]
