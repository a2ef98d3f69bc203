"""Does it find what a person means? The demo's pictures, the real models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import Question
from core.project import Project
from tests.remembering_encoder import RememberingEncoder


@pytest.fixture
def demo(demo_template: Path, quick_encoder: RememberingEncoder) -> Iterator[Context]:
    with Project.open_or_create(demo_template) as project:
        yield Context(project, quick_encoder)


def found(context: Context, action: str, **values: object) -> list[str]:
    answer = Question.of(find(action), values).ask(context)
    assert answer.note == ""
    top = context.project.folders[0]
    return [os.path.relpath(os.fsdecode(match.path), top) for match in answer.groups[0].matches]


@pytest.mark.parametrize(
    ("text", "folder", "words"),
    [
        ("a cat", "animals/cats", ("cat", "kitten")),
        ("a musical instrument", "music", ("violin", "xylophone", "orchestra", "drums", "dutar")),
        ("a bird", "animals/birds", ("owl", "macaw", "kingfisher", "canary", "duck", "hens")),
        ("a dog", "animals/dogs", ("dog", "shepherd")),
        ("a car", "transport/cars", ("car",)),
    ],
)
def test_a_text_brings_pictures_of_it_first(demo: Context, text: str, folder: str, words: tuple[str, ...]) -> None:
    for path in found(demo, "text_search", text=text, top=3):
        name = os.path.basename(path)
        assert path.startswith(folder + "/") or any(word in name for word in words), path


@pytest.mark.parametrize(("vec_type", "exceptions"), [("effnet-lite0", 0.25), ("effnet-lite0+grey", 0)])
def test_the_cropped_and_greyed_copy_of_a_picture_comes_first_among_its_neighbours(
    demo: Context, vec_type: str, exceptions: float
) -> None:
    """With colour most do, ``cat.jpg`` among them; with greyscale, which is there for that, all."""
    top = demo.project.folders[0]
    copies = sorted((top / "black-and-white").iterdir())
    others = [path for path in top.rglob("*.*") if path.is_file() and path.parent.name != "black-and-white"]
    missed = set()
    for copy in copies:
        motif = copy.name.removesuffix("-grey-crop.jpg")
        (original,) = (path for path in others if path.stem == motif and ".pictoscope" not in path.parts)
        if found(demo, "similar", like=[str(original)], vec_type=vec_type, top=1) != [f"black-and-white/{copy.name}"]:
            missed.add(motif)
    assert len(copies) >= 15
    assert len(missed) <= exceptions * len(copies), missed
    assert "cat" not in missed
