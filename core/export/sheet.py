"""Contact sheets: thumbnails with captions, as one HTML file or one PNG. They are bounded: see ``LARGEST``."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO

from core.errors import UnreadablePicture, UsageError
from core.export.columns import GROUP, KEY, PATH, SCORE, TAGS
from core.export.table import Table
from core.text import count, printable

if TYPE_CHECKING:
    from PIL import Image, ImageFont

# Given key and path, a thumbnail in mode RGB, at most SIDE pixels wide and high. Raises UnreadablePicture.
Thumbnail = Callable[[bytes, bytes], "Image.Image"]
SIDE = 192
LARGEST = {".html": 20_000, ".png": 2_000}  # pictures: about 160 MB of HTML; 100 megapixels, nearly square
_COLUMNS, _GAP, _CAPTION = 8, 12, 36
_CAPTION_READ = 200  # characters of a caption that may be drawn: more never fits
_STYLE = """body{font:14px system-ui,sans-serif;margin:2em;background:#fff;color:#222}h1,h2{overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(192px,100%),1fr));gap:16px 12px}figure{margin:0}
figure div{height:192px;display:flex;align-items:center;justify-content:center;background:#eee}
img{max-width:100%;max-height:100%}figcaption{overflow-wrap:anywhere;font-size:12px}figcaption i{color:#666}
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}figure div{background:#222}figcaption i{color:#999}}
@media print{body{margin:0}figure{break-inside:avoid}}"""


@dataclass(frozen=True, slots=True)
class _Cell:
    """One picture of a sheet; without ``picture`` it says in ``problem`` why there is none."""

    group: str | None
    name: str
    about: str
    picture: Image.Image | None
    problem: str


def check_size(pictures: int, ending: str) -> None:
    """Whether a sheet of this ending holds so many pictures.

    Raises:
        UsageError: it does not.
    """
    if pictures > LARGEST[ending]:
        other = ", or .html instead of .png" if ending == ".png" and pictures <= LARGEST[".html"] else ""
        raise UsageError(
            f"{count(pictures, 'picture')} are too many for a contact sheet: {ending} holds {count(LARGEST[ending])}",
            f"choose fewer, such as by a filter{other}",
        )


def write_html(table: Table, stream: BinaryIO, title: str, thumbnail: Thumbnail) -> int:
    """One file that needs no other: a section for each group. Nothing in it runs, names are shown literally.

    Returns how many pictures.
    """
    shown = html.escape(printable(title))
    head = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{shown}</title><style>{_STYLE}</style></head><body><h1>{shown}</h1>\n"
    )
    stream.write(head.encode())
    written = 0
    for group, cells in groupby(_cells(table, thumbnail), lambda cell: cell.group):
        heading = f"<h2>{html.escape(printable(group))}</h2>" if group is not None else ""
        stream.write(f'<section>{heading}<div class="grid">\n'.encode())
        for cell in cells:
            stream.write(_figure(cell).encode())
            written += 1
        stream.write(b"</div></section>\n")
    stream.write(f"<p>{count(written, 'picture')}</p></body></html>\n".encode())
    return written


def _figure(cell: _Cell) -> str:
    if cell.picture:
        inner = f'<img alt="{html.escape(cell.name)}" src="data:image/jpeg;base64,{_base64(cell.picture)}">'
    else:
        inner = html.escape(cell.problem)
    about = f"<br><i>{html.escape(cell.about)}</i>" if cell.about else ""
    caption = f"{html.escape(cell.name)}{about}"
    return f"<figure><div>{inner}</div><figcaption>{caption}</figcaption></figure>\n"


def write_png(table: Table, stream: BinaryIO, pictures: int, thumbnail: Thumbnail) -> int:
    """A grid: eight pictures a row, of many as many as there are rows. Returns how many pictures.

    Args:
        table: of the pictures.
        stream: gets the PNG.
        pictures: at most so many are in the table.
        thumbnail: gives the small pictures.
    """
    from PIL import Image, ImageDraw, ImageFont

    columns = max(min(_COLUMNS, pictures), math.ceil(math.sqrt(pictures)), 1)
    rows = max(-(-pictures // columns), 1)
    width, height = SIDE + _GAP, SIDE + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), "white")
    brush, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    written = 0
    for place, cell in enumerate(_cells(table, thumbnail)):
        left, top = _GAP + place % columns * width, _GAP + place // columns * height
        if cell.picture:
            at = left + (SIDE - cell.picture.width) // 2, top + (SIDE - cell.picture.height) // 2
            sheet.paste(cell.picture, at)
        else:
            brush.rectangle((left, top, left + SIDE, top + SIDE), outline="grey")
            brush.text((left + 4, top + 4), _fitting(cell.problem, font), "grey", font)
        brush.text((left, top + SIDE + 2), _fitting(cell.name, font), "black", font)
        about = " · ".join(part for part in (printable(cell.group or ""), cell.about) if part)
        brush.text((left, top + SIDE + 18), _fitting(about, font), "grey", font)
        written += 1
    sheet.save(stream, "PNG")
    return written


def _cells(table: Table, thumbnail: Thumbnail) -> Iterator[_Cell]:
    for values in table.chunks:
        none = [None] * len(values[PATH])
        columns = (values[PATH], values[KEY], values[TAGS], values.get(SCORE, none), values.get(GROUP, none))
        for path, key, tags, score, group in zip(*columns, strict=True):
            picture, problem = None, ""
            try:
                picture = thumbnail(bytes.fromhex(key), path)
            except UnreadablePicture as error:
                problem = printable(error.message)
            parts = [f"{score:.4f}"] if score is not None else []
            parts += [printable(", ".join(tags))] if tags else []
            yield _Cell(group, printable(path.rpartition(b"/")[2]), " · ".join(parts), picture, problem)


def _base64(picture: Image.Image) -> str:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=82)
    return base64.b64encode(content.getvalue()).decode()


def _fitting(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> str:
    """``text`` cut to the width of a cell."""
    text = text[:_CAPTION_READ]
    if font.getlength(text) <= SIDE:
        return text
    while text and font.getlength(text + "…") > SIDE:
        text = text[:-1]
    return text + "…"
