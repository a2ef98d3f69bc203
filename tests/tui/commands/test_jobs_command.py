"""``pictoscope jobs``, and what following a job shows."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from cli_helpers import Run, command_line, draw, on_terminal, only_job, refused, until

from core.jobs.job import State
from tests.filled_projects import say_other_weights


def test_a_project_without_jobs_lists_none(run: Run, fresh: Path) -> None:
    run("add", ".")
    assert run("jobs", "--json").json == []
    said = run("jobs")
    assert (said.code, said.out, "no jobs yet" in said.err) == (0, "", True)
    for option in ("--follow", "--cancel"):
        hint = refused(run, "jobs", option, "20260101-000000-conse", code=2, says="there is no job")
        assert "pictoscope jobs" in hint


def test_a_job_can_be_seen_cancelled_followed_and_restarted(run: Run, fresh: Path, gate: Path) -> None:
    run("add", ".")
    name = run("vectors", "create", "effnet-lite0", "--detach").out.strip()
    until(gate.with_name(gate.name + ".waiting").exists)
    (listed,) = run("jobs", "--json").json
    assert listed == {
        "id": name,
        "vec_type": "effnet-lite0",
        "vec_types": ["effnet-lite0"],
        "map": None,
        "state": "running",
        "done": listed["done"],
        "failed": 0,
        "total": 12,
        "rate": listed["rate"],
        "rates": {},
        "error": None,
    }
    header, row = (line.split() for line in run("jobs").out.splitlines())
    assert header == ["job", "state", "done", "failed", "total", "rate"]
    assert row[:2] == [name, "running"]

    said = run("jobs", "--cancel", name)
    assert (said.code, said.out, said.err) == (
        0,
        "",
        f"{name} stops after its current batch; to resume: pictoscope vectors restart effnet-lite0\n",
    )
    gate.touch()
    said = run("jobs", "--follow", name)
    assert (said.code, said.out) == (1, "")
    stopped = "pictoscope: effnet-lite0: stopped at 12 of 12 (resume with: pictoscope vectors restart effnet-lite0)"
    assert said.err.splitlines()[-1] == stopped
    said = run("jobs", "--follow", name, "--json")
    assert (said.code, said.error["error"]) == (1, "effnet-lite0: stopped at 12 of 12")
    assert [job["state"] for job in run("jobs", "--json").json] == ["stopped"]
    refused(run, "jobs", "--cancel", name, code=1, says=f"job {name} is not running")

    said = run("vectors", "restart", "effnet-lite0", "--json")
    (job,) = said.json
    assert (said.code, job["state"], job["done"]) == (0, "done", 12)
    assert run("jobs", "--follow", job["id"], "--json").json == job
    assert [listed["id"] for listed in run("jobs", "--json").json] == [job["id"], name]


def test_ctrl_c_leaves_the_job_running_and_says_so(run: Run, fresh: Path, gate: Path) -> None:
    run("add", ".")
    following = subprocess.Popen(
        command_line("vectors", "create", "effnet-lite0"), stderr=subprocess.PIPE, start_new_session=True
    )
    assert following.stderr is not None
    said = b""
    while b"computing 12 pictures" not in said:
        line = following.stderr.readline()
        assert line
        said += line
    os.killpg(following.pid, signal.SIGINT)
    said += following.stderr.read()
    assert following.wait() == 130
    following.stderr.close()
    job = only_job(fresh)
    assert f"the job keeps running: pictoscope jobs --follow {job.id}, or --cancel {job.id}" in said.decode()
    assert b"Traceback" not in said
    assert job.state is State.RUNNING
    gate.touch()
    assert run("jobs", "--follow", job.id).code == 0
    assert only_job(fresh).done == 12


def test_on_a_terminal_there_is_a_bar(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    code, shown = on_terminal("vectors", "create", "effnet-lite0")
    assert code == 0
    assert "\reffnet-lite0  " + "█" * 30 + "  12/12" in shown


def test_the_bar_of_several_vec_types_fits_a_terminal_of_80_columns(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    run("vectors", "create", "effnet-lite0", "conse")
    run("vectors", "create", "effnet-lite0", "conse", "--greyscale")
    draw(fresh / "new.png", 99)
    code, shown = on_terminal("vectors", "restart")
    assert code == 0
    drawn = [line.partition("\x1b[K")[0] for line in shown.split("\r") if "█" in line]
    assert drawn
    assert {line.partition("  ")[0] for line in drawn} == {"conse and 3 more"}
    assert max(len(line) for line in drawn) < 80
    assert drawn[-1].partition("█")[2].strip("█").startswith("  13/13")


def test_a_job_that_fails_ends_the_command_with_its_reason(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    run("vectors", "create", "effnet-lite0")
    draw(fresh / "new.png", 99)
    say_other_weights(fresh / ".pictoscope" / "vectors" / "effnet-lite0")
    said = run("vectors", "restart", "effnet-lite0", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.error["error"].startswith("effnet-lite0: the existing rows do not match the model")
    listed = run("jobs", "--json").json[0]
    assert (listed["state"], listed["error"]) == ("failed", said.error["error"].removeprefix("effnet-lite0: "))
    assert listed["error"] in run("jobs").out
