"""A disk cache of text vectors: a repeated phrase needs no model. It may be deleted at any time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from core.arrays import Rows
from core.user_folders import state_folder
from core.vectors.encoder import Encoder, EncodingSpec, TextRows
from core.vectors.manifest import Manifest

_KEPT = 10_000  # texts; the oldest go first. 512 numbers each: 20 MB
_CHUNK = 500  # keys a question: below SQLite's least limit of bound variables
_PATIENCE = 0.5  # seconds to wait for another writer

# A text's row, the number of tokens read if it was truncated (else 0), and its unknown words.
_Known = tuple[Rows, int, tuple[str, ...]]


def text_rows(encoder: Encoder, manifest: Manifest, texts: Sequence[str]) -> TextRows:
    """The rows of texts, shape (n, dim), computed by the weights of ``manifest``.

    The model is called at most once, for texts that are not cached.

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
        answer = encoder.texts(EncodingSpec.of(manifest), unknown)
        read = zip(unknown, answer.rows, answer.cut, answer.unknown, strict=True)
        new = {keys[text]: (row, cut, strange) for text, row, cut, strange in read}
        known |= new
        with contextlib.suppress(
            sqlite3.Error, OSError
        ):  # a cache that cannot be written costs the next query its time
            _keep(new)
    rows = [known[keys[text]] for text in texts]
    return TextRows(
        np.array([row for row, _, _ in rows], np.float32).reshape(len(rows), manifest.dim),
        tuple(cut for _, cut, _ in rows),
        tuple(strange for _, _, strange in rows),
    )


def _key(manifest: Manifest, text: str) -> bytes:
    weights = [manifest.vec_type.model, manifest.revision, sorted(manifest.sha256.items()), text]
    return hashlib.sha256(json.dumps(weights).encode("ascii")).digest()


def _cached(keys: Sequence[bytes], dim: int) -> dict[bytes, _Known]:
    entries: list[tuple[bytes, bytes, int, str]] = []
    with closing(_open()) as database:
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            entries += database.execute(f"SELECT key, row, cut, unknown FROM phrases WHERE key IN ({marks})", chunk)  # noqa: S608
    return {
        key: (np.frombuffer(row, "<f4"), int(cut), tuple(strange.splitlines()))
        for key, row, cut, strange in entries
        if len(row) == dim * 4
    }


def _keep(known: Mapping[bytes, _Known]) -> None:
    with closing(_open()) as database, database:
        database.executemany(
            "INSERT OR REPLACE INTO phrases (key, row, cut, unknown) VALUES (?, ?, ?, ?)",
            [(key, row.astype("<f4").tobytes(), cut, "\n".join(strange)) for key, (row, cut, strange) in known.items()],
        )
        database.execute(
            "DELETE FROM phrases WHERE rowid <= (SELECT max(rowid) FROM phrases) - ?",
            (_KEPT,),
        )


def _open() -> sqlite3.Connection:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=_PATIENCE)
    try:
        database.execute("DROP TABLE IF EXISTS texts")  # of an earlier version, which did not say what is unknown
        database.execute(
            "CREATE TABLE IF NOT EXISTS phrases"
            " (key BLOB UNIQUE, row BLOB NOT NULL, cut INTEGER NOT NULL, unknown TEXT NOT NULL)"
        )
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _file() -> Path:
    return state_folder() / "text-vectors.sqlite"
