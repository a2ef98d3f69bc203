"""A picture that is named without its folder: refused, with the path that was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused
from PIL import Image


@pytest.fixture
def folders(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pictures = tmp_path / "pictures"
    for number, path in enumerate(("birds/duck.png", "birds/hen.png", "toys/duck.png")):
        (pictures / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number * 80, 9, 9)).save(pictures / path)
    monkeypatch.chdir(pictures)
    assert run("add", ".").code == 0
    return pictures


def test_the_picture_of_that_name_is_named(run: Run, folders: Path) -> None:
    hint = refused(run, "tag", "add", "farm", "hen.png", code=2, says="there is no picture hen.png")
    assert hint == "did you mean birds/hen.png?"
    hint = refused(run, "tag", "add", "farm", "duck.png", code=2, says="there is no picture duck.png")
    assert hint == "did you mean birds/duck.png, or toys/duck.png?"
    hint = refused(run, "tag", "add", "farm", "goose.png", code=2, says="there is no picture goose.png")
    assert hint == "give a path, or a picture's 40-digit key"


def test_actions_name_it_too(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = min(filled.rglob("*.png"))
    (filled / "elsewhere").mkdir()
    monkeypatch.chdir(filled / "elsewhere")
    hint = refused(run, "similar", picture.name, code=2, says=f"there is no picture {picture.name}")
    assert hint == f"did you mean ../{picture.relative_to(filled)}?"
