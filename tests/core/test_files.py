"""Files that survive a crash: the old content or the new one, and locks that die with their process."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DiskFull, StoreBusy
from core.files import Lock, atomic_writes, disk_full, is_locked, modified_ns, write_atomic

HOLD = """
import sys
from pathlib import Path
from types import SimpleNamespace
from core.files import Lock
lock = Lock.take(Path(sys.argv[1]), "the other one")
print("held", flush=True)
sys.stdin.readline()"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "effnet-lite0" / "lock"


@pytest.fixture(autouse=True)
def folder(lock: Path) -> Path:
    lock.parent.mkdir()
    return lock.parent


def other_process(lock: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until its input ends."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout
    assert other.stdout.readline() == "held\n"
    return other


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_written_file_holds_the_last_content_and_nothing_lies_beside_it(
    folder: Path, first: bytes, second: bytes
) -> None:
    for content in (first, second):
        write_atomic(folder / "a.toml", content)
        assert (folder / "a.toml").read_bytes() == content
    assert os.listdir(folder) == ["a.toml"]


def test_of_two_files_none_is_there_before_both_are(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_writes([folder / "a", folder / "b"]) as streams:
        streams[0].write(b"1")
        raise KeyboardInterrupt
    assert os.listdir(folder) == []
    with atomic_writes([folder / "a", folder / "b"], replace=False) as streams:
        streams[1].write(b"2")
        assert not (folder / "a").exists()
    assert sorted(os.listdir(folder)) == ["a", "b"]
    assert (folder / "b").read_bytes() == b"2"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_stays(folder: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if not links:  # as exFAT does
        monkeypatch.setattr("os.link", refuses)
    with (
        pytest.raises(FileExistsError) as caught,
        atomic_writes([folder / "a", folder / "b"], replace=False) as streams,
    ):
        streams[0].write(b"ours")
        (folder / "b").write_bytes(b"theirs")
    assert caught.value.filename == str(folder / "b")
    assert (os.listdir(folder), (folder / "b").read_bytes()) == (["b"], b"theirs")
    with atomic_writes([folder / "a"], replace=False) as streams:
        streams[0].write(b"ours")
    assert sorted(os.listdir(folder)) == ["a", "b"]


def test_a_name_may_be_as_long_as_the_file_system_allows(folder: Path) -> None:
    write_atomic(folder / ("é" * 127), b"1")
    assert os.listdir(folder) == ["é" * 127]


@pytest.mark.parametrize("name", [b"a\nb\x1b[2J.toml", b"caf\xe9.toml", b"[red].toml"])
def test_a_file_of_any_name_is_replaced(folder: Path, name: bytes) -> None:
    path = folder / os.fsdecode(name)
    write_atomic(path, b"1")
    write_atomic(path, b"2")
    assert path.read_bytes() == b"2"
    assert os.listdir(os.fsencode(folder)) == [name]


def test_a_replaced_file_may_be_read_by_others(folder: Path) -> None:
    write_atomic(folder / "a.toml", b"1")
    assert (folder / "a.toml").stat().st_mode & 0o777 == 0o644


def test_who_has_the_old_file_open_reads_on_in_the_old_one(folder: Path) -> None:
    write_atomic(folder / "a.toml", b"old")
    with (folder / "a.toml").open("rb") as stream:
        write_atomic(folder / "a.toml", b"new")
        assert stream.read() == b"old"


@pytest.mark.parametrize("call", ["fsync", "fchmod", "replace"])
@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EFBIG, DiskFull), (errno.EIO, OSError)],
)
def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, kind: type[Exception]
) -> None:
    write_atomic(folder / "a.toml", b"old")

    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(kind):
        write_atomic(folder / "a.toml", b"new")
    assert os.listdir(folder) == ["a.toml"]
    assert (folder / "a.toml").read_bytes() == b"old"


