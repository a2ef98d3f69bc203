"""The line of keys at the foot of a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey, FooterLabel

from tui.key_purposes import Purpose, character, purpose, with_current_word

_ABOVE_NOTHING = 2  # Textual has an empty screen below the first
_BETWEEN_KEYS, _BETWEEN_GROUPS = 2, 3  # cells; between groups with a line in the middle


class KeysFooter(Footer):
    """Keys in groups by what they are for; those without room are left out whole, and the help has them.

    Help and Back stay at every width: they come last.

    Textual asks for them again whenever something gets the focus, some 17 times until the first screen stands still:
    what would be the same keys is left as it is. Nor do the keys watch the footer's ``compact``, which never changes:
    each would be styled twice, and the footer would keep all that ever were.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._shown: list[list[ActiveBinding]] = []
        self._will_look = False

    def compose(self) -> ComposeResult:
        """The keys that fit, in their groups."""
        if not self._bindings_ready:
            return
        self._shown = groups = self._fitting()
        for number, group in enumerate(groups):
            if number:
                yield FooterLabel("│")
            for active in group:
                binding = active.binding
                yield FooterKey(
                    binding.key,
                    self._shown_key(active),
                    self._words(binding),
                    binding.action,
                    disabled=not active.enabled,
                    tooltip=active.tooltip,
                    classes="-compact -last" if active is group[-1] else "-compact",
                )

    def _words(self, binding: Binding) -> str:
        """Back from the last screen leaves the program: it says so."""
        last = self.screen in self.app.screen_stack[:_ABOVE_NOTHING]
        return "Quit" if last and binding.action == "app.leave" else binding.description

    def _fitting(self) -> list[list[ActiveBinding]]:
        return fitting(_groups(self._working()), self._shown_key, self.app.size.width)

    def _working(self) -> list[ActiveBinding]:
        """The keys that work now: what a line of text takes as a character is typed.

        Textual leaves these out as well, but not those that it calls by a name of its own (``plus``, ``slash``).
        """
        focused, bindings = self.screen.focused, list(map(with_current_word, self.screen.active_bindings.values()))
        if focused is None:
            return bindings
        return [
            one
            for one in bindings
            if not (typed := character(one.binding)) or not focused.check_consume_key(typed, typed)
        ]

    def _shown_key(self, active: ActiveBinding) -> str:
        return self.app.get_key_display(active.binding)

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """However often they change until the next frame, which keys work is asked once, after it."""
        self._bindings_ready = True
        if not self._will_look and self.app.app_focus and self.is_attached:
            self._will_look = self.call_after_refresh(self.recompose)

    async def recompose(self) -> None:
        """Show the keys as they are now, unless they stand there already."""
        self._will_look = False
        if not (self.is_attached and self.screen.is_attached):  # closed meanwhile
            return
        if not self._bindings_ready or _looks(self._shown) != _looks(self._fitting()):
            await super().recompose()

    def on_resize(self, event: events.Resize) -> None:
        """Another width has room for other keys."""
        self.call_after_refresh(self.recompose)


def _looks(groups: Iterable[Iterable[ActiveBinding]]) -> list[list[tuple[object, ...]]]:
    """What a footer shows of them, whichever widget they belong to."""
    return [[(active.binding, active.enabled, active.tooltip) for active in group] for group in groups]


def _groups(bindings: Iterable[ActiveBinding]) -> list[list[ActiveBinding]]:
    """The keys that a footer shows, one for each action, by purpose; those that work everywhere last."""
    by_purpose: dict[Purpose, dict[str, ActiveBinding]] = {}
    for active in bindings:
        if active.binding.show:
            by_purpose.setdefault(purpose(active.binding), {}).setdefault(active.binding.action, active)
    last = by_purpose.pop(Purpose.EVERYWHERE, {})
    return [list(group.values()) for group in (*by_purpose.values(), last) if group]


def fitting(
    groups: Sequence[Sequence[ActiveBinding]], shown_key: Callable[[ActiveBinding], str], width: int
) -> list[list[ActiveBinding]]:
    """The keys that fit ``width`` cells: the largest group, of equal ones the later, gives up its last key first.

    Of the last group only what comes before its last two keys, Help and Back, is given up.
    """
    kept = [list(group) for group in groups]
    while _width(kept, shown_key) > width:
        spare = [len(group) - (2 if group is kept[-1] else 0) for group in kept]
        most = max(spare)
        if most <= 0:
            break
        group = kept[len(spare) - 1 - spare[::-1].index(most)]
        del group[-3 if group is kept[-1] else -1]
        kept = [group for group in kept if group]
    return kept


def _width(groups: Sequence[Sequence[ActiveBinding]], shown_key: Callable[[ActiveBinding], str]) -> int:
    words = sum(cell_len(f"{shown_key(active)} {active.binding.description}") for group in groups for active in group)
    gaps = sum(len(group) - 1 for group in groups) * _BETWEEN_KEYS + max(0, len(groups) - 1) * _BETWEEN_GROUPS
    return words + gaps
