"""Contact sheets."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from core.errors import UsageError
from core.export import listing, sheet
from core.export.export import export
from core.export.listing import Listing
from core.labels.tags import Tags
from core.project import Project
from tests.browser import open_page
from tests.core.export.conftest import key


class Elements(HTMLParser):
    """The elements and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_needs_no_other_file_and_shows_every_picture(labelled: Project, tmp_path: Path) -> None:
    export(labelled, listing.of_filter(labelled, ""), "sheet", tmp_path / "s.html")
    page = (tmp_path / "s.html").read_text("utf-8")
    elements = Elements(page)
    sources = [attributes["src"] for tag, attributes in elements.tags if tag == "img"]
    assert len(sources) == 7
    head, content = str(sources[0]).split(",")
    assert head == "data:image/jpeg;base64"
    assert max(Image.open(io.BytesIO(base64.b64decode(content))).size) <= 192
    assert not {"link", "script", "iframe"} & {tag for tag, _ in elements.tags}
    assert not re.search(r"https?://", page)
    assert "7 pictures" in elements.texts


def test_a_browser_shows_it_without_complaint(labelled: Project, tmp_path: Path) -> None:
    export(labelled, listing.of_filter(labelled, ""), "sheet", tmp_path / "s.html")
    with open_page(tmp_path / "s.html", tmp_path / "profile") as page:
        assert page.complaints == []
        assert page.requests == [(tmp_path / "s.html").as_uri()]
        assert (page.evaluate("document.images.length"), page.pictures_not_shown()) == (7, [])


def test_names_are_shown_literally(project: Project, folder: Path, tmp_path: Path) -> None:
    name = '"><script>alert(1)<‮\n.png'.replace("/", "")
    (folder / "fox.png").rename(folder / name)
    project.scan()
    Tags(project.catalog).add("</figcaption><b onclick='x'>", [key(project, name)])
    listed = Listing("<i>&amp;", listing.of_pictures(project, [str(folder / name)]).keys, [0.98765])
    export(project, listed, "sheet", tmp_path / "s.html")
    elements = Elements((tmp_path / "s.html").read_text("utf-8"))
    assert not {"script", "b"} & {tag for tag, _ in elements.tags}
    assert '"><script>alert(1)<\\u202e\\n.png' in elements.texts
    assert "0.9877 · </figcaption><b onclick='x'>" in elements.texts
    assert elements.texts.count("<i>&amp;") == 2


def test_groups_are_sections(project: Project, tmp_path: Path) -> None:
    owl, fox = (key(project, name).hex() for name in ("owl.png", "fox.png"))
    groups = [{"name": "<a>", "pictures": [{"key": owl}, {"key": fox}]}, {"name": "b", "pictures": [{"key": owl}]}]
    listed = listing.of_answer(json.dumps({"action": "cluster", "groups": groups}))
    export(project, listed, "sheet", tmp_path / "s.html")
    elements = Elements((tmp_path / "s.html").read_text("utf-8"))
    order = [tag for tag, _ in elements.tags if tag in ("h1", "h2", "figure")]
    assert order == ["h1", "h2", "figure", "figure", "h2", "figure"]
    assert {"<a>", "b"} <= set(elements.texts)


def test_many_pictures_make_a_sheet_that_is_nearly_square(project: Project, tmp_path: Path) -> None:
    keys = listing.of_filter(project, "").keys
    export(project, Listing("many", [keys[place % 7] for place in range(400)]), "sheet", tmp_path / "s.png")
    assert Image.open(tmp_path / "s.png").size == (20 * 204 + 12, 20 * 240 + 12)


def test_a_picture_that_cannot_be_read_has_a_cell_that_says_why(project: Project, folder: Path, tmp_path: Path) -> None:
    (folder / "fox.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    project.scan()
    exported = export(project, listing.of_filter(project, ""), "sheet", tmp_path / "s.html")
    page = (tmp_path / "s.html").read_text("utf-8")
    assert (exported.pictures, page.count("<figure>"), page.count("<img")) == (7, 7, 6)
    export(project, listing.of_filter(project, "name:fox"), "sheet", tmp_path / "s.png")
    assert Image.open(tmp_path / "s.png").size == (216, 252)


def test_the_grid_holds_the_pictures_where_they_belong(project: Project, tmp_path: Path) -> None:
    names = ["masters/lion.png", "owl.png", "crab.png", "fox.png", "web/lion.png", "web/crab.jpg", "web/lion-small.png"]
    keys = [key(project, name) for name in names]
    exported = export(project, Listing("all", [*keys, *keys]), "sheet", tmp_path / "s.png")
    grid = Image.open(tmp_path / "s.png")
    assert (exported.pictures, grid.size) == (14, (8 * 204 + 12, 2 * 240 + 12))
    for place, name in enumerate([*names, *names]):
        x, y = 12 + place % 8 * 204 + 96, 12 + place // 8 * 240 + 96
        with Image.open(project.folders[0] / name) as picture:
            expected = middle(picture.convert("RGB"), picture.width // 2, picture.height // 2)
        assert max(abs(a - b) for a, b in zip(expected, middle(grid, x, y), strict=True)) <= 16  # JPEG's


def test_a_large_picture_is_reduced_to_its_cell(project: Project, folder: Path, tmp_path: Path) -> None:
    Image.new("RGB", (900, 600), "blue").save(folder / "large.png")
    project.scan()
    listed = listing.of_pictures(project, [str(folder / "large.png")])
    export(project, listed, "sheet", tmp_path / "s.png")
    grid = Image.open(tmp_path / "s.png")
    blue = [place for place in ((x, y) for x in range(grid.width) for y in range(grid.height)) if is_blue(grid, *place)]
    assert (min(blue), max(blue)) == ((12, 12 + 32), (12 + 191, 12 + 32 + 127))
    export(project, listed, "sheet", tmp_path / "s.html")
    (source,) = re.findall(r"base64,([^\"]+)", (tmp_path / "s.html").read_text("utf-8"))
    assert Image.open(io.BytesIO(base64.b64decode(source))).size == (192, 128)


def is_blue(picture: Image.Image, x: int, y: int) -> bool:
    """Whether a pixel is nearer to blue than to white, grey or black."""
    red, _, blue = picture.getpixel((x, y))  # type: ignore[misc]
    return blue - red > 100


def middle(picture: Image.Image, x: int, y: int) -> list[float]:
    """The mean colour of eight pixels each way around a place."""
    return ImageStat.Stat(picture.crop((x - 4, y - 4, x + 4, y + 4))).mean


def test_a_sheet_of_too_many_is_refused(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "LARGEST", {".png": 6, ".html": 6})
    for name in ("s.png", "s.html"):
        with pytest.raises(UsageError, match=r"7 pictures are too many for a contact sheet: \.\w+ holds 6"):
            export(project, listing.of_filter(project, ""), "sheet", tmp_path / name)
        assert not (tmp_path / name).exists()
