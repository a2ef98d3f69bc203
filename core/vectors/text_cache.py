"""Rows of texts, kept on disk: a phrase asked before needs no model. A cache: it may be deleted at any time."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from core.models.backend import Rows
from core.user_folders import state_folder
from core.vectors.encoder import Encoder, How, TextRows
from core.vectors.manifest import Manifest

_KEPT = 10_000  # texts; the oldest go first. 512 numbers each: 20 MB
_PATIENCE = 0.5  # seconds to wait for another process that writes


def text_row(encoder: Encoder, manifest: Manifest, text: str) -> TextRows:
    """The row of one text, shape (1, dim), by the weights that made the vectors of ``manifest``.

    Raises:
        ModelError: the model reads no text or cannot be loaded.
    """
    key = _key(manifest, text)
    try:
        if found := _cached(key, manifest.dim):
            return found
    except (sqlite3.Error, OSError):
        return encoder.texts(How.of(manifest), [text])
    answer = encoder.texts(How.of(manifest), [text])
    try:
        _keep(key, answer)
    except (sqlite3.Error, OSError):
        return answer  # a cache that cannot be written costs the next query its time
    return answer


def _key(manifest: Manifest, text: str) -> bytes:
    weights = [manifest.vec_type.model, manifest.revision, sorted(manifest.sha256.items()), text]
    return hashlib.sha256(json.dumps(weights).encode("ascii")).digest()


def _cached(key: bytes, dim: int) -> TextRows | None:
    with closing(_open()) as database:
        found = database.execute("SELECT row, cut FROM texts WHERE key = ?", (key,)).fetchone()
    if found is None or len(found[0]) != dim * 4:
        return None
    rows: Rows = np.frombuffer(found[0], "<f4").reshape(1, dim)
    return TextRows(rows, (int(found[1]),))


def _keep(key: bytes, answer: TextRows) -> None:
    with closing(_open()) as database, database:
        content = answer.rows[0].astype("<f4").tobytes()
        database.execute("INSERT OR REPLACE INTO texts (key, row, cut) VALUES (?, ?, ?)", (key, content, answer.cut[0]))
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
