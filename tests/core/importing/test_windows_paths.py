"""Paths as Windows writes them name the same pictures, and never another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.project import Project
from tests.core.importing.conftest import Plan, labels_of, paint

TABLES = Path(__file__).parents[2] / "faults"


def tagged(project: Project, done: Plan, *paths: str, **options: object) -> list[str]:
    done("path,tags\n" + "".join(f'"{path}",win\n' for path in paths), **options)
    return sorted(labels_of(project))


@pytest.mark.parametrize(
    "path",
    [
        r"sub\c.png",
        r"one\sub\c.png",
        r".\one\sub\c.png",
        r"C:\Users\me\pics\one\sub\c.png",
        r"D:\sub\c.png",
        r"\\server\share\one\sub\c.png",
        r"C:/Users/me\one/sub\c.png",
    ],
)
def test_a_windows_path_names_the_picture_that_ends_like_it(project: Project, done: Plan, path: str) -> None:
    assert tagged(project, done, path) == ["one/sub/c.png"]


@pytest.mark.parametrize(
    "path", [r"C:\c.png", r"C:\other\c.png", r"C:\other\a.png", r"\\server\share\c.png", "C:", "\\"]
)
def test_a_windows_path_that_ends_in_a_name_alone_names_nothing(project: Project, look: Plan, path: str) -> None:
    report = look(f'path,tags\n"{path}",win\n')
    assert (report.matched, report.unmatched.count) == (0, 1)


def test_the_longest_ending_counts(project: Project, done: Plan) -> None:
    paint(project.folders[0] / "one" / "sub" / "c.png", 9)
    project.scan()
    assert tagged(project, done, r"C:\pics\one\one\sub\c.png") == ["one/one/sub/c.png"]


def test_a_file_with_a_backslash_in_its_name_comes_first(project: Project, done: Plan) -> None:
    paint(project.folders[0] / r"sub\c.png", 9)
    project.scan()
    assert tagged(project, done, r"sub\c.png") == [r"one/sub\c.png"]


def test_by_name_the_folders_do_not_count(project: Project, done: Plan) -> None:
    assert tagged(project, done, r"E:\elsewhere\c.png", r"x\a.png", by="name") == ["one/a.png", "one/sub/c.png"]


def test_a_name_that_several_have_is_ambiguous_with_windows_folders_too(look: Plan) -> None:
    report = look("path,tags\n" + r"C:\x\same.png,win" + "\n", by="name")
    assert (report.matched, report.ambiguous.count) == (0, 1)


def test_both_kinds_of_paths_stand_in_one_table(project: Project, done: Plan) -> None:
    text = (TABLES / "windows-paths.csv").read_text()
    done(text.replace("cat.jpg", "a.png").replace(r"p\dog.jpg", r"two\d.png").replace(r"p\a", r"one\a"))
    assert sorted(labels_of(project)) == ["one/a.png", "two/d.png"]
