"""History: the actions that answered, each to be opened again; and the changes, each to be undone or redone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static, TabbedContent, TabPane

from core.actions.action_history import ActionHistory, PastAction
from core.actions.definition import Action
from core.actions.parameters import PicturesParameter
from core.actions.registry import find
from core.actions.run import OutdatedQuestion, Question, asked_before
from core.errors import PictoscopeError
from core.key_hints import key_for, with_keys
from core.labels.undo import History, Step
from core.project import Project
from core.text import count
from core.vectors import vec_types
from tui import label_actions
from tui.messages import Failed, LabelsChanged, NotRead
from tui.newest import read_newest
from tui.reading import Reading
from tui.screens.base import PictoscopeScreen, common_bindings
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.results.history_lines import action_columns, action_lines, step_columns, step_lines, told_apart
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.progress import JobLine
from tui.widgets.table import LineTable

_NOTHING_ASKED = "nothing was asked yet: each action that answers is listed here · {line-table.open} searches by text"
_NO_CHANGES = "no changes yet: those of tags, properties and groups are listed here · {line-table.open} goes back"


class ChangesTable(LineTable):
    """The changes of labels: enter undoes, or redoes, as far as one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "To here", key_display="enter", tooltip="undo or redo up to this step")
    ]


class HistoryScreen(PictoscopeScreen):
    """What was done in this project, by the app and by the command line, the newest first.

    Args:
        project: whose history is shown.
        pane: ``actions`` or ``changes``.
    """

    BINDINGS = [
        Binding("v", "again", "Vec type", tooltip="the same search with another vec type"),
        Binding("x", "forget", "Forget"),
        Binding("X", "forget_all", "Forget all"),
        Binding("u", "undo", "Undo"),
        Binding("U", "redo", "Redo"),
        Binding("1", "pane('actions')", "Actions", show=False),
        Binding("2", "pane('changes')", "Changes", show=False),
        Binding("escape", "app.leave", "Back", show=False),
        *common_bindings("g", "J"),
    ]

    @dataclass
    class _Asked(Message):
        actions: list[PastAction]
        told_apart: Mapping[int, str]

    @dataclass
    class _Changes(Message):
        steps: list[Step]
        older: str

    class _NotListed(NotRead):
        """``pane`` could not be read."""

        def __init__(self, error: PictoscopeError | OSError, pane: str) -> None:
            super().__init__(error)
            self.pane = pane

    @dataclass
    class _Found(Message):
        """A past action that can be opened; in its form where ``form``, or where it is not usable as it is.

        The form begins with ``values``.
        """

        action: Action[Any]
        past: Question[Any] | OutdatedQuestion
        values: Mapping[str, Any]
        form: bool

    def __init__(self, project: Project, pane: str = "actions") -> None:
        super().__init__()
        self._project = project
        self._first_pane = pane
        self._actions: list[PastAction] = []
        self._told_apart: Mapping[int, str] = {}
        self._steps: list[Step] = []
        self._reading = {"actions": Reading("reading what was asked"), "changes": Reading("reading the changes")}

    @property
    def resumes_as(self) -> tuple[str, str]:
        return "history", self.query_one(TabbedContent).active

    def compose(self) -> ComposeResult:
        """A pane for past actions, one for changes of labels."""
        yield Static(
            Text.assemble((" History  ", "bold"), with_keys("{history.actions} – {history.changes} choose a pane")),
            id="header",
        )
        with TabbedContent(initial=self._first_pane):
            with TabPane("1 Actions", id="actions"):
                yield LineTable("actions-table", when_empty="Search", reading=self._reading["actions"])
                yield Static(self._nothing("actions"), classes="nothing", markup=False)
            with TabPane("2 Changes", id="changes"):
                yield ChangesTable("changes-table", when_empty="Back", reading=self._reading["changes"])
                yield Static("", id="older", markup=False)
                yield Static(self._nothing("changes"), classes="nothing", markup=False)
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Paint, then read."""
        self.query_one("#older").display = False
        self.query_one(f"#{self._first_pane}-table").focus()

    def on_screen_resume(self) -> None:
        """What was asked and changed meanwhile."""
        self.reload()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """A step more, or one undone."""
        self.reload()

    def reload(self) -> None:
        """Reload both lists."""
        # Each by itself: where one cannot be read the other is shown all the same.
        read_newest(self, self._read_actions, group="actions", failed=lambda error: self._NotListed(error, "actions"))
        read_newest(self, self._read_changes, group="changes", failed=lambda error: self._NotListed(error, "changes"))

    def _read_actions(self) -> Message:
        past = ActionHistory(self._project).all()
        return self._Asked(past, told_apart(past, ActionHistory(self._project).values))

    def _read_changes(self) -> Message:
        history = History(self._project.catalog)
        steps = history.steps()
        return self._Changes(steps, label_actions.older_steps(history, len(steps)))

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """Keys are for the pane where they can do something."""
        if action in ("again", "forget", "forget_all") and self._pane != "actions":
            return f"only for actions: {key_for('history.actions')} goes there"
        if action in ("undo", "redo") and self._pane != "changes":
            return f"only for changes: {key_for('history.changes')} goes there"
        return ""

    # -- panes ----------------------------------------------------------------------------------------------------

    @property
    def _pane(self) -> str:
        return self.query_one(TabbedContent).active if self.is_mounted else self._first_pane

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.query_one(TabbedContent).active = name
        self.call_after_refresh(self.query_one(f"#{name}-table").focus)  # it can be focused when it is in sight

    def on_tabbed_content_tab_activated(self) -> None:
        """Other lines, other keys."""
        self._show()
        self.refresh_bindings()

    def on_data_table_row_selected(self) -> None:
        """Open an action again; undo or redo as far as a step."""
        if self._pane == "actions":
            self._open(form=False)
        else:
            self._turn()

    def on_row_table_entered_empty(self) -> None:
        """Enter where nothing is listed."""
        if self._pane == "actions":
            self.run_worker(self.app.run_action("app.form('text_search')"))
        else:
            self.host.action_leave()

    # -- actions --------------------------------------------------------------------------------------------------

    def action_again(self) -> None:
        """The same by other vectors: its form, at the vec types."""
        self._open(form=True)

    def action_forget(self) -> None:
        """Forget the action under the cursor."""
        if past := self._action:
            self._forget(past.number)
        else:
            self.notify(self._nothing("actions"), markup=False)

    def action_forget_all(self) -> None:
        """Forget all actions."""
        if self._actions:
            question = f"Forget {count(len(self._actions), 'action')}, and the texts that were searched?"
            self.app.push_screen(Confirm(question, "Forget"), lambda yes: self._forget(None) if yes else None)
        else:
            self.notify(self._nothing("actions"), markup=False)

    def _forget(self, number: int | None) -> None:
        def work() -> None:
            try:
                ActionHistory(self._project).forget(number)
            except PictoscopeError as error:
                self.post_message(Failed(error))
            self.call_later(self.reload)

        self.run_worker(work, thread=True, group="forget")

    @property
    def _action(self) -> PastAction | None:
        row = self.query_one("#actions-table", LineTable).cursor_row
        return self._actions[row] if 0 <= row < len(self._actions) else None

    def _open(self, *, form: bool) -> None:
        if (past := self._action) is None:
            self.notify(self._nothing("actions"), markup=False)
        else:
            read_newest(self, lambda: self._find(past, form), group="open", only_last=True)

    def _find(self, past: PastAction, form: bool) -> Message:
        action = find(past.action)
        given = ActionHistory(self._project).values(past.number)
        again = asked_before(action, given, vec_types.names(self._project.vectors_folder))
        in_form = form or isinstance(again, OutdatedQuestion)
        values = self._with_paths(action, again.values) if in_form else again.values
        return self._Found(action, again, values, form)

    def _with_paths(self, action: Action[Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """Pictures by the path where they lie now, as a form shows them."""
        shown = dict(values)
        for field in action.fields():
            if isinstance(field, PicturesParameter) and values.get(field.name):
                references = values[field.name]
                keys = {reference: bytes.fromhex(reference) for reference in references if "/" not in reference}
                there = self._project.catalog.by_keys(list(keys.values()))
                paths = {name: os.fsdecode(there[key].path) for name, key in keys.items() if key in there}
                shown[field.name] = tuple(paths.get(reference, reference) for reference in references)
        return shown

    def on_history_screen__found(self, message: _Found) -> None:
        """Open the answer of a past action, or its form."""
        message.stop()
        if self.app.screen is not self:
            return
        past = message.past
        if isinstance(past, OutdatedQuestion):
            self.host.tell(past.wrong)
        if message.form or isinstance(past, OutdatedQuestion):
            self.host.open_form(message.action, message.values, begin_at="vec_type" if message.form else "")
        else:
            self.host.show_answer(past)

    # -- changes --------------------------------------------------------------------------------------------------

    def action_undo(self) -> None:
        """Take the newest step back."""
        self.host.action_undo()

    def action_redo(self) -> None:
        """Do again what was undone last."""
        self.host.action_redo()

    def _turn(self) -> None:
        row = self.query_one("#changes-table", LineTable).cursor_row
        if not 0 <= row < len(self._steps):
            return
        chosen, undone = self._steps[row], sum(step.undone for step in self._steps)
        many = undone - row if chosen.undone else row - undone + 1
        what = "Redo" if chosen.undone else "Undo"
        to = f", {'up' if chosen.undone else 'down'} to and including" if many > 1 else ":"
        project = self._project

        def answered(yes: bool | None) -> None:
            if yes:
                self.host.label(lambda: label_actions.turn_to(project, chosen, many))

        self.app.push_screen(Confirm(f"{what} {count(many, 'step')}{to} “{chosen.name}”?", what, loses=False), answered)

    # -- showing --------------------------------------------------------------------------------------------------

    def _nothing(self, pane: str) -> str:
        """What stands where a pane lists nothing."""
        return self._reading[pane].words or with_keys(_NOTHING_ASKED if pane == "actions" else _NO_CHANGES)

    def on_history_screen__asked(self, message: _Asked) -> None:
        message.stop()
        self._actions, self._told_apart = message.actions, message.told_apart
        self._came("actions")

    def on_history_screen__not_listed(self, message: _NotListed) -> None:
        """Say so in the pane."""
        message.stop()
        self.host.tell(message.error)
        self._reading[message.pane].failed(message.error)
        self._show()

    def _came(self, pane: str) -> None:
        self._reading[pane].came()
        if pane == self._pane:
            self._show()

    def on_history_screen__changes(self, message: _Changes) -> None:
        message.stop()
        self._steps = message.steps
        older = self.query_one("#older", Static)
        older.update(message.older)
        older.display = bool(message.older)
        self._came("changes")

    def on_resize(self) -> None:
        """Words get the room there is."""
        self._show()

    def _show(self) -> None:
        """The pane in sight: a thousand lines take long enough."""
        width = self.app.size.width
        if self._pane == "actions":
            columns = action_columns(width)
            titles, widths = list(columns), list(columns.values())
            rows = action_lines(self._actions, self._told_apart, columns)
        else:
            titles, widths = step_columns(width)
            rows = step_lines(self._steps, widths)
        self._fill(self._pane, titles, widths, rows)

    def _fill(self, pane: str, titles: list[str], widths: list[int], rows: list[list[Text]]) -> None:
        """The cursor stays where it is."""
        table = self.query_one(f"#{pane}-table", LineTable)
        row = table.cursor_row
        table.clear(columns=True)
        for title, cells in zip(titles, widths, strict=True):
            right = title in ("changes", "pictures", "groups", "took")
            table.add_column(Text(title, justify="right" if right else "left"), width=cells)
        for cells_of_row in rows:
            table.add_row(*cells_of_row)
        if rows:
            table.move_cursor(row=min(row, len(rows) - 1), animate=False)
        nothing = self.query_one(f"#{pane} .nothing", Static)
        nothing.update(self._nothing(pane))
        nothing.display = not rows
