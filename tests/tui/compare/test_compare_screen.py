"""Compare in the app: what is measured, shown, chosen and said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from app_helpers import SMALL, WIDE, WordEncoder, flat, press_then, running, said, text_of, until, words
from textual.widgets import Input

from core.arrays import normalise
from core.catalog.property_types import PropertyType
from core.comparison import comparison as comparison_module
from core.jobs.launch import delete_vectors
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from core.vectors import store
from core.vectors.vec_type import VecType
from tests.core.comparison.compared_projects import keys_in_order, make_project, rows_by_label, store_rows, tag_by_label
from tui.app import Pictoscope
from tui.messages import LabelsChanged, VectorsChanged
from tui.screens.compare.changed import ChangedScreen
from tui.screens.compare.compare import CompareScreen
from tui.screens.compare.compare_form import CompareForm
from tui.screens.compare.judge import JudgeScreen, wrong_names
from tui.screens.compare.judge_grid import JudgeGrid
from tui.screens.compare.pick import Pick
from tui.screens.compare.side_by_side import SideBySideScreen
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.results.action_form import ActionForm
from tui.screens.settings.create_vectors import CreateVectors
from tui.widgets.compare_table import CompareTable
from tui.widgets.form_controls import YesNo
from tui.widgets.form_select import FormSelect

COUNT = 40
LABELS = [number % 4 for number in range(COUNT)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """40 pictures with four tags of ten; one vec type is better than the other."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        tag_by_label(made, keys, LABELS)
        store_rows(made, "effnet-lite0", keys, rows_by_label(LABELS, 2.5))
        store_rows(made, "conse", keys, rows_by_label(LABELS, 0.6))
        yield made


def compared(app: Pictoscope) -> bool:
    """Whether a comparison is on show and nothing is measured."""
    screen = app.screen
    return isinstance(screen, CompareScreen) and screen.comparison is not None and not screen.is_measuring


def table(app: Pictoscope) -> CompareTable:
    return app.screen.query_one(CompareTable)


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
async def test_the_key_compares_at_once_and_says_who_is_best(project: Project, size: tuple[int, int]) -> None:
    async with running(project, size) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        assert words(app, "#compare-advice").startswith("conse finds your tags best (MAP@R ")
        assert table(app).names == ["conse", "effnet-lite0"]
        await until(pilot, lambda: "worse by" in flat(app))
        shown = flat(app)
        assert "the best" in shown and ": sure" in shown and "…" not in shown
        assert "█" in shown and "┃" in shown
        assert "4 labels (tags), 40 labelled pictures" in shown
        assert "MAP@R: the share of the R nearest pictures that have the same label" in shown
        assert ("dim" in " ".join(str(column.label) for column in table(app).columns.values())) == (size != SMALL)


