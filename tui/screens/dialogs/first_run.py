"""The card after the first scan of a project: how many pictures there are, and what comes before a search."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Button, Static

from core.key_hints import key_for_first, with_keys
from core.text import count, duration
from tui.screens.dialogs.dialog import Dialog
from tui.widgets.button_row import ButtonRow

_PER_PROCESSOR = 4.0  # pictures per second of the two models in one pass, measured on two slow cores
_MOST_PROCESSORS = 8  # that one job uses well

Chosen = Literal["prepare", "choose"]


class FirstRun(Dialog["Chosen | None"]):
    """Offers to create the first vectors.

    Args:
        pictures: of the project.
        models: that would compute vectors; at least one.
        rates: measured pictures per second by model; may lack some.
    """

    BINDINGS = [
        Binding("enter", "dismiss('prepare')", "Prepare search"),
        Binding("c", "dismiss('choose')", "Choose models"),
        Binding("escape,q", "dismiss(None)", "Later"),
    ]

    def __init__(self, pictures: int, models: Sequence[str], rates: Mapping[str, float]) -> None:
        super().__init__()
        self._pictures = pictures
        self._models = models
        self._seconds = seconds_needed(pictures, models, rates)

    def compose(self) -> ComposeResult:
        models = " and ".join(self._models)
        with Vertical(classes="dialog") as box:
            box.border_title = count(self._pictures, "picture")
            yield Static(
                f"{key_for_first('first-run.prepare-search')} prepares search: {models}, {about(self._seconds)}",
                id="prepares",
                markup=False,
            )
            yield Static(
                Text(
                    "\nSimilar pictures, search by words, clusters and duplicates compare vectors, which a job computes"
                    " once for each picture. It runs on when you quit; browsing and tags work meanwhile.",
                    "dim",
                )
            )
            with ButtonRow(classes="buttons"):
                yield Button(with_keys("Later  {first-run.later}"), id="later", compact=True)
                yield Button(with_keys("Choose models  {first-run.choose-models}"), id="choose", compact=True)
                yield Button(
                    with_keys("Prepare  {first-run.prepare-search}"), id="prepare", variant="primary", compact=True
                )

    def on_mount(self) -> None:
        self.query_one("#prepare", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "prepare":
                self.dismiss("prepare")
            case "choose":
                self.dismiss("choose")
            case _:
                self.dismiss(None)


def seconds_needed(pictures: int, models: Sequence[str], rates: Mapping[str, float]) -> float:
    """A rough estimate of the seconds that one pass over the pictures takes.

    By the slowest measured rate if all models were measured on this machine, else by the number of processors.
    """
    measured = [rates[model] for model in models if rates.get(model, 0) > 0]
    guessed = _PER_PROCESSOR * min(_MOST_PROCESSORS, os.cpu_count() or 1)
    return pictures / (min(measured) if len(measured) == len(models) else guessed)


def about(seconds: float) -> str:
    """A rough duration in words, rounded up: ``about 2 min``."""
    minutes = math.ceil(seconds / 60)
    if minutes < 2:
        return "about a minute"
    return f"about {duration(60 * minutes)}"
