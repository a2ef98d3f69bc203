"""``pictoscope duplicates``: groups, and the rest for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_helpers import Run, refused

from tests.duplicates_project import make


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder: eight files, four of them one too many."""
    make(tmp_path / "pictures").close()
    monkeypatch.chdir(tmp_path / "pictures")
    yield tmp_path / "pictures"


def test_with_json_every_copy_says_why_it_stays_or_may_go(run: Run, folder: Path) -> None:
    said = run("duplicates", "--json")
    assert (said.code, said.err) == (0, "")
    assert (said.json["action"], said.json["vec_type"], len(said.json["groups"])) == ("duplicates", "effnet-lite0", 3)
    assert [group["kind"] for group in said.json["groups"]] == ["same bytes", "copies", "copies"]
    (lion,) = (group for group in said.json["groups"] if len(group["pictures"]) == 3)
    assert lion["name"].startswith("3 copies, ")
    assert [(Path(picture["path"]).name, picture["remark"]) for picture in lion["pictures"]] == [
        ("lion.png", "kept: largest, 80 x 60"),
        ("lion.png", "smaller: 40 x 30 of 80 x 60"),
        ("lion-small.png", "smaller: 20 x 15 of 80 x 60"),
    ]
    assert lion["score"] == min(picture["score"] for picture in lion["pictures"][1:])


def test_the_rest_is_a_list_of_paths_for_scripts(run: Run, folder: Path) -> None:
    said = run("duplicates", "--list", "rest")
    assert (said.code, [Path(line).name for line in said.out.splitlines()]) == (0, ["owl.png"])
    assert "3 copies with different bytes not decided: review them, or add --undecided" in said.err
    said = run("duplicates", "--list", "rest", "--undecided")
    rest = {Path(line).relative_to(folder).as_posix() for line in said.out.splitlines()}
    assert rest == {"web/lion.png", "web/lion-small.png", "web/crab.jpg", "backup/owl.png"}
    assert sorted(run("duplicates", "--list", "rest", "--undecided", "-0").out.split("\0")[:-1]) == sorted(
        said.out.splitlines()
    )
    fewer = run(
        "duplicates", "--list", "rest", "--undecided", "--threshold", "0.975", "--reference", "backup"
    ).out.splitlines()
    rest = {Path(line).relative_to(folder).as_posix() for line in fewer}
    assert rest == {"web/lion.png", "web/crab.jpg", "owl.png"}
    assert run("duplicates", "--list", "marked").out == ""


def test_what_cannot_be_is_one_line(run: Run, folder: Path) -> None:
    refused(run, "duplicates", "--threshold", "2", code=2, says="threshold: 2 is out of range")
    refused(
        run,
        "duplicates",
        "--reference",
        "nowhere",
        code=2,
        says="--reference: there is no folder nowhere in the project",
    )
    refused(run, "duplicates", "--list", "some", code=2, says="list")
    refused(run, "duplicates", "--also", "turned", code=2, says="also: 'turned' is not a choice")
    refused(run, "duplicates", "--ignore", "bursts", code=2, says="ignore: 'bursts' is not a choice")
    refused(run, "duplicates", "--vec-type", "clip", code=1, says="there are no vectors clip yet")


def test_nothing_is_changed(run: Run, folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    assert run("duplicates", "--list", "rest").code == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")} == before
