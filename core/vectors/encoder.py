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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from core import errors
from core.errors import ModelError, PictoscopeError
from core.vectors.vec_type import VecType

if TYPE_CHECKING:  # the app makes an encoder at its start, and must not wait for NumPy
    from core.models.backend import Model, Rows
    from core.vectors.manifest import Manifest

# Told a model's key when its loading begins, and an empty text when that has ended. Called in the asking thread.
OnLoading = Callable[[str], None]


@dataclass(frozen=True)
class How:
    """How the rows of a vec type were made, so that queries are made alike.

    Attributes:
        vec_type: model and options.
        read_at_least: pixels; see :class:`core.vectors.manifest.Manifest`.
        precision: in which the model computes.
        remote_code: whether the consent to run a repository's code was given.
        made_by: :attr:`core.vectors.manifest.Manifest.fingerprint` of the rows; empty for those of any model.
    """

    vec_type: VecType
    read_at_least: int
    precision: str = "float32"
    remote_code: bool = False
    made_by: str = ""

    @classmethod
    def of(cls, manifest: Manifest) -> How:
        """As this manifest says."""
        consent = manifest.remote_code
        return cls(manifest.vec_type, manifest.read_at_least, manifest.precision, consent, manifest.fingerprint)


@dataclass(frozen=True)
class TextRows:
    """Rows of texts.

    Attributes:
        rows: shape (n, dim), float32, normalised.
        cut: for each text, how many tokens the model read of it if it was longer; else 0.
    """

    rows: Rows
    cut: tuple[int, ...]


class Encoder(Protocol):
    """Turns queries into rows of a vec type."""

    def texts(self, how: How, texts: Sequence[str]) -> TextRows:
        """Rows of texts.

        Raises:
            ModelError: the model reads no text or cannot be loaded. ModelChanged: it is not the one of the rows.
        """
        ...

    def pictures(self, how: How, paths: Sequence[bytes]) -> Rows:
        """Rows of picture files, shape (n, dim), float32, normalised; greyscale as the vec type says.

        Raises:
            UnreadablePicture: with the path and the reason. ModelError: the model cannot be loaded.
            ModelChanged: it is not the one of the rows.
        """
        ...


class LocalEncoder:
    """Loads each model at its first query and keeps it."""

    def __init__(self, on_loading: OnLoading = lambda model: None) -> None:
        self._on_loading = on_loading
        self._models: dict[tuple[str, str], Model] = {}
        self._lock = threading.Lock()

    def texts(self, how: How, texts: Sequence[str]) -> TextRows:
        """See :meth:`Encoder.texts`."""
        model = self._model(how)
        longest = model.longest_text
        cut = tuple(longest if longest and model.count_tokens(text) > longest else 0 for text in texts)
        return TextRows(model.encode_texts(texts), cut)

    def pictures(self, how: How, paths: Sequence[bytes]) -> Rows:
        """See :meth:`Encoder.pictures`."""
        from core.vectors.pipeline import encode, prepare

        model = self._model(how)
        prepared = []
        for path in paths:
            try:
                prepared.append(prepare(model, path, how.vec_type.greyscale, how.read_at_least))
            except errors.CannotDecode:
                raise
            except errors.UnreadablePicture as error:
                raise errors.UnreadablePicture(f"{os.fsdecode(path)}: {error.message}") from error
        return encode(model, prepared)

    def _model(self, how: How) -> Model:
        from core.vectors.manifest import Manifest, model_changed

        with self._lock:
            key = (how.vec_type.model, how.precision)
            if key not in self._models:
                self._models[key] = self._load(how)
            model = self._models[key]
        here = Manifest.of(how.vec_type, model, read_at_least=how.read_at_least)
        if how.made_by and how.made_by != here.fingerprint:
            raise model_changed(how.vec_type, "they were made with other weights or preprocessing than those here")
        return model

    def _load(self, how: How) -> Model:
        from core.models.backend import load
        from core.models.options import LoadOptions

        self._on_loading(how.vec_type.model)
        try:
            options = LoadOptions(precision=how.precision, allow_remote_code=how.remote_code)
            return load(how.vec_type.spec, options=options)
        finally:
            self._on_loading("")


class EncoderProcess:
    """A child process that answers over its pipes in lines of JSON. Started at the first query."""

    def __init__(self, on_loading: OnLoading = lambda model: None) -> None:
        self._on_loading = on_loading
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def texts(self, how: How, texts: Sequence[str]) -> TextRows:
        """See :meth:`Encoder.texts`."""
        answer = self._ask(how, {"texts": list(texts)})
        return TextRows(_rows(answer), tuple(answer["cut"]))

    def pictures(self, how: How, paths: Sequence[bytes]) -> Rows:
        """See :meth:`Encoder.pictures`."""
        return _rows(self._ask(how, {"paths": [path.hex() for path in paths]}))

    def close(self) -> None:
        """End the child, also in the midst of a query."""
        if process := self._process:
            process.terminate()
        with self._lock:
            self._end()

    def _ask(self, how: How, request: dict[str, Any]) -> dict[str, Any]:
        request |= {
            "vec_type": how.vec_type.name,
            "at_least": how.read_at_least,
            "precision": how.precision,
            "remote_code": how.remote_code,
            "made_by": how.made_by,
        }
        with self._lock:
            answer = self._exchange(json.dumps(request).encode("ascii") + b"\n")
        if "error" in answer:
            kind = getattr(errors, answer["kind"], ModelError)
            raise kind(answer["error"], answer["hint"])
        return answer

    def _exchange(self, line: bytes) -> dict[str, Any]:
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise ModelError("the query process has no pipes", "restart Pictoscope")
        try:
            process.stdin.write(line)
            process.stdin.flush()
            while (reply := process.stdout.readline()).endswith(b"\n"):
                answer: dict[str, Any] = json.loads(reply)
                if "loading" not in answer:
                    return answer
                self._on_loading(answer["loading"])
        except OSError:
            pass  # it is dead: said below
        self._end()
        raise ModelError("the query process ended unexpectedly", "there may be too little memory; try again")

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
            reply = _answer(json.loads(line), encoder)
        except PictoscopeError as error:
            reply = {"error": error.message, "hint": error.hint, "kind": type(error).__name__}
        _say(replies, reply)


def _say(replies: IO[bytes], values: dict[str, Any]) -> None:
    replies.write(json.dumps(values).encode("ascii") + b"\n")
    replies.flush()


def _answer(request: dict[str, Any], encoder: Encoder) -> dict[str, Any]:
    vec_type = VecType.parse(request["vec_type"])
    how = How(vec_type, request["at_least"], request["precision"], request["remote_code"], request["made_by"])
    if "texts" in request:
        answer = encoder.texts(how, request["texts"])
        return _reply(answer.rows) | {"cut": list(answer.cut)}
    return _reply(encoder.pictures(how, [bytes.fromhex(path) for path in request["paths"]]))


def _reply(rows: Rows) -> dict[str, Any]:
    return {"shape": list(rows.shape), "rows": base64.b64encode(rows.astype("<f4").tobytes()).decode("ascii")}


def _rows(answer: dict[str, Any]) -> Rows:
    import numpy as np

    return np.frombuffer(base64.b64decode(answer["rows"]), np.float32).reshape(answer["shape"])


if __name__ == "__main__":
    # Libraries that print would break the protocol: what they print goes to stderr.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers, LocalEncoder(lambda model: _say(answers, {"loading": model})))
