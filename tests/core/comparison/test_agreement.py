"""How far vec types agree, and what chance alone would give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.actions.definition import Context
from core.comparison.advice import advice
from core.comparison.agreement import FEW, NEIGHBOURS, Agreement
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.comparison_json import comparison_json
from core.comparison.greyscale_twins import twin_sentences
from core.comparison.report_tables import agreement_table
from core.metrics.hubs import Hubs
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import keys_in_order, make_project, rows_by_label, store_rows


def of(pictures: int) -> Agreement:
    """An agreement of so many pictures."""
    keys = np.array([f"{number:020d}".encode() for number in range(pictures)], "S20")
    return Agreement(("a", "b"), keys, np.eye(2), (Hubs(0, 0, 0, 0),) * 2, {("a", "b"): np.zeros(pictures)})


@pytest.mark.parametrize("pictures", [12, 13, 14])
def test_chance_is_the_mean_over_all_pairs_of_tens(pictures: int) -> None:
    tens = [set(ten) for ten in combinations(range(pictures - 1), NEIGHBOURS)]
    shares = [len(one & other) / NEIGHBOURS for one in tens for other in tens]
    assert of(pictures).by_chance == pytest.approx(np.mean(shares))


@pytest.mark.parametrize(
    ("pictures", "chance"), [(1, 1.0), (2, 1.0), (11, 1.0), (12, 10 / 11), (50, 10 / 49), (1001, 0.01)]
)
def test_the_level_of_chance(pictures: int, chance: float) -> None:
    found = of(pictures)
    assert found.by_chance == pytest.approx(chance)
    assert bool(found.chance_note) == (pictures < FEW)
    if chance < 1:
        assert found.beyond_chance(found.by_chance) == 0 and found.beyond_chance(1) == 1
    else:
        assert np.isnan(found.beyond_chance(1))


@pytest.fixture
def thirty(tmp_path: Path) -> Iterator[Project]:
    """30 pictures, by chance 34 % of the neighbours are the same."""
    with make_project(tmp_path / "pictures", 30) as made:
        yield made


def ask(project: Project) -> Comparison:
    return compare(Context(project, LocalEncoder()), by="none", measures={Measure.LABELS})


def test_few_pictures_have_it_beside_each_figure(thirty: Project) -> None:
    keys = keys_in_order(thirty)
    store_rows(thirty, "conse", keys, rows_by_label([0] * 30, 1.0, seed=1))
    store_rows(thirty, "conse+grey", keys, rows_by_label([0] * 30, 1.0, seed=2))
    found = ask(thirty)
    assert found.agreement.chance_note == "by chance 34%"
    assert found.agreement.share("conse", "conse+grey") == pytest.approx(found.agreement.by_chance, abs=0.1)
    assert "of their neighbours in common (by chance 34%), so choosing matters" in advice(found)
    assert "of its neighbours (by chance 34%): colour decides" in twin_sentences(found)[0]
    assert "share in common (by chance 34%)" in agreement_table(found.agreement)
    assert comparison_json(found)["agreement"]["by_chance"] == pytest.approx(10 / 29, abs=1e-6)


def test_what_few_pictures_share_by_chance_does_not_count_as_agreement(tmp_path: Path) -> None:
    with make_project(tmp_path / "pictures", 12) as project:
        keys = keys_in_order(project)
        store_rows(project, "conse", keys, rows_by_label([0] * 12, 1.0, seed=1))
        store_rows(project, "conse+grey", keys, rows_by_label([0] * 12, 1.0, seed=2))
        found = ask(project)
        assert found.agreement.share("conse", "conse+grey") > 0.85
        assert "so choosing matters" in advice(found)
        assert "colour decides" in twin_sentences(found)[0]


def test_of_eleven_pictures_nothing_can_be_said(tmp_path: Path) -> None:
    with make_project(tmp_path / "pictures", 11) as project:
        keys = keys_in_order(project)
        store_rows(project, "conse", keys, rows_by_label([0] * 11, 1.0, seed=1))
        store_rows(project, "conse+grey", keys, rows_by_label([0] * 11, 1.0, seed=2))
        found = ask(project)
        assert advice(found).startswith("11 pictures are too few to say whether choosing matters")
        assert twin_sentences(found)[0].endswith("(by chance 100%): of so few pictures all are neighbours.")
