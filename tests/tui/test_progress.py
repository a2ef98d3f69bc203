"""Jobs in words and bars."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from core.jobs.job import Job, State
from tui.widgets.progress import JobLine, bar, named, standing

KNOWN = {
    "id": "20260102-030405-conse",
    "folder": Path("/nowhere"),
    "vec_types": ("conse",),
    "created": 0.0,
    "state": State.RUNNING,
    "done": 0,
    "failed": 0,
    "total": 0,
    "rate": 0.0,
    "seconds": 0.0,
    "activity": "starting",
    "error": "",
    "hint": "",
    "pid": 0,
}


def job(**values: object) -> Job:
    """A job that differs from a fresh one by these values."""
    return Job(**(KNOWN | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (0, 4, "····"),
        (1, 4, "█···"),
        (2, 4, "██··"),
        (4, 4, "████"),
        (9, 4, "████"),
        (1, 8, "▌···"),
        (1, 32, "▏···"),
        (31, 32, "███▉"),
        (0, 0, "····"),
    ],
)
def test_bar_moves_in_eighths_of_a_cell(done: int, total: int, shown: str):
    assert bar(done, total, 4) == shown


@given(done=st.integers(0, 10**9), total=st.integers(0, 10**9), width=st.integers(0, 60))
def test_bar_is_always_as_wide_as_asked_and_full_only_at_the_end(done: int, total: int, width: int):
    drawn = bar(done, total, width)
    assert len(drawn) == width
    if width and total:
        assert (drawn == "█" * width) == (done >= total)


def test_standing_says_what_a_job_does_before_its_first_picture():
    assert standing(job(activity="loading the model conse", total=10)) == "loading the model conse"


def test_standing_gives_rate_and_time_left():
    assert standing(job(done=10, failed=2, total=100, rate=4.0)) == "4.0/s  22 s left"


def test_standing_without_a_rate_falls_back_on_what_the_job_does():
    assert standing(job(done=10, total=100, activity="computing 100 pictures")) == "computing 100 pictures"


@pytest.mark.parametrize("rate", [float("nan"), float("inf")])
def test_standing_survives_a_rate_that_is_no_number(rate: float):
    assert standing(job(done=1, total=9, rate=rate)) in ("starting", "inf/s  0 s left")


@pytest.mark.parametrize(
    ("state", "values", "words"),
    [
        (State.DONE, {"seconds": 95.0}, "done in 2 min"),
        (State.STOPPED, {"done": 9_001, "total": 48_210}, "stopped at 9,001 of 48,210"),
        (
            State.INTERRUPTED,
            {"done": 3, "total": 9, "error": "the worker was killed"},
            "interrupted at 3 of 9: the worker was killed",
        ),
        (State.FAILED, {"error": "no room left"}, "failed: no room left"),
    ],
)
def test_standing_says_how_a_job_ended(state: State, values: dict[str, object], words: str):
    assert standing(job(state=state, **values)) == words


def test_what_a_job_says_of_itself_is_made_harmless():
    hostile = job(
        vec_types=("conse\x1b]0;owned\x07",), activity="\x1b[2Jgone\nnext", error="\x9b31m", state=State.FAILED
    )
    assert named(hostile) == "conse\\x1b]0;owned\\x07"
    assert standing(hostile) == "failed: \\x9b31m"
    assert standing(job(activity="\x1b[2Jgone\nnext")) == "\\x1b[2Jgone\\nnext"


class LineApp(App[None]):
    """A job line and nothing else."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield JobLine()


async def shown(jobs: list[Job], scan: str = "", width: int = 110) -> str | None:
    """What the line says; None where it does not support room."""
    app = LineApp()
    async with app.run_test(size=(width, 5)) as pilot:
        line = app.query_one(JobLine)
        line.show_jobs(jobs)
        line.show_scan(scan)
        await pilot.pause()
        return str(line.visual).strip() if line.display else None


async def test_job_line_takes_no_room_when_nothing_goes_on():
    assert await shown([job(state=State.DONE), job(state=State.INTERRUPTED)]) is None


async def test_job_line_shows_bar_count_pace_and_failures():
    line = await shown([job(done=50, failed=1, total=102, rate=5.0)])
    assert line == "▶ conse  ██████████··········  50/102  5.0/s  10 s left  1 failed   J jobs"


async def test_job_line_shows_the_newest_and_counts_the_others():
    line = await shown([job(vec_types=("effnet-lite0",), activity="loading"), job(), job()])
    assert line == "▶ effnet-lite0  ····················  loading  and 2 others   J jobs"


async def test_job_line_shows_the_scan_only_while_no_job_runs():
    scan = "looking for pictures: 7 files, 7 new"
    assert await shown([], scan) == scan
    assert scan not in (await shown([job()], scan) or "")


@pytest.mark.parametrize(
    ("room", "shown_name"),
    [
        (0, "effnet-lite0, conse+grey, clip"),
        (30, "effnet-lite0, conse+grey, clip"),
        (29, "effnet-lite0 and 2 more"),
        (20, "effn…ite0 and 2 more"),
    ],
)
def test_a_job_of_several_vec_types_is_named_by_all_or_by_the_first_and_how_many_more(room: int, shown_name: str):
    assert named(job(vec_types=("effnet-lite0", "conse+grey", "clip")), room) == shown_name


def test_a_name_too_long_keeps_both_ends():
    assert named(job(vec_types=("hf.facebook--dinov3-vits16+grey",)), 16) == "hf.faceb…16+grey"


async def test_job_line_keeps_its_bar_in_sight_whatever_the_names():
    many = tuple(f"hf.organisation--model-{number}" for number in range(9))
    line = await shown([job(vec_types=many, done=50, total=100, rate=5.0)])
    assert line == ("▶ hf.organisation--model-0 and 8 more  ██████████··········  50/100  5.0/s  10 s left   J jobs")


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (77, "▶ conse  ██████████··········  50/102  5.0/s  10 s left  1 failed   J jobs"),
        (74, "▶ conse  ██████████··········  50/102  5.0/s  10 s left  1 failed"),
        (60, "▶ conse  █████·····  50/102  5.0/s  10 s left  1 failed"),
        (52, "▶ conse  ██▌··  50/102  5.0/s  10 s left  1 failed"),
        (45, "▶ conse  50/102  5.0/s  10 s left  1 failed"),
    ],
)
async def test_in_a_narrow_terminal_the_bar_gives_way_to_what_is_said(width: int, line: str):
    assert await shown([job(done=50, failed=1, total=102, rate=5.0)], width=width) == line
