"""Texts name the keys of the user: none names a key itself, and what is named by default are the keys there are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding

from core import key_hints
from core.key_hints import DEFAULT_KEYS, key_for, key_for_first, use_keys, with_keys
from tui.key_names import named_keys
from tui.key_purposes import written

ROOT = Path(__file__).parents[2]
_KEY = r"(?:[b-zB-Z\[\]]|ctrl\+[a-z]|esc|escape|space|enter|Enter|del)"
_HINTS = (
    re.compile(rf"(?:^|[·,.;:] |\(|\bor |\band ){_KEY} (?!keys?\b)[a-z]+s\b(?! of)"),  # "u undoes"
    re.compile(rf"  {_KEY}$"),  # "Rename  r"
    re.compile(rf"\bpress {_KEY}\b"),
)
_TYPED = {  # in a line that takes letters and in a list of Textual, where no binding of ours has enter
    "Filter  enter",
    "  enter",
    "enter opens this folder and creates a project in it",
    "no jobs yet · enter creates vectors, which is a job",
    "{form-select.open-the-list} lists them, enter chooses; then {action-form.run} runs it",
}


@pytest.fixture(autouse=True)
def default_keys() -> Iterator[None]:
    """Whatever a test takes is given back."""
    yield
    use_keys({})


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The literals of a file that are no docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_no_text_names_a_key_itself() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for package in ("core", "tui")
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, text in texts(path)
        if any(hint.search(text) for hint in _HINTS) and text not in _TYPED
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ["tagged · u undoes", "Rename  r", "n creates one", "(S saves them)", "press esc"])
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert any(hint.search(text) for hint in _HINTS)


def test_every_key_that_texts_name_is_one_that_can_be_pressed() -> None:
    known = named_keys()
    assert {name for name in DEFAULT_KEYS if name not in known} == set()
    pressed = {name: [written(Binding(key, "", "")) for key in known[name].keys] for name in DEFAULT_KEYS}
    assert {name: key for name, key in DEFAULT_KEYS.items() if key not in pressed[name]} == {}


def test_every_name_in_a_text_is_known() -> None:
    found = [
        (str(path), name)
        for package in ("core", "tui")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"key_for(?:_first)?\('([^']+)'\)", path.read_text().replace('"', "'"))
        if name not in DEFAULT_KEYS
    ]
    assert not found
    for _, text in (one for path in (ROOT / "tui").rglob("*.py") for one in texts(path)):
        for name in re.findall(r"\{([a-z-]+\.[a-z-]+)\}", text):
            assert name in DEFAULT_KEYS, text


def test_a_text_has_the_keys_of_the_user() -> None:
    assert with_keys("tagged · {undo} undoes") == "tagged · u undoes"
    use_keys({"undo": "Z", "action-form.run": "f5"})
    assert (with_keys("tagged · {undo} undoes, {redo} redoes"), key_for("undo")) == ("tagged · Z undoes, U redoes", "Z")
    assert key_for_first("action-form.run") == "F5"
    use_keys({"action-form.run": "x"})
    assert (key_for_first("action-form.run"), key_for_first("first-run.prepare-search")) == ("x", "Enter")
    with pytest.raises(KeyError):
        with_keys("{nothing-of-the-kind} does nothing")
    assert key_hints.with_keys("{1} {A}") == "{1} {A}", "no name of ours"


_IN_THE_APP = """
import asyncio, sys
sys.path.insert(0, {tests!r})
from app_helpers import *

async def main():
    with collection(Path({folder!r}), ["a.png", "b.png"]) as project:
        async with running(project) as (app, pilot):
            await pilot.press("L")
            await until(pilot, lambda: "No tags yet. f6 or N creates one; m in Browse" in flat(app))
            assert "New  N" in text_of(app), text_of(app)
            await pilot.press("escape", "m", "x", "enter")
            await until(pilot, lambda: "tagged 1 picture as x · Z undoes" in said(app))

asyncio.run(main())
"""


def test_the_app_says_the_keys_of_the_user(home: Path, tmp_path: Path) -> None:
    """In another process: the keys of classes are changed for all apps of a process."""
    keys = '"undo" = "Z"\n"tag" = "m"\n"labels.new" = "N"\n"labels-table.show" = "f6"\n'
    (home / "keys.toml").write_text(keys)
    code = _IN_THE_APP.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "pictures"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
