"""Chooses which of several copies of a picture to keep, with the reasons in words."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.catalog.copies import File
from core.images.richness import GREY, LOSSLESS, UNKNOWN_LOSS
from core.removal.copy_comparison import (
    BYTES_ALIKE,
    PIXELS_ALIKE,
    QUALITY_ALIKE,
    coded_size,
    holds_more,
    keeps_colours,
    kept_by_compression,
    more_facts,
)
from core.text import byte_size, printable

# Smaller differences do not count.
_SHARPNESS_ALIKE = 0.85
# With more distinct pictures, metadata are not compared pair by pair.
_COMPARED = 200
_SECOND = 1_000_000_000
_NOTHING_MORE = "has nothing that the kept copy lacks"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The proposal for a copy.

    Attributes:
        keep: whether to keep it.
        reason: in a few words.
    """

    keep: bool
    reason: str


@dataclass(frozen=True)
class _Rule:
    """A criterion. Files are meant by their index.

    Attributes:
        passing: those of the candidates that meet it best; never empty.
        reason_for: why a file won by it, given the file and one that lost to it.
        reason_against: why a file lost by it, given the file and one that won against it.
    """

    passing: Callable[[Sequence[int]], list[int]]
    reason_for: Callable[[int, int], str]
    reason_against: Callable[[int, int], str]

    def prefers(self, one: int, other: int) -> bool:
        """Whether it decides for ``one`` where there are only these two."""
        return one != other and self.passing([one, other]) == [one]


@dataclass(frozen=True)
class _Loss:
    """Where a file was dropped.

    Attributes:
        rule: by which criterion.
        winner: a file that won against it; the best copy, if that did.
    """

    rule: _Rule
    winner: int


def best_copy(files: Sequence[File]) -> tuple[int, str]:
    """The copy to keep: the richest, then pixels, colours, compression, bytes in a format, sharpness, age, depth, path.

    Args:
        files: at least one.

    Returns:
        Its index, and the reason.
    """
    best, verdicts = _judge(files)
    return best, verdicts[best]


def verdicts(
    files: Sequence[File],
    references: Sequence[bool],
    best_among: Sequence[int],
) -> tuple[int, tuple[Verdict, ...]]:
    """Which files to keep.

    Files in a reference folder are always kept, and the best of them is the best copy. A copy with anything that the
    best one lacks is kept too: keeping a redundant file is better than losing content.

    Args:
        files: at least one.
        references: whether each file is in a reference folder.
        best_among: indices of the files that may be the best copy; at least one.

    Returns:
        Index of the best copy, and a verdict for each file.
    """
    guarded = [index for index, reference in enumerate(references) if reference]
    allowed = [index for index in best_among if references[index]] if guarded else list(best_among)
    position, _ = best_copy([files[index] for index in allowed or guarded])
    best = (allowed or guarded)[position]
    order = [best, *(index for index in range(len(files)) if index != best)]
    _, ordered_reasons = _judge([files[index] for index in order], forced=True)
    reasons = dict(zip(order, ordered_reasons, strict=True))
    judged = []
    for index, file in enumerate(files):
        if references[index]:
            judged.append(Verdict(True, "kept: in a reference folder"))
        elif index == best:
            judged.append(Verdict(True, reasons[index]))
        elif more := holds_more(file, files[best]):
            judged.append(Verdict(True, f"kept: has {more}"))
        else:
            judged.append(Verdict(False, reasons[index]))
    return best, tuple(judged)


def _judge(files: Sequence[File], *, forced: bool = False) -> tuple[int, list[str]]:
    """Index of the best file and a reason for each. ``forced``: the first is the best regardless of the rules.

    A reason is the criterion that decided: between two files, of which the best copy is one wherever it took part.
    """
    rules = _rules(files)
    best = 0 if forced else _best_by(rules, len(files))
    losses = _losses(rules, best, len(files))

    def reason(index: int) -> str:
        if index == best:
            won = {id(loss.rule): loss.rule.reason_for(best, at) for at, loss in losses.items() if loss.winner == best}
            return "kept: " + ("; ".join(won[id(rule)] for rule in rules if id(rule) in won) or "as good as the others")
        if files[index].key == files[best].key:
            return "same bytes"
        return losses[index].rule.reason_against(index, losses[index].winner) if index in losses else _NOTHING_MORE

    return best, [reason(index) for index in range(len(files))]


