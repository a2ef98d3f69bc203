"""Lines of History that would read the same say in what they differ."""

from __future__ import annotations

import pytest

from core.actions.action_history import PastAction
from core.errors import UsageError
from core.labels.undo import Step
from tui.screens.results.history_lines import action_columns, action_lines, step_columns, step_lines, told_apart

NOON = 1_767_272_400.0  # a whole minute


def past(number: int, title: str = "3 clusters of 12 pictures", seconds: float = 0, used: str = "conse") -> PastAction:
    return PastAction(number, NOON + seconds, "cluster", title, used, 12, 3, 0.2)


VALUES = {
    1: {"k": 3, "vec_type": "conse"},
    2: {"k": 3, "seed": 7, "vec_type": "conse"},
    3: {"method": "hdbscan", "vec_type": "conse"},
    4: {"k": 3, "where": ["0" * 40, "1" * 40], "vec_type": "conse"},
}


def test_actions_that_are_called_alike_say_the_options_in_which_they_differ() -> None:
    apart = told_apart([past(number) for number in VALUES], VALUES.__getitem__)
    assert "seed 7" in apart[2] and "seed" not in apart[1]
    assert "hdbscan" in apart[3] and "2 pictures" in apart[4]
    assert len(set(apart.values())) == len(apart)


def test_others_say_nothing_more_and_what_cannot_be_read_does_no_harm() -> None:
    def unreadable(number: int) -> dict[str, object]:
        raise UsageError("gone")

    assert told_apart([past(1), past(2, used="clip")], unreadable) == {}
    assert told_apart([past(1), past(2)], unreadable) == {}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_two_lines_of_actions_read_the_same(width: int) -> None:
    listed = [past(number, seconds=number) for number in range(1, 7)] + [past(7, title="other " * 20)]
    apart = told_apart(listed, lambda number: VALUES.get(number, {"k": 4}))
    columns = action_columns(width)
    lines = [tuple(cell.plain for cell in line) for line in action_lines(listed, apart, columns)]
    assert columns["question"] >= 16
    assert len(set(lines)) == len(lines)
    assert all(len(cell) <= room for line in lines for cell, room in zip(line, columns.values(), strict=True))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_steps_of_the_same_name_and_minute_say_the_second(width: int) -> None:
    steps = [Step(number, "tagged 3 pictures as sea", NOON + number, False, 3) for number in (2, 1)]
    steps.append(Step(3, "tagged 3 pictures as sea", NOON - 600, False, 3))
    _, widths = step_columns(width)
    when = [line[0].plain for line in step_lines(steps, widths)]
    assert [text.count(":") for text in when] == [2, 2, 1]
    assert len(set(when)) == 3
