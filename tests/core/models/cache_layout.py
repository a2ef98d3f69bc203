"""Models of real architectures with seeded random weights, in the hub's cache as the hub's library lays it out.

Widths, image sizes and the settings of processors and tokenizers are those of the real repositories; layers are few
and vocabularies tiny.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import pre_tokenizers
from transformers.models.gemma.tokenization_gemma import GemmaTokenizer

from tests.core.models.backend_checks import settled

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
TEXTS = ["a black cat", "TWO dogs, on 1 leash!", "Ein Bild; über zwei Zeilen", "x"]


def store(cache: Path, repository: str, files: Path, *, move: bool = False) -> Path:
    """Lay the files of a folder out as the cache does: blobs, links, a reference. Gives the snapshot's folder.

    ``move``: the folder is given up, so that large weights are not on the disk twice.
    """
    root = cache / f"models--{repository.replace('/', '--')}"
    commit = hashlib.sha1(repository.encode()).hexdigest()
    snapshot = root / "snapshots" / commit
    for folder in (snapshot, root / "blobs", root / "refs"):
        folder.mkdir(parents=True)
    (root / "refs" / "main").write_text(commit)
    for path in sorted(files.iterdir()):
        name = _blob_name(path)
        if move:
            path.replace(root / "blobs" / name)
        else:
            shutil.copyfile(path, root / "blobs" / name)
        (snapshot / path.name).symlink_to(os.path.relpath(root / "blobs" / name, snapshot))
    return snapshot


def _blob_name(path: Path) -> str:
    """Large files go by their SHA-256, others by their git hash."""
    if path.suffix in (".safetensors", ".bin"):
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def save(folder: Path, network: Any, preprocessor: dict[str, Any], tokenizer: Any = None) -> Path:
    """Write what a repository holds. The processor's config is written by hand, as old repositories have it."""
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
    return folder


def mobilenet(folder: Path) -> Path:
    torch.manual_seed(0)
    network = transformers.MobileNetV2ForImageClassification(transformers.MobileNetV2Config(num_labels=1001))
    return save(
        folder,
        settled(lively(network), torch.randn(16, 3, 96, 96)),
        {
            "image_processor_type": "MobileNetV2ImageProcessor",
            "do_resize": True,
            "size": {"shortest_edge": 256},
            "resample": 2,
            "do_center_crop": True,
            "crop_size": {"height": 224, "width": 224},
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            **HALF,
        },
    )


def clip(folder: Path) -> Path:
    torch.manual_seed(0)
    small = {"num_hidden_layers": 2, "intermediate_size": 128}
    tokenizer = clip_tokenizer()
    config = transformers.CLIPConfig(
        text_config={"hidden_size": 64, "num_attention_heads": 4, "vocab_size": len(tokenizer), **small}
        | {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id},
        vision_config={"hidden_size": 96, "num_attention_heads": 6, "patch_size": 32, "image_size": 224, **small},
        projection_dim=512,
    )
    mean, std = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
    old_style = {"feature_extractor_type": "CLIPFeatureExtractor", "size": 224, "crop_size": 224, "resample": 3}
    steps = {"do_resize": True, "do_center_crop": True, "do_normalize": True, "image_mean": mean, "image_std": std}
    return save(folder, lively(transformers.CLIPModel(config)), old_style | steps, tokenizer)


