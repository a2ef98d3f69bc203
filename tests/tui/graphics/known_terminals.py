"""How terminals answer, from their own sources and from trials; and a terminal on a pty that answers so."""

from __future__ import annotations

import os
import pty
import re
import select
import termios
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from tui.graphics import tmux
from tui.graphics.answers import ATTRIBUTES, BACKGROUND, CELL, IN_ORDER, KITTY, SECONDARY, VERSION
from tui.graphics.terminal import Glyphs, Protocol, Quirk

TRUE = 2**24
YES = b"\x1b_Gi=31;OK\x1b\\"
DARK = b"\x1b]11;rgb:1616/1717/1a1a\x1b\\"
LIGHT = b"\x1b]11;rgb:ffff/ffff/ffff\x07"
CELLS = b"\x1b[6;20;10t"


def version(name: str) -> bytes:
    """The answer to XTVERSION."""
    return b"\x1bP>|" + name.encode() + b"\x1b\\"


def attributes(*numbers: int) -> bytes:
    """The answer to DA1."""
    return b"\x1b[?" + ";".join(map(str, numbers)).encode() + b"c"


@dataclass(frozen=True)
class Case:
    """A terminal: what surrounds the program in it, what it answers, and what we should make of it."""

    name: str
    environ: Mapping[str, str]
    answers: Mapping[bytes, bytes]
    protocol: Protocol
    said: str
    glyphs: Glyphs = Glyphs.QUADRANTS
    colours: int = TRUE
    tmux: tmux.Tmux | None = None
    around: Mapping[bytes, bytes] = field(default_factory=dict)  # of the terminal around tmux, asked through it
    passthrough: bool = False
    advice: str = ""
    mute: bool = False  # never answers DA1
    quirks: frozenset[Quirk] | None = None  # None where they are not looked at


SSH = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
XTERM = {"TERM": "xterm-256color"}
KITTY_ANSWERS = {
    VERSION: version("kitty(0.42.1)"),
    KITTY: YES,
    CELL: CELLS,
    BACKGROUND: DARK,
    SECONDARY: b"\x1b[>1;4000;42c",
    ATTRIBUTES: attributes(62, 52),
}
GHOSTTY_ANSWERS = {
    VERSION: version("ghostty 1.2.0"),
    KITTY: YES,
    CELL: CELLS,
    BACKGROUND: DARK,
    SECONDARY: b"\x1b[>1;10;0c",
    ATTRIBUTES: attributes(62, 22, 52),
}
FOOT_ANSWERS = {
    VERSION: version("foot(1.16.2)"),
    CELL: CELLS,
    BACKGROUND: DARK,
    ATTRIBUTES: attributes(62, 4, 22, 28),
}
TMUX_ENVIRON = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-1000/default,123,0", "TERM_PROGRAM": "tmux"}
TMUX_33 = {VERSION: version("tmux 3.3a"), SECONDARY: b"\x1b[>84;0;0c", ATTRIBUTES: attributes(1, 2)}
TMUX_34_SIXEL = {VERSION: version("tmux 3.4"), CELL: CELLS, BACKGROUND: DARK, ATTRIBUTES: attributes(1, 2, 4)}
ALLOW = "set -g allow-passthrough on"

