"""Pictures as files within a sequence of iTerm2: the exact bytes, and the file."""

from __future__ import annotations

import io
import re
from base64 import standard_b64decode

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.tui.graphics.drawn_pictures import furthest, gradient, quarters
from tui.graphics.iterm import inline
from tui.graphics.overlays import erase
from tui.graphics.renderer import renderer_for
from tui.graphics.terminal import CellSize, Protocol, Quirk, Terminal

ITERM = Terminal(Protocol.ITERM, cell=CellSize(10, 20))
IN_TMUX = Terminal(Protocol.ITERM, cell=CellSize(10, 20), passthrough=True)
SEQUENCE = re.compile(
    r"\x1b\]1337;File=size=(\d+);inline=1;width=(\d+);height=(\d+);preserveAspectRatio=1;doNotMoveCursor=1"
    r":([A-Za-z0-9+/]+=*)\x07"
)


def test_the_exact_bytes_of_a_small_file() -> None:
    assert inline(b"JPEG", "4", "2") == (
        "\x1b]1337;File=size=4;inline=1;width=4;height=2;preserveAspectRatio=1;doNotMoveCursor=1:SlBFRw==\x07"
    )


@settings(max_examples=50)
@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 40), st.integers(1, 12))
def test_the_file_is_the_picture_for_the_cells(width: int, height: int, columns: int, rows: int) -> None:
    picture = gradient(width, height)
    drawing = renderer_for(ITERM).draw(picture, columns, rows)
    overlay = drawing.overlay
    assert overlay is not None
    assert {line.cell_length for line in drawing.lines} == {columns} and len(drawing.lines) == rows
    assert overlay.column + overlay.columns <= columns and overlay.row + overlay.rows <= rows
    erased = erase(overlay.columns, overlay.rows)
    assert overlay.data.startswith(erased)
    parts = SEQUENCE.fullmatch(overlay.data.removeprefix(erased))
    assert parts is not None
    size, wide, high, text = parts.groups()
    file = standard_b64decode(text)
    assert (int(size), int(wide), int(high)) == (len(file), overlay.columns, overlay.rows)
    shown = Image.open(io.BytesIO(file))
    assert shown.format == "JPEG"
    assert shown.width <= max(overlay.columns * 10, 1) and shown.height <= max(overlay.rows * 20, 1)
    assert shown.size == picture.size or shown.width > (wide_less := (overlay.columns - 1) * 10) or wide_less == 0
    wanted = picture.resize(shown.size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    if min(shown.size) >= 24:  # JPEG has one colour for 2 x 2 pixels
        assert furthest(shown.convert("RGB"), wanted)[0] < 12


def test_within_tmux_the_cells_are_erased_by_tmux_and_the_file_is_handed_on() -> None:
    plain, wrapped = (renderer_for(terminal).draw(quarters(60, 60), 6, 3).overlay for terminal in (ITERM, IN_TMUX))
    assert plain is not None and wrapped is not None
    erased = erase(plain.columns, plain.rows)
    file = plain.data.removeprefix(erased)
    assert wrapped.data == erased + "\x1bPtmux;" + file.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def test_the_first_rows_are_the_top_of_the_picture() -> None:
    picture = gradient(120, 120)
    overlay = renderer_for(ITERM).draw(picture, 12, 6).overlay
    assert overlay is not None
    data = overlay.shown(2)
    assert data is not None and data.startswith(erase(12, 2))
    parts = SEQUENCE.fullmatch(data.removeprefix(erase(12, 2)))
    assert parts is not None and parts.group(2, 3) == ("12", "2")
    shown = Image.open(io.BytesIO(standard_b64decode(parts[4])))
    assert shown.size == (120, 40)
    assert furthest(shown.convert("RGB"), picture.crop((0, 0, 120, 40)))[0] < 12


def test_xterm_js_is_told_pixels_that_fit_though_its_cells_may_be_half_a_pixel_narrower() -> None:
    """It says 8 pixels where a cell has 7.5 to 8.5, and makes a picture of 12 cells as wide as these."""
    terminal = Terminal(Protocol.ITERM, cell=CellSize(8, 16), quirks=frozenset({Quirk.INLINE_BY_WIDTH}))
    for picture in (gradient(300, 100), gradient(100, 300), gradient(96, 96)):
        overlay = renderer_for(terminal).draw(picture, 12, 6).overlay
        assert overlay is not None
        size = re.search(r"width=(\d+)px;height=(\d+)px;preserveAspectRatio=0;", overlay.data)
        assert size is not None
        wide, high = map(int, size.groups())
        assert wide <= overlay.columns * 7.5 and high <= overlay.rows * 16
        assert abs(wide / high - picture.width / picture.height) < 0.1
