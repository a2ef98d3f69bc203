"""Which pictures show nothing, by what is there while they are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.actions import copy_edge
from core.actions.copy_edge import blank_pictures
from core.catalog.copies import File
from core.errors import UnreadablePicture

KEY = b"k" * 20


def listed(path: Path) -> File:
    return File(KEY, bytes(path), 1, 1, 8, 8, "PNG", None)


def blank(*paths: Path) -> bool:
    return KEY in blank_pictures({KEY: [listed(path) for path in paths]}, lambda: None)


def test_a_uniform_picture_shows_nothing_and_one_with_a_line_does(tmp_path: Path) -> None:
    picture = Image.new("RGB", (64, 64), "grey")
    picture.save(tmp_path / "uniform.png")
    picture.paste("white", (10, 10, 54, 14))
    picture.save(tmp_path / "line.png")
    assert blank(tmp_path / "uniform.png")
    assert not blank(tmp_path / "line.png")


def test_one_that_cannot_be_read_shows_nothing_but_one_that_is_not_there_may(tmp_path: Path) -> None:
    (tmp_path / "damaged.png").write_bytes(b"no picture")
    assert blank(tmp_path / "damaged.png")
    assert not blank(tmp_path / "gone.png")
    assert blank(tmp_path / "gone.png", tmp_path / "damaged.png")


def test_one_that_is_moved_while_it_is_read_may_show_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here.png").write_bytes(b"its pixels do not matter")

    def moved_meanwhile(path: bytes, *, at_least: int) -> Image.Image:
        (tmp_path / "here.png").rename(tmp_path / "elsewhere.png")
        raise UnreadablePicture("no such file")

    monkeypatch.setattr(copy_edge, "read_picture", moved_meanwhile)
    assert not blank(tmp_path / "here.png")
