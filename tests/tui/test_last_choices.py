"""The next form begins with what was chosen last, also after a restart, and each project has its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import tomli_w
from app_helpers import WordEncoder, choose_vec_type, fill_at_random, grid_of, running, until
from textual.widgets import Input, Select

from core import toml_file
from core.actions.registry import find
from core.filters.ordering import Order, sortables
from core.project import Project
from tui.last_choices import LastChoices, file_of
from tui.last_view import FIRST_VIEW, LastView
from tui.screens.results.action_form import ActionForm
from tui.screens.results.results import ResultsScreen


def test_choices_outlive_the_app_without_the_pictures(tmp_path: Path):
    LastChoices(tmp_path).remember(find("similar"), {"vec_type": "conse", "pictures": ("/a.png",), "top": "7"})
    assert LastChoices(tmp_path).of(find("similar")) == {"vec_type": "conse", "top": "7"}
    assert LastChoices(tmp_path).of(find("text_search")) == {}


def write_state(project: Path, content: bytes) -> Path:
    file = file_of(project)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return file


def of_project(project: Path, rest: str) -> bytes:
    return (tomli_w.dumps({"project": str(project)}) + rest).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not toml [", "is damaged"),
        (b"\xff", "is damaged"),
        (b"a = 1\n" * 200_000, "is damaged: longer than"),
        (b'project = "/another"\n[similar]\ntop = "7"\n', "is of another project"),
        (b'[similar]\ntop = "7"\n', "is of another project"),
    ],
)
def test_a_damaged_huge_or_foreign_file_is_left_out_and_said_once(tmp_path: Path, content: bytes, why: str):
    write_state(tmp_path, content)
    choices = LastChoices(tmp_path)
    assert choices.of(find("similar")) == {}
    assert choices.view == FIRST_VIEW
    assert choices.problem is not None
    assert why in choices.problem.message
    choices.remember(find("similar"), {"top": "5"})
    again = LastChoices(tmp_path)
    assert again.problem is None
    assert again.of(find("similar")) == {"top": "5"}


def test_a_link_or_a_pipe_in_place_of_the_file_is_left_out(tmp_path: Path):
    target = tmp_path / "elsewhere.toml"
    target.write_bytes(of_project(tmp_path, '[similar]\ntop = "7"\n'))
    file = file_of(tmp_path)
    file.parent.mkdir()
    file.symlink_to(target)
    assert LastChoices(tmp_path).problem is not None
    file.unlink()
    os.mkfifo(file)
    assert LastChoices(tmp_path).of(find("similar")) == {}


def test_entries_of_other_types_are_passed_over(tmp_path: Path):
    write_state(tmp_path, of_project(tmp_path, 'text_search = "text"\nview = 7\n[similar]\ntop = 7\n'))
    choices = LastChoices(tmp_path)
    assert choices.problem is None
    assert choices.of(find("similar")) == choices.of(find("text_search")) == {}
    assert choices.view == FIRST_VIEW


def test_what_a_project_brings_along_is_not_trusted(tmp_path: Path):
    (tmp_path / "last-choices.toml").write_bytes(of_project(tmp_path, '[similar]\ntop = "7"\n'))
    assert LastChoices(tmp_path).of(find("similar")) == {}


def test_each_project_has_its_own(tmp_path: Path):
    LastChoices(tmp_path / "a").remember(find("similar"), {"top": "7"})
    assert LastChoices(tmp_path / "b").of(find("similar")) == {}


def test_what_cannot_be_kept_is_remembered_while_the_app_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path, content: bytes) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(toml_file, "write_atomic", refuse)
    choices = LastChoices(tmp_path)
    choices.remember(find("text_search"), {"vec_type": "conse", "text": "a \udcff cat"})
    assert choices.of(find("text_search"))["text"] == "a \udcff cat"


VIEW = LastView(
    folder=b"/pictures/birds",
    filter="width>2000",
    order=Order(like=b"k" * 20, like_name="a.png", vec_type="conse", group=sortables(())[0], span="year"),
    part="1999",
    picture=b"p" * 20,
    pane="folders",
    folded=True,
    screen="settings",
    screen_pane="display",
)


@pytest.mark.parametrize("view", [VIEW, FIRST_VIEW, LastView(group="best"), LastView(folded=False)])
def test_how_a_project_was_left_outlives_the_app(tmp_path: Path, view: LastView):
    LastChoices(tmp_path).remember_view(view)
    assert LastChoices(tmp_path).view == view


@pytest.mark.parametrize(
    "table",
    [
        {"folder": 7, "filter": ["x"], "group": True, "order": "date", "picture": 3, "folded": "yes", "pane": {}},
        {"picture": "no key", "order": {"by": "no such thing", "by-kind": "?"}},
        {"picture": "00" * 19, "filter": "x" * 10_001},
    ],
)
def test_of_a_view_only_what_makes_sense_is_taken(table: dict[str, object]):
    assert LastView.from_table(table) == FIRST_VIEW


def test_a_folder_that_is_not_utf_8_is_all_that_is_forgotten(tmp_path: Path):
    LastChoices(tmp_path).remember_view(LastView(folder=b"/\xff", filter="jpg"))
    assert LastChoices(tmp_path).view == LastView(filter="jpg")


async def test_the_vec_type_chosen_in_one_run_of_the_app_is_the_first_in_the_next(project: Project):
    for name in ("conse", "effnet-lite0"):
        fill_at_random(project, name)
    async with running(project) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("s")
        await choose_vec_type(pilot, "effnet-lite0")
        app.screen.query_one("#top", Input).value = "5"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current is not None)
    async with running(project) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ActionForm))
        assert app.screen.query_one(Select).value == "effnet-lite0"
        assert app.screen.query_one("#top", Input).value == "5"
