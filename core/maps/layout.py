"""The positions of a project's pictures on the map of a vec type: stored ones where they hold, else computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.arrays import Rows, all_alike, normalise
from core.errors import DiskFull, PictoscopeError, UnsafeFile
from core.key_arrays import Keys, is_in
from core.maps.map_file import MapContent, MapDamaged, load_map, save_map
from core.maps.methods import Method, check_method
from core.maps.pacmap_points import LEAST, SETTINGS, Reached, pacmap_points
from core.project import Project
from core.search.assignment import Check, Numbers, blocks, no_check
from core.search.projection import Axes, Points, fit_axes, project
from core.text import count, printable
from core.vectors.vec_types import choose

_OTHER = 0.1  # share of new, changed or removed pictures from which a map is computed again
_COMPONENTS = 50  # of PCA before PaCMAP: more only cost time
_AT_ONCE = 512  # new pictures: 16 MB of likenesses with a block of the others
_NEIGHBOURS = 5  # a new picture on a map by PaCMAP lies among so many that it resembles most
Say = Callable[[str], None]


class MapMissing(PictoscopeError):
    """A map that takes long is not stored yet, or no longer holds.

    Attributes:
        vec_type: name of its vectors.
    """

    def __init__(self, vec_type: str, why: str) -> None:
        super().__init__(
            f"there is no map of {vec_type} by pacmap" + (f": {why}" if why else " yet"),
            f"make it: pictoscope map {vec_type} --method pacmap --out FILE",
        )
        self.vec_type = vec_type


@dataclass(frozen=True)
class Layout:
    """Where the pictures of a project lie by a vec type.

    Attributes:
        vec_type: name of the vectors.
        method: that placed them.
        keys: of the pictures, sorted, dtype S20, shape (n,).
        points: shape (n, 2), float32, finite; without unit, the same scale in both directions.
        share: for PCA, the share of the spread of the vectors that the two directions hold, 0 to 1; else None.
        rows: of the vectors, shape (total, dim), float32, mapped from the file.
        numbers: row of each picture, shape (n,), int64.
        notes: what was left out, reused or computed again, each a part of a sentence.
        unstored: why it could not be stored; empty where it was.
    """

    vec_type: str
    method: Method
    keys: Keys
    points: Points
    share: float | None
    rows: Rows
    numbers: Numbers
    notes: tuple[str, ...] = ()
    unstored: str = ""

    def within(self, keys: Keys) -> Layout:
        """Only the pictures of ``keys`` (sorted, dtype S20), at their places among all."""
        there = is_in(self.keys, keys)
        return replace(self, keys=self.keys[there], points=self.points[there], numbers=self.numbers[there])


@dataclass(frozen=True)
class _Source:
    """The rows that a map is made of, in the order of the sorted keys."""

    vec_type: str
    fingerprint: str
    rows: Rows
    keys: Keys
    crcs: npt.NDArray[np.uint32]
    numbers: Numbers

    def part(self, chosen: npt.NDArray[np.bool_]) -> Numbers:
        return self.numbers[chosen]


def lay_out(
    project: Project,
    vec_type: str = "",
    method: str = "pca",
    *,
    seed: int = 0,
    again: bool = False,
    may_take_long: bool = True,
    say: Say = lambda text: None,
    reached: Reached | None = None,
    check: Check = no_check,
) -> Layout:
    """The map of a vec type. It is stored in the project; a stored one is completed, or computed again if it is stale.

    Args:
        project: open.
        vec_type: name; empty for the default.
        method: ``pca`` or ``pacmap``.
        seed: of the sample of large collections, and of PaCMAP.
        again: compute it again even if a stored one holds.
        may_take_long: whether a map may be computed that takes more than moments: :func:`core.maps.job.start_map`
            has a job do that.
        say: called with what is being done.
        reached: called with how far PaCMAP is: see :func:`core.maps.pacmap_points.pacmap_points`.
        check: called between blocks; may raise to stop.

    Raises:
        UsageError: an unknown name or method. VectorsMissing: no vectors yet. StoreDamaged: they cannot be read.
        MapMissing: it would take long. PictoscopeError: PaCMAP is not installed.
    """
    method = check_method(method)
    source, missing = _source(project, vec_type)
    notes = [missing] if missing else []
    if all_alike(source.rows, source.numbers):
        notes.append("all rows are the same: every picture is at one place")
    used: Method = "pacmap" if method == "pacmap" and len(source.keys) >= LEAST else "pca"
    if used != method:
        notes.append(f"placed by pca: pacmap needs {LEAST} pictures")
    before, trouble = (None, "") if again else _stored(project, source, used, seed)
    notes += [f"{trouble}; computed again"] if trouble else []
    if before is not None:
        content, note = _completed(source, before, check)
        notes += [note] if note else []
    elif used == "pacmap" and not may_take_long:
        raise MapMissing(source.vec_type, trouble)
    else:
        content = _computed(source, used, seed, say, reached, check)
    unstored = _keep(project, content) if content is not before else ""
    notes += [f"not stored: {unstored}"] if unstored else []
    share = None if content.axes is None else content.axes.share
    return Layout(
        source.vec_type,
        used,
        source.keys,
        content.points,
        share,
        source.rows,
        source.numbers,
        tuple(notes),
        unstored,
    )


def _source(project: Project, name: str) -> tuple[_Source, str]:
    vec_type = choose(project.vectors_folder, name, project.settings.default_vec_type, needs_text=False)
    covered = project.rows_of(vec_type)
    snapshot = covered.snapshot
    numbers = np.flatnonzero(covered.present)
    numbers = numbers[np.argsort(snapshot.keys[numbers], kind="stable")]
    missing = covered.total - covered.done
    said = f"{count(missing, 'picture')} without {vec_type.name} vectors left out" if missing else ""
    manifest = snapshot.manifest
    return (
        _Source(
            vec_type.name,
            manifest.fingerprint,
            snapshot.rows,
            snapshot.keys[numbers],
            snapshot.crcs[numbers].astype(np.uint32),
            numbers,
        ),
        said,
    )


def _stored(project: Project, source: _Source, method: Method, seed: int) -> tuple[MapContent | None, str]:
    """The stored map if it holds for most of the pictures, and else why not."""
    try:
        before = load_map(project.path, source.vec_type, method)
    except MapDamaged as error:
        return None, error.message
    except UnsafeFile as error:
        return None, error.message
    if before is None:
        return None, ""
    if before.fingerprint != source.fingerprint or before.dim != source.rows.shape[1]:
        return None, "the vectors have changed since this map was stored"
    if before.seed != seed:
        return None, ""
    if before.settings != _settings(method):
        return None, f"this map was made with other settings ({printable(before.settings)})"
    same = _places(source, before) >= 0
    other = max(np.count_nonzero(~same), len(before.keys) - np.count_nonzero(same))
    if other > _OTHER * len(source.keys):
        return None, f"{count(int(other), 'picture')} new, changed or gone since this map was stored"
    return before, ""


def _places(source: _Source, before: MapContent) -> Numbers:
    """Index in the stored map of each picture whose row is the same, else -1; shape (n,), int64."""
    if not len(before.keys):
        return np.full(len(source.keys), -1, np.int64)
    places = np.minimum(np.searchsorted(before.keys, source.keys), len(before.keys) - 1)
    same = (before.keys[places] == source.keys) & (before.crcs[places] == source.crcs)
    return np.where(same, places, -1).astype(np.int64)


def _completed(source: _Source, before: MapContent, check: Check) -> tuple[MapContent, str]:
    """The stored map with what is new, at places that the rest of the map gives it."""
    places = _places(source, before)
    new = places < 0
    if not new.any() and len(before.keys) == len(source.keys):
        return before, ""
    points = before.points[places]
    if new.any():
        if before.axes is not None:
            points[new] = _projected(source.rows, source.part(new), before.axes, check)
        else:
            points[new] = _amid(source, new, points, check)
    how = "by the same axes" if before.axes is not None else "among those they resemble most"
    said = f"{count(int(np.count_nonzero(new)), 'new picture')} placed {how}" if new.any() else ""
    return replace(before, keys=source.keys, crcs=source.crcs, points=points), said


def _settings(method: Method) -> str:
    return f"components {_COMPONENTS}, {SETTINGS}" if method == "pacmap" else ""


def _computed(
    source: _Source, method: Method, seed: int, say: Say, reached: Reached | None, check: Check
) -> MapContent:
    axes: Axes | None = None
    ascending = np.sort(source.numbers)
    pictures = count(len(source.keys), "picture")
    if method == "pca":
        say(f"placing {pictures} by pca")
        axes = fit_axes(source.rows, ascending, seed=seed, check=check)
        points = _projected(source.rows, source.numbers, axes, check)
    else:
        components = min(_COMPONENTS, source.rows.shape[1])
        say(f"reducing the vectors of {pictures} to {components} components")
        wide = fit_axes(source.rows, ascending, count=components, seed=seed, check=check)
        reduced = _projected(source.rows, source.numbers, wide, check)
        check()
        say(f"loading PaCMAP, finding neighbours, then placing {pictures}")
        points = pacmap_points(reduced, seed, reached) if reduced.any() else np.zeros((len(reduced), 2), np.float32)
    return MapContent(
        source.vec_type,
        method,
        seed,
        source.fingerprint,
        source.rows.shape[1],
        source.keys,
        source.crcs,
        points,
        axes,
        _settings(method),
    )


def _projected(rows: Rows, numbers: Numbers, axes: Axes, check: Check) -> Points:
    """As :func:`core.search.projection.project`, for rows in any order: the file is read from front to back."""
    order = np.argsort(numbers, kind="stable")
    points = np.empty((len(numbers), len(axes.axes)), np.float32)
    points[order] = project(rows, numbers[order], axes, check)
    return points


def _amid(source: _Source, new: npt.NDArray[np.bool_], points: Points, check: Check) -> Points:
    """The mean place of the pictures of the map that each new one resembles most, weighted by likeness."""
    old = np.flatnonzero(~new)
    ascending = old[np.argsort(source.numbers[old], kind="stable")]
    numbers = source.part(new)
    found = [
        _between(source, normalise(source.rows[numbers[start : start + _AT_ONCE]]), ascending, points, check)
        for start in range(0, len(numbers), _AT_ONCE)
    ]
    return np.concatenate(found)


def _between(source: _Source, wanted: Rows, old: Numbers, points: Points, check: Check) -> Points:
    k = min(_NEIGHBOURS, len(old))
    scores = np.zeros((len(wanted), 0), np.float32)
    nearest = np.zeros((len(wanted), 0), np.int64)
    for span, block in blocks(source.rows, source.numbers[old], check):
        scores = np.hstack([scores, wanted @ normalise(block).T])
        nearest = np.hstack([nearest, np.broadcast_to(old[span], (len(wanted), len(block)))])
        kept = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        scores, nearest = np.take_along_axis(scores, kept, axis=1), np.take_along_axis(nearest, kept, axis=1)
    weights = np.maximum(scores, 1e-6)[:, :, None]
    return np.asarray((points[nearest] * weights).sum(axis=1) / weights.sum(axis=1), np.float32)


def _keep(project: Project, content: MapContent) -> str:
    """Store the map, or say why not: a project that cannot be written costs the time of the next one."""
    try:
        save_map(project.path, content)
    except (OSError, DiskFull, PictoscopeError) as error:
        return error.message if isinstance(error, PictoscopeError) else (error.strerror or str(error)).lower()
    return ""
