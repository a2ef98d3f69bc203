"""``pictoscope measure``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused
from PIL import Image


def test_it_measures_what_no_job_has_looked_at(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("red", "blue"):
        Image.new("RGB", (20, 20), name).save(tmp_path / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    assert run("add", ".").code == 0
    assert run("measure", "--json").json == {"measured": 2, "failed": 0, "pictures": 2}
    said = run("measure")
    assert (said.code, said.out, said.err) == (0, "", "all pictures are measured already\n")
    Image.new("RGB", (20, 20), "white").save(tmp_path / "white.png")
    assert run("add").code == 0
    (tmp_path / "white.png").unlink()
    assert run("measure").err == "0 pictures measured; 1 cannot be read\n"


def test_without_a_project_it_says_what_to_do(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "pictoscope add" in refused(run, "measure", code=1, says="no project")
