"""Projects as a stranger might send them: a whole one, in which one file or folder at a time is something else.

The list of files is not written down: it is what a project holds in which everything was used once. So a file that is
added to the format is attacked too.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import ask
from core.arrays import Rows, normalise
from core.catalog.property_types import PropertyType
from core.filters.saved import SavedFilters
from core.jobs.events import EventLog
from core.jobs.job import JOB_LOCK_NAME, JOB_LOG_NAME
from core.jobs.map_task import MapTask
from core.labels.groups import Groups
from core.labels.judgements import JudgedQuestion, Judgements
from core.labels.properties import Properties
from core.labels.stacks import Stacks
from core.labels.tags import Tags
from core.maps.layout import lay_out
from core.project import Project
from core.vectors import store
from core.vectors.encoder import EncodingSpec, TextRows
from core.vectors.failures import Failure
from core.vectors.indexing import index
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.job_folders import create_job

PICTURES = 6
NAME = "conse"  # reads text, so that every action can be asked
BROKEN = "a$(touch ran).png"  # what a shell would run, were the ledger of failures its start-up file
EXABYTES = 1 << 42  # bytes of a sparse file: more than any memory


class RandomEncoder:
    """Stands for the query process: a row for each query, no model."""

    def texts(self, how: EncodingSpec, texts: list[str] | tuple[str, ...]) -> TextRows:
        """A row for each text."""
        return TextRows(_rows(how.vec_type, len(texts), 1), (0,) * len(texts), ((),) * len(texts))

    def pictures(self, how: EncodingSpec, paths: list[bytes] | tuple[bytes, ...]) -> Rows:
        """A row for each file."""
        return _rows(how.vec_type, len(paths), 2)


def _rows(vec_type: VecType, count: int, seed: int) -> Rows:
    return normalise(np.random.default_rng(seed).normal(size=(count, vec_type.spec.dim)))


def make_whole(folder: Path) -> Path:
    """A picture folder with a project in which everything was used once: every file of the format is there."""
    folder.mkdir()
    for number in range(PICTURES):
        Image.new("RGB", (40, 30), (40 * number, 99, 7)).save(folder / f"{number}.png")
    (folder / BROKEN).write_bytes(b"no picture")
    with Project.open_or_create(folder) as project:
        project.scan()
        keys = [p.key for p in project.catalog.pictures(project.catalog.picture_ids()) if not p.problem]
        _fill(project, keys)
        _label(project, keys)
        ask(find("similar"), Context(project, RandomEncoder()), {"like": [keys[0].hex()]})
        project.thumbnails.get(keys[0], folder / "0.png")
        _job(project)
        lay_out(project, NAME)
        (project.path / "moves").mkdir()
        (project.path / "moves" / "20260101-000000-000000000.jsonl").write_text("")
    return folder


def _fill(project: Project, keys: list[bytes]) -> None:
    vec_type = VecType(NAME)
    made = Manifest(vec_type, "w", "1", {"w": "0"}, "none", vec_type.spec.dim, "2026-01-01T00:00:00+00:00", text=True)
    folder = project.vectors_folder / NAME
    store.create(folder, made)
    broken = project.catalog.by_path(project.path.parent / BROKEN)
    assert broken is not None
    with store.Writer(folder) as writer:
        writer.append(keys, _rows(vec_type, len(keys), 0), [Failure(broken.key, broken.path, "damaged")])
    index(folder)


def _label(project: Project, keys: list[bytes]) -> None:
    Tags(project.catalog).add("cat", keys[:2])
    Groups(project.catalog).save("group", [(key, None) for key in keys[:3]])
    Properties(project.catalog).define("place", PropertyType.TEXT)
    SavedFilters(project.catalog).save("cats", "tag:cat")
    Stacks(project.catalog).stack(keys[4:6])
    Judgements(project.catalog).judge(JudgedQuestion(text="a boat"), "Ann", dict.fromkeys(keys[:2], True))


def _job(project: Project) -> None:
    create_job(project.jobs_folder, [], map_task=MapTask(NAME, "pca"))
    folder = create_job(project.jobs_folder, [NAME])
    log = EventLog(folder)  # the reserve stays, as after a kill
    log.write("started", pid=1)
    log.write("ended", state="done")
    for name in (JOB_LOCK_NAME, JOB_LOG_NAME):
        (folder / name).touch()


@dataclass(frozen=True)
class Case:
    """What is wrong with a project.

    Attributes:
        name: file (or folder) and attack.
        path: relative to the project folder.
        make: does it, given the path and a folder outside of the project where victims lie.
    """

    name: str
    path: str
    make: Callable[[Path, Path], None]


def cases(project: Path) -> Iterator[Case]:
    """Every attack on every file and folder of a project."""
    for path in sorted(project.rglob("*")):
        name = str(path.relative_to(project))
        attacks = _ON_FOLDERS if path.is_dir() else _ON_FILES | (_ON_DATABASES if path.suffix == ".sqlite" else {})
        for attack, make in attacks.items():
            yield Case(f"{name}: {attack}", name, make)
        if path.suffix == ".sqlite":
            for suffix in ("-wal", "-shm", "-journal"):
                for attack, make in _ON_FILES.items():
                    yield Case(f"{name}{suffix}: {attack}", name + suffix, make)
        for attack, change in _ON_TEXT.get(path.name, {}).items():
            yield Case(f"{name}: {attack}", name, change)


# -- files ---------------------------------------------------------------------------------------------------------


def _victim(path: Path, outside: Path) -> Path:
    """A file of the victim's that would serve: what the project had there, or a shell's start-up file."""
    victim = outside / path.name
    if path.exists():
        shutil.copy2(path, victim)
        path.unlink()
    else:
        victim.write_text("# my shell's start-up file\n")
    return victim


def _link(path: Path, outside: Path) -> None:
    path.symlink_to(_victim(path, outside))


def _hard_link(path: Path, outside: Path) -> None:
    os.link(_victim(path, outside), path)


def _dangling(path: Path, outside: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(outside / "not-there-yet")


def _link_to_text(path: Path, outside: Path) -> None:
    path.unlink(missing_ok=True)
    (outside / ".bashrc").write_text("# mine\n")
    path.symlink_to(outside / ".bashrc")


def _pipe(path: Path, _: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _device(path: Path, _: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def _folder(path: Path, _: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _empty(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def _sparse(path: Path, _: Path) -> None:
    with path.open("ab") as stream:
        stream.truncate(EXABYTES)


def _garbage(path: Path, _: Path) -> None:
    path.write_bytes(b"\xff\x00garbage\n" * 500)


_ON_FILES: dict[str, Callable[[Path, Path], None]] = {
    "link": _link,
    "hard link": _hard_link,
    "link to nothing": _dangling,
    "link to another file": _link_to_text,
    "pipe": _pipe,
    "device": _device,
    "folder": _folder,
    "empty": _empty,
    "exabytes": _sparse,
    "garbage": _garbage,
}


# -- folders -------------------------------------------------------------------------------------------------------


def _link_folder(path: Path, outside: Path) -> None:
    shutil.move(path, outside / path.name)
    path.symlink_to(outside / path.name)


def _link_folder_to_nothing(path: Path, outside: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(outside / "not-there-yet")


def _link_folder_to_empty(path: Path, outside: Path) -> None:
    shutil.rmtree(path)
    (outside / "theirs").mkdir()
    path.symlink_to(outside / "theirs")


def _link_upwards(path: Path, _: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to("..")


def _file_for_folder(path: Path, _: Path) -> None:
    shutil.rmtree(path)
    path.write_bytes(b"no folder")


_ON_FOLDERS: dict[str, Callable[[Path, Path], None]] = {
    "link": _link_folder,
    "link to nothing": _link_folder_to_nothing,
    "link to an empty folder": _link_folder_to_empty,
    "link upwards": _link_upwards,
    "file": _file_for_folder,
}


# -- databases -----------------------------------------------------------------------------------------------------


def _sql(script: str) -> Callable[[Path, Path], None]:
    """Change a database by statements, as who owns the file can. TABLE is its first table."""

    def change(path: Path, _: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid"
            table = database.execute(tables).fetchone()[0]
            columns = ", ".join(row[1] for row in database.execute(f"PRAGMA table_info({table})"))
            endless = (
                "WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) "
                f"SELECT {', '.join(f'n AS {column}' for column in columns.split(', '))} FROM endless"
            )
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute("PRAGMA legacy_alter_table = ON")
            database.executescript(script.replace("TABLE_NAME", table).replace("ENDLESS", endless))

    return change


def _foreign(application: int) -> Callable[[Path, Path], None]:
    def make(path: Path, _: Path) -> None:
        """Another program's database, with tables of our names and its own contents."""
        path.unlink()
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute(f"PRAGMA application_id = {application}")
            for table in ("thumbnails", "actions", "roots", "mine"):
                database.execute(f"CREATE TABLE {table} (x)")
                database.execute(f"INSERT INTO {table} VALUES ('mine')")

    return make


