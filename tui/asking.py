"""What is asked before labels change: which tag, which table; and names completed while they are typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.suggester import Suggester

from core.catalog.groups import Groups, SavedGroup
from core.catalog.tags import Tag, Tags
from core.project import Project
from core.text import count
from tui import labelling

if TYPE_CHECKING:  # NumPy comes when a file is read
    from core.importing.plan import Plan
    from tui.app import Pictoscope


class LabelSuggester(Suggester):
    """Completes the name of something that holds pictures.

    Args:
        read: gives all of them; called once, in a thread.
    """

    def __init__(self, read: Callable[[], Sequence[Tag | SavedGroup]]) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self._read = read
        self._names: list[str] | None = None

    async def get_suggestion(self, value: str) -> str | None:
        """Of those that begin like this the one with the most pictures."""
        if self._names is None:
            labels = await asyncio.to_thread(self._read)
            self._names = [label.name for label in sorted(labels, key=lambda label: -label.pictures)]
        return next((name for name in self._names if name.casefold().startswith(value)), None)


def tag_suggester(project: Project) -> LabelSuggester:
    """Completes the name of a tag."""
    return LabelSuggester(Tags(project.catalog).all)


def group_suggester(project: Project) -> LabelSuggester:
    """Completes the name of a saved group."""
    return LabelSuggester(Groups(project.catalog).all)


def ask_tag(app: Pictoscope, title: str, work: Callable[[Project, str, Sequence[bytes]], str]) -> None:
    """Ask for a tag, then do ``work`` with it and the pictures that are chosen."""
    from tui.screens.ask_line import AskLine

    project = app.project
    keys: list[bytes] = getattr(app.screen, "chosen_keys", [])
    if project is None or not keys:
        return

    def named(name: str | None) -> None:
        if name:
            app.label(lambda: work(project, name, keys))

    question = f"{title} {count(len(keys), 'picture')}"
    app.push_screen(AskLine(question, placeholder="name of the tag", suggester=tag_suggester(project)), named)


def ask_import(app: Pictoscope) -> None:
    """Ask for a table, and import its labels if that is wanted once it is known what would change."""
    from tui.screens.import_labels import ImportLabels

    def planned(plan: Plan | None) -> None:
        if plan is not None:
            app.label(lambda: labelling.import_labels(plan))

    if app.project:
        app.push_screen(ImportLabels(app.project), planned)
