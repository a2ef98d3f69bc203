"""``pictoscope vectors failures``: what could not be read, as a table, as paths, for spreadsheets, as JSON."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from pathlib import Path

import pytest
from cli_helpers import Run, command_line, draw, on_terminal, only_job, refused

from core.project import Project
from core.vectors.failures import read_failures

ODD = b"odd\n\x1b]0;x\x07\x9b\xff[b]\xe2\x80\xae.png"


def piped(*words: str) -> bytes:
    return subprocess.run(command_line("vectors", "failures", *words), stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture
def failed(fresh: Path, open_gate: None, run: Run) -> Path:
    """Twelve pictures, half of one, and a file that is none, with vectors of the stand-in."""
    whole = (fresh / "00.png").read_bytes()
    with open(os.path.join(os.fsencode(fresh), ODD), "wb") as stream:
        stream.write(whole[: len(whole) - 40])
    (fresh / "none.jpg").write_bytes(b"no picture")
    run("add", ".")
    assert run("vectors", "create", "effnet-lite0", "conse").code == 0
    return fresh


def test_the_table_names_picture_vectors_reason_and_time(run: Run, failed: Path) -> None:
    said = run("vectors", "failures")
    header, *rows = said.out.splitlines()
    assert (said.code, header.split()) == (0, ["picture", "vec", "type", "reason", "tried"])
    assert [row.split("  ")[0] for row in rows] == [
        f"{failed}/none.jpg",
        f"{failed}/odd\\n\\x1b]0;x\\x07\\x9b\\xff[b]\\u202e.png",
    ]
    assert "  conse, effnet-lite0  " in rows[0]
    assert "not a picture in a known format" in rows[0]
    assert said.err.splitlines() == [
        "2 pictures could not be read: 1 not a picture in a known format, 1 truncated",
        "try them again: pictoscope vectors restart conse effnet-lite0",
    ]


def test_paths_keep_their_bytes_in_a_pipe_and_are_harmless_on_a_terminal(run: Run, failed: Path) -> None:
    folder = os.fsencode(failed)
    paths = [folder + b"/none.jpg", folder + b"/" + ODD]
    assert piped("--paths") == b"".join(path + b"\n" for path in paths)
    assert piped("-0", "conse") == b"".join(path + b"\0" for path in paths)
    table = list(csv.reader(io.StringIO(piped("--csv").decode("utf-8", "surrogateescape"), newline="")))
    assert [os.fsencode(row[0]) for row in table[1:]] == paths
    for form in ("--paths", "-0", "--csv", "--json"):
        code, shown = on_terminal("vectors", "failures", form)
        assert code == 0
        assert "none.jpg" in shown
        assert all(line.replace("\0", "").rstrip("\r").isprintable() for line in shown.split("\n")), form


def test_json_names_the_vectors_and_the_time(run: Run, failed: Path) -> None:
    entries = run("vectors", "failures", "conse", "--json").json
    assert [set(entry) for entry in entries] == [{"path", "key", "reason", "vec_types", "when"}] * 2
    assert [entry["vec_types"] for entry in entries] == [["conse"], ["conse"]]
    assert all(entry["when"].endswith("+00:00") for entry in entries)
    assert os.fsencode(entries[1]["path"]).endswith(ODD)


def test_what_could_be_read_after_all_is_gone_after_restart(run: Run, failed: Path) -> None:
    draw(failed / "none.jpg", 77)
    os.unlink(os.path.join(os.fsencode(failed), ODD))
    assert run("vectors", "restart").code == 0
    said = run("vectors", "failures")
    assert (said.code, said.out, said.err) == (0, "", "no failed pictures\n")
    assert run("vectors", "failures", "--json").json == []
    assert run("vectors", "failures", "--csv").code == 0


def test_restart_tries_failed_pictures_once_more_and_the_file_does_not_grow(run: Run, failed: Path) -> None:
    for _ in range(4):
        assert run("vectors", "restart", "conse").code == 0
    folder = failed / ".pictoscope" / "vectors" / "conse"
    assert len(read_failures(folder)) == 2
    assert len([line for line in (folder / "failures.jsonl").read_bytes().splitlines() if line]) <= 4
    said = run("vectors", "restart", "conse")
    assert "resumed at 12 of 14; 2 failed before, tried again" in said.err
    assert "finished: 0 done, 2 failed in this run" in said.err


def test_vectors_that_are_not_there_are_refused_and_damaged_ones_are_said(run: Run, failed: Path) -> None:
    refused(run, "vectors", "failures", "mobilenet", code=2, says="there are no vectors mobilenet")
    refused(run, "vectors", "failures", "../x", code=2, says="is not the name of a vec type")
    (failed / ".pictoscope" / "vectors" / "conse" / "manifest.toml").write_text("= =")
    said = run("vectors", "failures", "--json")
    assert (said.code, len(said.json)) == (0, 2)
    assert said.err.startswith("skipped conse: ")
    assert only_job(failed).failed == 2


def test_before_there_are_vectors_damaged_headers_are_listed(run: Run, fresh: Path) -> None:
    (fresh / "none.jpg").write_bytes(b"no picture")
    run("add", ".")
    said = run("vectors", "failures")
    assert said.out.splitlines()[1].split() == [
        f"{fresh}/none.jpg",
        "–",
        *["not", "a", "picture", "in", "a", "known", "format"],
        "–",
    ]
    assert said.err == "1 picture could not be read: 1 not a picture in a known format\n"
    with Project(fresh / ".pictoscope") as project:
        assert project.catalog.unreadable()
