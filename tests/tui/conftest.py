"""Collections and projects for the tests of the app, and the command line to run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_helpers import collection
from cli_helpers import Run, Said

from core.project import Project
from tui import cli

NAMES = (
    "alder.png",
    "birch.png",
    "cedar.png",
    "elm.png",
    "fir.png",
    "birds/crow.png",
    "birds/owl.png",
    "birds/sea/gull.png",
    "birds/sea/tern.png",
    "fish/carp.png",
    "fish/pike.png",
    "fish/roach.png",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures of ``project`` lie."""
    return tmp_path / "trees and animals"


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """Twelve pictures of one colour each, in the root and three folders, scanned; no vectors."""
    with collection(folder, NAMES) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the hub's models none is on the machine, whatever its user has downloaded."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))


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


@pytest.fixture(autouse=True)
def only_the_interface_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a key Textual's pilot waits until the whole process idles, up to a second; threads of ours keep it busy.

    Here it waits for the thread of the interface. What comes from other threads the tests wait for by name.
    """

    async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        end = time.monotonic() + max_sleep
        while time.monotonic() < end:
            before = time.thread_time()
            await asyncio.sleep(0.004)
            if time.thread_time() - before < 0.001:
                return

    monkeypatch.setattr("textual.app.wait_for_idle", wait_for_idle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", wait_for_idle)
