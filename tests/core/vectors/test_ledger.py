"""The failure ledger: journal, ``failures.jsonl`` and catalog together say what could not be read, and why."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from vector_helpers import manifest, rows

from core.catalog.catalog import Picture
from core.formulas import FORMULA, unescape_formula
from core.project import Project
from core.text import printable
from core.vectors import store
from core.vectors.failures import FILE_NAME, Failure
from core.vectors.ledger import NOT_RECORDED, Ledger, LedgerEntry, read_ledger, to_csv
from tests.patience import little_work

NAMES = ("a.png", "b.png", "c/d.png", "c/e.png")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four pictures, and a file that is none; vectors ``one`` and ``two`` without a row."""
    folder = tmp_path / "pictures"
    (folder / "c").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        Image.new("RGB", (8, 6), (40 * number, 7, 9)).save(folder / name)
    (folder / "none.jpg").write_bytes(b"no picture")
    with Project.open_or_create(folder) as opened:
        opened.scan()
        for name in ("effnet-lite0", "conse"):
            store.create(opened.vectors_folder / name, manifest())
        yield opened


def picture(project: Project, name: str) -> Picture:
    found = project.catalog.by_path(project.folders[0] / name)
    assert found is not None
    return found


def fail(project: Project, vec_type: str, reasons: dict[str, str], when: float = 1_000.0) -> None:
    pictures = {name: picture(project, name) for name in reasons}
    failed = [Failure(pictures[name].key, pictures[name].path, reason, when) for name, reason in reasons.items()]
    with store.Writer(project.vectors_folder / vec_type) as writer:
        writer.append([], rows(), failed)


def read(project: Project, *wanted: str) -> Ledger:
    return read_ledger(project.catalog, project.vectors_folder, wanted)


def shown(ledger: Ledger) -> list[tuple[str, tuple[str, ...], str]]:
    return [(os.path.basename(os.fsdecode(entry.path)), entry.vec_types, entry.reason) for entry in ledger.entries]


def test_a_picture_whose_header_is_damaged_is_there_before_any_vectors_are(project: Project) -> None:
    ledger = read(project)
    assert shown(ledger) == [("none.jpg", (), "not a picture in a known format")]
    assert (ledger.entries[0].when, ledger.vec_types) == (0.0, [])
    assert read(project, "conse").entries == ()


def test_the_same_reason_is_one_entry_whatever_vectors_it_keeps_from(project: Project) -> None:
    fail(project, "conse", {"c/d.png": "truncated: x", "a.png": "damaged: y", "none.jpg": "not a picture"}, when=10)
    fail(project, "effnet-lite0", {"c/d.png": "truncated: x", "a.png": "too large"}, when=20)
    ledger = read(project)
    assert shown(ledger) == [
        ("a.png", ("conse",), "damaged: y"),
        ("a.png", ("effnet-lite0",), "too large"),
        ("d.png", ("conse", "effnet-lite0"), "truncated: x"),
        ("none.jpg", ("conse",), "not a picture"),
    ]
    assert [entry.when for entry in ledger.entries] == [10, 20, 20, 10]
    assert (ledger.pictures, ledger.vec_types) == (3, ["conse", "effnet-lite0"])
    assert shown(read(project, "effnet-lite0")) == [
        ("a.png", ("effnet-lite0",), "too large"),
        ("d.png", ("effnet-lite0",), "truncated: x"),
    ]


def test_reasons_are_counted_by_their_kind_most_first(project: Project) -> None:
    fail(project, "conse", {"a.png": "damaged: chunk 7", "b.png": "damaged: chunk 9", "c/d.png": "too large: 9 x 9"})
    assert read(project).kinds == [("damaged", 2), ("not a picture in a known format", 1), ("too large", 1)]


def test_what_was_read_since_or_has_left_the_project_is_gone(project: Project) -> None:
    fail(project, "conse", {"a.png": "damaged: y", "b.png": "damaged: z"})
    with store.Writer(project.vectors_folder / "conse") as writer:
        writer.append([picture(project, "a.png").key], rows(1))
    (project.folders[0] / "b.png").unlink()
    (project.folders[0] / "none.jpg").unlink()
    project.scan()
    assert read(project).entries == ()


def test_a_picture_that_moved_is_shown_where_it_is_now(project: Project) -> None:
    fail(project, "conse", {"a.png": "damaged: y"})
    (project.folders[0] / "a.png").rename(project.folders[0] / "c" / "z.png")
    project.scan()
    assert shown(read(project, "conse")) == [("z.png", ("conse",), "damaged: y")]


