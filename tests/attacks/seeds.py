"""Small whole pictures of every format that is read, with all that they may carry: what fuzzing begins with."""

from __future__ import annotations

import functools
import io
from typing import Any

from PIL import ExifTags, Image, ImageCms, PngImagePlugin, features

from core.images.formats import register_decoders


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The file as bytes."""
    register_decoders()
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def grain(width: int = 48, height: int = 32) -> Image.Image:
    """Noise in colour: no two rows are alike, and half of it is not mistaken for the whole."""
    return Image.effect_noise((width, height), 90).convert("RGB").rotate(3, fillcolor=(200, 30, 90))


def exif() -> bytes:
    """An EXIF block with an orientation, a text and a directory inside."""
    block = Image.Exif()
    block[ExifTags.Base.Orientation] = 6
    block[ExifTags.Base.ImageDescription] = "a picture"
    block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExifVersion] = b"0220"
    return block.tobytes()


@functools.cache
def pictures() -> dict[str, bytes]:
    """Files by a name that says what is special about them."""
    picture, icc = grain(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "words " * 20, zip=True)
    about.add_itxt("Title", "a picture", "en", "a picture", zip=True)
    frames = {"save_all": True, "append_images": [grain(), grain()]}
    grey = picture.convert("L")
    clear = picture.convert("RGBA")
    clear.putalpha(grey)
    found = {
        "jpeg": encoded(picture, "JPEG", exif=exif(), icc_profile=icc),
        "jpeg-progressive": encoded(picture, "JPEG", progressive=True),
        "jpeg-cmyk": encoded(picture.convert("CMYK"), "JPEG"),
        "mpo": encoded(picture, "MPO", **frames),
        "png": encoded(picture, "PNG", pnginfo=about, icc_profile=icc, exif=exif()),
        "png-palette": encoded(picture.quantize(16), "PNG", transparency=3),
        "png-16": encoded(Image.effect_noise((20, 20), 90).convert("I;16"), "PNG"),
        "apng": encoded(picture, "PNG", **frames),
        "webp": encoded(clear, "WEBP", exif=exif(), icc_profile=icc),
        "webp-lossless": encoded(picture, "WEBP", lossless=True),
        "webp-frames": encoded(picture, "WEBP", **frames),
        "gif": encoded(picture, "GIF", interlace=True),
        "gif-frames": encoded(picture, "GIF", **frames),
        "bmp": encoded(picture, "BMP"),
        "bmp-palette": encoded(picture.quantize(16), "BMP"),
        "tiff": encoded(picture, "TIFF", compression="tiff_lzw", icc_profile=icc),
        "tiff-deflate": encoded(picture, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-jpeg": encoded(picture, "TIFF", compression="jpeg"),
        "tiff-packbits": encoded(grey, "TIFF", compression="packbits"),
        "tiff-fax": encoded(grey.convert("1"), "TIFF", compression="group4"),
        "tiff-raw": encoded(picture, "TIFF", exif=exif()),
        "tiff-float": encoded(grey.convert("F"), "TIFF"),
        "jp2": encoded(picture, "JPEG2000"),
        "j2k": encoded(clear, "JPEG2000", no_jp2=True),
        "heif": encoded(picture, "HEIF", exif=exif()),
        "heif-alpha": encoded(clear, "HEIF"),
        "bmp-rle": rle_bitmap(16, 8, b"\x10\x01\x00\x00" * 8 + b"\x00\x01"),
    }
    if features.check("avif"):
        found |= {"avif": encoded(picture, "AVIF", exif=exif()), "avif-alpha": encoded(clear, "AVIF")}
    return found


def rle_bitmap(width: int, height: int, codes: bytes) -> bytes:
    """A BMP of 256 colours whose pixels are run-length encoded."""
    palette = bytes(range(256)) * 4
    start = 54 + len(palette)
    header = b"BM" + (start + len(codes)).to_bytes(4, "little") + bytes(4) + start.to_bytes(4, "little")
    about = (40, width, height, 1 | 8 << 16, 1, len(codes), 2835, 2835, 256, 0)
    return header + b"".join(number.to_bytes(4, "little") for number in about) + palette + codes
