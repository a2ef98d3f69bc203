"""Protects texts that a spreadsheet would evaluate as formulas, by a leading apostrophe.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

# First characters of cells that spreadsheets take for formulas.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_formula(text: str) -> str:
    """``text`` with one more leading apostrophe if the rest after its apostrophes is a formula."""
    return "'" + text if is_formula(text.lstrip("'")) else text


def unescape_formula(cell: str) -> str:
    """The inverse of :func:`escape_formula`."""
    return cell[1:] if cell.startswith("'") and is_formula(cell.lstrip("'")) else cell


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would evaluate a cell with this text."""
    return text.startswith(FORMULA)
