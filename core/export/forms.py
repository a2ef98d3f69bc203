"""The forms of an export. Without NumPy: ``--help`` and the first paint list them."""

from __future__ import annotations

from typing import Literal, get_args

Form = Literal["paths", "csv", "jsonl", "parquet", "vectors", "projector", "links", "copies", "sheet"]
FORMS: tuple[Form, ...] = get_args(Form)
TEXT_FORMS: tuple[Form, ...] = ("paths", "csv", "jsonl")  # those that may go to stdout
VECTOR_FORMS: tuple[Form, ...] = ("vectors", "projector")
FOLDER_FORMS: tuple[Form, ...] = ("links", "copies")
# Allowed file extensions, if the extension decides what is written.
ENDINGS: dict[Form, tuple[str, ...]] = {
    "vectors": (".npy", ".parquet"),
    "projector": (".tsv",),
    "sheet": (".html", ".png"),
}
