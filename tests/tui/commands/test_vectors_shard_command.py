"""``pictoscope vectors create --shard`` and ``vectors merge``: shares of the pictures, computed apart and taken in."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import Run, command_line, draw, on_terminal, refused, until

from core.jobs import vectors_run
from core.models.backend import Model
from core.vectors import store
from tests.core.vectors.vector_helpers import content, flip


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch, effnet: Model) -> None:
    """The real model is loaded already."""
    monkeypatch.setattr(vectors_run, "load", lambda spec, log, options, pictures: effnet)


@pytest.fixture
def added(fresh: Path, run: Run) -> Path:
    """The current folder: 12 pictures in a project without vectors."""
    run("add", ".")
    return fresh


@pytest.fixture
def parts(added: Path, tmp_path: Path, run: Run, warm: None) -> list[str]:
    """Three parts that make up the whole."""
    folders = [str(tmp_path / f"part-{number}") for number in (1, 2, 3)]
    for number, folder in enumerate(folders, 1):
        assert run("vectors", "create", "effnet-lite0", "--shard", f"{number}/3", "--out", folder).code == 0
    return folders


def in_project(folder: Path) -> dict[bytes, bytes]:
    return content(folder / ".pictoscope" / "vectors" / "effnet-lite0")


def test_a_shard_is_computed_in_the_foreground_and_says_what_it_holds(
    run: Run, added: Path, tmp_path: Path, warm: None
) -> None:
    said = run("vectors", "create", "effnet-lite0", "--shard", "1/1", "--out", str(tmp_path / "part"))
    assert (said.code, said.out) == (0, "")
    for words in (
        "shard 1/1: 12 of 12 pictures",
        "loading the model effnet-lite0",
        "shard 1/1  12/12",
        "finished: 12 done",
    ):
        assert words in said.err
    assert said.err.splitlines()[-1] == f"{tmp_path / 'part'} holds 12 of 12 pictures"
    assert not (added / ".pictoscope" / "vectors").exists()
    assert not (added / ".pictoscope" / "jobs").exists()
    again = run("vectors", "create", "effnet-lite0", "--shard", "1/1", "--out", str(tmp_path / "part"), "--json")
    assert (again.code, again.json) == (
        0,
        {
            "part": str(tmp_path / "part"),
            "shard": 1,
            "of": 1,
            "vec_types": ["effnet-lite0"],
            "done": 12,
            "failed": 0,
            "total": 12,
        },
    )


def test_parts_are_merged_and_what_is_missing_is_named(run: Run, added: Path, parts: list[str]) -> None:
    said = run("vectors", "merge", parts[0], parts[2])
    assert (said.code, said.out) == (0, "")
    first, second, third = said.err.splitlines()
    here = len(in_project(added))
    assert first == f"effnet-lite0: 2 parts, rows: {here} new, 0 there already"
    assert second == f"effnet-lite0: {12 - here} of 12 pictures missing, of the shards 2/3 ({12 - here})"
    assert third == (
        "compute them: pictoscope vectors create effnet-lite0 --shard 2/3 --out FOLDER on any machine, "
        "or here: pictoscope vectors restart effnet-lite0"
    )
    said = run("vectors", "merge", *parts[::-1], "--json")
    assert said.json == {
        "vec_types": [
            {
                "vec_type": "effnet-lite0",
                "parts": 3,
                "added": 12 - here,
                "known": here,
                "failed": 0,
                "foreign": 0,
                "missing": 0,
                "missing_shards": [],
            }
        ],
        "refused": [],
    }
    assert run("vectors", "merge", *parts).err.splitlines() == [
        "effnet-lite0: 3 parts, rows: 0 new, 12 there already",
        "effnet-lite0: nothing is missing",
    ]
    listed = run("vectors", "list", "--json").json
    assert [(entry["done"], entry["default"]) for entry in listed] == [(12, True)]
    assert run("vectors", "verify", "--json").json == [{"vec_type": "effnet-lite0", "rows": 12, "bad": []}]


def test_the_real_models_rows_are_those_of_one_machine(
    run: Run, added: Path, parts: list[str], open_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_REAL", "1")
    run("vectors", "merge", *parts)
    merged = in_project(added)
    run("vectors", "delete", "effnet-lite0", "--yes")
    assert run("vectors", "create", "effnet-lite0", "--runtime", "torch").code == 0
    alone = in_project(added)
    assert merged.keys() == alone.keys()
    for key, row in alone.items():  # batches of other sizes round differently
        assert float(np.frombuffer(row, "<f4") @ np.frombuffer(merged[key], "<f4")) > 0.99999


def test_refused_parts_are_named_and_the_others_taken(run: Run, added: Path, parts: list[str]) -> None:
    flip(Path(parts[1]) / "vectors" / "effnet-lite0" / "rows.f32", 9)
    said = run("vectors", "merge", *parts)
    *lines, last = said.err.splitlines()
    assert said.code == 1
    assert lines[0].startswith("effnet-lite0: 2 parts, rows: ")
    assert last.startswith(
        "pictoscope: refused: part-2 is damaged: effnet-lite0 has 1 row with a wrong checksum (copy it"
    )
    said = run("vectors", "merge", parts[1], "nowhere", "--json")
    assert said.code == 1
    assert [(Path(one["part"]).name, one["vec_type"]) for one in said.json["refused"]] == [
        ("nowhere", None),
        ("part-2", "effnet-lite0"),
    ]
    assert all(one["error"] and one["hint"] for one in said.json["refused"])
    assert "1 more refused" in said.error["error"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--shard", "1/3"], "--shard needs a folder for its rows"),
        (["--out", "part"], "--out: it applies only with --shard"),
        (["--map", "/here=/there"], "--map: it applies only with --engine or --shard"),
        (["--send-pictures"], "--send-pictures: it applies only with --engine"),
        (["--shard", "1/3", "--out", "part", "--engine", "dask://a:1"], "--engine: it does not apply with --shard"),
        (["--engine", "localhost:8786"], "'localhost:8786' is not the address of an engine"),
        (["--engine", "ray://localhost:8786"], "there is no engine ray"),
        (["--engine", "dask://a:1", "--send-pictures", "--map", "/a=/b"], "--map: it does not apply with --send-pic"),
        (["--shard", "1/3", "--out", "part", "--map", "here=there"], "the map 'here=there' is not two absolute paths"),
        (["--shard", "4/3", "--out", "part"], "--shard: '4/3' is not a shard"),
        (["--shard", "", "--out", "part"], "--shard: '' is not a shard"),
        (["--shard", "1/3", "--out", "part", "--detach"], "--detach: it does not apply with --shard"),
        (["--shard", "1/3", "--out", "part", "--sample", "5"], "--sample: it does not apply with --shard"),
        (["--shard", "1/3", "--out", ".pictoscope/vectors/part"], "is in the project's own folder"),
        (["--shard", "1/3", "--out", "."], "is not a part, but holds .pictoscope"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(run: Run, added: Path, words: list[str], says: str) -> None:
    refused(run, "vectors", "create", "effnet-lite0", *words, code=2, says=says)
    assert not (added / "part").exists()


def test_a_deletion_that_was_interrupted_is_not_finished_by_a_shard(
    run: Run, added: Path, tmp_path: Path, warm: None
) -> None:
    """The project is only read."""
    left = added / ".pictoscope" / "vectors" / ".deleted-clip-1"
    left.mkdir(parents=True)
    run("vectors", "create", "effnet-lite0", "--shard", "1/2", "--out", str(tmp_path / "part"))
    assert left.exists()
    run("vectors", "list")
    assert not left.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_shard_goes_on_where_a_signal_stopped_it(
    run: Run, added: Path, tmp_path: Path, gate: Path, number: signal.Signals
) -> None:
    for more in range(12, 20):
        draw(added / f"{more}.png", more)
    assert run("add", ".").code == 0
    command = command_line("vectors", "create", "effnet-lite0", "--shard", "1/1", "--out", str(tmp_path / "part"))
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until(gate.with_name(gate.name + ".waiting").exists)
    process.send_signal(number)
    if number is signal.SIGKILL:
        process.wait()
    gate.touch()
    _, said = process.communicate()
    before = content(tmp_path / "part" / "vectors" / "effnet-lite0")
    if number is signal.SIGKILL:
        assert (process.returncode, len(before)) == (-signal.SIGKILL, 8)
        assert (tmp_path / "part" / "catalog.sqlite").exists()
    else:
        assert (process.returncode, len(before)) == (1, 12)
        assert said.splitlines()[-1].startswith(
            "pictoscope: shard 1/1: stopped at 12 of 20 (run the same command again"
        )
    again = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    assert again.returncode == 0, again.stderr
    assert again.stderr.splitlines()[-1] == f"{tmp_path / 'part'} holds 20 of 20 pictures"
    after = content(tmp_path / "part" / "vectors" / "effnet-lite0")
    assert before.items() <= after.items()
    assert len(store.Reader(tmp_path / "part" / "vectors" / "effnet-lite0").snapshot().rows) == len(after) == 20
    assert sorted(os.listdir(tmp_path / "part")) == ["lock", "part.toml", "vectors"]


def test_progress_is_one_line_on_a_terminal(added: Path, tmp_path: Path, open_gate: None) -> None:
    code, shown = on_terminal("vectors", "create", "effnet-lite0", "--shard", "1/1", "--out", str(tmp_path / "part"))
    assert code == 0
    assert "\r" in shown
    assert "holds 12 of 12 pictures" in shown
