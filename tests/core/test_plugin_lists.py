"""A look at the lists of packages says whether Python must be asked for plug-ins."""

from __future__ import annotations

import importlib.metadata
import sys
import zipfile
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from core import plugins
from core.plugin_lists import may_be_announced

OTHERS = "[console_scripts]\npictoscope = tui.start:main\n[pictoscope.models]\nmine = mine:MODEL\n"


def package(site: Path, name: str, listed: str | None) -> None:
    about = site / name
    about.mkdir(parents=True)
    if listed is not None:
        (about / "entry_points.txt").write_text(listed)


def announced(*path: str | Path) -> bool:
    return may_be_announced(plugins.ACTIONS, list(map(str, path)), [PathFinder])


@pytest.mark.parametrize("ending", [".dist-info", ".egg-info"])
def test_a_package_that_names_the_group_is_found_among_others(tmp_path: Path, ending: str) -> None:
    package(tmp_path, "without-1.0.dist-info", None)
    package(tmp_path, "others-1.0.dist-info", OTHERS)
    (tmp_path / "old-1.0.egg-info").write_text("Name: old\n")  # a file, as distutils wrote it
    assert not announced(tmp_path / "nowhere", tmp_path)
    package(tmp_path, f"mine-1.0{ending}", "[pictoscope.actions]\nmine = mine:ACTION\n")
    assert announced(tmp_path / "nowhere", tmp_path)


def test_the_current_folder_counts_where_python_looks_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "mine-1.0.dist-info", "[pictoscope.actions]\n")
    monkeypatch.chdir(tmp_path)
    assert announced("")


def test_python_is_asked_where_a_look_does_not_tell(tmp_path: Path) -> None:
    archive = tmp_path / "packages.zip"
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("mine-1.0.dist-info/entry_points.txt", "[pictoscope.actions]\n")
    assert announced(archive)
    assert announced(tmp_path / "mine-1.0.egg")

    class Finder:
        def find_distributions(self) -> None: ...

    assert may_be_announced(plugins.ACTIONS, [], [PathFinder, Finder()])


def test_a_list_that_cannot_be_read_is_left_to_python(tmp_path: Path) -> None:
    package(tmp_path, "mine-1.0.dist-info", None)
    (tmp_path / "mine-1.0.dist-info" / "entry_points.txt").mkdir()
    assert announced(tmp_path)


def test_python_finds_nothing_where_the_look_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine, for groups that exist and for one that does not."""
    groups = importlib.metadata.entry_points().groups
    assert groups and all(may_be_announced(group) for group in groups)
    nobody = "pictoscope.of_nobody"
    assert not importlib.metadata.entry_points(group=nobody)
    assert may_be_announced(nobody, sys.path, [PathFinder]) is False