async def test_the_vec_type_under_the_cursor_is_shown_in_full(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        assert words(app, "#in-full").startswith("conse: 24 dim · ")
        await pilot.press("down")
        await until(pilot, lambda: words(app, "#in-full").startswith("effnet-lite0: 24 dim · "))
        assert "reads no text" in words(app, "#in-full") and "MAP@R 0." in words(app, "#in-full")


async def test_a_key_makes_a_vec_type_the_default(project: Project) -> None:
    async with running(project, WIDE) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await pilot.press("down", "D")
        await until(pilot, lambda: project.settings.default_vec_type == "effnet-lite0")
        await until(pilot, lambda: "★ effnet-lite0" in text_of(app))
        assert "effnet-lite0 is the default vec type now" in said(app)


async def test_enter_offers_what_can_be_done_with_a_vec_type(project: Project) -> None:
    async with running(project, WIDE) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await press_then(pilot, "enter", screen=Pick)
        assert "Use conse by default" in flat(app)
        await press_then(pilot, "down", "enter", screen=ActionForm)
        await until(pilot, lambda: "conse" in flat(app))


async def test_other_labels_and_vec_types_are_chosen_in_the_form(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "conse+grey", keys, rows_by_label(LABELS, 0.6, seed=4))
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        assert len(table(app).names) == 3
        await press_then(pilot, "v", screen=CompareForm)
        await pilot.press("space", "tab", "space", "enter")
        await until(pilot, lambda: "choose two to 6 vec types: now 1" in flat(app))
        await pilot.press("space", "enter")
        await until(pilot, lambda: compared(app) and len(table(app).names) == 2)
        assert "effnet-lite0" in table(app).names


async def test_texts_come_from_what_is_chosen_in_the_form(project: Project) -> None:
    keys = keys_in_order(project)
    properties = Properties(project.catalog)
    properties.define("caption", PropertyType.TEXT)
    properties.set_each("caption", {key: f"thing {number % 7}" for number, key in enumerate(keys)})
    store.delete(project.vectors_folder / "conse")
    rows = np.random.default_rng(2).normal(size=(len(keys), VecType("conse").spec.dim))  # as wide as the reader's
    store_rows(project, "conse", keys, normalise(rows))
    async with running(project, (120, 40)) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        assert "Text finds" not in flat(app)
        await press_then(pilot, "v", screen=CompareForm)
        measured, source = app.screen.query_one("#measure-texts", YesNo), app.screen.query_one("#texts", FormSelect)
        assert [str(prompt) for prompt, _ in source._options] == ["automatic", "tags", "groups", "caption", "folders"]
        assert not measured.given
        source.value = "caption"
        await until(pilot, lambda: measured.given)  # who says where they come from wants them
        await press_then(pilot, "enter", screen=CompareScreen)
        await until(pilot, lambda: compared(app) and "Text finds: share of 7 texts of caption" in flat(app))
        table(app).move_cursor(row=table(app).names.index("conse"))
        await until(pilot, lambda: "texts find 0." in words(app, "#in-full"))
        await press_then(pilot, "v", screen=CompareForm)  # it is remembered
        assert app.screen.query_one("#texts", FormSelect).value == "caption"
        app.screen.query_one("#measure-texts", YesNo).focus()
        await pilot.press("space")
        await press_then(pilot, "enter", screen=CompareScreen)
        await until(pilot, lambda: compared(app) and "Text finds" not in flat(app))


async def test_greyscale_twins_are_told_in_words(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "conse+grey", keys, rows_by_label(LABELS, 0.6))
    async with running(project, (120, 40)) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        assert "Without colour (conse+grey), conse keeps 100% of its neighbours" in flat(app)
        assert "colour hardly matters to this model here" in flat(app)
        assert "no difference that these pictures can show" in flat(app)


async def test_judging_begins_with_the_two_that_are_compared(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await press_then(pilot, "b", screen=JudgeScreen)
        screen = app.screen
        assert isinstance(screen, JudgeScreen)
        await until(pilot, lambda: screen.session is not None)
        assert screen.session is not None and set(screen.session.names) == {"conse", "effnet-lite0"}


async def test_of_three_vec_types_judging_asks_which(project: Project) -> None:
    store_rows(project, "conse+grey", keys_in_order(project), rows_by_label(LABELS, 0.6, seed=4))
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await press_then(pilot, "b", screen=AskLine)
        await pilot.press(*"conse clip", "enter")
        await until(pilot, lambda: "there is no vec type clip; there are conse, conse+grey, effnet-lite0" in flat(app))
        app.screen.query_one(Input).value = "conse conse"
        await pilot.press("enter")
        await until(pilot, lambda: "two to 6 different names" in flat(app))
        app.screen.query_one(Input).value = "conse, effnet-lite0"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, JudgeScreen))


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        (["a", "b"], ""),
        (["a"], "two to 6"),
        (["a", "a"], "two to 6"),
        (list("abcdefg"), "two to 6"),
        (["a", "x"], "there is no vec type x"),
    ],
)
def test_vec_types_that_cannot_be_judged_are_refused(names: list[str], wrong: str) -> None:
    found = wrong_names(names, list("abcdefg"))
    assert found.startswith(wrong) and bool(found) == bool(wrong)


async def test_with_one_vec_type_enter_creates_another_and_compare_goes_on(tmp_path: Path) -> None:
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        tag_by_label(made, keys, LABELS)
        store_rows(made, "conse", keys, rows_by_label(LABELS, 0.6))
        async with running(made, SMALL) as (app, pilot):
            await pilot.press("=")
            await until(pilot, lambda: "a comparison needs two vec types; there is conse only" in flat(app))
            assert "create others: g, then n: effnet-lite0)" in flat(app)
            await pilot.press("s")
            await until(pilot, lambda: "nothing is compared yet" in " ".join(said(app)))
            await press_then(pilot, "enter", screen=CreateVectors)
            store_rows(made, "effnet-lite0", keys, rows_by_label(LABELS, 2.5))
            await press_then(pilot, "escape", screen=CompareScreen)
            await until(pilot, lambda: compared(app))


async def test_without_labels_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison_module, "compare_by_alterations", lambda *_, **__: None)  # it would load models
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        store_rows(made, "conse", keys, rows_by_label(LABELS, 0.6))
        store_rows(made, "effnet-lite0", keys, rows_by_label(LABELS, 2.5))
        async with running(made, (120, 40)) as (app, pilot):
            await pilot.press("=")
            await until(pilot, lambda: compared(app))
            assert "which is better, only labels or judgements can say" in flat(app)
            assert "No labels to measure against: tag pictures, or judge (b)" in flat(app)
            assert "40 pictures, no labels" in flat(app)
            assert "Ten nearest of 40 pictures: share in common, by chance 26%" in flat(app)


async def test_different_coverage_is_said(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "conse+grey", keys[:30], rows_by_label(LABELS[:30], 0.6))
    async with running(project, (120, 40)) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        assert "Compared on the 30 pictures that all of them have, of 40" in flat(app)


