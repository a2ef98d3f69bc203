"""Pages that need no other file: contact sheets, charts and reports.

They hold no script and ask for nothing over the network, and their policy forbids both; texts from outside are escaped.
"""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING

from core.text import printable

if TYPE_CHECKING:
    from PIL import Image

CLOSING = "</body></html>\n"
_POLICY = "default-src 'none';img-src data:;style-src 'unsafe-inline'"
_QUALITIES = (82, 60, 40, 20)


def escaped(text: str | bytes) -> str:
    """A text from outside for an element or an attribute in double quotes: no markup, no control characters."""
    return html.escape(printable(text))


def opening(title: str, style: str) -> str:
    """A page up to its body.

    Args:
        title: not yet escaped.
        style: CSS.
    """
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{style}</style></head><body>\n"
    )


def picture_source(picture: Image.Image, most: int = 0) -> str:
    """The ``src`` of an image that holds the picture as a JPEG.

    Args:
        picture: mode RGB.
        most: bytes that the JPEG should not exceed: it is compressed more until it does not; 0 for no limit.
    """
    content = b""
    for quality in _QUALITIES:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=quality)
        content = stream.getvalue()
        if not most or len(content) <= most:
            break
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
