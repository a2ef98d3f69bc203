"""Names of tags and groups, completed while they are typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from textual.suggester import Suggester

from core.labels.groups import Groups, SavedGroup
from core.labels.tags import Tag, Tags
from core.project import Project


class LabelSuggester(Suggester):
    """Completes the name of something that holds pictures.

    Args:
        read: gives all of them; called once, in a thread.
    """

    def __init__(self, read: Callable[[], Sequence[Tag | SavedGroup]]) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self._read = read
        self._names: list[str] | None = None

    async def get_suggestion(self, value: str) -> str | None:
        """Of those that begin like this the one with the most pictures."""
        if self._names is None:
            labels = await asyncio.to_thread(self._read)
            self._names = [label.name for label in sorted(labels, key=lambda label: -label.pictures)]
        return next((name for name in self._names if name.casefold().startswith(value)), None)


def tag_suggester(project: Project) -> LabelSuggester:
    """Completes the name of a tag."""
    return LabelSuggester(Tags(project.catalog).all)


def group_suggester(project: Project) -> LabelSuggester:
    """Completes the name of a saved group."""
    return LabelSuggester(Groups(project.catalog).all)
