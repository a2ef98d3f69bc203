"""Which vec type suits: cases in which the truth is known."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.actions.definition import Context
from core.comparison.advice import advice
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.comparison_json import comparison_json
from core.comparison.label_figures import LabelComparison
from core.errors import Cancelled, PictoscopeError, TooFewVectors, UsageError
from core.labels.decisions import DecisionKind, Decisions, tag_subject
from core.labels.tags import Tags
from core.models import rates
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import (
    keys_in_order,
    make_project,
    rows_by_label,
    store_rows,
    tag_by_label,
)

COUNT = 80
LABELS = [number % 4 for number in range(COUNT)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """80 pictures with four tags of 20, no vectors."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        tag_by_label(made, keys_in_order(made), LABELS)
        yield made


def ask(project: Project, *names: str, by: str = "", where: str = "") -> Comparison:
    return compare(Context(project, LocalEncoder()), names, by, where, measures={Measure.LABELS})


def by_labels(found: Comparison) -> LabelComparison:
    assert found.by_labels is not None
    return found.by_labels


def test_the_better_vectors_win_and_the_difference_is_sure(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "effnet-lite0", keys, rows_by_label(LABELS, 2.5))
    store_rows(project, "conse", keys, rows_by_label(LABELS, 0.8))
    found = by_labels(ask(project))
    assert [one.vec_type for one in found.figures] == ["conse", "effnet-lite0"]
    assert found.best.against_best is None and found.figures[1].is_worse
    assert found.figures[1].against_best is not None and found.figures[1].against_best.high < 0
    assert found.best.vote.low > found.vote_by_chance == 0.25
    assert found.precision_by_chance == pytest.approx(19 / 79)
    assert "conse finds your tags best" in advice(ask(project)) and "sure" in advice(ask(project))


def test_the_same_vectors_twice_show_no_difference(project: Project) -> None:
    rows = rows_by_label(LABELS, 1.0)
    store_rows(project, "effnet-lite0", keys_in_order(project), rows)
    store_rows(project, "conse", keys_in_order(project), rows)
    found = ask(project)
    second = by_labels(found).figures[1]
    assert second.against_best is not None
    assert (second.against_best.value, second.against_best.p, second.is_worse) == (0, 1, False)
    assert "equally well" in advice(found)
    assert found.agreement.share("conse", "effnet-lite0") == 1
    assert "choosing hardly matters" in advice(ask(project, by="none"))


def test_shuffled_vectors_lose_to_all_and_are_as_good_as_chance(project: Project) -> None:
    keys = keys_in_order(project)
    rows = rows_by_label(LABELS, 1.0)
    store_rows(project, "effnet-lite0", keys, rows)
    store_rows(project, "conse", keys, np.random.default_rng(0).permutation(rows))
    found = by_labels(ask(project))
    worst = found.figures[-1]
    assert worst.vec_type == "conse" and worst.is_worse
    assert worst.precision.low < found.precision_by_chance < worst.precision.high


def test_one_class_that_is_nearly_everything_does_not_decide(project: Project) -> None:
    keys = keys_in_order(project)
    labels = [1 if number % 20 == 0 else 0 for number in range(COUNT)]
    labels[1] = 1  # five of 80
    for tag in Tags(project.catalog).all():
        Tags(project.catalog).delete(tag.name)
    tag_by_label(project, keys, labels)
    store_rows(project, "effnet-lite0", keys, rows_by_label([0] * COUNT, 1.0))  # says the large class always
    store_rows(project, "conse", keys, rows_by_label(labels, 0.3))
    found = by_labels(ask(project))
    blind = next(one for one in found.figures if one.vec_type == "effnet-lite0")
    assert blind.vote.value == pytest.approx(0.5)  # 95 % of the pictures, half of the labels
    assert found.best.vec_type == "conse"


def test_the_verdict_does_not_depend_on_the_order_of_the_rows(project: Project) -> None:
    keys = keys_in_order(project)
    rows = rows_by_label(LABELS, 1.5)
    order = np.random.default_rng(2).permutation(COUNT)
    store_rows(project, "effnet-lite0", keys, rows)
    store_rows(project, "conse", [keys[place] for place in order], rows[order])
    found = ask(project)
    assert found.agreement.share("conse", "effnet-lite0") == 1
    assert by_labels(found).figures[0].vote == by_labels(found).figures[1].vote


def test_they_are_compared_on_the_pictures_that_all_have(project: Project) -> None:
    keys = keys_in_order(project)
    rows = rows_by_label(LABELS, 1.0)
    store_rows(project, "effnet-lite0", keys, rows)
    store_rows(project, "conse", keys[:60], rows[:60])
    found = ask(project)
    assert found.pictures == 60
    assert found.note == "compared on the 60 pictures that both have, of 80"
    assert by_labels(found).labelled == 60


def test_only_the_pictures_that_a_filter_selects(project: Project) -> None:
    keys = keys_in_order(project)
    for name in ("effnet-lite0", "conse"):
        store_rows(project, name, keys, rows_by_label(LABELS, 1.0))
    found = ask(project, where='tag:"label 0" or tag:"label 1"')
    assert found.pictures == 40 and len(by_labels(found).labelling.names) == 2
    with pytest.raises(UsageError):
        ask(project, where="tag:nothing-like-it")


