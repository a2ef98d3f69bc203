"""``pictoscope difference``: how far two pictures differ, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import Run
from PIL import Image


@pytest.fixture
def two(fresh: Path, run: Run) -> Path:
    """A picture, the same without loss, one in which a row differs, and half of one."""
    picture = Image.new("RGB", (40, 30), (10, 20, 30))
    picture.save(fresh / "a.png")
    picture.save(fresh / "a.webp", lossless=True)
    picture.paste((10, 32, 30), (0, 0, 40, 1))
    picture.save(fresh / "b.png")
    (fresh / "half.png").write_bytes((fresh / "b.png").read_bytes()[:20])
    assert run("add", ".").code == 0
    return fresh


def test_it_says_how_far_pictures_differ(two: Path, run: Run) -> None:
    assert run("difference", "a.png", "b.png").out == "3.3 % of pixels differ, most by 12 of 255\n"
    assert run("difference", "a.png", "a.webp").out == "identical pixels\n"
    assert run("difference", "a.png", "a.png").out == "identical pixels\n"


def test_json_has_the_numbers(two: Path, run: Run) -> None:
    said = run("difference", "a.png", "b.png", "--json")
    assert json.loads(said.out) == {
        "differing": 40,
        "pixels": 1200,
        "largest": 12,
        "width": 40,
        "height": 30,
        "scaling": "",
    }


def test_what_cannot_be_compared_is_refused_with_the_reason(two: Path, run: Run) -> None:
    assert "elsewhere.png" in run("difference", "a.png", "elsewhere.png").err
    said = run("difference", "a.png", "half.png")
    assert said.code != 0
    assert "half.png cannot be compared: " in said.err
    (two / "b.png").unlink()
    said = run("difference", "a.png", "b.png")
    assert said.code != 0
    assert "not there any more" in said.err
