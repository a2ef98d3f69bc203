"""The footer: whole words at every width, in groups; and how the help writes keys."""

from __future__ import annotations

import pytest
from app_helpers import WordEncoder, fill_at_random, flat, lines_of, press_then, running, until
from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding
from textual.screen import ModalScreen
from textual.widgets._footer import FooterKey

from core.project import Project
from tui.key_names import named_keys
from tui.key_purposes import Purpose, purpose, written
from tui.screens.base import action_bindings, common_bindings, label_bindings
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.dialogs import keys_of
from tui.screens.results.results import ResultsScreen
from tui.widgets.keys_footer import fitting


def active(*bindings: Binding) -> list[ActiveBinding]:
    return [ActiveBinding(None, binding, True, "") for binding in bindings]  # type: ignore[arg-type]


GROUPS = [
    active(*(binding for binding in action_bindings() if binding.show)),
    active(*(binding for binding in label_bindings() if binding.show)),
    active(Binding("f", "filter", "Filter")),
    active(*common_bindings()[:2], *common_bindings()[-2:]),
]


def line(groups: list[list[ActiveBinding]]) -> str:
    return " │ ".join("  ".join(f"{one.binding.key} {one.binding.description}" for one in group) for group in groups)


def test_plus_and_minus_say_what_they_do_at_each_place() -> None:
    """They are likeness in answers, the zoom of one picture, a map and a pair, and size in Browse, as ``>`` is."""
    named = named_keys()
    words = {name: one.description for name, one in named.items() if "plus" in one.keys or "minus" in one.keys}
    likeness = (words["results.more-like"], words["results.less-like"])
    size = (words["browse.larger-pictures"], words["browse.smaller-pictures"])
    assert likeness == ("more like this one", "less like this one")
    assert size == ("Larger pictures", "Smaller pictures")
    assert {"More like", "Less like"} <= {one.description for one in ResultsScreen.BINDINGS if one.show}
    assert named["image-grid.larger-pictures"].keys[0] == "greater_than_sign"  # everywhere else


@pytest.mark.parametrize("width", range(10, 160))
def test_keys_are_left_out_whole_and_help_and_back_never(width: int) -> None:
    kept = fitting(GROUPS, lambda one: one.binding.key, width)
    assert [one.binding.description for one in kept[-1][-2:]] == ["Help", "Back"]
    assert cell_len(line(kept)) <= width or kept == [GROUPS[-1][-2:]]
    everything = [one for group in GROUPS for one in group]
    order = [everything.index(one) for group in kept for one in group]
    assert order == sorted(order)


def test_with_room_nothing_is_left_out() -> None:
    assert fitting(GROUPS, lambda one: one.binding.key, cell_len(line(GROUPS))) == GROUPS


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 24), (200, 60)])
async def test_no_word_of_the_footer_is_cut(project: Project, size: tuple[int, int]) -> None:
    async with running(project, size) as (app, pilot):
        await until(pilot, lambda: lines_of(app)[-1].rstrip().endswith(("? Help  q Back", "? Help  q Quit")))
        groups = [group.split("  ") for group in lines_of(app)[-1].strip().split(" │ ")]
        words = {key.partition(" ")[2] for group in groups for key in group}
        assert words <= {"Similar", "Text", "Cluster", "Dupes", "Recommend", "Tag", "Filter", "Help", "Quit"}
        assert [words for words in groups if "? Help" in words] == [["? Help", "q Quit"]]


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        (Binding("s", "app.form('similar')"), Purpose.ACTIONS),
        (Binding("t", "app.tag"), Purpose.LABELS),
        (Binding("K", "keep"), Purpose.LABELS),
        (Binding("left", "move(-1)"), Purpose.MOVE),
        (Binding("down", "cursor_down"), Purpose.MOVE),
        (Binding("q", "app.leave"), Purpose.EVERYWHERE),
        (Binding("escape", "leave"), Purpose.EVERYWHERE),
        (Binding("f", "filter"), Purpose.HERE),
    ],
)
def test_what_a_key_is_for(binding: Binding, expected: Purpose) -> None:
    assert purpose(binding) is expected


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("asterisk", "*"),
        ("ctrl+a", "ctrl+a"),
        ("right", "→"),
        ("question_mark", "?"),
        ("pagedown", "pgdn"),
        ("enter", "enter"),
        ("space", "space"),
        ("G", "G"),
    ],
)
def test_each_key_is_written_as_itself(key: str, text: str) -> None:
    assert written(Binding(key, "x", key_display="→")) == text


async def test_the_help_groups_keys_and_names_each_once(project: Project) -> None:
    async with running(project, (100, 60)) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Find and compare" in flat(app) and "Tags and labels" in flat(app))
        text = flat(app)
        assert "Browse: keys" in text and " Browse " in text
        assert "* ctrl+a Select all" in text
        assert "→ l Right" in text
        assert ("ctrl+c", "Copy the selected text; without a selection, quit") in keys_of(app.screen_stack[-2])[
            Purpose.EVERYWHERE
        ]
        await pilot.press("escape")


async def test_keys_that_are_the_same_stay_and_others_take_their_place(project: Project) -> None:
    async with running(project) as (app, pilot):
        await until(pilot, lambda: lines_of(app)[-1].rstrip().endswith(("q Back", "q Quit")))
        before = list(app.screen.query(FooterKey))
        app.screen.refresh_bindings()
        await press_then(pilot, "question_mark", screen=ModalScreen)
        await press_then(pilot, "escape", screen=BrowseScreen)
        assert list(app.screen.query(FooterKey)) == before
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: 0 < len(app.screen.query(FooterKey)) < len(before))
        await pilot.resize_terminal(108, 28)
        await until(pilot, lambda: len(app.screen.query(FooterKey)) == len(before))


async def test_while_a_text_is_typed_the_footer_says_what_keys_do_then(project: Project) -> None:
    fill_at_random(project, "conse")
    async with running(project, (80, 24)) as (app, pilot):
        app.encoder = WordEncoder()  # type: ignore[assignment]
        await pilot.press("slash")
        typing = "↑ Earlier texts  enter To the pictures  ctrl+o More options │ esc Back"
        await until(pilot, lambda: lines_of(app)[-1].strip() == typing)
        await pilot.press(*"sea", "enter")
        await until(pilot, lambda: lines_of(app)[-1].startswith("+ More like  - Less like"))
