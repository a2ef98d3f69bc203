"""Pictures at several paths of which the first cannot be read now: whatever needs their bytes finds them elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.catalog import appearances
from core.catalog.readable import read_picture_of
from core.errors import UnreadablePicture
from core.export.export import export
from core.export.forms import Form
from core.export.listing import Listing, of_filter
from core.key_arrays import whole_keys
from core.project import Project
from tests.attacks.kill_steps import ForkServer
from tests.attacks.trials import Trial, committed, draw

NUMBER = 4


@dataclass(frozen=True)
class Twice:
    """A project of ``old`` and ``new``, which hold the same pictures; the catalog names those in ``old`` first."""

    project: Project
    old: Path
    new: Path

    @property
    def keys(self) -> list[bytes]:
        return whole_keys(self.project.catalog.keys())

    def contents(self) -> set[bytes]:
        return {path.read_bytes() for path in self.new.iterdir()}


@pytest.fixture
def twice(tmp_path: Path) -> Iterator[Twice]:
    old, new = tmp_path / "old", tmp_path / "new"
    draw(old, NUMBER)
    for torn in old.glob("*-torn.png"):
        torn.unlink()
    shutil.copytree(old, new)
    with Project.create(tmp_path / "project" / ".pictoscope", [old, new]) as project:
        project.scan()
        found = project.catalog.by_keys(whole_keys(project.catalog.keys()))
        assert all(picture.path.startswith(os.fsencode(old)) for picture in found.values())
        assert len(found) == NUMBER
        yield Twice(project, old, new)


def moved(twice: Twice) -> None:
    twice.old.rename(twice.old.with_name("elsewhere"))


def deleted(twice: Twice) -> None:
    for path in twice.old.iterdir():
        path.unlink()


def rewritten(twice: Twice) -> None:
    """Other bytes under the same names, the file a byte longer."""
    for path in twice.old.iterdir():
        path.write_bytes(path.read_bytes() + b"!")


def replaced(twice: Twice) -> None:
    """Other bytes under the same names, as many as before, the time another one."""
    for path in twice.old.iterdir():
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        os.utime(path, (1, 1))


def folders_instead(twice: Twice) -> None:
    deleted(twice)
    for path in twice.new.iterdir():
        (twice.old / path.name).mkdir()


def links_to_nothing(twice: Twice) -> None:
    deleted(twice)
    for path in twice.new.iterdir():
        (twice.old / path.name).symlink_to("nothing")


def everything(twice: Twice) -> Listing:
    return of_filter(twice.project, "")


def export_to(twice: Twice, form: Form, name: str) -> Path:
    target = twice.old.parent / name
    assert export(twice.project, everything(twice), form, target).missing == ()
    return target


def copies(twice: Twice) -> None:
    target = export_to(twice, "copies", "copies")
    assert {path.read_bytes() for path in target.iterdir()} == twice.contents()


def links(twice: Twice) -> None:
    target = export_to(twice, "links", "links")
    assert {path.read_bytes() for path in target.iterdir()} == twice.contents()


def sheet(twice: Twice) -> None:
    assert export_to(twice, "sheet", "sheet.html").read_text().count("<img") == NUMBER


def thumbnails(twice: Twice) -> None:
    for picture in twice.project.catalog.by_keys(twice.keys).values():
        assert twice.project.thumbnails.get(picture.key, picture.path).size == (6, 4)


def preview(twice: Twice) -> None:
    for picture in twice.project.catalog.by_keys(twice.keys).values():
        assert read_picture_of(twice.project.catalog, picture.key, picture.path, 100).size == (6, 4)


def measure(twice: Twice) -> None:
    assert appearances.measure(twice.project.catalog) == (NUMBER, 0)


@pytest.mark.parametrize("first", [moved, deleted, rewritten, replaced, folders_instead, links_to_nothing])
@pytest.mark.parametrize("consumer", [copies, links, sheet, thumbnails, preview, measure])
def test_another_path_is_read(twice: Twice, first: Callable[[Twice], None], consumer: Callable[[Twice], None]) -> None:
    first(twice)
    consumer(twice)


def test_a_job_reads_another_path(twice: Twice, server: ForkServer) -> None:
    trial = Trial(server, twice.project.path.parent)
    moved(twice)
    code, job = trial.run()
    assert (code, job.done, job.failed) == (0, NUMBER, 0)
    assert len(committed(trial.vectors)) == NUMBER


def test_touched_files_are_the_same_pictures(twice: Twice) -> None:
    moved(twice)
    for path in twice.new.iterdir():
        os.utime(path, (1, 1))
    copies(twice)


@pytest.mark.parametrize(
    ("first", "reason"), [(moved, "not there any more"), (rewritten, "has changed"), (folders_instead, "not a regular")]
)
def test_where_no_path_can_be_read_the_reason_is_said(
    twice: Twice, first: Callable[[Twice], None], reason: str
) -> None:
    first(twice)
    shutil.rmtree(twice.new)
    (picture, *_) = twice.project.catalog.by_keys(twice.keys).values()
    with pytest.raises(UnreadablePicture, match=reason):
        read_picture_of(twice.project.catalog, picture.key, picture.path, 100)
    exported = export(twice.project, everything(twice), "copies", twice.old.parent / "copies")
    assert (exported.pictures, len(exported.missing)) == (0, NUMBER)


def test_what_cannot_be_decoded_is_not_tried_at_every_path(twice: Twice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand copies of a file that no decoder survives would take a thousand times its limit."""
    tried = []

    def broken(path: bytes) -> None:
        tried.append(path)
        raise UnreadablePicture("damaged")

    from core.catalog.copies import files_of
    from core.catalog.readable import read_any

    with pytest.raises(UnreadablePicture, match="damaged"):
        read_any(files_of(twice.project.catalog, twice.keys)[twice.keys[0]], broken)
    assert len(tried) == 1
