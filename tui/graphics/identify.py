"""Which terminal this is, and how it shows pictures best: from its answers, the environment, tmux and the user's wish.

Pure. What a terminal says of itself overrules the environment; what the user says overrules both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tui.graphics.answers import Answers
from tui.graphics.known import Identity, by_name, by_surroundings, by_term, version_of
from tui.graphics.plan import in_screen
from tui.graphics.terminal import AUTO, CHOICES, NO_COLOURS, CellSize, Glyphs, Protocol, Terminal
from tui.graphics.tmux import Tmux

VARIABLE = "PICTOSCOPE_GRAPHICS"
TRUE_COLOUR = 2**24
_SIXEL = 4  # among the numbers of DA1
_PASSES_ON = (3, 3)  # since that version tmux passes data on where it is allowed
_ALLOW = "set -g allow-passthrough on"
_COLOUR_SYSTEMS = {NO_COLOURS: "standard", 16: "standard", 256: "256", TRUE_COLOUR: "truecolor"}  # as Rich calls them
_COLOURS = {name: colours for colours, name in _COLOUR_SYSTEMS.items()}
_OF_COLOURED_TEXT = (Protocol.SYMBOLS, Protocol.HALF)
_COLOUR_VARIABLE = "TEXTUAL_COLOR_SYSTEM"


@dataclass(frozen=True, slots=True)
class Choice:
    """How the user wants pictures shown.

    Attributes:
        protocol: None for what is best.
        source: where the user said so.
    """

    protocol: Protocol | None = None
    source: str = ""


def choose(option: str | None, variable: str | None, setting: str) -> Choice:
    """The user's choice: the option goes before the environment variable, and this before the setting.

    Raises:
        ValueError: one of them is no way to show pictures; a setting that is none counts as ``auto``.
    """
    for value, source in ((option, f"--graphics {option}"), (variable, f"{VARIABLE}={variable}")):
        if value and value not in CHOICES:
            raise ValueError(f"{source}: no way to show pictures")
        if value:
            return Choice(None if value == AUTO else Protocol(value), source)
    if setting in CHOICES and setting != AUTO:
        return Choice(Protocol(setting), "the setting says so")
    return Choice()


def identify(
    answers: Answers,
    environ: Mapping[str, str],
    tmux: Tmux | None = None,
    choice: Choice = Choice(),
    window_cell: CellSize | None = None,
    not_asked: str = "",
) -> Terminal:
    """What is known of the terminal.

    Args:
        answers: of the terminal.
        environ: the environment.
        tmux: what tmux said, if we run in one.
        choice: of the user.
        window_cell: the size of a cell as the system knows it.
        not_asked: why the terminal was not asked; empty if it was.
    """
    inside = _multiplexer(answers, environ, tmux)
    who = _who(answers, environ, tmux, inside)
    colours = _colours(who, environ, tmux, inside)
    protocol, reason = _best(answers, environ, tmux, inside, who)
    if protocol is Protocol.SYMBOLS and not answers.attributes:
        reason = not_asked or "the terminal did not answer"
    without_colours = bool(environ.get("NO_COLOR"))  # no-color.org: set, and not empty
    advice = [] if without_colours else [_colour_advice(environ, tmux, inside, who, colours)]
    if choice.protocol:
        protocol, reason = choice.protocol, choice.source
    else:
        advice.insert(0, _picture_advice(answers, tmux, who))
        if without_colours and protocol in _OF_COLOURED_TEXT:
            protocol, reason = Protocol.NONE, "NO_COLOR forbids pictures of coloured characters"
    if without_colours and protocol not in _OF_COLOURED_TEXT:  # who asks for these has them, in greys
        colours = NO_COLOURS
    return Terminal(
        protocol=protocol,
        reason=reason,
        name=who.name,
        multiplexer=inside,
        glyphs=_glyphs(who, inside),
        colours=colours,
        cell=answers.cell or window_cell or CellSize(),
        says_cell=answers.cell is not None,
        passthrough=protocol is Protocol.KITTY and inside.startswith("tmux"),
        background=answers.background,
        advice="; ".join(one for one in advice if one),
        quirks=who.known.quirks if who.known and not inside else frozenset(),
    )


def colour_variables(terminal: Terminal, environ: Mapping[str, str]) -> dict[str, str]:
    """What to set before Textual is imported, so that it draws the colours that the terminal has.

    Rich guesses by COLORTERM, which SSH drops, and by the end of TERM: Ghostty would get 16 colours.
    """
    if environ.get(_COLOUR_VARIABLE):
        return {}
    return {_COLOUR_VARIABLE: _COLOUR_SYSTEMS[terminal.colours]}


def is_light(background: tuple[int, int, int] | None) -> bool:
    """Whether dark text is read better on this background; not if it is unknown."""
    if background is None:
        return False
    red, green, blue = background
    return 0.299 * red + 0.587 * green + 0.114 * blue > 127.5  # luma, ITU-R BT.601


def _multiplexer(answers: Answers, environ: Mapping[str, str], tmux: Tmux | None) -> str:
    """Its name and version, if there is one between us and the terminal."""
    if in_screen(environ):
        return "screen"
    if tmux:
        return f"tmux {tmux.version}"
    if answers.names and answers.names[0].startswith("tmux"):  # perhaps on the other side of SSH
        return answers.names[0]
    if environ.get("TMUX"):
        return "tmux"
    if environ.get("TERM", "").startswith("screen") and not answers.names:
        return "screen"
    return ""


def _who(answers: Answers, environ: Mapping[str, str], tmux: Tmux | None, inside: str) -> Identity:
    """The terminal that draws: within tmux the one around it."""
    if not inside:
        return by_name(answers.names[-1]) if answers.names else by_surroundings(environ, answers)
    names = [name for name in answers.names if not name.startswith("tmux")]
    if names:
        return by_name(names[-1])
    if tmux and tmux.term_type:
        return by_name(tmux.term_type, "tmux says so")
    return by_term(tmux.term) if tmux else Identity()


def _draws_sixel(answers: Answers, tmux: Tmux | None, inside: str) -> bool:
    """Whether sixel arrives on the screen. tmux draws a box of text for terminals that have none."""
    if not answers.attributes or _SIXEL not in answers.attributes[0]:
        return False
    return not inside or (tmux is not None and tmux.sixel)


def _best(
    answers: Answers, environ: Mapping[str, str], tmux: Tmux | None, inside: str, who: Identity
) -> tuple[Protocol, str]:
    """The best way to show pictures, and why."""
    name = who.name or "the terminal"
    if environ.get("TERM") == "dumb":
        return Protocol.NONE, "TERM is dumb"
    if _in_console(environ, tmux):
        return Protocol.HALF, "the Linux console has no other block characters"
    sixel = _draws_sixel(answers, tmux, inside)
    if answers.kitty and who.draws_placeholders():
        through = f", through {inside}" if inside else ""
        return Protocol.KITTY, f"{name} answered the kitty query and draws placeholders{through}"
    if not inside and answers.attributes and who.draws_inline(says_sixel=sixel):
        return Protocol.ITERM, f"{name} draws iTerm2's inline images ({who.source})"
    if sixel:
        return Protocol.SIXEL, f"{inside or name} says that it draws sixel"
    if inside:
        return Protocol.SYMBOLS, f"{inside} passes no pictures on"
    kitty = ", without placeholders" if answers.kitty else ""
    return Protocol.SYMBOLS, f"{name} draws no pictures that Pictoscope can send{kitty}"


def _in_console(environ: Mapping[str, str], tmux: Tmux | None) -> bool:
    """Whether the Linux console shows it in the end."""
    return environ.get("TERM") == "linux" or (tmux is not None and tmux.term == "linux")


def _glyphs(who: Identity, inside: str) -> Glyphs:
    """Characters drawn without gaps; a multiplexer may not know the width of Unicode 16's octants."""
    glyphs = who.glyphs()
    return Glyphs.SEXTANTS if inside and glyphs is Glyphs.OCTANTS else glyphs


