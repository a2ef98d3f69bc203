"""What the rows of a vec type are: said by a model, and when rows of two may not be mixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from stand_in_model import DIM, StandIn
from vector_helpers import manifest

from core.errors import ModelChanged
from core.images.formats import READER
from core.vectors.manifest import Manifest, model_changed, older_reader
from core.vectors.vec_type import VecType

GREY = VecType("effnet-lite0", greyscale=True)


def test_a_model_says_what_its_rows_are(tmp_path: Path) -> None:
    made = Manifest.of(GREY, StandIn(), read_at_least=16, remote_code=True)
    assert (made.vec_type, made.dim, made.read_at_least, made.remote_code) == (GREY, DIM, 16, True)
    assert (made.revision, made.sha256, made.tools) == ("1", {"weights": "none"}, {"stand-in": "1"})
    assert made.created.endswith("+00:00")
    made.save(tmp_path)
    assert Manifest.load(tmp_path) == made


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vec_type": GREY}, "they are effnet-lite0+grey"),
        (
            {"revision": "f9e44c814b77203eaa57a6bdbbd535f21ede1415"},
            "they were computed with different weights (revision 1, now f9e44c814b77)",
        ),
        ({"sha256": {"w": "1"}}, "they were computed with different weights (another w)"),
        ({"sha256": {"w": "0", "x": "0"}}, "they were computed with different weights (another x)"),
        ({"dim": 4}, "they have 3 dimensions, the model gives 4"),
        ({"preprocessing": "squashed"}, "pictures were preprocessed differently (as is; now: squashed)"),
    ],
)
def test_what_differs_is_said_in_words_and_seen_by_its_fingerprint(change: dict[str, object], words: str) -> None:
    other = replace(manifest(), **change)  # type: ignore[arg-type]
    assert manifest().differs_from(other) == words
    assert manifest().fingerprint != other.fingerprint


def test_rows_of_another_precision_are_not_added_but_may_be_compared() -> None:
    other = replace(manifest(), precision="bfloat16")
    assert manifest().differs_from(other) == "they were computed in float32, now it would be bfloat16"
    assert manifest().fingerprint == other.fingerprint


def test_what_may_differ_does_not_part_rows() -> None:
    other = replace(manifest(), created="later", tools={"torch": "9"}, generation=2, weights="x")
    assert manifest().differs_from(other) == ""
    assert manifest().fingerprint == other.fingerprint


def test_the_ways_on_are_commands() -> None:
    error = model_changed(GREY, "why")
    assert isinstance(error, ModelChanged)
    assert error.message == "the existing rows do not match the model: why"
    assert (
        "pictoscope vectors delete effnet-lite0+grey, then pictoscope vectors create effnet-lite0 --greyscale"
        in error.hint
    )


def test_which_reading_of_pictures_rows_are_from_is_kept_and_said(tmp_path: Path) -> None:
    made = Manifest.of(GREY, StandIn(), read_at_least=16)
    assert made.reader == READER
    assert older_reader(made) == ""
    replace(made, reader=1).save(tmp_path)
    before = (tmp_path / "manifest.toml").read_text().split("\n", 1)[1]  # without its checksum
    (tmp_path / "manifest.toml").write_text(before.replace("reader = 1\n", ""))  # of a version that did not know of it
    assert Manifest.load(tmp_path).reader == 1
    assert "colour profiles" in older_reader(Manifest.load(tmp_path))
    assert Manifest.load(tmp_path).differs_from(made) == ""  # they go on being used
