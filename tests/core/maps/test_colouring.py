"""Colours of the pictures of a map: the most frequent names, the others together, those without a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.arrays import normalise
from core.comparison import agreement
from core.errors import PictoscopeError, UsageError
from core.labels.tags import Tags
from core.maps.colouring import MOST, OTHERS, UNKNOWN, colour_by, colour_together
from core.maps.layout import Layout, lay_out
from core.maps.together import Together
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order, store_rows
from tests.core.maps.mapped_projects import VEC_TYPE, mapped, two_groups
from tests.tui.app_helpers import fill_at_random


def names_by_key(project: Project, layout: Layout, source: str) -> dict[str, str]:
    """File name of each picture, and its value."""
    colouring = colour_by(project, layout, source)
    keys = [bytes(key).ljust(20, b"\0") for key in layout.keys.tolist()]
    paths = project.catalog.by_keys(keys)
    return {
        paths[key].path.rpartition(b"/")[2].decode(): value for key, value in zip(keys, colouring.values, strict=True)
    }


def test_folders_are_told_apart_by_their_last_parts(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 7) as project:
        layout = lay_out(project, VEC_TYPE)
        found = colour_by(project, layout, "folder")
        assert [(name, size) for name, _, size, _ in found.legend()] == [("a", 4), ("b", 3)]
        assert names_by_key(project, layout, "folders") == {f"{n:04d}.png": "ab"[n % 2] for n in range(7)}


def test_of_several_tags_the_commonest_counts(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 6) as project:
        keys, tags = keys_in_order(project), Tags(project.catalog)
        tags.add("common", keys[:4])
        tags.add("rare", keys[3:5])
        layout = lay_out(project, VEC_TYPE)
        found = colour_by(project, layout, "tag")
        assert [(name, size) for name, _, size, _ in found.legend()] == [("common", 4), ("rare", 1), ("untagged", 1)]
        assert np.count_nonzero(found.codes == UNKNOWN) == 1


def test_more_names_than_colours_share_one(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", MOST + 3) as project:
        layout = lay_out(project, VEC_TYPE)
        found = colour_by(project, layout, "width")
        assert found.greys[0] == "3 others" and np.count_nonzero(found.codes == OTHERS) == 3
        assert found.legend()[-1][0] == "3 others" and found.legend()[-1][2] == 3
        assert all(found.values)


def test_clusters_are_the_two_groups(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 40) as project:
        layout = lay_out(project, VEC_TYPE)
        found = names_by_key(project, layout, "cluster")
        sides = [{value for name, value in found.items() if int(name[:4]) % 2 == side} for side in (0, 1)]
        assert not sides[0] & sides[1]
        assert (colour_by(project, layout, "cluster").codes == colour_by(project, layout, "cluster").codes).all()


@pytest.mark.parametrize("source", ["none", "cluster", "tag", "folder", "date", "size", "camera"])
@pytest.mark.parametrize("shown", [0, 1])
def test_nothing_and_one_picture_have_colours(tmp_path: Path, source: str, shown: int) -> None:
    with mapped(tmp_path / "p", 3) as project:
        layout = lay_out(project, VEC_TYPE)
        found = colour_by(project, layout.within(layout.keys[:shown]), source)
        assert found.codes.shape == (shown,) and len(found.values) == shown
        assert sum(size for _, _, size, _ in found.legend()) == (0 if source == "none" else shown)


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 3) as project:
        layout = lay_out(project, VEC_TYPE)
        with pytest.raises(UsageError, match="nonsense"):
            colour_by(project, layout, "nonsense")
        with pytest.raises(UsageError, match="different path"):
            colour_by(project, layout, "path")


def test_agreement_with_other_vectors_shows_where_they_differ(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 16))
    with mapped(tmp_path / "p", 60, normalise(rows)) as project:
        keys = keys_in_order(project)
        by_number = sorted(keys, key=lambda key: project.catalog.by_keys([key])[key].path.rpartition(b"/")[2])
        store_rows(project, "dinov2", by_number, normalise(rows))
        store_rows(project, "conse", by_number[:50], normalise(np.random.default_rng(1).normal(size=(50, 16))))
        layout = lay_out(project, VEC_TYPE)
        same = colour_by(project, layout, "agreement:dinov2")
        assert [(name, size) for name, _, size, _ in same.legend()] == [("9 or 10 of 10 nearest in common", 60)]
        other = colour_by(project, layout, "agreement:conse")
        legend = {name: size for name, _, size, _ in other.legend()}
        assert legend["no row in conse"] == 10
        assert sum(legend.values()) == 60
        assert legend["0 to 2 of 10 nearest in common"] + legend["3 to 5 of 10 nearest in common"] == 50


def test_pictures_that_were_not_drawn_are_not_called_without_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "MOST", 50)
    with mapped(tmp_path / "p", 70) as project:
        fill_at_random(project, "dinov2", only=60)
        found = colour_by(project, lay_out(project, VEC_TYPE), "agreement:dinov2")
        legend = {name: size for name, _, size, _ in found.legend()}
        assert legend.pop("not in the sample") == 10 and legend.pop("no row in dinov2") == 10
        assert all("nearest in common" in name for name in legend) and sum(legend.values()) == 50


@pytest.mark.parametrize("source", ["folder", "tag", "cluster", "agreement", "none"])
@pytest.mark.parametrize("others", [50, 60])
def test_beside_another_map_the_colours_of_the_first_stay(tmp_path: Path, source: str, others: int) -> None:
    with mapped(tmp_path / "p", 60) as project:
        store_rows(project, "dinov2", keys_in_order(project)[60 - others :], two_groups(others, seed=3))
        layouts = [lay_out(project, name) for name in (VEC_TYPE, "dinov2")]
        for first, other in (layouts, layouts[::-1]):
            by = f"agreement:{other.vec_type}" if source == "agreement" else source
            together = Together.of([first.keys, other.keys])
            both, alone = colour_together(project, [first, other], together, by), colour_by(project, first, by)
            assert both.codes.shape == (60,) and len(both.values) == 60
            of_first = both.part(together.places[0])
            assert of_first.values == alone.values
            if source in ("cluster", "agreement"):  # other names are sorted by how many pictures of both maps have them
                assert of_first.names == alone.names and (of_first.codes == alone.codes).all()


def test_what_the_vectors_of_the_first_map_do_not_say_is_called_so(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 60) as project:
        store_rows(project, "dinov2", keys_in_order(project)[10:], two_groups(50, seed=3))
        layouts = [lay_out(project, name) for name in ("dinov2", VEC_TYPE)]
        found = colour_together(project, layouts, Together.of([one.keys for one in layouts]), "cluster")
        assert {name: size for name, _, size, _ in found.legend()}["not on the map of dinov2"] == 10
        by_folder = colour_together(project, layouts, Together.of([one.keys for one in layouts]), "folder")
        assert [(name, size) for name, _, size, _ in by_folder.legend()] == [("a", 30), ("b", 30)]


@pytest.mark.parametrize("source", ["agreement:", f"agreement:{VEC_TYPE}"])
def test_a_map_does_not_agree_with_itself(tmp_path: Path, source: str) -> None:
    with mapped(tmp_path / "p", 5) as project, pytest.raises(UsageError, match="no other vectors"):
        colour_by(project, lay_out(project, VEC_TYPE), source)


def test_few_pictures_agree_by_chance_and_are_refused(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 49) as project:
        fill_at_random(project, "dinov2")
        with pytest.raises(UsageError, match="49") as caught:
            colour_by(project, lay_out(project, VEC_TYPE), "agreement:dinov2")
        assert "add pictures" in caught.value.hint  # there are no rows to complete


def test_vectors_that_are_not_there_are_named(tmp_path: Path) -> None:
    with mapped(tmp_path / "p", 5) as project, pytest.raises(PictoscopeError, match="dinov2"):
        colour_by(project, lay_out(project, VEC_TYPE), "agreement:dinov2")
