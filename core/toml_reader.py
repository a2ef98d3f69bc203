"""Reads untrusted TOML: a project may come from a stranger, like its pictures."""

from __future__ import annotations

import re
import tomllib
from typing import Any

LONGEST = 1_000_000  # bytes; far more than any file of Pictoscope
# tomllib is quadratic in the number of dotted parts: a key with 10,000 takes seconds, one of a megabyte hours.
# The pattern itself reads every byte at most 32 times: it starts at words only and never backtracks.
_DOTTED = re.compile(rb"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){32}""")


def parse_toml(content: bytes) -> dict[str, Any]:
    """``content`` as a table, in time and memory linear in its length.

    Raises:
        tomllib.TOMLDecodeError: not UTF-8, not TOML, too long or too deeply nested.
    """
    if len(content) > LONGEST:
        raise tomllib.TOMLDecodeError(f"longer than {LONGEST:,} bytes")
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
