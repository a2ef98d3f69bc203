"""Questions before labels change: which tag, which values, which table, whether to undo another program's step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import App

from core.catalog.property_types import Value
from core.errors import PictoscopeError, UsageError
from core.labels.tags import Tags
from core.labels.undo import PROGRAM, ForeignStep
from core.names import clean_name, no_such_error
from core.project import Project
from core.text import count, moment
from tui import label_actions
from tui.advice_by_key import in_app
from tui.host import host_of
from tui.screens.base import PictoscopeScreen
from tui.widgets.label_suggester import tag_suggester

if TYPE_CHECKING:  # NumPy comes when a file is read
    from core.importing.plan import Plan


def ask_tag(
    screen: PictoscopeScreen,
    title: str,
    work: Callable[[Project, str, Sequence[bytes], str], str],
    *,
    yes: str,
    exists: bool = False,
) -> None:
    """Ask for a tag, then call ``work`` with it and the chosen pictures. A wrong one is said in the dialog.

    Args:
        screen: whose pictures are chosen.
        title: what is done.
        work: does it, given the vec type that brought the pictures together; returns what was done, in words.
        yes: what the button says.
        exists: whether only a tag that there is will do.
    """
    from tui.screens.dialogs.ask_line import AskLine

    host, keys, made_by = screen.host, screen.chosen_keys, screen.answered_with
    project = host.project
    if project is None or not keys:
        screen.nothing_chosen()
        return

    def named(name: str | None) -> None:
        if name:
            host.label(lambda: work(project, name, keys, made_by))

    question = f"{title} {count(len(keys), 'picture')}"
    help = "tab completes a tag that there is"
    dialog = AskLine(
        question,
        placeholder="name of the tag",
        yes=yes,
        help=help,
        suggester=tag_suggester(project),
        check=lambda typed: _wrong_tag(typed, Tags(project.catalog).names() if exists else None),
    )
    screen.app.push_screen(dialog, named)


def _wrong_tag(typed: str, known: Collection[str] | None) -> str:
    """What is wrong with the name of a tag; ``known``: those that will do, None for any."""
    try:
        name = clean_name(typed, "tag")
        if known is not None and name not in known:
            raise no_such_error("tag", name, known)
    except UsageError as error:
        return f"{error.message} ({in_app(error.hint)})"
    return ""


def ask_properties(screen: PictoscopeScreen) -> None:
    """Ask for properties of the chosen pictures, then set them in a thread."""
    from tui.screens.labels.properties import PropertiesForm

    host, keys = screen.host, screen.chosen_keys
    project = host.project
    if project is None or not keys:
        screen.nothing_chosen()
        return

    def answered(values: dict[str, Value] | None) -> None:
        if values:
            host.label(lambda: label_actions.set_properties(project, values, keys))

    chosen = screen.chosen if len(keys) == 1 else []
    screen.app.push_screen(PropertiesForm(project, keys, chosen[0].picture.name if chosen else ""), answered)


def ask_import(app: App[Any]) -> None:
    """Ask for a table, show what would change, and import its labels after confirmation."""
    from tui.screens.dialogs.import_labels import ImportLabels

    host = host_of(app)

    def planned(plan: Plan | None) -> None:
        if plan is not None:
            host.label(lambda: label_actions.import_labels(plan))

    if host.project:
        app.push_screen(ImportLabels(host.project), planned)


def turn(app: App[Any], what: str, work: Callable[[Project, str], str]) -> None:
    """Undo or redo (``what``) with ``work``; a step of another program only after confirmation."""
    from tui.screens.dialogs.dialogs import Confirm

    host = host_of(app)
    project = host.project
    if project is None:
        return

    def refused(error: PictoscopeError | OSError) -> None:
        if not isinstance(error, ForeignStep):
            host.tell(error)
            return
        program, made = error.program, moment(error.made)
        question = f"“{error.name}” was done by another program, or in an earlier session ({made}). {what} it?"
        app.push_screen(
            Confirm(question, what),
            lambda yes: host.label(lambda: work(project, program), refused) if yes else None,
        )

    host.label(lambda: work(project, PROGRAM), refused)
