"""A project: created, found, changed; errors say what is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DiskFull, ProjectError, UsageError
from core.folder_paths import picture_folder
from core.folders import plan_move
from core.project import Project
from core.project_location import FOLDER_NAME
from tests.core.project_helpers import known, make_pictures

STRANGE = [b"new\nline", b"\x1b[31mred\x1b[0m", b"caf\xe9", b"[bold]", b" ", b"~nosuchuser", b"bytes:00"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three pictures, one of them in a sub-folder."""
    return make_pictures(tmp_path / "pictures", "a.png", "b.png", "sub/c.png")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Created and found


def test_a_project_lies_in_the_picture_folder_and_is_found_again(pictures: Path) -> None:
    with Project.open_or_create(pictures) as made:
        assert made.path == pictures / FOLDER_NAME
        assert made.settings.name == "pictures"
        assert made.folders == [pictures]
        assert made.scan().pictures == 3
    with Project.open_or_create(pictures) as again:
        assert again.settings == made.settings
        assert again.catalog.count() == 3


@pytest.mark.parametrize("start", [".", "sub", "sub/deeper", FOLDER_NAME, "sub/nowhere/yet"])
def test_a_project_is_found_from_anywhere_inside_its_folder(pictures: Path, start: str) -> None:
    Project.open_or_create(pictures)
    (pictures / "sub" / "deeper").mkdir()
    found = Project.find(pictures / start)
    assert found
    assert found.path == pictures / FOLDER_NAME


def test_the_nearest_project_is_found(pictures: Path) -> None:
    Project.open_or_create(pictures)
    inner = Project.create(pictures / "sub" / FOLDER_NAME, [pictures / "sub"])
    found = Project.find(pictures / "sub")
    assert found
    assert found.path == inner.path


def test_where_no_project_is_none_is_found(tmp_path: Path) -> None:
    assert Project.find(tmp_path) is None
    with pytest.raises(ProjectError, match="no project at"):
        Project(tmp_path)


def test_a_project_whose_folder_has_gone_is_not_one_without_vectors(pictures: Path) -> None:
    with Project.open_or_create(pictures) as project:
        assert project.statuses() == []
        project.path.rename(pictures / "elsewhere")
        with pytest.raises(ProjectError, match="no project at") as caught:
            project.statuses()
        assert "its disk is not connected" in caught.value.hint


def test_opening_a_folder_inside_a_project_opens_that_project(pictures: Path) -> None:
    Project.open_or_create(pictures)
    assert Project.open_or_create(pictures / "sub").path == pictures / FOLDER_NAME
    assert not (pictures / "sub" / FOLDER_NAME).exists()


def test_a_project_beside_the_pictures_leaves_their_folder_as_it_is(pictures: Path, tmp_path: Path) -> None:
    before = tree(pictures)
    with Project.create(tmp_path / "elsewhere" / "deep", [pictures], "My pictures") as project:
        assert project.scan().pictures == 3
        assert project.settings.name == "My pictures"
    assert tree(pictures) == before


def test_a_project_that_moves_with_its_pictures_knows_them_still(pictures: Path, tmp_path: Path) -> None:
    with Project.open_or_create(pictures) as project:
        project.scan()
        before = known(project)
    moved = pictures.rename(tmp_path / "moved")
    with Project.open_or_create(moved) as project:
        assert list(known(project).values()) == list(before.values())
        assert all(os.path.exists(path) for path in known(project))
        report = project.scan()
    assert (report.new, report.removed, report.absent) == (0, 0, [])


def test_a_project_is_not_made_over_another(pictures: Path) -> None:
    Project.create(pictures / FOLDER_NAME, [pictures])
    with pytest.raises(ProjectError, match="is already a project") as caught:
        Project.create(pictures / FOLDER_NAME, [])
    assert caught.value.hint


def test_a_project_cannot_be_made_where_a_file_is(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match=r"cannot create a project at .*file exists") as caught:
        Project.create(tmp_path / "file", [pictures])
    assert "--project" in caught.value.hint


