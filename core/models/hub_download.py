"""Downloads from the Hugging Face hub into its cache, through its own library. See :mod:`core.models.hub`."""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars

from core.errors import DiskFull, ModelError, PictoscopeError
from core.files import write_whole
from core.models import hub

_TIMEOUT = 4.0  # seconds for an answer's beginning
_EVERY = 2.0  # seconds between two lines of progress
_SMALL = (".json", ".txt", ".model")  # configs, tokenizers, processors
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def download(
    repository: str, log: hub.Log, *, remote_code: bool = False, gated: bool = False, key: str = "", stem: str = ""
) -> Path:
    """Download what a model is loaded from; arguments and errors as of :func:`core.models.hub.fetch`.

    ``refs/main`` is moved only once all files are there: what was complete before stays usable.
    """
    disable_progress_bars()
    key = key or f"hf:{repository}"
    with _explained(repository, key, gated):
        info = HfApi(endpoint=_endpoint()).model_info(
            repository, revision=hub.REVISION, files_metadata=True, timeout=_TIMEOUT
        )
    sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
    wanted = chosen_files(repository, sorted(sizes), remote_code=remote_code, stem=stem)
    commit = str(info.sha)
    progress = _Progress(repository, commit, {name: sizes[name] for name in wanted})
    with _explained(repository, key, gated, progress):
        progress.check_room()
        with progress.reported(log):
            for name in sorted(wanted, key=lambda name: sizes[name]):
                hf_hub_download(
                    repository,
                    name,
                    revision=commit,
                    cache_dir=hub.cache_folder(),
                    etag_timeout=_TIMEOUT,
                    endpoint=_endpoint(),
                )
        reference = hub.repository_folder(repository) / "refs" / hub.REVISION
        reference.parent.mkdir(exist_ok=True)
        write_whole(reference, commit.encode("ascii"))
    folder = hub.cached_folder(repository)
    if folder is None or not hub.is_complete(folder, stem):
        raise ModelError(f"the download of {repository} is not complete", f"pictoscope models fetch {key}")
    log(f"downloaded {repository}, {progress.total_mb} MB, to {folder}")
    return folder


def chosen_files(repository: str, names: Sequence[str], *, remote_code: bool = False, stem: str = "") -> list[str]:
    """Of a repository's files those that a model is loaded from: configs, tokenizers, processors, one set of weights.

    Raises:
        ModelError: it offers no safetensors.
    """
    top = [name for name in names if "/" not in name]
    weights = _weights(top, stem)
    if not weights:
        pickled = [name for name in top if PurePosixPath(name).suffix in hub.PICKLES]
        if pickled:
            raise ModelError(
                f"{repository} offers its weights as pickles only ({', '.join(pickled[:3])}): loading such a file runs "
                "whatever code is in it, so it is refused",
                "ask its owner for safetensors (https://huggingface.co/spaces/safetensors/convert makes them), "
                "or choose another model",
            )
        raise ModelError(f"{repository} holds no weights (.safetensors)", "choose another model")
    small = [name for name in top if PurePosixPath(name).suffix in _SMALL]
    code = [name for name in names if name.endswith(".py")] if remote_code else []
    return [*small, *code, *weights]


def _weights(top: Sequence[str], stem: str) -> list[str]:
    tensors = [name for name in top if name.endswith(".safetensors")]
    for choice in [stem] if stem else ["model", "open_clip_model"]:
        if f"{choice}.safetensors" in tensors:
            return [f"{choice}.safetensors"]
        if f"{choice}.safetensors.index.json" in top:
            return [name for name in tensors if name.startswith(f"{choice}-")]
    return [] if stem else tensors


