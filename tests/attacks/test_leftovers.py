"""A program that is killed with ``kill -9`` at any instant leaves nothing that stays for ever."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core import temporaries
from core.export.target import new_folder
from core.files import atomic_writes, write_atomic
from core.project import Project
from core.temporaries import TemporaryFile, remove_leftovers
from core.vectors import store, vec_types

# A maker that writes, says so, and waits to be killed. `{0}` is the folder.
MAKERS = {
    "a file that replaces": "atomic_writes([Path(r'{0}/new.csv')])",
    "a new file": "atomic_writes([Path(r'{0}/new.csv')], replace=False)",
    "two new files": "atomic_writes([Path(r'{0}/new.npy'), Path(r'{0}/new.csv')], replace=False)",
    "a folder": "folder(Path(r'{0}/new'))",
}
SCRIPT = """
import contextlib, os, sys, time
from pathlib import Path
from core.files import atomic_writes
from core.temporaries import TemporaryFolder

@contextlib.contextmanager
def folder(path):
    temporary = TemporaryFolder(path)
    (temporary.path / "link").symlink_to("/etc/passwd")
    (temporary.path / "part").write_bytes(b"1" * 1000)
    yield []

with {0} as streams:
    for stream in streams:
        stream.write(b"1" * 100_000)
        stream.flush()
    print("written", flush=True)
    time.sleep(1000)
"""


def maker(kind: str, folder: Path) -> subprocess.Popen[str]:
    """A process that has made something and will not finish it."""
    script = SCRIPT.replace("{0}", MAKERS[kind].format(folder))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "written\n"
    return process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where it is written. Beside it what only looks like something of ours."""
    made = tmp_path / "exports"
    made.mkdir()
    for name in (".hidden", "new.pictoscope-0123456789ab", ".new.pictoscope-", ".new.pictoscope-0123456789AB"):
        (made / name).write_text("somebody's")
    (made / ".x.pictoscope-aaaaaaaaaaaa").symlink_to(made / ".hidden")
    os.mkfifo(made / ".x.pictoscope-bbbbbbbbbbbb")
    return made


@pytest.mark.parametrize("kind", MAKERS)
def test_what_a_killed_program_was_writing_is_gone_when_the_next_one_writes_there(folder: Path, kind: str) -> None:
    before = set(os.listdir(folder))
    process = maker(kind, folder)
    alive = set(os.listdir(folder))
    remove_leftovers(folder)
    write_atomic(folder / "other.csv", b"2")
    assert set(os.listdir(folder)) == alive | {"other.csv"}  # what is being written is left alone
    process.kill()
    process.wait()
    if "new file" in kind:
        assert set(os.listdir(folder)) == before | {"other.csv"}  # it had no name at all
    write_atomic(folder / "other.csv", b"3")
    assert set(os.listdir(folder)) == before | {"other.csv"}
    assert Path("/etc/passwd").exists()


def test_leftovers_of_another_user_and_of_another_form_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = folder / ".new.csv.pictoscope-cccccccccccc"
    left.write_text("1")
    monkeypatch.setattr(temporaries.os, "geteuid", lambda: os.getuid() + 1)
    remove_leftovers(folder)
    assert left.exists()
    monkeypatch.undo()
    remove_leftovers(folder)
    assert not left.exists()


def test_a_file_system_without_nameless_files_and_one_without_links(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    before = set(os.listdir(folder))
    with atomic_writes([folder / "a"], replace=False) as (stream,):
        assert len(os.listdir(folder)) == len(before) + 1
        stream.write(b"1")
    assert set(os.listdir(folder)) == before | {"a"}


def test_a_name_that_is_taken_is_not_taken_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = TemporaryFile(folder / "a", nameless=True)
    (folder / "a").symlink_to("nowhere")
    with pytest.raises(FileExistsError) as caught:
        file.name_new()
    assert caught.value.filename == str(folder / "a")
    file.discard()
    assert (folder / "a").is_symlink()


def test_a_temporary_that_is_removed_before_it_is_held_is_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = temporaries.fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        if not calls:
            (found,) = (path for path in folder.iterdir() if path.name.startswith(".late."))
            found.unlink()
        calls.append(how)
        real(descriptor, how)

    monkeypatch.setattr(temporaries.fcntl, "flock", late)
    file = TemporaryFile(folder / "late", nameless=False)
    monkeypatch.undo()
    file.stream.write(b"whole")
    file.stream.flush()
    file.replace()
    file.close()
    assert (folder / "late").read_bytes() == b"whole"


def test_an_export_of_a_folder_clears_away_what_a_killed_one_left(filled_template: Path, folder: Path) -> None:
    process = maker("a folder", folder)
    process.kill()
    process.wait()
    assert [path for path in folder.iterdir() if path.is_dir()]
    with Project(filled_template / ".pictoscope") as project, new_folder(project, folder / "new") as made:
        (made / "a").touch()
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["new"]


DELETE = """
import os, shutil, signal, sys
from pathlib import Path
from core.vectors import store
shutil.rmtree = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
store.delete(Path(sys.argv[1]))
"""


def _delete_another(project: Project) -> None:
    store.delete(project.vectors_folder / "conse")


def _create(project: Project) -> None:
    store.remove_deleted(project.vectors_folder)


def _list(project: Project) -> None:
    from tui import cli

    assert cli.main(["vectors", "list", "--project", str(project.path)]) == 0


@pytest.mark.parametrize("then", [_delete_another, _create, _list])
def test_a_deletion_that_was_killed_halfway_is_finished(
    filled_template: Path, tmp_path: Path, then: Callable[[Project], None]
) -> None:
    copy = shutil.copytree(filled_template, tmp_path / "copy")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    with Project(copy / ".pictoscope") as project:
        folder = project.vectors_folder
        done = subprocess.run([sys.executable, "-c", DELETE, str(folder / "effnet-lite0")])
        assert done.returncode == -signal.SIGKILL
        (left,) = folder.glob(".deleted-*")
        (left / "link").symlink_to(outside)
        (folder / ".deleted-link").symlink_to(outside)
        assert "effnet-lite0" not in vec_types.names(folder)
        then(project)
        assert [path.name for path in folder.glob(".deleted-*")] == [".deleted-link"]
        assert (outside / "kept").exists()


def test_two_may_remove_the_same_at_once(
    filled_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(filled_template / ".pictoscope" / "vectors", tmp_path / "vectors")
    real = shutil.rmtree

    def twice(path: Path, **options: object) -> None:
        monkeypatch.undo()
        for name in os.listdir(path):
            os.unlink(os.path.join(path, name))
        real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(store.shutil, "rmtree", twice)
    store.delete(copy / "effnet-lite0")
    assert not list(copy.glob(".deleted-*"))
