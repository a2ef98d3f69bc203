"""Charts as files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from core.charts.bars import Bar, Chart, chart
from core.charts.files import save_chart
from core.errors import AlreadyExists, UsageError
from core.project import Project
from tests.browser import open_page
from tests.core.export.conftest import ODD_TAG
from tests.core.export.test_sheet import Elements


def test_the_page_shows_every_bar_and_no_markup_of_names(labelled: Project, tmp_path: Path) -> None:
    save_chart(labelled, chart(labelled, "tag"), tmp_path / "c.html")
    elements = Elements((tmp_path / "c.html").read_text("utf-8"))
    assert ODD_TAG in elements.texts and "no tag" in elements.texts
    assert not {"script", "b", "link"} & {tag for tag, _ in elements.tags}
    widths = [attributes["width"] for tag, attributes in elements.tags if attributes.get("class") == "bar"]
    assert widths == ["50.00%", "25.00%", "75.00%", "100.00%"]


def test_a_browser_shows_it_without_complaint(labelled: Project, tmp_path: Path) -> None:
    save_chart(labelled, chart(labelled, "tag"), tmp_path / "c.html")
    with open_page(tmp_path / "c.html", tmp_path / "profile") as page:
        assert page.complaints == []
        assert page.requests == [(tmp_path / "c.html").as_uri()]
        drawn = page.evaluate("[...document.querySelectorAll('.bar')].map(bar => bar.getBoundingClientRect().width)")
        assert len(drawn) == 4 and max(drawn) == drawn[3] == 2 * drawn[0] > 0


def test_the_picture_has_bars_as_long_as_their_figures(labelled: Project, tmp_path: Path) -> None:
    save_chart(labelled, Chart("tag", None, "", 3, (Bar("a", 2), Bar("b", 1))), tmp_path / "c.png")
    picture = Image.open(tmp_path / "c.png").convert("RGB")
    blue = [sum(picture.getpixel((x, y)) == (58, 118, 184) for x in range(picture.width)) for y in (24 + 70, 24 + 100)]
    assert blue == [801, 401]


def test_the_table_has_all_values_and_no_formula(labelled: Project, tmp_path: Path) -> None:
    bars = (Bar("=1+1", 2), Bar("\udcff", 1), *(Bar(str(number), 1) for number in range(6_000)), Bar(None, 4))
    save_chart(labelled, Chart("tag", None, "", 7, bars), tmp_path / "c.csv")
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[:3] == [["tag", "pictures"], ["'=1+1", "2"], ["\\udcff", "1"]]
    assert rows[-1] == ["", "4"] and len(rows) == 6_004


@pytest.mark.parametrize("ending", [".html", ".png", ".csv"])
def test_an_existing_file_is_kept_unless_asked(labelled: Project, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"c{ending}"
    target.write_text("mine")
    shown = chart(labelled, "tag")
    with pytest.raises(AlreadyExists):
        save_chart(labelled, shown, target)
    assert target.read_text() == "mine"
    save_chart(labelled, shown, target, replace=True)
    assert target.read_bytes() != b"mine"


def test_other_endings_and_picture_folders_are_refused(labelled: Project, folder: Path, tmp_path: Path) -> None:
    for target in (tmp_path / "c.svg", tmp_path / "c", folder / "c.png"):
        with pytest.raises(UsageError):
            save_chart(labelled, chart(labelled, "tag"), target)
        assert not target.exists()
    save_chart(labelled, Chart("tag", None, "", 0, ()), tmp_path / "empty.png")
    save_chart(labelled, Chart("tag", None, "", 0, ()), tmp_path / "empty.html")
