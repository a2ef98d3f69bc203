"""The app never dies of a project that a stranger sent: it says what is wrong, and every key still answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from app_helpers import flat, running, said, until
from textual.pilot import Pilot
from textual.widgets import Input

from core.project import Project
from core.recent_projects import remember
from tests.attacks.hostile_projects import cases, make_whole
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.home import HomeScreen

# One of each kind: what Home reads, what Browse, what Settings, Jobs, History and the forms.
SAMPLE = {
    "catalog.sqlite: endless view for a table": "does not have the structure that",
    "vectors: link": "vectors is a symbolic link",
    "vectors/conse/manifest.toml: dim": "dim is more than 65,536",
    "actions.sqlite: another program's": "belongs to another program",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(tmp_path_factory.mktemp("home-of-template")))
        return make_whole(tmp_path_factory.mktemp("template") / "pictures")


def attacked(whole: Path, name: str, place: Path) -> Path:
    case = next(case for case in cases(whole / ".pictoscope") if case.name == name)
    shutil.copytree(whole, place / "pictures")
    (place / "outside").mkdir()
    case.make(place / "pictures" / ".pictoscope" / case.path, place / "outside")
    return place / "pictures"


KEYS = (["g"], ["V", "R", "q"], ["J", "q"], ["H", "q"], ["L", "q"], ["s", "enter"], ["slash", "a", "enter"])


async def open_by_path(app: Pictoscope, pilot: Pilot[int], pictures: Path) -> None:
    """As a person does on Home: type the path, press enter."""
    await until(pilot, lambda: isinstance(app.screen, HomeScreen))
    app.screen.query_one(Input).value = str(pictures)
    app.screen.query_one(Input).focus()
    await pilot.press("enter")


@pytest.mark.parametrize("name", SAMPLE)
async def test_whatever_is_wrong_is_said_and_every_screen_still_comes(whole: Path, tmp_path: Path, name: str):
    pictures = attacked(whole, name, tmp_path)
    async with running(None) as (app, pilot):
        await open_by_path(app, pilot, pictures)
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        heard: list[str] = []
        for keys in KEYS:
            await pilot.press(*keys)
            await pilot.pause(0.2)
            heard += [*said(app), flat(app)]
        assert any(SAMPLE[name] in text for text in heard), heard
        assert app.is_running


@pytest.mark.parametrize("attack", ["link", "exabytes"])
async def test_a_project_whose_settings_cannot_be_read_leaves_the_app_at_home(whole: Path, tmp_path: Path, attack: str):
    pictures = attacked(whole, f"project.toml: {attack}", tmp_path)
    async with running(None) as (app, pilot):
        await open_by_path(app, pilot, pictures)
        await until(pilot, lambda: any("project.toml" in text for text in said(app)))
        assert isinstance(app.screen, HomeScreen)
        assert app.is_running


def test_a_hostile_project_among_the_recent_ones_is_listed_as_damaged(whole: Path, tmp_path: Path):
    shutil.copytree(whole, tmp_path / "pictures")
    with Project.open_or_create(tmp_path / "pictures") as project:
        remember(project)
    file = project.path / "project.toml"
    (tmp_path / "elsewhere").write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    from tui.screens.browse.home import _line

    assert "(damaged)" in str(_line(project.path))
