"""What the pixel check remembers: it rules pairs out, never in, and a picture's look comes back as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grimp
import numpy as np
import pytest

from core.actions import pixel_memory
from core.actions.pixel_memory import PixelMemory
from core.images.same_picture import Verdict
from core.images.thumbnails import Thumbnails
from core.images.turns import Also

ONE, OTHER = b"1" * 20, b"2" * 20


@pytest.fixture
def thumbnails(tmp_path: Path) -> Iterator[Thumbnails]:
    with closing(Thumbnails(tmp_path / "thumbnails.sqlite")) as opened:
        yield opened


@pytest.mark.parametrize("verdict", [Verdict.ALIKE, Verdict.DIFFERENT])
def test_a_pair_that_was_ruled_out_stays_so_in_either_order_and_for_this_way_only(
    thumbnails: Thumbnails, verdict: Verdict
) -> None:
    PixelMemory(thumbnails, ()).rule_out(ONE, OTHER, verdict)
    assert PixelMemory(thumbnails, ()).ruled_out(OTHER, ONE) is verdict
    assert PixelMemory(thumbnails, ()).ruled_out(ONE, ONE) is None
    assert PixelMemory(thumbnails, {Also.MIRRORED}).ruled_out(ONE, OTHER) is None


def test_that_pictures_are_copies_is_neither_kept_nor_believed(thumbnails: Thumbnails, tmp_path: Path) -> None:
    memory = PixelMemory(thumbnails, ())
    with pytest.raises(KeyError):
        memory.rule_out(ONE, OTHER, Verdict.SAME)
    memory.rule_out(ONE, OTHER, Verdict.ALIKE)
    with closing(sqlite3.connect(tmp_path / "thumbnails.sqlite", isolation_level=None)) as database:
        for content in (b"S", b"same", b"", "A", 1):
            database.execute("UPDATE facts SET content = ?", (content,))
            assert memory.ruled_out(ONE, OTHER) is None
            assert memory.look(ONE) is None


@pytest.mark.parametrize("shows", [True, False])
def test_a_look_comes_back_as_it_was(thumbnails: Thumbnails, shows: bool) -> None:
    coarse = np.random.default_rng(0).integers(0, 256, (24, 24), np.uint8)
    PixelMemory(thumbnails, ()).keep_look(ONE, coarse, shows_something=shows)
    found = PixelMemory(thumbnails, {Also.ROTATED}).look(ONE)
    assert found is not None
    assert np.array_equal(found[0], coarse)
    assert found[1] is shows
    assert PixelMemory(thumbnails, ()).look(OTHER) is None


def test_the_version_covers_every_module_that_the_comparison_imports() -> None:
    names = {module.__name__ for module in pixel_memory.COMPARISON}
    graph = grimp.build_graph("core", cache_dir=None)
    imported = {name for module in names for name in graph.find_modules_directly_imported_by(module)}
    assert imported <= names


def test_what_another_version_found_out_is_not_asked_for(
    thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    PixelMemory(thumbnails, ()).rule_out(ONE, OTHER, Verdict.ALIKE)
    monkeypatch.setattr(pixel_memory, "_method", lambda: b"another")
    assert PixelMemory(thumbnails, ()).ruled_out(ONE, OTHER) is None
