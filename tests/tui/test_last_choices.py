"""The next form begins with what was chosen last, also after a restart, and each project has its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_helpers import WordEncoder, fill_at_random, grid_of, running, until
from textual.widgets import Input, Select

from core.actions.registry import find
from core.project import Project
from tui.last_choices import FILE_NAME, LastChoices
from tui.screens.action_form import ActionForm
from tui.screens.results import ResultsScreen


def test_choices_outlive_the_app_without_the_pictures(tmp_path: Path):
    LastChoices(tmp_path).remember(find("similar"), {"vec_type": "conse", "pictures": ("/a.png",), "top": "7"})
    assert LastChoices(tmp_path).of(find("similar")) == {"vec_type": "conse", "top": "7"}
    assert LastChoices(tmp_path).of(find("text_search")) == {}


@pytest.mark.parametrize("content", [b"not toml [", b"\xff", b'similar = "text"', b"[similar]\ntop = 7"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes):
    (tmp_path / FILE_NAME).write_bytes(content)
    assert LastChoices(tmp_path).of(find("similar")) == {}


def test_what_cannot_be_kept_is_remembered_while_the_app_runs(tmp_path: Path):
    choices = LastChoices(tmp_path / "absent")
    choices.remember(find("text_search"), {"vec_type": "conse", "text": "a \udcff cat"})
    assert choices.of(find("text_search"))["text"] == "a \udcff cat"


async def test_the_vec_type_chosen_in_one_run_of_the_app_is_the_first_in_the_next(project: Project):
    for name in ("conse", "effnet-lite0"):
        fill_at_random(project, name)
    async with running(project) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("s")
        app.screen.query_one(Select).value = "effnet-lite0"
        app.screen.query_one("#top", Input).value = "5"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current is not None)
    async with running(project) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        assert app.screen.query_one(Select).value == "effnet-lite0"
        assert app.screen.query_one("#top", Input).value == "5"
