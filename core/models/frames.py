"""Messages between processes over pipes: a line of JSON, then raw arrays.

Used between a worker and its device processes, and between a program and its query process.
(Decoders use messages of fixed size with open files, see :mod:`core.images.decoder_messages`.)

No pickle and no copies: an array is written to the pipe from its memory, and read from the pipe into its target.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from core.errors import ModelError
from core.models.backend import Prepared

Array = npt.NDArray[Any]
# Arrays of one shape, sent as one array with a leading axis.
Stack = Sequence[Array] | Array

_NUMBERS = "biuf"  # kinds of NumPy's types that may be sent: bool, integers, floats


def write(stream: IO[bytes], header: Mapping[str, Any], stacks: Sequence[Stack] = ()) -> None:
    """Send one frame.

    Raises:
        OSError: the reader is gone.
    """
    kinds = [[stack[0].dtype.str, [len(stack), *stack[0].shape]] for stack in stacks]
    stream.write(json.dumps({**header, "arrays": kinds}).encode("ascii") + b"\n")
    for stack in stacks:
        for array in stack:
            stream.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[dict[str, Any], list[Array]] | None:
    """Receive one frame: its header, and an array per stack. None if the stream ends, even within a frame."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    header: dict[str, Any] = json.loads(line)
    arrays = []
    for dtype, shape in header.pop("arrays"):
        array = np.empty(shape, dtype)
        content = array.reshape(-1).view(np.uint8).data
        if stream.readinto(content) != len(content):  # type: ignore[attr-defined]
            return None
        arrays.append(array)
    return header, arrays


def pack(batch: Sequence[Prepared]) -> tuple[dict[str, Any], list[Stack]]:
    """Prepared pictures as a frame: tensors, arrays, or dictionaries of them, all of the same shape.

    Raises:
        ModelError: they are of another type.
    """
    named = isinstance(batch[0], Mapping)
    parts = [prepared if named else {"": prepared} for prepared in batch]
    try:
        stacks: list[Stack] = [[_array(part[name]) for part in parts] for name in parts[0]]
    except (TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise _refusal(str(error)) from error
    for stack in stacks:
        if stack[0].dtype.kind not in _NUMBERS:
            raise _refusal(f"numbers of the type {stack[0].dtype}")
        if len({(array.shape, array.dtype) for array in stack}) != 1:
            raise _refusal("they differ in shape")
    tensors = [not isinstance(value, np.ndarray) for value in parts[0].values()]
    return {"names": list(parts[0]) if named else None, "tensors": tensors}, stacks


def unpack(header: Mapping[str, Any], arrays: Sequence[Array]) -> list[Prepared]:
    """The inverse of :func:`pack`. The pictures share the memory of ``arrays``."""
    columns: list[Any] = list(arrays)
    if any(header["tensors"]):
        import torch

        tensors = zip(arrays, header["tensors"], strict=True)
        columns = [torch.from_numpy(array) if is_tensor else array for array, is_tensor in tensors]
    if header["names"] is None:
        return list(columns[0])
    return [dict(zip(header["names"], values, strict=True)) for values in zip(*columns, strict=True)]


def _array(value: Any) -> Array:
    """An array, or a CPU tensor as an array, without copying."""
    return value if isinstance(value, np.ndarray) else np.asarray(value.numpy())


def _refusal(why: str) -> ModelError:
    return ModelError(
        f"this model's prepared pictures cannot be handed to another process ({why})", "give a single --device"
    )
