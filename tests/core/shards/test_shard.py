"""Shards: the key of a picture decides in which it is, whatever other pictures there are."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.errors import UsageError
from core.keys import KEY
from core.shards.shard import MOST_SHARDS, Shard, shard_numbers


def keys(count: int) -> np.ndarray:
    return np.array(sorted(hashlib.sha1(str(number).encode()).digest() for number in range(count)), KEY)


@pytest.mark.parametrize(("text", "shard"), [("3/40", Shard(3, 40)), ("1/1", Shard(1, 1)), ("40/40", Shard(40, 40))])
def test_a_shard_is_written_as_its_number_and_how_many_there_are(text: str, shard: Shard) -> None:
    assert Shard.parse(text) == shard
    assert str(shard) == text


@pytest.mark.parametrize(
    "text", ["", "3", "0/40", "41/40", "3/0", "-1/4", "3/40/5", "a/b", "1/10001", "٣/٤", "1 /4", "1/4\n"]
)
def test_what_is_no_shard_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="is not a shard") as refused:
        Shard.parse(text)
    assert "3/40" in refused.value.hint


@pytest.mark.parametrize("of", [1, 2, 7, 40, MOST_SHARDS])
def test_every_picture_is_in_exactly_one_shard(of: int) -> None:
    all_keys = keys(500)
    shards = [Shard(number, of).among(all_keys) for number in np.unique(shard_numbers(all_keys, of)).tolist()]
    assert sorted(np.concatenate(shards).tolist()) == all_keys.tolist()
    assert shard_numbers(all_keys, of).min() >= 1
    assert shard_numbers(all_keys, of).max() <= of


def test_pictures_added_later_change_the_shard_of_no_other() -> None:
    few, more = keys(300), keys(900)
    for number in range(1, 8):
        before, after = set(Shard(number, 7).among(few).tolist()), set(Shard(number, 7).among(more).tolist())
        assert before == after & set(few.tolist())


def test_the_shard_of_a_key_is_the_same_for_ever() -> None:
    """Parts of another version or another machine must mean the same."""
    assert shard_numbers(np.array([bytes(range(20)), b"\xff" * 20, b"\1" + b"\0" * 19], KEY), 40).tolist() == [
        int.from_bytes(bytes(range(8)), "big") % 40 + 1,
        (2**64 - 1) % 40 + 1,
        2**56 % 40 + 1,
    ]


def test_shards_are_about_equally_large() -> None:
    sizes = np.bincount(shard_numbers(keys(40_000), 40))[1:]
    assert sizes.min() > 850
    assert sizes.max() < 1150


def test_no_keys_are_in_no_shard() -> None:
    assert len(Shard(1, 2).among(np.zeros(0, KEY))) == 0
