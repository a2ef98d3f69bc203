"""The hub's cache and downloads into it, from a hub of our own on this machine."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import save_file

from core.errors import DiskFull, ModelError
from core.models import backend, hub, hub_cache, hub_download
from core.models.catalogue import find
from tests.core.models import cache_layout
from tests.core.models.small_hub import COMMIT, NAME, Hub
from tests.patience import PATIENCE


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """What a small repository holds."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "vit", "hidden_size": 48}')
    (folder / "preprocessor_config.json").write_text("{}")
    save_file({"a": torch.arange(1000.0), "b": torch.ones(3, dtype=torch.int8)}, folder / "model.safetensors")
    return folder


@pytest.fixture
def online(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that holds ``files``, and a machine that may ask it."""
    ours = Hub()
    ours.files = {path.name: path.read_bytes() for path in files.iterdir()}
    allow_network(monkeypatch, ours.address)
    thread = threading.Thread(target=ours.server.serve_forever, daemon=True)
    thread.start()
    yield ours
    ours.server.shutdown()
    ours.server.server_close()


def allow_network(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(hub_download, "_TIMEOUT", PATIENCE)  # a loaded machine may answer late
    monkeypatch.setattr(hub_download, "_PATIENCE", PATIENCE)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.setenv("NO_PROXY", "*")


@contextmanager
def given_up() -> Iterator[None]:
    """Fails if what is inside goes on trying: the hub's library would for minutes, or for ever."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < PATIENCE


def refused(name: str = NAME, **how: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        hub.fetch(name, lambda line: None, **how)
    assert "\n" not in caught.value.message + caught.value.hint
    return caught.value


# What is here


def test_a_complete_snapshot_is_found_without_any_library_or_network(files: Path, cache: Path) -> None:
    snapshot = cache_layout.store(cache, NAME, files)
    script = (
        "import sys; from core.models import hub, hub_cache; from core.models.catalogue import find;"
        f"print(hub.fetch({NAME!r}, print), find('hf:{NAME}').available, find('hf:{NAME}').dim);"
        "assert not {'huggingface_hub', 'torch', 'transformers'} & set(sys.modules)"
    )
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": os.getcwd()}
    environment.pop("HF_HUB_OFFLINE")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, env=environment, text=True)
    assert done.stdout == f"{snapshot} True 48\n"


def test_the_cache_is_where_the_library_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.delenv("HUGGINGFACE_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", "/somewhere")
    assert hub_cache.cache_folder() == Path("/somewhere/hub")
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert hub_cache.cache_folder() == Path("/cache/huggingface/hub")


def test_hashes_are_those_of_the_blobs(files: Path, cache: Path) -> None:
    snapshot = cache_layout.store(cache, NAME, files)
    blob = (snapshot / "model.safetensors").resolve().name
    assert hub.checked_hashes(snapshot) == hub.checked_hashes(files) == {"model.safetensors": blob}
    assert hub.revision_of(snapshot) == snapshot.name
    assert hub.revision_of(files) == ""


def test_a_blob_that_is_a_link_into_a_shared_store_is_read_through(files: Path, cache: Path, tmp_path: Path) -> None:
    snapshot = cache_layout.store(cache, NAME, files)
    blob = (snapshot / "model.safetensors").resolve()
    blob.rename(tmp_path / "shared")
    blob.symlink_to(tmp_path / "shared")
    assert hub.checked_hashes(snapshot) == {"model.safetensors": blob.name}
    content = bytearray((tmp_path / "shared").read_bytes())
    content[-1] ^= 1
    (tmp_path / "shared").write_bytes(content)
    with pytest.raises(ModelError, match="not the file that was published") as caught:
        hub.checked_hashes(snapshot)
    assert caught.value.hint == f"delete {tmp_path / 'shared'} and fetch the model again"


@pytest.mark.parametrize("where", ["cache", "folder"])
def test_a_truncated_file_is_refused(files: Path, cache: Path, where: str) -> None:
    folder = cache_layout.store(cache, NAME, files) if where == "cache" else files
    path = (folder / "model.safetensors").resolve()
    for size, words in [(path.stat().st_size - 1, "is truncated: "), (20, "is truncated or not"), (0, "is truncated")]:
        os.truncate(path, size)
        with pytest.raises(ModelError, match=words) as caught:
            hub.checked_hashes(folder)
        assert (f"delete {path}" in caught.value.hint) == (where == "cache")


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}", b"\x02\0\0\0\0\0\0\0[]", b"PK\3\4" * 99]
)
def test_what_is_no_safetensors_file_is_refused(files: Path, content: bytes) -> None:
    (files / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"not a safetensors file|is damaged"):
        hub.checked_hashes(files)


