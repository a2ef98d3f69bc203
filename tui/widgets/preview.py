"""The picture under the cursor, larger, with its facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from core.catalog.catalog import Picture
from core.catalog.properties import Properties
from core.catalog.property_types import Value, typed
from core.catalog.tags import Tags
from core.errors import PictoscopeError, UnreadablePicture
from core.project import Project
from core.text import byte_size, count, moment, place, printable
from tui.messages import Failed
from tui.widgets.cells import shorten, shorten_left

if TYPE_CHECKING:  # the first paint has no pictures yet
    from core.vectors.store import Reader

# A cursor that runs over the grid must not start a decoder at every step.
_PAUSE = 0.06
_PATHS = 3  # of a picture that has several
_PATH_LINES = 2
_TOLD_LINES = 3
_MINUTES = len("1999-12-31T23:59")
_FACTS, _FULL_FACTS, _MARGIN = 9, 6, 1  # lines below a picture, below a large one; the empty one above them


@dataclass(frozen=True)
class Facts:
    """What the preview says of a picture besides showing it.

    Attributes:
        lines: of text, in order.
        height: in lines.
    """

    lines: tuple[Text, ...]
    height: int


class PictureView(Widget):
    """One picture in half blocks, as large as the widget."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Strip] = []

    def draw(self, lines: list[Strip]) -> None:
        """Show these strips."""
        self._lines = lines
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the picture."""
        background = self.rich_style
        if y < len(self._lines):
            return self._lines[y].adjust_cell_length(self.size.width).apply_style(background)
        return Strip([Segment(" " * self.size.width, background)], self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All there is."""
        return container.height


