"""A project that a stranger sent: whatever its files are, opening, asking and repairing it runs nothing, writes nothing
outside of it, and ends, in an answer or in an error of ours.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.actions.action_history import ActionHistory
from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import ask
from core.catalog.catalog import Picture
from core.catalog.property_types import PropertyType
from core.comparison.comparison import compare
from core.errors import CatalogError, PictoscopeError
from core.export import listing
from core.export.export import write_text
from core.jobs import events
from core.jobs.job import all_jobs
from core.jobs.monitor import Monitor
from core.key_arrays import whole_keys
from core.labels.judgements import Judgements
from core.labels.properties import Properties
from core.labels.stacks import Stacks
from core.labels.tags import Tags
from core.labels.undo import History
from core.maps.layout import lay_out
from core.project import Project
from core.rebuild import rebuild_catalog
from core.vectors import store, vec_types
from core.vectors.failures import Failure
from core.vectors.ledger import read_ledger
from core.vectors.verification import repair, verify
from tests.attacks.hostile_projects import BROKEN, NAME, Case, RandomEncoder, cases, make_whole
from tests.attacks.tally import count
from tests.job_folders import create_job
from tui.cli import main

_PATIENCE = 120  # seconds for one deed on a project of six pictures
_ADDED = b"k" * 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(tmp_path_factory.mktemp("home-of-template")))
        return make_whole(tmp_path_factory.mktemp("template") / "pictures")


# -- what is done with it ------------------------------------------------------------------------------------------


def _restart(project: Project) -> None:
    """What a job writes: rows, and the failure of a picture whose name a shell would run."""
    folder = project.vectors_folder / NAME
    with store.Writer(folder, "job") as writer:
        rows = np.ones((1, writer.manifest.dim), np.float32)
        writer.append([_ADDED], rows, [Failure(b"f" * 20, os.fsencode(BROKEN), f"damaged: {BROKEN}")])
        writer.compact_failures()


def _create(project: Project) -> None:
    manifest = store.Reader(project.vectors_folder / NAME).snapshot().manifest
    store.create(project.vectors_folder / "new", manifest)


def _job(project: Project) -> None:
    folder = create_job(project.jobs_folder, [NAME])
    events.EventLog(folder).write("ended", state="done")
    for job in all_jobs(project.jobs_folder):
        job.options()
        events.read_events(job.folder)
        events.EventTail(job.folder).new()
    Monitor(project.jobs_folder).jobs()


def _pictures(project: Project) -> list[Picture]:
    return project.catalog.pictures(project.catalog.picture_ids())


def _ask(name: str, **values: object) -> Callable[[Project], object]:
    return lambda project: ask(find(name), Context(project, RandomEncoder()), values)


def _thumbnail(project: Project) -> None:
    picture = _pictures(project)[0]
    project.thumbnails.get(picture.key, picture.path)
    project.thumbnails.get(b"k" * 20, picture.path)


DEEDS: dict[str, Callable[[Project], object]] = {
    "scan": lambda project: project.scan(),
    "vectors list": lambda project: project.statuses(),
    "vectors failures": lambda project: read_ledger(project.catalog, project.vectors_folder),
    "similar": lambda project: _ask("similar", like=[_pictures(project)[0].key.hex()])(project),
    "search": _ask("text_search", text="cat"),
    "duplicates": _ask("duplicates"),
    "tag": lambda project: Tags(project.catalog).add("dog", [_pictures(project)[0].key]),
    "undo": lambda project: History(project.catalog).undo(),
    "history": lambda project: ActionHistory(project).all(),
    "export": lambda project: write_text(project, listing.of_filter(project, ""), "csv", io.BytesIO()),
    "thumbnails": _thumbnail,
    "jobs": _job,
    "settings": lambda project: project.update_settings(
        lambda settings: replace(settings, follow_links=not settings.follow_links)
    ),
    "verify": lambda project: verify(project.vectors_folder / NAME),
    "repair": lambda project: repair(project.vectors_folder / NAME),
    "restart": _restart,
    "compact": lambda project: store.compact(project.vectors_folder / NAME),
    "create": _create,
    "doctor": lambda project: project.catalog.check(),
    "default": lambda project: vec_types.choose(project.vectors_folder, "", NAME, needs_text=True),
    "map": lambda project: lay_out(project, NAME),
    "compare": lambda project: compare(Context(project, RandomEncoder()), [NAME]),
    "stacks": lambda project: Stacks(project.catalog).all(),
    "judgements": lambda project: Judgements(project.catalog).all(),
    "forget": lambda project: ActionHistory(project).forget(),
    "delete": lambda project: store.delete(project.vectors_folder / NAME),
    "rebuild": rebuild_catalog,
}


class _Hangs(BaseException):
    """Nothing of ours catches it."""


@contextmanager
def _watched() -> Iterator[None]:
    """What runs inside ends within the patience, or the test fails in words instead of hanging."""

    def hang(*_: object) -> None:
        raise _Hangs(f"did not end in {_PATIENCE} s")

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(_PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _state(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything in a folder, links not followed: contents and times."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_size, content)
    return found


def _outcome(deed: Callable[[Project], object], project: Project) -> str:
    """What came of it: empty where it was done. Anything but an error that a person can read is raised."""
    try:
        deed(project)
    except (PictoscopeError, OSError) as error:
        said = str(error)
        assert said
        assert "\n" not in said
        return said
    return ""


def _attacked(case: Case, whole: Path, place: Path) -> tuple[Path, Path]:
    """A copy of the whole project with that wrong with it, and the folder of the victim's files."""
    pictures, outside = place / "pictures", place / "outside"
    shutil.copytree(whole, pictures, symlinks=True)
    outside.mkdir()
    case.make(pictures / ".pictoscope" / case.path, outside)
    return pictures, outside


