"""Charts as files: a page, a picture, or a table."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core.charts.bars import Chart
from core.errors import UsageError
from core.export.page import CLOSING, escaped, opening
from core.export.target import check_file, refuse_picture_folder, whole_files
from core.formulas import escape_formula
from core.project import Project
from core.text import count, printable

if TYPE_CHECKING:
    from PIL import ImageFont

LARGEST = {".html": 5_000, ".png": 500}  # bars: the shortest are joined; a table has all of them
ENDINGS = (".html", ".png", ".csv")
_STYLE = """:root{color-scheme:light dark;--page:#fff;--ink:#1d2126;--bar:#3a76b8;--soft:#f1f3f5}
@media screen and (prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e4e7ea;--bar:#5b98da;--soft:#20252a}}
body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;padding:0 1.2em;max-width:60em;background:var(--page);
color:var(--ink)}h1{font-size:1.4em}h1,th{overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}
th,td{padding:2px .8em 2px 0;text-align:left;font-weight:normal}th{max-width:24em}td.n{text-align:right;
font-variant-numeric:tabular-nums;white-space:nowrap}td.b{width:55%}svg{display:block;width:100%;height:16px}
.track{fill:var(--soft)}.bar{fill:var(--bar)}@media print{body{margin:0}tr{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"""
_ROW, _BARS, _LABELS, _EDGE, _FONT = 30, 800, 480, 24, 20  # pixels


def save_chart(project: Project, shown: Chart, target: Path, *, replace: bool = False) -> None:
    """Write a chart, complete or not at all.

    Args:
        project: its pictures and its own files are never overwritten.
        shown: the chart.
        target: ``X.html``, ``X.png`` or ``X.csv``.
        replace: whether an existing file may be replaced.

    Raises:
        AlreadyExists: the file exists, and ``replace`` is off. UsageError: it may not be written, or has another
            ending. DiskFull: no space; nothing is left behind. OSError: the file system fails.
    """
    ending = check_chart(project, target, replace)
    with whole_files(project, [target], replace) as (stream,):
        _WRITERS[ending](shown, stream)


def check_chart(project: Project, target: Path, replace: bool) -> str:
    """Check that a chart may be written here. Returns the ending of its name.

    Raises:
        AlreadyExists, UsageError: it may not.
    """
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(f"{printable(target)}: its name must end in {' or '.join(ENDINGS)}", "choose another name")
    if ending == ".png":
        refuse_picture_folder(project, target)
    check_file(project, target, replace)
    return ending


def _write_html(shown: Chart, stream: BinaryIO) -> None:
    shown = shown.shortened(LARGEST[".html"])
    stream.write(f"{opening(shown.title, _STYLE)}<h1>{escaped(shown.title)}</h1><table><tbody>\n".encode())
    for bar in shown.bars:
        width = f"{100 * bar.pictures / max(shown.most, 1):.2f}%"
        drawing = (
            f'<svg aria-hidden="true"><rect class="track" width="100%" height="16"/>'
            f'<rect class="bar" width="{width}" height="16"/></svg>'
        )
        row = f'<tr><th scope="row">{escaped(shown.label(bar))}</th><td class="n">{count(bar.pictures)}</td>'
        stream.write(f'{row}<td class="b">{drawing}</td></tr>\n'.encode())
    stream.write(f"</tbody></table>{CLOSING}".encode())


def _write_png(shown: Chart, stream: BinaryIO) -> None:
    from PIL import Image, ImageDraw, ImageFont

    shown = shown.shortened(LARGEST[".png"])
    font = ImageFont.load_default(_FONT)
    labels = [_fitting(shown.label(bar), font, _LABELS) for bar in shown.bars]
    left = _EDGE + max((int(font.getlength(label)) for label in labels), default=0) + 12
    title = _fitting(shown.title, font, 2 * _BARS)
    width = max(left + _BARS + 12 + int(font.getlength(count(shown.most))), _EDGE + int(font.getlength(title))) + _EDGE
    height = _EDGE * 2 + _ROW * (len(labels) + 2)
    picture = Image.new("RGB", (width, height), "white")
    brush = ImageDraw.Draw(picture)
    brush.text((_EDGE, _EDGE), title, "black", font)
    for place, (bar, label) in enumerate(zip(shown.bars, labels, strict=True)):
        top = _EDGE + _ROW * (place + 2)
        length = round(_BARS * bar.pictures / max(shown.most, 1))
        brush.text((left - 12, top), label, "black", font, anchor="ra")
        brush.rectangle((left, top, left + max(length, 1), top + _ROW - 8), "#3a76b8")
        brush.text((left + length + 12, top), count(bar.pictures), "black", font)
    picture.save(stream, "PNG")


def _write_csv(shown: Chart, stream: BinaryIO) -> None:
    """UTF-8 with headings; pictures without a value have an empty one. No cell is a formula."""
    text = io.TextIOWrapper(stream, "utf-8", errors="backslashreplace", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow([escape_formula(shown.by), "pictures"])
        writer.writerows([escape_formula(bar.name or ""), bar.pictures] for bar in shown.bars)
    finally:
        text.detach()  # flushed; the stream is the caller's


def _fitting(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """``text`` cut at its beginning: the end of a path says more."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength("…" + text) > width:
        text = text[1:]
    return "…" + text


_WRITERS = {".html": _write_html, ".png": _write_png, ".csv": _write_csv}
