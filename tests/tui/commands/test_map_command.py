"""``pictoscope map``."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.jobs.job import State, all_jobs
from core.maps import methods
from tests.core.maps.mapped_projects import finished, mapped, with_pacmap
from tests.patience import until


def test_a_map_is_written_and_described(run: Run, filled: Path) -> None:
    said = run("map", "conse", "--colour-by", "folder", "--out", "../map.png", "--json")
    assert said.code == 0
    assert said.json["pictures"] == 25 and said.json["vec_type"] == "conse" and said.json["method"] == "pca"
    assert {one["name"]: one["pictures"] for one in said.json["colours"]} == {"round": 12, "square": 12, "copies": 1}
    assert 0 < said.json["share_of_spread"] < 1 and Path(said.json["file"]).name == "map.png"
    assert "25 pictures in ../map.png" in said.err and "as thumbnails" in said.err
    assert (filled.parent / "map.png").read_bytes().startswith(b"\x89PNG")


def test_a_filter_draws_a_part_at_the_same_places(run: Run, filled: Path) -> None:
    assert run("map", "conse", "--out", "../all.csv").code == 0
    assert run("map", "conse", "--where", "folder:round", "--out", "../round.csv").code == 0
    whole, part = (
        {row["key"]: (row["x"], row["y"]) for row in csv.DictReader((filled.parent / name).open(newline=""))}
        for name in ("all.csv", "round.csv")
    )
    assert len(whole) == 25 and len(part) == 12 and part.items() < whole.items()


def test_a_file_is_replaced_only_when_asked(run: Run, filled: Path) -> None:
    assert run("map", "conse", "--out", "../map.html").code == 0
    refused(run, "map", "conse", "--out", "../map.html", code=2, says="already exists")
    assert run("map", "conse", "--out", "../map.html", "--replace", "--again").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--out", "../map.gif"), "must end in .png, .html, .csv or .parquet"),
        (("--out", "../map.png", "--colour-by", "nonsense"), "there is no property nonsense"),
        (("--out", "../map.png", "--where", "tag:nowhere"), "nowhere"),
        (("--out", "../map.png", "--seed", "-1"), "--seed: -1 is out of range"),
        (("--out", "map.png"), "is inside the picture folder"),
        (("--out", "../nowhere/map.csv"), "there is no folder"),
        (("--out", "../map.png", "--method", "tsne"), "--method: 'tsne' is not a choice"),
        ((), "--out"),
    ],
)
def test_wrong_questions_are_refused(run: Run, filled: Path, words: tuple[str, ...], says: str) -> None:
    refused(run, "map", *words, code=2, says=says)
    assert not list(filled.parent.glob("map.*"))


def test_missing_vectors_are_named(run: Run, filled: Path) -> None:
    refused(run, "map", "dinov2", "--out", "../map.png", code=1, says="there are no vectors dinov2 yet")


@pytest.fixture
def forty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: as many pictures as PaCMAP takes, with vectors."""
    mapped(tmp_path / "forty", 40).close()
    monkeypatch.chdir(tmp_path / "forty")
    return tmp_path / "forty"


def test_pacmap_is_made_by_a_job_once(run: Run, forty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_pacmap(monkeypatch)
    asked = ("map", "clip", "--method", "pacmap", "--out")
    refused(run, *asked, "../no.csv", "--where", "tag:nowhere", code=2, says="nowhere")
    assert not run("jobs", "--json").json
    first = run(*asked, "../one.csv")
    assert (first.code, first.out) == (0, "") and "there is no map of clip by pacmap yet" in first.err
    assert "40 pictures in ../one.csv" in first.err
    again = run(*asked, "../two.csv", "--json")
    assert again.json["method"] == "pacmap" and "there is no map" not in again.err
    (job,) = run("jobs", "--json").json
    assert (job["state"], job["vec_type"], job["vec_types"], job["map"]) == ("done", "clip", [], "pacmap")
    assert run(*asked, "../two.csv", "--replace", "--again").code == 0
    assert len(run("jobs", "--json").json) == 2
    assert (forty.parent / "one.csv").read_bytes() == (forty.parent / "two.csv").read_bytes()


def test_a_map_that_is_left_to_its_job_is_not_written(
    run: Run, forty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.commands.map.follow", lambda job, as_json: 130)
    with_pacmap(monkeypatch, tmp_path / "gate")
    assert run("map", "clip", "--method", "pacmap", "--out", "../map.csv").code == 130
    (job,) = all_jobs(forty / ".pictoscope" / "jobs")
    until((tmp_path / "gate.waiting").exists)
    said = run("jobs", "--cancel", job.id)
    assert "stops at once; to make it again: pictoscope map clip --method pacmap --out FILE" in said.err
    assert finished(job).state is State.STOPPED and not list(forty.parent.glob("map.*"))
    followed = run("jobs", "--follow", job.id)
    assert followed.code == 1 and "map of clip: stopped at " in followed.err
    assert "(make it again with: pictoscope map clip --method pacmap --out FILE)" in followed.err


def test_pacmap_that_is_not_installed_says_how(run: Run, forty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda name: None)
    asked = ("map", "clip", "--method", "pacmap", "--out", "../map.png")
    hint = refused(run, *asked, code=1, says="need the package pacmap")
    assert "pip install 'pictoscope[map]'" in hint
    assert not run("jobs", "--json").json
