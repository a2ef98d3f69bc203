"""What people decided is remembered, and taken back only when they say so."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from core.catalog.catalog import Catalog
from core.catalog.selection_table import fill_selection
from core.errors import UsageError
from core.labels.decisions import LARGEST_SET, DecisionKind, Decisions, tag_subject, withdraw_refusals
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, UNKNOWN


@pytest.fixture
def decisions(catalog: Catalog) -> Decisions:
    return Decisions(catalog)


def test_what_was_refused_stays_refused_for_its_subject(decisions: Decisions) -> None:
    assert decisions.remember(DecisionKind.REFUSED, "tag:cat", [*KEYS[:2], UNKNOWN]) == 2
    assert decisions.remember(DecisionKind.REFUSED, "tag:cat", KEYS[1:3]) == 1
    assert decisions.refused("tag:cat") == set(KEYS[:3])
    assert decisions.refused("tag:dog") == set()
    assert decisions.forget(DecisionKind.REFUSED, "tag:cat", KEYS[2:]) == 1
    assert decisions.refused("tag:cat") == set(KEYS[:2])


def test_a_subject_is_the_name_as_it_is_kept() -> None:
    assert tag_subject(" old\npress ") == "tag:old press"


def test_pairs_have_no_order(decisions: Decisions) -> None:
    assert decisions.remember(DecisionKind.NOT_DUPLICATE, "", [KEYS[1], KEYS[0]]) == 1
    assert decisions.remember(DecisionKind.NOT_DUPLICATE, "", [KEYS[0], KEYS[1]]) == 0
    assert decisions.not_duplicates() == {frozenset(KEYS[:2])}


def test_of_several_pictures_every_pair_is_remembered(decisions: Decisions) -> None:
    assert decisions.remember(DecisionKind.NOT_DUPLICATE, "", KEYS[:5]) == 10
    pairs = decisions.not_duplicate_pairs()
    assert pairs.shape == (10, 2)
    assert pairs.dtype == "S20"
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert np.array_equal(pairs[:, 0], np.sort(pairs[:, 0]))
    found = {frozenset(bytes(key).ljust(20, b"\0") for key in pair) for pair in pairs}
    assert found == decisions.not_duplicates() == {frozenset(pair) for pair in combinations(KEYS[:5], 2)}
    assert decisions.forget(DecisionKind.NOT_DUPLICATE, "", KEYS[:2]) == 1
    assert frozenset(KEYS[:2]) not in decisions.not_duplicates()


def test_no_pairs_are_an_empty_array(decisions: Decisions) -> None:
    assert decisions.not_duplicate_pairs().shape == (0, 2)
    assert decisions.not_duplicates() == set()


@pytest.mark.parametrize(
    "keys", [[], KEYS[:1], [KEYS[0]] * 2, [b"%020d" % number for number in range(LARGEST_SET + 1)]]
)
def test_a_pair_takes_two_and_a_thousand_are_enough(decisions: Decisions, keys: list[bytes]) -> None:
    with pytest.raises(UsageError, match="cannot be marked as different at once"):
        decisions.remember(DecisionKind.NOT_DUPLICATE, "", keys)


def test_a_copy_is_kept_or_marked(decisions: Decisions) -> None:
    decisions.remember(DecisionKind.MARKED, "", KEYS[:3])
    decisions.remember(DecisionKind.KEEP, "", KEYS[:1])
    assert decisions.remembered(DecisionKind.MARKED) == set(KEYS[1:3])
    assert decisions.remembered(DecisionKind.KEEP) == {KEYS[0]}
    decisions.remember(DecisionKind.MARKED, "", KEYS[:1])
    assert decisions.remembered(DecisionKind.KEEP) == set()


@pytest.mark.parametrize("others", [[], KEYS[5:]], ids=["nothing chosen", "others chosen"])
def test_what_is_accepted_are_the_pictures_that_are_named_whatever_was_chosen_before(
    catalog: Catalog, others: list[bytes]
) -> None:
    decided = Decisions(catalog)
    decided.remember(DecisionKind.REFUSED, tag_subject("cat"), KEYS)
    with History(catalog).step("accept") as step:
        fill_selection(step.database, others)
        withdraw_refusals(step.database, tag_subject("cat"), iter(KEYS[:2]))
    assert decided.refused(tag_subject("cat")) == set(KEYS[2:])