def _colours(who: Identity, environ: Mapping[str, str], tmux: Tmux | None, inside: str) -> int:
    """How many colours arrive on the screen."""
    if chosen := _COLOURS.get(environ.get(_COLOUR_VARIABLE, "")):
        return chosen
    term = environ.get("TERM", "")
    claimed = _claims_true_colour(environ)
    if term in ("linux", "dumb"):
        return 16
    if inside.startswith("tmux"):  # it converts to what the terminal around it has
        return TRUE_COLOUR if (tmux.rgb if tmux else claimed) else 256
    if inside:
        return 256 if "256" in term else 16  # COLORTERM comes from the terminal around it
    if claimed or term.endswith("-direct"):
        return TRUE_COLOUR
    if who.known:
        return who.known.colours
    return 256 if "256" in term else 16


def _claims_true_colour(environ: Mapping[str, str]) -> bool:
    return environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit")


def _picture_advice(answers: Answers, tmux: Tmux | None, who: Identity) -> str:
    """What the user can change for better pictures; empty if nothing."""
    if tmux and who.draws_placeholders() and not answers.kitty:
        if tmux.passthrough is None and version_of(tmux.version) < _PASSES_ON:
            return f"pictures need tmux 3.3 or newer, and in ~/.tmux.conf: {_ALLOW}"
        if not tmux.passthrough:
            return f"for pictures put into ~/.tmux.conf: {_ALLOW} (then: tmux source-file ~/.tmux.conf)"
    if who.known and who.known.inline_if_sixel and answers.attributes and _SIXEL not in answers.attributes[0]:
        return 'for pictures set "terminal.integrated.enableImages": true in VS Code'
    return ""


def _colour_advice(environ: Mapping[str, str], tmux: Tmux | None, inside: str, who: Identity, colours: int) -> str:
    """What the user can change for more colours; empty if nothing."""
    if colours == TRUE_COLOUR or environ.get("TERM", "") in ("", "linux", "dumb"):
        return ""
    if tmux and tmux.term and who.known and who.known.colours == TRUE_COLOUR:
        return f"for 24-bit colours put into ~/.tmux.conf: set -as terminal-features ',{tmux.term}:RGB'"
    if not inside and who.known:
        return who.known.colours_if
    return "" if inside else "if the terminal draws 24-bit colours: export COLORTERM=truecolor"
