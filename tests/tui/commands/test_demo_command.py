"""``pictoscope demo``, with fewer pictures than the real one has."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from cli_helpers import Run, refused, until

from core import demo
from core.jobs.job import Job, State, all_jobs
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.encoder import TextRows
from tests.filled_projects import say_other_weights
from tui.commands import demo as demo_command
from tui.graphics.detect import Detected
from tui.graphics.probe import Probed
from tui.graphics.terminal import Terminal

SHIPPED = Path(demo.__file__).parent / "pictures"
PICTURES = (
    "photographs/cat.jpg",
    "black-and-white/cat-grey-crop.jpg",
    "photographs/kitten.jpg",
    "photographs/pika.jpg",
    "photographs/orchestra.jpg",
    "music/violin.png",
    "music/cello.png",
    "music/acoustic-guitar.png",
)


@pytest.fixture
def demo_folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo will put its pictures; there are only eight of them."""
    for name in PICTURES:
        (tmp_path / "package" / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SHIPPED / name, tmp_path / "package" / "pictures" / name)
    monkeypatch.setattr("core.demo.files", lambda package: tmp_path / "package")
    return home / "demo"


@pytest.fixture
def stand_ins(demo_folder: Path, open_gate: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's workers have the stand-in for all models, and the phrase gets a row that fits theirs."""
    encoder = SimpleNamespace(texts=lambda how, texts: TextRows(np.full((1, 12), 12**-0.5, np.float32), (0,), ((),)))
    monkeypatch.setattr(demo_command, "LocalEncoder", lambda: encoder)


def test_it_computes_its_vectors_and_prints_neighbours_and_an_answer(
    run: Run, demo_folder: Path, warm_models: None
) -> None:
    """The real models, in real workers."""
    said = run("demo", "--plain")
    assert said.code == 0, said.err
    assert said.err.splitlines()[0] == f"8 pictures in {demo_folder}"
    assert "creating the vectors effnet-lite0, effnet-lite0+grey, conse\n" in said.err
    assert "effnet-lite0, effnet-lite0+grey, conse  8/8" in said.err
    blank, similar, *neighbours = said.out.splitlines()[:7]
    assert (blank, similar) == ("", "Similar pictures like cat.jpg, by effnet-lite0:")
    assert neighbours[0].endswith("  black-and-white/cat-grey-crop.jpg")
    assert said.out.splitlines()[8] == "Text search “a musical instrument”, by conse:"
    assert "music/" in said.out.splitlines()[9]
    assert len(said.out.splitlines()) == 14

    again = run("demo")  # there is no terminal, and nothing left to compute
    assert (again.code, again.out, again.err) == (0, said.out, f"8 pictures in {demo_folder}\n")
    assert len(all_jobs(demo_folder / ".pictoscope" / "jobs")) == 1
    with Project(demo_folder / ".pictoscope") as project:
        complete = vec_types.statuses(project.vectors_folder, project.catalog.keys(), "")
    assert [(status.vec_type.name, status.done) for status in complete] == [
        ("conse", 8),
        ("effnet-lite0", 8),
        ("effnet-lite0+grey", 8),
    ]


def test_with_json_the_answers_are_a_list_of_two(run: Run, stand_ins: None, demo_folder: Path) -> None:
    said = run("demo", "--json")
    assert said.code == 0
    assert [(answer["action"], answer["vec_type"]) for answer in said.json] == [
        ("similar", "effnet-lite0"),
        ("text_search", "conse"),
    ]
    for answer in said.json:
        (group,) = answer["groups"]
        assert len(group["pictures"]) == 5
        assert all(Path(picture["path"]).is_relative_to(demo_folder) for picture in group["pictures"])


def test_it_brings_deleted_pictures_back_and_goes_on_where_it_was_interrupted(
    run: Run, stand_ins: None, demo_folder: Path
) -> None:
    run("demo", "--plain")
    (demo_folder / "photographs" / "cat.jpg").unlink()
    with store.Writer(demo_folder / ".pictoscope" / "vectors" / "conse") as writer:
        writer.void([bytes(writer.snapshot().keys[0]).ljust(20, b"\0")])
    said = run("demo", "--plain")
    assert (said.code, "resumed at 7 of 8" in said.err) == (0, True)
    assert (demo_folder / "photographs" / "cat.jpg").exists()
    worked = [job.vec_types for job in all_jobs(demo_folder / ".pictoscope" / "jobs")]
    assert worked == [("conse",), ("effnet-lite0", "effnet-lite0+grey", "conse")]


def test_a_job_that_fails_ends_it_with_the_reason(run: Run, stand_ins: None, demo_folder: Path) -> None:
    run("demo", "--plain")
    vectors = demo_folder / ".pictoscope" / "vectors" / "conse"
    say_other_weights(vectors)
    with store.Writer(vectors) as writer:
        writer.void([bytes(writer.snapshot().keys[0]).ljust(20, b"\0")])
    said = run("demo", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.error["error"].startswith("conse: the existing rows do not match the model")


def test_where_it_cannot_be_written_a_place_can_be_named(
    run: Run, demo_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_folder.touch()
    assert "PICTOSCOPE_HOME" in refused(run, "demo", code=1, says=f"the demo cannot be written to {demo_folder}")


def test_on_a_terminal_it_opens_the_app_unless_told_to_be_plain(
    run: Run, stand_ins: None, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    class App:
        pictures = SimpleNamespace(paint_in=lambda process: None)

        def __init__(
            self,
            project: Project,
            terminal: Terminal,
            probed: Probed,
            advice: str,
            offered: Path | None,
            *,
            fresh: bool,
            first: object = None,
        ) -> None:
            opened.append(project.path)

        jobs: Sequence[Job] = ()

        def run_to_exit_code(self) -> int:
            return 0

    monkeypatch.setattr("tui.app.Pictoscope", App)
    monkeypatch.setattr(demo_command, "has_terminal", lambda: True)
    monkeypatch.setattr("tui.commands.app.find_terminal", lambda graphics: Detected())
    monkeypatch.setenv("TEXTUAL_COLOR_SYSTEM", "auto")  # is then left alone
    plain = run("demo", "--plain")
    assert (plain.code, opened, "Similar pictures like" in plain.out) == (0, [], True)
    said = run("demo")
    assert (said.code, said.out, opened) == (0, "", [demo_folder / ".pictoscope"])


def test_the_app_opens_while_the_vectors_are_computed(
    run: Run, gate: Path, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[tuple[str, ...]] = []

    class App:
        pictures = SimpleNamespace(paint_in=lambda process: None)

        def __init__(
            self,
            project: Project,
            terminal: Terminal,
            probed: Probed,
            advice: str,
            offered: Path | None,
            *,
            fresh: bool,
            first: object = None,
        ) -> None:
            running.extend(job.vec_types for job in all_jobs(project.jobs_folder) if job.state is State.RUNNING)

        jobs: Sequence[Job] = ()

        def run_to_exit_code(self) -> int:
            return 0

    monkeypatch.setattr("tui.app.Pictoscope", App)
    monkeypatch.setattr(demo_command, "has_terminal", lambda: True)
    monkeypatch.setattr("tui.commands.app.find_terminal", lambda graphics: Detected())
    monkeypatch.setenv("TEXTUAL_COLOR_SYSTEM", "auto")  # is then left alone
    try:
        said = run("demo")  # the worker waits for the gate: a command that waited for the job would never return
        assert (said.code, said.err) == (0, f"8 pictures in {demo_folder}\n")
        assert running == [("effnet-lite0", "effnet-lite0+grey", "conse")]
        run("demo")
        assert len(all_jobs(demo_folder / ".pictoscope" / "jobs")) == 1, "a second start does not start a second job"
    finally:
        gate.touch()
        until(lambda: all(job.state is not State.RUNNING for job in all_jobs(demo_folder / ".pictoscope" / "jobs")))
