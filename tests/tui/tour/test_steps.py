"""The steps of the tour: what they say, with whose keys, and that they fit a small terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from core.key_hints import use_keys, with_keys
from tui.tour.moment import Moment
from tui.tour.state import remember_step, step_to_go_on_with
from tui.tour.steps import STEPS, Need, advice
from tui.tour.tour import missing

BY_NAME = {step.name: step for step in STEPS}


@pytest.fixture(autouse=True)
def default_keys() -> Iterator[None]:
    """Whatever a test takes is given back."""
    yield
    use_keys({})


def test_the_tour_has_about_a_dozen_steps_with_names_of_their_own() -> None:
    assert len(BY_NAME) == len(STEPS) == 15


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_what_a_step_says_fits_two_lines_of_sixty_cells(step) -> None:
    for text in (step.text, step.elsewhere, *step.then.values()):
        assert cell_len("Tour 15/15  " + with_keys(text)) <= 2 * 58 - 12, "words are not broken"


def test_a_step_says_what_to_do_where_one_is() -> None:
    step = BY_NAME["similar"]
    assert advice(step, Moment("BrowseScreen")) == "s finds what looks like this picture"
    assert advice(step, Moment("ActionForm", is_dialog=True)) == "enter runs it"
    assert advice(step, Moment("OrderDialog", is_dialog=True)) == "esc closes this"
    assert advice(step, Moment("SearchScreen", typing=True)) == "esc closes this"
    assert advice(step, Moment("SettingsScreen")) == "q goes back, towards all pictures"
    assert advice(BY_NAME["refine"], Moment("BrowseScreen")).startswith("s asks for similar pictures")


def test_clusters_are_not_said_to_be_refined() -> None:
    step = BY_NAME["refine"]
    assert advice(step, Moment("ResultsScreen", action="similar")).startswith("move to a picture")
    assert advice(step, Moment("ResultsScreen", action="cluster")).startswith("s asks for similar pictures")


def test_the_keys_are_those_of_the_user() -> None:
    use_keys({"similar": "F", "action-form.run": "f5"})
    assert advice(BY_NAME["similar"], Moment("BrowseScreen")).startswith("F finds")
    assert advice(BY_NAME["similar"], Moment("ActionForm", is_dialog=True)) == "f5 runs it"


@pytest.mark.parametrize(
    ("name", "before", "now", "done"),
    [
        ("look", Moment(in_row=0), Moment(in_row=3), True),
        ("look", Moment(in_row=3), Moment(in_row=3, cursor=1), False),
        ("move", Moment("BrowseScreen", cursor=0), Moment("BrowseScreen", cursor=1), True),
        ("move", Moment("BrowseScreen", cursor=0), Moment("ResultsScreen", cursor=1), False),
        ("large", Moment("BrowseScreen"), Moment("PictureScreen"), True),
        ("similar", Moment(), Moment("ResultsScreen", action="similar"), True),
        ("similar", Moment(), Moment("ResultsScreen"), False),
        ("refine", Moment(), Moment(action="similar", examples=1), False),
        ("refine", Moment(), Moment(action="similar", examples=2), True),
        ("text", Moment(), Moment(action="text_search", typing=True), False),
        ("text", Moment(), Moment(action="text_search"), True),
        ("tag", Moment(tagged=2), Moment(tagged=2), False),
        ("tag", Moment(tagged=2), Moment(tagged=3), True),
        ("filter", Moment(), Moment(filter="cat"), True),
        ("filter", Moment(filter="cat"), Moment(), False),
        ("vectors", Moment(), Moment(action="similar", vec_type="conse"), False),
        ("vectors", Moment(action="similar", vec_type="a"), Moment(action="similar", vec_type="b"), True),
        ("vectors", Moment(action="similar", vec_type="a"), Moment(action="cluster", vec_type="b"), False),
        ("duplicates", Moment(), Moment("DuplicatesScreen", been=frozenset({"DuplicatesScreen"})), False),
        ("duplicates", Moment(), Moment("Confirm", is_dialog=True, been=frozenset({"DuplicatesScreen"})), False),
        ("duplicates", Moment(), Moment("BrowseScreen", been=frozenset({"DuplicatesScreen"})), True),
        ("compare", Moment(), Moment("BrowseScreen"), False),
        ("compare", Moment(), Moment("BrowseScreen", been=frozenset({"CompareScreen"})), True),
        ("map", Moment(), Moment("BrowseScreen", been=frozenset({"MapScreen"})), True),
        ("help", Moment(), Moment("KeysHelp", is_dialog=True), True),
    ],
)
def test_what_shows_that_a_step_was_done(name: str, before: Moment, now: Moment, done: bool) -> None:
    assert BY_NAME[name].done(before, now) is done


def test_a_step_that_needs_vectors_says_who_creates_them() -> None:
    assert missing(Need.NONE, [], []) == ""
    assert missing(Need.TWO, [], []) == "this needs vectors of a second model: g, then n creates some"


def test_where_the_tour_stands_is_kept_and_once_left_it_stays_away(home) -> None:
    assert step_to_go_on_with() == 0
    remember_step(4)
    assert step_to_go_on_with() == 4
    remember_step(None)
    assert step_to_go_on_with() is None
    (home / "tour.toml").write_text('step = "a step of another version"')
    assert step_to_go_on_with() == 0
    (home / "tour.toml").write_text("step = [\x00")
    assert step_to_go_on_with() == 0
