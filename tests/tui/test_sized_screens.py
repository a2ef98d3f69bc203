"""A screen has the classes of the terminal's size from its first moment on, and is styled once."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import pytest
from app_helpers import press_then, running, until
from textual.app import ComposeResult
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Static, TabbedContent

from core.project import Project
from tui.screens.labels.labels import LabelsScreen
from tui.widgets.progress import JobLine

BY_SIZE = {"-narrow", "-wide", "-very-wide", "-low", "-tall"}


class Dialog(ModalScreen[None]):
    """Notes its classes when its widgets are made."""

    VERTICAL_BREAKPOINTS: ClassVar = [(0, "-low"), (40, "-tall")]
    first: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """One widget."""
        self.first = self.classes
        yield Static("a dialog")


@pytest.mark.parametrize(
    ("size", "classes"),
    [
        ((60, 20), {"-narrow", "-low"}),
        ((99, 39), {"-narrow", "-low"}),
        ((100, 40), {"-wide", "-tall"}),
        ((200, 60), {"-very-wide", "-tall"}),
    ],
)
async def test_it_has_them_when_its_widgets_are_made_and_others_at_another_size(
    size: tuple[int, int], classes: set[str]
) -> None:
    async with running(None, size) as (app, pilot):
        dialog = Dialog()
        app.push_screen(dialog)
        await until(pilot, lambda: app.screen is dialog)
        assert dialog.first & BY_SIZE == classes
        assert dialog.classes & BY_SIZE == classes
        await pilot.resize_terminal(120, 20)
        await until(pilot, lambda: dialog.classes & BY_SIZE == {"-wide", "-low"})


async def test_its_widgets_are_styled_once_until_something_changes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    styled: Counter[DOMNode] = Counter()
    apply = Stylesheet.apply

    def counted(stylesheet: Stylesheet, node: DOMNode, **options: Any) -> None:
        styled[node] += 1
        apply(stylesheet, node, **options)

    async with running(project) as (app, pilot):
        monkeypatch.setattr(Stylesheet, "apply", counted)
        await press_then(pilot, "L", screen=LabelsScreen)
        assert [styled[app.screen.query_one(name)] for name in ("#header", JobLine, TabbedContent)] == [1, 1, 1]
