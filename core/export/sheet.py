"""Contact sheets: thumbnails with captions, as one HTML file or one PNG, of bounded size (``LARGEST``)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO

from core.errors import UnreadablePicture, UsageError
from core.export.columns import GROUP, KEY, PATH, SCORE, TAGS
from core.export.page import CLOSING, escaped, opening, picture_source
from core.export.table import ExportTable
from core.text import count, printable

if TYPE_CHECKING:
    from PIL import Image, ImageFont

# Given key and path, a thumbnail in mode RGB; it is reduced to SIDE here. Raises UnreadablePicture.
Thumbnail = Callable[[bytes, bytes], "Image.Image"]
SIDE = 192
LARGEST = {".html": 20_000, ".png": 2_000}  # pictures: about 160 MB of HTML; 100 megapixels, nearly square
_COLUMNS, _GAP, _CAPTION = 8, 12, 36
_CAPTION_READ = 200  # characters of a caption: more never fits
_STYLE = """body{font:14px system-ui,sans-serif;margin:2em;background:#fff;color:#222}h1,h2{overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(192px,100%),1fr));gap:16px 12px}figure{margin:0}
figure div{height:192px;display:flex;align-items:center;justify-content:center;background:#eee}
img{max-width:100%;max-height:100%}figcaption{overflow-wrap:anywhere;font-size:12px}figcaption i{color:#666}
@media screen and (prefers-color-scheme:dark){body{background:#111;color:#ddd}figure div{background:#222}
figcaption i{color:#999}}
@media print{body{margin:0}figure{break-inside:avoid}}"""


@dataclass(frozen=True, slots=True)
class _Cell:
    """One picture of a sheet; without ``picture``, ``problem`` says why."""

    group: str | None
    name: str
    about: str
    picture: Image.Image | None
    problem: str


def check_size(pictures: int, ending: str) -> None:
    """Check that a sheet with this extension can contain so many pictures.

    Raises:
        UsageError: it cannot.
    """
    if pictures > LARGEST[ending]:
        other = ", or .html instead of .png" if ending == ".png" and pictures <= LARGEST[".html"] else ""
        raise UsageError(
            f"{count(pictures, 'picture')} are too many for a contact sheet: {ending} holds {count(LARGEST[ending])}",
            f"choose fewer, for example with a filter{other}",
        )


def write_html(table: ExportTable, stream: BinaryIO, title: str, thumbnail: Thumbnail) -> int:
    """Write a self-contained file with a section for each group. It has no scripts, and names are escaped.

    Returns the number of pictures.
    """
    stream.write(f"{opening(title, _STYLE)}<h1>{escaped(title)}</h1>\n".encode())
    written = 0
    for group, cells in groupby(_cells(table, thumbnail), lambda cell: cell.group):
        heading = f"<h2>{escaped(group)}</h2>" if group is not None else ""
        stream.write(f'<section>{heading}<div class="grid">\n'.encode())
        for cell in cells:
            stream.write(_figure(cell).encode())
            written += 1
        stream.write(b"</div></section>\n")
    stream.write(f"<p>{count(written, 'picture')}</p>{CLOSING}".encode())
    return written


def _figure(cell: _Cell) -> str:
    if cell.picture:
        inner = f'<img alt="{escaped(cell.name)}" src="{picture_source(cell.picture)}">'
    else:
        inner = escaped(cell.problem)
    about = f"<br><i>{escaped(cell.about)}</i>" if cell.about else ""
    caption = f"{escaped(cell.name)}{about}"
    return f"<figure><div>{inner}</div><figcaption>{caption}</figcaption></figure>\n"


def write_png(table: ExportTable, stream: BinaryIO, pictures: int, thumbnail: Thumbnail) -> int:
    """Write a grid: eight pictures a row, or a square if there are many. Returns the number of pictures.

    Args:
        table: of the pictures.
        stream: receives the PNG.
        pictures: maximum number of pictures in the table.
        thumbnail: returns the thumbnails.
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


def _cells(table: ExportTable, thumbnail: Thumbnail) -> Iterator[_Cell]:
    for values in table.chunks:
        none = [None] * len(values[PATH])
        columns = (values[PATH], values[KEY], values[TAGS], values.get(SCORE, none), values.get(GROUP, none))
        for path, key, tags, score, group in zip(*columns, strict=True):
            picture, problem = None, ""
            try:
                picture = thumbnail(bytes.fromhex(key), path).copy()
                picture.thumbnail((SIDE, SIDE))
            except UnreadablePicture as error:
                problem = printable(error.message)
            parts = [f"{score:.4f}"] if score is not None else []
            parts += [printable(", ".join(tags))] if tags else []
            yield _Cell(group, printable(path.rpartition(b"/")[2]), " · ".join(parts), picture, problem)


def _fitting(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> str:
    """``text`` cut to the width of a cell."""
    text = text[:_CAPTION_READ]
    if font.getlength(text) <= SIDE:
        return text
    while text and font.getlength(text + "…") > SIDE:
        text = text[:-1]
    return text + "…"
