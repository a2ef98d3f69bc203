"""One picture, as large as the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding

from core.comparison.shared_question import SharedQuestion
from core.errors import PictoscopeError
from core.project import Project
from core.text import count
from tui.exporting import Offer, of_item, of_source
from tui.messages import Failed
from tui.screens.base import action_bindings, common_bindings, label_bindings
from tui.screens.browse.zoom_screen import ZoomScreen, zoom_bindings
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.picture_source import Item, PictureSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine


class PictureScreen(ZoomScreen):
    """A picture of a list; left and right go through the list."""

    BINDINGS = [
        *zoom_bindings("Next", "Previous"),
        Binding("space", "go(1)", "Next", show=False, key_display="space"),
        Binding("escape,enter", "app.leave", "Back", show=False),
        *action_bindings(),
        *label_bindings(show=False),
        *common_bindings("g", "J"),
    ]

    def __init__(self, project: Project, source: PictureSource, position: int, item: Item) -> None:
        super().__init__()
        self._project = project
        self._source = source
        self._position = position
        self._item = item

    @property
    def zoomed(self) -> Preview:
        return self.query_one(Preview)

    @property
    def chosen(self) -> list[Item]:
        """The picture, for actions."""
        return [self._item]

    @property
    def shared_question(self) -> SharedQuestion | None:
        """The picture, for Side by side."""
        return SharedQuestion.of_keys([self._item.picture.key])

    @property
    def exports(self) -> Sequence[Offer]:
        """The picture, and the list that it is of."""
        offers = [of_item("this picture", self._item)]
        if len(self._source) > 1:
            shown = f"the list it is of ({count(len(self._source), 'picture')})"
            offers.append(of_source(shown, "pictures", self._source))
        return offers

    def compose(self) -> ComposeResult:
        """The preview, the running job, keys."""
        yield Preview(full=True, id="picture")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        """The picture; those next to it are decoded in advance."""
        places = [place for place in (self._position + 1, self._position - 1) if 0 <= place < len(self._source)]
        try:
            coming = [item.picture for place in places for item in self._source.items(place, place + 1) if item]
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))
            coming = []
        self.query_one(Preview).show(self._project, self._item.picture, coming)

    def action_go(self, step: int) -> None:
        """The next or the previous one that is still there."""
        position = self._position + step
        try:
            while 0 <= position < len(self._source):
                item = self._source.items(position, position + 1)[0]
                if item:
                    self._position, self._item = position, item
                    self._show()
                    return
                position += step
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))
