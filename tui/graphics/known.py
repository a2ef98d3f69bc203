"""What terminals are known to do, by the names that they give themselves. From their documents, and trials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui.graphics.answers import Answers
from tui.graphics.terminal import Glyphs, Quirk

Version = tuple[int, ...]
ANY: Version = ()
_NEVER: Version = (10**9,)


@dataclass(frozen=True, slots=True)
class Known:
    """A kind of terminals; a version says since when.

    Attributes:
        title: for people.
        placeholders: draws pictures of the kitty protocol at Unicode placeholders. Answering the kitty query is not
            enough: WezTerm, Konsole and Warp answer it and draw no placeholders.
        sextants: draws these characters itself, whatever the font.
        octants: the same.
        inline: draws iTerm2's inline pictures, and better than sixel.
        inline_if_sixel: ``inline`` holds only where it says that it draws sixel: a setting turns both on.
        colours: that it certainly draws.
        colours_if: for people: what to do where it draws more.
        quirks: what it does otherwise than others.
    """

    title: str
    placeholders: Version = _NEVER
    sextants: Version = _NEVER
    octants: Version = _NEVER
    inline: bool = False
    inline_if_sixel: bool = False
    colours: int = 2**24
    colours_if: str = ""
    quirks: frozenset[Quirk] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """A terminal and its version; ``known`` is None for one that we know nothing of.

    Attributes:
        name: for people, with the version; empty if it has none.
        known: what it can do.
        version: empty if it does not say.
        source: where the name comes from, for people.
    """

    name: str = ""
    known: Known | None = None
    version: Version = ()
    source: str = ""

    def since(self, first: Version) -> bool:
        """Whether it has what came with a version; one that does not say its version has only what all have."""
        return self.version >= first

    def glyphs(self) -> Glyphs:
        """The characters that it draws itself."""
        if self.known and self.since(self.known.octants):
            return Glyphs.OCTANTS
        return Glyphs.SEXTANTS if self.known and self.since(self.known.sextants) else Glyphs.QUADRANTS

    def draws_placeholders(self) -> bool:
        """Whether it draws pictures of the kitty protocol at placeholders."""
        return self.known is not None and self.since(self.known.placeholders)

    def draws_inline(self, *, says_sixel: bool) -> bool:
        """Whether iTerm2's inline pictures are the better way than sixel."""
        return self.known is not None and self.known.inline and (says_sixel or not self.known.inline_if_sixel)


_APPLE = Known("Terminal.app", colours=256)
_MOSH = Known("mosh", colours=256, colours_if="with mosh 1.4 or newer on both sides: export COLORTERM=truecolor")
_XTERM_JS = frozenset({Quirk.INLINE_BY_WIDTH})
# By the lower-case name of XTVERSION.
_BY_NAME = {
    "kitty": Known("kitty", placeholders=(0, 28), sextants=ANY, octants=(0, 40)),
    "ghostty": Known("Ghostty", placeholders=ANY, sextants=ANY, octants=ANY),
    "rio": Known("Rio", placeholders=ANY, sextants=ANY),
    "iterm2": Known("iTerm2", placeholders=(3, 5), inline=True),
    "wezterm": Known("WezTerm", sextants=ANY, inline=True),
    "foot": Known("foot", sextants=ANY),
    "contour": Known("Contour", sextants=ANY),
    "konsole": Known("Konsole", quirks=frozenset({Quirk.KEEPS_COVERED})),
    "xterm": Known("xterm", quirks=frozenset({Quirk.SMALL_SIXELS})),
    "xterm.js": Known("xterm.js", inline=True, inline_if_sixel=True, quirks=_XTERM_JS),
    "mlterm": Known("mlterm", quirks=frozenset({Quirk.SHORT_STYLES})),
    "vte": Known("VTE"),
    "warp": Known("Warp"),
    "alacritty": Known("Alacritty", sextants=(0, 14)),
    "windows terminal": Known("Windows Terminal"),
    "vs code": Known("VS Code", inline=True, inline_if_sixel=True, quirks=_XTERM_JS),
}
# Terminals that do not answer XTVERSION, by variables; the variable of the version. Those that do answer it are not
# here: their variables are inherited by terminals that are started from them.
_BY_PROGRAM = {"vscode": "vs code", "iTerm.app": "iterm2", "WarpTerminal": "warp"}
# By TERM, which comes over SSH.
_BY_TERM = {
    "alacritty": "alacritty",
    "xterm-kitty": "kitty",
    "xterm-ghostty": "ghostty",
    "ghostty": "ghostty",
    "foot": "foot",
    "wezterm": "wezterm",
    "rio": "rio",
    "contour": "contour",
    "mlterm": "mlterm",
}
_NAME = re.compile(r"(?P<name>[A-Za-z][A-Za-z.]*[A-Za-z0-9]?(?: Terminal)?)[ (/-]*v?(?P<version>\d+(?:\.\d+)*)?")


