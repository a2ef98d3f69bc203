"""What is remembered of slow terminals, and of which: never of another one."""

from __future__ import annotations

import os
import pty
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_terminals import KITTY_ANSWERS, XTERM, FakeTerminal

from core import toml_file
from tui.graphics import detect as detecting
from tui.graphics.answers import Answers, parse
from tui.graphics.detect import detect
from tui.graphics.identify import Choice
from tui.graphics.probe import Probed
from tui.graphics.probe_cache import QUICK, ProbeCache, key_of
from tui.graphics.terminal import CellSize, Protocol
from tui.graphics.tmux import Tmux

KITTY = parse(b"".join(KITTY_ANSWERS.values())).answers
SLOW, FAST = 2 * QUICK, QUICK / 2


@contextmanager
def terminal() -> Iterator[int]:
    """The program's end of a terminal."""
    other, ours = pty.openpty()
    try:
        yield ours
    finally:
        os.close(ours)
        os.close(other)


@pytest.fixture
def cache(tmp_path: Path) -> ProbeCache:
    return ProbeCache(tmp_path / "terminals.toml")


def test_what_a_slow_terminal_answered_is_remembered(cache: ProbeCache) -> None:
    nothing = Answers(attributes=((),))
    for key, answers in (("a", KITTY), ("b", Answers()), ("c", nothing)):
        cache.remember(key, Probed(answers, seconds=SLOW))
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (KITTY, Answers(), nothing)
    assert cache.find("d") is None


def test_a_quick_terminal_is_asked_every_time(cache: ProbeCache, tmp_path: Path) -> None:
    cache.remember("a", Probed(KITTY, seconds=FAST))
    assert not (tmp_path / "terminals.toml").exists()
    cache.remember("a", Probed(KITTY, seconds=SLOW))
    cache.remember("a", Probed(KITTY, seconds=FAST))
    assert cache.find("a") is None


def test_no_more_than_a_few_are_remembered_the_newest(cache: ProbeCache, tmp_path: Path) -> None:
    for number in range(40):
        cache.remember(f"k{number}", Probed(KITTY, seconds=SLOW))
    assert list(toml_file.read_or_empty(tmp_path / "terminals.toml")) == [f"k{number}" for number in range(8, 40)]


def test_a_cache_that_cannot_be_kept_is_none(tmp_path: Path) -> None:
    cache = ProbeCache(tmp_path / "none" / "terminals.toml")
    cache.remember("a", Probed(KITTY, seconds=SLOW))
    assert cache.find("a") is None


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["width", "height"]), inner),
)
FIELDS = st.sampled_from(["names", "kitty", "cell", "background", "secondary", "attributes"])


@given(st.dictionaries(FIELDS, junk))
def test_whatever_is_in_the_file_is_read_or_passed_over(entry: dict[str, object]) -> None:
    class File(ProbeCache):
        pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toml_file, "read_or_empty", lambda path: {"a": entry})
        found = File(Path("x")).find("a")
    assert found is None or all(isinstance(name, str) for name in found.names)


ENVIRONS = [
    XTERM,
    {"TERM": "xterm"},
    XTERM | {"TERM_PROGRAM": "vscode"},
    XTERM | {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "2"},
    XTERM | {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"},
    XTERM | {"SSH_CONNECTION": "10.0.0.1 50001 10.0.0.2 22"},
    XTERM | {"LC_TERMINAL": "iTerm2"},
    XTERM | {"WT_SESSION": "1"},
]
IN_TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/a,1,0"}
CLIENT = Tmux("3.3a", "xterm-kitty", "kitty(0.42)", "/dev/pts/1|10|100|1|xterm-kitty", True)
TMUXES = [
    CLIENT,
    replace(CLIENT, client="/dev/pts/1|11|200|1|xterm-kitty"),  # attached again, from another window on that device
    replace(CLIENT, client="/dev/pts/1|10|100|2|xterm-kitty"),  # by two
    replace(CLIENT, passthrough=False),
    replace(CLIENT, version="3.4"),
]


def test_every_terminal_has_another_key_and_keeps_it() -> None:
    with terminal() as one, terminal() as two:
        keys = [key_of(each, environ, None) for each in (one, two) for environ in ENVIRONS]
        keys += [key_of(one, IN_TMUX, tmux) for tmux in TMUXES]
        keys += [key_of(one, IN_TMUX | {"TMUX": "/tmp/b,1,0"}, CLIENT)]
        assert len(set(keys)) == len(keys)
        assert "" not in keys
        assert keys[0] == key_of(one, ENVIRONS[0], None)


def test_the_next_window_on_the_same_device_has_another_key() -> None:
    """The device of a terminal that was closed is given to the next one."""
    with terminal() as ours:
        first, device = key_of(ours, XTERM, None), os.ttyname(ours)
    time.sleep(0.05)  # the kernel gives times of creation in steps of some milliseconds
    with terminal() as ours:
        assert key_of(ours, XTERM, None) != first or os.ttyname(ours) != device


@pytest.mark.parametrize(
    ("environ", "tmux"),
    [
        (IN_TMUX, None),
        (IN_TMUX, Tmux("3.3a", client="||||")),
        ({"TERM": "tmux-256color"}, None),
        ({"TERM": "screen-256color"}, None),
        (XTERM | {"ZELLIJ": "0"}, None),
        (XTERM | {"ABDUCO_SESSION": "a"}, None),
    ],
)
def test_what_may_be_shown_in_another_window_next_time_has_no_key(environ: dict[str, str], tmux: Tmux | None) -> None:
    with terminal() as ours:
        assert key_of(ours, environ, tmux) == ""


def test_what_is_no_terminal_has_no_key() -> None:
    reader, writer = os.pipe()
    assert key_of(reader, XTERM, None) == ""
    os.close(reader)
    os.close(writer)


def test_a_terminal_that_never_answers_is_asked_once(cache: ProbeCache, monkeypatch: pytest.MonkeyPatch) -> None:
    real = detecting.probe
    monkeypatch.setattr(detecting, "probe", lambda *arguments: real(*arguments, longest=1.5 * QUICK))
    with FakeTerminal({}) as mute:
        first = detect(mute.ours, mute.ours, XTERM, cache, Choice())
        asked = mute.asked
        second = detect(mute.ours, mute.ours, XTERM, cache, Choice())
        assert (asked, mute.asked) == (asked, asked)
        assert second.probed == Probed()
        assert replace(second.terminal, reason="") == replace(first.terminal, reason="")
        assert "doctor asks again" in second.terminal.reason
        forced = detect(mute.ours, mute.ours, XTERM, cache, Choice(Protocol.SIXEL, "--graphics sixel"))
        assert (forced.terminal.protocol, forced.terminal.reason) == (Protocol.SIXEL, "--graphics sixel")
        detect(mute.ours, mute.ours, XTERM, cache, Choice(), again=True)
        assert mute.asked != asked


def test_of_what_is_remembered_the_size_of_a_cell_is_looked_up_again(
    cache: ProbeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detecting, "window_cell", lambda descriptor: CellSize(12, 24))
    with terminal() as ours:
        cache.remember(key_of(ours, XTERM, None), Probed(KITTY, seconds=SLOW))
        found = detect(ours, ours, XTERM, cache, Choice()).terminal
    assert (found.protocol, found.cell) == (Protocol.KITTY, CellSize(12, 24))
