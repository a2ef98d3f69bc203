"""The coordinates of a map on disk: derived from vectors, may be deleted at any time.

One file for each vec type and method, ``maps/VEC_TYPE.METHOD.map``: a line that says what it is, a line of JSON, then
arrays (little-endian): keys, checksums of the rows, points, and for PCA the mean and the axes. There is no pickle.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import PictoscopeError, UnsafeFile
from core.files import write_atomic
from core.key_arrays import Keys
from core.keys import KEY, KEY_BYTES
from core.project_files import check_parent, make_folder, open_stream
from core.search.projection import Axes, Points

FOLDER = "maps"
_MAGIC = b"pictoscope map 1\n"
_LONGEST_HEADER = 4096
_MOST_PICTURES = 50_000_000
_MOST_DIM = 65_536
_INSIDE = 2  # maps/NAME: see core.project_files
_A_PICTURE = KEY_BYTES + 4 + 8  # bytes: key, checksum, point


class MapDamaged(PictoscopeError):
    """A stored map is not what it should be. It is derived: it is computed again."""


@dataclass(frozen=True)
class MapContent:
    """What a file of a map holds.

    Attributes:
        vec_type: name of the vectors.
        method: ``pca`` or ``pacmap``.
        seed: of the sample and of the method.
        fingerprint: of the vectors (:attr:`core.vectors.manifest.Manifest.fingerprint`).
        dim: of the vectors.
        keys: of the pictures, sorted, dtype S20, shape (n,).
        crcs: CRC-32 of the row that each point was computed from, shape (n,), uint32.
        points: shape (n, 2), float32, finite.
        axes: of PCA, so that new pictures can be placed; None for other methods.
        settings: of the method, in words; empty for PCA, which has none.
    """

    vec_type: str
    method: str
    seed: int
    fingerprint: str
    dim: int
    keys: Keys
    crcs: npt.NDArray[np.uint32]
    points: Points
    axes: Axes | None = None
    settings: str = ""


def map_path(project_folder: Path, vec_type: str, method: str) -> Path:
    """The file of a map."""
    return project_folder / FOLDER / f"{vec_type}.{method}.map"


def save_map(project_folder: Path, content: MapContent) -> None:
    """Write the file of a map atomically.

    Raises:
        UnsafeFile: a link leads there. DiskFull, OSError: it cannot be written; the old one stays.
    """
    path = map_path(project_folder, content.vec_type, content.method)
    make_folder(path.parent, inside=_INSIDE - 1)
    check_parent(path, inside=_INSIDE)
    arrays = [content.keys.astype(KEY), content.crcs.astype("<u4"), content.points.astype("<f4")]
    if content.axes is not None:
        arrays += [content.axes.mean.astype("<f8"), content.axes.axes.astype("<f8")]
    body = b"".join(one.tobytes() for one in arrays)
    header = {
        "vec_type": content.vec_type,
        "method": content.method,
        "seed": content.seed,
        "fingerprint": content.fingerprint,
        "dim": content.dim,
        "pictures": len(content.keys),
        "settings": content.settings,
        "share": None if content.axes is None else content.axes.share,
        "crc": zlib.crc32(body),
    }
    write_atomic(path, _MAGIC + json.dumps(header).encode("ascii") + b"\n" + body)


def load_map(project_folder: Path, vec_type: str, method: str) -> MapContent | None:
    """Read the file of a map; None if there is none.

    Raises:
        MapDamaged: it is damaged, or no file of a map. UnsafeFile: it is no file of the project.
    """
    path = map_path(project_folder, vec_type, method)
    try:
        with open_stream(path, inside=_INSIDE) as stream:
            if stream.readline(len(_MAGIC)) != _MAGIC:
                raise _damaged(path, "it is of another program or version")
            header = _header(path, stream.readline(_LONGEST_HEADER))
            size = _size(header)
            if os.fstat(stream.fileno()).st_size != stream.tell() + size:
                raise _damaged(path, "its length is wrong")
            body = stream.read(size)
    except FileNotFoundError:
        return None
    except UnsafeFile:
        raise
    except OSError as error:
        raise _damaged(path, (error.strerror or str(error)).lower()) from error
    if len(body) != size or zlib.crc32(body) != header["crc"]:
        raise _damaged(path, "its checksum is wrong")
    if (header["vec_type"], header["method"]) != (vec_type, method):
        raise _damaged(path, "it is the map of other vectors")
    return _content(path, header, body)


def _header(path: Path, line: bytes) -> dict[str, Any]:
    texts, numbers = ("vec_type", "method", "fingerprint", "settings"), ("seed", "dim", "pictures", "crc")
    kinds = dict.fromkeys(texts, str) | dict.fromkeys(numbers, int)
    try:
        header = {"settings": "", **json.loads(line)}  # the first maps had none
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(path, "its header cannot be read") from error
    if any(type(header.get(name)) is not kind for name, kind in kinds.items()):
        raise _damaged(path, "its header is not complete")
    if not 0 <= header["pictures"] <= _MOST_PICTURES or not 1 <= header["dim"] <= _MOST_DIM:
        raise _damaged(path, "its header is not credible")
    share = header.get("share")
    if share is not None and not (isinstance(share, int | float) and 0 <= share <= 1):
        raise _damaged(path, "its header is not credible")
    return header


def _size(header: dict[str, Any]) -> int:
    axes = 0 if header["share"] is None else 3 * 8 * header["dim"]
    return int(header["pictures"] * _A_PICTURE + axes)


def _content(path: Path, header: dict[str, Any], body: bytes) -> MapContent:
    count, dim = header["pictures"], header["dim"]
    keys = np.frombuffer(body, KEY, count)
    crcs = np.frombuffer(body, "<u4", count, KEY_BYTES * count)
    points = np.frombuffer(body, "<f4", 2 * count, (KEY_BYTES + 4) * count).reshape(count, 2)
    axes = None
    if header["share"] is not None:
        numbers = np.frombuffer(body, "<f8", 3 * dim, _A_PICTURE * count).reshape(3, dim)
        axes = Axes(numbers[0], numbers[1:], float(header["share"]))
        if not np.isfinite(numbers).all():
            raise _damaged(path, "its numbers are not finite")
    if not np.isfinite(points).all() or bool((keys[1:] <= keys[:-1]).any()):
        raise _damaged(path, "its numbers are not finite, or its keys not in order")
    return MapContent(
        header["vec_type"],
        header["method"],
        header["seed"],
        header["fingerprint"],
        dim,
        keys,
        crcs,
        points,
        axes,
        header["settings"],
    )


def _damaged(path: Path, why: str) -> MapDamaged:
    return MapDamaged(f"the stored map {path.name} cannot be used: {why}")
