"""A filter while it is typed: completed from the names of the project, and an error that points at its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rich.text import Text
from textual.suggester import Suggester

from core.filters.completion import Vocabulary, complete
from core.filters.saved import SavedFilters
from core.filters.syntax import FilterError
from core.project import Project
from core.text import printable


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
    from core.labels.groups import Groups
    from core.labels.properties import Properties
    from core.labels.tags import Tags
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
        properties={definition.name: definition.choices for definition in Properties(catalog).all()},
    )


def pointed_at(line: str, error: FilterError) -> Text:
    """The line with a mark under the place of the mistake, and what was expected there."""
    shown = printable(line)
    at = len(printable(line[: error.at]))
    hint = f" ({printable(error.hint)})" if error.hint else ""
    return Text(f"{shown}\n{' ' * at}▲ {printable(error.message)}{hint}")
