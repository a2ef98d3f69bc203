"""Files of a map: PNG, page, CSV and Parquet, of few pictures, of hostile names, in a real browser."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import AlreadyExists, UsageError
from core.maps import html as page_module
from core.maps.colouring import colour_by
from core.maps.export import export_map
from core.maps.layout import lay_out
from core.project import Project
from tests.browser import open_page
from tests.core.comparison.compared_projects import keys_in_order, store_rows
from tests.core.maps.mapped_projects import VEC_TYPE, mapped, two_groups
from tests.tui.app_helpers import paint

HOSTILE = ("<script>document.title='PWNED'<!--.png", '"><img src=x onerror=alert(1)>.png', "=1+1.png")


def write(project: Project, target: Path, by: str = "folder", shown: int | None = None) -> Path:
    """Export a map, of the first ``shown`` pictures."""
    layout = lay_out(project, VEC_TYPE)
    layout = layout.within(layout.keys[:shown])
    export_map(project, layout, colour_by(project, layout, by), target)
    return target


def hostile(folder: Path) -> Project:
    """Pictures whose names are HTML, formulas and no UTF-8, in folders of such names."""
    for number, name in enumerate((*map(os.fsencode, HOSTILE), b"\xff\xfe\x1b[31m.png")):
        paint(os.path.join(os.fsencode(folder), b"<b>&amp;", name), number)
    project = Project.open_or_create(folder)
    project.scan()
    keys = keys_in_order(project)
    store_rows(project, VEC_TYPE, keys, two_groups(len(keys)))
    return project


def data_of(page: str) -> dict:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found)


@pytest.mark.parametrize("shown", [0, 1, 2, 3])
@pytest.mark.parametrize("ending", [".png", ".html", ".csv", ".parquet"])
def test_maps_of_few_pictures(tmp_path: Path, shown: int, ending: str) -> None:
    with mapped(tmp_path / "p", 5) as project:
        target = write(project, tmp_path / f"map{ending}", shown=shown)
    if ending == ".csv":
        rows = list(csv.DictReader(target.open(newline="")))
        assert len(rows) == shown and all(np.isfinite([float(row["x"]), float(row["y"])]).all() for row in rows)
    elif ending == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(target)
        assert table.num_rows == shown and table.column_names == ["key", "path", "x", "y", "colour"]
    elif ending == ".html":
        assert sum(map(bool, data_of(target.read_text())["pictures"])) == shown
    else:
        with Image.open(target) as image:
            assert image.height > 1000 and len(image.convert("RGB").getcolors(1 << 24)) > (1 if shown else 0)


def test_csv_says_path_place_and_colour(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 6) as project:
        layout = lay_out(project, VEC_TYPE)
        rows = list(csv.DictReader(io.StringIO(write(project, tmp_path / "map.csv").read_text())))
    assert [row["key"] for row in rows] == [bytes(key).ljust(20, b"\0").hex() for key in layout.keys.tolist()]
    assert [float(row["x"]) for row in rows] == layout.points[:, 0].tolist()
    assert {Path(row["path"]).parent.name == row["colour"] for row in rows} == {True}


def test_hostile_names_stay_texts(tmp_path: Path) -> None:
    with hostile(tmp_path / "p") as project:
        page = write(project, tmp_path / "map.html").read_text()
        table = write(project, tmp_path / "map.csv", by="name").read_bytes()
        write(project, tmp_path / "map.png", by="name")
    assert page.count("<script") == 2 and page.count("</script>") == 2 and "<img" not in page and "\x1b" not in page
    names = data_of(page)["names"]
    assert set(HOSTILE) < set(names)
    assert b"'=1+1.png" in table and table.decode("utf-8")


def test_pictures_beyond_the_budget_are_dots_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mapped(tmp_path / "p", 6) as project:
        layout = lay_out(project, VEC_TYPE)
        colouring = colour_by(project, layout, "none")
        whole = data_of(write(project, tmp_path / "whole.html").read_text())["pictures"]
        monkeypatch.setattr(page_module, "BUDGET", sum(map(len, whole)) // 2)
        told = export_map(project, layout, colouring, tmp_path / "half.html").note
    shown = sum(map(bool, data_of((tmp_path / "half.html").read_text())["pictures"]))
    assert 1 <= shown < 6 and f"{6 - shown} of 6 pictures only as dots" in told


def test_a_picture_that_is_gone_stays_a_dot(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 4) as project:
        for path in (tmp_path / "p/a").iterdir():
            path.unlink()
        page = write(project, tmp_path / "map.html").read_text()
        write(project, tmp_path / "map.png")
    assert sorted(map(bool, data_of(page)["pictures"])) == [False, False, True, True]


def test_files_are_protected(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 3) as project:
        write(project, tmp_path / "map.csv")
        with pytest.raises(AlreadyExists):
            write(project, tmp_path / "map.csv")
        for target in (tmp_path / "p/map.png", tmp_path / "map.gif", project.path / "map.csv"):
            with pytest.raises(UsageError):
                write(project, target)


def hover(page, x: float, y: float) -> str:
    """What the page says when the pointer is there."""
    page.drawn()  # the page fits its canvas, and follows keys and wheel, with the next frame
    page.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.drawn()  # a move reaches the page with the next frame
    return page.evaluate("document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText")


def places(page, target: Path) -> list[tuple[float, float]]:
    """Where the dots are in the window, as the page fits them into its canvas at first."""
    box = page.evaluate(
        "(({left, top, width, height}) => ({left, top, width, height}))"
        "(document.querySelector('canvas').getBoundingClientRect())"
    )
    points = np.frombuffer(base64.b64decode(data_of(target.read_text())["points"]), "<f4").reshape(-1, 2).astype(float)
    low, high = points.min(axis=0), points.max(axis=0)
    spread = np.where(high > low, high - low, 1e-9)
    scale = 0.88 * min(box["width"] / spread[0], box["height"] / spread[1]) if (high > low).any() else 1
    away = (points - (low + high) / 2) * (scale, -scale)
    return [(box["left"] + box["width"] / 2 + x, box["top"] + box["height"] / 2 + y) for x, y in away.tolist()]


def test_the_page_in_a_browser_shows_the_picture_under_the_pointer(tmp_path: Path) -> None:
    with hostile(tmp_path / "p") as project:
        target = write(project, tmp_path / "map.html")
        names = data_of(target.read_text())["names"]
    with open_page(target, tmp_path / "profile") as page:
        seen = [hover(page, x, y) for x, y in places(page, target)]
        assert set(HOSTILE) <= {name for name in names if any(name in one for one in seen)}
        hover(page, *places(page, target)[0])
        assert page.pictures_not_shown() == []
        assert page.evaluate("document.querySelectorAll('#tip img').length") == 1
        assert page.evaluate("document.querySelector('#tip img').naturalWidth") > 0
        assert hover(page, 3, 300) == ""
        assert page.evaluate("document.title") != "PWNED" and page.evaluate("document.scripts.length") == 2
        assert page.complaints == [] and page.requests == [target.as_uri()]


def test_the_page_in_a_browser_zooms_and_hides(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 12) as project:
        target = write(project, tmp_path / "map.html")
    with open_page(target, tmp_path / "profile") as page:
        at, other = places(page, target)[:2]
        before = hover(page, *at)
        aside = hover(page, *other)
        assert before and aside and before != aside
        page.ask("Input.dispatchMouseEvent", type="mouseWheel", x=at[0], y=at[1], deltaX=0, deltaY=-800)
        assert hover(page, at[0] + 1, at[1]) == before  # the place under the pointer stays
        assert hover(page, *other) != aside
        page.evaluate("document.querySelectorAll('aside button').forEach(button => button.click())")
        assert hover(page, *at) == ""
        assert page.evaluate("[...document.querySelectorAll('aside .name')].map(one => one.textContent)") == ["a", "b"]
        assert page.complaints == []


@pytest.mark.parametrize("shown", [0, 1])
def test_the_page_of_nothing_and_of_one_picture_opens(tmp_path: Path, shown: int) -> None:
    with mapped(tmp_path / "p", 2) as project:
        target = write(project, tmp_path / "map.html", shown=shown)
    with open_page(target, tmp_path / "profile") as page:
        if shown:
            assert hover(page, *places(page, target)[0])
        assert page.complaints == []
