"""From a folder of pictures to answers, through a worker that is killed: real processes, the real model."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import Run, only_job, until
from PIL import Image

from core.jobs.job import State
from core.vectors import store

GREY = "effnet-lite0+grey"
PICTURES, TEMPLATE = 60, 25


@pytest.fixture
def folder(filled_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: the 25 pictures of the template, 35 more, no project."""
    shutil.copytree(filled_template, tmp_path / "mine", ignore=shutil.ignore_patterns(".pictoscope"))
    (tmp_path / "mine" / "more").mkdir()
    for number in range(PICTURES - TEMPLATE):
        ground = np.random.default_rng(1000 + number).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        picture = Image.fromarray(ground).resize((160, 120), Image.Resampling.BICUBIC)
        picture.save(tmp_path / "mine" / "more" / f"{number:02d}.jpg")
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def test_a_killed_job_goes_on_where_it_was_and_its_vectors_answer_by_name(
    run: Run, folder: Path, filled_template: Path, frequent_commits: None, warm_models: None
) -> None:
    """The rows are those of an undisturbed run."""
    assert run("add", ".").code == 0
    name = run("vectors", "create", "effnet-lite0", "--greyscale", "--detach").out.strip()
    journal = folder / ".pictoscope" / "vectors" / GREY / "journal.bin"
    until(lambda: journal.exists() and journal.stat().st_size >= 8 * 32)
    os.kill(only_job(folder).pid, signal.SIGKILL)
    until(lambda: only_job(folder).state is not State.RUNNING)
    (listed,) = run("jobs", "--json").json
    assert (listed["id"], listed["state"]) == (name, "interrupted")
    assert "killed" in listed["error"]
    before = run("vectors", "list", "--json").json[0]["done"]
    assert 8 <= before < PICTURES

    said = run("vectors", "restart", GREY)
    assert said.code == 0, said.err
    assert f"resumed at {before} of {PICTURES}" in said.err
    assert [(job["state"], job["done"]) for job in run("jobs", "--json").json] == [
        ("done", PICTURES),
        ("interrupted", listed["done"]),
    ]
    (entry,) = run("vectors", "list", "--json").json
    assert (entry["vec_type"], entry["dim"], entry["done"], entry["total"]) == (GREY, 1280, PICTURES, PICTURES)
    assert run("vectors", "verify").code == 0
    undisturbed = filled_template / ".pictoscope" / "vectors"
    ours, theirs = store.Reader(journal.parent).snapshot(), store.Reader(undisturbed / GREY).snapshot()
    assert len(theirs.done) == TEMPLATE
    for key in theirs.done:
        assert ours.rows[ours.row_of(key)] @ theirs.rows[theirs.row_of(key)] > 0.99999

    similar = run("similar", "round/05.jpg", "--vec-type", GREY, "--top", "3").out.splitlines()
    assert (len(similar), similar[0]) == (3, str(folder / "copies" / "05-grey.png"))
    shutil.copytree(undisturbed / "conse", journal.parents[1] / "conse")
    said = run("search", "a balloon", "--vec-type", "conse", "--top", "5")
    assert (said.code, len(set(said.out.splitlines()))) == (0, 5)
    assert said.err == f"conse covers {TEMPLATE} of {PICTURES} pictures: Restart computes the rest\n"
