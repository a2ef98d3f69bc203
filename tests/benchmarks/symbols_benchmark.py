"""How near pictures made of characters come to the pictures, what they cost to draw and to send.

python -m tests.benchmarks.symbols_benchmark [FOLDER] [--every 6] [--colours 16777216 256 16] [--sizes 17x9 28x13]

The folder is the demo's if none is given. A cell has 8 x 24 pixels here, so that eighths and thirds are whole, and is
taken to be twice as high as wide. ``error`` is the distance in Lab of each pixel, root mean squared; ``far`` the same
after a blur of a third of a cell's width, as from a distance at which one cell is barely seen. ``bytes`` are those
that Rich writes. Chafa is measured too where it is installed.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.segment import Segment, Segments
from rich.text import Text
from scipy.ndimage import gaussian_filter1d
from textual.strip import Strip

from tests.benchmarks.copies_benchmark import ENDINGS
from tests.benchmarks.hardware import hardware
from tests.tui.graphics.block_raster import drawn
from tui.graphics.half_blocks import fitted_size
from tui.graphics.renderer import renderer_for
from tui.graphics.terminal import CellSize, Glyphs, Protocol, Terminal

DEMO = Path(__file__).parents[2] / "core" / "demo" / "pictures"
ACROSS, DOWN = 8, 24
SYSTEMS = {16: "standard", 256: "256", 2**24: "truecolor"}
CHAFA = {
    "half": "vhalf",
    "quadrants": "space,solid,quad,half",
    "quadrants and eighths": "space,solid,quad,half,hhalf,vhalf,block-border",
    "sextants": "block,sextant",
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1, 1.08883])

Lines = Sequence[Strip]


def linear(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Light of sRGB levels: 0 to 1."""
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE Lab, white D65, of linear RGB."""
    xyz = light @ _XYZ.T / _WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * 24389 / 27 / 116 + 16 / 116)
    return np.stack(
        [116 * root[..., 1] - 16, 500 * (root[..., 0] - root[..., 1]), 200 * (root[..., 1] - root[..., 2])], -1
    )


def from_far(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blurred by a third of a cell's width; a pixel here is two thirds as high as it is wide."""
    return gaussian_filter1d(gaussian_filter1d(light, ACROSS / 3, 1), DOWN / 6, 0)


def errors(shown: NDArray[np.uint8], picture: NDArray[np.uint8]) -> tuple[float, float]:
    """Near and far."""
    one, other = linear(shown), linear(picture)
    apart = [lab(one) - lab(other), lab(from_far(one)) - lab(from_far(other))]
    return tuple(float(np.sqrt((each**2).sum(-1).mean())) for each in apart)  # type: ignore[return-value]


def size_in_bytes(lines: Lines, colours: int) -> int:
    """Of what Rich writes for them."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=SYSTEMS[colours], width=10_000)  # type: ignore[arg-type]
    console.print(Segments([piece for line in lines for piece in (*line, Segment.line())]), end="")
    return len(console.file.getvalue().encode())  # type: ignore[attr-defined]


def ours(terminal: Terminal) -> Callable[[Image.Image, int, int], Lines]:
    """Our renderer."""
    return lambda picture, columns, rows: renderer_for(terminal).draw(picture, columns, rows).lines


def chafa(symbols: str, colours: int) -> Callable[[Image.Image, int, int], Lines]:
    """Chafa's way; the time of its process does not count."""
    depth = {16: "16", 256: "256", 2**24: "full"}[colours]

    def draw(picture: Image.Image, columns: int, rows: int) -> Lines:
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            picture.save(file.name)
            command = [
                "chafa",
                "-f",
                "symbols",
                "--symbols",
                symbols,
                "-c",
                depth,
                "-s",
                f"{columns}x{rows}",
                "--stretch",
            ]
            written = subprocess.run(
                [*command, "-w", "9", "-O", "0", file.name], capture_output=True, check=True
            ).stdout.decode()
        console = Console(width=10_000)
        plain = re.sub(r"\x1b\[\?\d+[hl]", "", written).strip("\n").split("\n")
        return tuple(Strip(list(Text.from_ansi(line).render(console))) for line in plain)

    return draw


def ways(colours: int) -> dict[str, Callable[[Image.Image, int, int], Lines]]:
    """Name and way of drawing."""
    cell = CellSize(ACROSS, DOWN)
    found = {"half": ours(Terminal(Protocol.HALF, colours=colours, cell=cell))}
    for glyphs in Glyphs:
        found[glyphs.value] = ours(Terminal(Protocol.SYMBOLS, glyphs=glyphs, colours=colours, cell=cell))
    if shutil.which("chafa"):
        found |= {f"chafa {name}": chafa(symbols, colours) for name, symbols in CHAFA.items()}
    return found


def opened(path: Path, columns: int, rows: int) -> tuple[Image.Image, int, int]:
    """A picture as large as its cells, and these."""
    with Image.open(path) as file:
        wide, high = fitted_size(*file.size, columns, rows)
        pixels = wide * ACROSS, high * DOWN
        return file.convert("RGBA").convert("RGB").resize(pixels, Image.Resampling.LANCZOS), wide, high


def main() -> None:
    """Print the table: means over the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEMO)
    parser.add_argument("--every", type=int, default=6)
    parser.add_argument("--colours", nargs="+", type=int, default=list(SYSTEMS)[::-1], choices=SYSTEMS)
    parser.add_argument("--sizes", nargs="+", default=["17x9", "28x13", "60x25", "200x58"])
    options = parser.parse_args()
    print(hardware())
    paths = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in ENDINGS)[:: options.every]
    table = csv.writer(sys.stdout)
    table.writerow(["cells", "colours", "way", "error", "far", "ms", "bytes"])
    for size in options.sizes:
        columns, rows = map(int, size.split("x"))
        pictures = [opened(path, columns, rows) for path in paths]
        for colours in options.colours:
            for name, way in ways(colours).items():
                figures = [measured(way, *picture, colours) for picture in pictures]
                error, far, ms, written = np.mean(figures, 0)
                table.writerow([size, colours, name, f"{error:.2f}", f"{far:.2f}", f"{ms:.1f}", f"{written:.0f}"])
                sys.stdout.flush()


def measured(
    way: Callable[[Image.Image, int, int], Lines], picture: Image.Image, wide: int, high: int, colours: int
) -> tuple[float, float, float, int]:
    """Error near and far, milliseconds of this process, bytes."""
    start = time.process_time()
    lines = way(picture, wide, high)
    taken = time.process_time() - start
    near, far = errors(drawn(lines, ACROSS, DOWN, colours), np.asarray(picture))
    return near, far, taken * 1000, size_in_bytes(lines, colours)


if __name__ == "__main__":
    main()
