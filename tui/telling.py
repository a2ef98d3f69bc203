"""The part of the app that tells people what is wrong, and why a key does nothing, and screens what has happened."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from textual.binding import Binding
from textual.message import Message
from textual.notifications import Notify, SeverityLevel

from core.errors import PictoscopeError
from core.text import printable
from tui.advice_by_key import in_app
from tui.graphics.terminal import UNASKED, Terminal
from tui.key_purposes import whole_words, written
from tui.messages import Failed, NotRead, refused
from tui.picture_app import PictureApp

_SAME_AGAIN = 2.0  # seconds in which the same error from several places is shown once
_PATH_END = 40  # characters that are kept of a path
_LONG_PATH = re.compile(rf"/\S{{{_PATH_END + 4},}}")
_LONGEST = 240  # characters of a notification: some four lines. More would lie over names and buttons.
_LONGEST_FOR_WIDTH = 3  # characters for each column of a narrow terminal: four lines there


def shortened(message: str, hint: str, longest: int) -> str:
    """A message and what to do, on lines of their own, in at most ``longest`` characters.

    The message is cut first: the beginnings of long paths, then its middle; what is wrong stands after a path.
    """
    hint = _cut(hint, longest // 2)
    return _cut(message, longest - len(hint) - 1) + f"\n{hint}" if hint else _cut(message, longest)


def _cut(text: str, longest: int) -> str:
    if len(text) > longest:
        text = _LONG_PATH.sub(lambda found: f"…{found[0][-_PATH_END:]}", text)
    if len(text) <= longest:
        return text
    tail = longest * 2 // 5
    return f"{text[: max(longest - tail - 1, 0)].rstrip()}…{text[len(text) - tail :].lstrip()}"


@runtime_checkable
class Hinders(Protocol):
    """A part of the interface some of whose keys do nothing at times."""

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """Why an action cannot be done now, in a sentence; empty if it can."""


class Telling(PictureApp):
    """Errors as notifications, messages for all screens, and reasons for keys that do nothing now.

    Attributes:
        most_notifications: at a time: the oldest goes when another one comes.
    """

    most_notifications = 2

    def __init__(self, terminal: Terminal = UNASKED) -> None:
        super().__init__(terminal)
        self._told = ("", 0.0)

    def broadcast(self, new: Callable[[], Message]) -> None:
        """Post a message to every screen; ``new`` makes the one for each.

        Posted, not called: a screen may have been pushed this moment.
        """
        for screen in self.screen_stack:
            screen.post_message(new())

    def on_failed(self, message: Failed) -> None:
        self.tell(message.error)

    def on_not_read(self, message: NotRead) -> None:
        self.tell(message.error)

    def tell(self, error: PictoscopeError | OSError) -> None:
        """Show an error and its hint as a notification."""
        known = error if isinstance(error, PictoscopeError) else refused(error)
        text = shortened(printable(known.message), printable(in_app(known.hint)), self._longest)
        (before, when), now = self._told, time.monotonic()
        if text != before or now - when > _SAME_AGAIN:
            self._told = (text, now)
            self.notify(text, severity="error", timeout=10, markup=False)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notification of a few lines; of several the latest stay."""
        text = shortened(message, "", self._longest)
        super().notify(text, title=title, severity=severity, timeout=timeout, markup=markup)

    @property
    def _longest(self) -> int:
        return min(_LONGEST, _LONGEST_FOR_WIDTH * self.size.width)

    def on_notify(self, event: Notify) -> None:
        """One has come, which Textual adds after this: the latest are kept."""
        for old in list(self._notifications)[: 1 - self.most_notifications]:
            self._unnotify(old)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """What a key is bound to is done; where it is disabled, and nothing else takes the key, the reason is said."""
        if await super()._check_bindings(key, priority):
            return True
        reason = "" if priority else self._hindrance_of(key)
        if reason:
            self.notify(reason, markup=False)
        return bool(reason)

    def keys_not_now(self) -> list[tuple[str, str]]:
        """The keys of the screen that can do nothing now, each with what it would do and why it cannot."""
        by_purpose: dict[str, list[str]] = {}  # keys by what they would do
        for _, binding, said in self._hindered():
            by_purpose.setdefault(said, []).append(written(binding))
        return [("  ".join(dict.fromkeys(keys)), said) for said, keys in by_purpose.items()]

    def _hindrance_of(self, key: str) -> str:
        return next((said for pressed, _, said in self._hindered() if pressed == key), "")

    def _hindered(self) -> Iterator[tuple[str, Binding, str]]:
        for node, bindings in self.screen._modal_binding_chain:
            for key, all_of_key in bindings.key_to_bindings.items():
                for binding in all_of_key:
                    target, name, parameters = self._parse_action(binding.action, node)
                    if isinstance(target, Hinders) and (reason := target.hindrance(name, parameters)):
                        yield key, binding, f"{whole_words(binding)}: {reason}"
