"""The result of a scan: counts, files that could not be read, missing folders."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

from core.text import count, printable

_UNREADABLE_SHOWN = 20
_ENDINGS_COUNTED, _ENDINGS_SHOWN, _LONGEST_ENDING = 1_000, 5, 12
ABSENT_HINT = "has it moved? `pictoscope folders move OLD NEW`, or `folders remove OLD`; in the app: Settings, Folders"


@dataclass
class ScanReport:
    """The result of a scan. Counts are of files, except ``pictures``.

    Attributes:
        files: picture files seen.
        new: files that were not known, whatever their content.
        changed: files whose content has changed.
        removed: known files that no longer exist.
        unreadable: the first few files and folders that could not be read, with the reason.
        unreadable_count: number of all unreadable files and folders.
        absent: picture folders that do not exist, or are empty though pictures are known in them (an unmounted disk);
            their data is kept.
        absent_pictures: number of pictures kept for each of those.
        pictures: contents in the catalog afterwards.
        stopped: whether the scan was stopped early; nothing was removed then.
        not_read: number of other files by file extension; hidden ones are not counted.
        links: number of symbolic links that were not followed; hidden ones are not counted.
        copies: number of files in the catalog afterwards beyond one for each picture: their bytes are the same.
    """

    files: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    unreadable: list[tuple[bytes, str]] = field(default_factory=list)
    unreadable_count: int = 0
    absent: list[bytes] = field(default_factory=list)
    absent_pictures: list[int] = field(default_factory=list)
    pictures: int = 0
    stopped: bool = False
    not_read: Counter[str] = field(default_factory=Counter)
    links: int = 0
    copies: int = 0

    def pass_over(self, name: bytes) -> None:
        """Count a file that is not read as a picture."""
        ending = printable(os.fsdecode(os.path.splitext(name)[1].lower()))
        if len(ending) > _LONGEST_ENDING or (ending not in self.not_read and len(self.not_read) >= _ENDINGS_COUNTED):
            ending = ""
        self.not_read[ending] += 1

    def not_read_in_words(self) -> str:
        """``12 .psd, 3 .svg``, the most frequent first; empty if every file is read as a picture."""
        shown = sorted(self.not_read.items(), key=lambda item: (-item[1], item[0]))
        parts = [f"{number:,} {ending or 'without a usual extension'}" for ending, number in shown[:_ENDINGS_SHOWN]]
        more = sum(number for _, number in shown[_ENDINGS_SHOWN:])
        return ", ".join(parts + [f"{more:,} others"] * bool(more))

    def beside_pictures(self) -> list[str]:
        """What the entries of the folders are that add no picture: a line for each kind, none where there are none."""
        lines = [f"not read: {self.not_read_in_words()}"] if self.not_read else []
        lines += [f"not followed: {count(self.links, 'symbolic link')}"] if self.links else []
        copies = count(self.copies, "copy", "copies")
        lines += [f"{copies}: files with the same bytes are one picture"] if self.copies else []
        return lines

    def absences(self) -> list[str]:
        """A line for each missing folder. ``ABSENT_HINT`` says what to do."""
        return [
            f"folder missing: {printable(path)}; its {count(pictures, 'picture')} {_kept(pictures)}"
            for path, pictures in zip(self.absent, self.absent_pictures, strict=True)
        ]

    def cannot_read(self, path: bytes, reason: str) -> None:
        """Record a file or folder that cannot be read."""
        self.unreadable_count += 1
        if len(self.unreadable) < _UNREADABLE_SHOWN:
            self.unreadable.append((path, reason))


def _kept(pictures: int) -> str:
    return "is kept as it was" if pictures == 1 else "are kept as they were"
