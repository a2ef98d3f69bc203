"""Prepared pictures pass between processes as they are."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.errors import ModelError
from core.models import frames
from core.models.backend import Prepared

DTYPES = st.sampled_from([np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_])
ARRAYS = st.tuples(DTYPES, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)).flatmap(
    lambda kind: st.lists(arrays.arrays(*kind), min_size=1, max_size=4)
)


def passed_on(batch: Sequence[Prepared]) -> list[Prepared]:
    """What the other process has."""
    stream = io.BytesIO()
    frames.write(stream, *frames.pack(batch))
    stream.seek(0)
    frame = frames.read(stream)
    assert frame is not None
    assert frames.read(stream) is None
    return frames.unpack(*frame)


@given(ARRAYS)
def test_arrays_arrive_as_they_were_sent(batch: list[np.ndarray]) -> None:
    for sent, got in zip(batch, passed_on(batch), strict=True):
        assert (got.dtype, got.shape) == (sent.dtype, sent.shape)
        assert got.tobytes() == sent.tobytes()


@given(ARRAYS)
def test_tensors_arrive_as_tensors(batch: list[np.ndarray]) -> None:
    for sent, got in zip(batch, passed_on([torch.from_numpy(array) for array in batch]), strict=True):
        assert isinstance(got, torch.Tensor)
        assert got.numpy().tobytes() == sent.tobytes()


def test_dictionaries_arrive_with_their_names_whatever_lies_how_in_memory() -> None:
    batch = [
        {
            "pixel_values": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1) + number,
            "spatial_shapes": torch.tensor([number, 2]),
            "mask": np.array([True, False]),
        }
        for number in range(3)
    ]
    got = passed_on(batch)
    assert len(got) == 3
    for sent, other in zip(batch, got, strict=True):
        assert list(other) == list(sent)
        assert torch.equal(other["pixel_values"], sent["pixel_values"])
        assert torch.equal(other["spatial_shapes"], sent["spatial_shapes"])
        np.testing.assert_array_equal(other["mask"], sent["mask"])


@pytest.mark.parametrize(
    ("batch", "why"),
    [
        ([np.zeros(2), np.zeros(3)], "differ in shape"),
        ([np.array(["a"])], "numbers of the type <U1"),
        ([object()], "no attribute 'numpy'"),
        ([{"a": np.zeros(1)}, {"b": np.zeros(1)}], "'a'"),
        ([torch.zeros(2, dtype=torch.bfloat16)], "BFloat16"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_way_on(batch: list[Prepared], why: str) -> None:
    with pytest.raises(ModelError, match=why) as caught:
        frames.pack(batch)
    assert caught.value.hint == "give a single --device"


def test_a_stream_cut_anywhere_ends_without_a_frame() -> None:
    stream = io.BytesIO()
    frames.write(stream, *frames.pack([np.arange(6.0), np.ones(6)]))
    content = stream.getvalue()
    for length in range(len(content)):
        assert frames.read(io.BytesIO(content[:length])) is None
    assert frames.read(io.BytesIO(content)) is not None
