"""The process of one device: ``python -m core.models.device_child``. Started by :mod:`core.models.device_processes`.

It loads a model and turns what comes through its input into rows. It ends when its input does: when the worker is done
with it, or dead.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import asdict
from queue import SimpleQueue
from typing import IO, Any

from core.errors import PictoscopeError
from core.models import backend, frames
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions

Requests = SimpleQueue[tuple[dict[str, Any], list[frames.Array]]]
# The worker's to obey: it finishes the batch, for which it needs this process.
_NOT_OURS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def main() -> int:
    """Serve until the input ends. Exit code 1 if the model could not be loaded."""
    for number in _NOT_OURS:
        signal.signal(number, signal.SIG_IGN)
    # Libraries that print would break the protocol: what they print goes to stderr.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    stream = os.fdopen(os.dup(0), "rb")  # not sys.stdin, which Python closes at its end, whoever reads it then
    requests: Requests = SimpleQueue()
    threading.Thread(target=_listen, args=(stream, requests), daemon=True).start()
    return serve(requests, replies)


def serve(requests: Requests, replies: IO[bytes]) -> int:
    """Load the model that the first request names; answer each later one."""
    first, _ = requests.get()
    spec = ModelSpec(**first["spec"] | {"packages": tuple(first["spec"]["packages"])})
    try:
        model = backend.load(spec, lambda line: frames.write(replies, {"log": line}), LoadOptions(**first["options"]))
    except PictoscopeError as error:
        _refuse(replies, error)
        return 1
    facts = {"spec": asdict(model.spec), "precision": model.precision, "longest_text": model.longest_text}
    frames.write(replies, facts | {"batch_size": model.batch_size})
    while True:
        header, arrays = requests.get()
        try:
            rows = _rows(model, header, arrays)
        except PictoscopeError as error:
            _refuse(replies, error)
        else:
            frames.write(replies, {"batch_size": model.batch_size}, [rows])


def _listen(stream: IO[bytes], requests: Requests) -> None:
    """In a thread of its own: the next batch comes in while one is computed, and the worker's death is noticed."""
    while frame := frames.read(stream):
        requests.put(frame)
    os._exit(0)  # at once: nobody waits for what is being computed


def _rows(model: backend.Model, header: dict[str, Any], arrays: list[frames.Array]) -> backend.Rows:
    if "texts" in header:
        return model.encode_texts(header["texts"])
    return model.encode_pictures(frames.unpack(header, arrays))


def _refuse(replies: IO[bytes], error: PictoscopeError) -> None:
    frames.write(replies, {"error": error.message, "hint": error.hint})


if __name__ == "__main__":
    sys.exit(main())
