"""The keys of Browse that put pictures together: stacks, and what is kept as a group or a tag."""

from __future__ import annotations

from dataclasses import replace

from core.catalog.catalog import Picture
from core.key_hints import with_keys
from core.labels.stacks import Stacks
from tui import label_actions
from tui.screens.browse.browse_state import BrowseState
from tui.widgets.picture_source import PictureSource


class StackKeys(BrowseState):
    """Stacks the selection, unfolds stacks, keeps pictures under a name."""

    def action_keep(self) -> None:
        """Keep what is selected, or all that is shown, as a group or a tag."""
        grid = self.grid
        source, selected, project = grid.source, grid.selected_keys, self._project
        if source is None or not len(source):
            self.nothing_chosen()
            return

        from tui.screens.results.keep_as import Keep, KeepAs

        def work(keep: Keep) -> str:
            entries = [(key, None) for key in selected or source.entries()[0]]
            origin = "a selection" if selected else self._listed.title or "all pictures"
            return label_actions.keep(
                project, keep.name, entries, origin, as_tag=keep.kind == "tag", replace=keep.replace
            )

        self.app.push_screen(KeepAs(project, len(selected) or len(source), work))

    def action_fold(self) -> None:
        """Show what lies behind the picture under the cursor, or fold its stack again."""
        current, stacks = self.grid.read_current(), self._found.stacks if self._found else None
        number = stacks.stack_of(current.picture.id) if stacks and current else None
        if number is None:
            text = with_keys("no stack here · {browse.stack-the-selection} stacks the selection")
            self.notify(self.awaited or text, markup=False)
        else:
            self._show(replace(self._wanted, unfolded=self._wanted.unfolded ^ {number}))

    def action_stack(self) -> None:
        """Stack the selection; on top what is under the cursor, if it is selected. One picture goes on top."""
        grid, project = self.grid, self._project
        keys = grid.chosen_keys
        if grid.current and grid.current.picture.key in keys:
            keys = [grid.current.picture.key, *keys]

        def work() -> str:
            said = label_actions.stack(project, keys)
            self.app.call_from_thread(grid.clear_selection)
            return said

        if keys:
            self.host.label(work)
        else:
            self.nothing_chosen()

    def action_unstack(self) -> None:
        """Take what is chosen out of its stack; of a folded stack all pictures."""
        keys, project, unfolded = self.chosen_keys, self._project, self._listed.unfolded
        if not keys:
            self.nothing_chosen()
        else:
            self.host.label(lambda: label_actions.unstack(project, keys, unfolded))

    def _place_of(self, picture: Picture, source: PictureSource) -> int | None:
        """Where a picture is in a list, or where the one is that it lies behind."""
        place = source.find(picture.key)
        if place is not None or self._found is None or self._found.stacks is None:
            return place
        places = (source.find(key) for key in Stacks(self._project.catalog).of(picture.key))
        return next((place for place in places if place is not None), None)
