"""The advice says no more than the figures show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.actions.definition import Context
from core.comparison.advice import advice
from core.comparison.comparison import Comparison, Measure, compare
from core.labels.decisions import DecisionKind, Decisions, tag_subject
from core.labels.tag_groups import tag_groups
from core.labels.tags import Tags
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import (
    keys_in_order,
    make_project,
    rows_by_label,
    store_rows,
    tag_by_label,
)

COUNT = 60
LABELS = [number % 6 for number in range(COUNT)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """60 pictures, no labels, no vectors."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        yield made


def said(project: Project, names: Sequence[str] = (), by: str = "") -> str:
    return advice(ask(project, names, by))


def ask(project: Project, names: Sequence[str] = (), by: str = "") -> Comparison:
    return compare(Context(project, LocalEncoder()), names, by, "", measures={Measure.LABELS})


def noise(seed: int) -> np.ndarray:
    return rows_by_label([0] * COUNT, 50.0, seed=seed)


def test_vectors_that_are_above_chance_by_luck_are_not_recommended(project: Project) -> None:
    tag_by_label(project, keys_in_order(project), LABELS)
    for seed, name in ((8, "effnet-lite0"), (14, "conse")):
        store_rows(project, name, keys_in_order(project), noise(seed))
    found = ask(project).by_labels
    assert found is not None and found.best.average_precision.value > found.average_by_chance  # by luck
    figures = f"(MAP@R {found.best.average_precision.value:.3f}, by chance {found.average_by_chance:.3f})"
    assert f"no vec type is shown to find your tags better than chance {figures}" in said(project)
    assert "equally well" not in said(project) and "sure" not in said(project)


def test_one_vec_type_alone_is_held_against_chance_too(project: Project) -> None:
    tag_by_label(project, keys_in_order(project), LABELS)
    store_rows(project, "conse", keys_in_order(project), noise(8))
    store_rows(project, "effnet-lite0", keys_in_order(project), rows_by_label(LABELS, 0.5))
    assert "conse is not shown to find your tags better than chance (MAP@R" in said(project, ["conse"])
    assert said(project, ["effnet-lite0"]).startswith("effnet-lite0 finds your tags with MAP@R")


def test_equally_good_vectors_are_called_so_with_the_bias_of_one_of_them(project: Project) -> None:
    keys = keys_in_order(project)
    groups = {f"label {label}": [k for k, own in zip(keys, LABELS, strict=True) if own == label] for label in range(6)}
    tag_groups(project.catalog, "clusters", groups, "conse")
    for name in ("effnet-lite0", "conse"):
        store_rows(project, name, keys, rows_by_label(LABELS, 0.5))
    assert "equally well, as far as 60 pictures can show" in said(project)
    assert "but some of these tags come from answers of conse" in said(project)


def test_tags_that_recommend_suggested_are_named_in_the_advice(project: Project) -> None:
    keys = keys_in_order(project)
    tag_by_label(project, keys, LABELS)
    for name, spread in (("effnet-lite0", 2.0), ("conse", 0.3)):
        store_rows(project, name, keys, rows_by_label(LABELS, spread))
    assert "Recommend" not in said(project)
    Decisions(project.catalog).remember(DecisionKind.REFUSED, tag_subject("label 0"), keys[1:2])
    assert "some of these tags were suggested by Recommend and favour the model" in said(project)


def test_folders_that_look_like_dates_are_named_in_the_advice(tmp_path: Path) -> None:
    for number in range(24):
        path = tmp_path / "p" / ("2019-05", "2020-01")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (10 * number, 9, 9)).save(path)
    with Project.open_or_create(tmp_path / "p") as project:
        project.scan()
        folders = [0] * 12 + [1] * 12  # keys are in the order of the paths
        for name, spread in (("effnet-lite0", 2.0), ("conse", 0.2)):
            store_rows(project, name, keys_in_order(project), rows_by_label(folders, spread))
        assert "the folders look like dates, which need not be what the pictures show" in said(project, by="folders")


def test_of_several_that_read_text_none_is_preferred_without_a_measurement(project: Project) -> None:
    keys = keys_in_order(project)
    tag_by_label(project, keys, LABELS)
    for name, spread in (("effnet-lite0", 0.2), ("conse", 1.0), ("conse+grey", 2.0)):
        store_rows(project, name, keys, rows_by_label(LABELS, spread))
    assert said(project, ["effnet-lite0", "conse"]).endswith("; for text conse.")
    assert said(project).endswith("; for text conse or conse+grey: --texts measures which finds more.")


def test_without_labels_the_advice_does_not_depend_on_the_order_of_the_names(project: Project) -> None:
    for seed, name in enumerate(("effnet-lite0", "conse")):
        store_rows(project, name, keys_in_order(project), rows_by_label(LABELS, 1.0, seed=seed))
    orders = (["effnet-lite0", "conse"], ["conse", "effnet-lite0"])
    assert [said(project, names).endswith("; for text conse.") for names in orders] == [True, True]


def test_tags_by_hand_have_no_caveat(project: Project) -> None:
    Tags(project.catalog).add("first", keys_in_order(project)[:30])
    Tags(project.catalog).add("second", keys_in_order(project)[30:])
    labels = [0] * 30 + [1] * 30
    for name, spread in (("effnet-lite0", 2.0), ("conse", 0.3)):
        store_rows(project, name, keys_in_order(project), rows_by_label(labels, spread))
    assert "sure); for text" in said(project) or said(project).endswith("sure).")
