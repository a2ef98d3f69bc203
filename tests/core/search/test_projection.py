"""Principal components are those of scikit-learn, a block at a time; what has no spread lies at one place."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.search import projection
from core.search.projection import fit_axes, project


def rows_of(count: int, dim: int = 12, seed: int = 0) -> np.ndarray:
    """Rows whose spread differs from direction to direction."""
    drawn = np.random.default_rng(seed).standard_normal((count, dim)) * np.linspace(3, 0.2, dim)
    return (drawn + 5).astype(np.float32)


@pytest.mark.parametrize(("count", "dim"), [(500, 12), (6, 12), (7, 12), (5, 300), (3, 2)])
def test_the_axes_are_the_principal_components(count: int, dim: int) -> None:
    rows = rows_of(count, dim)
    numbers = np.arange(count)
    axes = fit_axes(rows, numbers)
    expected = PCA(2, svd_solver="full").fit(rows.astype(np.float64))
    assert np.abs(axes.axes @ expected.components_.T) == pytest.approx(np.eye(2), abs=1e-4)
    assert axes.share == pytest.approx(expected.explained_variance_ratio_.sum(), abs=1e-4)
    assert np.abs(project(rows, numbers, axes)) == pytest.approx(np.abs(expected.transform(rows)), abs=1e-3)


def test_signs_are_fixed_and_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, numbers = rows_of(300), np.arange(300)
    whole = fit_axes(rows, numbers)
    monkeypatch.setattr("core.search.assignment.BLOCK", 7)
    again = fit_axes(rows, numbers)
    assert again.axes == pytest.approx(whole.axes, abs=1e-8)
    assert (np.take_along_axis(whole.axes, np.abs(whole.axes).argmax(axis=1)[:, None], axis=1) > 0).all()
    assert project(rows, numbers, again) == pytest.approx(project(rows, numbers, whole), abs=1e-5)


def test_a_sample_places_all_and_depends_on_the_seed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "SAMPLE", 200)
    rows, numbers = rows_of(2000), np.arange(2000)
    one, same, other = (fit_axes(rows, numbers, seed=seed) for seed in (3, 3, 4))
    assert (one.axes == same.axes).all() and not (one.axes == other.axes).all()
    assert project(rows, numbers, one).shape == (2000, 2)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("dim", [1, 2, 12])
def test_few_rows_have_finite_places(count: int, dim: int) -> None:
    rows = rows_of(count, dim)
    axes = fit_axes(rows, np.arange(count))
    points = project(rows, np.arange(count), axes)
    assert points.shape == (count, 2) and np.isfinite(points).all() and 0 <= axes.share <= 1
    if count == 1 or dim == 1:
        assert points[:, 1] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("count", [2, 32, 33, 50])
def test_equal_rows_lie_at_one_place(count: int) -> None:
    rows = np.tile(rows_of(1, 64), (count, 1))
    axes = fit_axes(rows, np.arange(count))
    assert not axes.axes.any() and axes.share == 0
    assert not project(rows, np.arange(count), axes).any()


def test_a_damaged_row_harms_no_other() -> None:
    rows, numbers = rows_of(100), np.arange(100)
    clean = project(rows[1:], numbers[:-1], fit_axes(rows, numbers[1:]))
    rows[0] = [np.nan, np.inf, *[-np.inf] * 10]
    points = project(rows, numbers, fit_axes(rows, numbers[1:]))
    assert np.isfinite(points).all() and points[1:] == pytest.approx(clean)
    assert np.isfinite(fit_axes(rows, numbers).axes).all()


def test_few_rows_and_many_have_the_same_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, numbers = rows_of(40, 200), np.arange(40)
    few = fit_axes(rows, numbers, count=5)
    monkeypatch.setattr(projection, "_FEW", 200)
    many = fit_axes(rows, numbers, count=5)
    assert few.axes == pytest.approx(many.axes, abs=1e-6)
    assert (few.share, few.mean) == (pytest.approx(many.share), pytest.approx(many.mean))
