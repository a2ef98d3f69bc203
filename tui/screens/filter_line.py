"""The line behind ``f``: which pictures are meant, with completion, and an error that points at its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Button, Input, Static

from core.catalog.filter import FilterError, parse
from core.catalog.filter_completion import Vocabulary, complete
from core.project import Project
from core.text import printable

_EXAMPLES = "tag:cat and width>2000 · folder:1931/january · date>=1931 · untagged · covered:clip · not format:png"


class FilterLine(ModalScreen["str | None"]):
    """Asks for a filter. Ends with a line that can be read (empty for everything), or with None."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]  # noqa: RUF012  Textual's way

    def __init__(self, project: Project, line: str) -> None:
        super().__init__()
        self._project = project
        self._line = line

    def compose(self) -> ComposeResult:
        """The line, what is wrong with it, two buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = "Filter"
            with Horizontal(classes="row"):
                yield Input(
                    self._line,
                    placeholder="which pictures; empty for all",
                    suggester=FilterSuggester(lambda: vocabulary(self._project)),
                    id="line",
                    compact=True,
                )
            yield Static(_EXAMPLES, id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Filter  enter", id="ok", variant="primary", compact=True)

    def on_input_submitted(self) -> None:
        """Enter filters."""
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Filter, or not."""
        if event.button.id == "ok":
            self._answer()
        else:
            self.dismiss(None)

    def _answer(self) -> None:
        line = self.query_one("#line", Input).value.strip()
        try:
            parse(line)
        except FilterError as error:
            self.query_one("#explanation", Static).update(pointed_at(line, error))
            self.query_one("#explanation").add_class("wrong")
        else:
            self.dismiss(line)


class FilterSuggester(Suggester):
    """Completes what is being typed at the end of a filter line.

    Args:
        names: reads the project's names; called once, in a thread.
    """

    def __init__(self, names: Callable[[], Vocabulary]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names
        self._known: Vocabulary | None = None

    async def get_suggestion(self, value: str) -> str | None:
        """The line completed, if what it could go on with begins with what is typed."""
        if self._known is None:
            self._known = await asyncio.to_thread(self._names)
        for suggestion in complete(value, len(value), self._known):
            completed = suggestion.apply(value)
            if completed.startswith(value) and completed != value:
                return completed
        return None


def vocabulary(project: Project) -> Vocabulary:
    """The names that a filter of this project may use."""
    from core.catalog.groups import Groups
    from core.catalog.properties import Properties
    from core.catalog.tags import Tags
    from core.vectors import vec_types

    catalog = project.catalog
    tags = sorted(Tags(catalog).all(), key=lambda tag: -tag.pictures)
    formats = catalog.query("SELECT DISTINCT format FROM pictures WHERE format != ''")
    folders = [folder.path.decode("utf-8", "ignore") for folder in catalog.folders() if folder.path]
    return Vocabulary(
        tags=[tag.name for tag in tags],
        groups=[group.name for group in Groups(catalog).all()],
        folders=folders,
        filters=list(SavedFilters(catalog).all()),
        formats=[str(row[0]).lower() for row in formats],
        vec_types=vec_types.names(project.vectors_folder),
        properties={found.name: found.choices for found in Properties(catalog).all()},
    )


def pointed_at(line: str, error: FilterError) -> Text:
    """The line with a mark under the place of the mistake, and what was expected there."""
    shown = printable(line)
    at = len(printable(line[: error.at]))
    hint = f" ({printable(error.hint)})" if error.hint else ""
    return Text(f"{shown}\n{' ' * at}▲ {printable(error.message)}{hint}")
