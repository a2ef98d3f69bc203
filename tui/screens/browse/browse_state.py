"""What the parts of Browse share: what is wanted, and what is on show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.project import Project
from tui.screens.browse.browse_list import BrowseQuery, BrowseResult
from tui.screens.grid_screen import GridScreen

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.filters.arrange import PictureGroup


class BrowseState(GridScreen):
    """Asks for pictures by a :class:`BrowseQuery`; what comes is on show until another one is asked for."""

    def __init__(self, project: Project, wanted: BrowseQuery) -> None:
        super().__init__()
        self._project = project
        self._wanted = wanted
        self._listed = BrowseQuery()  # on show
        self._found: BrowseResult | None = None
        self._bucket: PictureGroup | None = None  # of it, on show
        self._behind = 0  # of the list on show, behind the tops of stacks

    def _show(self, wanted: BrowseQuery) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self.reload()

    def reload(self) -> None:
        """Reload the list of pictures and folders."""
        raise NotImplementedError
