"""No function acts on pictures that somebody else has left in the temporary table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import core
from core.catalog import selection_table

_TABLE = "temp.chosen"


def texts(node: ast.AST) -> Iterator[str]:
    """All texts in a piece of code, those in f-strings too."""
    return (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def constants(module: ast.Module) -> set[str]:
    """Names at the module's level that stand for statements about the table."""
    assigned = (part for part in module.body if isinstance(part, ast.Assign))
    return {
        target.id
        for part in assigned
        if any(_TABLE in text for text in texts(part))
        for target in part.targets
        if isinstance(target, ast.Name)
    }


def reads_and_fills(module: ast.Module) -> Iterator[tuple[str, bool]]:
    """The functions that read the table, and whether they fill it before."""
    named = constants(module)
    for function in (part for part in ast.walk(module) if isinstance(part, ast.FunctionDef)):
        names = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
        lines = [part.lineno for part in names if part.id in named]
        lines += [
            part.lineno
            for part in ast.walk(function)
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and _TABLE in part.value
        ]
        if lines:
            yield function.name, any(part.id == "fill_selection" and part.lineno < min(lines) for part in names)


def test_whoever_reads_the_chosen_pictures_has_chosen_them_in_the_same_function() -> None:
    found = {
        (path.name, name): fills
        for path in Path(core.__file__).parent.rglob("*.py")
        if path != Path(selection_table.__file__)
        for name, fills in reads_and_fills(ast.parse(path.read_text("utf-8")))
    }
    assert len(found) > 8
    assert [where for where, fills in found.items() if not fills] == []


def test_a_function_that_relies_on_others_is_found() -> None:
    two = "def two():\n    fill_selection()\n    run(ROWS)"
    code = f"ROWS = 'SELECT picture FROM {_TABLE}'\ndef one(): run(ROWS)\n{two}"
    assert dict(reads_and_fills(ast.parse(code))) == {"one": False, "two": True}
