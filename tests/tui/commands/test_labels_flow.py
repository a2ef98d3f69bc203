"""What a person does with answers, as a shell script would: found, tagged, undone, taken elsewhere and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli_helpers import Run

ANYTHING = ("--where", "not untagged or has:year")


def test_labels_go_out_and_come_into_a_fresh_project(run: Run, filled: Path, tmp_path: Path) -> None:
    def done(*words: object) -> str:
        said = run(*words)
        assert said.code == 0, said.err
        return said.out

    def answered(*words: object) -> str:
        (tmp_path / "answer.json").write_text(done(*words, "--json"))
        return str(tmp_path / "answer.json")

    # By similarity, by recommendation, by clusters; what was too much is undone.
    similar = answered("similar", "round/05.jpg", "--top", "4", "--where", "folder:round or folder:copies")
    done("tag", "add", "red balls", "--answer", similar)
    suggested = answered("recommend", "--for", "tag:red balls", "--top", "3")
    done("tag", "add", "red balls", "--answer", suggested)
    assert len(done("export", "--tag", "red balls", "--as", "paths").splitlines()) == 7
    assert "tag 3 pictures as red balls" in run("undo").err
    done("tag", "add", "by looks", "--by-group", "--answer", answered("cluster", "--k", "3"))
    done(
        "set",
        "--define",
        "year:number",
        "--define",
        "place:choice:Paris,Rome",
        "year=1931",
        "place=Rome",
        "--tag",
        "red balls",
    )
    done("filter", "save", "old", "year<1950")
    done("group", "save", "old ones", "--where", "saved:old", "--sort", "name:desc")

    # Out: a table, a contact sheet of the groups.
    done("export", *ANYTHING, "--as", "parquet", "--to", tmp_path / "labels.parquet")
    done("export", "--answer", answered("cluster", "--k", "3"), "--as", "sheet", "--to", tmp_path / "sheet.html")
    assert pq.read_table(tmp_path / "labels.parquet").num_rows == 25
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert page.count("<img") == 25

    # Into a fresh project over the same pictures, after a dry run that changes nothing.
    shutil.copytree(filled, tmp_path / "again", ignore=shutil.ignore_patterns(".pictoscope"))
    other = ("--project", tmp_path / "again")
    done("add", tmp_path / "again", *other)
    table = ("import", tmp_path / "labels.parquet", "--by", "key", "--new-properties", *other)
    foreseen = json.loads(done(*table, "--dry-run", "--json"))
    assert done("tag", "list", "--json", *other) == "[]\n"
    assert json.loads(done(*table, "--json")) == {**foreseen, "applied": True}

    def labels(*project: object) -> list[tuple[str, list[str], dict[str, object]]]:
        lines = done("export", *ANYTHING, "--as", "jsonl", *project).splitlines()
        return sorted((found["key"], found["tags"], found["properties"]) for found in map(json.loads, lines))

    assert labels() == labels(*other)
    assert json.loads(done("history", "--json", *other))[0]["name"].startswith("import ")
    done("undo", *other)
    assert done("tag", "list", "--json", *other) == "[]\n"


@pytest.mark.parametrize("action", ["similar", "cluster", "recommend"])
def test_an_action_is_asked_again_by_other_vectors(run: Run, filled: Path, action: str) -> None:
    asked = {
        "similar": ("similar", "round/05.jpg", "--top", "3"),
        "cluster": ("cluster", "--k", "2"),
        "recommend": ("recommend", "--like", "round/05.jpg", "--top", "3"),
    }
    first = run(*asked[action], "--vec-type", "effnet-lite0", "--json").json
    (listed,) = run("history", "--actions", "--json").json
    assert (listed["action"], listed["vec_type"]) == (action, "effnet-lite0")
    assert run("again", "--json").json == first
    other = run("again", str(listed["number"]), "--vec-type", "effnet-lite0+grey", "--json").json
    assert other["vec_type"] == "effnet-lite0+grey"
    assert other == run(*asked[action], "--vec-type", "effnet-lite0+grey", "--json").json
