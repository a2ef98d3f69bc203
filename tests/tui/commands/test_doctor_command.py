"""``pictoscope doctor``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run

from core.models import catalogue
from tui.commands import doctor


def test_it_tells_what_it_finds(run: Run, filled: Path, home: Path) -> None:
    said = run("doctor", "--json")
    assert (said.code, said.err) == (0, "")
    sections = ["pictoscope", "terminal", "libraries", "compute", "pictures", "models", "folders", "project"]
    assert list(said.json) == sections
    assert said.json["project"] == {
        "here": f"{filled}/.pictoscope",
        "folders": str(filled),
        "pictures": "25",
        "vectors": "conse 25 / 25, effnet-lite0 25 / 25, effnet-lite0+grey 25 / 25",
    }
    here = {"effnet-lite0", "conse"}
    assert said.json["models"] == {
        spec.key: "here" if spec.key in here else "not here" for spec in catalogue.catalogue()
    }
    assert len(said.json["models"]) > len(here)
    assert said.json["folders"]["data"] == str(home)
    plain = run("doctor")
    assert (plain.code, plain.err) == (0, "")
    assert "project\n  here           " + said.json["project"]["here"] in plain.out
    assert "  vectors        conse 25 / 25, effnet-lite0 25 / 25" in plain.out


def test_a_damaged_project_is_told_with_exit_code_1(run: Run, filled: Path) -> None:
    (filled / ".pictoscope" / "project.toml").write_text("")
    said = run("doctor", "--json")
    assert (said.code, "damaged" in said.json["project"]["problem"]) == (1, True)
    said = run("doctor")
    assert (said.code, "  problem        " in said.out) == (1, True)


def test_a_library_that_is_missing_is_told_with_exit_code_1(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("doctor", "--json").json["project"] == {"here": "none"}
    monkeypatch.setattr(doctor, "_LIBRARIES", ("numpy", "no-such-library"))
    said = run("doctor")
    assert (said.code, "  no-such-library not installed\n" in said.out) == (1, True)
