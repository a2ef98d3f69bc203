"""Contact sheets: thumbnails with captions, as one HTML file or one PNG."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from core.errors import UnreadablePicture, UsageError
from core.export.columns import KEY, PATH, SCORE, TAGS
from core.export.table import Table
from core.text import count, printable

if TYPE_CHECKING:
    from PIL import Image, ImageFont

# Given key and path, a thumbnail in mode RGB, at most SIDE pixels wide and high. Raises UnreadablePicture.
Thumbnail = Callable[[bytes, bytes], "Image.Image"]
SIDE = 192
LARGEST_HTML, LARGEST_PNG = 20_000, 2_000  # pictures: about 160 MB of HTML, 90 megapixels
_COLUMNS, _GAP, _CAPTION = 8, 12, 36
_STYLE = """body{font:14px system-ui,sans-serif;margin:2em;background:#fff;color:#222}
main{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;width:192px}
figure div{width:192px;height:192px;display:flex;align-items:center;justify-content:center;background:#eee}
figcaption{overflow-wrap:anywhere;font-size:12px}figcaption i{color:#666}
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}figure div{background:#222}}"""


@dataclass(frozen=True, slots=True)
class _Cell:
    """One picture of a sheet; without ``picture`` it says in ``problem`` why there is none."""

    name: str
    about: str
    picture: Image.Image | None
    problem: str


def write_html(table: Table, stream: BinaryIO, title: str, thumbnail: Thumbnail) -> int:
    """One file that needs no other. Nothing in it runs; names are shown literally. Returns how many pictures.

    Raises:
        UsageError: there are more than 20,000.
    """
    shown = html.escape(printable(title))
    head = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{shown}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{shown}</h1><main>\n"
    )
    stream.write(head.encode())
    written = 0
    for cell in _cells(table, thumbnail, LARGEST_HTML):
        if cell.picture:
            inner = f'<img alt="{html.escape(cell.name)}" src="data:image/jpeg;base64,{_base64(cell.picture)}">'
        else:
            inner = html.escape(cell.problem)
        about = f"<br><i>{html.escape(cell.about)}</i>" if cell.about else ""
        caption = f"{html.escape(cell.name)}{about}"
        stream.write(f"<figure><div>{inner}</div><figcaption>{caption}</figcaption></figure>\n".encode())
        written += 1
    stream.write(f"</main><p>{count(written, 'picture')}</p></body></html>\n".encode())
    return written


def write_png(table: Table, stream: BinaryIO, pictures: int, thumbnail: Thumbnail) -> int:
    """A grid, eight pictures a row. Returns how many pictures.

    Args:
        table: of the pictures.
        stream: gets the PNG.
        pictures: at most so many are in the table.
        thumbnail: gives the small pictures.

    Raises:
        UsageError: there are more than 2,000.
    """
    from PIL import Image, ImageDraw, ImageFont

    _check(pictures, LARGEST_PNG)
    columns = max(min(_COLUMNS, pictures), 1)
    rows = max(-(-pictures // columns), 1)
    width, height = SIDE + _GAP, SIDE + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), "white")
    brush, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    written = 0
    for place, cell in enumerate(_cells(table, thumbnail, LARGEST_PNG)):
        left, top = _GAP + place % columns * width, _GAP + place // columns * height
        if cell.picture:
            at = left + (SIDE - cell.picture.width) // 2, top + (SIDE - cell.picture.height) // 2
            sheet.paste(cell.picture, at)
        else:
            brush.rectangle((left, top, left + SIDE, top + SIDE), outline="grey")
            brush.text((left + 4, top + 4), _fitting(cell.problem, font), "grey", font)
        brush.text((left, top + SIDE + 2), _fitting(cell.name, font), "black", font)
        brush.text((left, top + SIDE + 18), _fitting(cell.about, font), "grey", font)
        written += 1
    sheet.save(stream, "PNG")
    return written


def _cells(table: Table, thumbnail: Thumbnail, largest: int) -> Iterator[_Cell]:
    made = 0
    for values in table.chunks:
        scores = values.get(SCORE) or [None] * len(values[PATH])
        for path, key, tags, score in zip(values[PATH], values[KEY], values[TAGS], scores, strict=True):
            made += 1
            _check(made, largest)
            picture, problem = None, ""
            try:
                picture = thumbnail(bytes.fromhex(key), path)
            except UnreadablePicture as error:
                problem = printable(error.message)
            parts = [f"{score:.4f}"] if score is not None else []
            parts += [printable(", ".join(tags))] if tags else []
            yield _Cell(printable(path.rpartition(b"/")[2]), " · ".join(parts), picture, problem)


def _check(pictures: int, largest: int) -> None:
    if pictures > largest:
        raise UsageError(
            f"a contact sheet of this kind holds at most {largest:,} pictures",
            "choose fewer with --where, or .html instead of .png",
        )


def _base64(picture: Image.Image) -> str:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=82)
    return base64.b64encode(content.getvalue()).decode()


def _fitting(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> str:
    """``text`` cut to the width of a cell."""
    if font.getlength(text) <= SIDE:
        return text
    while text and font.getlength(text + "…") > SIDE:
        text = text[:-1]
    return text + "…"