def version_of(text: str) -> Version:
    """The numbers in ``3.3a``, ``next-3.4``, ``20240203-110809``: of its first group of digits and dots."""
    match = re.search(r"\d{1,9}(?:\.\d{1,9})*", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def by_name(text: str, source: str = "it said so") -> Identity:
    """The terminal of a name that a terminal gave itself; of no name, none."""
    match = _NAME.match(text)
    if not match:
        return Identity(text, source=source)
    known = _BY_NAME.get(match["name"].lower())
    version = version_of(text[match.end("name") :])
    if known is None:
        return Identity(text, None, version, source)
    said = match["version"] or ""
    return Identity(f"{known.title} {said}".rstrip(), known, version, source)


def by_term(term: str) -> Identity:
    """The terminal of a TERM, without its version."""
    name = _BY_TERM.get(term) or _BY_TERM.get(term.removesuffix("-direct"))
    return Identity(_BY_NAME[name].title, _BY_NAME[name], (), f"TERM is {term}") if name else Identity()


def by_surroundings(environ: Mapping[str, str], answers: Answers) -> Identity:
    """The terminal where it does not answer XTVERSION: by the environment, and by DA2.

    The environment is the weaker witness: programs inherit the variables of the terminal from which another terminal
    was started. TERM is set by each terminal, so it comes first.
    """
    if environ.get("NCURSES_NO_UTF8_ACS") == "1" and answers.attributes[:1] in ((), ((62,),)):
        return Identity(_MOSH.title, _MOSH, (), "NCURSES_NO_UTF8_ACS is set")  # mosh answers DA1 with 62 alone
    named = by_term(environ.get("TERM", ""))
    if named.known is _BY_NAME["alacritty"] and answers.secondary:
        return _alacritty(answers.secondary[0], named)
    if named.known:
        return named
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return Identity(_APPLE.title, _APPLE, (), "TERM_PROGRAM is Apple_Terminal")
    if program := _BY_PROGRAM.get(environ.get("TERM_PROGRAM", "")):
        return _of_variables(program, environ, "TERM_PROGRAM")
    if environ.get("LC_TERMINAL") == "iTerm2":  # comes over SSH
        return _of_variables("iterm2", environ, "LC_TERMINAL")
    if environ.get("WT_SESSION"):
        return Identity("Windows Terminal", _BY_NAME["windows terminal"], (), "WT_SESSION is set")
    return Identity()


def _alacritty(secondary: Version, named: Identity) -> Identity:
    """Alacritty's DA2 is 0;VERSION;1 with 1401 for 0.14.1."""
    if len(secondary) != 3 or secondary[0] != 0:
        return named
    number = secondary[1]
    version = (number // 10_000, number // 100 % 100, number % 100)
    return Identity(f"Alacritty {'.'.join(map(str, version))}", named.known, version, named.source)


def _of_variables(name: str, environ: Mapping[str, str], variable: str) -> Identity:
    version = version_of(environ.get(f"{variable}_VERSION", ""))
    known = _BY_NAME[name]
    title = f"{known.title} {'.'.join(map(str, version))}".rstrip()
    return Identity(title, known, version, f"{variable} is {environ[variable]}")
