"""Judge: question after question, models hidden, until the answer is sure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_helpers import SMALL, WIDE, flat, running, said, settled, until, words
from rich.cells import cell_len

from core.labels.judgements import Judgements
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order, make_project, rows_by_label, store_rows
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.compare.judge import JudgeScreen
from tui.screens.compare.judge_grid import JudgeGrid
from tui.screens.compare.judge_question import JudgeQuestion
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.dialogs.dialogs import Confirm

COUNT = 60
LABELS = [number % 5 for number in range(COUNT)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """60 pictures of five labels; ``conse`` sees the labels well, ``effnet-lite0`` badly."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        store_rows(made, "conse", keys, rows_by_label(LABELS, 0.4))
        store_rows(made, "effnet-lite0", keys, rows_by_label(LABELS, 1.6))
        yield made


def screen_of(app: Pictoscope) -> JudgeScreen:
    assert isinstance(app.screen, JudgeScreen)
    return app.screen


def asks(app: Pictoscope) -> bool:
    """Whether a question is on show, with the facts of all its pictures."""
    screen = app.screen
    return isinstance(screen, JudgeScreen) and len(screen.query_one(JudgeGrid).loaded) > 0


@asynccontextmanager
async def judging(project: Project, *names: str, person: str = "Ann", size: tuple[int, int] = WIDE) -> Any:
    """The app at the first question."""
    async with running(project, size) as (app, pilot):
        app.push_screen(JudgeScreen(project, names, person))
        await until(pilot, lambda: isinstance(app.screen, JudgeScreen) and app.screen.session is not None)
        yield app, pilot


async def judge_by_truth(app: Pictoscope, pilot: Any, labels: dict[bytes, int]) -> None:
    """Mark what has the label of the question, by key, and judge."""
    screen = screen_of(app)
    session, grid = screen.session, screen.query_one(JudgeGrid)
    assert session is not None and session.current is not None
    wanted = labels[session.current.key]
    shown = list(session.to_judge)
    assert grid.source is not None and len(grid.source) == len(shown)
    for place, key in enumerate(shown):
        if labels[key] == wanted:
            grid.cursor = place
            await pilot.press("space")
    assert set(grid.selected_keys) == {key for key in shown if labels[key] == wanted}
    before = session.result.questions
    await pilot.press("enter")
    await until(pilot, lambda: session.result.questions == before + 1)


async def test_a_session_finds_the_better_model_and_says_so(project: Project) -> None:
    labels = dict(zip(keys_in_order(project), LABELS, strict=True))
    async with judging(project) as (app, pilot):
        screen = screen_of(app)
        assert "vec types hidden" in words(app, "#header") and "conse" not in flat(app)
        assert "nothing judged yet" in words(app, "#standing")
        for _ in range(30):
            if screen.session is not None and screen.session.result.decided:
                break
            await judge_by_truth(app, pilot, labels)
        assert "conse finds better than effnet-lite0: it won" in flat(app)
        assert "of the first ten" in flat(app) and "enter goes on judging" in flat(app)
        assert "conse or effnet-lite0" in words(app, "#header")
        await pilot.press("enter")  # all the same
        await until(pilot, lambda: asks(app))
        assert "conse finds better" in words(app, "#note")
        await judge_by_truth(app, pilot, labels)
    assert {one.person for one in Judgements(project.catalog).all()} == {"Ann"}


async def test_it_goes_on_where_it_stopped_and_persons_are_told_apart(project: Project) -> None:
    labels = dict(zip(keys_in_order(project), LABELS, strict=True))
    async with judging(project) as (app, pilot):
        for _ in range(3):
            await judge_by_truth(app, pilot, labels)
        standing = words(app, "#standing")
    asked = {one.question for one in Judgements(project.catalog).all()}
    async with judging(project) as (app, pilot):
        session = screen_of(app).session
        assert session is not None and session.current is not None
        assert words(app, "#standing") == standing and "3 judged" in standing
        assert session.current.question not in asked
    async with judging(project, person="Ben") as (app, pilot):
        assert "nothing judged yet" in words(app, "#standing") and "as Ben" in words(app, "#header")