def test_every_deed_is_done_on_the_whole_project(whole: Path, tmp_path: Path) -> None:
    """So that what the others find refused is refused for what is wrong with it."""
    pictures, _ = _attacked(Case("nothing", "", lambda *_: None), whole, tmp_path)
    with Project.open_or_create(pictures) as project:
        assert {name: _outcome(deed, project) for name, deed in DEEDS.items()} == dict.fromkeys(DEEDS, "")


# What has to do with one file alone is tried with the deeds that touch it; all the rest with every deed.
_ONLY = {
    "actions.sqlite": {"history", "forget", "similar", "default"},
    "thumbnails.sqlite": {"thumbnails", "scan", "export"},
    "jobs": {"jobs", "vectors list", "scan"},
    "maps": {"map"},
    "moves": {"scan", "duplicates"},
}
_SLICES = 6  # so that several processes share the work, and none takes long


@pytest.mark.parametrize("part", range(_SLICES))
def test_nothing_runs_nothing_outside_is_written_and_everything_ends(whole: Path, tmp_path: Path, part: int) -> None:
    wrong: list[str] = []
    tried = list(cases(whole / ".pictoscope"))[part::_SLICES]
    for number, case in enumerate(tried):
        place = tmp_path / str(number)
        pictures, outside = _attacked(case, whole, place)
        before = _state(outside)
        wrong += [f"{case.name}, {problem}" for problem in _problems(pictures, _deeds(case))]
        changed = before.items() ^ _state(outside).items()
        wrong += [f"{case.name} changed {path}" for path in sorted({path for path, _ in changed})]
        wrong += [f"{case.name} made {path}" for path in place.iterdir() if path not in (pictures, outside)]
        wrong += [f"{case.name} ran {path}" for path in pictures.glob("ran")]
        shutil.rmtree(place)
    assert wrong == []
    assert len(tried) > 300 // _SLICES
    count("hostile projects tried", len(tried))


def test_every_file_of_the_format_is_attacked(whole: Path) -> None:
    attacked = {case.path.rpartition("/")[2] for case in cases(whole / ".pictoscope")}
    described = (Path(__file__).parents[2] / "docs" / "format.md").read_text("utf-8").partition("```python")[0]
    listed = re.findall(r"[a-z-]+\.(?:toml|sqlite|f32|bin|jsonl|log)", described)
    assert len(set(listed)) >= 10
    assert attacked >= {*listed, f"{NAME}.pca.map", "lock", "reserve", "vectors", "jobs", "maps", "moves"}


def _deeds(case: Case) -> dict[str, Callable[[Project], object]]:
    part = re.split(r"/|-(?:wal|shm|journal)", case.path)[0]
    chosen = _ONLY.get(part, DEEDS.keys() - ({"rebuild"} if part != "catalog.sqlite" else set()))
    return {name: deed for name, deed in DEEDS.items() if name in chosen}


def _problems(pictures: Path, deeds: dict[str, Callable[[Project], object]]) -> Iterator[str]:
    """What of all that is done with a project ended in no error of ours, or not at all."""
    try:
        project = Project.open_or_create(pictures)
    except (PictoscopeError, OSError):
        return
    with project:
        for name, deed in deeds.items():
            try:
                with _watched():
                    _outcome(deed, project)
            except (Exception, _Hangs) as error:  # noqa: BLE001  a defect is what is looked for
                where = traceback.extract_tb(error.__traceback__)[-1]
                yield f"{name}: {type(error).__name__} {error} at {where.filename}:{where.lineno}"


