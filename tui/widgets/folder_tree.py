"""The picture folders as a tree, each with the number of pictures in it and below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from core.catalog.catalog import Folder
from core.text import count, printable
from tui.widgets.cells import shorten

_ALL = "all pictures"


class FolderTree(Tree["Folder | None"]):
    """Every folder that has pictures; the root, which has no folder, stands for all of them."""

    def __init__(self, *, id: str | None = None) -> None:
        self._total: int | None = None  # while it is not known; the base class draws the root
        super().__init__(Text(_ALL), id=id)
        self.show_root = True
        self.guide_depth = 2
        self._within: dict[tuple[int, bytes], list[Folder]] = {}  # by number of the root and path

    def on_mount(self) -> None:
        self.border_title = "Folders"

    def render_label(self, node: TreeNode[Folder | None], base_style: Style, style: Style) -> Text:
        """Name and number of pictures; where both do not fit the name is shortened, never the number."""
        name = _name_of(node.data) if node.data else _ALL
        number = node.data.pictures if node.data else self._total
        pictures = f" {count(number)}" if number is not None else ""
        icon = ""
        if node.allow_expand:
            icon = self.ICON_NODE_EXPANDED if node.is_expanded else self.ICON_NODE
        room = self.scrollable_content_region.width - self.guide_depth * _depth(node) - cell_len(icon + pictures)
        if self.size:  # before the first layout there is no width
            name = shorten(name, max(1, room))
        return Text.assemble((icon, base_style), Text.assemble(name, (pictures, "dim"), style=style))

    def show(self, folders: Sequence[Folder], total: int | None, current: int | None) -> bool:
        """Show these folders. The tree is rebuilt only when it differs, so that its cursor and open folders stay.

        Args:
            folders: of the project.
            total: pictures of all of them; None while that is not known.
            current: id of the folder to put the cursor on; None for the root.

        Returns:
            Whether that folder exists.
        """
        within: dict[tuple[int, bytes], list[Folder]] = {}
        roots = []
        for folder in folders:
            if not folder.pictures:
                continue
            if folder.path:
                within.setdefault((folder.root, folder.path.rpartition(b"/")[0]), []).append(folder)
            else:
                roots.append(folder)
        self._total = total
        self.root.set_label(Text(f"{_ALL} {count(total)}" if total is not None else _ALL))
        if within == self._within and self.root.children:
            return True
        self._within = within
        opened = {node.data.id for node in _below(self.root) if node.data and node.is_expanded}
        with self.prevent(Tree.NodeHighlighted, Tree.NodeExpanded):
            self.move_cursor(None)
            self.root.remove_children()
            top = roots if len(roots) > 1 else within.get((roots[0].root, b""), []) if roots else []
            for folder in top:
                self._add_folder(self.root, folder)
            self.root.expand()
            return self._open_again(opened, current)

    @property
    def paths(self) -> list[bytes]:
        """Folders below the picture folders, relative to them, those with the most pictures first."""
        below = [folder for folders in self._within.values() for folder in folders]
        return [folder.path for folder in sorted(below, key=lambda folder: -folder.pictures)]

    def go_to_root(self) -> None:
        """Move the cursor to all pictures without posting a message."""
        with self.prevent(Tree.NodeHighlighted):
            self.move_cursor(self.root)

    def go_to(self, path: bytes) -> bool:
        """Move the cursor to the folder with this absolute path, which is then shown, or as far towards it as it is.

        Returns:
            Whether the cursor has left the root.
        """
        at = self.root
        while at.data is None or at.data.location != path:
            below = next((node for node in at.children if node.data and _leads_to(node.data, path)), None)
            if below is None:
                break
            at.expand()
            at = below
            self._grow(at)
        if at is not self.root and self.last_line >= 0:  # asking for it numbers the lines again
            self.move_cursor(at)
        return at is not self.root

    def title_of(self, folder: int | None) -> str:
        """A folder in words: its path below its picture folder, or the name of that; empty for the root."""
        found = next((node.data for node in _below(self.root) if node.data and node.data.id == folder), None)
        return printable(found.path or found.location.rpartition(b"/")[2]) if found else ""

    def location_of(self, folder: int | None) -> bytes:
        """Absolute path of a folder; empty for the root and for an unknown id."""
        folders = (node.data for node in _below(self.root) if node.data and node.data.id == folder)
        return next((data.location for data in folders), b"")

    def path_of(self, folder: int | None) -> bytes:
        """Path of a folder relative to its picture folder; empty for the root and for an unknown id."""
        return next((node.data.path for node in _below(self.root) if node.data and node.data.id == folder), b"")

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Folder | None]) -> None:
        """Add sub-folders when their parent is first expanded: a project may have very many."""
        self._grow(event.node)

    def _open_again(self, opened: set[int], current: int | None) -> bool:
        """Expand the folders that were open and put the cursor back, if its folder still exists."""
        for node in _below(self.root):
            if node.data and (node.data.id in opened):
                self._grow(node)
                node.expand()
        at = next((node for node in _below(self.root) if node.data and node.data.id == current), self.root)
        if self.last_line >= 0:  # asking for it numbers the lines again: the cursor is kept as a number
            self.move_cursor(at)
        return current is None or at is not self.root

    def _grow(self, node: TreeNode[Folder | None]) -> None:
        if node.data and not node.children:
            for folder in self._within.get((node.data.root, node.data.path), []):
                self._add_folder(node, folder)

    def _add_folder(self, parent: TreeNode[Folder | None], folder: Folder) -> None:
        label = Text(f"{_name_of(folder)} {count(folder.pictures)}")
        parent.add(label, folder, allow_expand=(folder.root, folder.path) in self._within)


def _leads_to(folder: Folder, path: bytes) -> bool:
    return path == folder.location or path.startswith(folder.location.rstrip(b"/") + b"/")


def _name_of(folder: Folder) -> str:
    return printable(folder.path.rpartition(b"/")[2] or folder.location)


def _depth(node: TreeNode[Folder | None]) -> int:
    return 0 if node.parent is None else 1 + _depth(node.parent)


def _below(top: TreeNode[Folder | None]) -> Iterator[TreeNode[Folder | None]]:
    """All nodes below ``top``, parents first; nodes added during the visit are visited too."""
    for node in top.children:
        yield node
        yield from _below(node)
