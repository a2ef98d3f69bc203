"""``keys.toml``: other keys, and errors that name the line and what was perhaps meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tui.key_names import named_keys
from tui.keys_file import FORMER, normalised, parse_keys


def problems(text: str) -> list[str]:
    return [f"{error.message} · {error.hint}" for error in parse_keys(text, named_keys()).problems]


def test_one_key_or_several_by_name_or_in_a_table() -> None:
    found = parse_keys('tag = "N"\n[browse]\nfilter = ["F2", "?"]\n["image-grid"]\nleft = "ctrl+b"', named_keys())
    assert found.problems[0].message.startswith("keys.toml, line 3: there is no key 'F2'")
    found = parse_keys('tag = "N"\n[browse]\nfilter = ["f2", "&"]\n', named_keys())
    assert found.keys == {"tag": ("N",), "browse.filter": ("f2", "ampersand")}
    assert not found.problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = \n", "keys.toml: Invalid value (at line 1, column 5) · docs/settings.md lists what it may contain"),
        ('\n"brows.filter" = "x"', "keys.toml, line 2: no key does 'brows.filter' · the nearest is 'browse.filter'"),
        ('[browse]\n\nfiltr = "x"', "keys.toml, line 3: no key does 'browse.filtr' · the nearest is 'browse.filter'"),
        ("tag = 3", 'keys.toml, line 1: tag needs a key, or a list of keys · such as "ctrl+t"'),
        ("tag = []", 'keys.toml, line 1: tag needs a key, or a list of keys · such as "ctrl+t"'),
        ('tag = "escpe"', "keys.toml, line 1: there is no key 'escpe' · the nearest is 'escape'"),
        ('tag = "strg+x"', "keys.toml, line 1: there is no key 'strg+x' · "),
        (
            '"browse.filter" = "o"',
            "keys.toml, line 1: o for browse.filter is also the key for browse.order-group-by · "
            "give browse.order-group-by another key, or it cannot be reached by one",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem)


def test_keys_that_change_places_are_no_conflict() -> None:
    assert not problems('"browse.filter" = "o"\n"browse.order-group-by" = "f"')


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("?", "question_mark"),
        ("ctrl++", "ctrl+plus"),
        ("+", "plus"),
        ("esc", "escape"),
        ("G", "G"),
        ("pgdn", "pagedown"),
    ],
)
def test_keys_as_people_write_them(key: str, expected: str) -> None:
    assert normalised(key) == expected


def test_every_default_key_can_be_written_and_names_are_plain() -> None:
    for name, key in named_keys().items():
        assert all(normalised(one) == one for one in key.keys), name
        assert name.replace("-", "").replace("_", "").replace(".", "").isalnum()
        assert key.description


_IN_THE_APP = """
import asyncio, sys
sys.path.insert(0, {tests!r})
from app_helpers import *
from tui.screens.browse.filter_line import FilterLine

async def main():
    with collection(Path({folder!r}), ["a.png", "b.png"]) as project:
        async with running(project) as (app, pilot):
            assert "no key does 'tagg'" in said(app)[0], said(app)
            assert "N Tag" in lines_of(app)[-1] and "x Filter" in lines_of(app)[-1], lines_of(app)[-1]
            await pilot.press("f")
            assert not isinstance(app.screen, FilterLine)
            await pilot.press("n")
            await until(pilot, lambda: current(app) == "b.png")
            await pilot.press("x")
            await until(pilot, lambda: isinstance(app.screen, FilterLine))

asyncio.run(main())
"""


def test_the_app_takes_the_keys_and_shows_them(home: Path, tmp_path: Path) -> None:
    """In another process: the keys of classes are changed for all apps of a process."""
    (home / "keys.toml").write_text('tagg = "z"\ntag = "N"\n[browse]\nfilter = "x"\n[image-grid]\nright = "n"\n')
    code = _IN_THE_APP.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "pictures"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("former", FORMER)
def test_a_file_of_before_that_calls_a_key_by_its_former_name_still_works(former: str) -> None:
    assert former not in named_keys()
    found = parse_keys(f'"{former}" = "f9"', named_keys())
    assert found.keys == {FORMER[former]: ("f9",)}
    assert not found.problems
