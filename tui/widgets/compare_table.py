"""The table of a comparison: a line for each vec type, with as many columns as have room whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from core.comparison.comparison import Comparison, VecTypeFacts
from core.comparison.label_figures import LabelComparison, LabelFigures
from core.metrics.macro import Estimate
from core.text import byte_size, printable, rate
from tui.widgets.compare_bar import interval_bar
from tui.widgets.table import LineTable

_PADDING = 2  # cells of a column
_LEAST_BAR, _MOST_BAR = 10, 40  # cells
_UNKNOWN = "–"


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        title: above it.
        values: by vec type.
        importance: columns with a smaller number stay longer where there is little room.
        right: whether its values stand at the right.
    """

    title: str
    values: Callable[[str], str]
    importance: int
    right: bool = False

    def width(self, names: Sequence[str]) -> int:
        """How many cells the column needs."""
        return max(map(cell_len, (self.title, *map(self.values, names)))) + _PADDING


class CompareTable(LineTable):
    """Vec types, the best first where it is known which that is. Enter opens one."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self._found: Comparison | None = None
        self._default = ""
        self.names: list[str] = []

    @property
    def current(self) -> str:
        """The vec type under the cursor; empty where there is none."""
        return self.names[self.cursor_row] if 0 <= self.cursor_row < len(self.names) else ""

    def show(self, found: Comparison, default: str) -> None:
        """Show a comparison. ``default``: name of the vec type that is marked as the default."""
        self._found, self._default, current = found, default, self.current
        self.names = best_first(found)
        self.fill(self.names.index(current) if current in self.names else 0)

    def fill(self, row: int | None = None) -> None:
        """Lines and columns for the width there is."""
        if self._found is None:
            return
        row = self.cursor_row if row is None else row
        self.clear(columns=True)
        width = self.app.size.width - 1  # a scroll bar
        chosen, bar = fitting(columns_of(self._found, self._default), self.names, width, bars_of(self._found))
        for column in chosen:
            # Given, not found out by Textual: that comes a moment later, and words would be cut until then.
            title = Text(column.title, justify="right" if column.right else "left")
            self.add_column(title, width=column.width(self.names) - _PADDING)
            if bar and bar.after == column.title:
                self.add_column(Text(bar.title), width=bar.width)
        for name in self.names:
            line = list[Text]()
            for column in chosen:
                style = "bold" if column.title == "vec type" else ""
                line.append(Text(column.values(name), style, justify="right" if column.right else "left"))
                if bar and bar.after == column.title:
                    figure = bar.figures.get(name)
                    line.append(Text(interval_bar(figure, bar.whole, bar.width) if figure else ""))
            self.add_row(*line)
        self.move_cursor(row=row)
        # Given, not "auto": Textual knows how high the lines are a moment later, and might lay out before.
        self.styles.height = len(self.names) + self.header_height

    def on_resize(self) -> None:
        """Another width has room for other columns."""
        self.fill()


@dataclass(frozen=True)
class Bars:
    """The figure that is drawn as a bar.

    Attributes:
        after: title of the column that it stands beside.
        figures: by vec type.
        whole: what a full bar stands for.
        width: cells; 0 until it is known how much room there is.
    """

    after: str
    figures: dict[str, Estimate]
    whole: float
    width: int = 0

    @property
    def title(self) -> str:
        """Above the bars: what their ends stand for."""
        text = f"0 to {self.whole:.2f}"
        return text if len(text) <= self.width else ""


def best_first(found: Comparison) -> list[str]:
    """The vec types in the order of the table."""
    if found.by_labels:
        return [one.vec_type for one in found.by_labels.figures]
    return [one.name for one in found.facts]


def columns_of(found: Comparison, default: str) -> list[Column]:
    """All columns, from left to right."""
    facts = {one.name: one for one in found.facts}
    columns = [Column("vec type", lambda name: f"{'★ ' if name == default else '  '}{printable(name)}", 0)]
    if found.by_labels:
        columns += _label_columns(found.by_labels)
    if altered := found.by_alterations:
        means = {name: _mean(shares) for name, shares in altered.shares.items()}
        columns.append(Column("altered found", lambda name: _percent(means.get(name)), 3, right=True))
    if texts := found.by_texts:
        recall = {one.vec_type: one.recall[-1] for one in texts.figures}
        columns.append(Column("text finds", lambda name: _value(recall.get(name)), 4, right=True))
    orphans = {name: hub.orphans for name, hub in zip(found.agreement.names, found.agreement.hubs, strict=True)}
    columns += [
        Column("dim", lambda name: f"{facts[name].dim:,}", 6, right=True),
        Column("size", lambda name: byte_size(facts[name].size), 7, right=True),
        Column("pictures/s", lambda name: _rate(facts[name]), 5, right=True),
        Column("in nobody's ten", lambda name: f"{orphans[name]:.0%}", 8, right=True),
    ]
    return columns


def _label_columns(found: LabelComparison) -> list[Column]:
    figures = {one.vec_type: one for one in found.figures}
    return [
        Column("MAP@R", lambda name: _value(figures[name].average_precision), 1, right=True),
        Column("vote", lambda name: _value(figures[name].vote), 3, right=True),
        Column("precision", lambda name: _value(figures[name].precision), 4, right=True),
        Column("against the best", lambda name: against_the_best(figures[name]), 2),
    ]


def bars_of(found: Comparison) -> Bars | None:
    """What is drawn: MAP@R, else how often altered pictures are found."""
    if found.by_labels:
        figures = {one.vec_type: one.average_precision for one in found.by_labels.figures}
        return Bars("MAP@R", figures, max(one.high for one in figures.values()))
    if altered := found.by_alterations:
        means = {name: _mean(shares) for name, shares in altered.shares.items()}
        return Bars("altered found", {name: one for name, one in means.items() if one}, 1.0)
    return None


def fitting(
    columns: Sequence[Column], names: Sequence[str], width: int, bars: Bars | None
) -> tuple[list[Column], Bars | None]:
    """The columns that have room whole, the most important ones, in their order; and the bars in what is left."""
    left = width - (_LEAST_BAR + _PADDING if bars else 0)
    chosen = list[Column]()
    for column in sorted(columns, key=lambda one: one.importance):
        needed = column.width(names)
        if needed > left and column.importance:
            break  # a less important one instead would look as if the other were not known
        chosen.append(column)
        left -= needed
    kept = [column for column in columns if column in chosen]
    if bars is None or not any(column.title == bars.after for column in kept) or left < 0:
        return kept, None
    room = min(_MOST_BAR, _LEAST_BAR + left)
    return kept, Bars(bars.after, bars.figures, bars.whole, room)


def against_the_best(one: LabelFigures) -> str:
    """What the test against the best says, in words."""
    if one.against_best is None:
        return "the best"
    if not one.is_worse:
        return "no sure difference"
    return f"worse by {-one.against_best.value:.2f}: sure"


def _mean(shares: Sequence[Estimate]) -> Estimate | None:
    """Of the alterations; ends of intervals are averaged too, which is wider than theirs."""
    if not shares:
        return None
    value, low, high = (sum(getattr(one, end) for one in shares) / len(shares) for end in ("value", "low", "high"))
    return Estimate(value, low, high, shares[0].queries)


def _value(figure: Estimate | None) -> str:
    return f"{figure.value:.2f}" if figure else _UNKNOWN


def _percent(figure: Estimate | None) -> str:
    return f"{figure.value:.0%}" if figure else _UNKNOWN


def _rate(facts: VecTypeFacts) -> str:
    return rate(facts.rate).removesuffix("/s") if facts.rate else _UNKNOWN