_JOURNAL_MAGIC = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"


def _super_journal(path: Path, outside: Path) -> None:
    """A hot journal that names a victim's file as a journal of several databases: SQLite deletes it once it is done."""
    victim = outside / "id_rsa"
    victim.write_bytes(b"the only copy\n" * 40)
    name = os.fsencode(victim)
    page = path.read_bytes()[:4096]
    nonce = 7
    total = (nonce + sum(page[at] for at in range(4096 - 200, 0, -200))) & 0xFFFFFFFF
    pages = path.stat().st_size // 4096
    header = _JOURNAL_MAGIC + struct.pack(">IIIII", 1, nonce, pages, 512, 4096)
    body = struct.pack(">I", 1) + page + struct.pack(">I", total)
    tail = struct.pack(">I", 1 + (1 << 30) // 4096) + name + struct.pack(">II", len(name), sum(name) & 0xFFFFFFFF)
    journal = path.with_name(path.name + "-journal")
    journal.write_bytes(header.ljust(512, b"\0") + body + tail + _JOURNAL_MAGIC)


_ON_DATABASES: dict[str, Callable[[Path, Path], None]] = {
    "endless view for a table": _sql("ALTER TABLE TABLE_NAME RENAME TO was; CREATE VIEW TABLE_NAME AS ENDLESS;"),
    "endless view beside": _sql("CREATE VIEW more AS ENDLESS;"),
    "trigger": _sql("CREATE TRIGGER more AFTER INSERT ON TABLE_NAME BEGIN DELETE FROM TABLE_NAME; END;"),
    "another column": _sql("ALTER TABLE TABLE_NAME ADD COLUMN more DEFAULT 1;"),
    "another table": _sql("CREATE TABLE more (x DEFAULT (randomblob(100000000)));"),
    "another program's": _foreign(0x12345678),
    "another program's without an id": _foreign(0),
    "a version from the future": _sql("PRAGMA user_version = 2147483647;"),
    "a version below zero": _sql("PRAGMA user_version = -1;"),
    "journal that deletes": _super_journal,
}


# -- numbers and texts ---------------------------------------------------------------------------------------------


def _text(old: str, new: str) -> Callable[[Path, Path], None]:
    """Change a line of a text file: the one that begins with ``old``. A manifest's checksum goes: it is optional."""

    def change(path: Path, _: Path) -> None:
        lines = [line for line in path.read_text().splitlines() if not line.startswith("checksum")]
        assert any(line.startswith(old) for line in lines), (path, old)
        path.write_text("\n".join(new if line.startswith(old) else line for line in lines) + "\n")

    return change


_HUGE = 4611686018427387904
_ON_TEXT: dict[str, dict[str, Callable[[Path, Path], None]]] = {
    "manifest.toml": {
        "dim": _text("dim", f"dim = {_HUGE}"),
        "dim below zero": _text("dim", "dim = -1"),
        "dim that no integer holds": _text("dim", f"dim = {'9' * 4000}"),
        "generation": _text("generation", f"generation = {_HUGE}"),
        "pixels": _text("read_at_least", f"read_at_least = {_HUGE}"),
        "dtype": _text("dtype", 'dtype = "O"'),
        "precision": _text("precision", 'precision = "__import__"'),
        "model": _text("model", 'model = "hf:evil/model"'),
        "model outside": _text("model", 'model = "/etc"'),
        "long text": _text("weights", f'weights = "{"x" * 900_000}"'),
    },
    "project.toml": {
        "name": _text("name", f'name = "{"x" * 500_000}"'),
        "default vec type": _text("default_vec_type", 'default_vec_type = "../../../etc"'),
        "format": _text("format", f"format = {_HUGE}"),
        "folders that are not there": _text("folders", 'folders = ["/dev/null", "/proc/self/fd/0"]'),
    },
    "job.toml": {
        "created": _text("created", "created = 1e308"),
        "created never": _text("created", "created = nan"),
        "vec types": _text("vec_types", 'vec_types = ["../../../etc"]'),
    },
}