HOSTILE_VALUES = ("'x'", "x'ff'", "9223372036854775807", "-1")


def test_values_that_pictoscope_never_writes_end_in_an_error(whole: Path, tmp_path: Path) -> None:
    """In the columns by which tables and files are joined; whatever is accepted is harmless."""
    wrong: list[str] = []
    columns = ["pictures.key", "pictures.width", "files.name", "files.folder", "folders.path", "roots.location"]
    columns += ["tags.id", "tags.parent", "properties.type", "changes.number"]
    reading = {name: DEEDS[name] for name in ("scan", "vectors list", "similar", "export", "tag", "vectors failures")}
    for number, (column, value) in enumerate((column, value) for column in columns for value in HOSTILE_VALUES):
        place = tmp_path / str(number)
        shutil.copytree(whole, place)
        table, name = column.split(".")
        with closing(sqlite3.connect(place / ".pictoscope" / "catalog.sqlite", isolation_level=None)) as database:
            recorders = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for recorder, _ in recorders:
                database.execute(f"DROP TRIGGER {recorder}")
            with contextlib.suppress(sqlite3.IntegrityError):  # the number of a row takes whole numbers only
                database.execute(f"UPDATE {table} SET {name} = {value} WHERE rowid = 1")
            for _, script in recorders:
                database.execute(script)
        wrong += [f"{column} = {value}, {problem}" for problem in _problems(place, reading)]
        shutil.rmtree(place)
    assert wrong == []
    count("hostile projects tried", len(columns) * len(HOSTILE_VALUES))


def test_a_tag_below_itself_is_found_before_anybody_walks_up_for_ever(whole: Path, tmp_path: Path) -> None:
    file = tmp_path / "p" / ".pictoscope" / "catalog.sqlite"
    shutil.copytree(whole, tmp_path / "p")
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("INSERT INTO recording VALUES (1)")
        database.execute("UPDATE tags SET parent = id")
        database.execute("DELETE FROM recording")
    with (
        Project.open_or_create(tmp_path / "p") as project,
        pytest.raises(CatalogError, match="tag is below itself"),
    ):
        project.scan()


# What stands in a table of our own form, and would have ended the app where it is shown or counted.
WRONG_LABELS = [
    ("tags", "colour = 'zzz'"),
    ("tags", "colour = '#ff00zz'"),
    ("tags", "colour = '#ff00zz'"),
    ("tags", "name = ''"),
    ("tags", "name = printf('%.*c', 100000, 'x')"),
    ("saved_groups", "created = 1e308"),
    ("saved_groups", "created = -9e999"),
    ("saved_groups", "name = ''"),
    ("saved_group_pictures", "score = 9e999"),
    ("saved_filters", "name = ''"),
    ("steps", "made = 1e308"),
    ("properties", "choices = '[1, null, {}]'"),
    ("properties", "choices = printf('%.*c', 900, '[') || printf('%.*c', 900, ']')"),
    ("properties", "name = printf('%.*c', 201, 'x')"),
    ("property_values", "value = x'ff'"),
    ("property_values", "value = 9e999"),
    ("files", "size = 9223372036854775807"),
    ("pictures", "format = printf('%.*c', 100000, 'x')"),
    ("exif", "camera = printf('%.*c', 100000, 'x')"),
    ("exif", "taken = printf('%.*c', 100000, 'x')"),
]
WRONG_VALUES = [
    (PropertyType.NUMBER, "3", ["'zzz'", "9e999", "-9e999"]),
    (PropertyType.CHECKBOX, "yes", ["'zzz'", "2", "0.5"]),
    (PropertyType.COLOUR, "#ff0000", ["'zzz'", "1"]),
    (PropertyType.DATE, "2001-02-03", ["1", "x'00'"]),
    (PropertyType.URL, "http://a.org", ["1e308", "printf('%.*c', 100001, 'x')"]),
]


@contextmanager
def _unrecorded(project: Path) -> Iterator[sqlite3.Connection]:
    """The catalog as its owner can write it: what records changes is put aside, and is there again afterwards."""
    with closing(sqlite3.connect(project / "catalog.sqlite", isolation_level=None)) as database:
        recorders = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for recorder, _ in recorders:
            database.execute(f"DROP TRIGGER {recorder}")
        yield database
        for _, script in recorders:
            database.execute(script)


