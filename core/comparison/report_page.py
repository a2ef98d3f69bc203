"""A comparison as a page that is read without the program."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core import __version__
from core.comparison import report_words as words
from core.comparison.advice import advice
from core.comparison.comparison import Comparison
from core.comparison.report_examples import Answer, Example, Examples, GreyscaleChange
from core.comparison.report_style import STYLE
from core.comparison.report_tables import (
    agreement_table,
    alterations_table,
    facts_table,
    judgements_table,
    labels_table,
    texts_table,
)
from core.export.page import CLOSING, escaped, opening
from core.text import count

_IN_A_PAIR = 5  # neighbours beside each other where greyscale is compared


@dataclass(frozen=True)
class Thumb:
    """A picture as the page shows it.

    Attributes:
        name: of its file, not escaped.
        source: of the image element; empty where it cannot be read.
        problem: why, not escaped.
    """

    name: str
    source: str
    problem: str = ""


Thumbs = Callable[[int], Thumb]  # of the compared picture with this index


def report_page(found: Comparison, shown: Examples, thumbs: Thumbs, project: str, when: str) -> Iterator[str]:
    """The page in parts.

    Args:
        found: the figures.
        shown: the pictures.
        thumbs: gives each of them as it is needed.
        project: what the collection is called.
        when: date and time of the comparison.
    """
    title = f"Which vectors suit {project}?"
    yield opening(title, STYLE)
    yield f"<header><h1>{escaped(title)}</h1>"
    pictures = count(found.pictures, "picture")
    yield f'<p class="quiet">{pictures}, compared with Pictoscope {__version__} on {escaped(when)}</p>'
    yield f'<p class="advice">{escaped(advice(found))}</p>'
    yield from (f'<p class="warning">{escaped(one)}</p>' for one in _notes(found))
    yield "</header><main>"
    yield from _figures(found)
    yield from _questions(found, shown, thumbs)
    for change in shown.greyscale:
        yield from _greyscale(change, thumbs, found.agreement.chance_note)
    yield f"<section><h2>Do they differ at all?</h2><p>{words.AGREEMENT}</p>"
    yield f"{agreement_table(found.agreement)}</section>"
    yield f"<section><h2>What they cost</h2>{facts_table(found.facts)}</section>"
    yield f"<section><h2>Sources</h2><p>{words.SOURCES}</p></section></main>{CLOSING}"


def _notes(found: Comparison) -> list[str]:
    """What could mislead."""
    notes = [text for text in (found.note, found.without_labels, found.without_texts) if text]
    if found.by_labels:
        notes += found.by_labels.labelling.warnings
    problems = dict(found.by_texts.problems) if found.by_texts else {}
    problems |= found.by_alterations.problems if found.by_alterations else {}
    return notes + [f"{name} was left out: {problem}" for name, problem in problems.items()]


def _figures(found: Comparison) -> Iterator[str]:
    if found.by_labels:
        own = found.by_labels
        labelling = own.labelling
        parts = [f"{count(len(labelling.names), 'label')}, {count(own.labelled, 'labelled picture')}"]
        parts += [f"{count(own.queries)} of them drawn evenly over the labels"] if own.queries < own.labelled else []
        if labelling.left_out:
            parts.append(f"{count(labelling.left_out, 'label')} with fewer than five pictures left out")
        hidden = own.copies_words or "no near copies"
        yield f"<section><h2>Against {escaped(labelling.source)}</h2><p>{escaped('; '.join([*parts, hidden]))}.</p>"
        yield f"{labels_table(own)}<p>{words.LABELS}</p><p>{words.AGAINST}</p></section>"
    if (judged := found.by_judgements) and judged.questions:
        yield f"<section><h2>By judgements</h2><p>{words.JUDGEMENTS}</p>{judgements_table(judged)}</section>"
    if texts := found.by_texts:
        left_out = (
            f"<p>{count(texts.left_out, 'text')} that say nothing to a model left out.</p>" if texts.left_out else ""
        )
        yield f"<section><h2>Texts</h2><p>{words.TEXTS}</p>{texts_table(texts)}{left_out}</section>"
    if found.by_alterations:
        table = alterations_table(found.by_alterations)
        yield f"<section><h2>Altered pictures</h2><p>{words.ALTERATIONS}</p>{table}</section>"


def _questions(found: Comparison, shown: Examples, thumbs: Thumbs) -> Iterator[str]:
    told = [words.EXAMPLES if len(found.facts) > 1 else words.ALONE]
    told += [words.ALIKE] if found.by_labels else []
    yield f"<section><h2>The first ten</h2><p>{' '.join(told)}</p>"
    for example in shown.questions:
        yield f'<article><div class="question">{_picture(thumbs(example.picture), "the question: ")}'
        yield f"<h3>{escaped(thumbs(example.picture).name)}<br>"
        yield f'<span class="quiet">{_why(example)}</span></h3></div>'
        for answer in example.answers:
            yield _answer(answer, thumbs)
        yield "</article>"
    yield "</section>"


def _why(example: Example) -> str:
    share = "" if math.isnan(example.share) else f": {example.share:.0%} of the neighbours in common"
    return f"{'drawn at random' if example.drawn else 'they differ most'}{share}"


def _greyscale(change: GreyscaleChange, thumbs: Thumbs, chance_note: str) -> Iterator[str]:
    title = f"{change.colour} without colour"
    common = f"{escaped(change.colour)} and {escaped(change.grey)} have {change.share:.0%} of the neighbours in common"
    common += f" ({chance_note})" if chance_note else ""
    yield f"<section><h2>{escaped(title)}</h2><p>{common}. {words.GREYSCALE}</p>"
    for example in change.examples:
        yield f'<article class="keep"><div class="question">{_picture(thumbs(example.picture), "the question: ")}'
        yield f"<h3>{escaped(thumbs(example.picture).name)}<br>"
        yield f'<span class="quiet">{example.share:.0%} of the neighbours in common</span></h3></div><div class="pair">'
        yield "".join(f"<div>{_answer(answer, thumbs, _IN_A_PAIR)}</div>" for answer in example.answers)
        yield "</div></article>"
    yield "</section>"


def _answer(answer: Answer, thumbs: Thumbs, most: int = 10) -> str:
    items = "".join(_item(place, one, answer, thumbs) for place, one in enumerate(answer.pictures[:most], 1))
    return f'<div class="answers"><p class="name">{escaped(answer.vec_type)}</p><ol class="row">{items}</ol></div>\n'


def _item(place: int, picture: int, answer: Answer, thumbs: Thumbs) -> str:
    alone, alike = picture in answer.alone, picture in answer.alike
    marks = '<span class="same" title="shares a label">✓</span>' if alike else ""
    marks += '<span class="only">only here</span>' if alone else ""
    image = _picture(thumbs(picture), f"{place}: ")
    return f"<li{' class=lone' if alone else ''}>{image}{marks}</li>"


def _picture(thumb: Thumb, before: str) -> str:
    name = escaped(f"{before}{thumb.name}")
    if not thumb.source:
        return f'<div class="none">{name}: {escaped(thumb.problem)}</div>'
    return f'<img alt="{name}" title="{escaped(thumb.name)}" src="{thumb.source}">'
