"""Folders of links and copies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.export import listing
from core.export.export import export
from core.export.folders import unique_name
from core.export.listing import Listing
from core.project import Project
from tests.core.export.conftest import key


def test_links_lead_to_the_pictures_and_names_are_unique(project: Project, folder: Path, tmp_path: Path) -> None:
    exported = export(project, listing.of_filter(project, ""), "links", tmp_path / "links")
    assert (exported.pictures, exported.left_out, exported.missing) == (7, 0, ())
    links = {path.name: path.readlink() for path in (tmp_path / "links").iterdir()}
    assert sorted(links) == [
        "crab.jpg",
        "crab.png",
        "fox.png",
        "lion-2.png",
        "lion-small.png",
        "lion.png",
        "owl.png",
    ]
    assert {links["lion.png"], links["lion-2.png"]} == {folder / "masters/lion.png", folder / "web/lion.png"}
    assert (tmp_path / "links").stat().st_mode & 0o777 == 0o755


def test_copies_are_files_of_their_own(project: Project, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()  # an empty folder is as good as none
    export(project, listing.of_pictures(project, [str(folder / "fox.png")]), "copies", tmp_path / "copies")
    copy = tmp_path / "copies" / "fox.png"
    assert (copy.is_symlink(), copy.read_bytes()) == (False, (folder / "fox.png").read_bytes())
    assert int(copy.stat().st_mtime) == int((folder / "fox.png").stat().st_mtime)


def test_a_folder_with_anything_in_it_is_left_alone(project: Project, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "mine").touch()
    with pytest.raises(UsageError, match="already exists"):
        export(project, listing.of_filter(project, ""), "copies", tmp_path / "copies", replace=True)
    assert os.listdir(tmp_path / "copies") == ["mine"]


def test_what_is_gone_is_told(project: Project, folder: Path, tmp_path: Path) -> None:
    listed = Listing("two", [key(project, "fox.png"), key(project, "crab.png"), key(project, "fox.png")])
    (folder / "fox.png").unlink()
    exported = export(project, listed, "copies", tmp_path / "copies")
    assert (exported.pictures, exported.left_out) == (1, 0)
    assert exported.missing == (os.fsencode(folder / "fox.png"),)


@given(
    st.lists(st.sampled_from([b"a.jpg", b"A.JPG", b"a-2.jpg", b"a-2-2.jpg", b".jpg", b"caf\xc3\xa9", b"cafe\xcc\x81"]))
)
def test_no_name_comes_twice_even_where_case_makes_no_difference(names: list[bytes]) -> None:
    taken: set[str] = set()
    given_names = [unique_name(name, taken) for name in names]
    assert len({os.fsdecode(name).casefold() for name in given_names}) == len(names)
    assert len(taken) == len(names)
    assert all(
        len(name) >= 4 and os.path.splitext(name)[1] == os.path.splitext(names[place])[1]
        for place, name in enumerate(given_names)
    )
