"""Measures that load models: texts that find labels, altered pictures that find their originals."""

from __future__ import annotations

import numpy as np
import pytest

from core.actions.definition import Context
from core.comparison.comparison import Measure, compare
from core.comparison.comparison_json import comparison_json
from core.images.alterations import ALTERATIONS
from core.labels.tags import Tags
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order
from tests.filled_projects import say_other_weights


def test_altered_pictures_find_their_originals(context: Context) -> None:
    found = compare(context, ["effnet-lite0", "effnet-lite0+grey"], by="none").by_alterations
    assert found is not None and found.pictures == 25
    assert found.alterations == tuple(ALTERATIONS)
    plain, grey = found.shares["effnet-lite0"], found.shares["effnet-lite0+grey"]
    recompressed = found.alterations.index("JPEG")
    assert plain[recompressed].value > 0.3  # one in 25 by chance; they are small
    assert grey[found.alterations.index("grey")].value == pytest.approx(0.96, abs=0.041)  # two pictures are one in grey
    assert plain[found.alterations.index("grey")].value <= grey[found.alterations.index("grey")].value


def test_texts_find_the_labels_that_they_name(context: Context) -> None:
    keys = keys_in_order(context.project)
    tags = Tags(context.project.catalog)
    tags.add("a circle", keys[:8])
    tags.add("shapes/square", keys[8:16])
    tags.add("***", keys[16:24])  # says nothing
    found = compare(context, measures={Measure.TEXTS}).by_texts
    assert found is not None
    assert [one.vec_type for one in found.figures] == ["conse"]  # the only one that reads text
    assert found.texts + found.left_out == 3 and found.left_out == 1
    assert all(one.value in (0, 0.5, 1) for one in found.figures[0].recall)
    values = [one.value for one in found.figures[0].recall]
    assert values == sorted(values)
    assert 0.9 < found.by_chance[-1] < 1


def test_a_model_that_is_not_that_of_the_rows_is_left_out_and_named(context: Context) -> None:
    say_other_weights(context.project.vectors_folder / "effnet-lite0")
    found = compare(context, ["effnet-lite0", "conse"], by="none").by_alterations
    assert found is not None
    assert list(found.shares) == ["conse"] and "do not match the model" in found.problems["effnet-lite0"]


def test_everything_is_in_the_json(context: Context) -> None:
    keys = keys_in_order(context.project)
    for label, own in (("one", keys[:8]), ("two", keys[8:16])):
        Tags(context.project.catalog).add(label, own)
    found = comparison_json(compare(context, measures=set(Measure)))
    assert len(found["labels"]["vec_types"]) == len(found["alterations"]["vec_types"]) == 3
    assert found["texts"]["vec_types"][0]["recall_at_10"]["value"] is not None
    assert np.isfinite(found["agreement"]["common_neighbours"][0]["share"])


def test_pictures_that_are_gone_are_replaced_by_others(context: Context) -> None:
    project: Project = context.project
    for path in sorted(project.folders[0].rglob("*.png"))[:2]:
        path.unlink()
    found = compare(context, ["effnet-lite0", "conse"], by="none").by_alterations
    assert found is not None and found.pictures == 23
