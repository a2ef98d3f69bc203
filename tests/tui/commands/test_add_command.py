"""``pictoscope add``: projects are made, found, looked through again, and mended."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from cli_helpers import NAMES, Run, draw, refused


def test_where_there_are_vectors_it_says_how_to_compute_those_of_new_pictures(run: Run, filled: Path) -> None:
    assert run("add").err.splitlines()[-1] == "next: open the app: pictoscope"  # nothing is missing
    draw(filled / "new.png", 55)
    assert run("add").err.splitlines()[-1] == "next: pictoscope vectors restart, or open the app: pictoscope"


def test_it_makes_a_project_and_says_what_is_in_it(run: Run, fresh: Path) -> None:
    said = run("add", ".")
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines() == [
        "12 pictures, 12 new files",
        f"project: {fresh}/.pictoscope",
        "next: pictoscope vectors create effnet-lite0, or open the app: pictoscope",
    ]
    (fresh / "07.png").unlink()
    draw(fresh / "03.png", 55)
    draw(fresh / "new.png", 56)
    said = run("add", "--json")
    assert said.json == {
        "project": f"{fresh}/.pictoscope",
        "folders": [str(fresh)],
        "pictures": 12,
        "files": 12,
        "new": 1,
        "changed": 1,
        "removed": 1,
        "absent": [],
        "unreadable": [],
        "not_read": {},
        "links": 0,
        "copies": 0,
    }
    assert said.err == "12 pictures, 1 new file, 1 changed, 1 gone\n"
    (fresh / "a.psd").write_bytes(b"")
    (fresh / "b.PSD").write_bytes(b"")
    (fresh / "c.svg").write_bytes(b"")
    said = run("add", "--json")
    assert said.json["not_read"] == {".psd": 2, ".svg": 1}
    assert said.err == "12 pictures, 0 new files\nnot read: 2 .psd, 1 .svg\n"
    (fresh / "link.png").symlink_to(fresh / "01.png")
    (fresh / "copy.png").write_bytes((fresh / "01.png").read_bytes())
    assert run("add").err.splitlines()[:4] == [
        "12 pictures, 1 new file",
        "not read: 2 .psd, 1 .svg",
        "not followed: 1 symbolic link",
        "1 copy: files with the same bytes are one picture",
    ]


def test_the_project_is_found_upwards_and_by_its_path(run: Run, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("add", ".")
    (fresh / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(fresh / "a" / "b")
    assert run("add", "--json").json["project"] == f"{fresh}/.pictoscope"
    monkeypatch.chdir("/")
    for path in (fresh, fresh / ".pictoscope"):
        assert run("add", "--project", path, "--json").json["pictures"] == 12
    assert "add FOLDER" in refused(run, "jobs", "--project", fresh / "00.png", code=1, says="no project at")


def test_a_project_can_lie_elsewhere_and_have_several_folders(run: Run, fresh: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    draw(other / "x.png", 77)
    elsewhere = tmp_path / "elsewhere"
    assert run("add", fresh, "--project", elsewhere, "--json").json["pictures"] == 12
    said = run("add", other, "--project", elsewhere, "--json")
    assert (said.json["pictures"], said.json["folders"]) == (13, [str(fresh), str(other)])
    assert not (fresh / ".pictoscope").exists()
    refused(run, "add", fresh.parent, "--project", elsewhere, code=1, says="overlap: one contains the other")


@pytest.mark.parametrize(
    ("name", "words"),
    [("gone", "there is no folder"), ("file.png", "not a folder"), ("odd\n\x1b[31m\udcff", "there is no folder")],
)
def test_a_folder_that_will_not_do_is_said_in_one_line(run: Run, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file.png").touch()
    refused(run, "add", tmp_path / name, code=1, says=words)
    assert "\x1b" not in run("add", tmp_path / name).err


@pytest.mark.parametrize("as_json", [False, True])
def test_a_folder_without_pictures_is_said(run: Run, tmp_path: Path, as_json: bool) -> None:
    said = run("add", tmp_path, *(["--json"] if as_json else []))
    assert (said.code, said.out) == (1, "")
    scanned, last = said.err.splitlines()
    assert scanned == "0 pictures, 0 new files"
    assert (json.loads(last)["error"] if as_json else last.partition(" (")[0].removeprefix("pictoscope: ")) == (
        f"no pictures in {tmp_path}: no project was made"
    )


def test_a_picture_folder_that_is_away_keeps_its_pictures_and_its_name_does_no_harm(run: Run, tmp_path: Path) -> None:
    away = os.path.join(os.fsencode(tmp_path), b"odd\n\x1b[31m\xff[b]")
    os.mkdir(away)
    draw(os.path.join(away, b"a.png"), 1)
    elsewhere = tmp_path / "elsewhere"
    said = run("add", os.fsdecode(away), "--project", elsewhere, "--json")
    assert [os.fsencode(folder) for folder in said.json["folders"]] == [away]
    shutil.rmtree(away)
    said = run("add", "--project", elsewhere, "--json")
    assert (said.code, said.json["pictures"]) == (0, 1)
    assert [os.fsencode(folder) for folder in said.json["absent"]] == [away]
    assert f"folder missing: {tmp_path}/odd\\n\\x1b[31m\\xff[b]; its 1 picture is kept as it was\n" in said.err


def test_a_damaged_project_file_is_named_and_can_be_written_anew(run: Run, filled: Path) -> None:
    file = filled / ".pictoscope" / "project.toml"
    file.write_text("format = = 1")
    assert "--rebuild-settings" in refused(run, "vectors", "list", code=1, says=str(file))
    refused(run, "add", "--rebuild-settings", code=2, says="the project needs its picture folders")
    assert run("add", filled, "--rebuild-settings").code == 0
    listed = run("vectors", "list", "--json").json
    assert [(entry["vec_type"], entry["done"]) for entry in listed] == [(name, 25) for name in NAMES]
    assert file.with_name("project.toml.damaged").read_text() == "format = = 1"


def test_a_damaged_catalog_is_named_and_can_be_made_anew(run: Run, filled: Path) -> None:
    file = filled / ".pictoscope" / "catalog.sqlite"
    file.write_bytes(b"not a database at all" * 1000)
    for name in ("catalog.sqlite-wal", "catalog.sqlite-shm"):
        (filled / ".pictoscope" / name).unlink(missing_ok=True)
    assert "--rebuild-catalog" in refused(run, "search", "a cat", code=1, says=str(file))
    said = run("add", "--rebuild-catalog")
    assert (said.code, said.err.splitlines()[0]) == (0, f"the old catalog is kept as {file}.damaged")
    listed = run("vectors", "list", "--json").json
    assert [(entry["vec_type"], entry["done"]) for entry in listed] == [(name, 25) for name in NAMES]
    assert file.with_name("catalog.sqlite.damaged").read_bytes().startswith(b"not a database")


def test_a_project_of_a_newer_format_is_left_alone(run: Run, filled: Path) -> None:
    file = filled / ".pictoscope" / "project.toml"
    file.write_text(file.read_text().replace("format = 1", "format = 2"))
    before = file.read_bytes()
    for words in (["vectors", "list"], ["add"], ["add", filled], ["vectors", "default", "conse"]):
        refused(run, *words, code=1, says="has format 2, this Pictoscope reads up to 1")
    assert file.read_bytes() == before
