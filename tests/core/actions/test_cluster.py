"""Clusters of real vectors: every picture once, tightest first, most typical first, and what goes wrong."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.actions import cluster as module
from core.actions import cluster_words
from core.actions.answer import Answer
from core.actions.cluster_words import standings, vocabulary
from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import Question
from core.arrays import normalise
from core.errors import Cancelled, ModelError, UsageError, VectorsMissing
from core.project import Project
from core.vectors import store
from core.vectors.store import Reader
from tests.remembering_encoder import RememberingEncoder

FAST = {"vec_type": "effnet-lite0"}


WORDS = [*vocabulary()[::14], "cat", "kitten", "dog", "puppy", "violin", "guitar"]


@pytest.fixture(autouse=True)
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a cache of its own, and the model takes seconds for all words."""
    monkeypatch.setattr(cluster_words, "vocabulary", lambda: list(WORDS))


def ask(context: Context, **values: object) -> Answer:
    return Question.of(find("cluster"), values).ask(context)


def keys(answer: Answer) -> list[bytes]:
    return [match.key for group in answer.groups for match in group.matches]


def sets(answer: Answer) -> list[set[bytes]]:
    return [{match.key for match in group.matches} for group in answer.groups]


def every(context: Context) -> list[bytes]:
    return [bytes(key).ljust(20, b"\0") for key in context.project.catalog.keys().tolist()]


@pytest.mark.parametrize(
    "values",
    [{"k": 1}, {"k": 4}, {"k": "auto"}, {"k": 25}, {"method": "hdbscan", "least": 2}, {"method": "hdbscan"}],
)
def test_every_picture_is_there_once(context: Context, values: dict[str, object]) -> None:
    answer = ask(context, **FAST, **values)
    assert sorted(keys(answer)) == sorted(every(context))
    assert all(group.matches for group in answer.groups)
    assert (answer.action, answer.vec_type) == ("cluster", "effnet-lite0")


def test_clusters_come_by_their_tightness_and_pictures_by_how_typical_they_are(context: Context) -> None:
    answer = ask(context, **FAST, k=4)
    assert len(answer.groups) == 4
    assert answer.title == "4 clusters of 25 pictures"
    tightness = [group.score for group in answer.groups]
    assert tightness == sorted(tightness, reverse=True)
    snapshot = Reader(context.project.vectors_folder / "effnet-lite0").snapshot()
    for group in answer.groups:
        rows = np.stack([snapshot.rows[snapshot.row_of(match.key)] for match in group.matches])
        cosines = rows @ normalise(rows.sum(axis=0))
        np.testing.assert_allclose([match.score for match in group.matches], cosines, atol=1e-5)
        assert sorted(cosines.tolist(), reverse=True) == pytest.approx(cosines.tolist(), abs=1e-6)
        assert group.score == pytest.approx(cosines.mean(), abs=1e-5)
        # The first is the medoid: the one with the largest mean cosine to all.
        assert (rows @ rows.T).mean(axis=1).max() == pytest.approx((rows @ rows[0]).mean(), abs=1e-5)
        assert group.name == f"like {os.path.basename(group.matches[0].path).decode()}"


def test_the_same_seed_gives_the_same_answer(context: Context) -> None:
    assert ask(context, **FAST, k=5, seed=7) == ask(context, **FAST, k=5, seed=7)


def test_rows_computed_in_another_order_fall_into_the_same_clusters(context: Context) -> None:
    before = ask(context, **FAST, k=5)
    folder = context.project.vectors_folder / "effnet-lite0"
    old = Reader(folder).snapshot()
    numbers = np.random.default_rng(1).permutation(len(old.rows))
    store.create(folder.with_name("moved"), old.manifest)
    with store.Writer(folder.with_name("moved")) as writer:
        writer.append([bytes(old.keys[n]).ljust(20, b"\0") for n in numbers], old.rows[numbers])
    store.delete(folder)
    folder.with_name("moved").rename(folder)
    with Project(context.project.path) as project:
        assert sets(ask(replace(context, project=project), **FAST, k=5)) == sets(before)


