"""``pictoscope explain``: which regions make two pictures alike, in words, as JSON and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused
from PIL import Image

from core.explain.occlusion import CELLS


@pytest.fixture
def two(filled: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two pictures of a project with three vec types."""
    monkeypatch.chdir(filled)
    first, second, *_ = sorted(str(path.relative_to(filled)) for path in filled.glob("round/*"))
    return first, second


def test_it_says_where_and_draws_it(run: Run, two: tuple[str, str], tmp_path: Path) -> None:
    said = run("explain", *two, "--vec-type", "effnet-lite0", "--json").json
    assert said["vec_type"] == "effnet-lite0"
    assert said["stored"] == pytest.approx(said["similarity"], abs=0.02)
    for one in ("first", "second"):
        assert [len(row) for row in said[one]] == [CELLS] * CELLS
        assert max(map(max, said[one])) in (0, 1)
    plain = run("explain", *two, "--vec-type", "effnet-lite0").out
    assert len(plain.splitlines()) == CELLS + 1
    assert f"effnet-lite0 finds them alike by {said['similarity']:.2f}" in plain
    target = tmp_path / "why.png"
    assert run("explain", *two, "--to", str(target)).code == 0
    with Image.open(target) as drawn:
        assert drawn.height == 480
    refused(run, "explain", *two, "--to", str(target), code=2, says="why.png")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--vec-type", "dinov2"), 1, "there are no vectors dinov2 yet"),
        (("--vec-type", "nonsense"), 2, "there is no model nonsense"),
        (("--to", "why.gif"), 2, "must end in .png"),
    ],
)
def test_wrong_questions_are_refused(
    run: Run, two: tuple[str, str], words: tuple[str, ...], code: int, says: str
) -> None:
    refused(run, "explain", *two, *words, code=code, says=says)


def test_a_picture_that_is_not_in_the_project_is_named(run: Run, two: tuple[str, str]) -> None:
    refused(run, "explain", two[0], "nowhere.png", code=2, says="nowhere.png")


def test_the_file_that_is_gone_is_named(run: Run, two: tuple[str, str]) -> None:
    Path(two[1]).unlink()
    refused(run, "explain", *two, code=1, says=two[1])


def test_vectors_that_no_job_has_begun_are_named(run: Run, two: tuple[str, str], filled: Path) -> None:
    (filled / ".pictoscope" / "vectors" / "dinov2").mkdir()
    refused(run, "explain", *two, "--vec-type", "dinov2", code=1, says="dinov2")
