"""A small decoder of sixels, written from DEC's manual alone: what a terminal makes of a sequence."""

from __future__ import annotations

import re
from re import Match

import numpy as np

_TOKEN = re.compile(
    r'"(?P<raster>\d+;\d+;\d+;\d+)|#(?P<define>\d+;2;\d+;\d+;\d+)|#(?P<choose>\d+)|!(?P<count>\d+)(?P<repeated>[?-~])'
    r"|(?P<one>[?-~])|(?P<back>\$)|(?P<down>-)"
)


def decode(sequence: str) -> tuple[tuple[int, int], np.ndarray]:
    """The declared (width, height), and the pixels that are drawn: (rows, columns, 4) of uint8, RGB and whether drawn.

    The array is as large as what is drawn, which may be more or less than what is declared.
    """
    start = re.match(r"\x1bP\d*;1;\d*q", sequence)
    assert start, "no sixel sequence that leaves alone what it does not draw"
    assert sequence.endswith("\x1b\\")
    body = sequence[start.end() : -2]
    decoder, at = _Decoder(), 0
    while at < len(body):
        token = _TOKEN.match(body, at)
        assert token, f"not understood: {body[at : at + 20]!r}"
        at = token.end()
        decoder.take(token)
    assert decoder.y < max(decoder.size[1], 1), "the cursor ends below the picture"
    return decoder.size, decoder.pixels()


class _Decoder:
    def __init__(self) -> None:
        self.size = (0, 0)
        self.x = self.y = 0
        self._palette: dict[int, tuple[int, ...]] = {}
        self._colour: tuple[int, ...] = ()
        self._drawn: dict[tuple[int, int], tuple[int, ...]] = {}

    def take(self, token: Match[str]) -> None:
        if token["raster"]:
            across, down, width, height = map(int, token["raster"].split(";"))
            assert across == down == 1, "the pixels are not square"
            self.size = width, height
        elif token["define"]:
            assert not self._drawn, "a colour is defined after the first pixel"
            number, _, *percent = map(int, token["define"].split(";"))
            self._palette[number] = tuple(round(value * 255 / 100) for value in percent)
        elif token["choose"]:
            self._colour = self._palette[int(token["choose"])]
        elif token["back"] or token["down"]:
            self.x, self.y = 0, self.y + (6 if token["down"] else 0)
        else:
            self._draw(ord(token["repeated"] or token["one"]) - 63, int(token["count"] or 1))

    def _draw(self, bits: int, count: int) -> None:
        rows = [self.y + bit for bit in range(6) if bits >> bit & 1]
        for x in range(self.x, self.x + count):
            for y in rows:
                self._drawn[x, y] = self._colour
        self.x += count

    def pixels(self) -> np.ndarray:
        width, height = max(x for x, _ in self._drawn) + 1, max(y for _, y in self._drawn) + 1
        pixels = np.zeros((height, width, 4), np.uint8)
        for (x, y), colour in self._drawn.items():
            pixels[y, x] = *colour, 255
        return pixels
