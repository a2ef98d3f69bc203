"""Real vectors of a real model: where the same motifs come in colour and in black and white, greyscale is better."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.actions.definition import Context
from core.comparison.advice import advice
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.greyscale_twins import twin_sentences
from core.labels.tags import Tags
from core.models.backend import Model
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.core.comparison.colour_and_grey import MOTIFS, draw_motifs
from tests.core.comparison.compared_projects import keys_in_order
from tests.filled_projects import EFFNET, EFFNET_GREY, fill_vectors

EACH = 10
COLOUR, GREY = EFFNET.name, EFFNET_GREY.name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, effnet: Model) -> Iterator[Project]:
    """Ten pictures of each motif, half of them in colour, with ``effnet-lite0`` and its greyscale twin."""
    folder = tmp_path_factory.mktemp("motifs") / "pictures"
    draw_motifs(folder, EACH)
    with Project.open_or_create(folder) as made:
        made.scan()
        fill_vectors(made, effnet, [EFFNET, EFFNET_GREY])
        keys = keys_in_order(made)
        Tags(made.catalog).add("colour", keys[0::2])
        Tags(made.catalog).add("black and white", keys[1::2])
        yield made


def ask(project: Project, by: str) -> Comparison:
    return compare(Context(project, LocalEncoder()), by=by, measures={Measure.LABELS})


def test_what_is_shown_is_found_best_without_colour_and_the_advice_says_so(project: Project) -> None:
    found = ask(project, "folders")
    labels = found.by_labels
    assert labels is not None
    assert (labels.queries, len(labels.labelling.names)) == (EACH * len(MOTIFS), len(MOTIFS))
    assert [one.vec_type for one in labels.figures] == [GREY, COLOUR]
    assert labels.figures[1].is_worse
    assert advice(found).startswith(f"{GREY} finds your folders best (MAP@R ")
    assert f"over {COLOUR}: sure)" in advice(found)
    (sentence,) = twin_sentences(found)
    assert sentence.startswith(f"Without colour ({GREY}), {COLOUR} keeps ")
    assert "colour decides much of what is alike. MAP@R is " in sentence
    assert sentence.endswith(" without: sure.")


def test_where_colour_is_what_is_asked_for_it_is_kept(project: Project) -> None:
    found = ask(project, "tags")
    assert found.by_labels is not None
    assert [one.vec_type for one in found.by_labels.figures] == [COLOUR, GREY]
    assert found.by_labels.figures[1].is_worse
    assert advice(found).startswith(f"{COLOUR} finds your tags best")
    assert twin_sentences(found)[0].endswith(" without: sure.")
