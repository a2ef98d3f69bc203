"""Reads in threads: of several reads of one thing the newest is what is shown in the end, in whatever order they end.

A thread cannot be cancelled: one that is not wanted any more goes on, and may end after the one that took its place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from textual.dom import DOMNode
from textual.message import Message

from core.errors import Cancelled, PictoscopeError
from tui.messages import Failed

Answers = Message | Iterable[Message] | None


@dataclass
class _Reads:
    """Of one thing, counted from 1: the newest that has begun, and the newest that has answered."""

    begun: int = 0
    answered: int = 0


_READS: WeakKeyDictionary[DOMNode, dict[str, _Reads]] = WeakKeyDictionary()
_LOCK = threading.Lock()  # held while it is decided whether to post, and while it is posted: nothing comes in between


def read_newest(
    node: DOMNode,
    read: Callable[[], Answers],
    *,
    group: str,
    failed: Callable[[PictoscopeError | OSError], Message | None] = Failed,
    only_last: bool = False,
) -> None:
    """Read in a thread, and post what was read, or why it could not be, unless a newer read has answered already.

    An older answer that comes before the newer one is posted: what changes faster than it is read is shown all the
    same.

    Args:
        node: gets the messages.
        read: is called in a thread. It returns a message, or several; a generator may go on after its last one.
        group: names what is read.
        failed: makes a message of an error; nothing is posted of :class:`Cancelled`.
        only_last: post nothing either once a newer read has begun. For answers that something is done with, such as
            opening a dialog, and for those of another question.
    """
    with _LOCK:
        reads = _READS.setdefault(node, {}).setdefault(group, _Reads())
        number = reads.begun = reads.begun + 1

    def post(message: Message | None) -> None:
        with _LOCK:
            if message is not None and number >= (reads.begun if only_last else reads.answered):
                reads.answered = number
                node.post_message(message)

    def work() -> None:
        try:
            answers = read()
            for message in [answers] if answers is None or isinstance(answers, Message) else answers:
                post(message)
        except Cancelled:
            return
        except (PictoscopeError, OSError) as error:
            post(failed(error))

    node.run_worker(work, thread=True, exclusive=True, group=group)