def _best_by(rules: Sequence[_Rule], number: int) -> int:
    candidates = list(range(number))
    for rule in rules:
        candidates = rule.passing(candidates)
    return candidates[0]


def _losses(rules: Sequence[_Rule], best: int, number: int) -> dict[int, _Loss]:
    """Where each file was dropped for the best copy. Those that a rule prefers to it have none: it was chosen before.

    Which file won is looked for among those that a rule compared: small differences add up, so that one which is
    worse than the largest may be as good as the best copy.
    """
    losses: dict[int, _Loss] = {}
    candidates = list(range(number))
    for rule in rules:
        passing = rule.passing(candidates)
        if best not in passing:
            candidates = [index for index in candidates if not rule.prefers(index, best)]
            passing = rule.passing(candidates)
        for index in set(candidates).difference(passing):
            others = (best, *passing, *candidates)
            losses[index] = _Loss(rule, next((other for other in others if rule.prefers(other, index)), passing[0]))
        candidates = passing
    return losses


def _rules(files: Sequence[File]) -> list[_Rule]:
    """The criteria in their order: each decides among the copies that the ones before it left equal."""
    rules = (
        _by_contents,
        _by_pixels,
        _by_colours,
        _by_compression,
        _by_bytes,
        _by_sharpness,
        _by_age,
        _by_depth,
        _by_path,
    )
    return [rule(files) for rule in rules]


def _by_contents(files: Sequence[File]) -> _Rule:
    return _Rule(
        functools.partial(_richest, files),
        lambda best, other: f"has {_advantage(files[best], files[other])}",
        lambda index, best: f"has less: without {_short(_advantage(files[best], files[index]))}",
    )


def _by_pixels(files: Sequence[File]) -> _Rule:
    return _Rule(
        lambda candidates: _largest(candidates, [file.pixels for file in files], PIXELS_ALIKE),
        lambda best, other: (
            f"{_most('largest', 'larger', best, [-file.pixels for file in files])}, {_measures(files[best])}"
        ),
        lambda index, best: f"smaller: {_measures(files[index])} of {_measures(files[best])}",
    )


def _by_colours(files: Sequence[File]) -> _Rule:
    return _Rule(
        functools.partial(_full_colour, files),
        lambda best, other: f"{files[best].format} keeps more colours",
        lambda index, best: f"fewer colours: {files[index].format or 'unreadable'} of {files[best].format}",
    )


def _by_compression(files: Sequence[File]) -> _Rule:
    return _Rule(
        functools.partial(_least_lossy, files),
        lambda best, other: f"{files[best].format} is lossless" if _lossless(files[best]) else "less compressed",
        lambda index, best: _recompressed(files[index], files[best]),
    )


def _by_bytes(files: Sequence[File]) -> _Rule:
    """Within one format, a larger file was compressed less."""

    def fullest(candidates: Sequence[int]) -> list[int]:
        sizes: dict[str, int] = {}
        for index in candidates:
            sizes[files[index].format] = max(coded_size(files[index]), sizes.get(files[index].format, 0))
        return [index for index in candidates if coded_size(files[index]) >= BYTES_ALIKE * sizes[files[index].format]]

    return _Rule(
        fullest,
        lambda best, other: f"less compressed, {byte_size(coded_size(files[best]))}",
        lambda index, best: (
            f"recompressed: {byte_size(coded_size(files[index]))} of {byte_size(coded_size(files[best]))}"
        ),
    )


def _by_sharpness(files: Sequence[File]) -> _Rule:
    def sharpest(candidates: Sequence[int]) -> list[int]:
        if len({files[index].key for index in candidates}) == 1:
            return list(candidates)
        return _largest(candidates, [float(file.sharpness or 0) for file in files], _SHARPNESS_ALIKE)

    return _Rule(
        sharpest,
        lambda best, other: _most("sharpest", "sharper", best, [-(file.sharpness or 0) for file in files]),
        lambda index, best: "less sharp",
    )


