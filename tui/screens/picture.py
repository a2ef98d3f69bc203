"""One picture, as large as the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Footer

from core.errors import PictoscopeError
from core.project import Project
from core.text import count
from tui.exporting import Offer, of_item, of_source
from tui.messages import Failed
from tui.screens.base import PictoscopeScreen, action_bindings, common_bindings, label_bindings
from tui.widgets.picture_source import Item, PictureSource
from tui.widgets.preview import Preview


class PictureScreen(PictoscopeScreen):
    """A picture of a list; left and right go through the list."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("right,l,space", "go(1)", "Next", key_display="→"),
        Binding("left,h", "go(-1)", "Previous", key_display="←"),
        Binding("escape,enter", "app.leave", "Back", show=False),
        *action_bindings(),
        *label_bindings(show=False),
        *common_bindings(),
    ]

    def __init__(self, project: Project, source: PictureSource, position: int, item: Item) -> None:
        super().__init__()
        self._project = project
        self._source = source
        self._position = position
        self._item = item

    @property
    def chosen(self) -> list[Item]:
        """The picture, for actions."""
        return [self._item]

    @property
    def exports(self) -> Sequence[Offer]:
        """The picture, and the list that it is of."""
        offers = [of_item("this picture", self._item)]
        if len(self._source) > 1:
            shown = f"the list it is of ({count(len(self._source), 'picture')})"
            offers.append(of_source(shown, "pictures", self._source))
        return offers

    def compose(self) -> ComposeResult:
        """The preview alone."""
        yield Preview(full=True, id="picture")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show it."""
        self.query_one(Preview).show(self._project, self._item.picture)

    def action_go(self, step: int) -> None:
        """The next or the previous one that is still there."""
        position = self._position + step
        try:
            while 0 <= position < len(self._source):
                item = self._source.items(position, position + 1)[0]
                if item:
                    self._position, self._item = position, item
                    self.query_one(Preview).show(self._project, item.picture)
                    return
                position += step
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))
