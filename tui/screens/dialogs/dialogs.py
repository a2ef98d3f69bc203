"""Small questions: yes or no, and what keys there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from core.key_hints import key_for, with_keys
from core.text import printable
from tui.key_purposes import Purpose, purpose, whole_words, with_current_word, written
from tui.screens.dialogs.dialog import Dialog

_TEXTUALS_OWN = ("app.focus_next", "app.focus_previous", "screen.copy_text")  # bindings that every screen inherits


class Confirm(Dialog[bool]):
    """A question before something is done. Enter is the button with the focus, as in every dialog.

    That is Yes, unless something would be lost: then it is Cancel, and Yes needs the letter y or a step to its button.

    Args:
        question: in a sentence.
        yes: what the button says.
        loses: whether something would be lost that is not easily made again.
    """

    BINDINGS = [
        Binding("escape,n,q", "dismiss(False)", "No"),
        Binding("y", "dismiss(True)", "Yes"),
        Binding("left,right", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(self, question: str, yes: str, *, loses: bool = True) -> None:
        super().__init__()
        self._question = question
        self._yes = yes
        self._loses = loses

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(printable(self._question)))
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {confirm.no}"), id="no", compact=True)
                key = key_for("confirm.yes") if self._loses else "enter"
                variant: Literal["error", "primary"] = "error" if self._loses else "primary"
                yield Button(f"{self._yes}  {key}", id="yes", variant=variant, compact=True)

    def on_mount(self) -> None:
        """Focus the harmless answer."""
        self.query_one("#no" if self._loses else "#yes", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


def keys_of(screen: Screen[Any]) -> dict[Purpose, list[tuple[str, str]]]:
    """The keys that work on a screen, each with what it does, by purpose: the screen's own keys first."""
    keys: dict[Purpose, dict[str, dict[str, None]]] = {}  # by what they do; several keys may do the same
    for active in sorted(map(with_current_word, screen.active_bindings.values()), key=_closeness):
        binding = active.binding
        if binding.description and not binding.system and not binding.key.startswith("super+") and _can_move(active):
            words = whole_words(binding)
            words = words.capitalize() if _closeness(active) > 1 else words  # Textual writes Page Up
            keys.setdefault(purpose(binding), {}).setdefault(words, {})[written(binding)] = None
    return {one: [("  ".join(shown), text) for text, shown in keys[one].items()] for one in Purpose if one in keys}


def _can_move(active: ActiveBinding) -> bool:
    """Whether there is something to see where a key moves; true for keys that do something else."""
    sideways = active.binding.action in ("scroll_left", "scroll_right", "page_left", "page_right")
    return not sideways or not isinstance(active.node, Widget) or active.node.allow_horizontal_scroll


def _closeness(active: ActiveBinding) -> int:
    """For sorting keys: those of the screen come first, then those of our widgets, then what Textual brings."""
    if active.binding.action in _TEXTUALS_OWN:
        return 3
    if isinstance(active.node, Screen):
        return 0
    return 1 if type(active.node).__module__.startswith("tui.") else 2


class KeysHelp(ModalScreen[None]):
    """The keys of the screen below.

    Args:
        title: the name of the screen; its own keys come first.
        keys: each with what it does, by purpose.
        about: a sentence above the keys; may be empty.
        not_now: the keys that can do nothing now, each with why.
    """

    BINDINGS = [Binding("escape,q,question_mark,f1,enter", "dismiss(None)", "Close")]

    def __init__(
        self,
        title: str,
        keys: Mapping[Purpose, Sequence[tuple[str, str]]],
        about: str = "",
        not_now: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__()
        self._not_now = not_now
        self._title = title
        self._keys = keys
        self._about = about

    def compose(self) -> ComposeResult:
        """What there is to say about the screen, then a table of keys."""
        table = Table.grid(padding=(0, 3, 0, 0))
        groups = [
            (self._title if group is Purpose.HERE else group.capitalize(), keys) for group, keys in self._keys.items()
        ]
        if self._not_now:
            groups.append(("Not now", self._not_now))
        for number, (heading, keys) in enumerate(groups):
            if number:
                table.add_row()
            table.add_row(Text.assemble((heading, "bold underline")))
            for key, text in keys:
                table.add_row(Text(key, "bold"), Text(text))
        with VerticalScroll(classes="dialog", id="keys") as box:
            box.border_title = f"{self._title}: keys"
            box.border_subtitle = with_keys("{keys-help.close} closes")
            if self._about:
                yield Static(Text(self._about), id="about")
            yield Static(table)