def _by_age(files: Sequence[File]) -> _Rule:
    def oldest(candidates: Sequence[int]) -> list[int]:
        first = min(files[index].mtime_ns // _SECOND for index in candidates)
        return [index for index in candidates if files[index].mtime_ns // _SECOND == first]

    return _Rule(
        oldest,
        lambda best, other: (
            f"{_most('oldest', 'older', best, [file.mtime_ns // _SECOND for file in files])}, {_day(files[best])}"
        ),
        lambda index, best: f"newer: {_day(files[index])}",
    )


def _by_depth(files: Sequence[File]) -> _Rule:
    depths = [file.path.count(b"/") for file in files]

    def shallowest(candidates: Sequence[int]) -> list[int]:
        least = min(depths[index] for index in candidates)
        return [index for index in candidates if depths[index] == least]

    return _Rule(
        shallowest,
        lambda best, other: f"{_most('fewest', 'fewer', best, depths)} folders deep",
        lambda index, best: "the same, in a deeper folder",
    )


def _by_path(files: Sequence[File]) -> _Rule:
    return _Rule(
        lambda candidates: [min(candidates, key=lambda index: files[index].path)],
        lambda best, other: _most("first", "earlier", best, [file.path for file in files]) + " by path",
        lambda index, best: f"the same, and {printable(os.path.basename(files[best].path))} comes first",
    )


def _most(superlative: str, comparative: str, best: int, values: Sequence[int] | Sequence[bytes]) -> str:
    """The superlative only for the least value: a file with a lesser one may have lost by a criterion before."""
    return superlative if values[best] == min(values) else comparative


def _largest(candidates: Sequence[int], values: Sequence[float], alike: float) -> list[int]:
    """The candidates whose value is at least ``alike`` times the largest one."""
    largest = max(values[index] for index in candidates)
    return [index for index in candidates if values[index] >= alike * largest]


def _richest(files: Sequence[File], candidates: Sequence[int]) -> list[int]:
    distinct = {files[index].key: files[index] for index in candidates}
    if len(distinct) > _COMPARED:
        return list(candidates)
    poorer = {key for key, file in distinct.items() if any(_dominates(other, file) for other in distinct.values())}
    return [index for index in candidates if files[index].key not in poorer]


def _full_colour(files: Sequence[File], candidates: Sequence[int]) -> list[int]:
    """Those of all colours, and of these those with colours: what is lossless or fuller without them is kept too."""
    full = [index for index in candidates if not _few_colours(files[index])] or list(candidates)
    return [index for index in full if not _colourless(files[index])] or full


def _least_lossy(files: Sequence[File], candidates: Sequence[int]) -> list[int]:
    distinct = list({files[index].key: files[index] for index in candidates}.values())
    if len(distinct) > _COMPARED:
        return list(candidates)
    return [index for index in candidates if not any(_less_lossy(other, files[index]) for other in distinct)] or list(
        candidates
    )


def _dominates(one: File, other: File) -> bool:
    """Whether ``one`` has everything that ``other`` has, and more metadata."""
    if one.facts is None or other.facts is None or holds_more(other, one):
        return False
    return bool(more_facts(one.facts, other.facts))


def _advantage(one: File, other: File) -> str:
    """The first metadata item that only ``one`` has; empty if there is none."""
    return next(iter(more_facts(one.facts, other.facts)), "") if one.facts and other.facts else ""


def _short(advantage: str) -> str:
    return advantage.split(" (")[0].removesuffix(" that the other lacks")


def _less_lossy(one: File, other: File) -> bool:
    """Whether ``one`` was compressed with less loss. Within one format and quality the file size decides instead."""
    same_way = one.facts and other.facts and one.format == other.format and one.facts.quality == other.facts.quality
    if same_way and keeps_colours(one, other) and keeps_colours(other, one):
        return False
    return kept_by_compression(one, other) and not kept_by_compression(other, one)


def _few_colours(file: File) -> bool:
    return bool(file.facts and file.facts.palette)


def _colourless(file: File) -> bool:
    return bool(file.facts and file.facts.colour == GREY)


def _lossless(file: File) -> bool:
    return bool(file.facts and file.facts.quality == LOSSLESS)


def _recompressed(file: File, best: File) -> str:
    mine, theirs = (entry.facts.quality if entry.facts else 0 for entry in (file, best))
    if file.format != best.format:
        return f"recompressed: {file.format or 'unreadable'} of {best.format}"
    if theirs == LOSSLESS:
        return f"recompressed: lossy {file.format} of lossless {best.format}"
    if UNKNOWN_LOSS < mine < theirs - QUALITY_ALIKE:
        return f"recompressed: quality {mine} of {theirs}"
    if not keeps_colours(file, best):
        return "recompressed: coarser colours"
    return f"recompressed: {byte_size(coded_size(file))} of {byte_size(coded_size(best))}"


def _measures(file: File) -> str:
    return f"{file.width:,} x {file.height:,}"


def _day(file: File) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(file.mtime_ns / _SECOND))