class Preview(Vertical):
    """A picture and its facts, loaded in a thread a moment after it was asked for."""

    class _Loaded(Message):
        def __init__(self, picture: Picture, lines: list[Strip], facts: Facts) -> None:
            super().__init__()
            self.picture = picture
            self.lines = lines
            self.facts = facts

    def __init__(self, *, id: str | None = None, full: bool = False) -> None:
        super().__init__(id=id)
        self._full = full
        self._picture: Picture | None = None
        self._project: Project | None = None
        self._readers: dict[str, Reader] = {}
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Picture above, facts below."""
        yield PictureView(id="preview-picture")
        yield Static(id="preview-facts", markup=False)

    def show(self, project: Project, picture: Picture | None) -> None:
        """Show a picture, or nothing."""
        self._project, self._picture = project, picture
        if self._timer:
            self._timer.stop()
        if picture is None:
            self.query_one(PictureView).draw([])
            self.query_one("#preview-facts", Static).update("")
        else:
            self._timer = self.set_timer(_PAUSE, self._load)

    def reload(self) -> None:
        """Draw again: the size is another, or there is more to say."""
        if self._picture and self._project:
            self.show(self._project, self._picture)

    def on_resize(self) -> None:
        """Draw again at the new size."""
        self.reload()

    def _load(self) -> None:
        picture, project = self._picture, self._project
        size = self.content_size
        if picture and project and size.width and size.height:
            self.run_worker(lambda: self._fetch(project, picture, size), thread=True, exclusive=True, group="preview")

    def _fetch(self, project: Project, picture: Picture, whole: Size) -> None:
        from core.images.decoders import read_picture
        from tui.graphics.half_blocks import half_blocks

        try:
            lines: list[Strip] = []
            problem = picture.problem
            base = _FULL_FACTS if self._full else _FACTS
            properties = Properties(project.catalog)
            # Beside the grid as many lines for every picture: nothing jumps. A large picture gets all that can be had.
            more = len(properties.of(picture.id) if self._full else properties.all())
            height = min(base + more, max(base, whole.height // 2))
            size = Size(whole.width, max(1, whole.height - height))
            try:
                if self._full:
                    source = read_picture(picture.path, at_least=max(size.width, 2 * size.height))
                else:
                    source = project.thumbnails.get(picture.key, picture.path)
                lines = half_blocks(source, size.width, size.height)
            except UnreadablePicture as error:
                problem = error.message
            facts = self._facts(project, picture, problem, Size(size.width, height - _MARGIN))
            self.post_message(self._Loaded(picture, lines, Facts(tuple(facts), height)))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def _facts(self, project: Project, picture: Picture, problem: str, size: Size) -> list[Text]:
        from core.vectors import vec_types

        width = size.width
        kind = f"{picture.width:,} x {picture.height:,} · {picture.format}" if picture.format else "no picture"
        facts = printable(f"{kind} · {byte_size(picture.size)} · {moment(picture.mtime_ns / 1e9).partition(' ')[0]}")
        # A name of 255 characters must not push the rest out of sight.
        lines = [Text(shorten(printable(picture.name), width), Style(bold=True)), Text(shorten(facts, width))]
        marks = {
            name: self._mark(project, name, picture.key)
            for name in map(printable, vec_types.names(project.vectors_folder))
        }
        if problem and _failed(problem) not in marks.values():
            lines.append(Text(f"cannot be read: {printable(problem)}", Style(bold=True)))
        lines += _reasons(marks)
        paths = project.catalog.paths(picture.id)[:_PATHS]
        lines += [Text(shorten_left(place(path), _PATH_LINES * width), Style(dim=True)) for path in paths]
        if tags := Tags(project.catalog).of(picture.id):
            lines.append(Text(shorten("tags  " + ", ".join(map(printable, tags)), width)))
        if told := _told(picture):
            told.truncate(_TOLD_LINES * width, overflow="ellipsis")
            lines.append(told)
        covered = "".join(f"{name} {mark.partition(':')[0]}  " for name, mark in marks.items())
        vectors = Text(f"vectors  {covered}")
        taken = sum(-(-line.cell_len // width) for line in (*lines, vectors))
        return [*lines, *_properties(Properties(project.catalog).of(picture.id), width, size.height - taken), vectors]

    def _mark(self, project: Project, name: str, key: bytes) -> str:
        from core.vectors.failures import reason_of
        from core.vectors.store import Reader

        folder = project.vectors_folder / name
        reader = self._readers.setdefault(name, Reader(folder))
        try:
            snapshot = reader.snapshot()
            if snapshot.row_of(key) is not None:
                return "✓"
            return _failed(reason_of(folder, key)) if snapshot.has_failed(key) else "–"
        except (PictoscopeError, OSError):
            return "–"  # just created, or damaged: Settings says which

    def on_preview__loaded(self, message: _Loaded) -> None:
        """The drawing and the facts have come."""
        message.stop()
        if message.picture is self._picture:
            facts = self.query_one("#preview-facts", Static)
            facts.styles.height = message.facts.height
            facts.update(Text("\n").join(message.facts.lines))
            self.query_one(PictureView).draw(message.lines)


def _told(picture: Picture) -> Text:
    """When and with what it was taken, its mean colour and sharpness, as far as they are known."""
    parts = [Text(f"taken {picture.taken[:_MINUTES].replace('T', ' ')}")] if picture.taken else []
    parts += [Text(f"camera {printable(picture.camera)}")] if picture.camera else []
    if picture.sharpness is not None:
        from core.images.colour_names import name_of

        name = name_of(int(picture.colour[1:], 16))
        parts += [Text.assemble(("██", picture.colour), f" {name} {picture.colour}")]
        parts += [Text(f"sharpness {count(picture.sharpness)}")]
    return Text(" · ").join(parts)


def _properties(values: Mapping[str, Value], width: int, room: int) -> list[Text]:
    """A line for each value; where ``room`` lines do not hold them, the last says how many more there are."""
    lines = [Text(shorten(f"{printable(name)}  {printable(typed(value))}", width)) for name, value in values.items()]
    if len(lines) <= room:
        return lines
    kept = max(0, room - 1)
    return [
        *lines[:kept],
        Text(f"… and {count(len(lines) - kept, 'more property', 'more properties')} · p", Style(dim=True)),
    ]


def _failed(reason: str) -> str:
    return f"failed: {printable(reason)}" if reason else "failed"


def _reasons(marks: Mapping[str, str]) -> list[Text]:
    """Why vec types have no row of the picture, each reason once."""
    reasons: dict[str, list[str]] = {}
    for name, mark in marks.items():
        if ":" in mark:
            reasons.setdefault(mark, []).append(name)
    return [Text(f"{', '.join(names)} {reason}", Style(bold=True)) for reason, names in reasons.items()]
