"""Where pictures lie: stored, completed with new pictures, computed again when it no longer holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import PictoscopeError, UsageError
from core.maps import layout as module
from core.maps import methods
from core.maps.layout import lay_out
from core.maps.map_file import map_path
from core.vectors import store
from core.vectors.manifest import Manifest
from tests.core.maps.mapped_projects import VEC_TYPE, mapped, two_groups, with_pacmap
from tests.tui.app_helpers import paint


def add_picture(project, folder: Path, number: int) -> None:
    """A new picture with a row of its own."""
    before = set(project.catalog.keys().tolist())
    paint(folder / "a" / f"{number:04d}.png", number, (40 + number, 30))
    project.scan()
    new = [key for key in project.catalog.keys().tolist() if key not in before]
    with store.Writer(project.vectors_folder / VEC_TYPE) as writer:
        writer.append([key.ljust(20, b"\0") for key in new], two_groups(1, seed=number))


def test_two_groups_lie_apart_and_places_are_kept(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 40) as project:
        first = lay_out(project, VEC_TYPE)
        assert first.points.shape == (40, 2) and first.share is not None and first.share > 0.5
        assert first.notes == () and map_path(project.path, VEC_TYPE, "pca").exists()
        even = np.array([b"/a/" in project.catalog.by_keys([key])[key].path for key in keys_of(first)])
        sides = first.points[:, 0] > 0
        assert (sides == even).all() or (sides == ~even).all()
        assert (lay_out(project, VEC_TYPE).points == first.points).all()
        assert lay_out(project, VEC_TYPE, again=True).points == pytest.approx(first.points, abs=1e-5)


def keys_of(layout) -> list[bytes]:
    return [bytes(key).ljust(20, b"\0") for key in layout.keys.tolist()]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_map_of_few_pictures(tmp_path: Path, count: int) -> None:
    with mapped(tmp_path / "p", count) as project:
        found = lay_out(project, VEC_TYPE)
        assert found.points.shape == (count, 2) and np.isfinite(found.points).all()


def test_pictures_that_are_all_alike_lie_at_one_place(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 6, np.tile(two_groups(1), (6, 1))) as project:
        assert not lay_out(project, VEC_TYPE).points.any()


def test_a_new_picture_joins_a_stored_map_whose_places_stay(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 40) as project:
        before = lay_out(project, VEC_TYPE)
        add_picture(project, tmp_path / "p", 100)
        after = lay_out(project, VEC_TYPE)
        assert after.notes == ("1 new picture placed by the same axes",)
        old = np.isin(after.keys, before.keys)
        assert (after.points[old] == before.points).all() and np.isfinite(after.points).all()
        assert lay_out(project, VEC_TYPE).notes == ()


def test_many_new_pictures_make_a_new_map(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 10) as project:
        lay_out(project, VEC_TYPE)
        for number in (100, 101):
            add_picture(project, tmp_path / "p", number)
        assert "computed again" in lay_out(project, VEC_TYPE).notes[0]


def test_a_picture_that_is_gone_leaves_the_map(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 40) as project:
        lay_out(project, VEC_TYPE)
        (tmp_path / "p/a/0000.png").unlink()
        project.scan()
        found = lay_out(project, VEC_TYPE)
        assert len(found.keys) == 39 and found.notes == ()


def test_vectors_of_other_weights_make_a_new_map(tmp_path: Path) -> None:
    from dataclasses import replace

    with mapped(tmp_path / "p", 10) as project:
        lay_out(project, VEC_TYPE)
        folder = project.vectors_folder / VEC_TYPE
        replace(Manifest.load(folder), revision="2").save(folder)
    with mapped_again(tmp_path / "p") as project:
        assert "the vectors have changed" in lay_out(project, VEC_TYPE).notes[0]


def mapped_again(folder: Path):
    from core.project import Project

    return Project.open_or_create(folder)


def test_rows_that_are_all_the_same_are_said_to_be(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 5, np.tile(np.float32([0.6, 0.8]), (5, 1))) as project:
        assert lay_out(project, VEC_TYPE).notes == ("all rows are the same: every picture is at one place",)


@pytest.mark.parametrize(
    "content", [b"", b"foreign", b"pictoscope map 1\n{}\n", b"pictoscope map 1\n[1]\n" + b"x" * 99]
)
def test_a_damaged_map_is_computed_again_and_said(tmp_path: Path, content: bytes) -> None:
    with mapped(tmp_path / "p", 10) as project:
        before = lay_out(project, VEC_TYPE)
        map_path(project.path, VEC_TYPE, "pca").write_bytes(content)
        found = lay_out(project, VEC_TYPE)
        assert "cannot be used" in found.notes[0] and found.notes[0].endswith("computed again")
        assert (found.points == before.points).all()
        assert lay_out(project, VEC_TYPE).notes == ()


@pytest.mark.parametrize("place", [0, 20, 60, -1])
def test_every_flipped_byte_is_found(tmp_path: Path, place: int) -> None:
    with mapped(tmp_path / "p", 10) as project:
        before = lay_out(project, VEC_TYPE)
        path = map_path(project.path, VEC_TYPE, "pca")
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)
        found = lay_out(project, VEC_TYPE)
        assert found.notes and (found.points == before.points).all()


def test_a_link_in_place_of_a_map_is_neither_read_nor_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    with mapped(tmp_path / "p", 10) as project:
        lay_out(project, VEC_TYPE)
        path = map_path(project.path, VEC_TYPE, "pca")
        path.unlink()
        path.symlink_to(outside)
        found = lay_out(project, VEC_TYPE)
        assert "is a symbolic link" in found.notes[0]
        assert outside.read_bytes() == b"mine"


def test_a_folder_of_maps_that_leads_elsewhere_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    with mapped(tmp_path / "p", 10) as project:
        (project.path / "maps").symlink_to(tmp_path / "outside")
        found = lay_out(project, VEC_TYPE)
        assert any(note.startswith("not stored") for note in found.notes)
        assert not list((tmp_path / "outside").iterdir())


def test_pacmap_that_is_not_installed_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda name: None)
    with mapped(tmp_path / "p", 10) as project, pytest.raises(PictoscopeError, match="need the package pacmap") as told:
        lay_out(project, VEC_TYPE, "pacmap")
    assert "pip install 'pictoscope[map]'" in told.value.hint


def test_pacmap_is_replaced_where_there_are_too_few_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_pacmap(monkeypatch)
    with mapped(tmp_path / "p", 10) as project:
        found = lay_out(project, VEC_TYPE, "pacmap")
    assert found.method == "pca" and found.notes == ("placed by pca: pacmap needs 30 pictures",)


def test_a_new_picture_lies_amid_those_it_resembles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PaCMAP itself has no part in it: its places are the first two components here."""
    with_pacmap(monkeypatch)
    monkeypatch.setattr(module, "pacmap_points", lambda rows, seed, reached: rows[:, :2] * 100)
    with mapped(tmp_path / "p", 40) as project:
        before = lay_out(project, VEC_TYPE, "pacmap")
        add_picture(project, tmp_path / "p", 100)  # a row of the even ones
        after = lay_out(project, VEC_TYPE, "pacmap")
        assert after.notes == ("1 new picture placed among those they resemble most",)
        even = np.array([b"/a/" in project.catalog.by_keys([key])[key].path for key in keys_of(before)])
        (new,) = after.points[~np.isin(after.keys, before.keys)]
        to_even, to_odd = (np.linalg.norm(before.points[side].mean(axis=0) - new) for side in (even, ~even))
        assert to_even < to_odd


def test_pacmap_places_two_groups_apart_and_the_same_again(tmp_path: Path) -> None:
    pytest.importorskip("pacmap", reason="pacmap is not installed: pip install 'pictoscope[map]'")
    with mapped(tmp_path / "p", 60) as project:
        found = lay_out(project, VEC_TYPE, "pacmap")
        assert found.method == "pacmap" and found.share is None and np.isfinite(found.points).all()
        again = lay_out(project, VEC_TYPE, "pacmap", again=True)
        assert (again.points == found.points).all()


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 3) as project:
        with pytest.raises(UsageError, match="there is no method 'tsne'"):
            lay_out(project, VEC_TYPE, "tsne")
        with pytest.raises(PictoscopeError, match="dinov2"):
            lay_out(project, "dinov2")


def test_a_part_keeps_its_places(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 12) as project:
        whole = lay_out(project, VEC_TYPE)
        part = whole.within(whole.keys[3:7])
        assert (part.points == whole.points[3:7]).all() and (part.numbers == whole.numbers[3:7]).all()
        assert not len(whole.within(whole.keys[:0]).keys)