class _Progress:
    """How much of a download is on the disk. Read off the cache: the library reports in different ways by version."""

    def __init__(self, repository: str, commit: str, sizes: dict[str, int]) -> None:
        self._repository = repository
        self._root = hub.repository_folder(repository)
        self._snapshot = self._root / "snapshots" / commit
        self._sizes = sizes
        self._began = time.time()
        self.total_mb = round(sum(sizes.values()) / 1e6)

    def check_room(self) -> None:
        """Before anything is written.

        Raises:
            DiskFull: what is missing does not fit on the disk.
        """
        missing = sum(size for name, size in self._sizes.items() if not (self._snapshot / name).exists())
        place = next(folder for folder in (self._root, *self._root.parents) if folder.is_dir())
        free = shutil.disk_usage(place).free
        if missing > free:
            raise _disk_full(f"{self._repository} needs {missing / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free")

    @contextmanager
    def reported(self, log: hub.Log) -> Iterator[None]:
        """A line to ``log`` at once and then every 2 s, from a thread of its own, until the context ends."""
        over = threading.Event()

        def report() -> None:
            while not over.wait(_EVERY):
                log(self.line())

        log(self.line())
        reporter = threading.Thread(target=report, name="download-progress", daemon=True)
        reporter.start()
        try:
            yield
        finally:
            over.set()
            reporter.join()

    def line(self) -> str:
        """As in ``downloading openai/clip-vit-base-patch32: 120 of 605 MB``."""
        return f"downloading {self._repository}: {round(self.done() / 1e6)} of {self.total_mb} MB"

    def done(self) -> int:
        """Bytes that are there: whole files, and those of this download that are not whole yet."""
        done = sum(size for name, size in self._sizes.items() if (self._snapshot / name).exists())
        for path in (self._root / "blobs").glob("*.incomplete"):
            try:
                about = path.stat()
            except FileNotFoundError:
                continue
            done += about.st_size if about.st_mtime >= self._began else 0
        return min(done, sum(self._sizes.values()))


@contextmanager
def _explained(repository: str, key: str, gated: bool, progress: _Progress | None = None) -> Iterator[None]:
    """What the library raises, in words and with ways on. ``progress`` of the download, once it is under way."""
    try:
        yield
    except PictoscopeError:
        raise
    except HfHubHTTPError as error:
        raise _refused(error, repository, key, gated) from error
    except (HTTPError, OSError, ValueError, RuntimeError) as error:
        raise _failed(error, repository, key, progress) from error


def _refused(error: HfHubHTTPError, repository: str, key: str, gated: bool) -> ModelError:
    """The hub answered, but not with what was asked for."""
    status = error.response.status_code
    absent = isinstance(error, RepositoryNotFoundError) and not isinstance(error, GatedRepoError)
    if absent and not gated:
        return ModelError(
            f"there is no repository {repository} on the hub, or it is private",
            f"look for its name at {_site()}; for a private one set HF_TOKEN or `hf auth login`",
        )
    if status in (401, 403) or isinstance(error, RepositoryNotFoundError):
        return ModelError(
            f"{repository} is gated: its owner wants a licence accepted, and a token that shows who you are",
            f"accept the licence at https://huggingface.co/{repository}, then set HF_TOKEN or `hf auth login`",
        )
    return ModelError(
        f"the hub did not give {repository} (HTTP {status})", f"try again later; else {hub.ways_on(repository, key)}"
    )


def _failed(
    error: HTTPError | OSError | ValueError | RuntimeError, repository: str, key: str, progress: _Progress | None
) -> PictoscopeError:
    """No answer, or this machine failed."""
    ways = hub.ways_on(repository, key)
    if isinstance(error, OfflineModeIsEnabled):
        return ModelError(f"{repository} is not on this machine, and HF_HUB_OFFLINE forbids to fetch it", ways)
    if isinstance(error, HTTPError | LocalEntryNotFoundError | TimeoutError | ConnectionError):
        if progress and progress.done():
            kept = "fetch it again: the whole files among them are kept; else "
            return ModelError(f"the download broke off: {progress.line()}", kept + ways)
        return ModelError(f"{repository} cannot be fetched: no answer from {_site()}", ways)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return _disk_full(f"no room for {repository}")
    return ModelError(f"the download of {repository} failed ({_first_line(error)})", ways)


def _disk_full(what: str) -> DiskFull:
    return DiskFull(
        f"the disk is full: {what}", f"free some room at {hub.cache_folder()}, or set HF_HUB_CACHE to another disk"
    )


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _site() -> str:
    return _endpoint() or "https://huggingface.co"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
