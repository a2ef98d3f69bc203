"""Judging with few judgements: judges who know the truth, and what the program then says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from core.comparison.common_rows import common_rows
from core.comparison.judging import JudgedResult, Plan, PlannedQuestion, plan, result
from core.errors import UsageError
from core.images.outline import DIM
from core.labels.judgements import Judgement
from core.metrics.sequential import Verdict
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order, make_project, rows_by_label, store_rows

COUNT = 120
LABELS = [number % 6 for number in range(COUNT)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """120 pictures; ``conse`` sees the labels well, ``effnet-lite0`` badly, the grey ones are the same rows twice."""
    folder: Path = tmp_path_factory.mktemp("judged") / "pictures"
    with make_project(folder, COUNT) as made:
        keys = keys_in_order(made)
        store_rows(made, "conse", keys, rows_by_label(LABELS, 0.5))
        store_rows(made, "effnet-lite0", keys, rows_by_label(LABELS, 1.2))
        store_rows(made, "conse+grey", keys, rows_by_label(LABELS, 1.2, seed=7))
        store_rows(made, "effnet-lite0+grey", keys, rows_by_label(LABELS, 1.2))
        yield made


def unlike(key: bytes) -> npt.NDArray[np.float32]:
    """An outline that agrees with no other: no picture is a near copy."""
    outline = np.zeros(DIM, np.float32)
    outline[key[0]] = 1
    return outline


def planned(project: Project, *names: str, seed: int = 0, judged: tuple[bytes, ...] = ()) -> Plan:
    return plan(common_rows(project, names), unlike, judged, seed=seed)


def truth(project: Project) -> dict[bytes, int]:
    return dict(zip(keys_in_order(project), LABELS, strict=True))


def judge(asked: Plan, label_of: dict[bytes, int]) -> tuple[JudgedResult, list[Judgement], int]:
    """Judge in the order of the plan until the answer is there. Result, judgements, marks that were needed."""
    judgements: list[Judgement] = []
    found = result(asked, judgements)
    for one in asked.questions:
        if found.decided:
            break
        judgements += [
            Judgement(one.question, "Ann", key, label_of[key] == label_of[one.key]) for key in one.to_judge({})
        ]
        found = result(asked, judgements)
    return found, judgements, len(judgements)


def keys_of(asked: Plan) -> tuple[bytes, ...]:
    return tuple(one.key for one in asked.questions)


def contested_question(asked: Plan) -> tuple[int, PlannedQuestion]:
    """The first question that the models answer differently, and its place."""
    return next((place, one) for place, one in enumerate(asked.questions) if one.to_judge({}))


def test_the_better_model_is_found_with_few_marks(project: Project) -> None:
    found, _, marks = judge(planned(project, "effnet-lite0", "conse"), truth(project))
    (pair,) = found.pairs
    assert pair.standing.verdict is Verdict.FIRST and (pair.first, pair.second) == ("conse", "effnet-lite0")
    assert found.questions <= 25 and marks <= 250
    assert 0 < pair.low < pair.difference < pair.high or pair.low <= 0 < pair.difference
    assert found.precision[1].low > found.precision[0].low  # in the order of the names asked for


def test_models_that_are_as_good_show_no_difference(project: Project) -> None:
    found, _, _ = judge(planned(project, "effnet-lite0", "conse+grey", seed=3), truth(project))
    assert found.pairs[0].standing.verdict is Verdict.NO_DIFFERENCE
    assert found.pairs[0].low < 0 < found.pairs[0].high


def test_models_that_answer_alike_need_no_judging(project: Project) -> None:
    with pytest.raises(UsageError, match="answer every question alike"):
        planned(project, "effnet-lite0", "effnet-lite0+grey")
    with pytest.raises(UsageError, match="two vec types"):
        planned(project, "conse")


def test_only_what_is_contested_is_asked_and_never_twice(project: Project) -> None:
    for one in planned(project, "effnet-lite0", "conse").questions:
        asked = one.to_judge({})
        first, second = map(set, one.rankings)
        assert set(asked) == first ^ second and len(set(asked)) == len(asked)
        assert one.to_judge(dict.fromkeys(asked[:3], True)) == asked[3:]
        assert one.key not in first | second


def test_half_of_the_questions_are_where_the_models_differ_most(project: Project) -> None:
    asked = planned(project, "effnet-lite0", "conse")
    assert len({one.key for one in asked.questions}) == len(asked.questions) > COUNT * 0.8
    assert all(0 < one.weight <= 2 for one in asked.questions)
    differ = [len(set(one.rankings[0]) ^ set(one.rankings[1])) for one in asked.questions]
    assert np.mean(differ[: COUNT // 3]) > np.mean(differ[-COUNT // 3 :])


def test_what_all_answer_alike_is_never_asked_and_counts_in_the_difference(project: Project) -> None:
    asked = planned(project, "effnet-lite0", "conse")
    assert all(one.to_judge({}) for one in asked.questions)
    everything = plan(common_rows(project, ("effnet-lite0", "conse")), unlike, most=COUNT)
    judgements = [
        Judgement(one.question, "Ann", key, key in one.rankings[1])
        for one in everything.questions
        for key in one.to_judge({})
    ]
    (pair,) = result(everything, judgements).pairs
    assert (pair.first, pair.standing.wins) == ("conse", len(everything.questions))
    apart = sum(len(set(one.rankings[1]) - set(one.rankings[0])) for one in everything.questions) / 10
    assert pair.difference == pytest.approx(apart / COUNT, rel=0.2)  # of all 120 questions; weighted, so not exactly


def test_a_session_that_goes_on_gives_the_same_figures(project: Project) -> None:
    asked = planned(project, "effnet-lite0", "conse")
    _, judgements, _ = judge(asked, truth(project))
    later = planned(project, "effnet-lite0", "conse", judged=tuple({one.question.picture for one in judgements}))
    first, second = result(asked, judgements), result(later, judgements)
    assert (first.questions, first.pairs[0].standing) == (second.questions, second.pairs[0].standing)
    assert second.pairs[0].difference == pytest.approx(first.pairs[0].difference)


def test_the_same_seed_asks_the_same(project: Project) -> None:
    assert planned(project, "conse", "effnet-lite0", seed=5) == planned(project, "conse", "effnet-lite0", seed=5)
    assert planned(project, "conse", "effnet-lite0", seed=5) != planned(project, "conse", "effnet-lite0", seed=6)


def test_judgements_count_for_models_that_are_compared_later(project: Project) -> None:
    first = planned(project, "effnet-lite0", "conse")
    _, judgements, _ = judge(first, truth(project))
    questions = tuple(dict.fromkeys(one.question.picture for one in judgements))
    later = planned(project, "conse+grey", "conse", judged=questions)
    assert {one.key for one in later.questions[: len(questions)]} == set(questions)
    left = [
        one.to_judge({judged.key: judged.relevant for judged in judgements if judged.question == one.question})
        for one in later.questions[: len(questions)]
    ]
    assert sum(map(len, left)) < sum(len(one.to_judge({})) for one in later.questions[: len(questions)])


def test_three_models_at_once(project: Project) -> None:
    found, _, _ = judge(planned(project, "effnet-lite0", "conse", "conse+grey"), truth(project))
    assert len(found.pairs) == 3
    assert {pair.first for pair in found.pairs if pair.standing.verdict is Verdict.FIRST} == {"conse"}


def test_a_question_counts_only_when_all_of_it_is_judged(project: Project) -> None:
    asked = planned(project, "effnet-lite0", "conse")
    place, one = contested_question(asked)
    keys = one.to_judge({})
    part = [Judgement(one.question, "Ann", key, True) for key in keys[:-1]]
    assert place == 0 and result(asked, part).questions == 0
    assert result(asked, [*part, Judgement(one.question, "Ann", keys[-1], True)]).questions == 1


def test_what_was_judged_for_two_counts_beside_a_third(project: Project) -> None:
    two = planned(project, "effnet-lite0", "conse")
    alone, judgements, _ = judge(two, truth(project))
    beside = result(planned(project, "effnet-lite0", "conse", "conse+grey", judged=keys_of(two)), judgements)
    pair = next(one for one in beside.pairs if {one.first, one.second} == {"effnet-lite0", "conse"})
    before, now = alone.pairs[0].standing, pair.standing
    assert (now.wins, now.losses, now.ties) == (before.wins, before.losses, before.ties)
    assert beside.questions >= alone.questions
    others = [one.standing for one in beside.pairs if one is not pair]
    assert all(one.wins + one.losses < before.wins + before.losses for one in others)  # much of it was not asked about


def test_persons_are_told_apart_and_count_together(project: Project) -> None:
    asked = planned(project, "effnet-lite0", "conse")
    _, one = contested_question(asked)
    keys = one.to_judge({})
    judgements = [Judgement(one.question, "Ann", key, key in one.rankings[0]) for key in keys]
    judgements += [
        Judgement(one.question, person, key, key in one.rankings[1]) for key in keys for person in ("Ben", "Cy")
    ]
    assert result(asked, judgements, "Ann").pairs[0].first == "effnet-lite0"
    assert result(asked, judgements).pairs[0].first == "conse"  # two against one


def test_nothing_judged_is_open(project: Project) -> None:
    asked = planned(project, "effnet-lite0", "conse")
    found = result(asked, [])
    assert found.questions == 0 and not found.decided and found.more > 0
    assert np.isnan(found.pairs[0].difference) and (found.pairs[0].low, found.pairs[0].high) == (
        -asked.span,
        asked.span,
    )


def test_no_question_can_differ_by_more_than_the_span(project: Project) -> None:
    asked = plan(common_rows(project, ("effnet-lite0", "conse")), unlike, most=COUNT)
    most = max(one.weight * len(set(one.rankings[0]) - set(one.rankings[1])) / 10 for one in asked.questions)
    assert asked.span == pytest.approx(most) and asked.span < 1.5  # all of them could be drawn, and were