def test_a_disk_that_is_full_from_the_start_is_said_with_a_hint(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.open", fails)
    with pytest.raises(DiskFull, match=r"no space left to write .*a\.toml") as caught:
        write_atomic(folder / "a.toml", b"new")
    assert caught.value.hint


def test_a_file_that_grows_beyond_what_the_kernel_allows_leaves_the_old_one(folder: Path) -> None:
    """The kernel's own refusal, in the middle of the write."""
    write_atomic(folder / "a.toml", b"old")
    script = f"""
import resource
from pathlib import Path
from types import SimpleNamespace
from core.errors import DiskFull
from core.files import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_atomic(Path({str(folder / "a.toml")!r}), b"x" * 100_000)
except DiskFull as error:
    print(error.message)"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"no space left to write {folder / 'a.toml'}\n", "")
    assert os.listdir(folder) == ["a.toml"]
    assert (folder / "a.toml").read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_the_file_systems_own_error(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(folder / "absent" / "a.toml", b"new")


def test_other_errors_are_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    assert disk_full(OSError(errno.EACCES, "no"), tmp_path) is None
    assert disk_full(OSError("no number"), tmp_path) is None


# Locks


def test_a_lock_says_who_holds_it_and_is_free_afterwards(lock: Path) -> None:
    assert not is_locked(lock)
    with Lock.take(lock, "job 1, process 77"):
        assert is_locked(lock)
        assert lock.read_text() == "job 1, process 77\n"
    assert lock.exists()
    assert not is_locked(lock)


def test_a_second_holder_is_refused_and_told_the_first_one(lock: Path) -> None:
    with Lock.take(lock, "job 1"), pytest.raises(StoreBusy, match="effnet-lite0 is in use by job 1") as caught:
        Lock.take(lock, "job 2")
    assert caught.value.hint
    with Lock.take(lock, "job 2"):
        assert lock.read_text() == "job 2\n"


def test_a_shorter_description_replaces_a_longer_one(lock: Path) -> None:
    with Lock.take(lock, "a rather long description") as held:
        held.describe("short")
        assert lock.read_text() == "short\n"


def test_a_holder_that_has_not_said_who_it_is_is_another_process(lock: Path) -> None:
    with Lock.take(lock, "x"):
        os.truncate(lock, 0)
        with pytest.raises(StoreBusy, match="in use by another process"):
            Lock.take(lock, "y")


def test_the_lock_of_another_process_counts_until_it_dies(lock: Path) -> None:
    with other_process(lock) as other:
        assert is_locked(lock)
        with pytest.raises(StoreBusy, match="the other one"):
            Lock.take(lock, "we")
        other.kill()
    assert other.returncode == -9
    assert not is_locked(lock)
    with Lock.take(lock, "we") as held:
        assert held.previous == "the other one"
        assert lock.read_text() == "we\n"
    with Lock.take(lock, "we") as held:
        assert held.previous == ""


def test_a_lock_handed_to_a_child_is_held_until_the_child_ends(lock: Path) -> None:
    script = """
import sys
from pathlib import Path
from types import SimpleNamespace
from core.files import Lock
lock = Lock.adopt(int(sys.argv[1]), Path(sys.argv[2]))
lock.describe("the child")
print("adopted", flush=True)
sys.stdin.readline()"""
    held = Lock.take(lock, "the parent")
    with subprocess.Popen(
        [sys.executable, "-c", script, str(held.fileno()), str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[held.fileno()],
    ) as child:
        held.release()
        assert child.stdout
        assert child.stdout.readline() == b"adopted\n"
        assert is_locked(lock)
        with pytest.raises(StoreBusy, match="the child"):
            Lock.take(lock, "we")
        child.communicate()
    assert not is_locked(lock)


def test_a_program_that_the_holder_starts_does_not_inherit_the_lock(lock: Path) -> None:
    held = Lock.take(lock, "we")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False):
        held.release()
        assert not is_locked(lock)


def test_looking_at_a_lock_does_not_keep_anyone_from_taking_it(lock: Path) -> None:
    lock.touch()
    for _ in range(50):
        assert not is_locked(lock)
        Lock.take(lock, "we").release()


def test_letting_go_twice_does_no_harm(lock: Path) -> None:
    held = Lock.take(lock, "we")
    held.release()
    with Lock.take(lock, "another"):
        held.release()
        assert is_locked(lock)


def test_a_full_disk_costs_the_description_and_not_the_lock(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", fails)
    with Lock.take(lock, "we"):
        assert is_locked(lock)


@pytest.mark.parametrize("time", [0, 1, -1, 10**18, -(10**18), (1 << 63) - 1])
def test_times_of_files_are_kept_as_they_are(time: int) -> None:
    assert modified_ns(SimpleNamespace(st_mtime_ns=time)) == time  # type: ignore[arg-type]


@pytest.mark.parametrize("time", [1 << 63, -(1 << 63), 10**22, -(10**22)])
def test_times_that_64_bits_do_not_hold_are_the_last_or_the_first(time: int) -> None:
    found = modified_ns(SimpleNamespace(st_mtime_ns=time))  # type: ignore[arg-type]
    assert abs(found) == (1 << 63) - 1
    assert (found > 0) == (time > 0)
