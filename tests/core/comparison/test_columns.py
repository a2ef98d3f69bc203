"""One question through several vec types: who finds what, and where a picture stands in the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.actions.definition import Context
from core.arrays import Rows, normalise
from core.comparison.columns import Columns, ask_side_by_side
from core.comparison.shared_question import SharedQuestion
from core.errors import Cancelled, TooFewVectors, UsageError
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import keys_in_order, make_project, store_rows

COUNT = 30


def on_a_line(places: list[int]) -> Rows:
    """Rows the farther from that of place 0 the larger the place."""
    angles = np.array(places) * (1.5 / COUNT)
    return normalise(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """One vec type has the pictures in order, the other backwards behind the first."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        store_rows(made, "conse", keys, on_a_line(list(range(COUNT))))
        store_rows(made, "effnet-lite0", keys, on_a_line([0, *range(COUNT - 1, 0, -1)]))
        yield made


def ask(project: Project, *keys: bytes, text: str = "", names: tuple[str, ...] = ()) -> Columns:
    question = SharedQuestion(tuple(key.hex() for key in keys), text, names)
    return ask_side_by_side(Context(project, LocalEncoder()), question)


def test_each_vec_type_ranks_all_others_and_every_place_is_known(project: Project) -> None:
    keys = keys_in_order(project)
    found = ask(project, keys[0])
    one, other = found.of
    assert found.ranked(one, COUNT) == keys[1:] and found.ranked(other, COUNT) == keys[:0:-1]
    assert [found.place(one, key) for key in keys] == [None, *range(1, COUNT)]
    assert [found.place(other, key) for key in keys] == [None, *range(COUNT - 1, 0, -1)]
    assert found.place(one, b"\x01" * 20) is None


def test_what_nobody_else_has_in_as_many_tens_is_found_here_only(project: Project) -> None:
    found = ask(project, keys_in_order(project)[0])
    one = found.of[0]
    # rank r here is rank 30 - r there
    assert [found.only_here(one, rank) for rank in (1, 10, 11, 14, 15, 19, 20)] == [
        *(True, True, False, False, False, False, False),
    ]


def test_a_vec_type_that_reads_no_text_says_so_and_the_other_answers(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.comparison import columns

    class Read:
        row = on_a_line([0])[0]

    monkeypatch.setattr(columns, "text_query", lambda *_: Read)  # the rows of this project are no model's
    found = ask(project, text="a boat")
    assert [one.name for one in found.answering] == ["conse"]
    silent = next(one for one in found.of if one.name == "effnet-lite0")
    assert silent.problem == "reads no text" and found.place(silent, keys_in_order(project)[3]) is None
    assert found.ranked(found.answering[0], 2) == keys_in_order(project)[:2]
    assert not found.only_here(found.answering[0], 1), "nobody else was asked"


def test_only_pictures_that_all_have_are_ranked(project: Project) -> None:
    keys = keys_in_order(project)
    store_rows(project, "effnet-lite0+grey", keys[:20], on_a_line(list(range(20))))
    found = ask(project, keys[0])
    assert len(found.keys) == 20 and "compared on the 20 pictures that all of them have, of 30" in found.note
    assert found.place(found.of[0], keys[25]) is None


def test_what_cannot_be_asked_is_refused(project: Project) -> None:
    keys = keys_in_order(project)
    with pytest.raises(UsageError, match="there are no other pictures"):
        ask(project, *keys)
    with pytest.raises(UsageError, match="1,001 pictures are chosen"):
        ask(project, *keys[:1] * 1_001)
    with pytest.raises(UsageError, match="only says what is not wanted"):
        ask(project, text='-"a boat"')
    with pytest.raises(UsageError, match="reads no text"):
        ask(project, text="a boat", names=("effnet-lite0",))
    with pytest.raises(UsageError):
        ask(project, b"\x01" * 20)


def test_one_vec_type_is_not_enough(tmp_path: Path) -> None:
    with make_project(tmp_path / "pictures", 3) as made:
        store_rows(made, "conse", keys_in_order(made), on_a_line([0, 1, 2]))
        with pytest.raises(TooFewVectors, match="there is conse only"):
            ask(made, keys_in_order(made)[0])


def test_it_stops_when_it_is_told(project: Project) -> None:
    stop = threading.Event()
    stop.set()
    question = SharedQuestion.of_keys(keys_in_order(project)[:1])
    assert question is not None
    with pytest.raises(Cancelled):
        ask_side_by_side(Context(project, LocalEncoder(), stop), question)
