"""Rows of texts, kept on disk: a phrase asked before needs no model. A cache: it may be deleted at any time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from core.models.backend import Rows
from core.user_folders import state_folder
from core.vectors.encoder import Encoder, How, TextRows
from core.vectors.manifest import Manifest

_KEPT = 10_000  # texts; the oldest go first. 512 numbers each: 20 MB
_CHUNK = 500  # keys a question: below SQLite's least limit of bound variables
_PATIENCE = 0.5  # seconds to wait for another process that writes

_Known = tuple[Rows, int]  # a text's row, and how many tokens were read of it if it was longer


def text_row(encoder: Encoder, manifest: Manifest, text: str) -> TextRows:
    """The row of one text, shape (1, dim); see :func:`text_rows`."""
    return text_rows(encoder, manifest, [text])


def text_rows(encoder: Encoder, manifest: Manifest, texts: Sequence[str]) -> TextRows:
    """The rows of texts, shape (n, dim), by the weights that made the vectors of ``manifest``.

    The model is asked once, for those that are not known yet.

    Raises:
        ModelError: the model reads no text or cannot be loaded.
    """
    keys = {text: _key(manifest, text) for text in texts}
    try:
        known = _cached(list(keys.values()), manifest.dim)
    except (sqlite3.Error, OSError):
        known = {}
    unknown = [text for text, key in keys.items() if key not in known]
    if unknown:
        answer = encoder.texts(How.of(manifest), unknown)
        new = {keys[text]: (row, cut) for text, row, cut in zip(unknown, answer.rows, answer.cut, strict=True)}
        known |= new
        with contextlib.suppress(
            sqlite3.Error, OSError
        ):  # a cache that cannot be written costs the next query its time
            _keep(new)
    found = [known[keys[text]] for text in texts]
    return TextRows(
        np.array([row for row, _ in found], np.float32).reshape(len(found), manifest.dim),
        tuple(cut for _, cut in found),
    )


def _key(manifest: Manifest, text: str) -> bytes:
    weights = [manifest.vec_type.model, manifest.revision, sorted(manifest.sha256.items()), text]
    return hashlib.sha256(json.dumps(weights).encode("ascii")).digest()


def _cached(keys: Sequence[bytes], dim: int) -> dict[bytes, _Known]:
    found: list[tuple[bytes, bytes, int]] = []
    with closing(_open()) as database:
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            found += database.execute(f"SELECT key, row, cut FROM texts WHERE key IN ({marks})", chunk)  # noqa: S608
    return {key: (np.frombuffer(row, "<f4"), int(cut)) for key, row, cut in found if len(row) == dim * 4}


def _keep(known: Mapping[bytes, _Known]) -> None:
    with closing(_open()) as database, database:
        database.executemany(
            "INSERT OR REPLACE INTO texts (key, row, cut) VALUES (?, ?, ?)",
            [(key, row.astype("<f4").tobytes(), cut) for key, (row, cut) in known.items()],
        )
        database.execute(
            "DELETE FROM texts WHERE rowid <= (SELECT max(rowid) FROM texts) - ?",
            (_KEPT,),
        )


def _open() -> sqlite3.Connection:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=_PATIENCE)
    try:
        database.execute("CREATE TABLE IF NOT EXISTS texts (key BLOB UNIQUE, row BLOB NOT NULL, cut INTEGER NOT NULL)")
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _file() -> Path:
    return state_folder() / "text-vectors.sqlite"
