"""Converted models in the cache, which several jobs fill and read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.errors import DiskFull
from core.models import converted
from core.models.sources import Source

SOURCE = Source("clip", {"weights": "1"})


def convert(text: str) -> None:
    with converted.writing(SOURCE) as (folder, facts):
        (folder / "pictures.xml").write_text(text, "ascii")
        facts["dim"] = 3


def text_of(entry: converted.Entry | None) -> str:
    assert entry is not None
    return (entry.folder / "pictures.xml").read_text("ascii")


def folders() -> list[str]:
    return sorted(os.listdir(converted.model_folder(SOURCE.model)))


def test_what_was_written_is_read_and_replaces_what_there_was() -> None:
    assert converted.read(SOURCE) is None
    for text in ("one", "two"):
        convert(text)
        assert text_of(converted.read(SOURCE)) == text
    assert folders() == [SOURCE.name]


@pytest.mark.parametrize("before", [False, True])
def test_what_another_job_has_converted_at_the_same_moment_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: bool
) -> None:
    convert("the other's")
    shutil.copytree(target := converted.model_folder(SOURCE.model) / SOURCE.name, tmp_path / "others")
    if not before:
        shutil.rmtree(target)
    rename = os.rename

    def rename_late(new: Any, name: Any) -> None:
        shutil.copytree(tmp_path / "others", target)
        rename(new, name)

    monkeypatch.setattr(converted.os, "rename", rename_late)
    convert("ours")
    assert text_of(converted.read(SOURCE)) == "the other's"
    assert folders() == [SOURCE.name]


def test_there_is_one_while_the_one_before_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    convert("one")
    rmtree, found = shutil.rmtree, list[str]()

    def look_and_remove(folder: Path, **options: Any) -> None:
        found.append(text_of(converted.read(SOURCE)))
        rmtree(folder, **options)

    monkeypatch.setattr(converted.shutil, "rmtree", look_and_remove)
    convert("two")
    assert set(found) == {"two"}


def test_another_error_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(new: Any, name: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(converted.os, "rename", full)
    with pytest.raises(DiskFull):
        convert("one")
    assert folders() == []


def test_one_that_is_replaced_while_it_is_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    convert("one")
    real, waiting = converted.sha256_of, ["two"]

    def replaced(path: Path) -> str:
        if waiting:
            convert(waiting.pop())
        return real(path)

    monkeypatch.setattr(converted, "sha256_of", replaced)
    assert text_of(converted.read(SOURCE)) == "two"


def test_one_that_is_removed_while_it_is_read_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    convert("one")
    real = converted.sha256_of

    def removed(path: Path) -> str:
        converted.remove(SOURCE)
        return real(path)

    monkeypatch.setattr(converted, "sha256_of", removed)
    assert converted.read(SOURCE) is None


def test_only_what_this_process_wrote_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(converted, "_WRITER", "another")
        convert("the other's")
    converted.remove(SOURCE)
    assert text_of(converted.read(SOURCE)) == "the other's"
    convert("ours")
    converted.remove(SOURCE)
    assert folders() == []
