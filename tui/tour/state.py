"""Where the tour stands, in the user's own folder: it goes on at the next start, and once left never comes back."""

from __future__ import annotations

from contextlib import suppress

from core import toml_file
from core.errors import PictoscopeError
from core.user_folders import state_folder
from tui.tour.steps import STEPS

FILE_NAME = "tour.toml"
_LEFT = "left"  # what stands in the file instead of a step


def step_to_go_on_with() -> int | None:
    """Number of the step that comes next; None if the tour was left or finished."""
    try:
        found = toml_file.read_or_empty(state_folder() / FILE_NAME).get("step", "")
    except OSError:  # there is no such folder
        return 0
    names = [step.name for step in STEPS]
    return None if found == _LEFT else names.index(found) if found in names else 0


def remember_step(number: int | None) -> None:
    """Keep the step that comes next; None: the tour is over. If it cannot be written, the tour begins again."""
    name = _LEFT if number is None else STEPS[number].name
    with suppress(PictoscopeError, OSError):
        toml_file.update(state_folder() / FILE_NAME, lambda content: {"step": name})
