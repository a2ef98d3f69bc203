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
    sections = [
        "pictoscope",
        "terminal",
        "libraries",
        "compute",
        "pictures",
        "models",
        "plug-ins",
        "folders",
        "project",
    ]
    assert list(said.json) == sections
    assert said.json["project"] == {
        "here": f"{filled}/.pictoscope",
        "file system": "local",
        "folders": str(filled),
        "pictures": "25",
        "vectors": "conse 25 / 25, effnet-lite0 25 / 25, effnet-lite0+grey 25 / 25",
    }
    here = {"effnet-lite0", "conse"}
    assert said.json["models"] == {
        spec.key: "installed" if spec.key in here else "not installed" for spec in catalogue.catalogue()
    }
    assert len(said.json["models"]) > len(here)
    memory = said.json["pictures"]["memory"]
    assert memory == "at most 67 MB in the terminal, 32 MB drawn, for each list, 256 MB decoded"
    assert said.json["folders"]["data"] == str(home)
    plain = run("doctor")
    assert (plain.code, plain.err) == (0, "")
    assert "project\n  here           " + said.json["project"]["here"] in plain.out
    assert "  vectors        conse 25 / 25, effnet-lite0 25 / 25" in plain.out


def test_a_project_on_a_network_file_system_is_told(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "network_file_system", lambda folder: "nfs4")
    said = run("doctor", "--json").json["project"]["file system"]
    assert said.startswith("nfs4, over a network: locks may not hold between machines")


def test_a_damaged_catalog_is_told_with_what_to_do(run: Run, filled: Path) -> None:
    catalog = filled / ".pictoscope" / "catalog.sqlite"
    content = bytearray(catalog.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    catalog.write_bytes(content)
    said = run("doctor", "--json")
    problem = said.json["project"]["problem"]
    assert (said.code, "catalog.sqlite is damaged" in problem, "--rebuild-catalog" in problem) == (1, True, True)
    assert run("vectors", "verify", "conse").code == 1
    assert run("add", "--rebuild-catalog").code == 0
    assert run("doctor").code == 0
    assert run("vectors", "verify", "conse").code == 0


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
