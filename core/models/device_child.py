"""The process of one device: ``python -m core.models.device_child``. Started by :mod:`core.models.device_processes`.

It loads a model and encodes the pictures it receives on stdin. It ends when stdin closes: when the worker is done
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

from core.arrays import Rows
from core.errors import PictoscopeError
from core.models import backend, frames
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.priority import share_niceness

Requests = SimpleQueue[tuple[dict[str, Any], list[frames.Array]]]
# Signals that only the worker handles: it finishes the batch, for which it needs this process.
_NOT_OURS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def main() -> int:
    """Serve until the input ends. Exit code 1 if the model could not be loaded."""
    for number in _NOT_OURS:
        signal.signal(number, signal.SIG_IGN)
    # Libraries that print would break the protocol: what they print goes to stderr.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    stream = os.fdopen(os.dup(0), "rb")  # not sys.stdin, which Python closes at exit, even during a read
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
    """Read requests in a thread: the next batch arrives during computation, and the worker's death is noticed."""
    while frame := frames.read(stream):
        requests.put(frame)
    os._exit(0)  # immediately: nobody waits for the result


def _rows(model: backend.Model, header: dict[str, Any], arrays: list[frames.Array]) -> Rows:
    if "texts" in header:
        return model.encode_texts(header["texts"])
    return model.encode_pictures(frames.unpack(header, arrays))


def _refuse(replies: IO[bytes], error: PictoscopeError) -> None:
    frames.write(replies, {"error": error.message, "hint": error.hint})


if __name__ == "__main__":
    share_niceness()
    sys.exit(main())