def siglip_base(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = gemma_tokenizer()
    config = transformers.SiglipConfig(
        text_config={"vocab_size": len(tokenizer), "max_position_embeddings": 64, **_siglip_size(768)},
        vision_config={"image_size": 224, "patch_size": 16, **_siglip_size(768)},
    )
    steps = {"do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, **HALF}
    size = {"size": {"height": 224, "width": 224}, "resample": 2}
    names = {"image_processor_type": "SiglipImageProcessor", "processor_class": "SiglipProcessor"}
    return save(folder, lively(transformers.SiglipModel(config)), names | size | steps, tokenizer)


def siglip_naflex(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = gemma_tokenizer()
    config = transformers.Siglip2Config(
        text_config={"vocab_size": len(tokenizer), "max_position_embeddings": 64, **_siglip_size(1152)}
        | {"projection_size": 1152},
        vision_config={"num_patches": 256, "patch_size": 16, **_siglip_size(1152)},
    )
    steps = {"do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, **HALF}
    size = {"max_num_patches": 256, "patch_size": 16, "resample": 2}
    names = {"image_processor_type": "Siglip2ImageProcessor", "processor_class": "Siglip2Processor"}
    return save(folder, lively(transformers.Siglip2Model(config)), names | size | steps, tokenizer)


def dinov2(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.Dinov2Config(num_hidden_layers=2, mlp_ratio=1, image_size=518, patch_size=14)
    size = {"size": {"shortest_edge": 256}, "resample": 3, "crop_size": {"height": 224, "width": 224}}
    steps = {
        "do_resize": True,
        "do_center_crop": True,
        "do_rescale": True,
        "do_normalize": True,
        "do_convert_rgb": True,
    }
    names = {"image_processor_type": "BitImageProcessor"}
    return save(folder, lively(transformers.Dinov2Model(config)), names | size | steps | IMAGENET)


def dinov3(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.DINOv3ViTConfig(
        hidden_size=768, num_attention_heads=12, num_hidden_layers=2, intermediate_size=256, num_register_tokens=4
    )
    size = {"size": {"height": 224, "width": 224}, "resample": 2, "crop_size": None, "data_format": "channels_first"}
    steps = {"do_resize": True, "do_center_crop": None, "do_rescale": True, "do_normalize": True}
    names = {"image_processor_type": "DINOv3ViTImageProcessorFast"}
    return save(folder, lively(transformers.DINOv3ViTModel(config)), names | size | steps | IMAGENET)


def vit(folder: Path) -> Path:
    """As classifiers come: no weights for the pooler."""
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=48, num_attention_heads=4, num_hidden_layers=2, intermediate_size=64, image_size=64, num_labels=5
    )
    return save(folder, lively(transformers.ViTForImageClassification(config)), squashed("ViTImageProcessor", 64))


def convnext(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.ConvNextConfig(hidden_sizes=[16, 16, 24, 40], depths=[1, 1, 1, 1], num_labels=5)
    says = {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 64}, "crop_pct": 0.875}
    network = lively(transformers.ConvNextForImageClassification(config))
    return save(folder, network, says | {"resample": 3, "do_resize": True, "do_normalize": True, **IMAGENET})


def resnet(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.ResNetConfig(embedding_size=16, hidden_sizes=[16, 16, 24, 32], depths=[1, 1, 1, 1])
    says = {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 64}, "crop_pct": 0.875}
    network = lively(transformers.ResNetForImageClassification(config))
    return save(folder, network, says | {"resample": 3, "do_resize": True, "do_normalize": True, **IMAGENET})


def swin(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.SwinConfig(embed_dim=12, depths=[1, 1], num_heads=[2, 2], window_size=4, image_size=64)
    return save(folder, lively(transformers.SwinModel(config)), squashed("ViTImageProcessor", 64))


def beit(folder: Path) -> Path:
    """Its pooler is the mean of the patches, normalised: not in its last hidden state."""
    torch.manual_seed(0)
    config = transformers.BeitConfig(
        hidden_size=32, num_attention_heads=4, num_hidden_layers=4, intermediate_size=64, image_size=64, out_indices=[3]
    )
    return save(folder, lively(transformers.BeitModel(config)), squashed("BeitImageProcessor", 64))


def segformer(folder: Path) -> Path:
    """A feature map and nothing pooled."""
    torch.manual_seed(0)
    config = transformers.SegformerConfig(hidden_sizes=[8, 8, 16, 24], depths=[1, 1, 1, 1], decoder_hidden_size=16)
    return save(folder, lively(transformers.SegformerModel(config)), squashed("SegformerImageProcessor", 64))


def radio(folder: Path) -> Path:
    """C-RADIO as the library knows it: summary tokens; a processor that keeps the aspect ratio and does not crop."""
    torch.manual_seed(0)
    config = transformers.RadioConfig(
        hidden_size=32, num_attention_heads=4, num_hidden_layers=2, intermediate_size=64, max_img_size=256
    )
    says = {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 64}, "resample": 3}
    steps = {"do_resize": True, "do_center_crop": False, "do_normalize": False, "do_rescale": True}
    return save(folder, lively(transformers.RadioModel(config)), says | steps)


def own_code(folder: Path) -> Path:
    """A repository that brings its architecture as Python code, with the outputs and argument of C-RADIO's."""
    torch.manual_seed(0)
    folder.mkdir()
    (folder / "hf_model.py").write_text(OWN_CODE)
    save_file({"project.weight": torch.randn(24, 3), "project.bias": torch.randn(24)}, folder / "model.safetensors")
    classes = {"AutoConfig": "hf_model.OwnConfig", "AutoModel": "hf_model.OwnModel"}
    (folder / "config.json").write_text(json.dumps({"architectures": ["OwnModel"], "auto_map": classes}))
    (folder / "preprocessor_config.json").write_text(json.dumps(squashed("CLIPImageProcessor", 32)))
    return folder


OWN_CODE = """
from typing import NamedTuple

import torch
from transformers import PretrainedConfig, PreTrainedModel


class Output(NamedTuple):
    summary: torch.Tensor
    features: torch.Tensor


class OwnConfig(PretrainedConfig):
    pass


class OwnModel(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.project = torch.nn.Linear(3, 24)
        self.post_init()

    def forward(self, x):
        tokens = self.project(x.flatten(2).transpose(1, 2))
        return Output(tokens.square().mean(1), tokens)
"""


def change(path: Path, **values: Any) -> None:
    """Replace a JSON file, which may be a link, by one with other values."""
    content = json.loads(path.read_text()) | values
    path.unlink()
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))


def squashed(processor: str, side: int) -> dict[str, Any]:
    """A processor's config that brings a picture to a square whatever its shape."""
    steps = {"do_resize": True, "do_rescale": True, "do_normalize": True, "resample": 2}
    return {"image_processor_type": processor, "size": {"height": side, "width": side}, **steps, **HALF}


def lively(network: Any) -> Any:
    """``network`` with weights under which different pictures have different vectors; as initialised they hardly do."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 1.5 / parameter[0].numel() ** 0.5)
            elif "bias" in name:
                parameter.normal_(0, 0.1)
    return network.eval()


BUILDERS: dict[str, Callable[[Path], Path]] = {
    "mobilenet": mobilenet,
    "clip": clip,
    "siglip": siglip_naflex,
    "siglip-base": siglip_base,
    "dinov2": dinov2,
    "dinov3": dinov3,
    "hf:some/vit": vit,
    "hf:some/convnext": convnext,
    "hf:some/resnet": resnet,
    "hf:some/swin": swin,
    "hf:some/beit": beit,
    "hf:some/segformer": segformer,
    "hf:some/radio": radio,
}


def clip_tokenizer() -> Any:
    """Bytes, bytes that end a word, a few merges."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("c", "a"), ("ca", "t</w>"), ("d", "o"), ("do", "g"), ("dog", "s</w>")]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges)]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def gemma_tokenizer() -> Any:
    """As both kinds of SigLIP2 have it. Letters in both cases: a text that is not lower-cased has other tokens."""
    letters = [chr(code) for code in range(33, 127)]
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *letters]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    settings = {"padding_side": "right", "model_input_names": ["input_ids"], "model_max_length": 64}
    return GemmaTokenizer(vocab=vocabulary, merges=[], add_bos_token=False, add_eos_token=True, **settings)


def _siglip_size(width: int) -> dict[str, Any]:
    return {"hidden_size": width, "num_attention_heads": 12, "num_hidden_layers": 1, "intermediate_size": 64}
