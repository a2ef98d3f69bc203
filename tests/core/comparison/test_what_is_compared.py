"""What a comparison leaves out is said, and its hints lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.actions.definition import Context
from core.comparison.comparison import Comparison, Measure, compare
from core.errors import UsageError
from core.labels.tags import Tags
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import keys_in_order, rows_by_label, store_rows

SEVEN = ("clip", "clip+grey", "conse", "conse+grey", "dinov2", "effnet-lite0", "mobilenet")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """24 pictures in two folders that look like dates; no labels, no vectors."""
    for number in range(24):
        path = tmp_path / "p" / ("2019-05", "2020-01")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (10 * number, 9, 9)).save(path)
    with Project.open_or_create(tmp_path / "p") as made:
        made.scan()
        yield made


def ask(project: Project, *names: str, by: str = "", where: str = "") -> Comparison:
    return compare(Context(project, LocalEncoder()), names, by, where, measures={Measure.LABELS})


def rows(seed: int) -> np.ndarray:
    return rows_by_label([0, 1] * 12, 1.0, seed=seed)


def test_vec_types_beyond_six_are_named_as_not_compared(project: Project) -> None:
    for seed, name in enumerate(SEVEN[:6]):
        store_rows(project, name, keys_in_order(project), rows(seed))
    assert ask(project).note == ""
    store_rows(project, SEVEN[6], keys_in_order(project), rows(6))
    assert ask(project).note == "1 vec type not compared, as 6 are at most: mobilenet; name those you mean"
    assert ask(project, "clip", "conse").note == ""


def test_rows_that_are_all_the_same_are_named(project: Project) -> None:
    store_rows(project, "effnet-lite0", keys_in_order(project), rows(1))
    store_rows(project, "conse", keys_in_order(project), rows_by_label([0] * 24, 0.0))
    same = "all rows of conse are the same, so the order of its neighbours means nothing"
    assert ask(project).note == same
    assert ask(project, "effnet-lite0").note == ""


def test_folders_are_offered_only_where_they_can_be_compared(project: Project) -> None:
    for seed, name in enumerate(("effnet-lite0", "conse")):
        store_rows(project, name, keys_in_order(project), rows(seed))
    assert ask(project).without_labels.endswith("tag pictures, judge (--judge), or compare --by folders")
    one_folder = ask(project, where="folder:2019-05").without_labels
    assert one_folder == "no labels to measure against: tag pictures, or judge (--judge)"


def test_only_sources_with_labels_are_offered_instead(project: Project) -> None:
    keys = keys_in_order(project)
    for seed, name in enumerate(("effnet-lite0", "conse")):
        store_rows(project, name, keys, rows(seed))
    with pytest.raises(UsageError) as raised:
        ask(project, by="groups")
    assert raised.value.hint == "tag more pictures, judge (--judge), or compare by folders"
    Tags(project.catalog).add("few", keys[:4])
    with pytest.raises(UsageError) as raised:
        ask(project, by="tags", where="folder:2019-05")
    assert raised.value.hint == "tag more pictures, or judge (--judge)"