def test_a_project_cannot_be_made_where_nothing_may_be_written(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    make_pictures(own_folder / "fixed", "a.png")
    (own_folder / "fixed").chmod(0o555)
    with as_ordinary_user(), pytest.raises(ProjectError, match=r"cannot create a project at .*permission denied"):
        Project.open_or_create(own_folder / "fixed")
    assert os.listdir(own_folder / "fixed") == ["a.png"]


def test_a_disk_that_is_full_makes_no_project(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(DiskFull):
            Project.open_or_create(pictures)
    assert Project.find(pictures) is None
    assert Project.open_or_create(pictures).folders == [pictures]


@pytest.mark.parametrize("name", STRANGE)
def test_a_folder_of_any_name_is_a_project(tmp_path: Path, name: bytes) -> None:
    folder = make_pictures(tmp_path / os.fsdecode(name), "a.png")
    with Project.open_or_create(folder) as project:
        assert project.scan().pictures == 1
    with Project.create(tmp_path / "elsewhere", [folder]) as project:
        project.scan()
        assert Project(project.path).folders == [folder]
        assert list(known(project)) == [os.fsencode(folder / "a.png")]


# Folders


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent", "there is no folder "),
        ("pictures/a.png", "not a folder: "),
        ("a\n\x1b[2J", r"there is no folder .*\\n\\x1b"),
    ],
)
def test_what_is_no_folder_is_refused_in_one_line(pictures: Path, tmp_path: Path, name: str, words: str) -> None:
    attempts: Sequence[Callable[[Path], object]] = (
        Project.open_or_create,
        picture_folder,
        Project.open_or_create(pictures).add_folder,
    )
    for attempt in attempts:
        with pytest.raises(ProjectError, match=words) as caught:
            attempt(tmp_path / name)
        assert "\n" not in caught.value.message
        assert caught.value.hint


