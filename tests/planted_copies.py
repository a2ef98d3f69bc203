"""Copies of a picture, made in the ways in which copies come about."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

Make = Callable[[Image.Image], Image.Image]


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """Saved as JPEG and read again."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    with Image.open(content) as image:
        return image.convert("RGB")


def scaled(picture: Image.Image, scale: float) -> Image.Image:
    """At another size."""
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return jpeg(picture.resize(size, Image.Resampling.LANCZOS), 85)


def cropped(picture: Image.Image, share: float) -> Image.Image:
    """Without this share of its width and height, three quarters of it at the left, a quarter at the top."""
    across, down = picture.width * share, picture.height * share
    edges = (across * 0.75, down * 0.25, picture.width - across * 0.25, picture.height - down * 0.75)
    left, top, right, bottom = map(round, edges)
    return jpeg(picture.crop((left, top, right, bottom)), 85)


def watermarked(picture: Image.Image, opacity: float) -> Image.Image:
    """With white letters, edged black, near the bottom."""
    layer = Image.new("RGBA", picture.size)
    size = max(8, picture.height // 12)
    ImageDraw.Draw(layer).text(
        (picture.width * 0.45, picture.height * 0.8),
        "© example",
        fill=(255, 255, 255, round(255 * opacity)),
        font=ImageFont.load_default(size),
        stroke_width=max(1, size // 12),
        stroke_fill=(0, 0, 0, round(255 * opacity)),
    )
    return jpeg(Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB"), 85)


def bordered(picture: Image.Image, colour: str) -> Image.Image:
    """With a border of 3 % of the longer side."""
    return jpeg(ImageOps.expand(picture, round(max(picture.size) * 0.03), colour), 85)


def grey(picture: Image.Image) -> Image.Image:
    """Without its colours."""
    return jpeg(picture.convert("L").convert("RGB"), 85)


COPIES: dict[str, Make] = {
    "the same": lambda picture: picture,
    **{f"JPEG at quality {quality}": (lambda p, q=quality: jpeg(p, q)) for quality in (95, 75, 50, 30)},
    **{f"{scale} times the size": (lambda p, s=scale: scaled(p, s)) for scale in (2.0, 0.9, 0.5, 0.25)},
    **{f"{share} % cut off": (lambda p, s=share: cropped(p, s / 100)) for share in (2, 5, 10)},
    "sharpened": lambda picture: jpeg(ImageEnhance.Sharpness(picture).enhance(2), 85),
    "5 % brighter": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.05), 85),
    "greyscale": grey,
}
# A person has changed what the picture shows: these are to be looked at.
EDITED: dict[str, Make] = {
    "a faint watermark": lambda picture: watermarked(picture, 0.3),
    "a watermark": lambda picture: watermarked(picture, 0.7),
    "64 colours": lambda picture: picture.quantize(64).convert("RGB"),
    "20 % brighter": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.2), 85),
    "20 % more contrast": lambda picture: jpeg(ImageEnhance.Contrast(picture).enhance(1.2), 85),
}
# Found when they are asked for.
TURNED: dict[str, Make] = {
    "mirrored": lambda picture: jpeg(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 85),
    "turned by 90°": lambda picture: jpeg(picture.rotate(90, expand=True), 85),
    "turned by 180°": lambda picture: jpeg(picture.rotate(180, expand=True), 85),
    "turned by 270°": lambda picture: jpeg(picture.rotate(270, expand=True), 85),
    "mirrored and turned": lambda picture: jpeg(picture.transpose(Image.Transpose.TRANSPOSE), 85),
}
CUT: dict[str, Make] = {
    **{f"{share} % cut off": (lambda p, s=share: cropped(p, s / 100)) for share in (20, 30, 40)},
}
FRAMED: dict[str, Make] = {
    "white border": lambda picture: bordered(picture, "white"),
    "black border": lambda picture: bordered(picture, "black"),
}
