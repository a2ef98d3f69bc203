"""Reading TOML that somebody else may have written: a project may come from anywhere, like its pictures."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_LONGEST = 1_000_000  # bytes; the longest of ours lists a few picture folders
# tomllib takes the square of their number in time: a key of 10,000 dotted parts seconds, one of a megabyte hours.
# The pattern itself reads every byte 32 times at most: it begins at words only and never goes back.
_DOTTED = re.compile(rb"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){32}""")


def parse_toml(content: bytes) -> dict[str, Any]:
    """``content`` as a table, in time and memory that grow with its length only.

    Raises:
        tomllib.TOMLDecodeError: not UTF-8, not TOML, or longer or more deeply nested than any file of ours.
    """
    if len(content) > _LONGEST:
        raise tomllib.TOMLDecodeError(f"longer than {_LONGEST:,} bytes")
    if _DOTTED.search(content):
        raise tomllib.TOMLDecodeError("nested too deeply")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # bytes that are not UTF-8, numbers of thousands of digits
        raise tomllib.TOMLDecodeError(str(error)) from error
