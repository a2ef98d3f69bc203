"""The part of the app that changes labels: the handlers of its keys, and how a change is made and reported."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import PictoscopeError
from tui import label_actions, label_prompts
from tui.messages import Failed, LabelsChanged
from tui.screens.base import PictoscopeScreen
from tui.telling import Telling


class LabelKeys(Telling):
    """Tags, properties, imports, undo and redo, for the chosen pictures of the current screen."""

    @property
    def offering(self) -> PictoscopeScreen | None:
        """The current screen, unless it is a dialog."""
        return self.screen if isinstance(self.screen, PictoscopeScreen) else None

    def action_tag(self) -> None:
        """Add a tag to the chosen pictures."""
        if screen := self.offering:
            label_prompts.ask_tag(screen, "Tag", label_actions.tag, yes="Tag")

    def action_untag(self) -> None:
        """Remove a tag from the chosen pictures."""
        if screen := self.offering:
            label_prompts.ask_tag(
                screen,
                "Remove tag from",
                lambda project, name, keys, _: label_actions.untag(project, name, keys),
                yes="Remove",
                exists=True,
            )

    def action_properties(self) -> None:
        """Edit the properties of the chosen pictures."""
        if screen := self.offering:
            label_prompts.ask_properties(screen)

    def action_import_labels(self) -> None:
        """Import labels from a table."""
        label_prompts.ask_import(self)

    def action_undo(self) -> None:
        """Undo the last change of labels."""
        label_prompts.turn(self, "Undo", label_actions.undo)

    def action_redo(self) -> None:
        """Redo the last undone change of labels."""
        label_prompts.turn(self, "Redo", label_actions.redo)

    def label(self, work: Callable[[], str], refuse: Callable[[PictoscopeError | OSError], None] | None = None) -> None:
        """Change labels in a thread, show the line that ``work`` returns, tell all screens; errors go to ``refuse``."""

        def run() -> None:
            try:
                done = work()
            except (PictoscopeError, OSError) as error:
                self.call_from_thread(refuse, error) if refuse else self.post_message(Failed(error))
            else:
                self.call_from_thread(self._labelled, done)

        self.run_worker(run, thread=True, group="labels")

    def _labelled(self, done: str) -> None:
        self.notify(done, markup=False)
        self.broadcast(LabelsChanged)
