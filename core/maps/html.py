"""A map as one HTML file that anybody can open: pan, zoom, pictures under the pointer; it needs no network.

The file holds data, one style and one script; a policy in its head (Content-Security-Policy) lets a browser run nothing
else and load nothing from elsewhere. Names reach the page as text only, never as HTML.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from core.errors import UnreadablePicture
from core.maps.colouring import RGB, Colouring
from core.maps.layout import Layout
from core.text import byte_size, count, printable

if TYPE_CHECKING:
    from PIL import Image

Thumbnail = Callable[
    [int], "Image.Image"
]  # of the picture with this index, mode RGB; several threads ask. Raises UnreadablePicture.
Progress = Callable[[int], None]
BUDGET = 64 * 1024 * 1024  # bytes of pictures: what browsers open at once and mail servers do not always refuse
_SIDES = ((2_000, 160), (8_000, 112), (1 << 62, 72))  # up to so many pictures, pixels of their longest side
_QUALITY = 72
_MOST_PICTURES = 20_000  # with a thumbnail; of more, as many are drawn at random
_AT_ONCE = 64  # thumbnails between two reports of progress
_LONGEST = 300  # characters of a name


@dataclass(frozen=True)
class PageSize:
    """What was put into the page.

    Attributes:
        pictures: that have a thumbnail.
        size: bytes of the file.
    """

    pictures: int
    size: int

    def note(self, total: int) -> str:
        """Its size, and what has no picture, in words."""
        without = total - self.pictures
        return byte_size(self.size) + (
            f"; {count(without)} of {count(total, 'picture')} only as dots (at most {byte_size(BUDGET)} of pictures)"
            if without
            else ""
        )


def write_html(
    layout: Layout,
    colouring: Colouring,
    title: str,
    names: Sequence[bytes],
    stream: BinaryIO,
    thumbnail: Thumbnail,
    progress: Progress = lambda done: None,
) -> PageSize:
    """Write the page.

    Args:
        layout: the pictures and their places.
        colouring: their colours.
        title: of the page.
        names: file name of each picture, bytes as on disk.
        stream: receives the file.
        thumbnail: returns thumbnails.
        progress: called with the number of pictures done. An exception stops the export.
    """
    pictures = _pictures(len(layout.keys), thumbnail, progress)
    legend = [
        {"code": entry.code, "name": _shown(entry.name), "size": f"{entry.pictures:,}"} for entry in colouring.legend()
    ]
    data: dict[str, Any] = {
        "points": _base64(layout.points.astype("<f4").tobytes()),
        "codes": _base64(colouring.codes.astype(np.uint8).tobytes()),
        "colours": ["#{:02x}{:02x}{:02x}".format(*colour) for colour in RGB.tolist()],
        "legend": legend,
        "names": [_shown(name) for name in names],
        "values": [_shown(value) for value in colouring.values],
        "pictures": pictures,
    }
    content = page(title, data).encode()
    stream.write(content)
    return PageSize(sum(map(bool, pictures)), len(content))


def page(title: str, data: dict[str, Any]) -> str:
    """The whole page around its data."""
    folder = files(__package__)
    style, script = (folder.joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    shown = html.escape(printable(title))
    # In a script element only "<" could end it; the other escapes keep the text valid in every parser.
    escaped = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{shown}</title><style>{style}</style></head><body>"
        f"<header><h1>{shown}</h1><p>Drag or arrow keys: move · wheel or + −: zoom · 0: all · "
        "point at a dot: its picture · click a name: hide, show</p></header>"
        '<main><div id="stage"><canvas tabindex="0" aria-label="map of the pictures"></canvas>'
        '<div id="tip" role="status" hidden></div></div><aside aria-label="colours"></aside></main>\n'
        f'<script type="application/json" id="data">{escaped}</script>\n<script>{script}</script></body></html>\n'
    )


def _pictures(total: int, thumbnail: Thumbnail, progress: Progress) -> list[str]:
    """Each picture as base64, empty where it is unreadable or there is no room."""
    side = next(side for most, side in _SIDES if total <= most)
    chosen = np.random.default_rng(0).permutation(total)[:_MOST_PICTURES]
    found, used = [""] * total, 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:  # decoders are processes: they run at the same time
        for start in range(0, len(chosen), _AT_ONCE):
            numbers = chosen[start : start + _AT_ONCE].tolist()
            for number, text in zip(
                numbers, threads.map(lambda one: _jpeg(one, thumbnail, side), numbers), strict=True
            ):
                if used + len(text) > BUDGET:
                    return found
                found[number] = text
                used += len(text)
            progress(start + len(numbers))
    return found


def _jpeg(number: int, thumbnail: Thumbnail, side: int) -> str:
    try:
        small = thumbnail(number).copy()
    except UnreadablePicture:
        return ""
    small.thumbnail((side, side), reducing_gap=2.0)
    content = io.BytesIO()
    small.save(content, "JPEG", quality=_QUALITY)
    return _base64(content.getvalue())


def _shown(name: str | bytes) -> str:
    return printable(name[:_LONGEST])


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _digest(text: str) -> str:
    return "sha256-" + _base64(hashlib.sha256(text.encode()).digest())
