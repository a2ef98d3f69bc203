"""The app speaks of keys where the library speaks of commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.key_hints import use_keys
from tui.advice_by_key import in_app

ROOT = Path(__file__).parents[2]
# Commands without a key: what they do is done in a terminal, or is asked there only.
FOR_A_TERMINAL = re.compile(
    r"pictoscope (?:--help|--fresh|models|vectors compact|vectors import|measure|doctor|--graphics|similar|export|help|"
    r"judgements|folders \S+ OLD|add \S* ?--re|add FOLDER…|history(?:$| --top)|map 1)|--shard|--engine|create --allow"
)


def advice() -> Iterator[tuple[str, str]]:
    """What the library may advise: literals with a command, ``X`` for what is put in."""
    for package in ("core", "tui"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "commands" in path.parts or path.name in ("advice_by_key.py", "cli.py"):
                continue
            tree = ast.parse(path.read_text())
            inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
            docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                text = _text(node)
                is_part = id(node) in inner and not isinstance(node, ast.JoinedStr)
                if re.search(r"pictoscope [a-z-]", text) and not is_part and id(node) not in docstrings:
                    yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_all_advice_has_a_key_or_is_known_to_be_for_a_terminal() -> None:
    found = list(advice())
    assert len(found) > 40
    left = [f"{place}: {text!r} -> {in_app(text)!r}" for place, text in found if "pictoscope " in in_app(text)]
    assert not [line for line in left if not FOR_A_TERMINAL.search(line)]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("create them: pictoscope vectors create clip", "create them: g, then n: clip"),
        ("create them: pictoscope vectors create clip --greyscale", "create them: g, then n: clip, greyscale"),
        ("what is missing: pictoscope vectors restart conse+grey", "what is missing: g, then R at conse+grey"),
        ("add some: pictoscope add FOLDER", "add some: Settings (g), Folders"),
        ("rescan with ctrl+l or pictoscope add", "rescan with ctrl+l"),
        ("scan again with ctrl+l or `pictoscope add`", "scan again with ctrl+l"),
        ("press u in Browse to undo it, or run: pictoscope undo", "press u in Browse to undo it"),
        ("see why: pictoscope vectors failures conse", "see why: g, then F"),
        ("wait for it, or: pictoscope jobs --cancel 12", "wait for it, or: J, then x"),
        ("see: pictoscope vectors list", "see: g"),
        ("if you trust it: pictoscope models trust clip", "if you trust it: pictoscope models trust clip"),
        ("free some space", "free some space"),
        ("", ""),
    ],
)  # fmt: skip
def test_commands_become_keys(said: str, shown: str) -> None:
    assert in_app(said) == shown


def test_the_keys_are_those_of_the_user() -> None:
    use_keys({"settings": "ctrl+s"})
    try:
        assert in_app("see: pictoscope vectors list") == "see: ctrl+s"
    finally:
        use_keys({})
