"""The command palette: everything that can be done on the screen, and every name that can be gone to."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from textual.app import App, SystemCommand
from textual.markup import escape
from textual.screen import Screen

from core.actions.registry import actions
from core.errors import PictoscopeError
from core.filters.syntax import quoted
from core.project import Project
from core.text import printable
from tui.host import host_of
from tui.key_purposes import Purpose, purpose, whole_words, written
from tui.messages import VectorsChanged
from tui.screen_keys import vec_type_names
from tui.screens.browse.browse import BrowseScreen
from tui.widgets.folder_tree import FolderTree
from tui.widgets.labels_list import LabelsList

_COMMANDS = (  # title, help, the app's action
    ("Create new vectors", "choose a model and start a job", "create_vectors"),
    ("Settings", "project, folders, vectors, display", "settings"),
    ("Settings: project", "its name", "settings('project')"),
    ("Settings: folders", "add or remove folders of pictures", "settings('folders')"),
    ("Settings: vectors", "create, restart, verify, delete", "settings('vectors')"),
    ("Settings: display", "theme, size of thumbnails", "settings('display')"),
    ("Judge which vectors find better", "a few questions; the models stay hidden", "judge"),
    ("Jobs", "running and finished jobs", "jobs"),
    ("Compare vectors", "which vec types suit this collection", "compare('table')"),
    ("Labels", "tags, properties, groups, filters", "labels"),
    ("Map", "the pictures in two dimensions by their vectors", "map"),
    ("History", "past actions and changes of labels", "history"),
    ("Export", "the listed or selected pictures", "export_list"),
    ("Import labels", "from a table", "import_labels"),
    ("Undo", "undo the last change of labels", "undo"),
    ("Redo", "redo the last undone change of labels", "redo"),
    ("Failed pictures", "pictures that could not be read, with the reasons", "failures"),
    ("Look for new pictures", "scan the picture folders again", "rescan"),
    ("Read every picture again", "even if nothing seems to have changed", "rescan(True)"),
    ("Measure colour and sharpness", "of the pictures that no job has processed", "measure"),
)
_NAMES = 500  # of each kind: every one is compared with each letter that is typed


def commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """The commands for a screen; those for the project where one is open."""
    keys = {active.binding.action: written(active.binding) for active in reversed(screen.active_bindings.values())}
    if host_of(app).project:
        yield from _project_commands(app, keys)
    yield from _screen_commands(app, screen)
    yield SystemCommand("Keys", _with_key("?", "the keys of this screen"), _runs(app, "app.help_keys"))
    yield SystemCommand("Tour of the demo", "in some fifteen steps", _runs(app, "app.begin_tour"))
    yield SystemCommand("Quit", _with_key("ctrl+q", "jobs keep running"), _runs(app, "app.quit"))
    for name in sorted(app.available_themes):
        yield SystemCommand(f"Theme: {name}", "colours of the app", _changes_theme(app, name))


def _project_commands(app: App[Any], keys: dict[str, str]) -> Iterator[SystemCommand]:
    for action in actions():
        name = f"app.form({action.name!r})"
        text = _with_key(keys.get(name, ""), printable(action.help))
        yield SystemCommand(escape(printable(action.title)), text, _runs(app, name))
    for title, text, name in _COMMANDS:
        yield SystemCommand(title, _with_key(keys.get(f"app.{name}", ""), text), _runs(app, f"app.{name}"))
    browse = next((one for one in reversed(app.screen_stack) if isinstance(one, BrowseScreen)), None)
    project = host_of(app).project
    if browse is not None and project is not None:
        yield from _names(app, browse, project)


def _screen_commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What the keys of the screen and of the focused part do, but for moving and for what works everywhere."""
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        binding, node = active.binding, active.node
        text = whole_words(binding)
        if binding.action.startswith("app.") or not text or text in seen or not active.enabled:
            continue
        if purpose(binding) in (Purpose.HERE, Purpose.LABELS):
            seen.add(text)
            title = escape(text[0].upper() + text[1:])
            yield SystemCommand(title, _with_key(written(binding), "on this screen"), _runs(app, binding.action, node))


def _names(app: App[Any], browse: BrowseScreen, project: Project) -> Iterator[SystemCommand]:
    """Tags, groups, saved filters, folders and vec types. They are found by typing, not listed before."""

    def command(kind: str, name: str, text: str, work: Callable[[], object]) -> SystemCommand:
        return SystemCommand(escape(f"{kind}: {printable(name)}"), text, work, discover=False)

    def shows(**wanted: str) -> Callable[[], None]:
        def show() -> None:
            while app.screen is not browse:
                app.pop_screen()
            browse.show_only(**wanted)

        return show

    labels = browse.query_one(LabelsList).labels
    for tag in labels.tags[:_NAMES]:
        yield command("Tag", tag.name, "show its pictures", shows(filter=f"tag:{quoted(tag.name)}"))
    for group in labels.groups[:_NAMES]:
        yield command("Group", group.name, "show its pictures", shows(group=group.name))
    for name in labels.filters[:_NAMES]:
        yield command("Filter", name, "show what passes it", shows(filter=f"saved:{quoted(name)}"))
    for path in map(os.fsdecode, browse.query_one(FolderTree).paths[:_NAMES]):
        yield command("Folder", path, "show its pictures", shows(filter=f"folder:{quoted(path)}"))
    for name in vec_type_names(project)[:_NAMES]:
        yield command("Vec type", name, "use these vectors by default", _changes_default(app, project, name))


def _with_key(key: str, text: str) -> str:
    return escape(f"{key} · {text}" if key else text)


def _runs(app: App[Any], action: str, node: Any = None) -> Callable[[], Awaitable[bool]]:
    return lambda: app.run_action(action, node)


def _changes_theme(app: App[Any], name: str) -> Callable[[], None]:
    return lambda: host_of(app).change_display(theme=name)


def _changes_default(app: App[Any], project: Project, name: str) -> Callable[[], None]:
    def change() -> None:
        try:
            project.update_settings(lambda settings: replace(settings, default_vec_type=name))
        except (PictoscopeError, OSError) as error:
            host_of(app).tell(error)
        else:
            app.notify(f"{name} is the default vec type now", markup=False)
            host_of(app).broadcast(VectorsChanged)

    return change
