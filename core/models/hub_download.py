"""Downloads from the Hugging Face hub into its cache, through its own library. See :mod:`core.models.hub`."""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path, PurePosixPath
from queue import Empty, Queue
from typing import TypeVar
from urllib.parse import urlsplit

from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_download, hf_hub_url
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
from core.files import write_atomic
from core.models import hub_cache

_TIMEOUT = 4.0  # seconds until the first byte of an answer
_PATIENCE = 10.0  # seconds for a complete small answer
_EVERY = 2.0  # seconds between two lines of progress
_SMALL = (".json", ".txt", ".model")  # configs, tokenizers, processors
# An unexpected answer (of a proxy, or a login page) makes the library raise KeyError or AttributeError.
_ERRORS = (HTTPError, OSError, ValueError, RuntimeError, TypeError, LookupError, AttributeError)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_Answer = TypeVar("_Answer")


def download(
    repository: str,
    log: hub_cache.Log,
    *,
    remote_code: bool = False,
    gated: bool = False,
    key: str = "",
    stem: str = "",
) -> Path:
    """Download the files of a model; arguments and errors as for :func:`core.models.hub.fetch`.

    ``refs/main`` is updated only when all files are complete: an earlier complete snapshot stays usable.
    """
    disable_progress_bars()
    key = key or f"hf:{repository}"
    with explained(repository, key, gated):
        info = _soon(
            lambda: HfApi(endpoint=_endpoint()).model_info(
                repository, revision=hub_cache.REVISION, files_metadata=True, timeout=_TIMEOUT
            )
        )
    sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
    wanted = chosen_files(repository, sorted(sizes), remote_code=remote_code, stem=stem)
    commit = str(info.sha)
    progress = _Progress(repository, commit, {name: sizes[name] for name in wanted})
    with explained(repository, key, gated, progress):
        progress.check_room()
        with progress.reported(log):
            for name in sorted(wanted, key=lambda name: sizes[name]):
                download_file(repository, name, commit)
        reference = hub_cache.repository_folder(repository) / "refs" / hub_cache.REVISION
        reference.parent.mkdir(exist_ok=True)
        write_atomic(reference, commit.encode("ascii"))
    folder = hub_cache.cached_folder(repository)
    if folder is None or not hub_cache.is_complete(folder, stem):
        raise ModelError(f"the download of {repository} is not complete", f"pictoscope models fetch {key}")
    log(f"downloaded {repository}, {progress.total_mb} MB, to {folder}")
    return folder


def download_file(repository: str, name: str, revision: str = hub_cache.REVISION) -> None:
    """Download one file into the cache.

    The library retries for minutes if nobody answers, and as long as the hub says if it is
    rate-limited: so a single request is made first.

    Raises:
        HfHubHTTPError, HTTPError, OSError, ValueError, RuntimeError: it cannot be downloaded.
    """
    url = hf_hub_url(repository, name, revision=revision, endpoint=_endpoint())
    if not _is_downloaded(repository, name, revision):
        _soon(lambda: get_hf_file_metadata(url, timeout=_TIMEOUT, endpoint=_endpoint()))
    hf_hub_download(
        repository,
        name,
        revision=revision,
        cache_dir=hub_cache.cache_folder(),
        etag_timeout=_TIMEOUT,
        endpoint=_endpoint(),
    )


def _is_downloaded(repository: str, name: str, revision: str) -> bool:
    folder = hub_cache.cached_folder(repository, revision)
    return folder is not None and (folder / name).is_file()


