"""The command palette of a project: its actions, its screens, and what has no key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.markup import escape

from core.actions.registry import actions
from core.text import printable
from tui import asking

if TYPE_CHECKING:
    from tui.app import Pictoscope


def commands(app: Pictoscope) -> Iterator[SystemCommand]:
    """What can be done with the project that is open."""
    for action in actions():
        title, text = escape(printable(action.title)), escape(printable(action.help))
        yield SystemCommand(title, text, lambda name=action.name: app.action_form(name))
    yield SystemCommand("Create new vectors", "choose a model and start a job", app.action_create_vectors)
    yield SystemCommand("Settings", "project, folders, vectors, display", app.action_settings)
    yield SystemCommand("Jobs", "what runs and what ran", app.action_jobs)
    yield SystemCommand("Labels", "tags, properties, groups, filters", lambda: app.run_action("screen.labels"))
    yield SystemCommand("History", "what was asked and what was decided", app.action_history)
    yield SystemCommand("Export", "what is on show, or selected", lambda: app.run_action("screen.export_list"))
    yield SystemCommand("Import labels", "from a table", lambda: asking.ask_import(app))
    yield SystemCommand("Undo", "take back what was decided last", app.action_undo)
    yield SystemCommand("Redo", "do again what was taken back last", app.action_redo)
    yield SystemCommand("Failed pictures", "what could not be read, and why", app.action_failures)
    yield SystemCommand("Look for new pictures", "read the picture folders again", app.action_rescan)
    yield SystemCommand("Measure colour and sharpness", "of the pictures that no job has looked at", app.action_measure)
