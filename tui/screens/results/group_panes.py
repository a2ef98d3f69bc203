"""The groups of an answer: as a wall, as a list, or the pictures of one of them."""

from __future__ import annotations

from typing import Any

from textual.widgets import OptionList

from core.actions.answer import Group
from core.actions.run import Question
from core.project import Project
from core.text import printable
from tui.screens.results.asking import AskingScreen
from tui.widgets.group_wall import GroupWall
from tui.widgets.image_grid import ImageGrid


class GroupPanesScreen(AskingScreen):
    """Goes between the wall of groups, their list and the pictures of one.

    Args:
        project: that is asked about.
        question: that is asked.
        from_form: whether a form asked it.
        trail: names of the groups that the question looks within, the outermost first.
    """

    def __init__(
        self, project: Project, question: Question[Any], *, from_form: bool = False, trail: tuple[str, ...] = ()
    ) -> None:
        super().__init__(project, question, from_form=from_form, trail=trail)
        self._number = 0  # of the group on show, or under the cursor of the wall
        self._opened = False  # whether it was opened on the wall

    @property
    def _wall(self) -> GroupWall:
        return self.query_one(GroupWall)

    @property
    def _on_wall(self) -> bool:
        return any(wall.display for wall in self.query(GroupWall))  # none while the screen is made or closed

    @property
    def _groups(self) -> tuple[Group, ...]:
        return self._answer.groups if self._answer else ()

    def action_wall(self) -> None:
        """The groups as a wall, or as a list with the pictures of one."""
        if self._on_wall:
            self._open(self.query_one(OptionList))
        else:
            self._show_wall()

    def action_chart(self) -> None:
        """The groups as bars; the pictures of the chosen one are shown then."""
        from core.charts.bars import Bar
        from tui.screens.dialogs.chart import Chart

        groups = self._groups
        bars = [Bar(group.name, len(group.matches)) for group in groups]

        def answered(chosen: Bar | None) -> None:
            if chosen is None or groups is not self._groups:  # another answer has come meanwhile
                return
            number = next(place for place, bar in enumerate(bars) if bar is chosen)
            if self._on_wall:
                self._wall.cursor = number
                self.on_group_wall_opened()
            else:
                self.query_one(OptionList).highlighted = number
                self.grid.focus()

        self.app.push_screen(Chart(printable(self._action.title), bars, self._number), answered)

    def on_group_wall_opened(self) -> None:
        """The pictures of the group under the cursor; Back returns to it."""
        self._opened = True
        self._open(self.grid)

    def action_leave(self) -> None:
        """From a group that was opened on the wall back there, else to the screen before."""
        if self._opened and not self._on_wall:
            self._show_wall()
        else:
            self.host.action_leave()

    def _show_wall(self) -> None:
        wall, inside = self._wall, self.focused in (self.grid, self.query_one(OptionList), None)
        self._opened, wall.display = False, True
        if inside:
            self.set_focus(wall)
        wall.cursor = self._number
        self.grid.display = False
        self.add_class("-wall")
        self.call_after_refresh(self._leave_hidden_grid)
        self._show_answer()

    def _leave_hidden_grid(self) -> None:
        if self._on_wall and self.focused in (self.grid, None):
            self._wall.focus()

    def _open(self, focus: ImageGrid | OptionList) -> None:
        """Show the pictures of the group under the cursor of the wall."""
        listed = self.query_one(OptionList)
        self._number, self.grid.display = self._wall.cursor, True
        self.remove_class("-wall")
        if isinstance(focus, OptionList) and not self.has_class("-folded"):
            self.call_after_refresh(listed.focus)  # it has room only then
        self.grid.focus()
        self._wall.display = False
        with listed.prevent(OptionList.OptionHighlighted):
            listed.highlighted = self._number
        self._show_group(cursor=0)

    def on_group_wall_moved(self) -> None:
        """Keys are for another group."""
        if self._on_wall:
            self._number = self._wall.cursor
            self.show_header()

    def on_group_wall_selection_changed(self) -> None:
        """Say how many pictures are meant."""
        self.show_header()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the pictures of the group under the cursor."""
        if self._answer and event.option_index != self._number:
            self._number = self._wall.cursor = event.option_index
            self._show_group(cursor=0)

    # -- showing: of the screens that are made from this one --------------------------------------------------------

    def _show_group(self, cursor: int | None = None) -> None:
        """Show the pictures of the group ``_number``, the cursor there; None to leave it at its picture."""
        raise NotImplementedError

    def _show_answer(self) -> None:
        """Show what stands above the wall or the pictures."""
        raise NotImplementedError
