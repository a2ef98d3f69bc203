"""The pixels of a picture as the terminal gets them."""

from __future__ import annotations

from PIL import Image

from tui.graphics.fit import Fit

_FEW = 64  # colours


def shown_pixels(picture: Image.Image, inside: Fit, *, enlarge: bool) -> Image.Image:
    """The picture at the size at which it is shown; without names, comments and profiles, which Pillow would save.

    Args:
        enlarge: whether a picture that is smaller is enlarged here, or left to the terminal.
    """
    if enlarge or picture.width > inside.width or picture.height > inside.height:
        pixels = picture.resize((inside.width, inside.height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    else:
        pixels = picture.copy()
    pixels.info = {}
    return pixels


def in_palette(picture: Image.Image) -> Image.Image:
    """An RGB picture in at most 256 colours.

    Pillow's octree takes a fiftieth of the time of its median cut. But it has 16 levels of a channel, which show as
    steps in skies, skin and wood: so its error is handed on to the neighbours (Floyd and Steinberg). Seen from afar
    that is nearer to the picture than the median cut is (docs/figures.md), whose palette a k-means would have to mend
    for 90 ms a thumbnail. A picture of few colours gets them from the median cut, which is fast there.
    """
    quantized = picture.quantize(256, method=Image.Quantize.FASTOCTREE)
    if len(quantized.getcolors() or ()) >= _FEW:
        return picture.quantize(palette=quantized, dither=Image.Dither.FLOYDSTEINBERG)
    return picture.quantize(_FEW, method=Image.Quantize.MEDIANCUT)