async def test_what_is_deleted_after_it_was_measured_is_said(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        delete_vectors(project, "conse")
        app.broadcast(VectorsChanged)
        await until(pilot, lambda: "conse deleted since: r measures again" in flat(app))
        await pilot.press("r")
        await until(pilot, lambda: any("there is effnet-lite0 only" in text for text in said(app)))
        assert table(app).names == ["conse", "effnet-lite0"]


async def test_what_is_extended_after_it_was_measured_is_said(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "conse+grey", keys[:30], rows_by_label(LABELS[:30], 0.6))
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        with store.Writer(project.vectors_folder / "conse+grey") as writer:
            writer.append(list(keys[30:]), rows_by_label(LABELS[30:], 0.6))
        app.broadcast(VectorsChanged)
        await until(pilot, lambda: "conse+grey changed since: r measures again" in flat(app))
        await pilot.press("r")
        await until(pilot, lambda: compared(app) and "changed since" not in flat(app))
        assert "Compared on" not in flat(app)


async def test_labels_that_change_after_it_was_measured_are_said(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        Tags(project.catalog).add("new", keys_in_order(project)[:3])
        app.broadcast(LabelsChanged)
        await until(pilot, lambda: "labels or judgements changed since: r measures again" in flat(app))
        await pilot.press("r")
        await until(pilot, lambda: compared(app) and "changed since" not in flat(app))


async def test_after_judging_the_key_that_measures_again_is_offered(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await press_then(pilot, "b", screen=JudgeScreen)
        screen = app.screen
        assert isinstance(screen, JudgeScreen)
        grid = screen.query_one(JudgeGrid)
        await until(pilot, lambda: screen.session is not None and len(grid.loaded) > 0)
        session = screen.session
        assert session is not None
        while unseen := grid.unseen:  # first all of them must have been in the window
            await pilot.press("enter")
            await until(pilot, lambda: grid.unseen < unseen)
        await pilot.press("enter")
        await until(pilot, lambda: session.result.questions == 1)
        await press_then(pilot, "escape", screen=CompareScreen)
        await until(pilot, lambda: "labels or judgements changed since: r measures again" in flat(app))
        assert compared(app)
        await pilot.press("r")
        await until(pilot, lambda: compared(app) and "changed since" not in flat(app))
        found = app.screen.comparison  # type: ignore[attr-defined]
        assert found.by_judgements is not None and found.by_judgements.questions == 1


async def test_a_tag_given_side_by_side_is_a_change_too(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await press_then(pilot, "s", screen=SideBySideScreen)
        await until(pilot, lambda: len(app.screen.names) == 2)  # type: ignore[attr-defined]
        await press_then(pilot, "t", screen=AskLine)
        await pilot.press(*"new", "enter")
        await until(pilot, lambda: isinstance(app.screen, SideBySideScreen))
        await press_then(pilot, "escape", screen=CompareScreen)
        await until(pilot, lambda: "labels or judgements changed since: r measures again" in flat(app))


async def test_side_by_side_begins_with_the_picture_under_the_cursor(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("right", "=")
        await until(pilot, lambda: compared(app))
        await press_then(pilot, "s", screen=SideBySideScreen)
        await until(pilot, lambda: "Side by side: 0001.png" in flat(app))


async def test_the_palette_compares(project: Project) -> None:
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("space")
        commands = {one.title: one for one in app.get_system_commands(app.screen)}
        await commands["Compare vectors"].callback()
        await until(pilot, lambda: compared(app))


async def test_a_vec_type_deleted_while_it_is_measured_does_not_disturb(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = comparison_module.compare_by_labels

    def deletes(*arguments: object, **options: object) -> object:
        delete_vectors(project, "conse")
        return measure(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(comparison_module, "compare_by_labels", deletes)
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await until(pilot, lambda: "conse deleted since: r measures again" in flat(app))
        assert table(app).names == ["conse", "effnet-lite0"]


async def test_measuring_can_be_cancelled_and_begun_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    measure, begun, go_on = comparison_module.compare_by_labels, threading.Event(), threading.Event()

    def waits(*arguments: object, **options: object) -> object:
        begun.set()
        go_on.wait()
        return measure(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(comparison_module, "compare_by_labels", waits)
    async with running(project, SMALL) as (app, pilot):
        try:
            await pilot.press("=")
            await until(pilot, lambda: begun.is_set() and "x stops" in flat(app))
            await pilot.press("x")
            await until(pilot, lambda: "cancelled · r measures again" in flat(app))
        finally:
            go_on.set()
        await pilot.press("r")
        await until(pilot, lambda: compared(app))


async def test_the_most_changed_pictures_open_as_a_grid(project: Project) -> None:
    async with running(project, WIDE) as (app, pilot):
        await pilot.press("=")
        await until(pilot, lambda: compared(app))
        await press_then(pilot, "m", screen=ChangedScreen)
        screen = app.screen
        assert isinstance(screen, ChangedScreen)
        await until(pilot, lambda: screen.grid.current is not None)
        shares = [match.score for match in screen._matches]
        assert shares == sorted(shares) and len(shares) == COUNT
        assert "Neighbours change most: conse and effnet-lite0" in text_of(app) or "effnet-lite0 and conse" in text_of(
            app
        )
