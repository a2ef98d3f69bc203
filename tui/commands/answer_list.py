"""Prints an answer as text: the beginning of it for a person at a terminal, every path for a program behind a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from core.actions.answer import Answer, Match
from core.text import count, printable
from tui.commands.common import print_paths, say

_SHOWN = 10  # pictures of a group, and groups, that a terminal shows without --all


def print_answer(answer: Answer, *, null: bool, scores: bool, everything: bool) -> None:
    """Print pictures, one per line, best first; an empty line between groups.

    Into a pipe or with ``null``: absolute paths, with scores only if ``scores``. On a terminal: scores, paths relative
    to the current folder where that is shorter, names of groups, and ten of each list unless ``everything``.
    """
    if answer.note:
        say(answer.note)
    for_person = sys.stdout.isatty() and not null
    limit = _SHOWN if for_person and not everything else None
    several = len(answer.groups) > 1
    for number, group in enumerate(answer.groups[:limit]):
        if several and not null:
            if number:
                print()
            if for_person:
                print(f"{printable(group.name)} · {count(len(group.matches), 'picture')}")
        shown = group.matches[:limit]
        paths = [_short(match.path) if for_person else match.path for match in shown]
        print_paths(paths, null=null, prefixes=_scores(shown) if scores or for_person else ())
    if not any(group.matches for group in answer.groups):
        named = next((group.name for group in answer.groups if group.name != answer.title), "")
        say(named or "no pictures found")
    if limit is not None:
        _say_rest(answer, limit)


def _scores(matches: Sequence[Match]) -> list[str]:
    return [f"{match.score:.4f}  " if match.score is not None else "" for match in matches]


def _short(path: bytes) -> bytes:
    """The path as seen from the current folder if that is shorter: both name the same file."""
    try:
        return min(path, os.path.relpath(path), key=len)
    except OSError:  # the current folder was deleted
        return path


def _say_rest(answer: Answer, limit: int) -> None:
    """Say how many pictures and groups were left out, and how to get them."""
    groups = len(answer.groups)
    if groups > limit:
        left_out = f"{limit} of {count(groups, 'group')}, at most {limit} pictures of each"
    elif any(len(group.matches) > limit for group in answer.groups):
        left_out = f"{limit} of {count(len(answer.groups[0].matches), 'picture')}"
        if groups > 1:
            left_out = f"at most {limit} pictures of each group"
    else:
        return
    say(f"{left_out}; --all lists all of them, and so does a pipe: | less")