def test_labels_come_from_what_is_asked_for(project: Project) -> None:
    keys = keys_in_order(project)
    for name in ("effnet-lite0", "conse"):
        store_rows(project, name, keys, rows_by_label(LABELS, 1.0))
    assert by_labels(ask(project)).labelling.source == "tags"
    assert ask(project, by="none").by_labels is None
    with pytest.raises(UsageError, match="of 1 label of folders, 1 have 5 or more of these pictures"):
        ask(project, by="folders")
    with pytest.raises(UsageError, match="there are no groups"):
        ask(project, by="groups")
    with pytest.raises(UsageError, match="there is no property sorrow"):
        ask(project, by="sorrow")


def test_without_labels_it_says_whether_choosing_matters(project: Project) -> None:
    keys = keys_in_order(project)
    for tag in Tags(project.catalog).all():
        Tags(project.catalog).delete(tag.name)
    store_rows(project, "effnet-lite0", keys, rows_by_label(LABELS, 1.0, seed=1))
    store_rows(project, "conse", keys, rows_by_label(LABELS[::-1], 1.0, seed=2))
    found = ask(project)
    assert found.by_labels is None and "no labels to measure against" in found.without_labels
    assert "choosing matters" in advice(found)


@pytest.mark.parametrize(("names", "source"), [(("cats", "dogs"), "folders"), (("2019-05", "2020-01"), "")])
def test_folders_stand_in_where_nothing_else_was_sorted(tmp_path: Path, names: tuple[str, str], source: str) -> None:
    for number in range(12):
        path = tmp_path / "p" / names[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (20 * number, 9, 9)).save(path)
    with Project.open_or_create(tmp_path / "p") as project:
        project.scan()
        keys = keys_in_order(project)
        for seed, name in enumerate(("effnet-lite0", "conse")):
            store_rows(project, name, keys, rows_by_label([0, 1] * 6, 1.0, seed=seed))
        found = ask(project)
        assert (found.by_labels.labelling.source if found.by_labels else "") == source
        if found.by_labels:
            assert "folders stand in for labels" in found.by_labels.labelling.warnings[0]


def test_labels_of_fewer_than_five_pictures_are_left_out_and_counted(project: Project) -> None:
    keys = keys_in_order(project)
    Tags(project.catalog).add("rare", keys[:3])
    for name in ("effnet-lite0", "conse"):
        store_rows(project, name, keys, rows_by_label(LABELS, 1.0))
    found = by_labels(ask(project))
    assert found.labelling.left_out == 1 and "rare" not in found.labelling.names


def test_tags_that_recommend_suggested_are_named_as_a_bias(project: Project) -> None:
    keys = keys_in_order(project)
    for name in ("effnet-lite0", "conse"):
        store_rows(project, name, keys, rows_by_label(LABELS, 1.0))
    assert by_labels(ask(project)).labelling.warnings == ()
    Decisions(project.catalog).remember(DecisionKind.REFUSED, tag_subject("label 0"), keys[1:2])
    assert "favour the model that suggested them" in by_labels(ask(project)).labelling.warnings[0]


def test_all_rows_equal_are_as_good_as_chance(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "effnet-lite0", keys, rows_by_label(LABELS, 0.8))
    store_rows(project, "conse", keys, rows_by_label([0] * COUNT, 0.0))
    found = by_labels(ask(project))
    assert found.figures[1].vec_type == "conse" and found.figures[1].is_worse


def test_too_little_to_compare_says_what_to_do(project: Project) -> None:
    with pytest.raises(TooFewVectors, match="there are none") as error:
        ask(project)
    assert "vectors create" in error.value.hint
    keys = keys_in_order(project)
    store_rows(project, "effnet-lite0", keys[:40], rows_by_label(LABELS[:40], 1.0))
    with pytest.raises(TooFewVectors, match="there is effnet-lite0 only"):
        ask(project)
    store_rows(project, "conse", keys[40:], rows_by_label(LABELS[40:], 1.0))
    with pytest.raises(TooFewVectors, match="0 pictures of 80 in common"):
        ask(project)


@pytest.mark.parametrize("names", [("conse", "conse"), ("nonsense", "conse"), ("dinov2", "conse")])
def test_names_that_cannot_be_compared_are_refused(project: Project, names: tuple[str, str]) -> None:
    store_rows(project, "conse", keys_in_order(project), rows_by_label(LABELS, 1.0))
    with pytest.raises(PictoscopeError) as error:
        ask(project, *names)
    assert error.value.hint


def test_it_can_be_cancelled(project: Project) -> None:
    for name in ("effnet-lite0", "conse"):
        store_rows(project, name, keys_in_order(project), rows_by_label(LABELS, 1.0))
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        compare(Context(project, LocalEncoder(), stop))


def test_the_same_seed_gives_the_same_figures(project: Project) -> None:
    for name, noise in (("effnet-lite0", 1.0), ("conse", 2.0)):
        store_rows(project, name, keys_in_order(project), rows_by_label(LABELS, noise))
    assert comparison_json(ask(project)) == comparison_json(ask(project))


@pytest.mark.parametrize(("jobs", "says"), [(("a", "a"), True), (("a", "b"), False), (("", ""), False)])
def test_only_speeds_that_one_job_measured_are_compared(
    project: Project, home: Path, jobs: tuple[str, str], says: bool
) -> None:
    store_rows(project, "conse", keys_in_order(project), rows_by_label(LABELS, 0.4))
    store_rows(project, "effnet-lite0", keys_in_order(project), rows_by_label(LABELS, 1.6, seed=2))
    for (name, speed), job in zip({"conse": 10.0, "effnet-lite0": 40.0}.items(), jobs, strict=True):
        rates.remember(name, speed, job)
    found = ask(project, "conse", "effnet-lite0")
    assert "conse finds your tags best" in advice(found)
    assert ("effnet-lite0 is 4.0 times as fast" in advice(found)) is says
