"""The command palette: every action with its key, every screen, and every name that people gave."""

from __future__ import annotations

from app_helpers import fill_at_random, flat, keys_named, names_of, open_settings, running, said, shown, until, words
from textual.app import SystemCommand

from core.actions.registry import actions
from core.filters.saved import SavedFilters
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen


def commands(app: Pictoscope) -> dict[str, SystemCommand]:
    """By title."""
    return {command.title: command for command in app.get_system_commands(app.screen)}


async def test_every_action_screen_and_theme_is_there_with_its_key(project: Project) -> None:
    async with running(project) as (app, _):
        found = commands(app)
        assert {action.title for action in actions()} <= found.keys()
        assert {"Settings", "Settings: folders", "Jobs", "Labels", "History", "Filter", "Keys", "Quit"} <= found.keys()
        assert {f"Theme: {name}" for name in app.available_themes} <= found.keys()
        assert found["Text search"].help.startswith("/ · ")
        assert found["Filter"].help == "f · on this screen"
        assert found["Jobs"].help.startswith("J · ")
        assert not {"Maximize", "Screenshot"} & found.keys()


async def test_home_has_its_own(project: Project) -> None:
    async with running(None) as (app, _):
        found = commands(app)
        assert {"Keys", "Quit", "Theme: pictoscope"} <= found.keys()
        assert "Jobs" not in found


async def test_names_lead_to_their_pictures_from_any_screen(project: Project) -> None:
    catalog, names = project.catalog, names_of(project)
    Tags(catalog).add("[b]two", keys_named(project, *names[:2]))
    Groups(catalog).save("one", [(keys_named(project, names[4])[0], None)])
    SavedFilters(catalog).save("swimming", "folder:fish")
    fill_at_random(project, "conse")
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        await until(pilot, lambda: app.screen.query_one("#labels").display)
        for title, expected in (
            (r"Tag: \[b]two", names[:2]),
            ("Group: one", [names[4]]),
            ("Filter: swimming", ["carp.png", "pike.png", "roach.png"]),
            ("Folder: birds/sea", ["gull.png", "tern.png"]),
        ):
            await open_settings(app, pilot, 2)
            command = commands(app)[title]
            assert not command.discover
            command.callback()
            await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
            await until(pilot, lambda expected=expected: shown(app) == expected)
        commands(app)["Vec type: conse"].callback()
        await until(pilot, lambda: "vec type conse" in words(app, "#header"))
        assert "conse is the default vec type now" in said(app)


async def test_what_is_typed_is_found_and_run(project: Project) -> None:
    async with running(project) as (app, pilot):
        await pilot.press("ctrl+p", *("space" if one == " " else one for one in "theme: nord"))
        await until(pilot, lambda: "Theme: nord" in flat(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.theme == "nord")
        for name in ("ansi-dark", "ansi-light"):  # the sixteen colours of the terminal
            commands(app)[f"Theme: {name}"].callback()
            await until(pilot, lambda name=name: app.theme == name and "? Help" in flat(app))
