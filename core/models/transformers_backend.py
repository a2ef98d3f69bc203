"""Models of the library transformers: those of the catalogue, any of the hub, and folders.

Two towers (CLIP, SigLIP) give the embeddings that texts share; others what :mod:`core.models.pooling` finds in their
output. Weights are safetensors only. Code out of a repository is run with the user's consent only.
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
from core.models import hub
from core.models.backend import Log, Prepared, Provenance
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.models.pooling import Pooling, Run, embedding, one_tower, two_towers
from core.models.processors import Processor
from core.models.torch_model import TorchModel
from core.models.weights import tool_versions

CONSENT_FLAG = "--allow-remote-code"
_STEM = "model"  # of the weights' files, as transformers names them
_PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
_FILLED_UP = frozenset({"siglip", "siglip2", "align"})  # texts are padded to the full length, as in their training
_LOWER_CASE = frozenset({"siglip", "siglip2"})
_LONGEST_REASON = 160  # characters of the library's own words
_NO_MASK = frozenset({"siglip", "siglip2"})  # trained to see the padding
# What the library raises for files that do not fit its expectations.
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


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> None:
    """Download what ``spec`` is loaded from, unless it is here or a folder; see :func:`core.models.hub.fetch`.

    Raises:
        ModelError: it cannot be had.
        DiskFull: there is no room.
    """
    if spec.folder is None:
        _snapshot(spec, log, remote_code=spec.remote_code)


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> TransformersModel:
    """Load a model; downloaded first if it is not here.

    Raises:
        ModelError: its files are not here or not what they should be, it wants to run code out of its repository
            without consent, or it gives no vectors of pictures.
        DiskFull: there is no room for the download.
    """
    options = options or LoadOptions()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    folder = _folder(spec, log, options)
    log(f"loading {spec.weights}")
    _check_files(spec, folder)
    own_code = _needs_own_code(folder)
    if own_code and not options.allow_remote_code:
        raise _consent(spec)
    config = _config(spec, folder, own_code=own_code)
    sha256 = hub.checked_hashes(folder, _STEM)
    network, trained_pooler = _network(spec, folder, config, own_code=own_code)
    tokenizer = _tokenizer(spec, folder) if _is_two_towers(network) else None
    with _explained(spec, "its picture processor cannot be used", "the folder must hold its preprocessor_config.json"):
        loaded = AutoImageProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=own_code)
        run, arguments = _entrance(network)
        processor = Processor(loaded, arguments)
    with _explained(spec, f"{type(network).__name__} gives no vector of a picture", "choose another model"):
        pooling = _pooling(network, run, processor, trained_pooler)
    words = f"{processor.words}; {pooling.words}"
    provenance = Provenance(hub.revision_of(folder), sha256, words, tool_versions("torchvision", "transformers"))
    spec = dataclasses.replace(spec, text=tokenizer is not None, input_size=processor.input_size)
    return TransformersModel(spec, network, provenance, options, log, processor, pooling, tokenizer)


class TransformersModel(TorchModel):
    """A network of transformers with its picture processor and, if it reads texts, its tokenizer."""

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

    def collate(self, batch: Sequence[Prepared]) -> dict[str, torch.Tensor]:
        """Dictionaries of tensors to one, each tensor with an axis for the pictures in front."""
        return {name: torch.stack([prepared[name] for prepared in batch]) for name in batch[0]}

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Rows (n, dim)."""
        return self._pooling.rows(batch)

    def forward_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Texts to rows (n, dim), each cut to ``longest_text`` tokens.

        Raises:
            ModelError: the model reads no text.
        """
        if self._tokenizer is None:
            return super().forward_texts(texts)
        with self._one_at_a_time:
            tokens = self._tokenizer(
                [self._as_trained(text) for text in texts],
                padding="max_length" if self._type in _FILLED_UP else True,
                truncation=True,
                max_length=self.longest_text,
                return_tensors="pt",
            )
        names = {"input_ids"} if self._type in _NO_MASK else self._text_arguments
        arguments = {name: tokens[name].to(self.placement.device) for name in tokens if name in names}
        return embedding(self.network.get_text_features(**arguments))

    def count_tokens(self, text: str) -> int:
        """See :meth:`core.models.backend.Model.count_tokens`. With what marks a text's beginning and end."""
        if self._tokenizer is None:
            return 0
        with self._one_at_a_time:
            return len(self._tokenizer(self._as_trained(text))["input_ids"])

    def _as_trained(self, text: str) -> str:
        return text.lower() if self._type in _LOWER_CASE else text


def _folder(spec: ModelSpec, log: Log, options: LoadOptions) -> Path:
    """The folder that holds the model's files."""
    if spec.folder is not None:
        if not spec.folder.is_dir():
            raise ModelError(f"there is no folder {spec.folder}", "give the folder that holds config.json and weights")
        return spec.folder
    if spec.remote_code and not options.allow_remote_code and hub.cached(spec.repository) is None:
        raise _consent(spec)
    here = hub.cached_folder(spec.repository)
    may_need_code = here is None or not hub.read_json(here / "config.json") or _needs_own_code(here)
    return _snapshot(spec, log, remote_code=options.allow_remote_code and may_need_code)


