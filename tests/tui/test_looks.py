"""Every screen at 60x20, 80x24 and 120x40, dark and light; empty, busy and after an error: as text, without pictures.

Each is compared with what was accepted, and asked whether people can read it: nothing is cut off, what has the keys is
in sight, and words differ enough from what is behind them. After a change that is meant to be seen:
``pytest tests/tui/test_looks.py --snapshot-update``, then read what changed.
"""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_helpers import WordEncoder, at_rest, collection, grid_of, running_job, until, words
from screen_looks import as_text, cells_of, cut_off, hard_to_read, styles_as_text, text_in
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from test_snapshots import SCREENS, live_at, project
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, RichLog, Select

from core.catalog.scan_report import ScanReport
from core.comparison.shared_question import SharedQuestion
from core.files import Lock
from core.jobs.job import State
from core.key_arrays import whole_keys
from core.labels.tags import Tags
from core.project import Project
from core.user_folders import config_folder
from tui.app import Pictoscope
from tui.graphics.terminal import Protocol, Terminal
from tui.messages import Busy, LabelsChanged, Scanned
from tui.screens.browse.filter_line import FilterLine
from tui.screens.compare.changed import ChangedScreen
from tui.screens.compare.compare import CompareScreen
from tui.screens.compare.compare_form import CompareForm
from tui.screens.compare.judge import JudgeScreen
from tui.screens.compare.judge_grid import JudgeGrid
from tui.screens.compare.side_by_side import SideBySideScreen
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.dialogs.export import ExportDialog
from tui.screens.dialogs.first_run import FirstRun
from tui.screens.results.action_form import ActionForm
from tui.screens.results.history import HistoryScreen
from tui.screens.results.results import ResultsScreen
from tui.screens.results.search import SearchScreen
from tui.screens.settings.jobs import JobsScreen
from tui.screens.settings.settings import SettingsScreen
from tui.themes import DARK, LIGHT
from tui.widgets.form_controls import YesNo
from tui.widgets.group_wall import GroupWall

__all__ = ["project"]  # the fixture

SIZES = [(120, 40), (80, 24), (60, 20)]
WITHOUT_PICTURES = Terminal(protocol=Protocol.NONE, reason="none is asked for")
_STAYS = 3600.0  # seconds: what is said is there in every picture of the screen
Steps = Callable[[Pilot[Any], Pictoscope], Awaitable[None]]

# -- screens that the pictures of tests/tui/test_snapshots.py do not have --------------------------------------------


async def _home(pilot: Pilot[Any], app: Pictoscope) -> None:
    await pilot.pause()


async def _picture(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: "vec types" in words(app, "#preview-facts"))


async def _palette(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("ctrl+p")
    await until(pilot, lambda: app.screen.query_one("CommandList").region.height > 1)


async def _search(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(app.screen, SearchScreen))


async def _searched(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _search(pilot, app)
    await pilot.press(*"boat", "enter")
    await until(pilot, lambda: grid_of(app).current is not None and grid_of(app).has_focus)


async def _clusters(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, ActionForm))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and app.screen.query_one(GroupWall).current)


def _settings(pane: str) -> Steps:
    async def steps(pilot: Pilot[Any], app: Pictoscope) -> None:
        await SCREENS["browse"](pilot, app)
        await at_rest(pilot, app)  # what the pictures take is shown
        app.action_settings(pane)
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))

    return steps


async def _export(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.screen, ExportDialog))


async def _ask_line(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(app.screen, AskLine))