def test_a_reason_that_a_crash_took_is_said_to_be_missing(project: Project) -> None:
    fail(project, "conse", {"a.png": "damaged: y"})
    (project.vectors_folder / "conse" / FILE_NAME).unlink()
    ledger = read(project, "conse")
    assert shown(ledger) == [("a.png", ("conse",), NOT_RECORDED)]
    assert ledger.entries[0].to_json()["when"] is None


def test_vectors_that_cannot_be_read_are_named_and_cost_nothing_else(project: Project) -> None:
    fail(project, "conse", {"a.png": "damaged: y"})
    (project.vectors_folder / "effnet-lite0" / "journal.bin").unlink()
    (project.vectors_folder / "mobilenet").mkdir()  # wanted, but its job has not come as far as a manifest
    ledger = read(project)
    assert [name for name, _ in ledger.problems] == ["effnet-lite0"]
    assert "journal.bin is missing" in ledger.problems[0][1]
    assert [entry.reason for entry in ledger.entries] == ["damaged: y", "not a picture in a known format"]


def test_csv_keeps_the_bytes_of_paths_and_gives_a_spreadsheet_nothing_to_compute() -> None:
    entries = [
        LedgerEntry(
            b"\1" * 20, b'/odd "name",\n\xff.jpg', ("conse", "conse+grey"), "damaged: \x1b[2J", 1_700_000_000.0
        ),
        LedgerEntry(b"\2" * 20, b"/b.jpg", (), "=HYPERLINK(1)", 0.0),
        LedgerEntry(b"\3" * 20, b"/c.jpg", (), "truncated", float("1e300")),
    ]
    content = to_csv(entries)
    assert b"\xff" in content
    assert b"\x1b" not in content
    header, *found = csv.reader(io.StringIO(content.decode("utf-8", "surrogateescape"), newline=""))
    assert header == ["path", "reason", "vec_types", "when", "key"]
    assert os.fsencode(found[0][0]) == entries[0].path
    assert found[0][1:4] == ["damaged: \\x1b[2J", "conse conse+grey", "2023-11-14T22:13:20+00:00"]
    assert found[1][1:4] == ["'=HYPERLINK(1)", "", ""]
    assert found[2][3] == ""
    assert [row[4] for row in found] == [entry.key.hex() for entry in entries]


def test_twenty_thousand_failures_are_read_in_seconds(tmp_path: Path) -> None:
    count = 20_000
    with Project.open_or_create(_folder(tmp_path)) as project:
        project.scan()
        keys = [number.to_bytes(20, "big") for number in range(1, count + 1)]
        with project.catalog.transaction() as database:
            folder = database.execute("SELECT id FROM folders WHERE path = x''").fetchone()[0]
            database.executemany(
                "INSERT INTO pictures VALUES (?, ?, 1, 1, 'PNG', '')", ((9 + n, k) for n, k in enumerate(keys))
            )
            database.executemany(
                "INSERT INTO files (folder, name, picture, size, mtime_ns) VALUES (?, ?, ?, 1, 1)",
                ((folder, b"%07d.png" % n, 9 + n) for n in range(count)),
            )
        store.create(project.vectors_folder / "conse", manifest())
        with store.Writer(project.vectors_folder / "conse") as writer:
            writer.append([], rows(), [Failure(key, b"/old", f"damaged: {key[-1]}") for key in keys])
        with little_work(10):  # half a second
            ledger = read(project)
            assert (len(ledger.entries), ledger.kinds) == (count, [("damaged", count)])
            assert ledger.entries[-1].path.endswith(b"/0019999.png")
            assert len(to_csv(ledger.entries).splitlines()) == count + 1


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    Image.new("RGB", (8, 6)).save(folder / "first.png")
    return folder


@pytest.mark.parametrize("first", FORMULA)
def test_no_reason_is_a_formula_to_a_spreadsheet(first: str) -> None:
    entries = [LedgerEntry(b"\1" * 20, b"/a.jpg", (), f"{first}SUM(1)", 0.0)]
    _, found = csv.reader(io.StringIO(to_csv(entries).decode(), newline=""))
    assert not found[1].startswith(FORMULA)
    assert unescape_formula(found[1]) == printable(f"{first}SUM(1)")
