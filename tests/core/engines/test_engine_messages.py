"""Tasks and answers as bytes, and the choice of an engine in the file of a job."""

from __future__ import annotations

import os

import pytest

from core.catalog.copies import File
from core.engines.choice import EngineChoice
from core.engines.messages import Answer, StageAnswer, StageTask, Task
from core.engines.remote import compute
from core.errors import UsageError
from core.vectors.engine import Wanted

NAME = b"/pictures/\xff\n'\xc3\xa9.png"  # no UTF-8


def wanted(key: bytes = b"k" * 20) -> Wanted:
    return Wanted((File(key, NAME, 5, 7), File(key, b"/copy.png", 5, 8)), (0, 1), measure=True)


@pytest.mark.parametrize("contents", [None, (b"", b"line\nline")])
def test_a_task_comes_out_as_it_went_in(contents: tuple[bytes, ...] | None) -> None:
    stages = (StageTask("clip", {}, 448), StageTask("clip+grey", {"precision": "float32"}))
    task = Task(stages, (b"/pictures/\xff",), (wanted(), wanted(b"l" * 20)), contents)
    assert Task.from_bytes(task.to_bytes()) == task


def test_an_answer_comes_out_as_it_went_in() -> None:
    answer = Answer(computed=[StageAnswer([0, 2], 7, [[1, "no"]])], looks=[[0, 1, 2.5]], rows=b"\n\0rows")  # type: ignore[list-item]
    assert Answer.from_bytes(answer.to_bytes()) == answer


@pytest.mark.parametrize("content", [b"", b"{}", b"[]\n", b'{"format": 2}\n', b"\x80\x04N.", b"[" * 100_000])
def test_what_is_no_task_is_answered_with_trouble_and_never_raises(content: bytes) -> None:
    trouble = Answer.from_bytes(compute(content)).trouble
    assert trouble is not None
    assert trouble[0].startswith("unexpected ")


def test_a_choice_comes_out_of_the_file_of_a_job_as_it_went_in() -> None:
    choice = EngineChoice("dask://node1:8786", {b"/data/\xff": b"/mnt/data"})
    assert EngineChoice.from_toml(choice.to_toml()) == choice
    sending = EngineChoice("dask://node1:8786", send_pictures=True)
    assert EngineChoice.from_toml(sending.to_toml() | {"precision": "float32"}) == sending
    assert EngineChoice.from_toml({"precision": "float32"}) is None


@pytest.mark.parametrize("content", [1, {}, {"address": "nowhere"}, {"address": "a://b", "map": [["zz", ""]]}])
def test_a_choice_that_cannot_be_read_is_refused(content: object) -> None:
    with pytest.raises(UsageError):
        EngineChoice.from_toml({"engine": content})


def test_paths_on_the_workers_are_those_of_the_map() -> None:
    choice = EngineChoice("dask://a:1", {b"/data": b"/mnt/data", b"/": b"/root"})
    assert choice.there(b"/data/a/b.png") == b"/mnt/data/a/b.png"
    assert choice.there(b"/database/b.png") == b"/root/database/b.png"
    assert EngineChoice("dask://a:1").there(NAME) == NAME
    assert os.fsdecode(choice.there(b"/data")) == "/mnt/data"
