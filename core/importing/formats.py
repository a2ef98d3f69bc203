"""Open a table of any format: detected by the file extension, else by its first bytes."""

from __future__ import annotations

import stat
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from core.errors import UsageError
from core.importing.options import Options
from core.importing.tables import OpenTable
from core.text import printable

Form = Literal["csv", "jsonl", "parquet"]
_BY_ENDING: dict[str, Form] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


def open_table(path: Path, options: Options) -> AbstractContextManager[OpenTable]:
    """Open a file whose format is detected by its extension, else by its first bytes.

    Raises:
        UsageError: it does not exist, is not a file, is empty, or is not a table.
        PictoscopeError: Parquet without pyarrow. OSError: the file cannot be read.
    """
    from core.importing.csv_table import open_csv
    from core.importing.json_lines import open_json_lines
    from core.importing.parquet_table import open_parquet

    check_file(path)
    form = _BY_ENDING.get(path.suffix.lower()) or _detected_format(path)
    _check_options(form, options)
    return {"csv": open_csv, "jsonl": open_json_lines, "parquet": open_parquet}[form](path, options)


def check_file(path: Path) -> None:
    """Refuse what cannot be read as a file.

    Raises:
        UsageError: it does not exist, is not a regular file, or is empty.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"there is no file {printable(path)}", "check the spelling") from None
    except ValueError:  # a NUL in its name
        raise UsageError(f"{printable(path)} is not a valid file name", "check the spelling") from None
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{printable(path)} is a folder", "give the file itself")
    if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
        raise UsageError(f"{printable(path)} is not a regular file", "copy its content into a file first")
    if not found.st_size:
        raise UsageError(f"{printable(path)} is empty", "write or copy it again")


def _check_options(form: Form, options: Options) -> None:
    """Refuse options for text files that do not apply to this format."""
    name = {"csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}[form]
    given = "delimiter" if options.delimiter and form != "csv" else ""
    given = given or ("encoding" if options.encoding and form == "parquet" else "")
    if given:
        raise UsageError(f"{given}: it does not apply to {name}", "leave it out")


def _detected_format(path: Path) -> Form:
    with path.open("rb") as stream:
        beginning = stream.read(1_000)
    if beginning.startswith(b"PAR1"):
        return "parquet"
    if beginning.startswith(b"PK\x03\x04"):
        raise UsageError(f"{printable(path)} is a workbook or another zip archive", "save the table as CSV in UTF-8")
    text = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"[") and text[1:].lstrip().startswith((b"{", b"]")):
        raise UsageError(f"{printable(path)} is one JSON array", "write one object per line: jq -c '.[]' FILE")
    return "jsonl" if text.startswith(b"{") else "csv"
