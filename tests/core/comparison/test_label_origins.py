"""Labels that a model made are no proof that it is the better one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions.definition import Context
from core.comparison.advice import advice
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.comparison_json import comparison_json
from core.comparison.label_origins import LabelOrigins
from core.labels.groups import Groups, origin_of
from core.labels.tag_groups import tag_groups
from core.labels.tags import Tags
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.compared_projects import keys_in_order, make_project, rows_by_label, store_rows

LABELS = [number % 6 for number in range(60)]
NAMED = {label: f"label {label}" for label in range(6)}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """The rows of conse have the labels nearly as they are, those of effnet-lite0 hardly."""
    with make_project(tmp_path / "p", 60) as made:
        keys = keys_in_order(made)
        store_rows(made, "conse", keys, rows_by_label(LABELS, 0.3))
        store_rows(made, "effnet-lite0", keys, rows_by_label(LABELS, 2.0, seed=2))
        yield made


def groups_of(project: Project) -> dict[str, list[bytes]]:
    keys = keys_in_order(project)
    return {name: [key for key, own in zip(keys, LABELS, strict=True) if own == label] for label, name in NAMED.items()}


def ask(project: Project, by: str = "") -> Comparison:
    return compare(Context(project, LocalEncoder()), ["conse", "effnet-lite0"], by, "", measures={Measure.LABELS})


def warnings(found: Comparison) -> tuple[str, ...]:
    assert found.by_labels is not None
    return found.by_labels.labelling.warnings


@pytest.mark.parametrize("made_by", ["conse", "conse+grey"])
def test_the_winner_is_not_sure_where_its_own_clusters_are_the_tags(project: Project, made_by: str) -> None:
    tag_groups(project.catalog, "clusters", groups_of(project), made_by)
    found = ask(project)
    assert warnings(found) == (f"6 of 6 tags took pictures from answers of {made_by}: they favour that model",)
    said = advice(found)
    assert "conse finds your tags best" in said and "sure)" not in said
    assert "some of these tags come from its own answers: judge (--judge) to be sure" in said
    assert warnings(found)[0] in str(comparison_json(found))


def test_it_is_sure_where_it_wins_at_the_tags_of_another(project: Project) -> None:
    tag_groups(project.catalog, "clusters", groups_of(project), "effnet-lite0")
    found = ask(project)
    assert "6 of 6 tags took pictures from answers of effnet-lite0" in warnings(found)[0]
    assert "sure)" in advice(found)


def test_tags_made_by_hand_have_no_such_warning(project: Project) -> None:
    for name, keys in groups_of(project).items():
        Tags(project.catalog).add(name, keys)
    assert warnings(ask(project)) == () and "sure)" in advice(ask(project))


def test_saved_groups_count_by_where_they_come_from(project: Project) -> None:
    for name, keys in groups_of(project).items():
        origin = origin_of("Groups of alike pictures", "conse") if name < "label 3" else origin_of("a trip · Rome")
        Groups(project.catalog).save(name, [(key, None) for key in keys], origin)
    found = ask(project, by="groups")
    assert warnings(found) == ("3 of 6 groups took pictures from answers of conse: they favour that model",)
    assert "sure)" not in advice(found)


@pytest.mark.parametrize(("made", "of_all", "favoured"), [(0, 5, False), (1, 11, False), (1, 10, True), (5, 5, True)])
def test_a_few_of_many_labels_decide_nothing(made: int, of_all: int, favoured: bool) -> None:
    origins = LabelOrigins(of_all, (("clip", made),))
    assert origins.favour("clip") is origins.favour("clip+grey") is favoured
    assert not origins.favour("dinov2-base") and not LabelOrigins().favour("clip")