async def _confirm(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    app.push_screen(Confirm("Delete the vec type conse? 9 rows must then be computed again.", "Delete"))
    await until(pilot, lambda: isinstance(app.screen, Confirm))


async def _first_run(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    app.push_screen(FirstRun(920, ["effnet-lite0", "conse"], {"effnet-lite0": 20.0, "conse": 10.0}))
    await until(pilot, lambda: isinstance(app.screen, FirstRun))


async def _create_sample(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["create"](pilot, app)
    await pilot.press("ctrl+o", "tab", "tab", "tab", "9")


async def _create_engine(pilot: Pilot[Any], app: Pictoscope) -> None:
    """A cluster is in the user's settings. Nothing connects to it."""
    (config_folder() / "settings.toml").write_text('engine = "dask://scheduler.cluster.local:8786"\n')
    await SCREENS["create"](pilot, app)
    await pilot.press("ctrl+o", "tab", "tab", "tab")


async def _judge_named(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["judge"](pilot, app)
    await pilot.press("r")


async def _judge_over(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Every question is judged: nothing is left to mark."""
    await SCREENS["judge"](pilot, app)
    screen = app.screen
    assert isinstance(screen, JudgeScreen) and screen.session is not None
    session = screen.session
    grid = screen.query_one(JudgeGrid)
    while session.current is not None:
        questions = session.result.questions
        await until(pilot, lambda: not session.to_judge or len(grid.loaded) > 0)
        while session.to_judge and (unseen := grid.unseen):  # first all of them must have been in the window
            await pilot.press("enter")
            await until(pilot, lambda: grid.unseen < unseen)
        await pilot.press("enter")
        if not session.result.decided:
            await until(pilot, lambda: session.result.questions > questions or session.current is None)  # noqa: B023


async def _side_by_side_text(pilot: Pilot[Any], app: Pictoscope) -> None:
    """One of two vec types reads no text: its column says so."""
    await SCREENS["browse"](pilot, app)
    assert app.project
    app.push_screen(SideBySideScreen(app.project, SharedQuestion(text="boat", names=("conse", "effnet-lite0"))))
    await until(pilot, lambda: isinstance(app.screen, SideBySideScreen) and "reads no text" in as_text(app))
    await until(pilot, lambda: words(app, "#places") and "vec types" in words(app, "#preview-facts"))


async def _compare_changed(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Labels changed since it was measured."""
    await SCREENS["compare"](pilot, app)
    app.broadcast(LabelsChanged)
    await until(pilot, lambda: "changed since" in words(app, "#compare-advice"))


async def _compare_texts(pilot: Pilot[Any], app: Pictoscope) -> None:
    """With texts, and without a label that has five pictures."""
    await SCREENS["browse"](pilot, app)
    assert app.project
    Tags(app.project.catalog).add("market", whole_keys(app.project.catalog.keys()[:3]))
    await pilot.press("=")
    await until(pilot, lambda: _is_compared(app))
    await pilot.press("v")
    await until(pilot, lambda: isinstance(app.screen, CompareForm))
    app.screen.query_one("#texts", Select).value = "tags"
    await until(pilot, lambda: app.screen.query_one("#measure-texts", YesNo).given)
    await pilot.press("enter")
    await until(pilot, lambda: _is_compared(app) and "Text finds" in words(app, "#compare-words"))


def _is_compared(app: Pictoscope) -> bool:
    screen = app.screen
    return isinstance(screen, CompareScreen) and screen.comparison is not None and not screen.is_measuring


async def _most_changed(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["compare"](pilot, app)
    await pilot.press("m")
    await until(pilot, lambda: isinstance(app.screen, ChangedScreen) and grid_of(app).current is not None)


MORE: dict[str, Steps] = {
    "compare-changed": _compare_changed,
    "compare-texts": _compare_texts,
    "judge-named": _judge_named,
    "judge-over": _judge_over,
    "most-changed": _most_changed,
    "side-by-side-text": _side_by_side_text,
    "create-engine": _create_engine,
    "create-sample": _create_sample,
    "export": _export,
    "ask-line": _ask_line,
    "confirm": _confirm,
    "first-run": _first_run,
    "picture": _picture,
    "palette": _palette,
    "search": _search,
    "searched": _searched,
    "clusters": _clusters,
    "settings-project": _settings("project"),
    "settings-folders": _settings("folders"),
    "settings-display": _settings("display"),
}

# -- while something goes on -----------------------------------------------------------------------------------------


_LIVING: list[Lock] = []  # of jobs that seem to run


@pytest.fixture(autouse=True)
def jobs_end() -> Iterator[None]:
    """No job seems to run when the test is over."""
    yield
    while _LIVING:
        _LIVING.pop().release()


_WORKERS = {
    "tcp://10.0.17.4:41873": {"done": 7, "failed": 0, "rate": 1.4},
    "tcp://gpu-node-with-a-long-name-5:41873": {"done": 3, "failed": 1, "rate": 0.6},
}


def _busy_at(screen: Steps, **workers: Any) -> Steps:
    async def steps(pilot: Pilot[Any], app: Pictoscope) -> None:
        assert app.project
        progress = {"done": 9, "failed": 1, "total": 15, "rate": 2.0}
        events = [("started", {"pid": 4242}), ("log", {"text": "conse: computing 15 pictures"}), ("progress", progress)]
        events += [("workers", workers)] if workers else []
        _LIVING.append(running_job(app.project, "20251009-100000-cccc", "conse", events))
        await screen(pilot, app)

    return steps


async def _browse_busy(pilot: Pilot[Any], app: Pictoscope) -> None:
    await until(pilot, lambda: len(app.jobs) == 3 and grid_of(app).current is not None)


async def _vectors_busy(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse_busy(pilot, app)
    await pilot.press("g")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and words(app, "#vectors-remark"))


async def _jobs_busy(pilot: Pilot[Any], app: Pictoscope) -> None:
    await _browse_busy(pilot, app)
    await pilot.press("J")
    await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.query_one(RichLog).lines)


async def _scanning(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    app.broadcast(lambda: Scanned(ScanReport(files=12_345, new=678), finished=False))


async def _measuring(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    app.broadcast(lambda: Busy("measuring colour and sharpness: 9 of 15"))


BUSY: dict[str, Steps] = {
    "browse-busy": _busy_at(_browse_busy),
    "vectors-busy": _busy_at(_vectors_busy),
    "jobs-busy": _busy_at(_jobs_busy),
    "jobs-workers": _busy_at(_jobs_busy, workers=_WORKERS),
    "scanning": _scanning,
    "measuring": _measuring,
}

# -- after an error --------------------------------------------------------------------------------------------------


async def _said(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    text = "conse: the model could not be loaded: its weights are damaged\n`pictoscope doctor` says more"
    app.notify(text, severity="error", timeout=_STAYS, markup=False)
    app.notify("conse: interrupted at 9 of 15", severity="warning", timeout=_STAYS, markup=False)


async def _wrong_filter(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("f")
    await until(pilot, lambda: isinstance(app.screen, FilterLine))
    await pilot.press(*"width>wide", "enter")
    await until(pilot, lambda: app.screen.query_one("#explanation").has_class("wrong"))


async def _wrong_form(pilot: Pilot[Any], app: Pictoscope) -> None:
    await SCREENS["browse"](pilot, app)
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, ActionForm))
    app.screen.query(Input).first().value = "many"
    await pilot.press("enter")
    await until(pilot, lambda: app.screen.query_one("#explanation").has_class("wrong"))


async def _failed_job(pilot: Pilot[Any], app: Pictoscope) -> None:
    assert app.project
    events = [("started", {"pid": 4242}), ("ended", {"state": State.FAILED.value, "error": "the disk is full"})]
    running_job(app.project, "20251009-100000-cccc", "conse", events).release()
    await until(pilot, lambda: len(app.jobs) == 3)
    await pilot.press("J")
    await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.query_one(RichLog).lines)


ERRORS: dict[str, Steps] = {
    "browse-error": _said,
    "filter-error": _wrong_filter,
    "form-error": _wrong_form,
    "jobs-error": _failed_job,
}

# -- with nothing to show --------------------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project of a folder without pictures."""
    live_at(tmp_path, monkeypatch)
    (tmp_path / "nothing").mkdir()
    with collection(tmp_path / "nothing", ()) as opened:
        yield opened


async def _browse_empty(pilot: Pilot[Any], app: Pictoscope) -> None:
    await until(pilot, lambda: "no pictures" in as_text(app))


def _pressed(*keys: str, shown: Callable[[Pictoscope], Any]) -> Steps:
    async def steps(pilot: Pilot[Any], app: Pictoscope) -> None:
        await _browse_empty(pilot, app)
        await pilot.press(*keys)
        await until(pilot, lambda: shown(app))

    return steps


EMPTY: dict[str, Steps] = {
    "browse-empty": _browse_empty,
    "vectors-empty": _pressed("g", shown=lambda app: words(app, "#vectors-remark")),
    "jobs-empty": _pressed("J", shown=lambda app: isinstance(app.screen, JobsScreen)),
    "history-empty": _pressed("H", shown=lambda app: isinstance(app.screen, HistoryScreen)),
    "decisions-empty": _pressed("H", "2", shown=lambda app: isinstance(app.screen, HistoryScreen)),
    "labels-empty": _pressed("L", shown=lambda app: app.screen.query(DataTable)),
    "compare-empty": _pressed("=", shown=lambda app: "needs two vec types" in words(app, "#compare-advice")),
    "create-empty": _pressed("g", "n", shown=lambda app: app.screen.query("#models")),
}

# -- the test --------------------------------------------------------------------------------------------------------


class TextExtension(SingleFileSnapshotExtension):
    """A text file for each."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


def app_of(project: Project | None, terminal: Terminal = WITHOUT_PICTURES) -> Pictoscope:
    app = Pictoscope(project, terminal)
    app.encoder = WordEncoder()  # type: ignore[assignment]
    return app


def _forget_what_vanishes(app: Pictoscope) -> None:
    """What is said for a few seconds is there or not, as the clock says."""
    if all(one.timeout < _STAYS for one in app._notifications):
        app.clear_notifications()


def _changed(snapshot: SnapshotAssertion, name: str, looks: str) -> list[str]:
    """The lines that are not as accepted."""
    if looks == snapshot(name=name):
        return []
    accepted = str(list(snapshot.executions.values())[-1].recalled_data or "")
    lines = difflib.unified_diff(accepted.splitlines(), looks.splitlines(), "accepted", "now", n=0, lineterm="")
    return [name, *lines]


async def looks(app: Pictoscope, steps: Steps, snapshot: SnapshotAssertion) -> None:
    """Compare a screen with what was accepted at every size and in both themes, and ask whether it can be read."""
    problems, changed = [], []
    themes = [DARK, LIGHT]
    snapshot = snapshot.use_extension(TextExtension)
    async with app.run_test(size=SIZES[0], notifications=True) as pilot:
        await steps(pilot, app)
        await until(pilot, lambda: not app.screen.query("Button.-active"))  # shown for a moment in other colours
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await at_rest(pilot, app)
            styles = {}
            for theme in themes:
                app.theme = theme.name
                _forget_what_vanishes(app)
                await at_rest(pilot, app)
                cells = cells_of(app)
                styles[theme.name] = f"{theme.name}\n{styles_as_text(cells)}"
                problems += [f"{width}x{height}, {theme.name}: {problem}" for problem in hard_to_read(app, cells)]
            themes = themes[::-1]  # the next size begins with the one that is on
            problems += [f"{width}x{height}: {problem}" for problem in cut_off(app)]
            now = "\n\n".join([text_in(cells), styles[DARK.name], styles[LIGHT.name]]) + "\n"
            changed += _changed(snapshot, f"{width}x{height}", now)
    app.encoder.close()
    assert not problems, "\n".join(problems)
    assert not changed, "\n".join(changed)


@pytest.mark.parametrize("screen", [*SCREENS, *MORE, *BUSY, *ERRORS])
async def test_a_screen_can_be_read_and_looks_as_accepted(
    project: Project, screen: str, snapshot: SnapshotAssertion
) -> None:
    await looks(app_of(project), {**SCREENS, **MORE, **BUSY, **ERRORS}[screen], snapshot)


@pytest.mark.parametrize("screen", EMPTY)
async def test_a_screen_with_nothing_to_show_looks_as_accepted(
    empty: Project, screen: str, snapshot: SnapshotAssertion
) -> None:
    await looks(app_of(empty), EMPTY[screen], snapshot)


@pytest.mark.parametrize("known", [False, True], ids=["first", "recent"])
async def test_home_looks_as_accepted(request: pytest.FixtureRequest, known: bool, snapshot: SnapshotAssertion) -> None:
    if known:
        request.getfixturevalue("project")
    await looks(app_of(None), _home, snapshot)
