"""The lines of a text file, each of bounded length, with errors that give the position of invalid content."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.errors import UsageError
from core.text import count, printable

LONGEST_LINE = 16_000_000  # characters
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_BLOCK = 1 << 18  # characters that are split into lines at once: several times as fast as reading each line
_ENCODINGS = "give --encoding: cp1252 (Excel in Western Europe), latin-1, utf-16 or another one"


def encoding_of(path: Path, given: str) -> str:
    """The given encoding, else that of the byte-order mark, else UTF-8.

    Raises:
        UsageError: there is no such encoding.
    """
    if given:
        try:
            codecs.lookup(given)
            io.TextIOWrapper(io.BytesIO(), given)  # some codecs convert bytes to bytes
        except (LookupError, ValueError):
            raise UsageError(
                f"there is no encoding {printable(given)}", "use one such as utf-8, cp1252 or utf-16"
            ) from None
        return given
    with path.open("rb") as stream:
        beginning = stream.read(4)
    return next((encoding for mark, encoding in _MARKS if beginning.startswith(mark)), "utf-8")


@contextmanager
def opened(path: Path, encoding: str, newline: str) -> Iterator[TextIO]:
    """The file as text, without its byte-order mark.

    Raises:
        UsageError: the text is not in this encoding; the message gives byte and line.
    """
    with path.open(encoding=encoding, newline=newline) as text:
        try:
            if text.read(1) != "\ufeff":
                text.seek(0)
            yield text
        except UnicodeDecodeError:
            raise _not_decodable(path, encoding) from None


def lines(text: TextIO, path: Path) -> Iterator[str]:
    """Its lines, including line ends.

    Raises:
        UsageError: a line is too long, or contains a NUL.
    """
    number, rest = 0, ""
    for block in iter(lambda: text.read(_BLOCK), ""):
        whole, rest = _whole_lines(rest + block)
        suspect = "\0" in whole or len(whole) >= LONGEST_LINE
        for number, line in enumerate(io.StringIO(whole, newline=""), number + 1):  # noqa: B020  goes on counting
            if suspect:
                _check(line, number, path)
            yield line
        if len(rest) >= LONGEST_LINE:
            break
    for number, line in enumerate(io.StringIO(rest, newline=""), number + 1):  # noqa: B020
        _check(line, number, path)
        yield line


def _whole_lines(text: str) -> tuple[str, str]:
    """The lines of a text that have ended, and the rest: a line feed may follow a carriage return at its end."""
    end = text.rfind("\n") + 1 or text.rfind("\r", 0, len(text) - 1) + 1
    return text[:end], text[end:]


def _check(line: str, number: int, path: Path) -> None:
    """Refuse a line that is too long or contains a NUL."""
    if "\0" in line:
        raise UsageError(
            f"{printable(path)}, line {number:,}: a NUL, which text never contains",
            "is it UTF-16? --encoding utf-16-le; else it is not a table",
        )
    if len(line) >= LONGEST_LINE:
        raise UsageError(
            f"{printable(path)}, line {number:,} is longer than {count(LONGEST_LINE, 'character')}",
            "is it a table? give CSV, JSON lines or Parquet",
        )


def _not_decodable(path: Path, encoding: str) -> UsageError:
    """The error for the first bytes that are not in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before = ends = 0
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                ends += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                held = len(error.object) - len(chunk)  # bytes of a character that began in the previous chunk
                ends += error.object[: error.start].decode(encoding, "replace").count("\n")
                return UsageError(
                    f"{printable(path)}: byte {before - held + error.start + 1:,}, in line {ends + 1:,}, "
                    f"is not {encoding}",
                    _ENCODINGS,
                )
            if not chunk:
                return UsageError(f"{printable(path)} changed while it was read", "try again")
            before += len(chunk)
