"""``project.toml``: what is saved is loaded, what a person breaks is named, what is not ours is kept."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import DiskFull, ProjectError
from core.settings import Settings
from core.user_folders import data_folder, state_folder

folders = st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name).map(os.fsdecode)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "holiday" / ".pictoscope"
    folder.mkdir(parents=True)
    return folder / "project.toml"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(texts, st.lists(folders, max_size=4), texts, st.booleans())
def test_what_is_saved_is_loaded_whatever_bytes_the_folders_have(
    path: Path, name: str, stored: list[str], vec_type: str, follow: bool
) -> None:
    saved = Settings(name, tuple(f"/{folder}" for folder in stored), vec_type, follow)
    saved.save(path)
    assert Settings.load(path) == saved


def test_the_file_is_toml_that_a_person_can_read(path: Path) -> None:
    Settings("holiday", ("..", "/data/caf\udce9"), "clip+grey").save(path)
    assert tomllib.loads(path.read_text("utf-8")) == {
        "format": 1,
        "name": "holiday",
        "folders": ["..", "bytes:" + b"/data/caf\xe9".hex()],
        "default_vec_type": "clip+grey",
        "follow_links": False,
    }


def test_keys_of_other_programs_and_versions_survive_a_save(path: Path) -> None:
    path.write_text('format = 1\nfolders = []\ncolour = "green"\n[display]\nsize = 3\n')
    Settings("holiday", ("..",)).save(path)
    written = tomllib.loads(path.read_text())
    assert written["colour"] == "green"
    assert written["display"] == {"size": 3}
    assert written["folders"] == [".."]


def test_what_is_left_out_has_a_default(path: Path) -> None:
    path.write_text("format = 1")
    assert Settings.load(path) == Settings("holiday", (), "", follow_links=False)


def test_a_folder_that_only_looks_escaped_is_taken_as_it_is(path: Path) -> None:
    path.write_text('format = 1\nfolders = ["bytes:zz"]')
    assert Settings.load(path).folders == ("bytes:zz",)


def test_a_folder_is_added_once() -> None:
    settings = Settings("holiday", ("a",)).with_folder("b")
    assert settings.folders == ("a", "b")
    assert settings.with_folder("a") is settings


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "it has no format version"),
        ("format = 0", "it has no format version"),
        ('format = "1"', "it has no format version"),
        ("format = = 1", "Invalid value"),
        (b"format = 1\nname = '\xff'", "utf-8"),
        ("format = 1\nname = 3", "name is not a str"),
        ('format = 1\nfolders = "a"', "folders is not a list"),
        ("format = 1\nfolders = [1]", "folders is not a list of paths"),
        ('format = 1\nfolders = [""]', "folders is not a list of paths"),
        ("format = 1\ndefault_vec_type = []", "default_vec_type is not a str"),
        ("format = 1\nfollow_links = 1", "follow_links is not a bool"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong_and_what_helps(
    path: Path, content: str | bytes, words: str
) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ProjectError) as caught:
        Settings.load(path)
    assert caught.value.message.startswith(f"{path} is damaged: ")
    assert words in caught.value.message
    assert "--rebuild-settings" in caught.value.hint


def test_a_newer_format_is_refused_and_not_called_damaged(path: Path) -> None:
    path.write_text("format = 2\nname = 3")
    with pytest.raises(ProjectError, match="has format 2, this Pictoscope reads up to 1") as caught:
        Settings.load(path)
    assert str(path) in caught.value.message
    assert "upgrade" in caught.value.hint


def test_no_file_is_no_project(path: Path) -> None:
    with pytest.raises(ProjectError, match="no project at") as caught:
        Settings.load(path)
    assert "pictoscope add" in caught.value.hint


def test_a_file_that_cannot_be_read_is_named(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ProjectError, match="cannot be read"):
        Settings.load(path)


def test_a_save_that_fails_leaves_the_old_settings(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Settings("old", ("..",))
    old.save(path)

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(DiskFull):
        Settings("new", ()).save(path)
    assert Settings.load(path) == old


# The user's folders


def test_the_users_folders_lie_where_the_environment_says(home: Path) -> None:
    assert data_folder() == state_folder() == home


def test_the_users_folders_are_made_when_they_are_first_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PICTOSCOPE_HOME", "~/a/b")
    assert data_folder() == state_folder() == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def test_without_a_say_data_and_state_lie_apart_in_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PICTOSCOPE_HOME")
    for variable in ("XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folders = (data_folder(), state_folder())
    assert folders[0] != folders[1]
    for folder in folders:
        assert folder.is_relative_to(tmp_path)
        assert folder.is_dir()