def _snapshot(spec: ModelSpec, log: Log, *, remote_code: bool) -> Path:
    """The snapshot of the model's repository, downloaded if it is not here."""
    if not spec.repository:
        raise ModelError(f"{spec.key} names no repository of the hub", "give the path of a folder that holds the model")

    def complete(folder: Path) -> bool:
        reads_text = (hub.facts(folder) or spec).text
        return (
            hub.is_complete(folder, _STEM)
            and _any_of(folder, _PROCESSOR_FILES)
            and (not reads_text or _any_of(folder, _TOKENIZER_FILES))
        )

    return hub.fetch(
        spec.repository, log, remote_code=remote_code, gated=spec.gated, key=spec.key, stem=_STEM, complete=complete
    )


def _check_files(spec: ModelSpec, folder: Path) -> None:
    """Raise a ModelError that names the file which is missing, before anything large is read."""
    if not hub.read_json(folder / "config.json"):
        raise ModelError(f"{folder} holds no config.json, or none that can be read", _again(spec))
    if not hub.weight_files(folder, _STEM):
        if found := hub.pickles(folder):
            raise ModelError(
                f"{spec.key} has its weights as pickles only ({', '.join(found)}): loading such a file runs whatever "
                "code is in it, so it is refused",
                "https://huggingface.co/spaces/safetensors/convert makes safetensors of them, or choose another model",
            )
        raise ModelError(f"{folder} holds no complete {_STEM}.safetensors", _again(spec))


def _again(spec: ModelSpec) -> str:
    if spec.folder is not None:
        return "copy the whole repository into the folder"
    return f"fetch it again: pictoscope models fetch {spec.key}"


def _needs_own_code(folder: Path) -> bool:
    """Whether only code out of the repository can build the model: one that the library knows is built by it."""
    config = hub.read_json(folder / "config.json")
    known = config.get("model_type") in transformers.CONFIG_MAPPING
    return "auto_map" in config and not known


def _consent(spec: ModelSpec) -> ModelError:
    return ModelError(
        f"{spec.key} runs Python code out of its repository {spec.weights}",
        f"read that code; if you trust it: {CONSENT_FLAG}",
    )


def _config(spec: ModelSpec, folder: Path, *, own_code: bool) -> Any:
    """The config of a model that can give vectors of pictures, as far as that shows before its weights are read."""
    known = f"transformers {transformers.__version__}"
    with _explained(spec, f"{known} does not know this architecture", "pip install -U transformers"):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=own_code)
    if not own_code:
        _check_architecture(spec, config)
    if not _any_of(folder, _PROCESSOR_FILES):
        raise ModelError(
            f"{folder} does not say how pictures are prepared: no {_PROCESSOR_FILES[0]}",
            f"{_again(spec)}; if the repository has none, choose another model",
        )
    if hasattr(config, "mask_ratio"):  # a masked autoencoder hides most of a picture from itself
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
    # A mismatch is told by the tensor's name, alone or with both shapes.
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
    """Raise a ModelError for what is known not to give vectors of pictures, before its weights are read."""
    try:
        found = transformers.MODEL_MAPPING[type(config)]
    except KeyError as error:
        raise ModelError(
            f"{spec.key}: no model of the kind {config.model_type} gives vectors", "choose another"
        ) from error
    networks = found if isinstance(found, tuple) else (found,)
    if config.model_type in hub.TWO_TOWERS or networks[0].main_input_name == "pixel_values":
        return
    if getattr(config, "vision_config", None) is not None:
        raise ModelError(
            f"{spec.key} ({config.model_type}) writes text about pictures and gives no vector of one",
            "choose a model that embeds pictures, such as clip or dinov2",
        )
    raise ModelError(
        f"{spec.key} ({config.model_type}) looks at no pictures", "choose a picture model, such as clip or dinov2"
    )


def _tokenizer(spec: ModelSpec, folder: Path) -> Any:
    if not _any_of(folder, _TOKENIZER_FILES):
        raise ModelError(f"{folder} holds no tokenizer", _again(spec))
    with _explained(spec, "its tokenizer cannot be loaded", "fetch the model again, or choose another"):
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _entrance(network: Any) -> tuple[Run, frozenset[str]]:
    """What is called with pictures, and the names of its arguments. Foreign code may name the pixels as it likes."""
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
    """Tokens that a text tower reads: what its config has places for, or less if the tokenizer says so."""
    places = getattr(getattr(config, "text_config", config), "max_position_embeddings", None)
    return min(int(tokenizer.model_max_length), int(places or tokenizer.model_max_length))


def _any_of(folder: Path, names: Sequence[str]) -> bool:
    return any((folder / name).is_file() for name in names)


@contextmanager
def _explained(spec: ModelSpec, what: str, hint: str) -> Iterator[None]:
    """What the library raises as a ModelError."""
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
