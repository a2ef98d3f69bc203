"""``settings.toml``: mistakes are named by line and with what is nearest, and the app changes its lines alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.errors import PictoscopeError
from tui.display import SETTINGS, Display, problems
from tui.settings_file import changed, parse, save


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('# mine\nthem = "nord"', "line 2: there is no setting 'them'", "the nearest is 'theme'"),
        ("\n\npictures_in_row = 99", "line 3: pictures_in_row cannot be 99", "one of 0, 1, 2"),
        ('pictures_in_row = "3"', "line 1: pictures_in_row needs a whole number", "the nearest is 3"),
        ("pictures_in_row = true", "line 1: pictures_in_row needs a whole number", "one of 0"),
        ('graphics = "kity"', 'line 1: graphics cannot be "kity"', 'the nearest is "kitty"'),
        ('restore = "no"', "line 1: restore needs true or false", "such as true"),
        ("viewer = 3", "line 1: viewer needs a text", "docs/settings.md"),
        (
            '# mine\nengine = "node1:8786"',
            "line 2: engine is wrong: 'node1:8786' is not the address",
            "dask://localhost",
        ),
        ("engine = 8786", "line 1: engine needs a text", "docs/settings.md"),
        ('engin = "dask://node1:8786"', "line 1: there is no setting 'engin'", "the nearest is 'engine'"),
        ('engine_map = "/data=/mnt/data"', "line 1: engine_map needs a list of texts", "docs/settings.md"),
        ('engine_send_pictures = "yes"', "line 1: engine_send_pictures needs true or false", "such as false"),
        ("engine_map = [1]", "line 1: engine_map needs a list of texts", "docs/settings.md"),
        ('engine_map = ["data"]', "line 1: engine_map is wrong: the map 'data' is not two", "/data=/mnt/data"),
        ("[display]\ntheme = 'nord'", "line 1: there is no setting 'display'", "there are theme"),
        ("theme = ", "settings.toml: ", "docs/settings.md"),
        ('theme = "\x1b[31m"', "settings.toml: ", "docs/settings.md"),
    ],
)
def test_a_mistake_is_named_by_line_and_with_what_is_nearest(text: str, message: str, hint: str):
    (problem,) = parse(text, SETTINGS).problems.values()
    assert message in problem.message
    assert hint in problem.hint
    assert "\x1b" not in problem.message


def test_lines_beside_a_mistake_hold():
    found = parse('theme = "nord"\ngraphics = 3\nnotices = "bell"\n', SETTINGS)
    assert dict(found.values) == {"theme": "nord", "notices": "bell"}
    assert list(found.problems) == ["graphics"]


def test_a_theme_that_does_not_exist_is_named_with_the_nearest(home: Path):
    (home / "settings.toml").write_text('# look\ntheme = "gruvbx"\n')
    (problem,) = problems(["gruvbox", "nord"])
    assert "line 2: theme cannot be" in problem.message
    assert problem.hint == 'the nearest is "gruvbox"'
    (home / "settings.toml").write_text('theme = "auto"\n')
    assert problems(["gruvbox", "nord"]) == ()


def test_of_many_choices_the_first_are_named(home: Path):
    (home / "settings.toml").write_text('theme = "zzzz"\n')
    (problem,) = problems([f"theme-{number}" for number in range(30)])
    assert problem.hint.startswith("one of ")
    assert problem.hint.endswith("more: see docs/settings.md")
    assert len(problem.hint) < 160


MINE = """\
# the look
theme = "nord"  # at night
'notices' = 'bell'# loud

viewer = "feh {}"
"""


def test_the_app_changes_its_line_alone():
    assert changed(MINE, {"theme": "gruvbox"}) == MINE.replace('"nord"', '"gruvbox"')
    assert changed(MINE, {"notices": "off"}) == MINE.replace("'notices' = 'bell'", 'notices = "off"')


def test_a_new_setting_comes_after_the_others():
    assert changed(MINE, {"pictures_in_row": 3}) == MINE + "pictures_in_row = 3\n"
    assert changed("", {"restore": False}) == "restore = false\n"
    assert changed("a = 1\n[own]\ntheme = 'x'\n", {"theme": "nord"}) == "a = 1\ntheme = \"nord\"\n[own]\ntheme = 'x'\n"


@pytest.mark.parametrize(
    "text",
    ['theme = """\nnord"""\n', "theme.dark = true\n", "theme = [", '[theme]\nname = "nord"\n'],
)
def test_what_cannot_be_changed_line_by_line_is_left_as_it_is_and_said(text: str, home: Path):
    (home / "settings.toml").write_text(text)
    with pytest.raises(PictoscopeError, match=r"settings\.toml"):
        save({"theme": "gruvbox"}, {})
    assert (home / "settings.toml").read_text() == text


def test_a_link_to_the_file_stays_a_link(home: Path, tmp_path: Path):
    kept = tmp_path / "dotfiles.toml"
    kept.write_text(MINE)
    (home / "settings.toml").symlink_to(kept)
    save({"theme": "gruvbox"}, {})
    assert (home / "settings.toml").is_symlink()
    assert tomllib.loads(kept.read_text())["theme"] == "gruvbox"


def test_what_an_earlier_version_kept_is_taken_over_once(home: Path):
    (home / "display.toml").write_text('theme = "nord"\npictures_in_row = 77\n')
    before = Display.load()
    assert before == Display(theme="nord")
    Display(theme="nord", pictures_in_row=2).save(before)
    assert tomllib.loads((home / "settings.toml").read_text()) == {"theme": "nord", "pictures_in_row": 2}
    assert not (home / "display.toml").exists()
    assert Display.load() == Display(theme="nord", pictures_in_row=2)


def test_the_file_counts_more_than_what_an_earlier_version_kept(home: Path):
    (home / "display.toml").write_text('theme = "nord"\n')
    (home / "settings.toml").write_text('theme = "gruvbox"\n')
    assert Display.load().theme == "gruvbox"
    Display(theme="gruvbox", restore=False).save(Display.load())
    assert tomllib.loads((home / "settings.toml").read_text()) == {"theme": "gruvbox", "restore": False}