@pytest.mark.parametrize("width", [60, 80])
async def test_the_standing_is_never_cut(project: Project, width: int) -> None:
    labels = dict(zip(keys_in_order(project), LABELS, strict=True))
    async with judging(project, size=(width, 20)) as (app, pilot):
        assert cell_len(words(app, "#standing")) <= width - 2
        await judge_by_truth(app, pilot, labels)
        hidden = words(app, "#standing")
        assert cell_len(hidden) <= width - 2 and hidden.endswith(" takes 10 to 25")
        screen_of(app).action_reveal()
        await until(pilot, lambda: "conse" in words(app, "#standing"))
        assert cell_len(words(app, "#standing")) <= width - 2


async def test_undo_skip_and_names(project: Project) -> None:
    async with judging(project) as (app, pilot):
        session = screen_of(app).session
        assert session is not None and session.current is not None
        first = session.current.key
        await pilot.press("space", "enter")
        await until(pilot, lambda: session.result.questions == 1 and session.current.key != first)
        second = session.current.key
        await pilot.press("n")
        await until(pilot, lambda: session.current.key not in (first, second))
        await pilot.press("u")  # the skipping
        await until(pilot, lambda: session.current.key == second)
        await pilot.press("u")  # the judging
        await until(pilot, lambda: session.result.questions == 0 and session.current.key == first)
        assert Judgements(project.catalog).all() == []
        await pilot.press("r")
        await until(pilot, lambda: "conse or effnet-lite0" in words(app, "#header"))
        await pilot.press("r")
        await until(pilot, lambda: "hidden" in words(app, "#header"))


async def test_nothing_but_a_judgement_is_undone_from_here(project: Project) -> None:
    Tags(project.catalog).add("mine", keys_in_order(project))
    async with judging(project) as (app, pilot):
        await until(pilot, lambda: asks(app))
        await pilot.press("u")
        await until(pilot, lambda: "nothing was judged last that could be taken back" in said(app))
        assert isinstance(app.screen, JudgeScreen) and Tags(project.catalog).names() == ["mine"]


async def test_marks_that_would_be_lost_are_asked_about(project: Project) -> None:
    async with judging(project) as (app, pilot):
        await until(pilot, lambda: asks(app))
        await pilot.press("space", "q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "1 picture is marked, but not judged yet (enter judges). Leave anyway?" in flat(app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, JudgeScreen))
        assert len(app.screen.query_one(JudgeGrid).selected_keys) == 1
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def test_a_judgement_undone_elsewhere_is_asked_again(project: Project) -> None:
    async with judging(project) as (app, pilot):
        session = screen_of(app).session
        assert session is not None and session.current is not None
        first = session.current.key
        await pilot.press("enter")
        await until(pilot, lambda: session.result.questions == 1)
        History(project.catalog).undo()
        from tui.messages import LabelsChanged

        app.broadcast(LabelsChanged)
        await until(pilot, lambda: session.current.key == first)


async def test_neither_names_of_files_nor_of_models_are_on_the_screen(project: Project) -> None:
    async with judging(project, size=SMALL) as (app, pilot):
        await until(pilot, lambda: asks(app))
        text = flat(app)
        assert ".png" not in text and "conse" not in text and "effnet" not in text
        assert "Relevant" in text and "Judge all" in text and "Skip" in text
        question = app.screen.query_one(JudgeQuestion)
        await until(pilot, lambda: question.drawing is not None)
        assert question.drawing is not None and len(question.drawing.lines) > 8  # it is drawn, and large


async def test_a_question_that_cannot_be_read_says_so(project: Project) -> None:
    async with judging(project) as (app, pilot):
        session = screen_of(app).session
        assert session is not None and session.current is not None
        question = app.screen.query_one(JudgeQuestion)
        await until(pilot, lambda: question.drawing is not None)
        path = Path(project.catalog.by_keys([session.coming[0]])[session.coming[0]].path.decode())
        path.write_bytes(b"no picture")
        await pilot.press("enter")
        await until(pilot, lambda: "cannot be read" in flat(app))


async def test_a_picture_can_be_seen_large(project: Project) -> None:
    async with judging(project) as (app, pilot):
        await until(pilot, lambda: asks(app))
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, JudgeScreen))


