"""How the screens look, at 80x24 with pictures: an image for each, seen and accepted by a person.

Other sizes, the light theme and what stands on a screen that is empty or busy: ``test_looks.py``.

After a change that is meant to be seen: ``pytest tests/tui/test_snapshots.py --snapshot-update``, then look at them.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_helpers import (
    WordEncoder,
    at_rest,
    fill_at_random,
    grid_of,
    job_folder,
    lines_of,
    paint,
    text_of,
    until,
    vec_types_known,
    words,
)
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Select

from core.actions.action_history import ActionHistory
from core.actions.answer import Answer, Group, Match
from core.actions.registry import find
from core.catalog.property_types import PropertyType
from core.errors import UnreadablePicture
from core.filters.saved import SavedFilters
from core.jobs.job import State
from core.key_arrays import whole_keys
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from core.recent_projects import remember
from core.vectors import store
from core.vectors.failures import Failure
from core.vectors.vec_type import VecType
from tui.app import Pictoscope
from tui.label_prompts import ask_import
from tui.messages import LabelsChanged
from tui.screens.browse.filter_line import FilterLine
from tui.screens.browse.order import OrderDialog
from tui.screens.compare.compare import CompareScreen
from tui.screens.compare.compare_form import CompareForm
from tui.screens.compare.judge import JudgeScreen
from tui.screens.compare.judge_grid import JudgeGrid
from tui.screens.compare.side_by_side import SideBySideScreen
from tui.screens.dialogs.chart import Chart
from tui.screens.labels.label_form import LabelForm
from tui.screens.labels.labels import LabelsScreen
from tui.screens.labels.labels_groups import GroupsPane
from tui.screens.labels.labels_pane import LabelsTable
from tui.screens.map.map_screen import MapScreen
from tui.screens.results.action_form import ActionForm
from tui.screens.results.history import HistoryScreen
from tui.screens.results.keep_as import KeepAs
from tui.screens.results.recommend import RecommendScreen
from tui.screens.results.results import ResultsScreen
from tui.screens.settings.create_vectors import CreateVectors
from tui.screens.settings.failures import FailuresScreen
from tui.screens.settings.jobs import JobsScreen
from tui.screens.settings.settings import SettingsScreen
from tui.widgets.bar_list import BarList
from tui.widgets.bucket_list import BucketList
from tui.widgets.failure_list import FailureList
from tui.widgets.image_grid import ImageGrid
from tui.widgets.map_view import MapView
from tui.widgets.preview import Preview
from tui.widgets.property_row import PropertyRow

SIZES = [(80, 24)]
A_DAY = 1_760_000_000.0  # 2025-10-09, in UTC
Compare = Callable[..., bool]
Steps = Callable[[Pilot[Any], Pictoscope], Awaitable[None]]


def live_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything whose path a screen shows lies beneath the home folder, so that it looks the same on each machine."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PICTOSCOPE_HOME", str(folder / ".pictoscope"))
    monkeypatch.chdir(folder)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Pictures in three folders of which one cannot be read; two vec types, one of them half done; two jobs."""
    live_at(tmp_path, monkeypatch)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr("core.jobs.events.time.time", lambda: A_DAY)
    folder = tmp_path / "archive" / "press-1931"
    for number in range(14):
        where = ("january", "february", "")[number % 3]
        paint(folder / where / f"{410 + number:04d}_market.png", number, size=(48, 24 + 4 * number))
    (folder / "0999_torn.png").write_bytes(b"no picture")
    for path in folder.rglob("*.png"):
        os.utime(path, (A_DAY, A_DAY))
    with Project.open_or_create(folder) as opened:
        opened.scan()
        fill_at_random(opened, "effnet-lite0")
        fill_at_random(opened, "conse", only=9)
        opened.update_settings(lambda settings: replace(settings, default_vec_type="effnet-lite0"))
        _cache_thumbnails(opened)
        _jobs(opened)
        remember(opened)
        yield opened
    monkeypatch.undo()
    time.tzset()


def _cache_thumbnails(project: Project) -> None:
    """A thumbnail read from the cache differs by a shade from the one that was put in."""
    catalog = project.catalog
    for picture in catalog.pictures(catalog.picture_ids()):
        with contextlib.suppress(UnreadablePicture):
            project.thumbnails.get(picture.key, picture.path)