def test_a_tampered_file_is_refused(files: Path, cache: Path) -> None:
    snapshot = cache_layout.store(cache, NAME, files)
    blob = (snapshot / "model.safetensors").resolve()
    content = bytearray(blob.read_bytes())
    content[-5] ^= 1
    blob.write_bytes(content)
    with pytest.raises(ModelError, match="is not the file that was published") as caught:
        hub.checked_hashes(snapshot)
    assert caught.value.hint == f"delete {blob} and fetch the model again"


def test_a_missing_shard_makes_a_snapshot_incomplete(files: Path, cache: Path) -> None:
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (files / "model.safetensors").rename(files / shards["a"])
    (files / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    snapshot = cache_layout.store(cache, NAME, files)
    assert hub_cache.cached(NAME) is None
    assert "only partly in" in refused().message
    save_file({"b": torch.ones(3)}, snapshot / shards["b"])
    assert hub_cache.cached(NAME) == snapshot
    assert set(hub.checked_hashes(snapshot, "model")) == set(shards.values())


def test_of_several_weights_those_that_are_meant_are_taken(files: Path) -> None:
    shutil.copyfile(files / "model.safetensors", files / "open_clip_model.safetensors")
    assert [path.name for path in hub_cache.weight_files(files, "open_clip_model")] == ["open_clip_model.safetensors"]
    assert [path.name for path in hub_cache.weight_files(files, "model")] == ["model.safetensors"]
    assert len(hub_cache.weight_files(files)) == 2
    assert hub_cache.weight_files(files, "other") == []


# Downloads


def test_a_download_is_complete_and_can_be_checked(online: Hub, cache: Path) -> None:
    online.files |= {"README.md": b"-", "pytorch_model.bin": b"-", "onnx/model.onnx": b"-", "code.py": b"-"}
    online.files |= {"sub/model.safetensors": b"-", "model.fp16.safetensors": b"-", "merges.txt": b"-"}
    lines: list[str] = []
    folder = hub.fetch(NAME, lines.append)
    assert folder == cache / "models--some--model" / "snapshots" / COMMIT
    assert {path.name for path in folder.iterdir()} == {
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
        "merges.txt",
    }
    assert hub.checked_hashes(folder)["model.safetensors"] == (folder / "model.safetensors").resolve().name
    assert hub.revision_of(folder) == COMMIT
    assert hub_cache.cached(NAME) == folder
    asked = len(online.asked)
    assert hub.fetch(NAME, lines.append) == folder
    assert len(online.asked) == asked
    assert lines == ["downloading some/model: 0 of 0 MB", f"downloaded some/model, 0 MB, to {folder}"]


def test_code_is_downloaded_only_if_it_is_wanted(online: Hub) -> None:
    online.files["config.json"] = b'{"auto_map": {"AutoModel": "code.Model", "AutoConfig": "other/repo--x.Config"}}'
    online.files["code.py"] = b"raise SystemExit"
    assert hub.missing_code(hub.fetch(NAME, lambda line: None)) == ["code.py"]
    assert hub.missing_code(hub.fetch(NAME, lambda line: None, remote_code=True)) == []


def test_progress_is_told_in_megabytes(online: Hub, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_download, "_EVERY", 0.1)
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 100_000)
    save_file({"a": torch.zeros(1_000_000)}, files / "model.safetensors")
    online.files["model.safetensors"] = (files / "model.safetensors").read_bytes()
    online.pause = 0.6
    lines: list[str] = []
    hub.fetch(NAME, lines.append)
    assert lines[0] == "downloading some/model: 0 of 4 MB"
    assert "downloading some/model: 2 of 4 MB" in lines
    assert lines[-1].startswith("downloaded some/model, 4 MB")


