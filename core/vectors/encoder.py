"""Encodes queries: texts, and picture files outside the project.

:class:`LocalEncoder` loads the model in this process. :class:`EncoderProcess` keeps it loaded in a child process, so
that the interface neither imports torch nor waits for it. Both give the same results.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from core import errors
from core.errors import ModelError, PictoscopeError
from core.priority import share_niceness
from core.vectors.vec_type import VecType

if TYPE_CHECKING:  # the app makes an encoder at its start, and must not wait for NumPy
    from core.arrays import Rows
    from core.models.backend import Model
    from core.models.frames import Array
    from core.vectors.manifest import Manifest

# Called with a model's key when loading begins, and with an empty text when it ends, in the calling thread.
OnLoading = Callable[[str], None]

_MODELS_KEPT = 3  # loaded at the same time


@dataclass(frozen=True)
class EncodingSpec:
    """How the rows of a vec type were computed, so that queries are encoded in the same way.

    Attributes:
        vec_type: model and options.
        read_at_least: pixels; see :class:`core.vectors.manifest.Manifest`.
        precision: of the model.
        made_by: :attr:`core.vectors.manifest.Manifest.fingerprint` of the rows; empty for those of any model.
    """

    vec_type: VecType
    read_at_least: int
    precision: str = "float32"
    made_by: str = ""

    @classmethod
    def of(cls, manifest: Manifest) -> EncodingSpec:
        """How pictures and texts are encoded for rows as this manifest describes them."""
        return cls(manifest.vec_type, manifest.read_at_least, manifest.precision, manifest.fingerprint)


@dataclass(frozen=True)
class TextRows:
    """Rows of texts.

    Attributes:
        rows: shape (n, dim), float32, normalised.
        cut: for each text, the number of tokens read if it was truncated, else 0.
        unknown: for each text, the words unknown to the model (:meth:`~core.models.backend.Model.unknown_words`).
    """

    rows: Rows
    cut: tuple[int, ...]
    unknown: tuple[tuple[str, ...], ...]


class Encoder(Protocol):
    """Turns queries into rows of a vec type."""

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        """Rows of texts.

        Raises:
            ModelError: the model reads no text or cannot be loaded. ModelChanged: it is not the model of the rows.
        """
        ...

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        """Rows of picture files, shape (n, dim), float32, normalised; greyscale as the vec type says.

        Raises:
            UnreadablePicture: with the path and the reason. ModelError: the model cannot be loaded.
            ModelChanged: it is not the model of the rows.
        """
        ...


class LocalEncoder:
    """Loads each model at its first query and keeps the last few: each may take gigabytes."""

    def __init__(self, on_loading: OnLoading = lambda model: None) -> None:
        self._on_loading = on_loading
        self._models: dict[tuple[str, str], Model] = {}
        self._lock = threading.Lock()

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        model = self._model(how)
        longest = model.longest_text
        cut = tuple(longest if longest and model.count_tokens(text) > longest else 0 for text in texts)
        unknown = tuple(model.unknown_words(text) for text in texts)
        return TextRows(model.encode_texts(texts), cut, unknown)

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        from core.vectors.local_engine import encode, prepare

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

    def _model(self, how: EncodingSpec) -> Model:
        from core.vectors.manifest import Manifest, model_changed

        with self._lock:
            key = (how.vec_type.model, how.precision)
            model = self._models.pop(key, None)
            if model is None:
                while len(self._models) >= _MODELS_KEPT:
                    self._models.pop(next(iter(self._models)))  # the least recently used
                model = self._load(how)
            self._models[key] = model
        here = Manifest.of(how.vec_type, model, read_at_least=how.read_at_least)
        if how.made_by and how.made_by != here.fingerprint:
            raise model_changed(
                how.vec_type, "they were computed with different weights or preprocessing than this model's"
            )
        return model

    def _load(self, how: EncodingSpec) -> Model:
        from core.models import catalogue, hub
        from core.models.options import LoadOptions
        from core.models.runtime import for_questions

        spec = how.vec_type.spec
        known = any(spec.key == other.key for other in catalogue.catalogue())
        self._on_loading(how.vec_type.model)
        try:
            # A query does not download a model that only the project names.
            with contextlib.nullcontext() if known else hub.local_only():
                return for_questions(spec, LoadOptions(precision=how.precision))
        finally:
            self._on_loading("")


class EncoderProcess:
    """An encoder in a child process, connected by frames (:mod:`core.models.frames`). Started at the first query."""

    def __init__(self, on_loading: OnLoading = lambda model: None) -> None:
        self._on_loading = on_loading
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        answer, rows = self._ask(how, {"texts": list(texts)})
        return TextRows(rows, tuple(answer["cut"]), tuple(tuple(words) for words in answer["unknown"]))

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        return self._ask(how, {"paths": [path.hex() for path in paths]})[1]

    def close(self) -> None:
        """End the child, even during a query."""
        if process := self._process:
            process.kill()  # it has nothing to finish, and may have inherited a mask that blocks SIGTERM
        with self._lock:
            self._end()

    def _ask(self, how: EncodingSpec, request: dict[str, Any]) -> tuple[dict[str, Any], Rows]:
        request |= {
            "vec_type": how.vec_type.name,
            "at_least": how.read_at_least,
            "precision": how.precision,
            "made_by": how.made_by,
        }
        with self._lock:
            answer, arrays = self._exchange(request)
        if "error" in answer:
            kind = getattr(errors, answer["kind"], ModelError)
            raise kind(answer["error"], answer["hint"])
        (rows,) = arrays[0]
        return answer, rows

    def _exchange(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[Array]]:
        from core.models import frames

        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise ModelError("the query process has no pipes", "restart Pictoscope")
        try:
            frames.write(process.stdin, request)
            while reply := frames.read(process.stdout):
                answer, _ = reply
                if "loading" not in answer:
                    return reply
                self._on_loading(answer["loading"])
        except OSError:
            pass  # it is dead: reported below
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
    from core.models import frames

    while frame := frames.read(requests):
        try:
            reply, rows = _answer(frame[0], encoder)
        except PictoscopeError as error:
            frames.write(replies, {"error": error.message, "hint": error.hint, "kind": type(error).__name__})
        else:
            frames.write(replies, reply, [[rows]])


def _say_loading(replies: IO[bytes], model: str) -> None:
    from core.models import frames

    frames.write(replies, {"loading": model})


def _answer(request: dict[str, Any], encoder: Encoder) -> tuple[dict[str, Any], Rows]:
    vec_type = VecType.parse(request["vec_type"])
    how = EncodingSpec(vec_type, request["at_least"], request["precision"], request["made_by"])
    if "texts" in request:
        answer = encoder.texts(how, request["texts"])
        return {"cut": answer.cut, "unknown": answer.unknown}, answer.rows
    return {}, encoder.pictures(how, [bytes.fromhex(path) for path in request["paths"]])


if __name__ == "__main__":
    share_niceness()
    # Libraries that print would break the protocol: what they print goes to stderr.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers, LocalEncoder(lambda model: _say_loading(answers, model)))