def _jobs(project: Project) -> None:
    finished = [
        ("started", {"pid": 4242}),
        ("log", {"text": "loading the model effnet-lite0"}),
        ("progress", {"done": 14, "failed": 1, "total": 15, "rate": 41.0}),
        ("ended", {"state": State.DONE.value, "error": ""}),
    ]
    stopped = [
        ("started", {"pid": 4243}),
        ("log", {"text": "loading the model conse"}),
        ("progress", {"done": 9, "failed": 0, "total": 15, "rate": 24.0}),
        ("ended", {"state": State.INTERRUPTED.value, "error": "it was asked to stop"}),
    ]
    job_folder(project, "20251009-080000-aaaa", "effnet-lite0", A_DAY - 60, finished)
    job_folder(project, "20251009-090000-bbbb", "conse", A_DAY - 30, stopped)


async def _browse(pilot: Pilot[Any], app: Pictoscope) -> None:
    await until(pilot, lambda: len(app.jobs) == 2 and not app._notifications)
    await _drawn(pilot, app)


async def _drawn(pilot: Pilot[Any], app: Pictoscope) -> None:
    """The pictures in sight, and the preview where there is room for one."""
    preview = app.screen.query_one(Preview)
    await until(pilot, lambda: grid_of(app).current is not None and len(grid_of(app)._drawn) >= 4)
    await until(pilot, lambda: not preview.region.width or "vec types" in words(app, "#preview-facts"))


async def _home(pilot: Pilot[Any], app: Pictoscope) -> None:
    await pilot.pause()


async def _vectors(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse(pilot, app)
    await pilot.press("g")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and app.screen.query_one(DataTable).row_count)


async def _create(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _vectors(pilot, app)
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, CreateVectors))


