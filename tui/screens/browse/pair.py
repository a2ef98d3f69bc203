"""Two pictures: side by side with one zoom for both, in turns in one place, and their difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.widgets import Static

from core.errors import PictoscopeError
from core.key_hints import with_keys
from core.project import Project
from core.text import count, display_path, printable
from tui.exporting import Offer, of_item
from tui.graphics.terminal import Protocol
from tui.messages import Failed
from tui.screens.base import common_bindings, label_bindings
from tui.screens.browse.zoom_screen import ZoomScreen, zoom_bindings
from tui.widgets.cells import first_that_fits, header, header_room, in_lines, shorten, shorten_left, wrapped
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.pair_pane import PairPane, bytes_in_words
from tui.widgets.pairs import Look, Pair, PairReader, Pairs
from tui.widgets.picture_facts import facts_of
from tui.widgets.picture_source import Item
from tui.widgets.progress import JobLine
from tui.widgets.zoom import Zoom

_GUTTER = 2  # columns between them
_LEAST_WIDTH = 60  # columns that two pictures beside each other need
_SHAPE = 2.0  # columns for each line, from which the screen is wider than high
# Seconds for each picture. Never more than three changes a second: faster ones can cause seizures (WCAG 2.3.1).
_PERIODS = (0.35, 0.5, 1.0, 2.0, 4.0)
_PERIOD = 1  # of them, to begin with
_PACE, _BY_HAND = "{pair.blink-faster} faster, {pair.blink-slower} slower", ", {pair.other-picture} by hand"
_ASKING = "covering one region after the other, to see which are missed…"


class View(StrEnum):
    """How a pair is shown."""

    SIDE = "side by side"
    TURNS = "blink"
    DIFFERENCE = "difference"
    WHY = "why alike"

    @property
    def is_beside(self) -> bool:
        """Whether each picture has a pane."""
        return self in (View.SIDE, View.WHY)


class PairScreen(ZoomScreen):
    """Pairs of pictures, one on show.

    Args:
        project: of the pictures.
        pairs: left and right go through them.
        position: of the pair to begin with.
    """

    BINDINGS = [
        *zoom_bindings("Next pair", "Previous pair"),
        Binding("pagedown", "go(1)", "Next pair", show=False),
        Binding("pageup", "go(-1)", "Previous pair", show=False),
        Binding("b", "view('TURNS')", "Blink", tooltip="both in turns in the same place; again: side by side"),
        Binding("d", "view('DIFFERENCE')", "Difference", tooltip="the difference of their pixels; again: side by side"),
        Binding("w", "view('WHY')", "Why", tooltip="which regions make a model find them alike; again: side by side"),
        Binding("space", "turn", "Other picture", show=False, key_display="space", tooltip="blink by hand"),
        Binding("f", "faster(1)", "Blink faster", show=False),
        Binding("s", "faster(-1)", "Blink slower", show=False),
        Binding("x", "link", "Unlink", tooltip="zoom and move each by itself, or both alike again"),
        Binding("tab", "other_side", "Other side", show=False, tooltip="where the keys zoom and move, if unlinked"),
        Binding("escape,enter", "app.leave", "Back", show=False),
        *label_bindings(show=False),
        *common_bindings("g", "J"),
    ]

    def __init__(self, project: Project, pairs: Pairs, position: int = 0) -> None:
        super().__init__()
        self._project = project
        self._pairs = pairs
        self._position = position
        self._pair: Pair | None = None
        self._failed = ""  # why there is none, where none was gone
        self._reader = PairReader(project)
        self._view = View.SIDE
        self._linked = True
        self._side = 0  # where the keys zoom and move
        self._period = _PERIOD
        self._by_hand = False

    @property
    def chosen(self) -> list[Item]:
        """Both pictures, for labels."""
        return [Item(picture) for picture in dict.fromkeys(self._pair.pictures)] if self._pair else []

    @property
    def exports(self) -> Sequence[Offer]:
        """Each of the pictures."""
        return [of_item(f"this picture: {printable(item.picture.name)}", item) for item in self.chosen]

    @property
    def zoomed(self) -> PairPane:
        """The pane that the keys are for."""
        return self._panes[self._side]

    @property
    def _panes(self) -> tuple[PairPane, PairPane]:
        return self.query_one("#first", PairPane), self.query_one("#second", PairPane)

    def compose(self) -> ComposeResult:
        """Header, two panes, the running job, keys."""
        yield Static(id="header", markup=False)
        with Container(id="pair"):
            yield PairPane(id="first")
            yield PairPane(id="second")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Show the first pair that is still there."""
        self.host.pictures.count(self._reader.decoded)
        if not self._go_to(self._position, 1):
            self._go_to(self._position, -1)

    def on_unmount(self) -> None:
        """Who leaves does not wait for an explanation."""
        self._reader.stop_explaining()

    def on_resize(self) -> None:
        """Beside each other, or one above the other, once it is known how much room there is."""
        self.call_after_refresh(self._arrange)
        self.call_after_refresh(self._say)

    def _arrange(self) -> None:
        """Both panes have exactly one size: else the pictures would not be shown at one."""
        room, beside = self.query_one("#pair"), self._view.is_beside
        width, height = room.content_size
        stacked = self.app.size.width < max(_LEAST_WIDTH, _SHAPE * self.app.size.height)
        room.set_class(beside and stacked, "-stacked").set_class(beside and not stacked, "-beside")
        for pane in self._panes:
            pane.styles.width = (width - _GUTTER) // 2 if beside and not stacked else "1fr"
            pane.styles.height = height // 2 if beside and stacked else "1fr"

    # -- which pair ---------------------------------------------------------------------------------------------------

    def action_go(self, step: int) -> None:
        """The next or the previous pair that is still there."""
        self._go_to(self._position + step, step)

    def _go_to(self, position: int, step: int) -> bool:
        try:
            while 0 <= position < self._pairs.count:
                if pair := self._pairs.at(position):
                    self._position, self._pair = position, pair
                    self._pairs.moved(position)
                    self._show()
                    return True
                position += step
        except (PictoscopeError, OSError) as error:
            self._failed = "these pictures could not be looked up"
            self.post_message(Failed(error))
        return False

    def _show(self, zoom: Zoom = Zoom()) -> None:  # noqa: B008  immutable
        """Show the pair in the view that was asked for."""
        self._reader.stop_explaining()
        pair, (first, second) = self._pair, self._panes
        if pair is None:
            return
        second.display = self._view.is_beside
        self._arrange()
        self._side = self._side if self._view.is_beside else 0
        larger = max(pair.pictures, key=lambda picture: picture.width * picture.height)
        whole = larger.width, larger.height
        if self._view is View.SIDE:
            coming = self._coming()
            for pane, picture, following in zip(self._panes, pair.pictures, coming, strict=True):
                pane.show(self._reader.one(picture), whole, zoom, following)
        elif self._view is View.WHY:
            for side, pane in enumerate(self._panes):
                pane.show(self._reader.why(pair, side, self.host.encoder), whole, zoom)
        elif self._view is View.TURNS:
            first.show(self._reader.in_turns(pair), whole, zoom)
        else:
            first.show(self._reader.difference(pair), whole, zoom)
        self._keep_turning()
        self._say()

    def _coming(self) -> Sequence[Sequence[Look]]:
        """For each pane what reads the picture that it may show next."""
        try:
            following = self._pairs.at(self._position + 1) if self._position + 1 < self._pairs.count else None
        except (PictoscopeError, OSError):
            following = None  # it is said when it is shown
        return [[self._reader.one(picture)] for picture in following.pictures] if following else [[], []]

    # -- how it is shown ----------------------------------------------------------------------------------------------

    def action_view(self, name: str) -> None:
        """Another view, at the same zoom; side by side again if it is on show."""
        wanted = View[name]
        self._view = View.SIDE if self._view is wanted else wanted
        self._by_hand = False
        self._show(self.zoomed.zoom)

    def action_turn(self) -> None:
        """Show the other picture in the same place, and leave the rest to the hand."""
        if self._view is View.TURNS:
            self._by_hand = True
            self._keep_turning()
            self._panes[0].turn()
        else:
            self._view, self._by_hand = View.TURNS, True
            self._show(self.zoomed.zoom)

    def action_faster(self, step: int) -> None:
        """Blink faster or slower."""
        if self._view is View.TURNS:
            self._period = max(0, min(len(_PERIODS) - 1, self._period - (0 if self._by_hand else step)))
            self._by_hand = False
            self._keep_turning()
            self._say()

    def _keep_turning(self) -> None:
        by_itself = self._view is View.TURNS and not self._by_hand
        self._panes[0].turn_every(_PERIODS[self._period] if by_itself else 0)

    def action_link(self) -> None:
        """One zoom for both, or one for each."""
        self._linked = not self._linked
        if self._linked:
            zoom = self.zoomed.zoom
            self._side = 0
            for pane in self._panes:
                pane.show_part(zoom)
        self._say()

    def action_other_side(self) -> None:
        """The keys are for the other pane."""
        if self._view.is_beside and not self._linked:
            self._side = 1 - self._side
            self._say()

    def show_part(self, change: Callable[[Zoom], Zoom]) -> None:
        """Show another part of both pictures, or of one."""
        zoom = change(self.zoomed.zoom)
        for pane in self._panes if self._linked else (self.zoomed,):
            pane.show_part(zoom)
        self._say()

    # -- words ---------------------------------------------------------------------------------------------------------

    def on_pair_pane_changed(self) -> None:
        """A pane has drawn something, or shows the other picture."""
        self._say()

    def _say(self) -> None:
        pair, width = self._pair, self.app.size.width
        if pair is None:
            self.query_one("#header", Static).update(
                header(Text("Two pictures"), self._failed or "these pictures are gone", width)
            )
            return
        factor = self.zoomed.zoom.factor
        facts = first_that_fits(
            [
                [f"zoom {factor:.1f}" if factor > 1 else "", "linked" if self._linked else "unlinked"],
                [f"zoom {factor:.1f}" if factor > 1 else ""],
            ],
            width // 2,
        )
        number = f"{count(self._position + 1)} of {count(self._pairs.count)}, " if self._pairs.count > 1 else ""
        model = f", {self._panes[0].remark}" if self._view is View.WHY and self._panes[0].remark else ""
        title = Text(shorten(f"Two pictures: {number}{self._view}{model}", header_room(facts, width)))
        self.query_one("#header", Static).update(header(title, facts, width))
        if self._view.is_beside:
            captions = [self._caption(pair, side, pane) for side, pane in enumerate(self._panes)]
            most = max(map(len, captions))  # of both: the pictures keep the same height
            for pane, caption in zip(self._panes, captions, strict=True):
                pane.say([*caption, *[Text()] * (most - len(caption))])
        else:
            pane = self._panes[0]
            room = max(1, pane.content_size.width)
            lines = self._blink_words(pair, pane, room) if self._view is View.TURNS else _difference_words(pair, pane)
            pane.say([Text(shorten(line, room), Style(bold=not number)) for number, line in enumerate(lines)])

    def _caption(self, pair: Pair, side: int, pane: PairPane) -> list[Text]:
        """Name, facts and folder of one of the pictures; or why it cannot be read."""
        picture, room = pair.pictures[side], max(1, pane.content_size.width)
        active = "▸ " if not self._linked and side == self._side else ""
        note = f"{pair.notes[side]} · " if pair.notes[side] else ""
        name = shorten(printable(picture.name), max(8, room - len(active) - len(note)))
        words = pane.sentence or (_ASKING if self._view is View.WHY else "")
        facts = wrapped(words, room) if words else in_lines(map(printable, facts_of(picture)), room)
        folder = display_path(picture.path.rpartition(b"/")[0])
        return [
            Text(shorten(f"{active}{note}{name}", room), Style(bold=True)),
            *map(Text, facts),
            Text(shorten_left(folder, room), Style(dim=True)),
        ]

    def _blink_words(self, pair: Pair, pane: PairPane, room: int) -> list[str]:
        """Which picture is on show, how fast they change, and what that costs on the line."""
        picture = pair.pictures[pane.number]
        note = f"{pair.notes[pane.number]} · " if pair.notes[pane.number] else ""
        shown = f"{'●○' if pane.number == 0 else '○●'} {note}{printable(picture.name)}"
        pace = with_keys("by hand ({pair.other-picture})") if self._by_hand else f"every {_PERIODS[self._period]:g} s"
        keeps = self.host.terminal.protocol is Protocol.KITTY
        sent = bytes_in_words(pane.bytes_each, keeps=keeps) if pane.bytes_each else ""
        keys = with_keys(_PACE if self._by_hand else _PACE + _BY_HAND)
        pace = first_that_fits([[pace, sent, keys], [pace, sent], [pace]], room)
        return [shown, pane.sentence or " · ".join(map(printable, facts_of(picture))), pace]


def _difference_words(pair: Pair, pane: PairPane) -> list[str]:
    names = " and ".join(f"{printable(one.name)} ({one.width:,} x {one.height:,})" for one in pair.pictures)
    return [pane.sentence or "comparing all pixels…", pane.remark, names]
