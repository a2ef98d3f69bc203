"""Browse: folders at the left, the grid, the preview at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static, Tree

from core.catalog.catalog import Folder
from core.errors import PictoscopeError, UsageError
from core.filters.ordering import DEFAULT_ORDER, Order
from core.filters.syntax import quoted
from core.key_hints import key_for, with_keys
from core.project import Project
from core.text import count, display_path, printable
from tui.advice_by_key import in_app
from tui.exporting import Offer, of_buckets, of_selection, of_source
from tui.last_view import FIRST_VIEW, LastView
from tui.messages import Busy, Failed, LabelsChanged, NotScanned, Scanned, VectorsChanged
from tui.newest import read_newest
from tui.reading import failure_words
from tui.screens.base import action_bindings, common_bindings, label_bindings
from tui.screens.browse.browse_buckets import Buckets
from tui.screens.browse.browse_header import BrowseHeader
from tui.screens.browse.browse_list import BrowseQuery, LabelsReader, Listing, OrderFailed, list_all
from tui.screens.browse.browse_stacks import StackKeys
from tui.widgets.bucket_list import BucketList, bucket_name
from tui.widgets.folder_tree import FolderTree
from tui.widgets.form_controls import Place
from tui.widgets.image_grid import ImageGrid
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.labels_list import LabelsList
from tui.widgets.picture_source import PictureSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

_NO_PICTURES = "no pictures yet · {image-grid.open} adds a folder of pictures"
_LOOKING = "looking for pictures…"
_PANES = ("folders", "labels", "buckets")  # beside the grid
_OFFERED = 100_000  # pictures of a bucket that a form can be restricted to: their keys are handed on


class BrowseScreen(StackKeys, Buckets):
    """The collection.

    Args:
        project: whose pictures are shown.
        view: how the project was left; it is shown again as far as it is still there.
    """

    VERTICAL_BREAKPOINTS = [(0, "-low"), (40, "-tall")]

    BINDINGS = [
        *action_bindings(),
        *label_bindings(),
        Binding("f", "filter", "Filter"),
        Binding("K", "keep", "Keep as a group or tag", show=False),
        Binding("m", "app.map", "Map", show=False),
        Binding("o", "order", "Order, group by", show=False),
        Binding("B", "chart", "Chart of the groups", show=False),
        Binding("z", "fold", "Unfold or fold stack", show=False),
        Binding("Z", "stack", "Stack the selection", show=False),
        Binding("X", "unstack", "Remove from stack", show=False),
        Binding("escape", "everything", "All pictures", show=False),
        Binding("plus", "zoom(1)", "Larger pictures", show=False, key_display="+"),
        Binding("minus", "zoom(-1)", "Smaller pictures", show=False, key_display="-"),
        Binding("space", "focused('select')", "Select", key_display="space", show=False),
        Binding("ctrl+l", "app.rescan", "Scan for new pictures", show=False),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        *common_bindings("g", "J"),
    ]

    class _Listed(Message):
        def __init__(self, listing: Listing, after_scan: bool) -> None:
            super().__init__()
            self.listing = listing
            self.after_scan = after_scan

    class _NotListed(Message):
        def __init__(self, error: PictoscopeError | OSError, wanted: BrowseQuery) -> None:
            super().__init__()
            self.error = error
            self.wanted = wanted

    def __init__(self, project: Project, view: LastView = FIRST_VIEW) -> None:
        super().__init__(project, BrowseQuery(filter=view.filter, group=view.group, order=view.order))
        self._labels = LabelsReader(project)
        self._folded = view.folded
        self._part = view.part
        self._last_view: LastView | None = view  # until it is on show again
        self._total: int | None = None  # until it is known
        self._scanned = False  # since the project was opened
        self._scan_is_listed = False  # until then nobody knows that there are no pictures
        self._not_scanned = ""  # why not

    def compose(self) -> ComposeResult:
        """Header, three panes, the running job, keys."""
        yield Static(id="header", markup=False)
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield BucketList(id="buckets")
                yield FolderTree(id="folders")
                yield LabelsList()
            yield ImageGrid(id="grid", empty=_LOOKING)
            yield Preview(id="preview")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Paint first; then read the catalog, then look at the disk."""
        self.query_one(BucketList).display = False
        self.begin()
        self.show_header()
        self.call_after_refresh(self.reload)

    @property
    def awaited(self) -> str:
        return self.grid.empty if self._total is None else ""

    @property
    def places(self) -> tuple[Place, ...]:
        """What a form can look at: the selection, and what is on show."""
        places = self.selected_place()
        if self._found and self._found.ordered and self._bucket and len(self._bucket.ids) <= _OFFERED:
            keys = tuple(key.hex() for key in self._found.ordered.facts.keys_of(self._bucket.ids))
            places.append(Place(f"here: {bucket_name(self._bucket)} ({count(len(keys))})", keys, first=True))
        line = self._wanted.line(self.query_one(FolderTree).path_of(self._wanted.folder))
        always = bool(self._listed.filter) and not self._listed.subject
        return (*places, *([Place(f"here: {line}", line, first=True, always=always)] if line else []))

    @property
    def filter(self) -> str:
        """Which pictures are shown only; empty for all of them."""
        return self._listed.filter

    @property
    def subject(self) -> str:
        """The tag or the group that is on show, which an action may be about; empty where a few are selected."""
        if self.grid.selected_keys:
            return ""
        return self._listed.subject

    @property
    def exports(self) -> Sequence[Offer]:
        """The selection, all groups where there are some, and what is on show."""
        grid = self.grid
        source, ordered = grid.source, self._found.ordered if self._found else None
        title = self._listed.group or self._listed.line(self.query_one(FolderTree).path_of(self._listed.folder))
        offers = of_selection(title or "selection", grid)
        if ordered and ordered.buckets and self._bucket and source is not None:
            name = " ".join(filter(None, (title, self._listed.order.title)))
            offers.append(of_buckets(f"all {count(len(ordered.buckets), 'group')}", name, ordered))
            here = bucket_name(self._bucket)
            offers.append(of_source(f"the group on show: {here} ({count(len(source))})", f"{name} {here}", source))
        elif source is not None and len(source):
            pictures = count(len(source), "picture")
            whole = self._found.whole if self._found else None
            some = f"these {pictures}" if title or whole else f"all {pictures}"
            offers.append(of_source(some, title or "all pictures", source))
            if whole is not None:
                words = f"these and the pictures behind them ({count(len(whole), 'picture')})"
                offers.append(of_source(words, title or "all pictures", whole))
        return offers

    def action_filter(self) -> None:
        """Ask which pictures to show."""

        def answered(line: str | None) -> None:
            if line is not None:
                self._show(replace(self._wanted, filter=line, group=""))

        from tui.screens.browse.filter_line import FilterLine

        self.app.push_screen(FilterLine(self._project, self._wanted.filter), answered)

    def action_order(self) -> None:
        """Ask how to order and to part the pictures."""

        def answered(order: Order | None) -> None:
            if order is not None:
                self._go_to_buckets = order.group is not None
                self._show(replace(self._wanted, order=order))

        from tui.screens.browse.order import OrderDialog

        current = self.grid.read_current()
        dialog = OrderDialog(self._project, self._wanted.order, current.picture if current else None)
        self.app.push_screen(dialog, answered)

    def action_everything(self) -> None:
        """Select nothing; if nothing was selected, no filter and no group any more; if there was none, no order."""
        grid = self.grid
        if grid.selected_keys:
            grid.action_clear_selection()
        elif self._wanted.filter or self._wanted.group:
            self._show(replace(self._wanted, filter="", group=""))
        else:
            self._show(replace(self._wanted, order=DEFAULT_ORDER))

    def show_only(self, *, filter: str = "", group: str = "") -> None:
        """Show what passes a filter, or a group, in all folders, which is what the list of labels counts."""
        self.query_one(FolderTree).go_to_root()
        self._show(BrowseQuery(filter=filter, group=group, order=self._wanted.order))
        self.grid.focus()

    def on_labels_list_chosen(self, message: LabelsList.Chosen) -> None:
        """A tag, a group or a saved filter at the left."""
        message.stop()
        if message.kind == "group":
            self.show_only(group=message.name)
        else:
            field = "saved" if message.kind == "filter" else "tag"
            self.show_only(filter=f"{field}:{quoted(message.name)}")

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """Counts at the left, and perhaps what the filter finds."""
        self.reload()

    def reload(self) -> None:
        """Reload the list of pictures and folders."""
        wanted, selected, after_scan = self._wanted, self.grid.selected_keys, self._scanned
        read_newest(
            self,
            lambda: self._Listed(list_all(self._project, self._labels, wanted, selected), after_scan),
            group="list",
            failed=lambda error: self._NotListed(error, wanted),
        )

    def on_scanned(self, message: Scanned) -> None:
        """New pictures appear as they are found."""
        self._scanned, self._not_scanned = self._scanned or message.finished, ""
        report = message.report
        listing = any(worker.group == "list" and not worker.is_finished for worker in self.workers)
        # A long list is reloaded once, at the end of a scan, not at each step.
        if message.finished or (not listing and (report.new or report.changed or report.removed)):
            self.reload()

    def on_not_scanned(self, message: NotScanned) -> None:
        """Where there are no pictures the reason stands; what was found until then is shown."""
        self._not_scanned = failure_words(message.error)
        self.reload()

    def on_busy(self, message: Busy) -> None:
        """What was measured meanwhile may be what the filter or the order asks for."""
        if not message.doing:
            self.reload()

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """Another default vec type."""
        self.show_header()

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Folder | None]) -> None:
        """The folder under the cursor is what the grid shows."""
        folder = event.node.data.id if event.node.data else None
        if folder != self._wanted.folder:  # else a group may be on show, in which no folder counts
            self._show(replace(self._wanted, folder=folder, group=""))

    def on_tree_node_selected(self) -> None:
        """Enter on a folder goes to its pictures."""
        self.grid.focus()

    def on_failed(self, message: Failed) -> None:
        """Where nothing could be listed the reason stays; the app says it as well.

        An order that fails is given up, and so is what was shown last if that is not there any more.
        """
        if isinstance(message.error, OrderFailed):
            before = self._listed.order
            self._show(replace(self._wanted, order=DEFAULT_ORDER if self._wanted.order == before else before))
            return
        view = self._last_view
        if self._found is None and view is not None and (view.filter or view.group):
            self._last_view = replace(view, filter="", group="")
            self.notify(f"left out: {printable(view.group or view.filter)}, which was shown last", markup=False)
            self._show(BrowseQuery(order=self._wanted.order))
        elif self.grid.source is None:
            self.show_words(printable(f"{message.error.message}: {in_app(message.error.hint)}"))

    def on_browse_screen__not_listed(self, message: _NotListed) -> None:
        """The tag or group whose pictures are on show was undone, renamed or deleted: show all pictures again."""
        message.stop()
        if message.wanted != self._wanted:  # of another list something is said when that has come
            return
        shown = self._found is not None and self._listed.title and message.wanted == self._listed == self._wanted
        if shown and isinstance(message.error, UsageError):
            self.notify(f"{self._listed.title}: not there any more, all pictures are shown", markup=False)
            self._show(replace(self._wanted, filter="", group=""))
        else:
            self.post_message(Failed(message.error))

    def on_browse_screen__listed(self, message: _Listed) -> None:
        """The list has come."""
        message.stop()
        listing = message.listing
        self._scan_is_listed = self._scan_is_listed or message.after_scan
        if listing.wanted != self._wanted:
            return
        grid = self.grid
        before, same = grid.current, listing.wanted.folded == self._listed.folded
        self._listed, self._found = listing.wanted, listing.found
        self._total = listing.total if listing.total or self._scan_is_listed else None
        grid.empty = self._empty_words()
        source = self._show_buckets(listing.found, self.query_one(BucketList).cursor if same else 0)
        place = self._last_place(source)
        if place is None and before:
            place = self._place_of(before.picture, source)
        if place is None:  # gone: its neighbour; another list: the first one
            place = grid.cursor if same else 0
        self.show_pictures(source, place)
        grid.update_selection(listing.gone, listing.moved)
        if not self.query_one(FolderTree).show(listing.folders, self._total, self._wanted.folder):
            self._show(replace(self._wanted, folder=None))
        self.query_one(LabelsList).show(listing.labels)
        self.show_header()
        self._resume()

    def _last_place(self, source: PictureSource) -> int | None:
        """Where the picture is that was under the cursor when the project was left."""
        return source.find(self._last_view.picture) if self._last_view else None

    def _resume(self) -> None:
        """Go to the folder, then to the part of the screen, where the project was left."""
        view, tree = self._last_view, self.query_one(FolderTree)
        if view is None:
            return
        if view.folder and not self._listed.group and self._listed.folder is None and tree.go_to(view.folder):
            return  # its pictures come with the next list
        self._last_view = None
        self.host.resume_screen(view.screen, view.screen_pane)
        pane = next(iter(self.query(f"#{view.pane}")), None) if view.pane in _PANES else None
        if pane is not None and pane.display and not self.has_class("-folded"):
            pane.focus()

    @property
    def view(self) -> LastView:
        """What is on show, to be shown again at the next start."""
        if self._found is None:  # nothing is yet
            return self._last_view or FIRST_VIEW
        current, focused = self.grid.current, self.focused.id if self.focused else None
        return LastView(
            folder=self.query_one(FolderTree).location_of(self._listed.folder),
            filter=self._listed.filter,
            group=self._listed.group,
            order=self._listed.order,
            part=(self._bucket.name or "") if self._bucket else "",
            picture=current.picture.key if current else b"",
            pane=focused if focused in _PANES else "",
            folded=self._folded,
        )

    def _empty_words(self) -> str:
        """Why the grid is empty, and what to do about it."""
        if self._total is None:
            return self._not_scanned or _LOOKING
        if self._listed.title:
            place = f" in {self._folder}" if self._folder else ""
            return f"no pictures match {self._listed.title}{place} · {key_for('image-grid.open')} shows all pictures"
        if self._folder:
            return f"no pictures in {self._folder} · {key_for('image-grid.open')} shows all pictures"
        return with_keys(_NO_PICTURES)

    @property
    def _folder(self) -> str:
        """The folder on show, in words; empty for all of them."""
        return self.query_one(FolderTree).title_of(self._listed.folder)

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Enter where there are no pictures does what is said there."""
        if message.item is not None or self._total is None:
            return
        if self._listed.title or self._listed.folder is not None:
            self.show_only()
        else:
            self.run_worker(self.app.run_action("app.settings('folders')"))

    def show_header(self) -> None:
        """Where we are, how many pictures there are, and by which vectors actions look."""
        source = self.grid.source
        folder = self._folder
        some = source is not None and bool(self._listed.title or self._bucket or folder)
        where = " · ".join(filter(None, (folder, self._listed.title)))
        facts = BrowseHeader(
            where=where or " · ".join(display_path(path) for path in self._project.folders),
            order=self._listed.order.title,
            shown=len(source or ()) + self._behind if some else None,
            total=self._total,
            behind=self._behind,
            selected=self._selected,
            vec_type=self._project.settings.default_vec_type,
        )
        self.query_one("#header", Static).update(facts.line(self.app.size.width))
