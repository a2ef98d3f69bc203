"""Was colour the criterion? What the same model says with and without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions.definition import Context
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.greyscale_twins import greyscale_twins, twin_sentences
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import keys_in_order, make_project, rows_by_label, store_rows, tag_by_label

COUNT = 60
LABELS = [number % 4 for number in range(COUNT)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """60 pictures with four tags of 15, no vectors."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        tag_by_label(made, keys_in_order(made), LABELS)
        yield made


def ask(project: Project, by: str = "") -> Comparison:
    return compare(Context(project, LocalEncoder()), by=by, measures={Measure.LABELS})


def test_a_model_that_needs_colour_is_told(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "conse", keys, rows_by_label(LABELS, 0.5))
    store_rows(project, "conse+grey", keys, rows_by_label(LABELS, 3.0, seed=2))
    found = ask(project)
    assert greyscale_twins(found) == [("conse", "conse+grey")]
    (sentence,) = twin_sentences(found)
    assert sentence.startswith("Without colour (conse+grey), conse keeps ") and "colour decides much" in sentence
    assert sentence.endswith("without: sure.")


def test_without_labels_nothing_is_said_of_which_is_better(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "conse", keys, rows_by_label(LABELS, 0.5))
    store_rows(project, "conse+grey", keys, rows_by_label(LABELS, 0.5))
    (sentence,) = twin_sentences(ask(project, by="none"))
    assert sentence == "Without colour (conse+grey), conse keeps 100% of its neighbours: " + (
        "colour hardly matters to this model here."
    )


def test_of_a_pair_that_is_not_the_best_the_difference_was_not_tested(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "effnet-lite0", keys, rows_by_label(LABELS, 0.2))
    store_rows(project, "conse", keys, rows_by_label(LABELS, 2.0))
    store_rows(project, "conse+grey", keys, rows_by_label(LABELS, 2.0, seed=3))
    (sentence,) = twin_sentences(ask(project))
    assert "sure" not in sentence and "no difference" not in sentence


def test_models_without_a_twin_have_no_sentence(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "effnet-lite0", keys, rows_by_label(LABELS, 0.5))
    store_rows(project, "conse+grey", keys, rows_by_label(LABELS, 0.5))
    assert twin_sentences(ask(project)) == []
