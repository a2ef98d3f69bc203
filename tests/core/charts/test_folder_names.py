"""Short names of folders."""

from __future__ import annotations

from core.charts.folder_names import below, common_folder


def test_folders_are_named_from_the_one_that_holds_all() -> None:
    paths = ["/a/b/c", "/a/b", None, "/a/b/d/e"]
    assert common_folder(paths) == "/a/b"
    assert [below(path, "/a/b") for path in paths if path] == ["c", ".", "d/e"]


def test_what_is_no_folder_keeps_its_name() -> None:
    assert common_folder(["cat", "/a"]) == common_folder(["/a"]) == common_folder([None]) == common_folder([]) == ""
    assert below("cat/black", "") == "cat/black"