def _soon(ask: Callable[[], _Answer]) -> _Answer:
    """The hub's answer within ``_PATIENCE``: the library's own timeout restarts with every received byte.

    Raises:
        TimeoutError: no complete answer in time. And whatever ``ask`` raises.
    """
    answers: Queue[_Answer | BaseException] = Queue()

    def run() -> None:
        try:
            answers.put(ask())
        except BaseException as error:  # noqa: BLE001  raised again in the waiting thread
            answers.put(error)

    threading.Thread(target=run, name="hub", daemon=True).start()
    try:
        answer = answers.get(timeout=_PATIENCE)
    except Empty:
        raise TimeoutError(f"no complete answer within {_PATIENCE:.0f} s") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def chosen_files(repository: str, names: Sequence[str], *, remote_code: bool = False, stem: str = "") -> list[str]:
    """The files of a repository that a model needs: configs, tokenizers, processors, one set of weights.

    Raises:
        ModelError: it has no safetensors.
    """
    top = [name for name in names if "/" not in name]
    weights = _weights(top, stem)
    if not weights:
        pickled = [name for name in top if PurePosixPath(name).suffix in hub_cache.PICKLES]
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
    """Progress of a download, measured on the disk: the library's own reports differ between versions."""

    def __init__(self, repository: str, commit: str, sizes: dict[str, int]) -> None:
        self._repository = repository
        self._root = hub_cache.repository_folder(repository)
        self._snapshot = self._root / "snapshots" / commit
        self._sizes = sizes
        self._began = time.time()
        self.total_mb = round(sum(sizes.values()) / 1e6)

    def check_room(self) -> None:
        """Check the free space before anything is written.

        Raises:
            DiskFull: the missing files do not fit on the disk.
        """
        missing = sum(size for name, size in self._sizes.items() if not (self._snapshot / name).exists())
        existing = next(folder for folder in (self._root, *self._root.parents) if folder.is_dir())
        free = shutil.disk_usage(existing).free
        if missing > free:
            raise _disk_full(f"{self._repository} needs {missing / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free")

    @contextmanager
    def reported(self, log: hub_cache.Log) -> Iterator[None]:
        """Log a line at once and then every 2 s, from a separate thread, until the context ends."""
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
        """Bytes on disk: complete files, and incomplete ones of this download."""
        done = sum(size for name, size in self._sizes.items() if (self._snapshot / name).exists())
        for path in (self._root / "blobs").glob("*.incomplete"):
            try:
                about = path.stat()
            except FileNotFoundError:
                continue
            done += about.st_size if about.st_mtime >= self._began else 0
        return min(done, sum(self._sizes.values()))


@contextmanager
def explained(repository: str, key: str, gated: bool = False, progress: _Progress | None = None) -> Iterator[None]:
    """Convert an exception of the library to a typed error. ``progress``: of the download, if it has started."""
    try:
        yield
    except PictoscopeError:
        raise
    except HfHubHTTPError as error:
        raise _refused(error, repository, key, gated) from error
    except _ERRORS as error:
        raise _failed(error, repository, key, progress) from error


def _refused(error: HfHubHTTPError, repository: str, key: str, gated: bool) -> ModelError:
    """The error for an HTTP status of the hub."""
    status = error.response.status_code
    absent = isinstance(error, RepositoryNotFoundError) and not isinstance(error, GatedRepoError)
    if absent and not gated:
        return ModelError(
            f"there is no repository {repository} on the hub, or it is private",
            f"look for its name at {_site()}; for a private one set HF_TOKEN or `hf auth login`",
        )
    if status in (401, 403) or isinstance(error, RepositoryNotFoundError):
        return ModelError(
            f"{repository} is gated: its owner requires you to accept a licence and to identify yourself with a token",
            f"accept the licence at https://huggingface.co/{repository}, then set HF_TOKEN or `hf auth login`",
        )
    return ModelError(
        f"the hub refused {repository} (HTTP {status})",
        f"try again later; else {hub_cache.alternatives(repository, key)}",
    )


def _failed(error: Exception, repository: str, key: str, progress: _Progress | None) -> PictoscopeError:
    """The error for a failed connection or a local failure."""
    ways = hub_cache.alternatives(repository, key)
    if isinstance(error, OfflineModeIsEnabled):
        return ModelError(f"{repository} is not on this machine, and HF_HUB_OFFLINE forbids downloading it", ways)
    if isinstance(error, HTTPError | LocalEntryNotFoundError | TimeoutError | ConnectionError):
        if progress and progress.done():
            kept = "fetch it again: complete files are kept; else "
            return ModelError(f"the download was interrupted: {progress.line()}", kept + ways)
        return ModelError(f"{repository} cannot be fetched: no answer from {_site()}", ways)
    if isinstance(error, TypeError | LookupError | AttributeError | JSONDecodeError):
        return ModelError(f"{repository} cannot be fetched: {_site()} did not answer as the hub does", ways)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return _disk_full(f"no space for {repository}")
    return ModelError(f"the download of {repository} failed ({_first_line(error)})", ways)


def _disk_full(what: str) -> DiskFull:
    return DiskFull(
        f"the disk is full: {what}",
        f"free some space at {hub_cache.cache_folder()}, or set HF_HUB_CACHE to another disk",
    )


def _endpoint() -> str | None:
    """The hub's address from the user's environment.

    Raises:
        ValueError: it is not a URL.
    """
    address = os.environ.get("HF_ENDPOINT") or None
    if address:
        _ = urlsplit(address).port
    return address


def _site() -> str:
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
