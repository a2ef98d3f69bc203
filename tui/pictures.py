"""The pictures that the screens show: the app's only way to get them drawn, kept and freed by the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.app import App
from textual.geometry import Offset, Region, Size
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.driver import PictureDriver
from tui.graphics.terminal import CellSize, Protocol, Quirk, Terminal
from tui.host import ShowsPictures
from tui.picture_memory import Held, PictureCache, held
from tui.pixel_layer import PixelLayer, Wanted, clear_rows

if TYPE_CHECKING:  # NumPy and Pillow come after the first paint
    from tui.graphics.drawing import Drawing, Overlay, Transmission
    from tui.graphics.image_store import ImageStore
    from tui.graphics.painted import Paint
    from tui.graphics.painting import PaintingProcess
    from tui.graphics.renderer import Renderer

_AGAIN = 0.02  # seconds until a terminal that is busy is looked at again


class Pictures:
    """Sends what a drawing needs before its lines are shown, and frees it when it is given up.

    Args:
        app: whose screens show them.
        terminal: how it shows pictures.
    """

    def __init__(self, app: App[Any], terminal: Terminal) -> None:
        self._app = app
        self.terminal = terminal
        self._renderer: Renderer | None = None
        self._paint: Paint | None = None
        self._painting: PaintingProcess | None = None
        self._store: ImageStore | None = None
        self._layer = PixelLayer() if terminal.protocol in (Protocol.SIXEL, Protocol.ITERM) else None
        self._widgets: WeakSet[ShowsPictures] = WeakSet()
        self._caches: WeakSet[PictureCache] = WeakSet()
        self._dropped: list[Transmission] = []
        self._timer: Timer | None = None
        self._measured: CellSize | None = None
        self._has_size = False

    @property
    def renderer(self) -> Renderer:
        """Draws for this terminal and its size of cells; another one after that has changed."""
        if self._renderer is None:
            from tui.graphics.renderer import renderer_for

            self._renderer = renderer_for(self.terminal, self._paint)
        return self._renderer

    # -- for widgets ----------------------------------------------------------------------------------------------

    def watch(self, widget: ShowsPictures) -> None:
        """Know a widget that shows drawings, as long as it lives."""
        self._widgets.add(widget)

    def count(self, cache: PictureCache) -> None:
        """Count a cache of pictures in :attr:`memory`, as long as it lives."""
        self._caches.add(cache)

    @property
    def memory(self) -> list[Held]:
        """What the caches of pictures hold, here and in the terminal."""
        return held([*self._caches, *([self._store] if self._store else [])])

    def line(self, widget: Widget, drawing: Drawing, number: int, place: Offset) -> Strip:
        """A line of a drawing, to be shown now.

        Args:
            widget: that shows it.
            drawing: is sent first where that is needed.
            number: of the line.
            place: of the drawing in the widget's content.
        """
        line = drawing.lines[number]
        if drawing.transmission is not None:
            self._send(self._images().show([drawing.transmission]))
        elif drawing.overlay is not None and self._layer is not None:
            region = _region(widget, drawing.overlay, place)
            return self._layer.line(line, drawing.overlay, number, region)
        return line

    def drop(self, drawing: Drawing | str | None) -> None:
        """A drawing will not be shown again. The next frame may replace it; after that the terminal frees it."""
        if drawing is not None and not isinstance(drawing, str) and drawing.transmission is not None:
            self._dropped.append(drawing.transmission)

    @property
    def is_idle(self) -> bool:
        """Whether the terminal has taken everything that was written."""
        driver = self._driver
        return driver is None or driver.is_idle

    # -- for the program ---------------------------------------------------------------------------------------------

    def paint_in(self, process: PaintingProcess) -> None:
        """Let what takes long be done in another process. Called before the first picture is drawn."""
        self._paint = self._painting = process

    def end_painting(self) -> None:
        """End the other process. No thread waits for it any more; what is still asked for is done here."""
        if self._painting is not None:
            self._painting.close()

    # -- for the app ------------------------------------------------------------------------------------------------

    def after_frame(self) -> None:
        """Free what is no longer shown; draw pixels where they are to stand."""
        if self._store is None:
            self._dropped.clear()
        else:
            shown = {drawing.transmission.image_id for _, drawing, _ in self._shown() if drawing.transmission}
            gone = [transmission.image_id for transmission in self._dropped if transmission.image_id not in shown]
            self._dropped = [transmission for transmission in self._dropped if transmission.image_id in shown]
            self._send("".join(map(self._store.free, gone)) + self._store.free_excess(shown))
        if self._layer is not None:
            for widget in self._layer.look(self._wanted()):
                widget.refresh()
            self._send(self._freed(self._layer.take_gone()))
            self._wait()

    def forget(self) -> None:
        """The terminal may have lost all pictures: show them again."""
        self._send(self.give_back())
        for widget in self._widgets:
            cast("Widget", widget).refresh()

    def give_back(self) -> str:
        """What frees all pictures that the terminal keeps."""
        if self._layer is not None:
            self._layer.forget()
            if Quirk.KEEPS_COVERED in self.terminal.quirks and self._renderer is not None:
                from tui.graphics.overlays import FREE_ALL

                return FREE_ALL
        return self._store.free_all() if self._store is not None else ""

    def resized(self, cells: Size, pixels: Size | None) -> bool:
        """The terminal may have another size, and so may its cells; then every drawing is made again.

        Args:
            cells: columns and rows.
            pixels: width and height; None where the terminal does not say them.

        Returns:
            Whether the terminal must be asked for the size of its cells, for nothing else says it.
        """
        if self._layer is not None or self.terminal.passthrough:
            self.forget()  # pixels may be erased; within tmux another terminal may be attached
        before, self._measured = self._measured, _cell_size(cells, pixels)
        # What the terminal said of its cells at the start is exact; a window may be some pixels larger than its cells.
        known = before if before is not None or self.terminal.cell == CellSize() else self._measured
        if self._measured is not None and self._measured != known:
            self.use_cell(self._measured)
        begins, self._has_size = not self._has_size, True
        return self._measured is None and self.terminal.says_cell and not begins

    def use_cell(self, cell: CellSize) -> None:
        """The cells of the terminal have this size now; if it is another one, every drawing is made again."""
        if cell == self.terminal.cell:
            return
        self.forget()
        self.terminal = replace(self.terminal, cell=cell)
        self._renderer = None
        for widget in self._widgets:
            widget.draw_again()

    def _images(self) -> ImageStore:
        if self._store is None:
            from tui.graphics.image_store import ImageStore

            self._store = ImageStore(self.terminal)
        return self._store

    # -- pixels -----------------------------------------------------------------------------------------------------

    def _shown(self) -> Iterator[tuple[Widget, Drawing, Offset]]:
        """What the widgets of all screens show, with its place in the widget."""
        for shows in self._widgets:
            widget = cast("Widget", shows)
            if widget.is_attached:
                for drawing, place in shows.shown_drawings():
                    yield widget, drawing, place

    def _wanted(self) -> dict[Region, Wanted]:
        wanted: dict[Region, Wanted] = {}
        for widget, drawing, place in self._shown():
            if drawing.overlay is not None:
                region = _region(widget, drawing.overlay, place)
                rows = clear_rows(region, widget, widget.screen)
                if rows < region.height and drawing.overlay.first_rows is None:
                    rows = 0
                if rows or region not in wanted:
                    wanted[region] = Wanted(widget, drawing.overlay, rows)
        return wanted

    def _wait(self, least: float = 0.0) -> None:
        if self._layer is None or (wait := self._layer.wait) is None:
            return
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(max(wait, least, 0.001), self._draw)

    def _draw(self) -> None:
        """Draw one after another as the terminal takes them: a key that comes meanwhile is answered first."""
        if self._layer is None:
            return
        if not self.is_idle:
            self._wait(_AGAIN)
            return
        if found := self._layer.due():
            region, wanted, data = found
            wanted.widget._styles_cache.clear()  # when it is drawn again, the cells are skipped
            self._send(self._placed(region, wanted, data, self._freed(self._layer.take_gone())))
        self._wait()

    def _placed(self, region: Region, wanted: Wanted, data: str, before: str) -> str:
        begin, end = (SYNC_START, SYNC_END) if self._app._sync_available else ("", "")
        overlay, there = wanted.overlay, f"\x1b[{region.y + 1};{region.x + 1}H"
        afterwards = there + overlay.afterwards if overlay.afterwards else ""
        return f"{begin}{before}\x1b7{there}{_background(wanted.widget)}{data}{afterwards}\x1b8{end}"

    def _freed(self, regions: list[Region]) -> str:
        """What frees the pixels that stood in some places, in a terminal that would keep them."""
        if not regions or Quirk.KEEPS_COVERED not in self.terminal.quirks:
            return ""
        from tui.graphics.overlays import free_at

        return "".join(free_at(region.x, region.y) for region in regions)

    @property
    def _driver(self) -> PictureDriver | None:
        driver = self._app._driver
        return driver if isinstance(driver, PictureDriver) else None

    def _send(self, data: str) -> None:
        if data and (driver := self._driver) is not None:
            driver.send(data)


def _region(widget: Widget, overlay: Overlay, place: Offset) -> Region:
    """Of pixels on the terminal."""
    at = widget.content_region.offset + place + Offset(overlay.column, overlay.row)
    return Region(at.x, at.y, overlay.columns, overlay.rows)


def _background(widget: Widget) -> str:
    """Sets the background colour of a widget, in the colours that the terminal has."""
    colour = widget.rich_style.bgcolor
    system = widget.app.console._color_system
    if colour is None or system is None:
        return "\x1b[0m"
    return f"\x1b[0;{';'.join(colour.downgrade(system).get_ansi_codes(foreground=False))}m"


def _cell_size(cells: Size, pixels: Size | None) -> CellSize | None:
    if pixels is None or not cells.area or not pixels.area:
        return None
    return CellSize(max(1, pixels.width // cells.width), max(1, pixels.height // cells.height))
