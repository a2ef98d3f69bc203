"""What the terminal is sent when a job has ended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from app_helpers import running, running_job, said, until
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.events import EventLog
from core.project import Project
from tui.display import Display
from tui.graphics.terminal import Terminal
from tui.job_notice import BELL, DESKTOP, NOTICES, OFF, notice

KITTY, FOOT = Terminal(name="kitty 0.36"), Terminal(name="foot 1.18")
TMUX, SCREEN = Terminal(name="kitty", multiplexer="tmux 3.4"), Terminal(multiplexer="screen")


@pytest.mark.parametrize(
    ("terminal", "sent"),
    [
        (KITTY, "\a\x1b]9;Pictoscope: conse: done\x1b\\"),
        (Terminal(), "\a\x1b]9;Pictoscope: conse: done\x1b\\"),
        (FOOT, "\a\x1b]777;notify;Pictoscope;conse: done\x1b\\"),
        (TMUX, "\a\x1bPtmux;\x1b\x1b]9;Pictoscope: conse: done\x1b\x1b\\\x1b\\"),
        (SCREEN, "\a"),
    ],
)
def test_each_terminal_gets_what_it_reads(terminal: Terminal, sent: str) -> None:
    assert notice("conse: done", DESKTOP, terminal) == sent
    assert notice("conse: done", BELL, terminal) == "\a"
    assert notice("conse: done", OFF, terminal) == ""


@given(st.text(), st.sampled_from([KITTY, FOOT]))
def test_no_text_ends_the_sequence_or_adds_another(text: str, terminal: Terminal) -> None:
    sent = notice(text, DESKTOP, terminal)
    assert re.fullmatch(r"\a\x1b\](9;Pictoscope: |777;notify;Pictoscope;)[^\x00-\x1f\x7f-\x9f]*\x1b\\", sent)
    assert len(sent) < 260


@pytest.mark.parametrize("chosen", NOTICES)
async def test_the_end_of_a_job_is_sent_as_the_setting_says(
    project: Project, home: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
):
    Display(notices=chosen).save(Display())
    lock = running_job(project, "1", "conse", [])
    async with running(project) as (app, pilot):
        await until(pilot, lambda: app.jobs)
        sent: list[str] = []
        monkeypatch.setattr(app._driver, "write", sent.append)
        EventLog(project.jobs_folder / "1").write("ended", state="done")
        lock.release()
        await until(pilot, lambda: said(app) == ["conse: done"])
        ours = [data for data in sent if "\a" in data]
        assert ours == [text for text in [notice("conse: done", chosen, app.terminal)] if text]


async def test_it_is_off_unless_chosen_in_settings_and_kept(project: Project, home: Path):
    async with running(project) as (app, _):
        assert app.look.notices == OFF
        app.change_display(notices=BELL)
    assert Display.load().notices == BELL
    (home / "settings.toml").write_text('notices = "loud"\n')
    assert Display.load().notices == OFF
