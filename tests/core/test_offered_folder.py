"""Whether a folder has pictures, and whether it holds the user's home."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.offered_folder import has_pictures, holds_home


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.jpg", True),
        ("below/and/deeper/a.PNG", True),
        ("a.txt", False),
        (".hidden/a.jpg", False),
        (".a.jpg", False),
        ("._a.jpg", False),
    ],
)
def test_pictures_are_found_by_name_as_a_scan_does(tmp_path: Path, name: str, found: bool) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    assert has_pictures(tmp_path) == found


def test_links_are_not_followed_and_folders_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jpg").touch()
    (tmp_path / "here" / "b.jpg").mkdir(parents=True)
    (tmp_path / "here" / "link.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
    (tmp_path / "here" / "folder").symlink_to(tmp_path / "elsewhere")
    assert not has_pictures(tmp_path / "here")
    assert not has_pictures(tmp_path / "missing")


def test_only_so_many_entries_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.offered_folder._LOOKED_AT", 5)
    for number in range(6):
        (tmp_path / f"{number}.txt").touch()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jpg").touch()
    assert not has_pictures(tmp_path)


def test_home_and_the_folders_above_it_hold_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home" / "user"
    (home / "pictures").mkdir(parents=True)
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setenv("HOME", str(home))
    assert all(holds_home(folder) for folder in (home, home.parent, tmp_path, Path("/"), tmp_path / "link"))
    assert not any(holds_home(folder) for folder in (home / "pictures", tmp_path / "other", tmp_path / "link/pictures"))
