"""NumPy runs converted networks for texts as OpenVINO does, operation by operation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ModelError
from core.models import network_steps
from core.models.network_steps import NotKnown
from core.models.numpy_network import OPERATIONS, NumpyNetwork
from core.models.openvino_library import Network, openvino

ov = openvino()
op = __import__("openvino.opset15", fromlist=["opset15"])
RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def integers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


DATA = numbers(2, 3, 4, 6)
TOKENS = np.array([[5, 0, 7, 7], [1, 9, 0, 2]], np.int64)
MASK = np.tril(np.ones((4, 4), np.bool_))


def below(given: Any, limit: float) -> Any:
    return op.less(given, op.constant(np.float32(limit)))


def above(given: Any, limit: float) -> Any:
    return op.less(op.constant(np.float32(limit)), given)


# Of an input "given" of the network, what is computed.
CASES: dict[str, tuple[np.ndarray, Callable[[Any], Any]]] = {
    "Abs": (DATA, op.absolute),
    "Add": (DATA, lambda given: op.add(given, op.constant(numbers(4, 1)))),
    "BitwiseAnd": (TOKENS, lambda given: op.bitwise_and(given, op.constant(TOKENS[::-1].copy()))),
    "Broadcast": (numbers(3, 1), lambda given: op.broadcast(given, op.constant(integers(2, 3, 5)))),
    "Broadcast, bidirectional": (
        numbers(3, 1),
        lambda given: op.broadcast(given, op.constant(integers(1, 5)), broadcast_spec="BIDIRECTIONAL"),
    ),
    "Concat": (DATA, lambda given: op.concat([given, op.constant(DATA)], 1)),
    "Convert": (DATA, lambda given: op.convert(given, "i32")),
    "Convert, of truth": (DATA, lambda given: op.convert(op.convert(given, "boolean"), "f32")),
    "Divide": (DATA, lambda given: op.divide(given, op.constant(np.float32(3)))),
    "Divide, whole numbers": (TOKENS, lambda given: op.divide(given, op.constant(np.int64(2)))),
    "Equal": (TOKENS, lambda given: op.convert(op.equal(given, op.constant(np.int64(7))), "i64")),
    "Gather": (DATA, lambda given: op.gather(given, op.constant(integers(-1, 0, 0)), op.constant(np.int64(2)))),
    "Gather, of a table": (
        TOKENS,
        lambda given: op.gather(op.constant(numbers(10, 4)), given, op.constant(np.int64(0))),
    ),
    "Gelu": (DATA, lambda given: op.gelu(given, "erf")),
    "Gelu, tanh": (DATA, lambda given: op.gelu(given, "tanh")),
    "Less": (DATA, lambda given: op.convert(op.less(given, op.constant(np.float32(0))), "i64")),
    "LessEqual": (TOKENS, lambda given: op.convert(op.less_equal(given, op.constant(np.int64(5))), "i64")),
    "LogicalAnd": (DATA, lambda given: op.convert(op.logical_and(below(given, 1), above(given, -1)), "i64")),
    "LogicalNot": (DATA, lambda given: op.convert(op.logical_not(op.less(given, op.constant(np.float32(1)))), "i64")),
    "MVN": (DATA, lambda given: op.mvn(given, op.constant(integers(-1)), True, 1e-5, "inside_sqrt")),
    "MatMul": (DATA, lambda given: op.matmul(given, op.constant(numbers(5, 6)), False, True)),
    "MatMul, of the transposed": (DATA, lambda given: op.matmul(given, op.constant(numbers(2, 3, 4, 5)), True, False)),
    "Multiply": (DATA, lambda given: op.multiply(given, given)),
    "Range": (
        integers(4),
        lambda given: op.range(
            op.constant(np.int64(1)), op.squeeze(given, op.constant(integers(0))), op.constant(np.int64(1)), "i64"
        ),
    ),
    "ReduceMean": (DATA, lambda given: op.reduce_mean(given, op.constant(integers(1, -1)), True)),
    "ReduceProd": (TOKENS, lambda given: op.reduce_prod(given, op.constant(integers(0)), False)),
    "ReduceSum": (DATA, lambda given: op.reduce_sum(given, op.constant(integers(0)), False)),
    "Reshape": (DATA, lambda given: op.reshape(given, op.constant(integers(0, -1, 0)), True)),
    "Reshape, not by zeros": (DATA, lambda given: op.reshape(given, op.constant(integers(6, -1)), False)),
    "ScaledDotProductAttention": (DATA, lambda given: op.scaled_dot_product_attention(given, given, given)),
    "ScaledDotProductAttention, causal": (
        DATA,
        lambda given: op.scaled_dot_product_attention(given, given, given, causal=True),
    ),
    "ScaledDotProductAttention, with a mask": (
        DATA,
        lambda given: op.scaled_dot_product_attention(given, given, given, op.constant(MASK)),
    ),
    "ScaledDotProductAttention, with a bias and a scale": (
        DATA,
        lambda given: op.scaled_dot_product_attention(
            given, given, given, op.constant(numbers(4, 4)), op.constant(np.float32(0.3))
        ),
    ),
    "Select": (DATA, lambda given: op.select(op.less(given, op.constant(np.float32(0))), given, op.absolute(given))),
    "ShapeOf": (DATA, lambda given: op.shape_of(given)),
    "Sigmoid": (DATA, op.sigmoid),
    "Slice": (
        DATA,
        lambda given: op.slice(
            given,
            op.constant(integers(1, -1)),
            op.constant(integers(9, -(1 << 62))),
            op.constant(integers(2, -1)),
            op.constant(integers(1, -1)),
        ),
    ),
    "Split": (DATA, lambda given: op.concat(op.split(given, op.constant(np.int64(3)), 3).outputs()[::-1], 3)),
    "Sqrt": (np.abs(DATA), op.sqrt),
    "Squeeze": (numbers(1, 3, 1), lambda given: op.squeeze(given, op.constant(integers(0, -1)))),
    "Subtract": (DATA, lambda given: op.subtract(given, op.constant(numbers(6)))),
    "Tanh": (DATA, op.tanh),
    "TopK": (TOKENS, lambda given: op.topk(given, op.constant(np.int64(1)), -1, "max", "value", "i64").output(1)),
    "TopK, the numbers": (DATA, lambda given: op.topk(given, op.constant(np.int64(3)), 1, "max", "value").output(0)),
    "Transpose": (DATA, lambda given: op.transpose(given, op.constant(integers(3, 0, 2, 1)))),
    "Unsqueeze": (DATA, lambda given: op.unsqueeze(given, op.constant(integers(0, -1)))),
}


def saved(folder: Path, given: np.ndarray, build: Callable[[Any], Any]) -> Path:
    """A network of one input of any shape."""
    parameter = op.parameter([-1] * given.ndim, ov.Type(given.dtype), "given")
    parameter.output(0).get_tensor().set_names({"given"})
    path = folder / "network.xml"
    ov.save_model(ov.Model([op.result(build(parameter))], [parameter]), path, compress_to_fp16=False)
    return path


def by_numpy(path: Path) -> NumpyNetwork:
    network_steps.write(path, path.with_suffix(".json"))
    return NumpyNetwork(path.with_suffix(".json"), path.with_suffix(".bin"))


def test_every_operation_is_tried() -> None:
    assert {case.split(",")[0] for case in CASES} == set(OPERATIONS)


@pytest.mark.parametrize("case", CASES)
def test_an_operation_gives_what_openvino_gives(tmp_path: Path, case: str) -> None:
    given, build = CASES[case]
    path = saved(tmp_path, given, build)
    ours, theirs = by_numpy(path)(given=given), Network(path)(given=given)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_what_numpy_is_not_told_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, DATA, op.erf)
    with pytest.raises(NotKnown, match="Erf is not known"):
        network_steps.write(path, tmp_path / "steps.json")
    path = saved(tmp_path, DATA.astype(np.float16), lambda given: op.add(given, op.constant(np.float16(1))))
    with pytest.raises(NotKnown, match="numbers of type f16 are not known"):
        network_steps.write(path, tmp_path / "steps.json")


@pytest.mark.parametrize("content", ["", "[", "[[1]]", "{}", '[["Const", [], {}]]', "7"])
def test_steps_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    path = saved(tmp_path, DATA, lambda given: op.add(given, op.constant(DATA)))
    (tmp_path / "steps.json").write_text(content)
    with pytest.raises(ModelError) as caught:
        NumpyNetwork(tmp_path / "steps.json", path.with_suffix(".bin"))(given=DATA)
    assert caught.value.hint == "--runtime torch does not need it"


def test_what_does_not_fit_the_network_is_an_error(tmp_path: Path) -> None:
    network = by_numpy(saved(tmp_path, DATA, lambda given: op.add(given, op.constant(DATA))))
    for wrong in ({"given": numbers(5, 5)}, {"other": DATA}):
        with pytest.raises(ModelError, match="cannot be computed"):
            network(**wrong)
