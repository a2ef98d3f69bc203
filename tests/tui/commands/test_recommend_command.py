"""``pictoscope recommend``: what belongs to a tag, a group or pictures, as paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run

from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project

BY_CONSE = ("--vec-type", "conse")


@pytest.fixture
def tagged(filled: Path) -> Path:
    """``round`` is a tag of two pictures for which one was refused; ``posters`` is a group of the same two."""
    with Project.open_or_create(filled) as project:
        keys = {picture.name: picture.key for picture in project.catalog.pictures(project.catalog.picture_ids())}
        two = [keys["01.png"], keys["03.bmp"]]
        Tags(project.catalog).add("round", two)
        Groups(project.catalog).save("posters", [(key, None) for key in two])
        Decisions(project.catalog).remember(DecisionKind.REFUSED, "tag:round", [keys["05.jpg"]])
    return filled


def test_candidates_are_paths_one_a_line_without_those_that_were_decided(run: Run, tagged: Path) -> None:
    said = run("recommend", "--for", "tag:round", *BY_CONSE, "--top", "50")
    assert said.code == 0
    lines = said.out.splitlines()
    assert (len(lines), len(set(lines))) == (22, 22)
    assert all(Path(line).is_file() for line in lines)
    decided = [str(tagged / "round" / name) for name in ("01.png", "03.bmp", "05.jpg")]
    assert not set(decided) & set(lines)
    assert run("recommend", "--for", "tag:round", *BY_CONSE, "--top", "2").out.splitlines() == lines[:2]
    grouped = run("recommend", "--for", "group:posters", *BY_CONSE).out.splitlines()
    assert str(tagged / "round" / "05.jpg") in grouped


def test_pictures_are_examples_and_others_are_refused_for_this_once(run: Run, tagged: Path) -> None:
    asked = ("recommend", "--like", "round/01.png", "round/03.bmp", *BY_CONSE)
    plain = run(*asked).out.splitlines()
    assert len(plain) == 23
    without = run(*asked, "--unlike", plain[0]).out.splitlines()
    assert (len(without), plain[0] in without) == (22, False)


def test_with_json_it_is_one_object_with_scores(run: Run, tagged: Path) -> None:
    said = run("recommend", "--for", "tag:round", *BY_CONSE, "--top", "3", "--json").json
    assert (said["action"], said["vec_type"], said["groups"][0]["name"]) == ("recommend", "conse", "for tag:round")
    scores = [picture["score"] for picture in said["groups"][0]["pictures"]]
    assert (len(scores), scores) == (3, sorted(scores, reverse=True))


def test_what_cannot_be_asked_is_wrong_usage(run: Run, tagged: Path) -> None:
    nothing = run("recommend")
    assert (nothing.code, nothing.out) == (2, "")
    assert "--for: it is missing, and so are examples" in nothing.err
    unknown = run("recommend", "--for", "tag:rond", "--json")
    assert (unknown.code, unknown.error["hint"]) == (2, "did you mean round?")