async def _create_several(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _create(pilot, app)
    await pilot.press("down", "down", "space", "end", "space", "tab", "tab", "tab", "space")


async def _jobs_screen(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse(pilot, app)
    await pilot.press("J")
    await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.query_one(DataTable).row_count == 2)
    await until(pilot, lambda: app.screen.query_one("#log").lines)


async def _failures(pilot: Pilot[Any], app: Pictoscope) -> None:
    project = app.project
    assert project
    reasons = [
        "truncated: the file ends before the picture does",
        "damaged: broken data stream when reading image file",
    ]
    catalog = project.catalog
    pictures = catalog.pictures(catalog.picture_ids())[:5]
    failed = [Failure(found.key, found.path, reasons[number % 2], A_DAY) for number, found in enumerate(pictures)]
    with store.Writer(project.vectors_folder / "conse") as writer:
        writer.append([], np.zeros((0, writer.manifest.dim), np.float32), failed)
    await _browse(pilot, app)
    app.action_failures()
    await until(pilot, lambda: isinstance(app.screen, FailuresScreen) and app.screen.query_one(FailureList).entries)
    await pilot.press("down", "down")


async def _form(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse(pilot, app)
    await pilot.press("s")
    await until(pilot, lambda: isinstance(app.screen, ActionForm))


async def _form_with_list(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _form(pilot, app)
    await until(pilot, lambda: vec_types_known(app))
    app.screen.query_one(Select).focus()
    await pilot.press("space")
    await until(pilot, lambda: app.screen.query_one(Select).expanded)


async def _results(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _form(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and grid_of(app).current is not None)
    await _drawn(pilot, app)


async def _recommend(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Three examples, one picture accepted and one refused."""
    await _browse(pilot, app)
    await pilot.press("space", "space", "space", "r")
    await until(pilot, lambda: isinstance(app.screen, ActionForm))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RecommendScreen) and _standing(app, "0 accepted"))
    await pilot.press("a")
    await until(pilot, lambda: _ranked(app, 1))
    await pilot.press("x")
    await until(pilot, lambda: _ranked(app, 2) and _standing(app, "1 refused"))
    grids = list(app.screen.query(ImageGrid))
    await until(pilot, lambda: all(grid.current and len(grid._drawn) >= 3 for grid in grids))


def _standing(app: Pictoscope, text: str) -> bool:
    return text in words(app, "#standing")


def _ranked(app: Pictoscope, decisions: int) -> bool:
    return isinstance(app.screen, RecommendScreen) and app.screen._seen == decisions and not app.screen._working


async def _labels(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Tags in a tree, groups, a property, a filter."""
    project = app.project
    assert project
    catalog = project.catalog
    keys = [picture.key for picture in catalog.pictures(catalog.picture_ids())]
    tags, groups = Tags(catalog), Groups(catalog)
    for name, colour, parent, some in (
        ("animal", "#4f9e3f", None, keys[:2]),
        ("cat", "#d98a1f", "animal", keys[1:7]),
        ("[bold]street", None, None, keys[3:]),
    ):
        tags.create(name, colour, parent)
        tags.add(name, some)
    groups.save("posters", [(key, 0.5) for key in keys[:9]], "Text search posters · clip-vit-base-patch32")
    groups.save("faces", [(key, None) for key in keys[6:]])
    await _browse(pilot, app)
    await pilot.press("L")
    await until(pilot, lambda: isinstance(app.screen, LabelsScreen) and app.screen.query(LabelsTable).first().row_count)


async def _labels_merge(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _labels(pilot, app)
    await pilot.press("down", "m")
    await until(pilot, lambda: isinstance(app.screen, LabelForm))
    await pilot.press(*"animals", "enter")
    await until(pilot, lambda: app.screen.query_one("#explanation").display)


async def _labels_groups(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _labels(pilot, app)
    await pilot.press("3")
    groups = app.screen.query_one(GroupsPane)
    await until(pilot, lambda: groups.query_one(LabelsTable).row_count == 2)
    await pilot.press("down", "space", "up", "space")


async def _map(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse(pilot, app)
    await pilot.press("m")
    await until(pilot, lambda: isinstance(app.screen, MapScreen) and app.screen.chosen)


async def _map_lasso(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Two points are set, the third is at the cursor."""
    await _map(pilot, app)
    _point_into_a_cell(app)
    await pilot.press(*["h"] * 8, "a", *["l"] * 16, "space", *["k"] * 14)
    await _maps_drawn(pilot, app)


def _point_into_a_cell(app: Pictoscope) -> None:
    """The middle of a map is between two cells, where rounding decides, which differs between processors."""
    view = app.screen.query(MapView).first()
    assert view._view is not None
    view._cursor = (view._cursor[0] + 0.6 / view._view.scale, view._cursor[1] - 0.6 / view._view.scale)


async def _map_two(pilot: Pilot[Any], app: Pictoscope) -> None:
    """The second one lacks some pictures; some are selected."""
    await _map(pilot, app)
    await pilot.press("2")
    await _maps_drawn(pilot, app)
    _point_into_a_cell(app)
    await pilot.press(*["k"] * 5, "space", *["l"] * 5, "n", "space")
    await _maps_drawn(pilot, app)


async def _maps_drawn(pilot: Pilot[Any], app: Pictoscope) -> None:
    """What was asked for last is on the screen."""
    shown = [view for view in app.screen.query(MapView) if view.parent and view.parent.display]  # type: ignore[attr-defined]
    await until(pilot, lambda: all(view._drawing and not view._is_drawing for view in shown))


async def _history(pilot: Pilot[Any], app: Pictoscope) -> None:
    project = app.project
    assert project
    keys = [picture.key for picture in project.catalog.pictures(project.catalog.picture_ids())]
    asked: list[tuple[str, dict[str, Any], str, str, tuple[int, ...]]] = [
        ("text_search", {"text": "a market in the rain"}, "“a market in the rain”", "conse", (100,)),
        ("cluster", {"k": 2}, "2 clusters of 14 pictures", "effnet-lite0", (9, 5)),
        ("similar", {"like": [keys[0].hex()]}, "like 0410_market.png", "effnet-lite0 + conse", (13,)),
    ]
    for name, values, title, vec_type, sizes in asked:
        groups = tuple(Group("", (Match(keys[0], b"", None),) * size) for size in sizes)
        action = find(name)
        answer = Answer(name, vec_type, title, groups)
        assert ActionHistory(project).remember(action, action.check(values), answer, 0.2)
    Tags(project.catalog).add("market", keys[:5])
    Tags(project.catalog).add("crowd", keys)
    Tags(project.catalog).rename("market", "market in the rain")
    History(project.catalog).undo()
    await _browse(pilot, app)
    await pilot.press("H")
    await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.query_one(DataTable).row_count == 3)


async def _history_decisions(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _history(pilot, app)
    await pilot.press("2")
    await until(pilot, lambda: app.focused is not None and app.focused.id == "changes-table")


async def _keep_as(pilot: Pilot[Any], app: Pictoscope) -> None:
    assert app.project
    await _browse(pilot, app)
    app.push_screen(
        KeepAs(app.project, 9, lambda keep: "", remark="2 refused for it", parts=4, parent="cluster 2025-10-09")
    )
    await until(pilot, lambda: isinstance(app.screen, KeepAs) and app.focused is not None)
    await pilot.press("up")


async def _order(pilot: Pilot[Any], app: Pictoscope) -> None:
    """By date, the newest first, in groups by size."""
    await _browse(pilot, app)
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, OrderDialog))
    app.screen.query_one("#order-by", Select).value = "by date"
    app.screen.query_one("#group-by", Select).value = "by folder"
    await pilot.pause()


async def _grouped(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _order(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: app.screen.query_one(BucketList).has_focus)
    await pilot.press("down")
    await _drawn(pilot, app)


def _properties_of_two(project: Project) -> None:
    properties = Properties(project.catalog)
    catalog = project.catalog
    first, second = (picture.key for picture in catalog.pictures(catalog.picture_ids())[:2])
    for name, kind, choices in (
        ("place", PropertyType.CHOICE, ["Paris", "Rome"]),
        ("printed", PropertyType.DATE, []),
        ("seen", PropertyType.CHECKBOX, []),
        ("themes", PropertyType.CHOICES, ["market", "press", "harbour"]),
    ):
        properties.define(name, kind, choices)
    properties.set_each("printed", {first: "1931-02", second: "1932"})
    properties.set("themes", [first, second], "market, press")
    properties.set("place", [first], "Rome")


async def _properties(pilot: Pilot[Any], app: Pictoscope) -> None:
    assert app.project
    _properties_of_two(app.project)
    await _browse(pilot, app)
    await pilot.press("space", "space", "p")
    await until(pilot, lambda: len(app.screen.query(PropertyRow)) == 4)
    await pilot.press("tab", *"1931-02-28")


async def _filter(pilot: Pilot[Any], app: Pictoscope) -> None:
    assert app.project
    Properties(app.project.catalog).define("printed", PropertyType.CHECKBOX)
    SavedFilters(app.project.catalog).save("large", "width>2000 or height>2000")
    SavedFilters(app.project.catalog).save("not yet seen", "untagged and has:printed")
    await _browse(pilot, app)
    app.broadcast(LabelsChanged)  # the list at the left may have been read before
    await until(pilot, lambda: "not yet seen" in text_of(app))
    await pilot.press("f")
    await until(pilot, lambda: isinstance(app.screen, FilterLine) and app.screen.query_one("#saved").display)
    await pilot.press("down", "down")


async def _help(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse(pilot, app)
    await pilot.press("question_mark")
    await pilot.pause()


async def _import_form(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse(pilot, app)
    ask_import(app)
    await until(pilot, lambda: app.screen.query_one("#file").has_focus)
    app.screen.query_one("#by").focus()


async def _import_report(pilot: Pilot[Any], app: Pictoscope) -> None:
    assert app.project
    table = app.project.folders[0].parent / "labels.csv"
    lines = [
        "path,tags,year,width,remark",
        "0411_none.png,cat,1931,,",
        'january/0410_market.png,"cat, old press",1931,1,x',
    ]
    table.write_text("\n".join(lines))
    Properties(app.project.catalog).define("year", PropertyType.NUMBER)
    await _import_form(pilot, app)
    app.screen.query_one("#file", Input).value = str(table)
    await pilot.press("enter")
    await until(pilot, lambda: "will be imported" in words(app, "#explanation"))


async def _compare(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Two tags of five of the nine pictures that both vec types have."""
    await _browse(pilot, app)
    assert app.project is not None
    covered = app.project.covered(VecType.parse("conse"))
    keys = whole_keys(covered.snapshot.keys)
    for name, some in (("market", keys[:5]), ("crowd", keys[4:])):
        Tags(app.project.catalog).add(name, some)
    await pilot.press("=")
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.comparison is not None)
    await until(pilot, lambda: "the best" in "".join(lines_of(app)))


async def _compare_form(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _compare(pilot, app)
    await pilot.press("v")
    await until(pilot, lambda: isinstance(app.screen, CompareForm))


async def _side_by_side(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse(pilot, app)
    await pilot.press("space", "=")
    await until(pilot, lambda: isinstance(app.screen, SideBySideScreen) and len(app.screen.names) == 2)
    await _drawn(pilot, app)
    await until(pilot, lambda: "conse" in words(app, "#column-names") and words(app, "#places"))


async def _judge(pilot: Pilot[Any], app: Pictoscope) -> None:
    """The first question, of which one picture is marked."""
    assert app.project is not None
    await _browse(pilot, app)
    fill_at_random(app.project, "conse+grey", seed=3)
    app.push_screen(JudgeScreen(app.project, ["effnet-lite0", "conse+grey"], "Ann"))
    await until(pilot, lambda: isinstance(app.screen, JudgeScreen) and app.screen.session is not None)
    grid = app.screen.query_one(JudgeGrid)
    await until(pilot, lambda: len(grid.loaded) > 1 and len(grid._drawn) > 1)
    await pilot.press("right", "space")
    await until(pilot, lambda: len(grid.selected_keys) == 1)


async def _chart(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Two tags, and what has none."""
    assert app.project is not None
    keys = whole_keys(app.project.catalog.keys())
    Tags(app.project.catalog).add("market", keys[:9])
    Tags(app.project.catalog).add(
        "old press, with a name that is longer than there is room for in the list", keys[7:10]
    )
    await _browse(pilot, app)
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, OrderDialog))
    app.screen.query_one("#group-by", Select).value = "by tag"
    await pilot.press("enter")
    await until(pilot, lambda: app.screen.query_one(BucketList).has_focus)
    await pilot.press("B")
    await until(pilot, lambda: isinstance(app.screen, Chart) and len(app.screen.query_one(BarList).entries) == 3)


SCREENS: dict[str, Steps] = {
    "compare": _compare,
    "compare-form": _compare_form,
    "side-by-side": _side_by_side,
    "judge": _judge,
    "chart": _chart,
    "browse": _browse,
    "vectors": _vectors,
    "create": _create,
    "create-several": _create_several,
    "jobs": _jobs_screen,
    "failures": _failures,
    "similar-form": _form,
    "similar-form-list": _form_with_list,
    "results": _results,
    "recommend": _recommend,
    "labels": _labels,
    "labels-merge": _labels_merge,
    "labels-groups": _labels_groups,
    "map": _map,
    "map-lasso": _map_lasso,
    "map-two": _map_two,
    "history": _history,
    "history-decisions": _history_decisions,
    "keep-as": _keep_as,
    "help": _help,
    "import-form": _import_form,
    "import-report": _import_report,
    "order": _order,
    "grouped": _grouped,
    "properties": _properties,
    "filter": _filter,
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24"])
@pytest.mark.parametrize("screen", SCREENS)
def test_looks_as_it_was_accepted(project: Project, screen: str, size: tuple[int, int], snap_compare: Compare) -> None:
    app = Pictoscope(project)
    app.encoder = WordEncoder()  # type: ignore[assignment]

    async def steps(pilot: Pilot[Any]) -> None:
        await SCREENS[screen](pilot, app)
        await at_rest(pilot, app)
        assert lines_of(app)[-1].rstrip().endswith(("q Back", "q Quit"))  # the footer is not cut

    assert snap_compare(app, terminal_size=size, run_before=steps)


@pytest.mark.parametrize("size", SIZES, ids=["80x24"])
def test_home_looks_as_it_was_accepted(project: Project, size: tuple[int, int], snap_compare: Compare) -> None:
    assert snap_compare(Pictoscope(None), terminal_size=size, run_before=lambda pilot: _home(pilot, pilot.app))
