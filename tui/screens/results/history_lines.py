"""The lines of History, with enough in them to tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from rich.cells import cell_len
from rich.text import Text

from core.actions.action_history import PastAction
from core.actions.parameters import VecTypeParameter, VecTypesParameter
from core.actions.registry import actions
from core.errors import PictoscopeError
from core.labels.undo import Step
from core.text import clock, count, moment, printable
from tui.widgets.cells import shorten, shorten_right

_WIDE = 100  # columns from which there is room for the year, groups and how long it took
_DAY, _COMMAND, _VEC_TYPE, _NUMBER, _STATE = 16, 10, 18, 8, 6  # cells
_NARROW, _NARROW_VEC_TYPE = 70, 12  # columns below which the action has none of its own
_NO_YEAR = 5  # characters
_PADDING = 2  # cells of a column
_MOST_ALIKE = 100  # actions whose parameters are read to tell them apart; the newest
_LONGEST_VALUE = 24  # cells


def told_apart(past: Sequence[PastAction], values_of: Callable[[int], Mapping[str, Any]]) -> dict[int, str]:
    """For actions that are called alike, by their numbers: the options in which they differ, in words.

    Args:
        past: the newest first.
        values_of: the parameters by the number of an action. What cannot be read is left out.
    """
    groups: dict[Hashable, list[int]] = {}
    for one in past:
        groups.setdefault((one.action, one.title, one.vec_type), []).append(one.number)
    by_index: dict[int, str] = {}
    left = _MOST_ALIKE
    names = {one.number: one.action for one in past}
    for numbers in groups.values():
        if len(numbers) > 1 and left > 0:
            values = {number: _options(names[number], values_of, number) for number in numbers[:left]}
            left -= len(values)
            by_index |= {number: _differences(number, values) for number in values}
    return {number: words for number, words in by_index.items() if words}


def _options(name: str, values_of: Callable[[int], Mapping[str, Any]], number: int) -> dict[str, str]:
    """Options by their titles, as people write them; without the vec type, which has a column."""
    try:
        given = values_of(number)
    except PictoscopeError:
        return {}
    action = next((action for action in actions() if action.name == name), None)
    return {
        one.title: _in_words(given.get(one.name, one.default))
        for one in (action.fields() if action else ())
        if not isinstance(one, VecTypeParameter | VecTypesParameter)
    }


def _in_words(value: Any) -> str:
    if isinstance(value, bool) or value in (None, "", 0, (), []):
        return "yes" if value is True else "no" if value is False else ""
    if isinstance(value, list | tuple):
        return count(len(value), "picture")
    return shorten(printable(str(value)), _LONGEST_VALUE)


def _differences(number: int, values: Mapping[int, Mapping[str, str]]) -> str:
    mine = values[number]
    differing = [title for title in mine if len({other.get(title, "") for other in values.values()}) > 1]
    return ", ".join(f"{printable(title)} {mine[title]}" for title in differing if mine[title])


def action_lines(past: Sequence[PastAction], apart: Mapping[int, str], columns: Mapping[str, int]) -> list[list[Text]]:
    """The cells of all actions; ``apart``: see :func:`told_apart`."""
    commands = {action.name: action.command for action in actions()}

    def line(number: int, *, exact: bool) -> list[Text]:
        one = past[number]
        return _action_cells(one, commands.get(one.action, one.action), apart.get(one.number, ""), columns, exact=exact)

    return _unlike(len(past), line)


def step_columns(width: int) -> tuple[list[str], list[int]]:
    """Titles and cells; the name of the step gets what the others leave."""
    widths = [_day(width), _NUMBER, _STATE]
    return ["when", "changes", "", "step"], [*widths, width - sum(widths) - _PADDING * (len(widths) + 2)]


def step_lines(steps: Sequence[Step], widths: Sequence[int]) -> list[list[Text]]:
    """The cells of all steps."""
    return _unlike(len(steps), lambda number, *, exact: _step_cells(steps[number], widths, exact=exact))


class _Line(Protocol):
    def __call__(self, number: int, *, exact: bool) -> list[Text]: ...


def _unlike(lines: int, line: _Line) -> list[list[Text]]:
    """All lines; those that read the same say the exact time."""
    drawn = [line(number, exact=False) for number in range(lines)]
    counted = Counter(map(_read, drawn))
    return [line(number, exact=True) if counted[_read(cells)] > 1 else cells for number, cells in enumerate(drawn)]


def _read(cells: Iterable[Text]) -> tuple[str, ...]:
    return tuple(cell.plain for cell in cells)


def _when(seconds: float, width: int, *, exact: bool) -> Text:
    """Day and time; of lines that would read the same the seconds instead of the year, or of the day."""
    day = moment(seconds)
    if exact:
        time = clock(seconds)
        with_day = f"{day[_NO_YEAR:].partition(' ')[0]} {time}"
        return Text(with_day if cell_len(with_day) <= width else time, "dim")
    return Text(day[-width:], "dim")


def action_columns(width: int) -> dict[str, int]:
    """Cells by title; the question gets what the others leave."""
    columns = {"when": _day(width), "action": _COMMAND, "question": 0, "vec type": max(_VEC_TYPE, width // 5)}
    if width < _NARROW:
        del columns["action"]
        columns["vec type"] = _NARROW_VEC_TYPE
    columns["pictures"] = _NUMBER
    if width >= _WIDE:
        columns |= {"groups": _NUMBER, "took": _NUMBER}
    columns["question"] = width - sum(columns.values()) - _PADDING * (len(columns) + 1)
    return columns


def _day(width: int) -> int:
    """Cells of a day and time."""
    return _DAY if width >= _WIDE else _DAY - _NO_YEAR


def _action_cells(past: PastAction, command: str, apart: str, columns: Mapping[str, int], *, exact: bool) -> list[Text]:
    title, room = printable(past.title), columns["question"]
    if apart:  # it stays, as it is what tells this line from others
        apart = shorten_right(f" · {apart}", room * 2 // 3)
        title = shorten(title, room - cell_len(apart)) + apart
    cells = {
        "when": _when(past.asked, columns["when"], exact=exact),
        "action": Text(shorten(printable(command), _COMMAND), "bold"),
        "question": Text(shorten_right(title, room)),
        "vec type": Text(shorten(printable(past.vec_type) or "none", columns["vec type"])),
        "pictures": Text(count(past.pictures), justify="right"),
        "groups": Text(count(past.groups) if past.groups > 1 else "", justify="right"),
        "took": Text(f"{past.seconds:.1f} s", justify="right"),
    }
    return [cells[column] for column in columns]


def _step_cells(step: Step, widths: Sequence[int], *, exact: bool) -> list[Text]:
    style = "dim" if step.undone else ""
    return [
        _when(step.made, widths[0], exact=exact),
        Text(count(step.changes), style, justify="right"),
        Text("undone" if step.undone else "", style),
        Text(shorten_right(printable(step.name), widths[-1]), style),
    ]
