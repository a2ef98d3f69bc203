"""What is said of a picture beside showing it, in the lines that there are; read in a thread."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.geometry import Size

from core.catalog.catalog import Picture
from core.catalog.property_types import Value, to_text
from core.errors import PictoscopeError, UnreadablePicture
from core.key_hints import key_for
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.lru_cache import LruCache
from core.project import Project
from core.text import byte_size, count, display_path, moment, printable
from tui.widgets.cells import in_lines, shorten, shorten_left, texts_in_lines

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.images.photograph import Photograph
    from core.vectors.store import Reader

_CONSOLE = Console(file=io.StringIO())  # wraps texts
_PATHS = 3  # of a picture that has several
_PATH_LINES = 2
_KEPT = 2_000  # what EXIF says of pictures, 0.3 KB each
_MINUTES = len("1999-12-31T23:59")


class PictureFacts:
    """Reads the facts of pictures, and remembers where the vectors are and what EXIF said."""

    def __init__(self) -> None:
        self._readers: dict[str, Reader] = {}
        self._photographs: LruCache[bytes, Photograph] = LruCache(_KEPT)

    def lines(self, project: Project, picture: Picture, problem: str, size: Size) -> list[Text]:
        """Name, size, what is wrong with it, paths, tags, EXIF, properties, vectors.

        Args:
            project: of the picture.
            picture: to be described.
            problem: why it cannot be read, in words; empty if it can.
            size: columns and lines that there are; properties and EXIF give way to the rest.
        """
        width = size.width
        # A name of 255 characters must not push the rest out of sight.
        lines = [Text(shorten(printable(picture.name), width), Style(bold=True))]
        lines += map(Text, in_lines(map(printable, facts_of(picture)), width))
        marks = self._marks(project, picture.key)
        if problem and _failed(problem) not in marks.values():
            lines.append(Text(f"cannot be read: {printable(problem)}", Style(bold=True)))
        lines += _reasons(marks)
        paths = project.catalog.paths(picture.id)[:_PATHS]
        lines += [Text(shorten_left(display_path(path), _PATH_LINES * width), Style(dim=True)) for path in paths]
        if tags := Tags(project.catalog).of(picture.id):
            lines.append(Text(shorten("tags  " + ", ".join(map(printable, tags)), width)))
        wrapped = [part for line in lines for part in line.wrap(_CONSOLE, width)]
        covered = (f"{name} {mark.partition(':')[0]}" for name, mark in marks.items())
        vectors = [Text(line) for line in in_lines(("vec types", *covered), width, "  ")]
        properties = Properties(project.catalog).of(picture.id)
        room = size.height - len(wrapped) - len(vectors)
        told = texts_in_lines(self._details(project, picture, problem), width)[: max(1, room - len(properties))]
        return [*wrapped, *told, *_properties(properties, width, room - len(told)), *vectors]

    def _marks(self, project: Project, key: bytes) -> dict[str, str]:
        """Each vec type, and whether it has a row of the picture."""
        from core.vectors import vec_types

        return {
            name: self._mark(project, name, key) for name in map(printable, vec_types.names(project.vectors_folder))
        }

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

    def _details(self, project: Project, picture: Picture, problem: str) -> list[Text]:
        """When, how, with what and where it was taken, its mean colour and sharpness, as far as they are known."""
        parts = [Text(f"taken {picture.taken[:_MINUTES].replace('T', ' ')}")] if picture.taken else []
        parts += [Text(f"camera {printable(picture.camera)}")] if picture.camera else []
        parts += [] if problem else _photograph_in_words(self._photograph(project, picture))
        if picture.sharpness is not None:
            from core.images.colour_names import name_of

            name = name_of(int(picture.colour[1:], 16))
            parts += [Text.assemble(("██", picture.colour), f" {name} {picture.colour}")]
            parts += [Text(f"sharpness {count(picture.sharpness)}")]
        return parts

    def _photograph(self, project: Project, picture: Picture) -> Photograph:
        """What EXIF says, read once: the file may be on a slow disk, where its thumbnail is at hand."""
        from core.catalog.readable import photograph_of
        from core.images.photograph import NO_PHOTOGRAPH

        photograph = self._photographs.get(picture.key)
        if photograph is None:
            try:
                photograph = photograph_of(project.catalog, picture.key, picture.path)
            except UnreadablePicture:
                return NO_PHOTOGRAPH  # the picture itself says why
            self._photographs[picture.key] = photograph
        return photograph


def facts_of(picture: Picture) -> list[str]:
    """Size, format, bytes and date of the file."""
    kind = [f"{picture.width:,} x {picture.height:,}", picture.format] if picture.format else ["no picture"]
    return [*kind, byte_size(picture.size), moment(picture.mtime_ns / 1e9).partition(" ")[0]]


def _photograph_in_words(found: Photograph) -> list[Text]:
    parts = [Text(f"lens {printable(found.lens)}")] if found.lens else []
    parts += [Text(printable(found.exposure))] if found.exposure else []
    return parts + ([Text(f"place {printable(found.place)}")] if found.place else [])


def _properties(values: Mapping[str, Value], width: int, room: int) -> list[Text]:
    """A line for each value; where ``room`` lines do not hold them, the last says how many more there are."""
    lines = [Text(shorten(f"{printable(name)}  {printable(to_text(value))}", width)) for name, value in values.items()]
    if not lines or len(lines) <= room:
        return lines
    kept = max(0, room - 1)
    more = f"… {count(len(lines) - kept, 'more property', 'more properties')} · {key_for('properties')}"
    return [*lines[:kept], Text(shorten(more, width), Style(dim=True))]


def _failed(reason: str) -> str:
    return f"failed: {printable(reason)}" if reason else "failed"


def _reasons(marks: Mapping[str, str]) -> list[Text]:
    """Why vec types have no row of the picture, each reason once."""
    reasons: dict[str, list[str]] = {}
    for name, mark in marks.items():
        if ":" in mark:
            reasons.setdefault(mark, []).append(name)
    return [Text(f"{', '.join(names)} {reason}", Style(bold=True)) for reason, names in reasons.items()]
