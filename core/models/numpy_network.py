"""Runs a converted network for texts in NumPy: for one question, OpenVINO takes seconds to import and to compile it.

A network is a list of steps, which :mod:`core.models.network_steps` writes when the model is converted. Operations are
those of OpenVINO, named and defined as there (https://docs.openvino.ai, "Operation Sets").
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import ModelError
from core.models.gelu import gelu

Array = npt.NDArray[Any]
Attributes = Mapping[str, str]
Step = tuple[str, list[tuple[int, int]], dict[str, Any]]  # operation, step and output of each input, attributes

PARAMETER, CONSTANT, RESULT = "Parameter", "Const", "Result"
TYPES = {
    "f32": np.float32,
    "i64": np.int64,
    "i32": np.int32,
    "u8": np.uint8,
    "boolean": np.bool_,
    "f64": np.float64,
}
_LIBRARY_ERRORS = (ValueError, TypeError, KeyError, IndexError, OSError, RecursionError)
_TRUE = ("true", "1")


class NumpyNetwork:
    """A network of float32. For several threads at a time."""

    def __init__(self, steps: Path, weights: Path) -> None:
        """
        Args:
            steps: what :func:`core.models.network_steps.write` wrote.
            weights: the ``.bin`` beside OpenVINO's ``.xml``; mapped, not read.

        Raises:
            ModelError: they are not what was written.
        """
        try:
            self._steps: list[Step] = [
                (name, [(source, output) for source, output in inputs], attributes)
                for name, inputs, attributes in json.loads(steps.read_bytes())
            ]
            content = _mapped(weights)
            self._constants = {
                number: _constant(content, attributes)
                for number, (name, _, attributes) in enumerate(self._steps)
                if name == CONSTANT
            }
        except _LIBRARY_ERRORS as error:
            raise ModelError(f"{steps} cannot be read ({error})", "--runtime torch does not need it") from error

    def __call__(self, **arrays: Array) -> Array:
        """The network's only output for arrays by the names of its inputs.

        Raises:
            ModelError: they do not fit the network.
        """
        values: list[Sequence[Array]] = []
        try:
            for number, (name, inputs, attributes) in enumerate(self._steps):
                given = [values[source][output] for source, output in inputs]
                if name == CONSTANT:
                    values.append((self._constants[number],))
                elif name == PARAMETER:
                    values.append((arrays[attributes["name"]],))
                elif name == RESULT:
                    return given[0]
                else:
                    values.append(OPERATIONS[name](attributes, *given))
        except _LIBRARY_ERRORS as error:
            raise ModelError(f"the network cannot be computed ({error})", "--runtime torch does not need it") from error
        raise ModelError("the network has no output", "--runtime torch does not need it")


def _mapped(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size == 0:  # which cannot be mapped: a network without constants
            return b""
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _constant(content: mmap.mmap | bytes, attributes: Attributes) -> Array:
    dtype = np.dtype(TYPES[attributes["element_type"]])
    shape = [int(size) for size in attributes["shape"].split(",") if size.strip()]
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(content, dtype, count, int(attributes["offset"])).reshape(shape)


def _axes(given: Array) -> tuple[int, ...]:
    return tuple(int(axis) for axis in np.atleast_1d(given))


def _elementwise(work: Callable[..., Array]) -> Callable[..., Sequence[Array]]:
    return lambda attributes, *given: (work(*given),)


def _divide(attributes: Attributes, one: Array, other: Array) -> Sequence[Array]:
    return (one // other if one.dtype.kind in "iu" else one / other,)


def _unsqueeze(attributes: Attributes, data: Array, axes: Array) -> Sequence[Array]:
    return (np.expand_dims(data, _axes(axes)),)


def _squeeze(attributes: Attributes, data: Array, axes: Array) -> Sequence[Array]:
    return (np.squeeze(data, tuple(axis for axis in _axes(axes) if data.shape[axis] == 1)),)


def _matmul(attributes: Attributes, one: Array, other: Array) -> Sequence[Array]:
    one = one.swapaxes(-1, -2) if attributes["transpose_a"] in _TRUE else one
    other = other.swapaxes(-1, -2) if attributes["transpose_b"] in _TRUE else other
    if other.ndim == 2 and one.ndim > 2:  # one product, not n
        return ((one.reshape(-1, one.shape[-1]) @ other).reshape(*one.shape[:-1], -1),)
    return (one @ other,)


def _reshape(attributes: Attributes, data: Array, shape: Array) -> Sequence[Array]:
    sizes = [int(size) for size in shape]
    if attributes["special_zero"] in _TRUE:
        sizes = [data.shape[axis] if size == 0 else size for axis, size in enumerate(sizes)]
    return (data.reshape(sizes),)


def _gather(attributes: Attributes, data: Array, indices: Array, axis: Array) -> Sequence[Array]:
    if int(attributes["batch_dims"]):
        raise ValueError("gathering by batches")
    return (np.take(data, indices, axis=int(axis.reshape(-1)[0])),)


def _slice(
    attributes: Attributes, data: Array, start: Array, stop: Array, step: Array, axes: Array | None = None
) -> Sequence[Array]:
    chosen = [slice(None)] * data.ndim
    for number, axis in enumerate(range(len(start)) if axes is None else _axes(axes)):
        by, end = int(step[number]), int(stop[number])
        # An end before the beginning, counted backwards: there is no index for that but None.
        before_first = by < 0 and end < -data.shape[axis]
        chosen[axis] = slice(int(start[number]), None if before_first else end, by)
    return (data[tuple(chosen)],)


def _broadcast(attributes: Attributes, data: Array, shape: Array, *axes: Array) -> Sequence[Array]:
    sizes = tuple(int(size) for size in shape)
    if axes or attributes["mode"] not in ("numpy", "bidirectional"):
        raise ValueError(f"broadcasting by {attributes['mode']}")
    return (np.broadcast_to(data, np.broadcast_shapes(data.shape, sizes)),)


def _range(attributes: Attributes, start: Array, stop: Array, step: Array) -> Sequence[Array]:
    ends: list[Any] = [start.item(), stop.item(), step.item()]
    return (np.arange(*ends, dtype=TYPES[attributes["output_type"]]),)


def _split(attributes: Attributes, data: Array, axis: Array) -> Sequence[Array]:
    return np.split(data, int(attributes["num_splits"]), int(axis))


def _normalise(attributes: Attributes, data: Array, axes: Array) -> Sequence[Array]:
    """Mean and variance normalised (MVN)."""
    if attributes["normalize_variance"] not in _TRUE or attributes["eps_mode"].upper() != "INSIDE_SQRT":
        raise ValueError("another normalisation")
    centred = data - data.mean(axis=_axes(axes), keepdims=True)
    variance = np.square(centred).mean(axis=_axes(axes), keepdims=True)
    return (centred / np.sqrt(variance + np.float32(attributes["eps"])),)


def _softmax(scores: Array) -> Array:
    shares: Array = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares


def _attend(
    attributes: Attributes,
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None = None,
    scale: Array | None = None,
) -> Sequence[Array]:
    """Scaled dot-product attention: the mean of the values, weighted by how queries fit their keys."""
    factor = np.float32(query.shape[-1] ** -0.5) if scale is None else np.float32(scale.reshape(-1)[0])
    scores = query @ key.swapaxes(-1, -2) * factor
    if attributes["causal"] in _TRUE:
        mask = np.tril(np.ones(scores.shape[-2:], np.bool_))
    if mask is not None:
        scores = np.where(mask, scores, np.float32(-np.inf)) if mask.dtype == np.bool_ else scores + mask
    return (_softmax(scores) @ value,)


def _top(attributes: Attributes, data: Array, count: Array) -> Sequence[Array]:
    if attributes["mode"] != "max" or attributes["sort"] != "value":
        raise ValueError("another order")
    axis = int(attributes["axis"])
    order = np.argsort(-data, axis=axis, kind="stable").take(range(int(count.reshape(-1)[0])), axis=axis)
    return np.take_along_axis(data, order, axis), order.astype(TYPES[attributes["index_element_type"]])


def _gelu(attributes: Attributes, data: Array) -> Sequence[Array]:
    if attributes["approximation_mode"].upper() == "ERF":
        return (gelu(data),)
    inner = np.float32(np.sqrt(2 / np.pi)) * (data + np.float32(0.044715) * data**3)
    return (np.float32(0.5) * data * (1 + np.tanh(inner)),)


def _reduce(work: Callable[..., Array]) -> Callable[..., Sequence[Array]]:
    def reduced(attributes: Attributes, data: Array, axes: Array) -> Sequence[Array]:
        return (np.asarray(work(data, axis=_axes(axes), keepdims=attributes["keep_dims"] in _TRUE), data.dtype),)

    return reduced


OPERATIONS: dict[str, Callable[..., Sequence[Array]]] = {
    "Abs": _elementwise(np.abs),
    "Add": _elementwise(np.add),
    "BitwiseAnd": _elementwise(np.bitwise_and),
    "Broadcast": _broadcast,
    "Concat": lambda attributes, *given: (np.concatenate(given, int(attributes["axis"])),),
    "Convert": lambda attributes, data: (data.astype(TYPES[attributes["destination_type"]]),),
    "Divide": _divide,
    "Equal": _elementwise(np.equal),
    "Gather": _gather,
    "Gelu": _gelu,
    "Less": _elementwise(np.less),
    "LessEqual": _elementwise(np.less_equal),
    "LogicalAnd": _elementwise(np.logical_and),
    "LogicalNot": _elementwise(np.logical_not),
    "MVN": _normalise,
    "MatMul": _matmul,
    "Multiply": _elementwise(np.multiply),
    "Range": _range,
    "ReduceMean": _reduce(np.mean),
    "ReduceProd": _reduce(np.prod),
    "ReduceSum": _reduce(np.sum),
    "Reshape": _reshape,
    "ScaledDotProductAttention": _attend,
    "Select": _elementwise(np.where),
    "ShapeOf": lambda attributes, data: (np.array(data.shape, TYPES[attributes["output_type"]]),),
    "Sigmoid": _elementwise(lambda data: 1 / (1 + np.exp(-data))),
    "Slice": _slice,
    "Split": _split,
    "Sqrt": _elementwise(np.sqrt),
    "Squeeze": _squeeze,
    "Subtract": _elementwise(np.subtract),
    "Tanh": _elementwise(np.tanh),
    "TopK": _top,
    "Transpose": lambda attributes, data, order: (data.transpose(_axes(order)),),
    "Unsqueeze": _unsqueeze,
}
