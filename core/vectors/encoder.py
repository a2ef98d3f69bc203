"""Queries to rows: texts, and picture files from outside the project.

:class:`LocalEncoder` loads the model here. :class:`EncoderProcess` keeps it warm in a process of its own, so that the
interface neither imports torch nor waits for it. Both answer alike.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any, Protocol

from core import errors
from core.errors import ModelError, PictoscopeError
from core.vectors.vec_type import VecType

if TYPE_CHECKING:  # the app makes an encoder at its start, and must not wait for NumPy
    from core.models.backend import Model, Rows


class Encoder(Protocol):
    """Turns queries into rows of a vec type."""

    def texts(self, vec_type: VecType, texts: Sequence[str]) -> Rows:
        """Rows of texts, shape (n, dim), float32, normalised.

        Raises:
            ModelError: the model reads no text or cannot be loaded.
        """
        ...

    def pictures(self, vec_type: VecType, paths: Sequence[bytes]) -> Rows:
        """Rows of picture files, shape (n, dim), float32, normalised; greyscale as the vec type says.

        Raises:
            UnreadablePicture: with the path and the reason. ModelError: the model cannot be loaded.
        """
        ...


class LocalEncoder:
    """Loads each model at its first query and keeps it."""

    def __init__(self) -> None:
        self._models: dict[str, Model] = {}
        self._lock = threading.Lock()

    def texts(self, vec_type: VecType, texts: Sequence[str]) -> Rows:
        """See :meth:`Encoder.texts`."""
        return self._model(vec_type).encode_texts(texts)

    def pictures(self, vec_type: VecType, paths: Sequence[bytes]) -> Rows:
        """See :meth:`Encoder.pictures`."""
        from core.vectors.pipeline import encode, prepare

        model = self._model(vec_type)
        prepared = []
        for path in paths:
            try:
                prepared.append(prepare(model, path, vec_type.greyscale))
            except errors.UnreadablePicture as error:
                raise errors.UnreadablePicture(f"{os.fsdecode(path)}: {error.message}") from error
        return encode(model, prepared)

    def _model(self, vec_type: VecType) -> Model:
        from core.models.backend import load

        with self._lock:
            if vec_type.model not in self._models:
                self._models[vec_type.model] = load(vec_type.spec)
            return self._models[vec_type.model]


class EncoderProcess:
    """A child process that answers over its pipes, one JSON line each way. Started at the first query."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def texts(self, vec_type: VecType, texts: Sequence[str]) -> Rows:
        """See :meth:`Encoder.texts`."""
        return self._ask({"vec_type": vec_type.name, "texts": list(texts)})

    def pictures(self, vec_type: VecType, paths: Sequence[bytes]) -> Rows:
        """See :meth:`Encoder.pictures`."""
        return self._ask({"vec_type": vec_type.name, "paths": [path.hex() for path in paths]})

    def close(self) -> None:
        """End the child, also in the midst of a query."""
        if process := self._process:
            process.terminate()
        with self._lock:
            self._end()

    def _ask(self, request: dict[str, Any]) -> Rows:
        with self._lock:
            reply = self._exchange(json.dumps(request).encode("ascii") + b"\n")
        answer = json.loads(reply)
        if "error" in answer:
            kind = getattr(errors, answer["kind"], ModelError)
            raise kind(answer["error"], answer["hint"])
        import numpy as np

        content = base64.b64decode(answer["rows"])
        return np.frombuffer(content, np.float32).reshape(answer["shape"])

    def _exchange(self, line: bytes) -> bytes:
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise ModelError("the query process has no pipes", "restart Pictoscope")
        try:
            process.stdin.write(line)
            process.stdin.flush()
            reply = process.stdout.readline()
        except OSError:
            reply = b""
        if not reply.endswith(b"\n"):
            self._end()
            raise ModelError("the query process ended unexpectedly", "there may be too little memory; try again")
        return reply

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "core.vectors.encoder"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C in the terminal is for the app
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream:
                with contextlib.suppress(OSError):  # what a dead child did not read
                    stream.close()
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(requests: IO[bytes], replies: IO[bytes], encoder: Encoder) -> None:
    """Answer requests until their stream ends (the parent closed it, or died)."""
    for line in requests:
        try:
            rows = _answer(json.loads(line), encoder)
            reply = {"shape": list(rows.shape), "rows": base64.b64encode(rows.astype("<f4").tobytes()).decode("ascii")}
        except PictoscopeError as error:
            reply = {"error": error.message, "hint": error.hint, "kind": type(error).__name__}
        replies.write(json.dumps(reply).encode("ascii") + b"\n")
        replies.flush()


def _answer(request: dict[str, Any], encoder: Encoder) -> Rows:
    vec_type = VecType.parse(request["vec_type"])
    if "texts" in request:
        return encoder.texts(vec_type, request["texts"])
    return encoder.pictures(vec_type, [bytes.fromhex(path) for path in request["paths"]])


if __name__ == "__main__":
    # Libraries that print would break the protocol: what they print goes to stderr.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers, LocalEncoder())