@pytest.fixture(scope="module")
def labelled(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a label of every kind, which is accepted as it is."""
    pictures = tmp_path_factory.mktemp("labelled") / "pictures"
    shutil.copytree(whole, pictures)
    with Project.open_or_create(pictures) as project:
        properties = Properties(project.catalog)
        key = [_pictures(project)[0].key]
        for kind, value, _ in WRONG_VALUES:
            properties.define(f"a {kind.value}", kind)
            properties.set(f"a {kind.value}", key, value)
        properties.set("place", key, "Paris")
    with _unrecorded(pictures / ".pictoscope") as database:
        database.execute("INSERT INTO exif SELECT id, '2001-02-03T04:05:06', 'a camera' FROM pictures LIMIT 1")
    shutil.copytree(pictures, pictures.parent / "elsewhere")
    with Project.open_or_create(pictures.parent / "elsewhere") as project:
        assert Tags(project.catalog).all()
    return pictures


def _asked(labelled: Path, place: Path, change: str) -> None:
    shutil.copytree(labelled, place)
    with _unrecorded(place / ".pictoscope") as database:
        assert database.execute(change).rowcount == 1
    with Project.open_or_create(place) as project:
        Tags(project.catalog).all()


@pytest.mark.parametrize(("table", "change"), WRONG_LABELS)
def test_labels_that_pictoscope_never_writes_are_refused(
    labelled: Path, tmp_path: Path, table: str, change: str
) -> None:
    with pytest.raises(CatalogError, match=f"a row of {table} holds what Pictoscope never writes"):
        _asked(
            labelled,
            tmp_path / "changed",
            f"UPDATE {table} SET {change} WHERE rowid = (SELECT min(rowid) FROM {table})"
            if table not in ("property_values", "saved_group_pictures")
            else f"UPDATE {table} SET {change} WHERE picture = (SELECT min(picture) FROM {table})"
            + (
                " AND property = (SELECT id FROM properties WHERE name = 'place')" if table == "property_values" else ""
            ),
        )


# What a step claims to restore: nobody sees it until somebody undoes.
WRONG_CHANGES = {
    "of no table": "source = 'files'",
    "of another statement": "source = 'tags; DROP TABLE tags'",
    "in no way": "inverse = 'drop'",
    "of another step": "step = step + 1",
    "of a colour": "source = 'tags', inverse = 'insert', c0 = 9, c1 = 'x', c2 = 'zzz', c3 = NULL",
    "of a name": "source = 'tags', inverse = 'insert', c0 = 9, c1 = x'ff', c2 = '', c3 = NULL",
    "of a large number": "source = 'tags', inverse = 'insert', c0 = 1e300, c1 = 'x', c2 = '', c3 = NULL",
    "of a moment": "source = 'saved_groups', inverse = 'insert', c0 = 9, c1 = 'x', c2 = 9e999, c3 = ''",
    "of a place in a stack": "source = 'stacked', inverse = 'insert', c0 = 1, c1 = 'x', c2 = 0",
    "of a value": "source = 'property_values', inverse = 'insert', c0 = 1, c1 = x'ff', c2 = 1",
}


@pytest.mark.parametrize("what", WRONG_CHANGES)
def test_changes_that_pictoscope_never_records_are_refused(labelled: Path, tmp_path: Path, what: str) -> None:
    newest = "number = (SELECT max(number) FROM changes)"
    with pytest.raises(CatalogError, match=r"restores what|of changes holds what|does not have the changes"):
        _asked(labelled, tmp_path / "changed", f"UPDATE changes SET {WRONG_CHANGES[what]} WHERE {newest}")


@pytest.mark.parametrize("change", ["first = 0", "last = 1000000000000000", "first = 0, last = 1000000000000000"])
def test_a_step_without_end_is_refused(labelled: Path, tmp_path: Path, change: str) -> None:
    newest = "number = (SELECT max(number) FROM steps)"
    with pytest.raises(CatalogError, match="a step does not have the changes that it says"):
        _asked(labelled, tmp_path / "changed", f"UPDATE steps SET {change} WHERE {newest}")


@pytest.mark.parametrize(
    ("restored", "why"),
    [
        ("source = 'tags', inverse = 'update', c0 = 1, c1 = 'cat', c2 = '', c3 = 1", "a tag is below itself"),
        (
            "source = 'property_values', inverse = 'insert', c1 = 'word', c2 = 1, c0 = "
            "(SELECT id FROM properties WHERE type = 'number')",
            "a value is not of the type of its property",
        ),
    ],
)
def test_undo_restores_nothing_that_cannot_be(labelled: Path, tmp_path: Path, restored: str, why: str) -> None:
    """Each row by itself is one that Pictoscope writes."""
    place = tmp_path / "changed"
    shutil.copytree(labelled, place)
    with _unrecorded(place / ".pictoscope") as database:
        step = "(SELECT last FROM steps ORDER BY number DESC LIMIT 1)"
        assert database.execute(f"UPDATE changes SET {restored} WHERE number = {step}").rowcount == 1
    with Project.open_or_create(place) as project:
        before = [(tag.name, tag.parent) for tag in Tags(project.catalog).all()]
        with pytest.raises(CatalogError, match=why):
            History(project.catalog).undo()
        assert [(tag.name, tag.parent) for tag in Tags(project.catalog).all()] == before
        assert not History(project.catalog).steps()[0].undone


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, _, values in WRONG_VALUES for value in values])
def test_values_of_another_kind_than_their_property_are_refused(
    labelled: Path, tmp_path: Path, kind: PropertyType, value: str
) -> None:
    change = f"UPDATE property_values SET value = {value} WHERE property = "
    with pytest.raises(CatalogError, match="a row of property_values holds what Pictoscope never writes"):
        _asked(labelled, tmp_path / "changed", f"{change}(SELECT id FROM properties WHERE name = 'a {kind.value}')")


NO_ROWS = {"too large": 3e38, "endless": np.inf, "no numbers": np.nan}
USES = ["similar", "search", "duplicates", "map", "compare"]
MORE_USES: dict[str, Callable[[Project], object]] = {
    "cluster": _ask("cluster"),
    "hdbscan": _ask("cluster", method="hdbscan"),
    "cluster by tags": _ask("cluster_by", by="tags"),
    "recommend": _ask("recommend", for_="tag:cat"),
}


@pytest.mark.parametrize("what", NO_ROWS)
@pytest.mark.filterwarnings("error")
def test_rows_that_no_model_computes_are_named_before_anything_is_computed(
    whole: Path, tmp_path: Path, what: str
) -> None:
    """They match their checksums: whoever sends a project makes these too."""
    shutil.copytree(whole, tmp_path / "theirs")
    with Project.open_or_create(tmp_path / "theirs") as project:
        folder = project.vectors_folder / NAME
        with store.Writer(folder) as writer:
            keys = whole_keys(writer.snapshot().done[:2])
            writer.append(keys, np.full((2, writer.manifest.dim), NO_ROWS[what], np.float32))
        for name, use in ({name: DEEDS[name] for name in USES} | MORE_USES).items():
            assert "no model computes 2 rows" in _outcome(use, project), name
        assert sorted(verify(folder).bad) == sorted(keys)
        assert sorted(repair(folder).bad) == sorted(keys)
        for name, use in ({name: DEEDS[name] for name in USES if name != "compare"} | MORE_USES).items():
            assert "no model computes" not in _outcome(use, project), name
    count("hostile projects tried")


DOORS = ["add {theirs}", "add {theirs} --rebuild-settings", "add --project {theirs}/.pictoscope", "tag add evil 0.png"]
DOORS += ["duplicates --project {theirs}", "folders list", "doctor"]


@pytest.mark.parametrize("leads", ["to a project of mine", "to a folder of mine", "to nothing"])
@pytest.mark.parametrize("door", DOORS)
def test_a_link_in_place_of_the_project_is_not_followed(
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    door: str,
    leads: str,
) -> None:
    """A picture folder with a link in it that leads to what is the user's."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    shutil.copytree(whole, mine)
    shutil.copytree(whole, theirs, ignore=shutil.ignore_patterns(".pictoscope"))
    targets = {
        "to a project of mine": mine / ".pictoscope",
        "to a folder of mine": mine,
        "to nothing": tmp_path / "new",
    }
    (theirs / ".pictoscope").symlink_to(os.path.relpath(targets[leads], theirs))
    monkeypatch.chdir(theirs)
    before = _everything(tmp_path)
    code = main([word.format(theirs=theirs) for word in door.split()])
    assert _everything(tmp_path) == before
    said = capsys.readouterr().err
    if leads == "to a project of mine" or door.startswith("add {theirs}"):
        assert code == 1 or door == "doctor"
        assert "is a symbolic link" in said or door == "doctor"


def _everything(folder: Path) -> dict[Path, int]:
    return {path: path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}
