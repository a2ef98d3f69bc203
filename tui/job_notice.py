"""What a terminal is sent when a job has ended: nothing, a bell, or a bell and a notice of the desktop.

OSC 9 is iTerm2's, read by kitty, WezTerm, Ghostty and Windows Terminal too; OSC 777 is urxvt's, read by foot and VTE.
Other terminals ignore both.
"""

from __future__ import annotations

from core.text import printable
from tui.graphics.passthrough import through_tmux
from tui.graphics.terminal import Terminal

OFF, BELL, DESKTOP = NOTICES = ("off", "bell", "desktop")
WORDS = {OFF: "off", BELL: "bell", DESKTOP: "bell, and a notice on the desktop"}
_READ_777 = ("foot", "vte", "rxvt", "urxvt")  # beginnings of names
_LONGEST = 200  # characters


def notice(text: str, chosen: str, terminal: Terminal) -> str:
    """The sequences for an ended job.

    Args:
        text: what is said; control characters in it are made visible.
        chosen: one of ``NOTICES``.
        terminal: that gets them; tmux passes them on only where that is allowed.
    """
    if chosen == OFF:
        return ""
    if chosen == BELL or terminal.multiplexer == "screen":  # screen would show the text
        return "\a"
    shown = printable(text)[:_LONGEST]
    if terminal.name.lower().startswith(_READ_777):
        sequence = f"\x1b]777;notify;Pictoscope;{shown.replace(';', ',')}\x1b\\"
    else:
        sequence = f"\x1b]9;Pictoscope: {shown}\x1b\\"
    return "\a" + (through_tmux(sequence) if terminal.multiplexer else sequence)