def test_a_folder_that_may_not_be_read_is_refused(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    (own_folder / "secret").mkdir(mode=0)
    with as_ordinary_user():
        for attempt in (Project.open_or_create, picture_folder):
            with pytest.raises(ProjectError, match="no permission to read") as caught:
                attempt(own_folder / "secret")
            assert "chmod" in caught.value.hint


def test_a_folder_that_may_be_listed_and_not_entered_is_an_error_in_words(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    (own_folder / "half").mkdir()
    (own_folder / "half").chmod(0o444)
    with as_ordinary_user(), pytest.raises(ProjectError, match="permission") as caught:
        Project.open_or_create(own_folder / "half")
    assert caught.value.hint


def test_a_disk_that_fails_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: object) -> None:
        raise OSError(5, "Input/output error", path)

    monkeypatch.setattr(os, "scandir", fails)
    with pytest.raises(ProjectError, match=r"cannot read .*: Input/output error"):
        picture_folder(tmp_path)


def test_the_home_folder_has_a_short_name(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(pictures))
    assert picture_folder("~/sub") == pictures / "sub"


def test_a_name_that_begins_like_another_users_home_is_a_folder_like_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~nosuchuser").mkdir()
    assert picture_folder("~nosuchuser") == tmp_path / "~nosuchuser"
    with pytest.raises(ProjectError, match="there is no folder"):
        picture_folder("~nosuchuser2")


def test_a_project_has_several_folders_and_keeps_them(pictures: Path, tmp_path: Path) -> None:
    more = make_pictures(tmp_path / "more", "d.png")
    with Project.open_or_create(pictures) as project:
        assert project.add_folder(more) == more
        assert project.add_folder(os.path.relpath(more)) == more
        assert project.folders == [pictures, more]
        assert project.scan().pictures == 4
    assert Project.open_or_create(pictures).folders == [pictures, more]


@pytest.mark.parametrize("inner", ["sub", "sub/deeper"])
def test_folders_within_each_other_are_refused_both_ways(pictures: Path, tmp_path: Path, inner: str) -> None:
    (pictures / inner).mkdir(exist_ok=True)
    outer = Project.create(tmp_path / "outer", [pictures])
    with pytest.raises(ProjectError, match="overlap: one contains the other"):
        outer.add_folder(pictures / inner)
    with pytest.raises(ProjectError, match="overlap: one contains the other"):
        Project.create(tmp_path / "inner", [pictures / inner]).add_folder(pictures)
    assert Project(outer.path).folders == [pictures]


@pytest.mark.parametrize("slash", ["", "/", "/."])
def test_a_second_name_of_a_folder_is_said(pictures: Path, tmp_path: Path, slash: str) -> None:
    (tmp_path / "link").symlink_to(pictures)
    (tmp_path / "above").symlink_to(pictures.parent)
    with Project.create(tmp_path / "project", [pictures]) as project:
        for second in (tmp_path / "link", tmp_path / "above" / pictures.name):
            with pytest.raises(ProjectError, match="is the same folder as"):
                project.add_folder(f"{second}{slash}")
            with pytest.raises(ProjectError, match="is the same folder as"):
                Project.create(project.path, [second], exist_ok=True)
        assert project.folders == [pictures]
        assert project.add_folder(f"{pictures}{slash}") == pictures
        assert project.folders == [pictures]


def test_folders_that_overlap_through_links_are_refused(pictures: Path, tmp_path: Path) -> None:
    (pictures / "sub").mkdir(exist_ok=True)
    (tmp_path / "inner").symlink_to(pictures / "sub")
    (tmp_path / "link").symlink_to(pictures)
    outer = Project.create(tmp_path / "outer", [pictures])
    for inner in (tmp_path / "inner", tmp_path / "link" / "sub"):
        with pytest.raises(ProjectError, match="overlap: one contains the other"):
            outer.add_folder(inner)
        with pytest.raises(ProjectError, match="overlap: one contains the other"):
            Project.create(tmp_path / f"of {inner.name}", [inner]).add_folder(pictures)
    assert Project(outer.path).folders == [pictures]


def test_a_folder_does_not_move_onto_a_second_name_of_another(pictures: Path, tmp_path: Path) -> None:
    more = make_pictures(tmp_path / "more", "a.png")
    (tmp_path / "link").symlink_to(more)
    project = Project.create(tmp_path / "project", [pictures, more])
    with project, pytest.raises(ProjectError, match="is the same folder as"):
        plan_move(project, pictures, tmp_path / "link")


def test_folders_that_only_begin_alike_are_different(pictures: Path, tmp_path: Path) -> None:
    other = make_pictures(tmp_path / "pictures2", "a.png")
    assert Project.create(tmp_path / "project", [pictures, other]).folders == [pictures, other]


def test_a_folder_taken_out_leaves_the_catalog_at_the_next_scan(pictures: Path, tmp_path: Path) -> None:
    more = make_pictures(tmp_path / "more", "d.png")
    with Project.create(tmp_path / "project", [pictures, more]) as project:
        assert project.scan().pictures == 4
        project.remove_folder(pictures)
        assert project.scan().pictures == 1
        assert list(known(project)) == [os.fsencode(more / "d.png")]
        with pytest.raises(UsageError, match="is not a folder of this project"):
            project.remove_folder(pictures)
    assert Project(tmp_path / "project").folders == [more]


def test_a_folder_that_is_gone_can_be_taken_out(pictures: Path, tmp_path: Path) -> None:
    more = make_pictures(tmp_path / "more")
    project = Project.create(tmp_path / "project", [pictures, more])
    more.rmdir()
    project.remove_folder(more)
    assert project.folders == [pictures]


def test_settings_that_cannot_be_written_stay_as_they_were(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.open_or_create(pictures)

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(DiskFull):
        project.update_settings(lambda settings: replace(settings, default_vec_type="conse"))
    assert project.settings.default_vec_type == ""
    assert Project(project.path).settings == project.settings


# Newer versions, and closing


def test_a_project_of_a_newer_version_is_refused(pictures: Path) -> None:
    file = Project.open_or_create(pictures).path / "project.toml"
    file.write_text(file.read_text().replace("format = 1", "format = 9"))
    for attempt in (Project.open_or_create, Project.find):
        with pytest.raises(ProjectError, match="has format 9") as caught:
            attempt(pictures)
        assert "upgrade" in caught.value.hint


def test_a_closed_project_opens_its_databases_again_when_asked(pictures: Path) -> None:
    with Project.open_or_create(pictures) as project:
        project.scan()
        assert project.thumbnails.get(b"a" * 20, pictures / "a.png").size == (8, 6)
    assert project.catalog.count() == 3
    project.close()
    project.close()