def test_a_large_collection_is_clustered_from_a_sample_and_the_answer_says_so(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_SAMPLE_LEAST", "_A_CENTRE"):
        monkeypatch.setattr(module, name, 5)
    answer = ask(context, **FAST, k=3)
    assert "centres computed from a sample of 15 pictures" in answer.note
    assert sorted(keys(answer)) == sorted(every(context))
    monkeypatch.setattr(module, "_DENSE_MOST", 18)
    answer = ask(context, **FAST, method="hdbscan", least=2)
    assert "found in a sample of 18 pictures" in answer.note
    assert sorted(keys(answer)) == sorted(every(context))


def test_what_belongs_to_no_dense_place_comes_last_without_scores(context: Context) -> None:
    answer = ask(context, **FAST, method="hdbscan", least=2)
    rest = answer.groups[-1]
    assert (rest.name, rest.score) == ("unclustered", None)
    assert {match.score for match in rest.matches} == {None}
    assert "unclustered" not in [group.name for group in answer.groups[:-1]]
    alone = ask(context, **FAST, method="hdbscan", least=20)
    assert [group.name for group in alone.groups] == ["unclustered"]
    assert "no dense region has 20 pictures" in alone.note
    assert alone.title == "0 clusters of 25 pictures"


def test_more_clusters_than_pictures_are_as_many_as_there_are(context: Context) -> None:
    answer = ask(context, **FAST, k=400)
    assert len(answer.groups) == 25
    assert answer.note == "400 clusters were requested, only 25 found"


@pytest.mark.parametrize("method", ["k-means", "hdbscan"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_pictures_are_no_trouble(context: Context, method: str, count: int) -> None:
    chosen = tuple(key.hex() for key in every(context)[:count])
    answer = ask(context, **FAST, method=method, where=chosen)
    assert sorted(key.hex() for key in keys(answer)) == sorted(chosen)


@pytest.mark.parametrize("method", ["k-means", "hdbscan"])
def test_equal_vectors_are_one_cluster(context: Context, method: str) -> None:
    folder = context.project.vectors_folder / "effnet-lite0"
    with store.Writer(folder) as writer:
        rows = np.repeat(writer.snapshot().rows[:1], 25, axis=0)
        writer.append(every(context), rows)
    answer = ask(context, **FAST, method=method)
    assert [len(group.matches) for group in answer.groups] == [25]
    assert answer.groups[0].score == pytest.approx(1)


def test_clusters_of_a_cluster(context: Context) -> None:
    outer = max(ask(context, **FAST, k=3).groups, key=lambda group: len(group.matches))
    inner = ask(context, **FAST, k=2, where=tuple(match.key.hex() for match in outer.matches))
    assert len(inner.groups) == 2
    assert sorted(keys(inner)) == sorted(match.key for match in outer.matches)


def test_names_are_words_where_the_model_reads_text(context: Context) -> None:
    answer = ask(context, vec_type="conse", k=3)
    words = set(WORDS)
    for group in answer.groups:
        assert set(group.name.split(", ")) <= words
    assert len({group.name for group in answer.groups}) == 3
    plain = ask(context, vec_type="conse", k=3, words="no")
    assert all(group.name.startswith("like ") for group in plain.groups)
    assert sets(plain) == sets(answer)


def test_a_model_that_cannot_be_loaded_costs_the_words_only(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ModelError("its weights are not here")

    monkeypatch.setattr(context.encoder, "texts", fail)
    answer = ask(context, vec_type="conse", k=2)
    assert "not named by words: its weights are not here" in answer.note
    assert all(group.name.startswith("like ") for group in answer.groups)


def test_the_vocabulary_is_many_different_words() -> None:
    words = vocabulary()
    assert len(words) == len(set(words)) > 700
    assert all(word == word.strip() and word for word in words)


def test_a_word_near_to_everything_names_nothing() -> None:
    rows = normalise(np.array([[1, 0.2, 0], [1, 0, 0.2], [1, 0.25, 0], [1, 0, 0.25]]))
    words = normalise(np.array([[1, 0, 0], [0.3, 1, 0], [0.3, 0, 1]]))
    standing = standings(words, np.stack([rows[::2].mean(axis=0), rows[1::2].mean(axis=0)]), rows)
    assert standing.argmax(axis=0).tolist() == [1, 2]


def test_at_every_step_it_can_be_cancelled(context: Context) -> None:
    for method, least in (("k-means", 0), ("hdbscan", 2)):
        said: list[str] = []
        stop = threading.Event()
        ask(replace(context, stop=stop, say=said.append), vec_type="conse", method=method, least=least)
        assert len(said) > 5
        for step in (0, 1, 2, len(said) - 1):
            stop = threading.Event()
            heard: list[str] = []

            def say(text: str, stop: threading.Event = stop, heard: list[str] = heard, step: int = step) -> None:
                heard.append(text)
                if len(heard) > step:
                    stop.set()

            with pytest.raises(Cancelled):
                ask(replace(context, stop=stop, say=say), vec_type="conse", method=method, least=least)


def test_vectors_deleted_meanwhile_are_said_to_be_missing(context: Context) -> None:
    ask(context, **FAST, k=2)
    store.delete(context.project.vectors_folder / "effnet-lite0")
    with pytest.raises(VectorsMissing, match="there are no vectors effnet-lite0 yet"):
        ask(context, **FAST, k=2)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"k": -1}, "k: -1 is out"),
        ({"method": "magic"}, "method: 'magic' is not a"),
        ({"least": 1}, "smallest: 1 is out"),
    ],
)
def test_what_cannot_be_is_refused(context: Context, values: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ask(context, **values)


# A selection


def test_a_selection_may_be_paths_keys_or_both_and_is_looked_up_at_once(context: Context) -> None:
    pictures = context.project.catalog.by_keys(every(context)[:9])
    mixed = [key.hex() if number % 2 else os.fsdecode(pictures[key].path) for number, key in enumerate(pictures)]
    asked: list[str] = []
    catalog = context.project.catalog
    original = catalog.query
    catalog.query = lambda statement, values=(): (asked.append(statement), original(statement, values))[1]  # type: ignore[method-assign]
    answer = ask(context, **FAST, k=1, where=tuple(mixed))
    assert sorted(keys(answer)) == sorted(pictures)
    assert len(asked) < 20
    with pytest.raises(UsageError, match="there is no picture 0000"):
        ask(context, **FAST, k=1, where=(*mixed, "0" * 40))


# Meaning


@pytest.fixture
def demo(demo_template: Path, quick_encoder: RememberingEncoder) -> Iterator[Context]:
    with Project.open_or_create(demo_template) as project:
        yield Context(project, quick_encoder)


def folders_of(answer: Answer, name: str) -> list[str]:
    group = next(group for group in answer.groups if name in group.name)
    return [
        os.fsdecode(match.path).rsplit("/", 2)[1] + "/" + os.fsdecode(match.path).rsplit("/", 1)[1]
        for match in group.matches
    ]


@pytest.mark.parametrize(
    ("word", "parts"),
    [("cat", ("cat", "kitten")), ("dog", ("dog", "puppy", "shepherd")), ("violin", ("violin", "music", "guitar"))],
)
def test_pictures_of_one_thing_lie_together_under_its_name(demo: Context, word: str, parts: tuple[str, ...]) -> None:
    answer = ask(demo, vec_type="conse", k=16)
    found = folders_of(answer, word)
    assert sum(any(part in path for part in parts) for path in found) >= 0.75 * len(found), found
