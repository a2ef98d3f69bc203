"""The example of a plug-in: built and installed as anybody would, then used through its entry points."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.example_packages import installed
from tests.patience import run_to_end

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the example is installed."""
    return installed("plugin", tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven reddish pictures of noise, and a blue one."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(8):
        noise = np.random.default_rng(number).integers(0, 120, (24, 32, 3), dtype=np.uint8)
        noise[..., 2 if number == 5 else 0] += 130
        Image.fromarray(noise).save(folder / f"{number}.png")
    return folder


def pictoscope(site: Path | None, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, in a process that finds the example or does not."""
    paths = [str(ROOT), *([str(site)] if site else [])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "tui.cli", *words]
    return run_to_end(command, cwd=folder, env=environment)


def answer(site: Path, folder: Path, *words: str) -> Any:
    """What a command prints with ``--json``."""
    done = pictoscope(site, folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stderr
    return json.loads(done.stdout)


def test_the_model_is_listed_and_the_action_is_a_command(site: Path, pictures: Path) -> None:
    (model,) = [model for model in answer(site, pictures, "models") if model["key"] == "colours"]
    assert (model["dim"], model["text"], model["available"]) == (64, False, True)
    told = pictoscope(site, pictures, "--help").stdout
    assert "unusual       find the pictures that are least like the collection" in told
    assert "--show" in pictoscope(site, pictures, "unusual", "--help").stdout
    assert "unusual" not in pictoscope(None, pictures, "--help").stdout


def test_vectors_are_created_and_the_action_answers(site: Path, pictures: Path) -> None:
    for words in (["add", "."], ["vectors", "create", "colours"]):
        done = pictoscope(site, pictures, *words)
        assert done.returncode == 0, done.stderr
    (vectors,) = answer(site, pictures, "vectors", "list")
    assert (vectors["vec_type"], vectors["dim"], vectors["done"], vectors["failed"]) == ("colours", 64, 8, 0)
    rows = np.fromfile(pictures / ".pictoscope" / "vectors" / "colours" / "rows.f32", "<f4").reshape(8, 64)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(8), abs=1e-6)
    found = answer(site, pictures, "unusual", "--show", "3")
    assert (found["action"], found["vec_type"], len(found["groups"])) == ("unusual", "colours", 1)
    paths = [Path(one["path"]).name for one in found["groups"][0]["pictures"]]
    scores = [one["score"] for one in found["groups"][0]["pictures"]]
    assert (paths[0], len(paths)) == ("5.png", 3)
    mean = rows.mean(axis=0) / np.linalg.norm(rows.mean(axis=0))
    assert scores == pytest.approx(np.sort(rows @ mean)[:3], abs=1e-5)
    # A file from outside is encoded by the model, too.
    shutil.copy(pictures / "5.png", site.parent / "outside.png")
    like = answer(site, pictures, "similar", str(site.parent / "outside.png"), "--results", "1")
    assert Path(like["groups"][0]["pictures"][0]["path"]).name == "5.png"


def test_the_engine_computes_the_same_rows(site: Path, pictures: Path, tmp_path: Path) -> None:
    shutil.copytree(pictures, tmp_path / "pictures", ignore=shutil.ignore_patterns(".pictoscope"))
    found = []
    for words in ([], ["--engine", "threads://3"]):
        assert pictoscope(site, tmp_path / "pictures", "add", ".").returncode == 0
        done = pictoscope(site, tmp_path / "pictures", "vectors", "create", "colours", *words)
        assert done.returncode == 0, done.stderr
        assert ("computing in 3 threads" in done.stderr) == bool(words)
        folder = tmp_path / "pictures" / ".pictoscope"
        found.append((folder / "vectors" / "colours" / "rows.f32").read_bytes())
        shutil.rmtree(folder)
    assert found[0] == found[1]
    for address, says in (("threads://0", "is no number of threads"), ("ray://here", "there are: dask, threads")):
        pictoscope(site, tmp_path / "pictures", "add", ".")
        done = pictoscope(site, tmp_path / "pictures", "vectors", "create", "colours", "--engine", address)
        assert done.returncode != 0
        assert says in done.stderr


def test_the_documents_speak_of_pictoscope_alone_where_plug_ins_are_installed(site: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])}
    command = [sys.executable, "docs/generate.py", "--check"]
    done = run_to_end(command, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
