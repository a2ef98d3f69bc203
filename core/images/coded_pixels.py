"""The coded pixels of a picture: how many bytes they are, and how finely they keep its colours. Nothing is decoded.

What lies beside the pixels (metadata, other pictures, free space) says nothing of how much of them was lost.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from PIL import Image

from core.images import heif, webp

# The sum of libjpeg's table of colours at quality 50; Annex K of ITU-T T.81.
_COLOURS_AT_50 = 5_505
_STRIP_BYTES, _TILE_BYTES, _TABLED_BYTES = 279, 325, 514  # tags of a TIFF
_PHOTOMETRIC, _RGB, _YCBCR, _SUBSAMPLING, _SAMPLES, _EXTRA = 262, 2, 6, 530, 277, 338
_COLOURS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3, 10: 3}  # channels, by the photometric interpretation
_IN_ALPHA = (1, 2)
_SHARED = {1: 4, 2: 2, 3: 1}  # pixels that share a sample, by HEVC's chroma_format_idc
_WEBP_SHARED = 4  # the lossy form knows no other


def coded_bytes(image: Image.Image, stream: BinaryIO) -> int:
    """Bytes of the coded pixels of the first picture of a WebP, HEIC, AVIF, JPEG 2000 or TIFF; 0 for other formats.

    Args:
        image: just opened.
        stream: the same file.
    """
    if image.format == "WEBP":
        return _in_webp(stream)
    if image.format in ("HEIF", "AVIF"):
        return _in_heif(stream)
    if image.format == "JPEG2000":
        return _in_boxes(stream, b"jp2c") or stream.seek(0, io.SEEK_END)  # else a stream without a container
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    counts = next((tags[tag] for tag in (_STRIP_BYTES, _TILE_BYTES, _TABLED_BYTES) if tag in tags), 0)
    return sum(counts) if isinstance(counts, tuple) else int(counts)


def _in_webp(stream: BinaryIO) -> int:
    found = 0
    for kind, _, length in webp.walk(stream):
        if kind == b"ANMF":
            return length
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            found += length
    return found


def _in_heif(stream: BinaryIO) -> int:
    stream.seek(0)
    content = stream.read()
    return heif.primary_bytes(heif.parse(content)) or _in_boxes(stream, b"mdat")  # else a film


def _in_boxes(stream: BinaryIO, wanted: bytes) -> int:
    stream.seek(0)
    content = stream.read()
    return sum(len(body) for kind, body in heif.boxes(content, 0, len(content)) if kind == wanted)


def chroma(image: Image.Image, head: bytes, *, lossless: bool) -> int:
    """The field of :class:`core.images.richness.Richness`.

    Args:
        image: just opened.
        head: the first bytes of the file.
        lossless: whether nothing is lost by compression.
    """
    if lossless:
        return 1
    if image.format in ("JPEG", "MPO"):
        return _shared([(layer[1], layer[2]) for layer in _layers(image)])
    if image.format == "WEBP":
        return _WEBP_SHARED
    if image.format == "AVIF" and 0 <= (start := head.find(b"av1C")) < len(head) - 7:
        flags = head[start + 6]
        return 0 if flags >> 4 & 1 else (1 + (flags >> 3 & 1)) * (1 + (flags >> 2 & 1))
    if image.format == "HEIF" and 0 <= (start := head.find(b"hvcC")) < len(head) - 21:
        return _SHARED.get(head[start + 20] & 3, 0)
    return _in_tiff(getattr(image, "tag_v2", {})) if image.format == "TIFF" else 0


def colour_scale(image: Image.Image) -> float:
    """How coarse a JPEG's coarsest table of colours is, in percent of libjpeg's at quality 50; 0 for none."""
    tables: Mapping[int, Sequence[int]] = getattr(image, "quantization", {})
    sums = [sum(tables[layer[3]]) for layer in _layers(image)[1:3] if layer[3] in tables]
    return 100 * max(sums) / _COLOURS_AT_50 if sums else 0.0


def extra_channels(tags: Mapping[int, Any]) -> int:
    """Channels of a TIFF that are neither colour nor transparency."""
    stated = tags.get(_EXTRA, ())
    kinds = stated if isinstance(stated, tuple) else (stated,)
    beside = int(tags.get(_SAMPLES, 1)) - _COLOURS.get(tags.get(_PHOTOMETRIC, 1), 3)
    return max(0, beside - sum(kind in _IN_ALPHA for kind in kinds))


def _layers(image: Image.Image) -> Sequence[tuple[Any, int, int, int]]:
    """The components of a JPEG: number, samples across and down, number of the table."""
    found: Sequence[tuple[Any, int, int, int]] = getattr(image, "layer", ())
    return found


def _shared(samples: Sequence[tuple[int, int]]) -> int:
    """How many pixels share a sample of the coarsest component; 0 where there is only one component."""
    if len(samples) < 2 or any(across < 1 or down < 1 for across, down in samples):
        return 0
    most = max(across for across, _ in samples) * max(down for _, down in samples)
    return max(most // (across * down) for across, down in samples)


def _in_tiff(tags: Mapping[int, Any]) -> int:
    if tags.get(_PHOTOMETRIC) != _YCBCR:
        return int(tags.get(_PHOTOMETRIC) == _RGB)
    across, down = (*tags.get(_SUBSAMPLING, (2, 2)), 2, 2)[:2]
    return max(1, int(across) * int(down))
