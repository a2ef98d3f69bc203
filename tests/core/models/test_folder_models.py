"""Folders of weights have short names that lead back to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.models import folder_models
from core.models.catalogue import find
from core.vectors.vec_type import VecType


def test_a_remembered_folder_is_found_by_its_name(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "My Model (v2)"
    folder.mkdir()
    vec_type = VecType.of(str(folder), greyscale=True)
    assert vec_type.name.startswith("folder.my-model-v2-")
    assert vec_type.name.endswith("+grey")
    assert VecType.parse(vec_type.name).spec.folder == folder


def test_folders_of_the_same_name_have_names_of_their_own(tmp_path: Path) -> None:
    assert folder_models.name_of(tmp_path / "a" / "model") != folder_models.name_of(tmp_path / "b" / "model")


def test_a_folder_nobody_remembers_is_said(home: Path) -> None:
    with pytest.raises(UsageError, match="the model folder 'gone-123456' is not known on this machine") as caught:
        find("folder:gone-123456")
    assert "give the path" in caught.value.hint


def test_a_damaged_list_of_folders_is_as_good_as_none(home: Path, tmp_path: Path) -> None:
    folder_models._file().parent.mkdir(parents=True, exist_ok=True)
    folder_models._file().write_bytes(b"folders = 3 [")
    name = folder_models.remember(tmp_path)
    assert folder_models.path_of(name) == tmp_path


def test_a_relative_path_is_a_folder_and_one_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find("./weights").folder == find("weights").folder == tmp_path / "weights"
    with pytest.raises(UsageError, match="there is no folder"):
        find("./absent")
