"""Every pattern has the character that draws it, by its Unicode name."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from tests.tui.graphics.block_raster import name_of, shape
from tui.graphics.mosaics import mosaics
from tui.graphics.terminal import Glyphs

EVERY = [(glyphs, mosaic) for glyphs in Glyphs for mosaic in mosaics(glyphs)]
# Characters that are in the fonts of the terminals named in `Glyphs`, or that these draw themselves.
BLOCK_ELEMENTS = {" ", *map(chr, range(0x2580, 0x2590)), *map(chr, range(0x2594, 0x25A0))}
DRAWN = {
    Glyphs.QUADRANTS: BLOCK_ELEMENTS,
    Glyphs.SEXTANTS: BLOCK_ELEMENTS | set(map(chr, range(0x1FB00, 0x1FB3C))),
    Glyphs.OCTANTS: BLOCK_ELEMENTS | set(map(chr, (*range(0x1FB00, 0x1FB3C), *range(0x1CD00, 0x1CDE6)))),
}


@pytest.mark.parametrize(("glyphs", "mosaic"), EVERY)
def test_each_character_fills_the_parts_of_its_pattern(glyphs, mosaic):
    for pattern, character in zip(mosaic.patterns, mosaic.characters, strict=True):
        parts = pattern.reshape(mosaic.down, mosaic.across)
        expected = np.kron(parts, np.ones((24 // mosaic.down, 24 // mosaic.across))).astype(bool)
        assert (shape(character) == expected).all(), (name_of(character), pattern)


@pytest.mark.parametrize("glyphs", Glyphs)
def test_only_characters_that_these_terminals_draw(glyphs):
    assert {character for mosaic in mosaics(glyphs) for character in mosaic.characters} <= DRAWN[glyphs]


@pytest.mark.parametrize(("glyphs", "across", "down"), [("quadrants", 2, 2), ("sextants", 2, 3), ("octants", 2, 4)])
def test_each_division_into_two_is_there_once(glyphs, across, down):
    (mosaic,) = (one for one in mosaics(Glyphs(glyphs)) if (one.across, one.down) == (across, down))
    parts = across * down
    ways = {frozenset({tuple(pattern), tuple(~pattern)}) for pattern in mosaic.patterns}
    assert len(ways) == len(mosaic.patterns) == 2 ** (parts - 1)


@pytest.mark.parametrize("glyphs", Glyphs)
def test_each_kind_draws_what_those_before_it_draw(glyphs):
    kinds = list(Glyphs)
    before = kinds[max(0, kinds.index(glyphs) - 1)]

    def divisions(of: Glyphs) -> set[frozenset[bytes]]:
        shapes = [shape(character) for mosaic in mosaics(of) for character in mosaic.characters]
        return {frozenset({one.tobytes(), (~one).tobytes()}) for one in shapes}

    assert divisions(before) <= divisions(glyphs)


@pytest.mark.parametrize(("glyphs", "mosaic"), EVERY)
def test_no_character_fills_all_and_the_first_fills_nothing(glyphs, mosaic):
    assert not mosaic.patterns.all(1).any()
    assert not mosaic.patterns[0].any()


def test_the_names_of_new_characters_are_those_that_newer_pythons_know():
    for character in map(chr, range(0x1CD00, 0x1CDE6)):
        assert unicodedata.name(character, name_of(character)) == name_of(character)
        assert name_of(character).startswith("BLOCK OCTANT-")
