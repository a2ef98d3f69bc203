"""Actions with imported vectors: they answer as with any vec type, but for what needs a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import ask
from core.comparison.comparison import compare
from core.errors import ModelError, UsageError, VectorsMissing
from core.importing.vectors.plan import plan_vectors
from core.jobs.launch import create_vectors, delete_vectors, restart_vectors
from core.project import Project
from core.vectors.encoder import LocalEncoder
from core.vectors.vec_type import VecType
from tests.core.comparison.compared_projects import keys_in_order, make_project, store_rows

COUNT = 40
NAME = "own.mine"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """40 pictures in four directions, two pictures without a row; drawn rows of another vec type."""
    folder = tmp_path_factory.mktemp("own")
    with make_project(folder / "pictures", COUNT) as project:
        random = np.random.default_rng(3)
        rows = np.eye(4, 24)[np.arange(COUNT) % 4] + 0.1 * random.standard_normal((COUNT, 24))
        keys = keys_in_order(project)
        store_rows(project, "effnet-lite0", keys, random.standard_normal((COUNT, 24)).astype(np.float32))
        np.save(folder / "v.npy", 5 * rows[:-2])
        (folder / "v.txt").write_text("".join(f"{key.hex()}\n" for key in keys[:-2]))
        plan_vectors(project, folder / "v.npy", "mine").apply()
        yield project


@pytest.fixture
def context(template: Project) -> Context:
    return Context(template, LocalEncoder())


def asked(context: Context, action: str, **values: object) -> Answer:
    return ask(find(action), context, {"vec_type": NAME, **values})


def directions(context: Context, keys: list[bytes]) -> set[int]:
    """Which of the four directions the pictures have."""
    order = keys_in_order(context.project)
    return {order.index(key) % 4 for key in keys}


def test_similar_finds_the_pictures_of_its_direction(context: Context) -> None:
    key = keys_in_order(context.project)[5]
    answer = asked(context, "similar", like=[key.hex()], top=9)
    assert directions(context, [match.key for match in answer.groups[0].matches]) == {1}
    assert "own.mine covers 38 of 40 pictures: the rest has no rows" in answer.note


def test_cluster_finds_the_directions(context: Context) -> None:
    answer = asked(context, "cluster", method="k-means", k=4, words=False)
    found = [directions(context, [match.key for match in group.matches]) for group in answer.groups]
    assert sorted(map(sorted, found)) == [[0], [1], [2], [3]]


def test_recommend_and_duplicates_answer(context: Context) -> None:
    keys = keys_in_order(context.project)
    answer = asked(context, "recommend", like=[key.hex() for key in keys[1:21:4]])
    assert directions(context, [match.key for match in answer.groups[0].matches[:3]]) == {1}
    assert [group.matches for group in asked(context, "duplicates").groups] == [()]


def test_compare_measures_them_beside_others(context: Context) -> None:
    found = compare(context, [NAME, "effnet-lite0"])
    assert [one.name for one in found.facts] == [NAME, "effnet-lite0"]


def test_texts_and_outside_pictures_are_refused_with_what_to_do(context: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="own:mine reads no text"):
        asked(context, "text_search", text="a boat")
    outside = tmp_path / "outside.png"
    outside.write_bytes(context.project.catalog.pictures(context.project.catalog.picture_ids())[0].path)
    with pytest.raises(ModelError, match="own:mine are vectors of your own") as caught:
        asked(context, "similar", like=[str(outside)])
    assert "pictoscope vectors import FILE --as mine" in caught.value.hint


def test_a_picture_without_a_row_and_a_name_without_vectors_say_how_to_import(context: Context) -> None:
    key = keys_in_order(context.project)[-1]
    with pytest.raises(ModelError) as few:
        asked(context, "similar", like=[key.hex()])
    with pytest.raises(VectorsMissing) as missing:
        ask(find("cluster"), context, {"vec_type": "own.other"})
    assert "pictoscope vectors import FILE --as mine" in few.value.hint
    assert "pictoscope vectors import FILE --as other" in missing.value.hint


def test_no_job_is_started_for_them(context: Context) -> None:
    project = context.project
    for refused in (lambda: restart_vectors(project, NAME), lambda: create_vectors(project, VecType("own:new"))):
        with pytest.raises(UsageError, match="no model here computes them") as caught:
            refused()
        assert "pictoscope vectors import FILE --as" in caught.value.hint
    assert not project.jobs_folder.exists()


def test_they_can_be_deleted(template: Project, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.ones((1, 3)))
    (tmp_path / "v.txt").write_text(keys_in_order(template)[0].hex())
    plan_vectors(template, tmp_path / "v.npy", "gone").apply()
    delete_vectors(template, "own.gone")
    assert not (template.vectors_folder / "own.gone").exists()
