"""Paths, CSV, JSON lines and Parquet of a list of pictures."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import appearances
from core.errors import PictoscopeError, UsageError
from core.export import listing
from core.export.columns import heading, property_name
from core.export.export import export, write_text
from core.export.listing import Listing
from core.export.table import table_of
from core.export.text_tables import join_names, split_names
from core.images.appearance import Appearance
from core.labels.tags import Tags
from core.names import clean_name
from core.project import Project
from tests.core.export.conftest import ODD_TAG, key


def rows_of(project: Project, listed: Listing, to: Path) -> list[dict[str, str]]:
    export(project, listed, "csv", to)
    with to.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def test_csv_is_what_rfc_4180_says_and_every_reader_gets_the_values_back(labelled: Project, tmp_path: Path) -> None:
    exported = export(labelled, listing.of_filter(labelled, ""), "csv", tmp_path / "a.csv")
    assert (exported.pictures, exported.left_out) == (7, 0)
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"path,key,tags,a checkbox,a choice,")
    assert b"\n" not in content.replace(b"\r\n", b"").replace(b'"two\nlines', b"")
    parsed = csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
    rows = {"/".join(Path(row["path"]).parts[-2:]): row for row in parsed}
    lion, fox = rows["masters/lion.png"], rows["pictures/fox.png"]
    assert split_names(lion["tags"]) == sorted(["animal", "Löwe", ODD_TAG])
    assert lion["a text"] == 'two\nlines, "quoted"; =1+1'
    assert (lion["a number"], lion["a date"], lion["a checkbox"], lion["property:score"]) == (
        "1931.5",
        "1931-02",
        "no",
        "3",
    )
    assert (lion["a choice"], lion["a choices"], lion["a colour"]) == ("Paris, France", "Paris, Rome", "#d04a02")
    assert (lion["width"], lion["height"], lion["format"], lion["date"][:7]) == ("80", "60", "PNG", "2025-10")
    assert [fox[name] for name in ("tags", "a number", "camera", "colour", "sharpness")] == ["", "", "", "", ""]


def test_what_was_measured_is_in_the_table(project: Project, tmp_path: Path) -> None:
    appearances.record(project.catalog, [(key(project, "owl.png"), Appearance(0x00D04A, 41.7))])
    rows = rows_of(project, listing.of_pictures(project, [str(project.folders[0] / "owl.png")]), tmp_path / "a.csv")
    assert [(row["colour"], row["sharpness"]) for row in rows] == [("#00d04a", "42")]


def test_json_lines_hold_typed_values(labelled: Project, tmp_path: Path) -> None:
    export(labelled, listing.of_tag(labelled, "Löwe"), "jsonl", tmp_path / "a.jsonl")
    (picture,) = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert picture["tags"] == sorted(["animal", "Löwe", ODD_TAG])
    assert picture["key"] == key(labelled, "masters/lion.png").hex()
    assert picture["properties"] == {
        "a checkbox": False,
        "a choice": "Paris, France",
        "a choices": ["Paris", "Rome"],
        "a colour": "#d04a02",
        "a date": "1931-02",
        "a number": 1931.5,
        "a text": 'two\nlines, "quoted"; =1+1',
        "a url": "https://example.org/?a=1,2",
        "score": 3.0,
    }


def test_parquet_holds_typed_values_and_what_the_properties_are(labelled: Project, tmp_path: Path) -> None:
    export(labelled, listing.of_filter(labelled, "tag:animal"), "parquet", tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    by_path = {Path(row["path"]).name: row for row in table.to_pylist()}
    assert by_path.keys() == {"lion.png", "owl.png", "crab.png"}
    lion = by_path["lion.png"]
    assert (lion["tags"], lion["a checkbox"]) == (sorted(["animal", "Löwe", ODD_TAG]), False)
    assert (lion["a choices"], lion["a number"], lion["width"]) == (["Paris", "Rome"], 1931.5, 80)
    assert (by_path["crab.png"]["a number"], by_path["crab.png"]["a choices"]) == (None, None)
    told = json.loads(table.schema.metadata[b"pictoscope"])["properties"]
    assert told["a choice"] == {"type": "choice", "choices": ["Paris, France", "Rome"]}


def test_scores_and_groups_of_an_answer_are_columns(project: Project, tmp_path: Path) -> None:
    owl, fox = key(project, "owl.png"), key(project, "fox.png")
    pictures = [{"key": owl.hex(), "score": 0.5}, {"key": fox.hex(), "score": None}]
    groups = [{"name": "a", "pictures": pictures}, {"name": "b", "pictures": pictures[:1]}]
    answered = listing.of_answer(json.dumps({"action": "cluster", "groups": groups}))
    rows = rows_of(project, answered, tmp_path / "a.csv")
    assert [(row["key"], row["score"], row["group"]) for row in rows] == [
        (owl.hex(), "0.5", "a"),
        (fox.hex(), "", "a"),
        (owl.hex(), "0.5", "b"),
    ]


def test_pictures_without_a_file_are_left_out_and_counted(project: Project, folder: Path, tmp_path: Path) -> None:
    listed = Listing("some", [key(project, "owl.png"), key(project, "fox.png"), b"\1" * 20])
    (folder / "fox.png").unlink()
    project.scan()
    exported = export(project, listed, "csv", tmp_path / "a.csv")
    assert (exported.pictures, exported.left_out) == (1, 2)


def test_of_several_paths_the_first_is_given(project: Project, folder: Path) -> None:
    stream = io.BytesIO()
    write_text(project, Listing("owl", [key(project, "owl.png")]), "paths", stream)
    assert stream.getvalue() == os.fsencode(folder / "owl.png") + b"\n"


def test_an_empty_list_is_a_heading_without_rows(project: Project, tmp_path: Path) -> None:
    assert rows_of(project, Listing("none", []), tmp_path / "a.csv") == []
    export(project, Listing("none", []), "parquet", tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0


def test_a_path_that_is_not_utf_8_or_holds_line_ends(project: Project, folder: Path, tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(folder), b'a\n\xff,"b".png')
    os.rename(folder / "fox.png", name)
    project.scan()
    listed = listing.of_pictures(project, [os.fsdecode(name)])
    stream = io.BytesIO()
    write_text(project, listed, "paths", stream, null=True)
    assert stream.getvalue() == name + b"\0"
    (row,) = rows_of(project, listed, tmp_path / "a.csv")
    assert row["path"] == f'{folder}/a\n\\xff,"b".png'
    export(project, listed, "jsonl", tmp_path / "a.jsonl")
    assert os.fsencode(json.loads((tmp_path / "a.jsonl").read_text())["path"]) == name
    export(project, listed, "parquet", tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet")["path"].to_pylist() == [row["path"]]


def test_chunks_hang_together(labelled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows_of(labelled, listing.of_filter(labelled, ""), tmp_path / "whole.csv")
    monkeypatch.setattr("core.export.table.CHUNK", 2)
    seen: list[int] = []
    export(labelled, listing.of_filter(labelled, ""), "csv", tmp_path / "parts.csv", progress=seen.append)
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (seen, len(whole)) == ([2, 4, 6, 7], 7)


def test_labels_are_of_one_moment_and_nobody_waits(labelled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.export.table.CHUNK", 1)
    listed = listing.of_filter(labelled, "")
    with table_of(labelled, listed) as table:
        found = [next(table.chunks)]
        tagging = threading.Thread(target=lambda: Tags(labelled.catalog).add("late", listed.keys))
        tagging.start()
        tagging.join(20)
        assert not tagging.is_alive()
        found += table.chunks
    tags = [tag for values in found for column, lists in values.items() if column.name == "tags" for tag in lists]
    assert len(tags) == 7
    assert "late" not in {name for names in tags for name in names}
    late = Tags(labelled.catalog).find("late")
    assert late
    assert late.pictures == 7


def test_without_pyarrow_it_is_said_what_to_install(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(PictoscopeError) as caught:
        export(project, listing.of_filter(project, ""), "parquet", tmp_path / "a.parquet")
    assert "pip install 'pictoscope[parquet]'" in caught.value.hint
    assert sorted(os.listdir(tmp_path)) == ["pictures"]


def test_only_text_goes_into_an_open_stream(project: Project) -> None:
    with pytest.raises(UsageError, match="sheet needs a file"):
        write_text(project, Listing("none", []), "sheet", io.BytesIO())


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip())))
def test_names_in_one_cell_come_apart_again(names: list[str]) -> None:
    clean = [clean_name(name, "tag") for name in names if len(name) < 100]
    assert split_names(join_names(clean)) == clean


@given(st.text(min_size=1) | st.sampled_from(["score", "Score", "path", "property:key", "tags"]))
def test_the_column_of_a_property_is_never_taken_for_another(name: str) -> None:
    assert property_name(heading(name)) == name
    assert heading(name).lower() not in {"path", "key", "score", "group", "tags", "width", "size", "date", "camera"}
