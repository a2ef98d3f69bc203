"""Random weights of the true architectures, where each peer looks for its own: what they cost does not depend on them.

python -m tests.benchmarks.peers.weights FOLDER

rclip's are written only where the package onnx is installed: torch exports to its form with it.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import open_clip
import torch
import torchvision

from tests.benchmarks.full_size import build

RCLIP = "ViT-B-32-256"  # of open_clip
RCLIP_TAG = "datacomp_s34b_b86k"
HUB = "hub"
RCLIP_DATA = "rclip"
STATE = "ViT-B-32.state.pt"
ZOO = "fiftyone-zoo"
TORCH = "torch"
_WORDS = "bpe_simple_vocab_16e6.txt.gz"


def write_weights(folder: Path) -> None:
    """Write all of them. Does nothing if the folder is there already."""
    if folder.exists():
        return
    torch.manual_seed(0)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for key in ("clip", "mobilenet", f"open_clip:{RCLIP}/{RCLIP_TAG}"):
        build(key, unfinished / HUB, unfinished / "work")
    if importlib.util.find_spec("onnx"):
        _write_rclip(unfinished / RCLIP_DATA)
    _write_clip(unfinished / STATE, unfinished / ZOO)
    # As torchvision names the files. FiftyOne wants one in its zoo, but torchvision loads the other.
    checkpoints = unfinished / TORCH / "hub" / "checkpoints"
    _save(torchvision.models.mobilenet_v2(), unfinished / ZOO / "mobilenet_v2-b0353104.pth")
    _save(torchvision.models.mobilenet_v2(), checkpoints / "mobilenet_v2-7ebf99e0.pth")
    _save(torchvision.models.mobilenet_v3_small(), checkpoints / "mobilenet_v3_small-047dcff4.pth")
    unfinished.rename(folder)


def _write_rclip(folder: Path) -> None:
    """Both towers as ONNX, exported as its scripts/convert_model.py does."""
    model = open_clip.create_model(RCLIP, pretrained=None).eval()
    target = folder / f"{RCLIP}-{RCLIP_TAG}"
    target.mkdir(parents=True)
    torch.backends.mha.set_fastpath_enabled(False)
    _export(model.visual, torch.randn(1, 3, 256, 256), target / "visual.onnx")
    _export(_Texts(model), torch.zeros(1, 77, dtype=torch.long), target / "textual.onnx")
    torch.backends.mha.set_fastpath_enabled(True)
    (folder / "tokenizer").mkdir()
    shutil.copy2(_words(), folder / "tokenizer" / _WORDS)


class _Texts(torch.nn.Module):
    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.model.encode_text(tokens)


def _export(module: torch.nn.Module, example: torch.Tensor, target: Path) -> None:
    torch.onnx.export(
        module,
        (example,),
        str(target),
        input_names=["input"],
        output_names=["output"],
        dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}},
        opset_version=18,
        dynamo=False,
    )


def _write_clip(state: Path, zoo: Path) -> None:
    """CLIP ViT-B/32 in the names of OpenAI, which open_clip has too: as tensors, and as a TorchScript archive."""
    tensors = open_clip.create_model("ViT-B-32", pretrained=None).state_dict()
    torch.save(tensors, state)
    zoo.mkdir()
    archive = _Holder()
    for name, tensor in tensors.items():
        *parents, last = name.split(".")
        place: torch.nn.Module = archive
        for parent in parents:
            if parent not in dict(place.named_children()):
                place.add_module(parent, _Holder())
            place = place.get_submodule(parent)
        place.register_parameter(last, torch.nn.Parameter(tensor, requires_grad=False))
    torch.jit.save(torch.jit.script(archive), str(zoo / "CLIP-ViT-B-32.pt"))
    shutil.copy2(_words(), zoo / f"clip_{_WORDS}")


class _Holder(torch.nn.Module):
    """Computes nothing: FiftyOne takes only the tensors out of the archive."""

    def forward(self) -> int:
        return 0


def _words() -> Path:
    return Path(open_clip.__file__).with_name(_WORDS)


def _save(module: torch.nn.Module, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.save(module.state_dict(), target)


if __name__ == "__main__":
    write_weights(Path(sys.argv[1]))
