"""``pictoscope chart``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused


def test_bars_on_the_terminal(run: Run, filled: Path) -> None:
    said = run("chart", "--by", "folder")
    title, *bars = said.out.splitlines()
    assert (said.code, title) == (0, "25 pictures by folder")
    assert [bar.split()[:2] for bar in bars] == [["copies", "1"], ["round", "12"], ["square", "12"]]
    assert bars[1].split()[2] == bars[2].split()[2] and set(bars[1].split()[2]) == {"█"}
    assert all(len(bar) <= 100 for bar in bars)


def test_json_has_every_bar(run: Run, filled: Path) -> None:
    said = run("chart", "--by", "folder", "--most", "2", "--where", "folder:round or folder:square", "--json").json
    assert (said["by"], said["span"], said["pictures"]) == ("folder", None, 24)
    assert said["bars"] == [{"name": "round", "pictures": 12}, {"name": "square", "pictures": 12}]


def test_the_most_pictures_first_and_the_rest_joined(run: Run, filled: Path) -> None:
    run("tag", "add", "few", *sorted(filled.glob("round/*"))[:2])
    run("tag", "add", "many", *sorted(filled.glob("round/*"))[:9])
    run("tag", "add", "some", *sorted(filled.glob("square/*"))[:4])
    names = [line[:9].split("  ")[0].strip() for line in run("chart", "--sort", "pictures").out.splitlines()[1:]]
    assert names == ["many", "some", "few", "no tag"]
    names = [line[:9].split("  ")[0].strip() for line in run("chart", "--most", "3").out.splitlines()[1:]]
    assert names == ["many", "2 others", "no tag"]


def test_dates_by_a_span(run: Run, filled: Path) -> None:
    assert run("chart", "--by", "date", "--span", "year", "--json").json["span"] == "year"


@pytest.mark.parametrize("ending", ["png", "html", "csv"])
def test_a_file_instead_of_bars(run: Run, filled: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"c.{ending}"
    said = run("chart", "--by", "folder", "--to", target)
    assert (said.code, said.out) == (0, "") and "3 bars" in said.err
    content = target.read_bytes()
    assert content
    refused(run, "chart", "--to", target, code=2, says="already exists")
    assert target.read_bytes() == content
    assert run("chart", "--to", target, "--replace").code == 0
    assert target.read_bytes() != content
    few = tmp_path / f"few.{ending}"
    said = run("chart", "--by", "folder", "--most", "2", "--to", few)
    assert ("3 bars" if ending == "csv" else "2 bars") in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--by", "foldr"), "there is no property foldr"),
        (("--by", "path"), "path"),
        (("--replace",), "--replace: it applies only with --to FILE"),
        (("--span", "year"), "--span: it applies only to dates"),
        (("--span", "week", "--by", "date"), "--span"),
        (("--most", "1"), "--most"),
        (("--where", "tag:nowhere"), "nowhere"),
        (("--to", "c.gif"), "must end in"),
    ],
)
def test_wrong_questions_are_refused(run: Run, filled: Path, words: tuple[str, ...], says: str) -> None:
    assert refused(run, "chart", *words, code=2, says=says)


def test_a_filter_that_selects_nothing_makes_no_bars(run: Run, filled: Path) -> None:
    assert run("chart", "--where", "width>100000").out == "0 pictures that match width>100000 by tag\n"
