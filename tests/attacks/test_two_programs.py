"""Several programs on one project: no change is lost, no file is torn, and whoever has it open learns of it."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.actions import action_history
from core.actions.action_history import ActionHistory
from core.actions.answer import Answer
from core.actions.similar import SIMILAR
from core.errors import CatalogError, ProjectError
from core.files import Lock
from core.images.thumbnails import Thumbnails
from core.in_use import InUse
from core.jobs.job import all_jobs
from core.labels.tags import Tags
from core.labels.undo import PROGRAM, ForeignStep, History
from core.models import folder_models, rates
from core.project import Project
from core.project_location import FOLDER_NAME
from core.rebuild import rebuild_catalog, rebuild_settings
from core.recent_projects import recent_projects, remember
from core.settings import SETTINGS_LOCK_NAME
from core.toml_file import read_or_empty
from core.watch import Changes, Watch
from tests.job_folders import create_job
from tests.patience import PATIENCE
from tests.tui.cli_helpers import command_line
from tui import themes
from tui.display import Display
from tui.last_choices import LastChoices, file_of

PROGRAMS = 4
CHANGES = 8


def picture_folders(base: Path, *names: str) -> list[Path]:
    """Folders with one picture each, no two alike."""
    folders = []
    for number, name in enumerate(names):
        folders.append(base / name)
        folders[-1].mkdir(parents=True)
        Image.new("RGB", (8, 6), (number, len(name), 9)).save(folders[-1] / "a.png")
    return folders


def at_once(*programs: Callable[[], None]) -> None:
    """Run them in threads that start together; every lock of a file is between open files, so threads will do."""
    start = threading.Barrier(len(programs))

    def run(program: Callable[[], None]) -> None:
        start.wait()
        program()

    with ThreadPoolExecutor(len(programs)) as pool:
        for future in [pool.submit(run, program) for program in programs]:
            future.result()


def shell(*commands: Sequence[str | Path], cwd: Path) -> list[str]:
    """Run commands as processes at the same time; all must succeed. What they wrote to stdout."""
    running = [
        subprocess.Popen(
            command_line(*map(os.fspath, words)), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for words in commands
    ]
    said = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * len(running), said
    return [out for out, _ in said]


# Settings


def test_six_commands_that_add_folders_at_once_lose_none(tmp_path: Path) -> None:
    """The project does not exist before: one of them makes it, the others find it."""
    folders = picture_folders(tmp_path, *"abcdefghijkl")
    place = tmp_path / "project"
    shell(*(("add", "--project", place, *folders[start : start + 2]) for start in range(0, 12, 2)), cwd=tmp_path)
    with Project(place) as project:
        assert sorted(project.folders) == folders
        assert project.catalog.count() == 12


def test_settings_that_several_programs_change_at_once_lose_nothing(tmp_path: Path) -> None:
    place = tmp_path / "project"
    folders = picture_folders(tmp_path, *(f"{program}-{number}" for program in range(PROGRAMS) for number in range(8)))
    gone = picture_folders(tmp_path, *(f"gone-{number}" for number in range(CHANGES)))
    Project.create(place, gone, "name")

    def adds(program: int) -> Callable[[], None]:
        project = Project(place)
        return lambda: [project.add_folder(folder) for folder in folders[program * 8 : program * 8 + 8]] and None

    def removes() -> None:
        project = Project(place)
        for folder in gone:
            project.remove_folder(folder)

    def other() -> None:
        project = Project(place)
        for number in range(CHANGES):
            project.update_settings(lambda settings, to=str(number): replace(settings, default_vec_type=to))  # type: ignore[misc]
        project.update_settings(lambda settings: replace(settings, follow_links=True))

    at_once(*(adds(program) for program in range(PROGRAMS)), removes, other)
    project = Project(place)
    assert sorted(project.folders) == sorted(folders)
    assert (project.settings.default_vec_type, project.settings.follow_links) == (str(CHANGES - 1), True)


def test_damaged_settings_are_written_while_others_add_folders(tmp_path: Path) -> None:
    first, second = picture_folders(tmp_path, "first", "second")
    place = tmp_path / "project"
    project = Project.create(place, [first])
    (place / "project.toml").write_text("damaged")
    rebuild_settings(place, [first])
    project.add_folder(second)
    assert Project(place).folders == [first, second]


def test_a_scan_keeps_the_folder_that_another_program_has_added(tmp_path: Path) -> None:
    one, two = picture_folders(tmp_path, "one", "two")
    with Project.open_or_create(one) as opened:
        opened.scan()
        with Project(opened.path) as elsewhere:
            elsewhere.add_folder(two)
            elsewhere.scan()
        report = opened.scan()
        assert (report.removed, report.pictures) == (0, 2)
        opened.update_settings(lambda settings: replace(settings, default_vec_type="conse"))
        assert Project(opened.path).folders == [one, two]


def test_settings_that_were_changed_are_read_again(tmp_path: Path) -> None:
    one, two = picture_folders(tmp_path, "one", "two")
    opened, elsewhere = Project.open_or_create(one), Project.open_or_create(one)
    assert not opened.refresh_settings()
    elsewhere.add_folder(two)
    assert opened.folders == [one]
    assert opened.refresh_settings()
    assert opened.folders == [one, two]
    assert not opened.refresh_settings()
    (opened.path / "project.toml").unlink()
    with pytest.raises(ProjectError, match="no project at"):
        # Takes theirs in; it is told all the same.
        opened.update_settings(lambda settings: replace(settings, name="other"))
    assert not (opened.path / "project.toml").exists()


def test_who_holds_the_settings_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = picture_folders(tmp_path, "one", "two")
    project = Project.open_or_create(one)
    monkeypatch.setattr("core.settings._LONGEST_WAIT", 0.1)
    with Lock.take(one / FOLDER_NAME / SETTINGS_LOCK_NAME, "process 1234"):
        project.add_folder(one)  # nothing is to be written
        with pytest.raises(ProjectError, match="process 1234"):
            project.add_folder(two)
    project.add_folder(two)


# The catalog


def test_a_catalog_that_somebody_has_open_is_not_rebuilt(tmp_path: Path) -> None:
    (one,) = picture_folders(tmp_path, "one")
    with Project.open_or_create(one) as opened:
        opened.scan()
        with Project(opened.path) as other, pytest.raises(CatalogError, match=f"process {os.getpid()}"):
            rebuild_catalog(other)
        command = command_line("add", "--rebuild-catalog", "--project", os.fspath(opened.path))
        refused = subprocess.run(command, capture_output=True, text=True)
        assert (refused.returncode, f"process {os.getpid()}" in refused.stderr) == (1, True), refused.stderr
        Tags(opened.catalog).add("cat", opened.catalog.keys().tolist())
    with Project(opened.path) as again:
        rebuilt = rebuild_catalog(again)
        assert rebuilt
        assert rebuilt.salvaged.tagged == 1
        assert [tag.name for tag in Tags(again.catalog).all()] == ["cat"]
        with Project(opened.path) as other:  # and from then on it is open again
            assert other.catalog.count() == again.catalog.count()


def test_a_catalog_that_is_being_rebuilt_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = picture_folders(tmp_path, "one")
    with Project.open_or_create(one) as project:
        project.scan()
    rebuilding = InUse.exclusive(project.path / "catalog.sqlite")
    with monkeypatch.context() as patch:
        patch.setattr("core.catalog.connection._LONGEST_REBUILD", 0.1)
        with pytest.raises(CatalogError, match="which rebuilds it"):
            project.catalog.count()
    with ThreadPoolExecutor(1) as pool:
        count = pool.submit(lambda: project.catalog.count())
        assert not count.done()
        rebuilding.release()
        assert count.result() == 1
    project.close()


@pytest.mark.parametrize("what", ["moved", "deleted", "replaced"])
def test_nothing_is_written_into_a_catalog_that_is_not_there_any_more(tmp_path: Path, what: str) -> None:
    """By a program that asks for no lock: a person, a backup that is restored."""
    (one,) = picture_folders(tmp_path, "one")
    with Project.open_or_create(one) as project:
        project.scan()
        keys = project.catalog.keys().tolist()
        file = project.path / "catalog.sqlite"
        if what == "moved":
            project.path.rename(tmp_path / "elsewhere")
        elif what == "deleted":
            file.unlink()
        else:
            copy = file.with_name("copy")
            copy.write_bytes(file.read_bytes())
            copy.replace(file)
        assert not project.catalog.is_there()
        with pytest.raises(CatalogError, match="moved, deleted or replaced"):
            Tags(project.catalog).add("cat", keys)
        assert project.catalog.count() == 1


def test_scans_of_several_programs_at_once_find_all_pictures(tmp_path: Path) -> None:
    """One of them adds and removes folders meanwhile; what the others write never refers to what is gone."""
    folders = picture_folders(tmp_path, *(f"{number}" for number in range(10)))
    place = tmp_path / "project"
    Project.create(place, folders[:5]).close()

    def scans() -> None:
        with Project(place) as project:
            for _ in range(4):
                project.scan()

    def changes() -> None:
        with Project(place) as project:
            for new, old in zip(folders[5:], folders[:4], strict=False):
                project.add_folder(new)
                project.scan()
                project.remove_folder(old)
                project.scan()

    at_once(scans, scans, changes)
    with Project(place) as project:
        report = project.scan()
        assert (report.pictures, report.unreadable_count) == (len(project.folders), 0)


def test_the_command_line_reads_every_byte_if_asked(tmp_path: Path) -> None:
    (one,) = picture_folders(tmp_path, "one")
    with Project.open_or_create(one) as project:
        project.scan()
        before = project.catalog.keys().tolist()
        picture = one / "a.png"
        with picture.open("ab") as stream:
            stream.write(b"more")
        status = picture.stat()
        with project.catalog.transaction() as database:  # as if the file system told nothing
            database.execute("UPDATE files SET size = ?, mtime_ns = ?", (status.st_size, status.st_mtime_ns))
            database.execute("UPDATE file_stamps SET ctime_ns = ?", (status.st_ctime_ns,))
        shell(("add",), cwd=one)
        assert project.catalog.keys().tolist() == before
        shell(("add", "--rehash"), cwd=one)
        assert project.catalog.keys().tolist() != before


# Undo


def test_on_the_command_line_undo_says_what_it_undid_whoever_did_it(tmp_path: Path) -> None:
    (one,) = picture_folders(tmp_path, "one")
    with Project.open_or_create(one) as project:
        project.scan()
        Tags(project.catalog).create("mine")
        done = subprocess.run(command_line("undo"), cwd=one, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "undone: create tag mine\n")
        shell(("tag", "add", "theirs", "a.png"), cwd=one)
        with pytest.raises(ForeignStep, match="theirs"):
            History(project.catalog).undo(PROGRAM)


# Every file that is read, changed and written


class Changed:
    """A file that several programs change: how one of them makes its change number ``number``, and what is there."""

    def __init__(self, project: Path) -> None:
        self.project = project

    def change(self, program: int, number: int) -> None:
        raise NotImplementedError

    def there(self) -> set[str]:
        raise NotImplementedError


class Folders(Changed):
    def change(self, program: int, number: int) -> None:
        folder = self.project.parent / name(program, number)
        folder.mkdir()
        Project(self.project).add_folder(folder)

    def there(self) -> set[str]:
        return {folder.name for folder in Project(self.project).folders}


class Choices(Changed):
    """Each program has read the file before the others change it, as an app that is open."""

    def __init__(self, project: Path) -> None:
        super().__init__(project)
        self._open = [LastChoices(project) for _ in range(PROGRAMS)]

    def change(self, program: int, number: int) -> None:
        self._open[program]._write(name(program, number), {"top": "5"})

    def there(self) -> set[str]:
        return set(read_or_empty(file_of(self.project)))


class Recent(Changed):
    def change(self, program: int, number: int) -> None:
        remember(Project.create(self.project.parent / name(program, number), []))

    def there(self) -> set[str]:
        return {path.name for path in recent_projects()}


class Rates(Changed):
    def change(self, program: int, number: int) -> None:
        rates.remember(name(program, number), 5.0)

    def there(self) -> set[str]:
        return set(rates.known())


class ModelFolders(Changed):
    def change(self, program: int, number: int) -> None:
        folder_models.remember(Path("/models") / name(program, number))

    def there(self) -> set[str]:
        return {Path(path).name for path in folder_models._known().values()}


class Labels(Changed):
    def change(self, program: int, number: int) -> None:
        with Project(self.project) as project:
            Tags(project.catalog).create(name(program, number))

    def there(self) -> set[str]:
        with Project(self.project) as project:
            return {tag.name for tag in Tags(project.catalog).all()}


class Steps(Labels):
    """The record of them: all can be undone."""

    def there(self) -> set[str]:
        with Project(self.project) as project:
            return {step.name.removeprefix("create tag ") for step in History(project.catalog).steps()}


class Asked(Changed):
    """``actions.sqlite`` is damaged at first: one of them begins it again, and none of the others does so after it."""

    def __init__(self, project: Path) -> None:
        super().__init__(project)
        (project / "actions.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 4080)

    def change(self, program: int, number: int) -> None:
        parameters = SIMILAR.check({"like": [os.fspath(self.project / name(program, number))]})
        answer = Answer("similar", "conse", name(program, number), ())
        with Project(self.project) as project:
            assert ActionHistory(project).remember(SIMILAR, parameters, answer, 1.0)

    def there(self) -> set[str]:
        return {past.title for past in ActionHistory(Project(self.project)).all()}


class Jobs(Changed):
    """Each is a folder that one program makes, however many begin in one second."""

    def change(self, program: int, number: int) -> None:
        create_job(self.project / "jobs", [name(program, number)])

    def there(self) -> set[str]:
        return {job.name for job in all_jobs(self.project / "jobs")}


def name(program: int, number: int) -> str:
    return f"p{program}n{number}"


@pytest.mark.parametrize(
    "kind", [Folders, Choices, Recent, Rates, ModelFolders, Labels, Steps, Asked, Jobs], ids=lambda kind: kind.__name__
)
def test_what_several_programs_change_at_once_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Changed]
) -> None:
    monkeypatch.setattr(action_history, "_WAIT", PATIENCE)  # on a loaded machine the others may be long
    (tmp_path / "pictures").mkdir()
    with Project.create(tmp_path / "project", []) as project:
        assert project.catalog.count() == 0
    file = kind(project.path)

    def program(number: int) -> Callable[[], None]:
        return lambda: [file.change(number, change) for change in range(4)] and None

    at_once(*(program(number) for number in range(PROGRAMS)))
    assert file.there() >= {name(number, change) for number in range(PROGRAMS) for change in range(4)}
    assert not list(tmp_path.rglob(".*.toml.*")), "temporary files are gone"


def test_what_one_program_chose_is_not_lost_by_what_another_one_chooses() -> None:
    first = second = Display.load()
    replace(first, theme=themes.LIGHT.name).save(first)
    replace(second, pictures_in_row=2).save(second)
    assert Display.load() == Display(themes.LIGHT.name, 2)


def test_thumbnails_that_are_deleted_under_an_open_program_are_made_again(tmp_path: Path) -> None:
    (one,) = picture_folders(tmp_path, "one")
    cache = tmp_path / "thumbnails.sqlite"
    first = Thumbnails(cache)
    assert first.get(b"k" * 20, one / "a.png").size == (8, 6)
    for file in tmp_path.glob("thumbnails.sqlite*"):
        file.unlink()
    second = Thumbnails(cache)
    for opened in (first, second, first):
        assert opened.get(b"k" * 20, one / "a.png").size == (8, 6)
        assert opened.get(b"l" * 20, one / "a.png").size == (8, 6)
    first.close()
    second.close()


# Whoever has the project open learns of it


def test_a_watch_tells_what_another_program_has_changed_and_only_that(tmp_path: Path) -> None:
    one, two = picture_folders(tmp_path, "one", "two")
    with Project.open_or_create(one) as opened, Project(opened.path) as elsewhere:
        opened.scan()
        watch = Watch(opened)
        assert not watch.look().any()
        Tags(opened.catalog).create("own")
        opened.update_settings(lambda settings: replace(settings, name="own"))
        assert not watch.look().any()
        Tags(elsewhere.catalog).create("theirs")
        assert watch.look() == Changes(labels=True)
        assert not watch.look().any()
        elsewhere.add_folder(two)
        assert watch.look() == Changes(settings=True)
        elsewhere.scan()
        assert watch.look() == Changes(pictures=True)
        elsewhere.update_settings(lambda settings: replace(settings, default_vec_type="conse"))
        # Takes theirs in; it is told all the same.
        opened.update_settings(lambda settings: replace(settings, name="other"))
        assert watch.look() == Changes(settings=True)
        assert opened.settings.default_vec_type == "conse"
        (opened.path / "catalog.sqlite").rename(tmp_path / "aside")
        with pytest.raises(CatalogError, match="moved, deleted or replaced"):
            watch.look()
