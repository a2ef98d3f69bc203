"""Browse: folders at the left, the grid, the preview at the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Footer, Static, Tree
from textual.widgets.tree import TreeNode

from core.catalog.catalog import Catalog, Folder, Picture
from core.catalog.filter import quoted
from core.catalog.groups import Groups
from core.catalog.names import shown
from core.catalog.order import AS_THEY_LIE, Order
from core.catalog.properties import Properties
from core.errors import PictoscopeError
from core.project import Project
from core.text import count, place, printable
from tui import labelling
from tui.exporting import Offer, of_buckets, of_selection, of_source
from tui.messages import Busy, Failed, LabelsChanged, Scanned, VectorsChanged
from tui.screens.base import PictoscopeScreen, action_bindings, common_bindings, label_bindings
from tui.screens.browse_list import Found, LabelsReader, OrderFailed, Wanted, find, source_of
from tui.screens.picture import PictureScreen
from tui.widgets.bucket_list import BucketList, bucket_name
from tui.widgets.cells import header, header_room, shorten_left
from tui.widgets.form_controls import Place
from tui.widgets.image_grid import ImageGrid
from tui.widgets.labels_list import Labels, LabelsList
from tui.widgets.picture_source import Item, PictureSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.catalog.arrange import Bucket

_FACTS = 1_000  # selected pictures whose facts are read anew with the list


_OFFERED = 100_000  # pictures of a bucket that a form can be restricted to: their keys are handed on
_LEAST = 8  # cells of a path that still tell something


class BrowseScreen(PictoscopeScreen):
    """The collection."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (40, "-tall")]  # noqa: RUF012  Textual's way

    BINDINGS = [  # noqa: RUF012  Textual's way
        *action_bindings(),
        *label_bindings(),
        Binding("f", "filter", "Filter"),
        Binding("K", "keep", "Keep as a group", show=False),
        Binding("o", "order", "Order, group by", show=False),
        Binding("escape", "everything", "All pictures", show=False),
        Binding("space", "focused('select')", "Select", key_display="space", show=False),
        Binding("ctrl+l", "app.rescan", "Look for new pictures", show=False),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        *common_bindings("g", "J"),
    ]

    @dataclass
    class _Listed(Message):
        wanted: Wanted
        found: Found
        total: int
        folders: list[Folder]
        selected: tuple[set[bytes], Mapping[bytes, Picture]]  # gone, and where the others are
        labels: Labels

    def __init__(self, project: Project, order: Order = AS_THEY_LIE) -> None:
        super().__init__()
        self._project = project
        self._labels = LabelsReader(project)
        self._wanted = Wanted(order=order)
        self._listed = Wanted()  # on show
        self._found: Found | None = None
        self._bucket: Bucket | None = None  # of it, on show
        self._go_to_buckets = False  # when they have come
        self._total = 0
        self._selected = 0
        self._children: dict[tuple[int, bytes], list[Folder]] = {}

    def compose(self) -> ComposeResult:
        """Header, three panes, the running job, keys."""
        yield Static(id="header", markup=False)
        with Horizontal(id="panes"):
            tree: Tree[Folder | None] = Tree(Text("all pictures"), id="folders")
            tree.show_root = True
            tree.guide_depth = 2
            with Vertical(id="left"):
                yield BucketList(id="buckets")
                yield tree
                yield LabelsList()
            yield ImageGrid(id="grid", empty="looking for pictures…")
            yield Preview(id="preview")
        yield JobLine()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Paint first; then read the catalog, then look at the disk."""
        self.query_one("#folders").border_title = "Folders"
        self.query_one(BucketList).display = False
        grid = self.query_one(ImageGrid)
        grid.set_picture_size(self.pictoscope.look.picture_size)
        grid.focus()
        self._show_header()
        self.call_after_refresh(self.reload)

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor."""
        return self.query_one(ImageGrid).chosen

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the same: there may be a million."""
        return self.query_one(ImageGrid).chosen_keys

    @property
    def places(self) -> tuple[Place, ...]:
        """What a form can look at: the selection, and what is on show."""
        selected = tuple(key.hex() for key in self.query_one(ImageGrid).selected_keys)
        found = [Place(f"the selection ({count(len(selected))})", selected, first=True)] if selected else []
        if self._found and self._found.ordered and self._bucket and len(self._bucket.ids) <= _OFFERED:
            keys = tuple(key.hex() for key in self._found.ordered.facts.keys_of(self._bucket.ids))
            found.append(Place(f"here: {bucket_name(self._bucket)} ({count(len(keys))})", keys))
        line = self._wanted.line(self._folder_path(self._wanted.folder))
        return (*found, *([Place(f"here: {line}", line)] if line else []))

    @property
    def subject(self) -> str:
        """The tag or the group that is on show, which an action may be about; empty where a few are selected."""
        if self.query_one(ImageGrid).selected_keys:
            return ""
        return self._listed.subject

    @property
    def exports(self) -> Sequence[Offer]:
        """The selection, all groups where there are some, and what is on show."""
        grid = self.query_one(ImageGrid)
        source, ordered = grid.source, self._found.ordered if self._found else None
        title = self._listed.group or self._listed.line(self._folder_path(self._listed.folder))
        offers = of_selection(title or "selection", grid)
        if ordered and ordered.buckets and self._bucket and source is not None:
            name = " ".join(filter(None, (title, self._listed.order.title)))
            offers.append(of_buckets(f"all {count(len(ordered.buckets), 'group')}", name, ordered))
            here = bucket_name(self._bucket)
            offers.append(of_source(f"the group on show: {here} ({count(len(source))})", f"{name} {here}", source))
        elif source is not None and len(source):
            shown = f"these {count(len(source), 'picture')}" if title else f"all {count(len(source), 'picture')}"
            offers.append(of_source(shown, title or "all pictures", source))
        return offers

    def action_filter(self) -> None:
        """Ask which pictures to show."""

        def answered(line: str | None) -> None:
            if line is not None:
                self._show(replace(self._wanted, filter=line, group=""))

        from tui.screens.filter_line import FilterLine

        self.app.push_screen(FilterLine(self._project, self._wanted.filter), answered)

    def action_keep(self) -> None:
        """Keep what is selected, or all that is shown, as a group."""
        grid = self.query_one(ImageGrid)
        source, selected, project = grid.source, grid.selected_keys, self._project
        pictures = count(len(selected) or len(source or ()), "picture")
        if source is None or not len(source):
            return

        def work(name: str) -> str:
            entries = [(key, None) for key in selected or source.entries()[0]]
            origin = "a selection" if selected else self._listed.title or "all pictures"
            words = f"kept {pictures} as the group {shown(name)}"
            return labelling.change(project, words, lambda: Groups(project.catalog).save(name, entries, origin))

        from tui.screens.label_form import LabelForm
        from tui.widgets.form_controls import TextInput

        self.app.push_screen(LabelForm(f"Keep {pictures} as a group", {"name": TextInput("")}, work, yes="Keep"))

    def action_order(self) -> None:
        """Ask how to order and to part the pictures."""

        def answered(order: Order | None) -> None:
            if order is not None:
                self._go_to_buckets = order.group is not None
                self._show(replace(self._wanted, order=order))

        from tui.screens.order import OrderDialog

        current = self.query_one(ImageGrid).current
        dialog = OrderDialog(self._wanted.order, current.picture if current else None)
        self.app.push_screen(dialog, answered)

        def find_out() -> None:
            try:
                dialog.post_message(OrderDialog.Known(Properties(project.catalog).all(), project.statuses()))
            except (PictoscopeError, OSError) as error:
                self.post_message(Failed(error))

        project = self._project
        self.run_worker(find_out, thread=True, exclusive=True, group="order")

    def action_everything(self) -> None:
        """Select nothing; if nothing was selected, no filter and no group any more; if there was none, no order."""
        grid = self.query_one(ImageGrid)
        if grid.selected_keys:
            grid.action_clear_selection()
        elif self._wanted.filter or self._wanted.group:
            self._show(replace(self._wanted, filter="", group=""))
        else:
            self._show(replace(self._wanted, order=AS_THEY_LIE))

    def show_only(self, *, filter: str = "", group: str = "") -> None:
        """Show what passes a filter, or a group, in all folders."""
        tree: Tree[Folder | None] = self.query_one("#folders", Tree)
        with tree.prevent(Tree.NodeHighlighted):
            tree.move_cursor(tree.root)
        self._show(Wanted(filter=filter, group=group, order=self._wanted.order))
        self.query_one(ImageGrid).focus()

    def on_labels_list_chosen(self, message: LabelsList.Chosen) -> None:
        """A tag, a group or a saved filter at the left."""
        message.stop()
        if message.kind == "group":
            self._show(Wanted(group=message.name, order=self._wanted.order))
        else:
            field = "saved" if message.kind == "filter" else "tag"
            self._show(replace(self._wanted, filter=f"{field}:{quoted(message.name)}", group=""))
        self.query_one(ImageGrid).focus()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """Counts at the left, and perhaps what the filter finds."""
        self.reload()

    def _show(self, wanted: Wanted) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self.reload()

    def reload(self) -> None:
        """Read the list of pictures and folders anew."""
        wanted, selected = self._wanted, self.query_one(ImageGrid).selected_keys
        self.run_worker(lambda: self._list(wanted, selected), thread=True, exclusive=True, group="list")

    def on_scanned(self, message: Scanned) -> None:
        """New pictures appear as they are found."""
        if message.finished:
            self.query_one(ImageGrid).empty = "no pictures here · g Settings, Folders adds a folder"
        report = message.report
        listing = any(worker.group == "list" and not worker.is_finished for worker in self.workers)
        # A long list is not begun anew at every step of a scan: its end does.
        if message.finished or (not listing and (report.new or report.changed or report.removed)):
            self.reload()

    def on_busy(self, message: Busy) -> None:
        """What was measured meanwhile may be what the filter or the order asks for."""
        if not message.doing:
            self.reload()

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """Another default vec type."""
        self._show_header()

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Folder | None]) -> None:
        """The folder under the cursor is what the grid shows."""
        self._show(replace(self._wanted, folder=event.node.data.id if event.node.data else None, group=""))

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Folder | None]) -> None:
        """Sub-folders are added when they are first looked at: a project may have very many."""
        self._grow(event.node)

    def on_tree_node_selected(self) -> None:
        """Enter on a folder goes to its pictures."""
        self.query_one(ImageGrid).focus()

    def on_image_grid_moved(self, message: ImageGrid.Moved) -> None:
        """Preview what the cursor is on."""
        self.query_one(Preview).show(self._project, message.item.picture if message.item else None)

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Show one picture large."""
        grid = message.grid
        if grid.source is not None and message.item:
            self.app.push_screen(PictureScreen(self._project, grid.source, grid.cursor, message.item))

    def on_image_grid_selection_changed(self, message: ImageGrid.SelectionChanged) -> None:
        """Count them in the header."""
        self._selected = message.count
        self._show_header()

    def on_failed(self, message: Failed) -> None:
        """Where nothing could be listed the reason stays; the app says it as well. An order that fails is given up."""
        if isinstance(message.error, OrderFailed):
            before = self._listed.order
            self._show(replace(self._wanted, order=AS_THEY_LIE if self._wanted.order == before else before))
            return
        grid = self.query_one(ImageGrid)
        if grid.source is None:
            grid.empty = printable(f"{message.error.message}: {message.error.hint}")
            grid.refresh()

    def _list(self, wanted: Wanted, selected: list[bytes]) -> None:
        try:
            catalog = self._project.catalog
            labels = self._labels.labels()
            found = find(self._project, wanted)
            whole = wanted == Wanted(order=wanted.order)
            total = len(found.source) if whole else catalog.count()
            self.post_message(
                self._Listed(wanted, found, total, catalog.folders(), _changed(catalog, selected), labels)
            )
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def on_browse_screen__listed(self, message: _Listed) -> None:
        """The list has come."""
        message.stop()
        if message.wanted != self._wanted:
            return
        if message.wanted.order != self._listed.order:
            self.pictoscope.keep_order(message.wanted.order)
        grid = self.query_one(ImageGrid)
        listed = self.query_one(BucketList)
        before, same = grid.current, message.wanted == self._listed
        self._listed, self._found = message.wanted, message.found
        self._total = message.total
        source = self._show_buckets(message.found, listed.cursor if same else 0)
        place = source.find(before.picture.key) if before else None
        if place is None:  # gone: its neighbour; another list: the first one
            place = grid.cursor if same else 0
        grid.show(source, self._project.thumbnails, cursor=place)
        grid.update_selection(*message.selected)
        if not len(source):
            self.query_one(Preview).show(self._project, None)
        self._show_folders(message.folders)
        self.query_one(LabelsList).show(message.labels)
        self._show_header()

    # -- buckets ------------------------------------------------------------------------------------------------

    def _show_buckets(self, found: Found, cursor: int) -> PictureSource:
        """List what the pictures are parted into. Returns the pictures to be shown.

        The cursor goes to the bucket that is called as the one before, else to number ``cursor``.
        """
        listed = self.query_one(BucketList)
        buckets = found.ordered.buckets if found.ordered else ()
        name = self._bucket.name if self._bucket else ""
        at = next((place for place, bucket in enumerate(buckets) if bucket.name == name), cursor)
        listed.show(buckets, cursor=at)
        self._bucket = listed.current
        if listed.has_focus and not buckets:
            self.query_one(ImageGrid).focus()
        listed.display = bool(buckets)
        self.set_class(bool(buckets), "-parted")
        if buckets and self._go_to_buckets:
            listed.focus()
        self._go_to_buckets = False
        return self._bucket_source() or found.source

    def _bucket_source(self) -> PictureSource | None:
        if self._bucket is None or self._found is None or self._found.ordered is None:
            return None
        return source_of(self._project.catalog, self._found.ordered, self._bucket.ids)

    def on_bucket_list_moved(self) -> None:
        """The bucket under the cursor is what the grid shows."""
        bucket = self.query_one(BucketList).current
        if bucket is None or bucket is self._bucket:
            return
        self._bucket = bucket
        if source := self._bucket_source():
            self.query_one(ImageGrid).show(source, self._project.thumbnails)
            self._show_header()

    def on_bucket_list_opened(self) -> None:
        """Enter on a bucket goes to its pictures."""
        self.query_one(ImageGrid).focus()

    # -- showing ------------------------------------------------------------------------------------------------

    def _show_header(self) -> None:
        where = self._listed.title or " · ".join(place(folder) for folder in self._project.folders)
        order = self._listed.order.title
        vec_type = self._project.settings.default_vec_type or "none yet"
        source = self.query_one(ImageGrid).source
        some = f"{count(len(source))} of " if source is not None and (self._listed.title or self._bucket) else ""
        facts = f"{some}{count(self._total, 'picture')}"
        if self._selected:
            facts = f"{count(self._selected)} selected · {facts}"
        width = self.app.size.width
        with_vec_type = f"{facts} · vec type {printable(vec_type)}"
        if cell_len(order) <= header_room(with_vec_type, width):  # the vectors are in Settings too
            facts = with_vec_type
        if order:
            where = f"{where} · {order}" if cell_len(order) + _LEAST < header_room(facts, width) else order
        title = Text(shorten_left(where, header_room(facts, width)), "dim")
        self.query_one("#header", Static).update(header(title, facts, width))

    def on_resize(self) -> None:
        """The header is as wide as the screen."""
        self._show_header()

    def _show_folders(self, folders: list[Folder]) -> None:
        """Rebuild the tree only when it differs: its cursor and open folders stay otherwise."""
        children: dict[tuple[int, bytes], list[Folder]] = {}
        roots = []
        for folder in folders:
            if not folder.pictures:
                continue
            if folder.path:
                children.setdefault((folder.root, folder.path.rpartition(b"/")[0]), []).append(folder)
            else:
                roots.append(folder)
        tree: Tree[Folder | None] = self.query_one("#folders", Tree)
        tree.root.set_label(Text.assemble("all pictures ", (count(self._total), "dim")))
        if children == self._children and tree.root.children:
            return
        self._children = children
        opened = {node.data.id for node in _nodes(tree.root) if node.data and node.is_expanded}
        with tree.prevent(Tree.NodeHighlighted, Tree.NodeExpanded):
            tree.move_cursor(None)
            tree.root.remove_children()
            top = roots if len(roots) > 1 else children.get((roots[0].root, b""), []) if roots else []
            for folder in top:
                self._add(tree.root, folder)
            tree.root.expand()
            self._open_again(tree, opened)

    def _open_again(self, tree: Tree[Folder | None], opened: set[int]) -> None:
        """The folders that were open, and the cursor where it was."""
        for node in _nodes(tree.root):
            if node.data and (node.data.id in opened):
                self._grow(node)
                node.expand()
        at = next((node for node in _nodes(tree.root) if node.data and node.data.id == self._wanted.folder), tree.root)
        if tree.last_line >= 0:  # asking for it numbers the lines anew: the cursor is kept as a number
            tree.move_cursor(at)
        if self._wanted.folder is not None and at is tree.root:  # its folder is gone
            self._show(replace(self._wanted, folder=None))

    def _folder_path(self, folder: int | None) -> bytes:
        """Relative to its root; empty for the root and for none."""
        nodes = _nodes(self.query_one("#folders", Tree).root)
        return next((node.data.path for node in nodes if node.data and node.data.id == folder), b"")

    def _grow(self, node: TreeNode[Folder | None]) -> None:
        if node.data and not node.children:
            for folder in self._children.get((node.data.root, node.data.path), []):
                self._add(node, folder)

    def _add(self, parent: TreeNode[Folder | None], folder: Folder) -> None:
        name = printable(folder.path.rpartition(b"/")[2] or folder.location)
        label = Text.assemble(f"{name} ", (count(folder.pictures), "dim"))
        has_children = (folder.root, folder.path) in self._children
        parent.add(label, folder, allow_expand=has_children)


def _changed(catalog: Catalog, keys: Sequence[bytes]) -> tuple[set[bytes], Mapping[bytes, Picture]]:
    """Which pictures have no file any more, and, where they are few, what is known of the others."""
    if len(keys) <= _FACTS:
        known = catalog.by_keys(keys)
        return set(keys) - known.keys(), known
    there = {row[0] for row in catalog.query("SELECT key FROM pictures WHERE id IN (SELECT picture FROM files)")}
    return {key for key in keys if key not in there}, {}


def _nodes(top: TreeNode[Folder | None]) -> Iterator[TreeNode[Folder | None]]:
    """Those below ``top``, parents first; what is added to a node while it is visited is visited too."""
    for node in top.children:
        yield node
        yield from _nodes(node)