def test_what_an_interrupted_download_left_is_kept(online: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = hub_download.hf_hub_download

    def breaks_off(repository: str, name: str, **how: Any) -> str:
        if name == "model.safetensors":
            raise LocalEntryNotFoundError("gone")
        return real(repository, name, **how)

    monkeypatch.setattr(hub_download, "hf_hub_download", breaks_off)
    error = refused()
    assert error.message == "the download was interrupted: downloading some/model: 0 of 0 MB"
    assert error.hint.startswith("fetch it again: complete files are kept")
    assert hub_cache.cached_folder(NAME) is None
    monkeypatch.setattr(hub_download, "hf_hub_download", real)
    online.asked.clear()
    assert hub_cache.is_complete(hub.fetch(NAME, lambda line: None))
    assert not [line for line in online.asked if line.startswith("GET") and line.endswith("config.json")]


def test_a_repository_that_does_not_exist_is_said(online: Hub) -> None:
    online.refuses["/api/"] = (404, "RepoNotFound")
    error = refused()
    assert error.message == "there is no repository some/model on the hub, or it is private"
    assert "hf auth login" in error.hint


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_repository_names_the_licence(online: Hub, status: int) -> None:
    online.refuses["/resolve/"] = (status, "GatedRepo")
    error = refused()
    assert "is gated" in error.message
    assert error.hint == "accept the licence at https://huggingface.co/some/model, then set HF_TOKEN or `hf auth login`"


def test_a_repository_known_to_be_gated_is_not_taken_for_absent(online: Hub) -> None:
    online.refuses["/api/"] = (401, "RepoNotFound")
    assert "is gated" in refused(gated=True).message


def test_dinov3_without_a_licence_names_it(online: Hub) -> None:
    online.refuses["/resolve/"] = (401, "GatedRepo")
    with pytest.raises(ModelError, match="dinov3-vitb16-pretrain-lvd1689m is gated") as caught:
        backend.fetch(find("dinov3"))
    assert "https://huggingface.co/facebook/dinov3-vitb16-pretrain-lvd1689m" in caught.value.hint


def test_pickles_are_not_downloaded(online: Hub, cache: Path) -> None:
    online.files["pytorch_model.bin"] = online.files.pop("model.safetensors")
    error = refused()
    assert "as pickles only (pytorch_model.bin)" in error.message
    assert "safetensors" in error.hint
    assert not cache.exists()
    del online.files["pytorch_model.bin"]
    assert refused().message == "some/model holds no weights (.safetensors)"


def test_a_hub_in_trouble_is_said(online: Hub) -> None:
    online.refuses["/api/"] = (418, "")
    error = refused()
    assert error.message == "the hub refused some/model (HTTP 418)"
    assert error.hint.startswith("try again later")


def test_a_full_disk_is_said_before_anything_is_written(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(hub_download.shutil, "disk_usage", lambda path: usage(10, 0, 10))
    with pytest.raises(DiskFull, match="some/model needs 0 MB, 0 MB are free") as caught:
        hub.fetch(NAME, lambda line: None)
    assert "HF_HUB_CACHE" in caught.value.hint
    assert not [line for line in online.asked if "/resolve/" in line]


def test_a_disk_that_fills_up_is_said(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub_download, "hf_hub_download", full)
    with pytest.raises(DiskFull, match="no space for some/model"):
        hub.fetch(NAME, lambda line: None)


# No network


@pytest.mark.parametrize("network", ["forbidden", "absent"])
@pytest.mark.parametrize("key", ["clip", "hf:some/model"])
def test_without_a_network_the_ways_on_are_told_within_seconds(
    monkeypatch: pytest.MonkeyPatch, cache: Path, key: str, network: str
) -> None:
    if network == "absent":
        allow_network(monkeypatch, "http://127.0.0.1:9")
    for attempt in (backend.fetch, backend.load):
        with pytest.raises(ModelError) as caught:
            attempt(find(key))
    words = "HF_HUB_OFFLINE forbids downloading it" if network == "forbidden" else "no answer from http://127.0.0.1:9"
    assert words in caught.value.message
    folder = cache / f"models--{find(key).repository.replace('/', '--')}"
    assert f"`pictoscope models fetch {key}` and copy its cache folder to {folder};" in caught.value.hint
    assert "give the path of a folder" in caught.value.hint
    assert "use a built-in model: effnet-lite0, conse" in caught.value.hint


def test_a_hub_that_never_answers_is_given_up_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # listens, but nobody serves
    try:
        allow_network(monkeypatch, f"http://127.0.0.1:{silent.server_port}")
        monkeypatch.setattr(hub_download, "_TIMEOUT", 0.5)
        with given_up():
            assert "no answer from" in refused().message
    finally:
        silent.server_close()


def _drips(request: BaseHTTPRequestHandler) -> None:
    """A header line now and then, for ever: no wait for the next byte is long."""
    request.send_response(200)
    while True:
        request.send_header("X-More", "b")
        request.flush_headers()
        time.sleep(0.1)


def _says(content: bytes, kind: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


NOT_THE_HUB = {
    "a page to log in": (_says(b"<html>log in</html>", "text/html"), "did not answer as the hub does"),
    "a list": (_says(b"[]", "application/json"), "did not answer as the hub does"),
    "another object": (_says(b"{}", "application/json"), "did not answer as the hub does"),
    "drops": (_drips, "no answer from"),
}


@pytest.mark.parametrize("kind", NOT_THE_HUB)
def test_what_is_not_the_hub_is_given_up_within_seconds(
    online: Hub, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    answer, says = NOT_THE_HUB[kind]
    if answer is _drips:
        monkeypatch.setattr(hub_download, "_PATIENCE", 1.0)
    monkeypatch.setattr(online, "answer", lambda request: _quietly(answer, request))
    with given_up():
        assert says in refused().message


@pytest.mark.parametrize("kind", ["drops", "busy"])
def test_files_that_do_not_come_are_given_up_within_seconds(
    online: Hub, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The hub says what it has, but then gives nothing: its library would ask again for minutes."""
    real = online.answer
    online.refuses["/resolve/"] = (503, "")
    files = real if kind == "busy" else _drips
    if files is _drips:
        monkeypatch.setattr(hub_download, "_PATIENCE", 1.0)
    monkeypatch.setattr(
        online, "answer", lambda request: _quietly(files if "/resolve/" in request.path else real, request)
    )
    with given_up():
        assert "HTTP 503" in refused().message if kind == "busy" else "no answer from" in refused().message


def _quietly(answer: Callable[[BaseHTTPRequestHandler], None], request: BaseHTTPRequestHandler) -> None:
    with contextlib.suppress(OSError):  # the other side has given up
        answer(request)


def test_an_address_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_network(monkeypatch, "http://[::1")
    assert "failed (Invalid IPv6 URL)" in refused().message


def test_fetching_imports_neither_torch_nor_transformers() -> None:
    code = """
import sys
from core.errors import ModelError
from core.models import backend, catalogue
try:
    backend.fetch(catalogue.find("mobilenet"))
except ModelError:
    raise SystemExit("torch" in sys.modules or "transformers" in sys.modules)
"""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_OFFLINE")}
    environment["HF_ENDPOINT"] = "http://127.0.0.1:9"
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


def test_pickles_in_the_cache_are_named_when_nothing_can_be_fetched(files: Path, cache: Path) -> None:
    (files / "model.safetensors").rename(files / "pytorch_model.bin")
    cache_layout.store(cache, NAME, files)
    assert "on this machine as pickles only (pytorch_model.bin)" in refused().message


def test_a_snapshot_without_its_processor_is_mended_or_named(online: Hub, files: Path, cache: Path) -> None:
    """As other programs leave it that only wanted the weights."""
    del online.files["preprocessor_config.json"]
    hub.fetch(NAME, lambda line: None)
    online.refuses["/api/"] = (500, "")
    lines: list[str] = []
    with pytest.raises(ModelError, match="does not say how pictures are preprocessed"):
        backend.load(find(f"hf:{NAME}"), lines.append)
    assert lines[0].startswith("the hub refused some/model (HTTP 500); using what is in")
    online.refuses.clear()
    online.files["preprocessor_config.json"] = b"{}"
    backend.fetch(find(f"hf:{NAME}"), lines.append)
    assert lines[-1].startswith("downloaded")
    assert (hub_cache.cached(NAME) / "preprocessor_config.json").is_file()  # type: ignore[operator]
