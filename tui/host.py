"""The interface of the app that screens and other parts use. They import this, never the app."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from pathlib import Path

    from textual.dom import DOMNode
    from textual.geometry import Offset
    from textual.message import Message
    from textual.strip import Strip
    from textual.widget import Widget

    from core.actions.definition import Action
    from core.actions.run import Question
    from core.errors import PictoscopeError, VectorsMissing
    from core.jobs.job import Job
    from core.project import Project
    from core.vectors.encoder import EncoderProcess
    from tui.display import Display
    from tui.graphics.drawing import Drawing
    from tui.graphics.renderer import Renderer
    from tui.graphics.terminal import Terminal
    from tui.picture_memory import Held, PictureCache


class ShowsPictures(Protocol):
    """A widget that shows drawings."""

    def shown_drawings(self) -> Iterable[tuple[Drawing, Offset]]:
        """Those that are at least partly visible, with their place in the widget's content."""

    def draw_again(self) -> None:
        """The cells of the terminal have another size: drop all drawings and make them again."""


class PictureHost(Protocol):
    """Shows drawings in this terminal; see :class:`tui.pictures.Pictures`.

    Attributes:
        terminal: what is known of it.
    """

    terminal: Terminal

    def watch(self, widget: ShowsPictures) -> None:
        """Know a widget that shows drawings, as long as it lives."""

    def count(self, cache: PictureCache) -> None:
        """Count a cache of pictures in ``memory``, as long as it lives."""

    @property
    def memory(self) -> list[Held]:
        """What the caches of pictures hold, here and in the terminal."""

    def line(self, widget: Widget, drawing: Drawing, number: int, place: Offset) -> Strip:
        """A line of a drawing at a place in the widget's content, to be shown now."""

    def drop(self, drawing: Drawing | str | None) -> None:
        """A drawing will not be shown again."""

    @property
    def is_idle(self) -> bool:
        """Whether the terminal has taken everything that was written: more would only wait in line."""


class Host(Protocol):
    """The app as screens see it, in addition to Textual's own interface.

    Attributes:
        project: the open project; None at Home.
        encoder: the query process.
        loading_model: the model that it is loading; empty if none.
        jobs: of the project, newest first.
        jobs_known: whether they have been looked at since the project was opened.
        look: the display settings.
        terminal: what is known of the terminal.
        renderer: draws pictures for this terminal; another one after the size of its cells has changed.
        pictures: shows what is drawn.
    """

    project: Project | None
    encoder: EncoderProcess
    loading_model: str
    jobs: list[Job]
    jobs_known: bool
    look: Display

    @property
    def terminal(self) -> Terminal: ...

    @property
    def renderer(self) -> Renderer: ...

    @property
    def pictures(self) -> PictureHost: ...

    def open_project(self, project: Project) -> None:
        """Show a project and look for what has changed on the disk."""

    def open_folder(self, folder: Path) -> None:
        """Open the project of a picture folder, created if there is none; ask before one of the user's home."""

    def open_demo(self) -> None:
        """Open the demo project and create its vectors if they are missing."""

    def open_form(
        self,
        action: Action[Any],
        values: Mapping[str, Any],
        *,
        again: bool = False,
        begin_at: str = "",
        error: str = "",
    ) -> None:
        """Ask for parameters, then run. ``again``: with other vectors; the answer replaces the current one.

        ``error``: why these values gave no answer before.
        """

    def show_answer(self, question: Question[Any], *, trail: tuple[str, ...] = ()) -> None:
        """Run an action and show its answer. ``trail``: names of the groups that it looks within."""

    def can_wait_for(self, error: PictoscopeError) -> bool:
        """Whether a running job computes the vectors that a question lacked."""

    def offer_vectors(self, error: VectorsMissing, question: Question[Any]) -> None:
        """Offer to compute the vectors that a question lacked; it waits for a job that computes them already."""

    def label(self, work: Callable[[], str], refuse: Callable[[PictoscopeError | OSError], None] | None = None) -> None:
        """Change labels in a thread, show the line that ``work`` returns, tell all screens; errors go to ``refuse``."""

    def tell(self, error: PictoscopeError | OSError) -> None:
        """Show an error and its hint as a notification."""

    def broadcast(self, new: Callable[[], Message]) -> None:
        """Post a message to every screen; ``new`` makes the one for each."""

    def change_display(self, **chosen: str | int | bool) -> None:
        """Change settings, by their names in :class:`tui.display.Display`, and save them.

        How pictures are drawn changes at the next start.
        """

    def resume_screen(self, name: str, pane: str) -> None:
        """Open the screen that was above Browse when the project was left; nothing for a name that is none."""

    def action_create_vectors(self, for_text: bool = False) -> None:
        """Ask what vectors to create. ``for_text``: preselect a model that reads text."""

    def action_rescan(self, rehash: bool = False) -> None:
        """Look for new, changed and vanished pictures. ``rehash``: read every byte."""

    def action_undo(self) -> None:
        """Undo the last change of labels."""

    def action_redo(self) -> None:
        """Redo the last undone change of labels."""

    def action_judge(self, *names: str) -> None:
        """Judge which of these vec types finds better; of more than two that nobody named, ask which."""

    def action_leave(self) -> None:
        """Go back to the previous screen; from the last one, quit."""


def host_of(node: DOMNode) -> Host:
    """The app of a widget, a screen or the app itself, typed."""
    return cast("Host", node.app)
