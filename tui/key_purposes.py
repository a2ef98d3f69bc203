"""What keys are for: the groups of the footer and of the help, and how a key is written."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.keys import format_key, key_to_character

from core.actions.registry import actions
from core.text import printable


class Purpose(StrEnum):
    """What a key is for, in the order of the help."""

    HERE = "here"
    ACTIONS = "find and compare"
    LABELS = "tags and labels"
    MOVE = "move and select"
    EVERYWHERE = "everywhere"


_LABELS = ("tag", "untag", "properties", "labels", "undo", "redo", "import_labels", "keep", "stack", "unstack", "fold")
_EVERYWHERE = (
    *("settings", "jobs", "history", "help_keys", "leave", "quit", "command_palette", "export_list", "suspend_process"),
    *("focus_next", "focus_previous", "copy_text", "copy"),
)
_MOVES = (
    *("move", "move_rows", "move_pages", "move_to", "go", "first", "last", "select", "select_all", "clear_selection"),
    *("page_up", "page_down", "page_left", "page_right", "focused", "focus"),
    *("scroll_up", "scroll_down", "scroll_home", "scroll_end", "scroll_top", "scroll_bottom"),
    *("scroll_left", "scroll_right"),
)
_NAMES = {
    "slash": "/",
    "minus": "-",
    "plus": "+",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "escape": "esc",
    "enter": "enter",
}
_ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}


def purpose(binding: Binding) -> Purpose:
    """What a key is for, by the action that it runs."""
    name, _, arguments = binding.action.partition("(")
    name = name.rpartition(".")[2]
    if name in ("form", "compare"):
        return Purpose.ACTIONS
    if name in _LABELS and not arguments:
        return Purpose.LABELS
    if name in _EVERYWHERE:
        return Purpose.EVERYWHERE
    if name in _MOVES or "cursor" in name:
        return Purpose.MOVE
    return Purpose.HERE


def written(binding: Binding) -> str:
    """A key as people write it: ``→``, ``ctrl+a``, ``*``. Not its ``key_display``, which several keys may share."""
    *modifiers, name = replace(binding, key_display=None).key.strip().split("+")
    known = _ARROWS.get(name) or _NAMES.get(name)
    character = key_to_character(name) or ""
    if known is None and len(character) == 1 and character.isprintable() and character != " ":
        known = character
    return "+".join([*modifiers, known or format_key(name)])


def character(binding: Binding) -> str:
    """What a key types into a line of text; empty for one that types nothing."""
    key = written(binding)
    return "" if len(key) > 1 or binding.key in _ARROWS else key


@runtime_checkable
class RenamesKeys(Protocol):
    """A part of the interface whose keys do at times something else than their bindings say."""

    def key_word(self, action: str) -> str:
        """What the key of an action does now, in a word or two; empty where it does what its binding says."""


def with_current_word(active: ActiveBinding) -> ActiveBinding:
    """A key with the word for what it does at this moment."""
    word = active.node.key_word(active.binding.action) if isinstance(active.node, RenamesKeys) else ""
    return active._replace(binding=replace(active.binding, description=word, tooltip="")) if word else active


def whole_words(binding: Binding) -> str:
    """What a key does: the title of an action, else the tooltip, else the footer's short description."""
    for action in actions():
        if binding.action == f"app.form('{action.name}')":
            return printable(action.title)
    if binding.action == "screen.copy_text":
        return "Copy the selected text; without a selection, quit"
    return Content.from_markup(binding.tooltip).plain or binding.description
