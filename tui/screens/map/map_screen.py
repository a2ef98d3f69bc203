"""The map of the collection: dots by vectors, coloured, with the nearest picture beside them; two maps side by side."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from core.catalog.catalog import Picture
from core.errors import Cancelled, PictoscopeError
from core.key_hints import with_keys
from core.keys import whole_key
from core.labels.properties import Properties
from core.maps.methods import AGREEMENT, CLUSTER, METHODS, NONE
from core.project import Project
from core.text import count, printable
from core.vectors import vec_types
from tui.exporting import Offer, of_entries, of_map
from tui.messages import Failed, JobsChanged
from tui.newest import read_newest
from tui.screens.base import action_bindings, common_bindings, label_bindings
from tui.screens.browse.picture import PictureScreen
from tui.screens.map.map_side import MapSide
from tui.screens.map.two_maps import TwoMaps
from tui.screens.map.wishes import after, beside
from tui.widgets.cells import first_that_fits
from tui.widgets.form_controls import Place
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.map_view import MapView
from tui.widgets.picture_source import CatalogSource, Item
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

if TYPE_CHECKING:  # NumPy comes after the first paint
    from tui.screens.map.reading import MapsRead


_TITLE = " Map  "


class MapScreen(TwoMaps):
    """The pictures of a project on the map of a vec type, or on two maps.

    Args:
        project: whose pictures are shown.
    """

    BINDINGS = [
        Binding("o", "colour", "Colour by"),
        Binding("V", "vectors", "Vec type", tooltip="the map of the next vec type"),
        Binding("M", "method", "Method", tooltip="principal components, or PaCMAP (a job)"),
        Binding("2", "two", "Two maps", tooltip="a second map beside this one, or one again; tab goes to the other"),
        *action_bindings(show=False),
        *label_bindings(show=False),
        *common_bindings("g", "J"),
    ]

    @dataclass
    class _Loaded(Message):
        maps: MapsRead
        sides: list[MapSide]

    @dataclass
    class _Near(Message):
        """The picture that is meant now."""

        picture: Picture | None

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._active.vec_type = project.settings.default_vec_type
        self._colour_by = "folder"
        self._picture: Picture | None = None
        self._doing = ""

    def compose(self) -> ComposeResult:
        """The maps; beside them the picture under the cursor and what the colours mean."""
        yield Static(id="header")
        with Horizontal(id="panes"):
            yield from self._sides
            with Vertical(id="map-beside"):
                yield Preview(id="map-preview")
                yield Static(id="legend")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Read in a thread."""
        self._arrange()
        self._map.focus()
        self._load()

    @property
    def about(self) -> str:
        return (
            "Near dots are pictures that the vectors find alike. Two dimensions hold a part of what the vectors say: "
            "the title says how much. PaCMAP keeps neighbours together; distances between its islands mean little."
        )

    # -- what actions take --------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor."""
        keys = self.chosen_keys
        pictures = self._project.catalog.by_keys(keys)
        return [Item(pictures[key]) for key in keys if key in pictures]

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the chosen pictures."""
        selected = self._selected_keys()
        if selected or self._picture is None:
            return selected
        return [self._picture.key]

    @property
    def answered_with(self) -> str:
        """See :class:`PictoscopeScreen`: who chooses by sight what lies together takes the map's word."""
        return self._active.vec_type

    @property
    def places(self) -> tuple[Place, ...]:
        """The selection as a part of the collection."""
        selected = tuple(key.hex() for key in self._selected_keys())
        return (Place(f"the selection ({count(len(selected))})", selected, first=True),) if selected else ()

    @property
    def awaited(self) -> str:
        return self._open[0].view.empty if self._maps is None else ""

    @property
    def exports(self) -> Sequence[Offer]:
        """The selection, the maps themselves, all their pictures."""
        from core.key_arrays import whole_keys

        maps = self._maps
        if maps is None or not len(maps.together.keys):
            return ()
        selected, whole = self._selected_keys(), whole_keys(maps.together.keys)
        offers = [
            of_map(layout, colouring, named=len(maps.layouts) > 1)
            for layout, colouring in zip(maps.layouts, maps.colourings, strict=True)
        ]
        where = "the map" if len(maps.layouts) == 1 else "both maps"
        offers.append(of_entries(f"all {count(len(whole), 'picture')} of {where}", "map", lambda: (whole, None)))
        if selected:
            offers.insert(0, of_entries(f"the selection ({count(len(selected))})", "map", lambda: (selected, None)))
        return offers

    def _selected_keys(self) -> list[bytes]:
        from core.key_arrays import whole_keys

        return whole_keys(self._selection.keys) if self._selection is not None and len(self._selection) else []

    # -- reading ------------------------------------------------------------------------------------------------------

    def _load(self, makes: MapSide | None = None) -> None:
        """Read the maps that are wished for. ``makes``: the one for which a job is started if it takes long."""
        self._doing = "placing the pictures"
        sides = self._open
        for side in sides:
            side.view.empty = f"{self._doing} …"
            side.view.refresh()
        self._show_words()
        wishes = [side.wish(starts_job=side is makes) for side in sides]
        colour_by = self._colour_by

        def read() -> Message:
            from tui.screens.map.reading import read_maps

            worker = get_current_worker()

            def check() -> None:
                if worker.is_cancelled:
                    raise Cancelled("another map was asked for")

            return self._Loaded(read_maps(self._project, wishes, colour_by, check), sides)

        read_newest(self, read, group="map", only_last=True)

    def on_failed(self, message: Failed) -> None:
        """What cannot be shown is said; a map that is there stays, one beside it that is not is closed again."""
        message.stop()
        self._doing = ""
        error = message.error
        for side in self._open:
            side.keep()
            side.view.empty = printable(error.message if isinstance(error, PictoscopeError) else str(error))
            side.view.refresh()
        if self._maps is not None:
            self._colour_by = self._maps.colouring.source
        without = [side for side in self._open if side.placed is None]
        if len(self._open) == 2 and len(without) == 1:
            self._close(without[0])
        self._show_words()
        self.host.tell(error)

    def on_map_screen__loaded(self, message: _Loaded) -> None:
        """Show the maps."""
        message.stop()
        if message.sides != self._open:  # one was opened or closed since: another message comes
            return
        self._doing, self._maps = "", message.maps
        selection = self._select_on(message.maps.together)
        maps = message.maps
        for number, (side, layout, job) in enumerate(zip(message.sides, maps.layouts, maps.jobs, strict=True)):
            if job is not None and (side.job is None or side.job.id != job.id):
                words = with_keys("goes on when you leave or quit · {jobs} shows the job")
                self.notify(f"{printable(job.name)}: {words}", markup=False)
            side.show(layout, job)
            side.view.empty = "" if len(layout.keys) else "no picture has vectors here yet"
            side.view.show(layout, maps.colourings[number], selection, number)
        self._show_words()
        self._show_legend()
        for note in dict.fromkeys(note for layout in maps.layouts for note in layout.notes):
            self.notify(printable(note), markup=False)

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Show a map that a job has made; of one that ended otherwise, no longer say that it is being made."""
        made = [side for side in self._sides if side.look_at(message.jobs)]
        if any(side.is_open for side in made):
            self._load()
        self._show_words()

    # -- the picture that is meant ------------------------------------------------------------------------------------

    def on_map_view_moved(self, message: MapView.Moved) -> None:
        """Preview the picture that is nearest to the cursor, and mark it on the other map."""
        self._show_words()
        if message.view is not self._map or self._active.placed is None:
            return
        if (number := message.view.nearest) is None:
            return
        key = whole_key(self._active.placed.keys[number])
        catalog = self._project.catalog
        read_newest(self, lambda: self._Near(catalog.by_keys([key]).get(key)), group="map-near")

    def on_map_screen__near(self, message: _Near) -> None:
        """Show the picture nearest to the cursor, which has been read."""
        message.stop()
        if message.picture != self._picture:
            self._picture = message.picture
            self.query_one(Preview).show(self._project, message.picture)

    def on_map_view_opened(self) -> None:
        """Show the selected pictures large, or the nearest alone."""
        chosen = self.chosen
        if chosen:
            ids = array("q", [item.picture.id for item in chosen])
            source = CatalogSource(self._project.catalog, ids)
            self.app.push_screen(PictureScreen(self._project, source, 0, chosen[0]))

    # -- keys ---------------------------------------------------------------------------------------------------------

    def action_colour(self) -> None:
        """Colour by the next thing that pictures have."""
        listed = [
            "folder",
            "tag",
            CLUSTER,
            "date",
            *(one.name for one in Properties(self._project.catalog).all()),
            *self._agreements(),
            NONE,
        ]
        self._colour_by = after(listed, self._colour_by)
        self._load()

    def _agreements(self) -> list[str]:
        """With each vec type that may be compared with that of the first map."""
        shown = self._open[0].vec_type
        return [AGREEMENT + name for name in vec_types.names(self._project.vectors_folder) if name != shown]

    def action_vectors(self) -> None:
        """The map of the next vec type."""
        listed, side = vec_types.names(self._project.vectors_folder), self._active
        if len(listed) < 2:
            self.notify("there is no other vec type", markup=False)
            return
        before, side.vec_type = side.vec_type, after(listed, side.vec_type)
        if side is self._open[0] and self._colour_by == AGREEMENT + side.vec_type:
            self._colour_by = AGREEMENT + before  # it stays the agreement of these two
        self._load()

    def action_method(self) -> None:
        """Place the pictures by the other method; one that takes long is a job."""
        side = self._active
        if side.job is not None:
            words = with_keys("is being made · {jobs} shows the job, which can be cancelled there")
            self.notify(f"{printable(side.job.name)} {words}", markup=False)
            return
        side.method = after(METHODS, side.method)
        self._load(makes=side)

    def action_two(self) -> None:
        """A second map beside this one; of two, leave the one that has the keys."""
        if len(self._open) == 2:
            self._close(next(side for side in self._open if side is not self._active))
            self._load()
            return
        side = self._active
        if not self._has_room:
            here = self.app.size
            self.notify(f"{self._needs_room}: this terminal has {here.width} x {here.height}", markup=False)
        elif side.placed is None:
            self.notify(side.view.empty or "there is no map yet", markup=False)
        elif not (wish := beside(side.vec_type, side.method, vec_types.names(self._project.vectors_folder))):
            words = "these are the only vectors, and PaCMAP is not installed: create others, or pip install"
            self.notify(f"{words} 'pictoscope[map]'", markup=False)
        else:
            other = next(each for each in self._sides if each is not side)
            other.open(wish)
            self._arrange()
            self._load(makes=other if wish.starts_job else None)

    # -- words --------------------------------------------------------------------------------------------------------

    def _show_words(self) -> None:
        room = self.app.size.width - cell_len(_TITLE)
        words = first_that_fits((self._words(), self._words(short=True), self._words(short=True, counted=False)), room)
        self.query_one("#header", Static).update(Text.assemble((_TITLE, "bold"), words))
        self._show_captions()

    def _words(self, *, short: bool = False, counted: bool = True) -> list[str]:
        """What is shown, or how to go on with an outline; shorter, and without the number of pictures."""
        if drawing := self._map.outline_words:
            return [drawing]
        two = len(self._open) == 2
        active = self._active.words(short=short)
        words = ["two maps"] if two and self._has_room else active if counted or len(active) < 3 else active[:-1]
        if two and not self._has_room:
            words.insert(1, self._needs_room)
        if self._colour_by != NONE:
            words.append(f"colour by {printable(self._colour_by)}")
        if self._selection is not None and len(self._selection):
            words.insert(0, f"{count(len(self._selection))} selected")  # first: what is last may be cut
        if two and self._has_room and self._maps is not None:
            words += self._maps.lacking()
        return [*words, f"{self._doing} …"] if self._doing else words

    def _show_legend(self) -> None:
        lines: list[Text] = []
        for name, colour, pictures, _ in self._maps.colouring.legend() if self._maps else []:
            line = Text.assemble(("● ", "#{:02x}{:02x}{:02x}".format(*colour)), printable(name), f"  {pictures:,}")
            line.no_wrap, line.overflow = True, "ellipsis"
            lines.append(line)
        self.query_one("#legend", Static).update(Text("\n").join(lines))
