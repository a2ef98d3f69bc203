"""What is said of a picture, in panes of any width: EXIF, tags, vec types; words stay whole, hostile texts harmless."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app_helpers import WIDE, fill_at_random, keys_named, running, text_of, until, words
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational
from rich.cells import cell_len
from textual.geometry import Size

from core.labels.tags import Tags
from core.project import Project
from tui.widgets.picture_facts import PictureFacts

BASE, GPS = ExifTags.Base, ExifTags.GPS


def photograph(path: Path, **more: Any) -> None:
    exif = Image.Exif()
    exif.update({BASE.Make: "Canon", BASE.Model: "Canon EOS 5D"})
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            BASE.DateTimeOriginal: "1999:12:31 23:59:59",
            BASE.LensModel: more.get("lens", "EF50mm f/1.8"),
            BASE.ExposureTime: IFDRational(1, 250),
            BASE.FNumber: IFDRational(28, 10),
            BASE.ISOSpeedRatings: 400,
        }
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "S",
            GPS.GPSLatitude: (33.0, 51.0, 25.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (151.0, 12.0, 55.0),
        }
    )
    Image.new("RGB", (64, 48), (34, 139, 34)).save(path, exif=exif.tobytes())


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    photograph(folder / "a.jpg")
    photograph(folder / "b.png", lens="\x1b]0;evil\x07 " + "x" * 90)
    Image.new("RGB", (64, 48)).save(folder / "plain.png")
    with Project.open_or_create(folder) as opened:
        opened.scan()
        fill_at_random(opened, "effnet-lite0")
        Tags(opened.catalog).add("animals", keys_named(opened, "a.jpg"))
        with opened.catalog.transaction() as database:
            database.execute("INSERT INTO appearance SELECT id, 0x228b22, 611 FROM pictures")
        yield opened


def lines(project: Project, name: str, size: Size) -> list[str]:
    picture = project.catalog.by_path(project.folders[0] / name)
    assert picture is not None
    return [line.plain for line in PictureFacts().lines(project, picture, "", size)]


def test_a_photograph_says_how_and_where_it_was_taken(project: Project) -> None:
    found = lines(project, "a.jpg", Size(300, 20))
    assert (
        "taken 1999-12-31 23:59 · camera Canon EOS 5D · lens EF50mm f/1.8 · 1/250 s, f/2.8, ISO 400 · "
        "place 33.8569 S, 151.2153 E · ██ green #228b22 · sharpness 611"
    ) in found
    assert "tags  animals" in found
    assert found[-1] == "vec types  effnet-lite0 ✓"


def test_a_picture_without_exif_says_nothing_of_it(project: Project) -> None:
    text = " ".join(lines(project, "plain.png", Size(300, 20)))
    assert "taken" not in text and "lens" not in text and "place" not in text


@pytest.mark.parametrize("width", [12, 20, 30, 34, 40, 60])
def test_no_line_is_too_long_and_no_word_is_parted_from_its_value(project: Project, width: int) -> None:
    found = lines(project, "a.jpg", Size(width, 30))
    assert all(cell_len(line) <= width for line in found)
    assert not any(line.rstrip().endswith(("sharpness", "taken", "camera", "lens", "place", "ISO")) for line in found)
    assert width < 14 or any("sharpness 611" in line for line in found)


@pytest.mark.parametrize("height", [5, 8, 12, 30])
def test_vec_types_are_there_in_few_lines_too(project: Project, height: int) -> None:
    assert any("effnet-lite0 ✓" in line for line in lines(project, "a.jpg", Size(34, height)))


def test_hostile_exif_is_harmless_and_takes_one_line(project: Project) -> None:
    found = lines(project, "b.png", Size(40, 30))
    assert all(line.isprintable() for line in found)
    assert sum("\\x1b]0;evil" in line for line in found) == 1


async def test_preview_and_picture_say_it(project: Project) -> None:
    async with running(project, (160, 50)) as (app, pilot):
        await until(pilot, lambda: "place 33.8569 S, 151.2153 E" in words(app, "#preview-facts"))
        await pilot.press("enter")
        await until(pilot, lambda: "lens EF50mm f/1.8 · 1/250 s, f/2.8, ISO 400" in words(app, "#preview-facts"))
    async with running(project, WIDE) as (app, pilot):
        await until(pilot, lambda: "effnet-lite0 ✓" in text_of(app))
        assert "taken 1999-12-31 23:59" in text_of(app)
