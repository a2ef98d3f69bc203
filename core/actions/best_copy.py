"""Which of several copies of a picture to keep, and why, in words."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.catalog.copies import File, fidelity
from core.text import byte_size, printable

# What differs by less is no reason. Resized pictures differ by a row. An original of 35 KB saved again at a higher
# quality has 49 KB and nothing more to show: there sharpness and age decide.
_PIXELS_ALIKE = 0.99
_BYTES_ALIKE = 0.65
_SHARPNESS_ALIKE = 0.85
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is proposed for a copy.

    Attributes:
        keep: whether it stays.
        reason: why, a few words.
    """

    keep: bool
    reason: str


@dataclass(frozen=True)
class _Rule:
    """A step of the decision: who stays in the running, and what is said of the two sides."""

    stays: Callable[[Sequence[int]], list[int]]
    won: Callable[[int], str]
    lost: Callable[[int, int], str]


def best_copy(files: Sequence[File], sharpness: Callable[[File], float] = lambda file: 0.0) -> tuple[int, str]:
    """The copy to keep: most pixels, then format, bytes (within a format), sharpness, age, path.

    Args:
        files: at least one.
        sharpness: asked only where what comes before does not decide; 0 for unknown.

    Returns:
        Its position, and why it is kept.
    """
    best, verdicts = _judge(files, sharpness)
    return best, verdicts[best]


def verdicts(
    files: Sequence[File],
    references: Sequence[bool],
    best_among: Sequence[int],
    sharpness: Callable[[File], float] = lambda file: 0.0,
) -> tuple[int, tuple[Verdict, ...]]:
    """What to keep and what to give up.

    Files in a reference folder are always kept, and the best of them is the best. A copy that has clearly more pixels
    than the best one, or keeps more of them in its format, is kept too: better one too many than a better one lost.

    Args:
        files: at least one.
        references: which of them lie in a reference folder.
        best_among: positions of the copies that all others are near to; at least one.
        sharpness: see :func:`best_copy`.

    Returns:
        Position of the best copy, and a verdict for each file.
    """
    guarded = [number for number, reference in enumerate(references) if reference]
    allowed = [number for number in best_among if references[number]] if guarded else list(best_among)
    chosen, _ = best_copy([files[number] for number in allowed or guarded], sharpness)
    best = (allowed or guarded)[chosen]
    order = [best, *(number for number in range(len(files)) if number != best)]
    _, reasons = _judge([files[number] for number in order], sharpness, forced=True)
    said = dict(zip(order, reasons, strict=True))
    found = []
    for number, file in enumerate(files):
        if references[number]:
            found.append(Verdict(True, "kept: in a reference folder"))
        elif number == best:
            found.append(Verdict(True, said[number]))
        elif _better(file, files[best]):
            found.append(
                Verdict(True, f"kept: better than the one {'in the reference folder' if guarded else 'chosen'}")
            )
        else:
            found.append(Verdict(False, said[number]))
    return best, tuple(found)


def _better(file: File, best: File) -> bool:
    if best.pixels < _PIXELS_ALIKE * file.pixels:
        return True
    return file.pixels >= _PIXELS_ALIKE * best.pixels and fidelity(file.format) > fidelity(best.format)


def _judge(files: Sequence[File], sharpness: Callable[[File], float], *, forced: bool = False) -> tuple[int, list[str]]:
    """Best position and a reason for each file. ``forced``: the first is the best, whatever the rules say."""
    running = list(range(len(files)))
    dropped: dict[int, _Rule] = {}
    won: list[_Rule] = []
    for rule in _rules(files, sharpness):
        if len(running) == 1:
            break
        stay = rule.stays(running)
        if len(stay) < len(running) and (not forced or 0 in stay):
            won.append(rule)
            dropped.update((number, rule) for number in running if number not in stay)
            running = stay
    best = running[0]
    kept = "; ".join(rule.won(best) for rule in won) or "as good as the others"
    return best, [
        f"kept: {kept}"
        if number == best
        else "same bytes"
        if file.key == files[best].key
        else dropped[number].lost(number, best)
        if number in dropped
        else "like the one that is kept"
        for number, file in enumerate(files)
    ]


def _rules(files: Sequence[File], sharpness: Callable[[File], float]) -> list[_Rule]:
    known: dict[bytes, float] = {}

    def sharp(number: int) -> float:
        file = files[number]
        if file.key not in known:
            known[file.key] = sharpness(file)
        return known[file.key]

    def largest(value: Callable[[int], float], alike: float) -> Callable[[Sequence[int]], list[int]]:
        return lambda running: [n for n in running if value(n) >= alike * max(value(other) for other in running)]

    def fullest(running: Sequence[int]) -> list[int]:
        most = {
            files[n].format: max(files[other].size for other in running if files[other].format == files[n].format)
            for n in running
        }
        return [n for n in running if files[n].size >= _BYTES_ALIKE * most[files[n].format]]

    def sharpest(running: Sequence[int]) -> list[int]:
        if len({files[n].key for n in running}) == 1:
            return list(running)
        return largest(sharp, _SHARPNESS_ALIKE)(running)

    def oldest(running: Sequence[int]) -> list[int]:
        least = min(files[n].mtime_ns // _SECOND for n in running)
        return [n for n in running if files[n].mtime_ns // _SECOND == least]

    return [
        _Rule(
            largest(lambda n: files[n].pixels, _PIXELS_ALIKE),
            lambda best: f"largest, {_measures(files[best])}",
            lambda n, best: f"smaller: {_measures(files[n])} of {_measures(files[best])}",
        ),
        _Rule(
            largest(lambda n: fidelity(files[n].format), 1.0),
            lambda best: (
                f"{files[best].format} loses nothing"
                if fidelity(files[best].format) == 3
                else f"{files[best].format} keeps more"
            ),
            lambda n, best: f"recompressed: {files[n].format or 'unreadable'} of {files[best].format}",
        ),
        _Rule(
            fullest,
            lambda best: f"less compressed, {byte_size(files[best].size)}",
            lambda n, best: f"recompressed: {byte_size(files[n].size)} of {byte_size(files[best].size)}",
        ),
        _Rule(sharpest, lambda best: "sharpest", lambda n, best: "less sharp"),
        _Rule(
            oldest,
            lambda best: f"oldest, {_day(files[best])}",
            lambda n, best: f"newer: {_day(files[n])}",
        ),
        _Rule(
            lambda running: [min(running, key=lambda n: (files[n].path.count(b"/"), files[n].path))],
            lambda best: "first by its path",
            lambda n, best: f"the same, and {printable(os.path.basename(files[best].path))} comes first",
        ),
    ]


def _measures(file: File) -> str:
    return f"{file.width:,} x {file.height:,}"


def _day(file: File) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(file.mtime_ns / _SECOND))