CASES = [
    Case("kitty", {"TERM": "xterm-kitty"}, KITTY_ANSWERS, Protocol.KITTY, "kitty 0.42.1", Glyphs.OCTANTS),
    Case(
        "kitty over ssh", {"TERM": "xterm-kitty"} | SSH, KITTY_ANSWERS, Protocol.KITTY, "kitty 0.42.1", Glyphs.OCTANTS
    ),
    Case(
        "kitty before placeholders",
        {"TERM": "xterm-kitty"},
        KITTY_ANSWERS | {VERSION: version("kitty(0.26.5)")},
        Protocol.SYMBOLS,
        "kitty 0.26.5",
        Glyphs.SEXTANTS,
    ),
    Case("Ghostty", {"TERM": "xterm-ghostty"}, GHOSTTY_ANSWERS, Protocol.KITTY, "Ghostty 1.2.0", Glyphs.OCTANTS),
    Case(
        "WezTerm",
        XTERM | {"TERM_PROGRAM": "WezTerm", "COLORTERM": "truecolor"},
        {
            VERSION: version("WezTerm 20240203-110809-5046fc22"),
            KITTY: YES,
            CELL: b"\x1b[6;22;9t",
            BACKGROUND: DARK,
            ATTRIBUTES: attributes(65, 4, 6, 18, 22),
        },
        Protocol.ITERM,
        "WezTerm 20240203",
        Glyphs.SEXTANTS,
    ),
    Case(
        "Konsole",
        XTERM | {"KONSOLE_VERSION": "230801", "COLORTERM": "truecolor"},
        {
            VERSION: version("Konsole 23.08.1"),
            KITTY: YES,
            CELL: CELLS,
            BACKGROUND: DARK,
            ATTRIBUTES: attributes(62, 1, 4),
        },
        Protocol.SIXEL,
        "Konsole 23.08.1",
    ),
    Case(
        "Konsole 22.12, as it answered",
        XTERM | {"KONSOLE_VERSION": "221203", "COLORTERM": "truecolor", "COLORFGBG": "15;0"},
        {
            VERSION: version("Konsole 22.12.3"),
            KITTY: YES,
            CELL: b"\x1b[6;18;8t",
            BACKGROUND: b"\x1b]11;rgb:2323/2626/2727\x1b\\",
            SECONDARY: b"\x1b[>1;115;0c",
            ATTRIBUTES: attributes(62, 1, 4),
        },
        Protocol.SIXEL,
        "Konsole 22.12.3",
        quirks=frozenset({Quirk.KEEPS_COVERED}),
    ),
    Case(
        "foot 1.13, as it answered",
        {"TERM": "foot", "COLORTERM": "truecolor"},
        {
            VERSION: version("foot(1.13.1)"),
            CELL: b"\x1b[6;15;7t",
            BACKGROUND: b"\x1b]11;rgb:1111/1111/1111\x1b\\",
            SECONDARY: b"\x1b[>1;011301;0c",
            ATTRIBUTES: attributes(62, 4, 22),
        },
        Protocol.SIXEL,
        "foot 1.13.1",
        Glyphs.SEXTANTS,
    ),
    Case(
        "mlterm 3.9, as it answered",
        {"TERM": "mlterm", "MLTERM": "3.9.0", "COLORFGBG": "default;default"},
        {
            CELL: b"\x1b[6;22;10t",
            BACKGROUND: b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
            SECONDARY: b"\x1b[>24;279;0c",
            ATTRIBUTES: attributes(63, 1, 2, 3, 4, 6, 7, 15, 18, 22, 29),
        },
        Protocol.SIXEL,
        "mlterm",
        quirks=frozenset({Quirk.SHORT_STYLES}),
    ),
    Case(
        "xterm.js 6.0 in VS Code, as it answered",
        XTERM | {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.106.0", "COLORTERM": "truecolor"},
        {
            CELL: b"\x1b[6;16;8t",
            BACKGROUND: b"\x1b]11;rgb:0000/0000/0000\x1b\\",
            SECONDARY: b"\x1b[>0;276;0c",
            ATTRIBUTES: attributes(62, 4, 9, 22),
        },
        Protocol.ITERM,
        "VS Code 1.106.0",
        quirks=frozenset({Quirk.INLINE_BY_WIDTH}),
    ),
    Case(
        "xterm.js 6.0 in a page, as it answered",
        XTERM | {"COLORTERM": "truecolor"},
        {
            CELL: b"\x1b[6;16;8t",
            BACKGROUND: b"\x1b]11;rgb:0000/0000/0000\x1b\\",
            SECONDARY: b"\x1b[>0;276;0c",
            ATTRIBUTES: attributes(62, 4, 9, 22),
        },
        Protocol.SIXEL,
        "",
    ),
    Case("foot", {"TERM": "foot"}, FOOT_ANSWERS, Protocol.SIXEL, "foot 1.16.2", Glyphs.SEXTANTS),
    Case(
        "iTerm2 new",
        XTERM | {"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5.4"},
        {
            VERSION: version("iTerm2 3.5.4"),
            KITTY: YES,
            CELL: CELLS,
            BACKGROUND: LIGHT,
            ATTRIBUTES: attributes(64, 1, 2, 4, 6, 17, 18, 21, 22),
        },
        Protocol.KITTY,
        "iTerm2 3.5.4",
    ),
    Case(
        "iTerm2 old",
        XTERM | {"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.3.12", "COLORTERM": "truecolor"},
        {BACKGROUND: LIGHT, ATTRIBUTES: attributes(62, 4)},
        Protocol.ITERM,
        "iTerm2 3.3.12",
    ),
    Case(
        "iTerm2 old over ssh",
        XTERM | {"LC_TERMINAL": "iTerm2", "LC_TERMINAL_VERSION": "3.3.12"} | SSH,
        {BACKGROUND: LIGHT, ATTRIBUTES: attributes(62, 4)},
        Protocol.ITERM,
        "iTerm2 3.3.12",
    ),
    Case(
        "Windows Terminal",
        XTERM | {"WT_SESSION": "b3c1", "COLORTERM": "truecolor"},
        {
            CELL: CELLS,
            BACKGROUND: DARK,
            SECONDARY: b"\x1b[>0;10;1c",
            ATTRIBUTES: attributes(61, 4, 6, 7, 14, 21, 22, 23, 24, 28, 32, 42),
        },
        Protocol.SIXEL,
        "Windows Terminal",
    ),
    Case(
        "VS Code",
        XTERM | {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.96.0", "COLORTERM": "truecolor"},
        {BACKGROUND: DARK, ATTRIBUTES: attributes(62, 4, 9, 22)},
        Protocol.ITERM,
        "VS Code 1.96.0",
    ),
    Case(
        "VS Code without images",
        XTERM | {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.96.0", "COLORTERM": "truecolor"},
        {BACKGROUND: DARK, ATTRIBUTES: attributes(1, 2)},
        Protocol.SYMBOLS,
        "VS Code 1.96.0",
        advice="terminal.integrated.enableImages",
    ),
    Case(
        "xterm.js that names itself",
        XTERM,
        {VERSION: version("xterm.js(6.0.0)"), ATTRIBUTES: attributes(62, 4, 9, 22)},
        Protocol.ITERM,
        "xterm.js 6.0.0",
    ),
    Case(
        "xterm -ti vt340",
        XTERM,
        {
            VERSION: version("XTerm(379)"),
            CELL: b"\x1b[6;13;6t",
            BACKGROUND: LIGHT,
            SECONDARY: b"\x1b[>19;379;0c",
            ATTRIBUTES: attributes(63, 1, 2, 4, 6, 9, 15, 16, 22, 28),
        },
        Protocol.SIXEL,
        "xterm 379",
    ),
    Case(
        "xterm",
        XTERM,
        {VERSION: version("XTerm(379)"), BACKGROUND: LIGHT, ATTRIBUTES: attributes(64, 1, 2, 6, 9, 15, 16, 22, 28)},
        Protocol.SYMBOLS,
        "xterm 379",
    ),
    Case(
        "Alacritty",
        {"TERM": "alacritty"},
        {BACKGROUND: DARK, SECONDARY: b"\x1b[>0;1401;1c", ATTRIBUTES: attributes(6)},
        Protocol.SYMBOLS,
        "Alacritty 0.14.1",
        Glyphs.SEXTANTS,
    ),
    Case(
        "Alacritty before sextants, from a terminal of VS Code",
        {"TERM": "alacritty", "TERM_PROGRAM": "vscode"},
        {BACKGROUND: DARK, SECONDARY: b"\x1b[>0;1302;1c", ATTRIBUTES: attributes(6)},
        Protocol.SYMBOLS,
        "Alacritty 0.13.2",
    ),
    Case(
        "xterm from a terminal of iTerm2: XTVERSION overrules the environment",
        XTERM | {"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5.4"},
        {VERSION: version("XTerm(379)"), ATTRIBUTES: attributes(64, 1, 2)},
        Protocol.SYMBOLS,
        "xterm 379",
    ),
    Case(
        "Terminal.app",
        XTERM | {"TERM_PROGRAM": "Apple_Terminal"},
        {BACKGROUND: LIGHT, ATTRIBUTES: attributes(1, 2)},
        Protocol.SYMBOLS,
        "Terminal.app",
        colours=256,
    ),
    Case(
        "a new terminal",
        XTERM | {"COLORTERM": "truecolor"},
        {VERSION: version("Brand New 1.0"), KITTY: YES, ATTRIBUTES: attributes(62)},
        Protocol.SYMBOLS,
        "Brand New 1.0",
    ),
    Case(
        "a terminal of which nothing is known",
        XTERM,
        {ATTRIBUTES: attributes(1, 2)},
        Protocol.SYMBOLS,
        "",
        colours=256,
        advice="export COLORTERM=truecolor",
    ),
    Case(
        "mosh",
        XTERM | {"NCURSES_NO_UTF8_ACS": "1", "LC_TERMINAL": "iTerm2", "LC_TERMINAL_VERSION": "3.3.12"},
        {SECONDARY: b"\x1b[>1;10;0c", ATTRIBUTES: attributes(62)},
        Protocol.SYMBOLS,
        "mosh",
        colours=256,
        advice="mosh 1.4",
    ),
    Case(
        "mosh 1.4",
        XTERM | {"NCURSES_NO_UTF8_ACS": "1", "COLORTERM": "truecolor"},
        {SECONDARY: b"\x1b[>1;10;0c", ATTRIBUTES: attributes(62)},
        Protocol.SYMBOLS,
        "mosh",
    ),
    Case(
        "tmux on the Linux console",
        TMUX_ENVIRON,
        TMUX_33,
        Protocol.HALF,
        "",
        colours=256,
        tmux=tmux.Tmux("3.3a", "linux", "", "c", False),
    ),
    Case(
        "tmux 3.2 in kitty",
        TMUX_ENVIRON,
        {VERSION: version("tmux 3.2"), ATTRIBUTES: attributes(1, 2)},
        Protocol.SYMBOLS,
        "kitty 0.42.1",
        Glyphs.SEXTANTS,
        tmux=tmux.Tmux("3.2", "xterm-kitty", "kitty(0.42.1)", "c", None, rgb=True),
        advice="tmux 3.3 or newer",
    ),
    Case(
        "tmux 3.3 in kitty, passthrough off, no RGB",
        TMUX_ENVIRON | {"COLORTERM": "truecolor"},
        TMUX_33,
        Protocol.SYMBOLS,
        "kitty 0.42.1",
        Glyphs.SEXTANTS,
        colours=256,
        tmux=tmux.Tmux("3.3a", "xterm-kitty", "kitty(0.42.1)", "c", False),
        advice=f"{ALLOW} (then: tmux source-file ~/.tmux.conf); for 24-bit colours put into ~/.tmux.conf: "
        "set -as terminal-features ',xterm-kitty:RGB'",
    ),
    Case(
        "tmux 3.3 in Ghostty, passthrough on",
        TMUX_ENVIRON,
        TMUX_33,
        Protocol.KITTY,
        "Ghostty 1.2.0",
        Glyphs.SEXTANTS,
        tmux=tmux.Tmux("3.3a", "xterm-ghostty", "ghostty 1.2.0", "c", True, rgb=True),
        around=GHOSTTY_ANSWERS,
        passthrough=True,
    ),
    Case(
        "tmux 3.4 with sixel in foot",
        TMUX_ENVIRON,
        TMUX_34_SIXEL,
        Protocol.SIXEL,
        "foot 1.16.2",
        Glyphs.SEXTANTS,
        tmux=tmux.Tmux("3.4", "foot", "foot(1.16.2)", "c", False, sixel=True, rgb=True),
    ),
    Case(
        "tmux 3.4 with sixel in a terminal that has none",
        TMUX_ENVIRON,
        TMUX_34_SIXEL,
        Protocol.SYMBOLS,
        "xterm 379",
        tmux=tmux.Tmux("3.4", "xterm-256color", "XTerm(379)", "c", False, rgb=True),
    ),
    Case(
        "tmux that does not say what it knows",
        TMUX_ENVIRON,
        TMUX_33,
        Protocol.SYMBOLS,
        "",
        colours=256,
    ),
    Case(
        "ssh out of tmux in kitty, passthrough on",
        {"TERM": "tmux-256color"} | SSH,
        TMUX_33,
        Protocol.KITTY,
        "kitty 0.42.1",
        Glyphs.SEXTANTS,
        colours=256,
        around=KITTY_ANSWERS,
        passthrough=True,
    ),
]
UNASKED = [
    Case("screen", {"TERM": "screen-256color", "STY": "1.pts-0", "COLORTERM": "truecolor"}, {}, Protocol.SYMBOLS, "",
         colours=256),
    Case("screen of 16 colours", {"TERM": "screen", "STY": "1.pts-0"}, {}, Protocol.SYMBOLS, "", colours=16),
    Case("screen in tmux", {"TERM": "screen-256color", "STY": "1", "TMUX": "x"}, {}, Protocol.SYMBOLS, "", colours=256),
    Case("Linux console", {"TERM": "linux"}, {}, Protocol.HALF, "", colours=16),
    Case("dumb", {"TERM": "dumb"}, {}, Protocol.NONE, "", colours=16),
    Case("no TERM", {}, {}, Protocol.SYMBOLS, "", colours=16),
]  # fmt: skip
MUTE = [
    Case("ssh out of screen", {"TERM": "screen-256color"} | SSH, {}, Protocol.SYMBOLS, "", colours=256, mute=True),
    Case("never answers", XTERM, {}, Protocol.SYMBOLS, "", colours=256, mute=True, advice="COLORTERM"),
    Case("kitty, too slow", {"TERM": "xterm-kitty"}, {}, Protocol.SYMBOLS, "kitty", Glyphs.SEXTANTS, mute=True),
]

_OF_TMUX = b"\x1b[>q"  # as tmux asks for the version
_QUERY = re.compile(b"|".join(re.escape(query) for query in (*IN_ORDER, _OF_TMUX)))
_WRAPPED = re.compile(rb"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\")


def _begins(sent: bytes) -> bool:
    """Whether a query may have begun whose rest has not come."""
    if sent.startswith(b"\x1bPtmux;"):
        return True
    return any(query.startswith(sent) for query in (*IN_ORDER, _OF_TMUX, b"\x1bPtmux;"))


class FakeTerminal:
    """The other end of a pty, which answers in another thread.

    Attributes:
        ours: descriptor of the program's end, for reading and writing.
        asked: everything that it was sent.
    """

    def __init__(
        self,
        answers: Mapping[bytes, bytes],
        around: Mapping[bytes, bytes] | None = None,
        *,
        piece: int = 1 << 16,
        typed: bytes = b"",
    ) -> None:
        self._end, self.ours = pty.openpty()
        self._answers = dict(answers)
        self._around = dict(around or {})
        self._piece = piece
        self._typed = typed
        self._stop, self._stopped = os.pipe()
        self.asked = b""
        self._rest = b""
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self.before = termios.tcgetattr(self.ours)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._stopped, b"x")
        self._thread.join()
        for descriptor in (self._end, self.ours, self._stop, self._stopped):
            os.close(descriptor)

    def type(self, keys: bytes) -> None:
        """Send to the program, as typed."""
        os.write(self._end, keys)

    def _serve(self) -> None:
        while self._stop not in (ready := select.select([self._end, self._stop], [], [])[0]) and ready:
            data = os.read(self._end, 1 << 16)
            self.asked += data
            self._rest += data
            self._answer()

    def _answer(self) -> None:
        """Answer each query in order, those that are wrapped as the terminal around."""
        said = b""
        while self._rest:
            if wrapped := _WRAPPED.match(self._rest):
                inner = wrapped[1].replace(b"\x1b\x1b", b"\x1b")
                said += b"".join(self._say(self._around, query) for query in _QUERY.findall(inner))
                self._rest = self._rest[wrapped.end() :]
            elif query := _QUERY.match(self._rest):
                said += self._say(self._answers, VERSION if query[0] == _OF_TMUX else query[0])
                self._rest = self._rest[query.end() :]
            elif _begins(self._rest):
                break  # it goes on
            else:
                following = self._rest.find(b"\x1b", 1)
                self._rest = self._rest[following:] if following > 0 else b""
        for start in range(0, len(said), self._piece):
            os.write(self._end, said[start : start + self._piece])

    def _say(self, answers: Mapping[bytes, bytes], query: bytes) -> bytes:
        return self._typed + answers[query] + self._typed if query in answers else b""
