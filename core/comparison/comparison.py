"""Everything that can be measured of several vec types on one collection, and how it is passed on."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.actions.definition import Context
from core.comparison.agreement import Agreement, agreement
from core.comparison.common_rows import MOST, CommonRows, common_rows
from core.comparison.judged_comparison import compare_by_judgements
from core.comparison.judging import JudgedResult
from core.comparison.judging_session import outline_of
from core.comparison.known_texts import KnownTexts, read_texts, text_sources
from core.comparison.label_figures import LabelComparison, compare_by_labels
from core.comparison.labelling import FOLDERS, Labelling, read_labels, sources
from core.comparison.near_copies import Outline
from core.comparison.self_retrieval import SelfRetrieval, compare_by_alterations
from core.comparison.text_recall import TextComparison, compare_by_texts, text_readers
from core.errors import TooFewVectors, UsageError, VectorsMissing
from core.filters.evaluation import keys_where
from core.models import rates
from core.project import Project
from core.text import count
from core.vectors.vec_types import VecTypeStatus

BY_ANY, BY_NOTHING = "", "none"
_SHOWN = 3  # names of a longer list
NO_LABELS = "no labels to measure against: tag pictures, or judge (--judge)"
FOLDERS_BY_NAME = "no labels to measure against: tag pictures, judge (--judge), or compare --by folders"
_FOLDERS_STAND_IN = "folders stand in for labels: if they do not say what the pictures show, tag some, or judge"


class Measure(StrEnum):
    """What is measured."""

    LABELS = "labels"  # seconds
    TEXTS = "texts"  # loads the models that read text
    ALTERATIONS = "alterations"  # loads all models: some seconds each, more for large ones


@dataclass(frozen=True)
class VecTypeFacts:
    """What a vec type costs.

    Attributes:
        name: of the vec type.
        dim: numbers per row.
        size: bytes on disk.
        coverage: as in ``27,412 / 48,210``.
        text: whether its model reads text.
        rate: pictures per second of its model as measured on this machine; 0 if it was not.
        measured_by: the job that measured it; empty if unknown.
        pictures: of the project.
    """

    name: str
    dim: int
    size: int
    coverage: str
    text: bool
    rate: float
    measured_by: str
    pictures: int

    @property
    def seconds(self) -> float:
        """How long computing it for the whole project takes here; 0 if unknown."""
        return self.pictures / self.rate if self.rate else 0.0


@dataclass(frozen=True)
class Comparison:
    """Several vec types on the same pictures.

    Attributes:
        facts: of each vec type, in the order asked for.
        pictures: that were compared.
        note: what was left out, in words; empty if nothing.
        by_labels: measured against labels; None without.
        without_labels: why there is none; empty otherwise.
        agreement: common neighbours and hubs.
        common: the compared pictures and their rows.
        by_texts: recall of tags or captions; None if it was not measured.
        without_texts: why not, although it was asked for; empty otherwise.
        by_alterations: how often altered pictures find their originals; None if it was not measured.
        by_judgements: what earlier judgements say; None if there are none.
    """

    facts: tuple[VecTypeFacts, ...]
    pictures: int
    note: str
    by_labels: LabelComparison | None
    without_labels: str
    agreement: Agreement
    common: CommonRows
    by_texts: TextComparison | None = None
    without_texts: str = ""
    by_alterations: SelfRetrieval | None = None
    by_judgements: JudgedResult | None = None


def default_vec_types(project: Project) -> list[str]:
    """The vec types that are compared unless others are named: those with most rows, six at most.

    Raises:
        TooFewVectors: fewer than two have rows.
    """
    able = [one for one in project.statuses() if one.done and not one.problem]
    if len(able) < 2:
        there = able[0].vec_type.name if able else ""
        built_in = [name for name in ("effnet-lite0", "conse") if name != there]
        raise TooFewVectors(
            f"a comparison needs two vec types; there {f'is {there} only' if there else 'are none'}",
            f"create {'others' if there else 'some'}: pictoscope vectors create {' '.join(built_in)}",
            there,
        )
    able.sort(key=lambda one: -one.done)
    return sorted(one.vec_type.name for one in able[:MOST])


def compare(
    context: Context,
    names: Sequence[str] = (),
    by: str = BY_ANY,
    where: str = "",
    *,
    measures: Collection[Measure] | None = None,
    texts: str = BY_ANY,
    seed: int = 0,
) -> Comparison:
    """Measure vec types on the pictures that all of them have.

    Args:
        context: the project; ``stop`` is looked at between steps of a second.
        names: of vec types; all by default.
        by: where labels come from, see :func:`core.comparison.labelling.sources`; ``none`` for none; by default the
            first source that has two labels of five pictures. Folders that look like dates or devices only by name.
        where: a filter; all pictures by default.
        measures: what to measure besides common neighbours; by default labels alone, or alterations without labels.
        texts: where texts come from, see :func:`core.comparison.known_texts.text_sources`; they are measured then. By
            default the source of labels, or the first that has texts, except folders.
        seed: of all draws.

    Raises:
        UsageError: a name, the source of labels or texts, or the filter is wrong. TooFewVectors, VectorsMissing: not
            enough rows. StoreDamaged: they cannot be read. Cancelled: the caller set ``stop``.
    """
    project = context.project
    not_named = not names
    names = list(names) or default_vec_types(project)
    within = keys_where(project.catalog, where, project.coverage_keys) if where else None
    common = common_rows(project, names, within)
    not_compared = _not_compared(project, names) if not_named else ""
    facts = _facts(project, names)  # now: the rows stay as they are, while a vec type may be deleted meanwhile
    context.say(f"comparing {', '.join(names)}")
    labelling, without = _labelling(project, common, by)
    wanted = _wanted(measures, labelling, texts)
    known, without_texts = (
        _known_texts(project, common, labelling, texts, seed) if Measure.TEXTS in wanted else (None, "")
    )
    outline = outline_of(project)
    by_labels = (
        _by_labels(context, common, labelling, outline, seed) if labelling and Measure.LABELS in wanted else None
    )
    by_judgements = compare_by_judgements(context, common, outline, seed=seed)
    by_texts = compare_by_texts(context, common, known, seed=seed) if known else None
    by_alterations = compare_by_alterations(context, common, seed=seed) if Measure.ALTERATIONS in wanted else None
    context.say("comparing neighbours")
    return Comparison(
        facts=facts,
        pictures=len(common.keys),
        note="; ".join(filter(None, (common.note, not_compared, *_all_alike(common)))),
        by_labels=by_labels,
        without_labels=without,
        agreement=agreement(common, seed=seed, check=context.check_stop),
        common=common,
        by_texts=by_texts,
        without_texts=without_texts,
        by_alterations=by_alterations,
        by_judgements=by_judgements,
    )


def _not_compared(project: Project, names: Sequence[str]) -> str:
    """Which vec types have rows, but no place among the six of the default; empty if none."""
    others = [one.vec_type.name for one in project.statuses() if one.done and not one.problem]
    others = sorted(set(others) - set(names))
    if not others:
        return ""
    shown = ", ".join(others[:_SHOWN]) + (", …" if len(others) > _SHOWN else "")
    return f"{count(len(others), 'vec type')} not compared, as {MOST} are at most: {shown}; name those you mean"


def _all_alike(common: CommonRows) -> list[str]:
    return [
        f"all rows of {one.vec_type.name} are the same, so the order of its neighbours means nothing"
        for one in common.of
        if one.all_alike
    ]


def _labelling(project: Project, common: CommonRows, by: str) -> tuple[Labelling | None, str]:
    """The labels to measure against, and why there are none."""
    if by == BY_NOTHING:
        return None, ""
    if by:
        return read_labels(project, by, common.keys), ""
    without = NO_LABELS
    for source in sources(project):
        with contextlib.suppress(UsageError):  # the next one may do
            labels = read_labels(project, source, common.keys)
            if source != FOLDERS:
                return labels, ""
            if not labels.warnings:
                return replace(labels, warnings=(_FOLDERS_STAND_IN,)), ""
            without = FOLDERS_BY_NAME
    return None, without


def _wanted(measures: Collection[Measure] | None, labelling: Labelling | None, texts: str) -> set[Measure]:
    asked = {Measure.TEXTS} if texts else set()
    if measures is not None:
        return set(measures) | asked
    if labelling:
        return asked | {Measure.LABELS}
    return asked or {Measure.ALTERATIONS}


def _known_texts(
    project: Project, common: CommonRows, labelling: Labelling | None, source: str, seed: int
) -> tuple[KnownTexts | None, str]:
    """The texts to search for, and why there are none."""
    if not text_readers(project, common):
        error = UsageError("none of these vec types reads text", "compare one that does, such as conse or clip")
        if source:
            raise error
        return None, f"{error.message}: {error.hint}"
    if source:
        return read_texts(project, source, common.keys, seed=seed), ""
    for one in _in_order(text_sources(project), labelling):
        with contextlib.suppress(UsageError):  # the next one may do
            return read_texts(project, one, common.keys, seed=seed), ""
    return None, "no texts to search for: tag pictures, or import captions (pictoscope import FILE)"


def _in_order(offered: Sequence[str], labelling: Labelling | None) -> list[str]:
    """The sources of texts, the first to try first: the labels, then others; folders last, if they are labels."""
    if labelling is None or labelling.source not in offered:
        return list(offered[:-1])
    return list(offered) if _FOLDERS_STAND_IN in labelling.warnings else [labelling.source, *offered[:-1]]


def _by_labels(
    context: Context, common: CommonRows, labelling: Labelling, outline: Outline, seed: int
) -> LabelComparison:
    context.say(f"comparing with {labelling.source}")
    return compare_by_labels(common, labelling, outline, seed=seed, check=context.check_stop, say=context.say)


def _facts(project: Project, names: Sequence[str]) -> tuple[VecTypeFacts, ...]:
    statuses: dict[str, VecTypeStatus] = {one.vec_type.name: one for one in project.statuses()}
    if gone := next((name for name in names if name not in statuses), ""):
        raise VectorsMissing(f"{gone} was deleted a moment ago", "compare others, or create it again")
    measured, jobs = rates.known(), rates.measured_by()
    return tuple(
        VecTypeFacts(
            name=name,
            dim=statuses[name].dim,
            size=statuses[name].size,
            coverage=statuses[name].coverage,
            text=statuses[name].text,
            rate=measured.get(statuses[name].vec_type.model, 0.0),
            measured_by=jobs.get(statuses[name].vec_type.model, ""),
            pictures=statuses[name].total,
        )
        for name in names
    )
