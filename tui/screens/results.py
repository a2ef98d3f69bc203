"""Results: what an action found. Groups at the left, the grid, the preview at the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.errors import PictoscopeError, VectorsMissing
from core.project import Project
from core.text import count, printable
from tui.messages import Answered, Failed
from tui.screens.base import PictoscopeScreen, action_bindings, common_bindings, needs_text
from tui.screens.picture import PictureScreen
from tui.widgets.cells import header, header_room, shorten
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine


class ResultsScreen(PictoscopeScreen):
    """Runs an action in a thread and shows its answer."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        *action_bindings(),
        Binding("v", "again", "Vectors"),
        Binding("escape", "app.leave", "Back", show=False),
        *common_bindings("g", "J"),
    ]

    class _NoAnswer(Failed):
        """The action could not be done."""

    def __init__(self, project: Project, action: Action[Any], values: Mapping[str, Any]) -> None:
        super().__init__()
        self._project = project
        self._action = action
        self._values = dict(values)
        self._answer: Answer | None = None
        self._facts = ""

    def compose(self) -> ComposeResult:
        """Header, what should be known, groups, grid, preview."""
        yield Static(id="header", markup=False)
        yield Static(id="note", markup=False)
        with Horizontal(id="panes"):
            yield OptionList(id="groups", markup=False)
            yield ImageGrid(id="grid", empty="")
            yield Preview(id="preview")
        yield JobLine()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Say what is being done, then do it."""
        self.query_one("#groups").display = self.query_one("#note").display = False
        grid = self.query_one(ImageGrid)
        grid.set_picture_size(self.pictoscope.look.picture_size)
        grid.empty = "working… A model that is not loaded yet takes some seconds."
        grid.focus()
        self._show_header()
        context = Context(self._project, self.pictoscope.encoder)
        self.run_worker(lambda: self._run(context), thread=True, group="action")

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor."""
        return self.query_one(ImageGrid).chosen

    def action_again(self) -> None:
        """The same question by other vectors."""
        self.pictoscope.open_form(self._action, self._values, again=True)

    def _run(self, context: Context) -> None:
        try:
            self.post_message(Answered(self._action.answer(context, self._values)))
        except (PictoscopeError, OSError) as error:
            self.post_message(self._NoAnswer(error))

    def on_answered(self, message: Answered) -> None:
        """Show the answer."""
        self._answer = answer = message.answer
        groups = self.query_one(OptionList)
        groups.clear_options()
        groups.add_options(
            Option(Text(f"{printable(group.name)}  {count(len(group.matches))}")) for group in answer.groups
        )
        groups.display = len(answer.groups) > 1
        self._show_group(0)

    def on_results_screen__no_answer(self, message: _NoAnswer) -> None:
        """Nothing to show here: back to where the person came from, with the reason. Missing vectors can be created."""
        message.stop()
        self.pictoscope.tell(message.error)
        if self.app.screen is not self:  # something was opened over it meanwhile
            self.query_one(ImageGrid).empty = printable(str(message.error))
            self.query_one(ImageGrid).refresh()
            return
        self.pictoscope.pop_screen()
        if isinstance(message.error, VectorsMissing):
            self.pictoscope.action_create_vectors(for_text=needs_text(self._action))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another group."""
        self._show_group(event.option_index)

    def on_image_grid_moved(self, message: ImageGrid.Moved) -> None:
        """Preview what the cursor is on."""
        self.query_one(Preview).show(self._project, message.item.picture if message.item else None)

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Show one picture large."""
        grid = message.grid
        if grid.source is not None and message.item:
            self.app.push_screen(PictureScreen(self._project, grid.source, grid.cursor, message.item))

    def _show_group(self, number: int) -> None:
        answer = self._answer
        if answer is None:
            return
        group = answer.groups[number]
        grid = self.query_one(ImageGrid)
        grid.empty = "nothing found"
        grid.show(MatchSource(self._project.catalog, group.matches), self._project.thumbnails)
        note = self.query_one("#note", Static)
        note.update(Text(printable(answer.note)))
        note.display = bool(answer.note)
        self._show_header(count(len(group.matches), "picture"))

    def on_resize(self) -> None:
        """The header is as wide as the screen."""
        self._show_header(self._facts)

    def _show_header(self, facts: str = "") -> None:
        self._facts = facts
        title, right = printable(self._action.title), ""
        if self._answer:
            title = f"{title} {printable(self._answer.title)}"
            right = f"{facts} · vec type {printable(self._answer.vec_type)}"
        width = self.app.size.width
        self.query_one("#header", Static).update(header(Text(shorten(title, header_room(right, width))), right, width))