async def test_vec_types_that_answer_alike_are_refused(project: Project) -> None:
    store_rows(project, "conse+grey", keys_in_order(project), rows_by_label(LABELS, 0.4))
    async with running(project) as (app, pilot):
        app.push_screen(JudgeScreen(project, ("conse", "conse+grey")))
        await until(pilot, lambda: any("answer every question alike" in text for text in said(app)))
        assert isinstance(app.screen, BrowseScreen)


async def test_one_vec_type_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with make_project(tmp_path / "few", 12) as project:
        store_rows(project, "conse", keys_in_order(project), rows_by_label([0, 1] * 6, 1.0))
        async with running(project) as (app, pilot):
            await app.run_action("app.judge")
            await until(pilot, lambda: any("there is conse only" in text for text in said(app)))
            assert isinstance(app.screen, BrowseScreen)


async def test_a_vec_type_that_is_deleted_meanwhile_is_named_and_the_judging_goes_on(project: Project) -> None:
    from core.vectors.store import delete
    from tui.messages import VectorsChanged

    async with judging(project) as (app, pilot):
        session = screen_of(app).session
        assert session is not None
        delete(project.vectors_folder / "effnet-lite0")
        app.broadcast(VectorsChanged)
        await until(pilot, lambda: "vectors of effnet-lite0 have changed" in flat(app))
        await pilot.press("enter")
        await until(pilot, lambda: session.result.questions == 1)


async def test_a_question_whose_picture_is_gone_is_passed_over(project: Project) -> None:
    async with judging(project) as (app, pilot):
        session = screen_of(app).session
        assert session is not None and session.current is not None
        first = session.current.key
        Path(project.catalog.by_keys([first])[first].path.decode()).unlink()
        project.scan()
        from tui.messages import LabelsChanged

        app.broadcast(LabelsChanged)
        await until(pilot, lambda: session.current.key != first)
        assert "left out, because some of their pictures are gone" in flat(app)


async def test_more_than_two_vec_types_are_asked_for_by_the_palette(project: Project) -> None:
    store_rows(project, "conse+grey", keys_in_order(project), rows_by_label(LABELS, 0.9, seed=4))
    async with running(project) as (app, pilot):
        await app.run_action("app.judge")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        assert "There are conse, conse+grey, effnet-lite0" in flat(app)
        await pilot.press("enter")  # the first two, as is proposed
        await until(pilot, lambda: isinstance(app.screen, JudgeScreen) and app.screen.session is not None)
        assert screen_of(app).session.names == ("conse", "conse+grey")  # type: ignore[union-attr]


async def test_keys_that_come_before_the_first_question_do_nothing(project: Project) -> None:
    async with running(project) as (app, pilot):
        app.push_screen(JudgeScreen(project, (), "Ann"))
        await pilot.press("n", "r", "u")
        await until(pilot, lambda: isinstance(app.screen, JudgeScreen) and app.screen.session is not None)
        await settled(app)
    assert Judgements(project.catalog).all() == []


async def test_enter_judges_only_when_all_pictures_were_seen(project: Project) -> None:
    async with judging(project, "effnet-lite0", "conse", size=(60, 20)) as (app, pilot):
        await until(pilot, lambda: asks(app))
        grid = app.screen.query_one(JudgeGrid)
        grid.set_pictures_in_row(1)
        await settled(app)
        pages = 0
        while below := grid.unseen:
            await pilot.press("enter")
            await until(pilot, lambda below=below: f"{below} picture" in said(app)[-1] and grid.unseen < below)
            assert not Judgements(project.catalog).all()
            pages += 1
        assert pages, "they do not fit"
        await pilot.press("enter")
        await until(pilot, lambda: Judgements(project.catalog).all())
