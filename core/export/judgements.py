"""Judgements as a table for other programs and other copies of the project: CSV or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from core.catalog.catalog import Catalog
from core.export.text_tables import path_text
from core.formulas import escape_formula
from core.labels.judgements import Judgement

QUESTION_KEY, QUESTION_PATH, QUESTION_TEXT = "question_key", "question_path", "question_text"
PERSON, RELEVANT = "person", "relevant"
HEADINGS = (QUESTION_KEY, QUESTION_PATH, QUESTION_TEXT, PERSON, "key", "path", RELEVANT)
_BATCH = 10_000  # judgements whose paths are looked up at once


def write_judgements_csv(catalog: Catalog, judgements: Iterable[Judgement], stream: BinaryIO) -> int:
    """Write CSV (RFC 4180) in UTF-8. Returns the number of judgements.

    Paths are empty for pictures that have no file any more; bytes that are not UTF-8 are written as ``\\xNN``. Cells
    that a spreadsheet would read as formulas are guarded (:func:`core.formulas.escape_formula`).
    """
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(HEADINGS)
        written = 0
        for one, question, path in _with_paths(catalog, judgements):
            texts = (path_text(question), one.question.text, one.person)
            shown, asked, person = map(escape_formula, texts)
            relevant = "yes" if one.relevant else "no"
            key, at = one.key.hex(), escape_formula(path_text(path))
            writer.writerow((one.question.picture.hex(), shown, asked, person, key, at, relevant))
            written += 1
        return written
    finally:
        text.detach()  # flushed; the stream is the caller's


def write_judgements_json_lines(catalog: Catalog, judgements: Iterable[Judgement], stream: BinaryIO) -> int:
    """Write one JSON object a line. Returns the number of judgements."""
    written = 0
    for one, question, path in _with_paths(catalog, judgements):
        stream.write(json.dumps(_as_json(one, question, path)).encode() + b"\n")
        written += 1
    return written


def judgements_json(catalog: Catalog, judgements: Iterable[Judgement]) -> list[dict[str, Any]]:
    """The same objects as JSON lines have, for ``--json``."""
    return [_as_json(*one) for one in _with_paths(catalog, judgements)]


def _as_json(one: Judgement, question: bytes, path: bytes) -> dict[str, Any]:
    asked: dict[str, Any] = {QUESTION_TEXT: one.question.text}
    if one.question.picture:
        asked = {QUESTION_KEY: one.question.picture.hex(), QUESTION_PATH: os.fsdecode(question)}
    return {
        **asked,
        PERSON: one.person,
        "key": one.key.hex(),
        "path": os.fsdecode(path),
        RELEVANT: one.relevant,
    }


def _with_paths(catalog: Catalog, judgements: Iterable[Judgement]) -> Iterator[tuple[Judgement, bytes, bytes]]:
    """Each judgement with the paths of the question and of the picture; empty where there is none."""
    waiting = list(judgements)
    for start in range(0, len(waiting), _BATCH):
        batch = waiting[start : start + _BATCH]
        keys = {one.key for one in batch} | {one.question.picture for one in batch if one.question.picture}
        paths = {key: picture.path for key, picture in catalog.by_keys(sorted(keys)).items()}
        for one in batch:
            yield one, paths.get(one.question.picture, b""), paths.get(one.key, b"")
