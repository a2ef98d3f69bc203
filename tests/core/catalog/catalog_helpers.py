"""A folder of tiny pictures and its catalog."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

from PIL import Image

from core.catalog.catalog import Catalog
from core.catalog.scan import scan
from core.catalog.scan_report import ScanReport

_moments = count(1_700_000_000)


def content(number: int) -> bytes:
    """A picture file; another number is another picture."""
    stream = io.BytesIO()
    Image.new("RGB", (4 + number % 3, 3), (number % 256, number // 256, 7)).save(stream, "PNG")
    return stream.getvalue()


def key(number: int) -> bytes:
    return hashlib.sha1(content(number)).digest()


class Collection:
    """Pictures in ``base/pictures``, the catalog in ``base/project``."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "pictures"
        self.folder.mkdir()
        (self.folder / "about.txt").touch()  # an empty folder is taken for a disk that is not mounted
        (base / "project").mkdir()
        self.catalog = Catalog(base / "project" / "catalog.sqlite", base / "project")

    def path(self, name: str | bytes) -> Path:
        return self.folder / os.fsdecode(name)

    def write(self, name: str | bytes, number: int) -> Path:
        """Write a picture; each write has its own time, as if a second had passed."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(number))
        moment = next(_moments)
        os.utime(path, (moment, moment))
        return path

    def scan(
        self,
        *folders: Path,
        follow_links: bool = False,
        rehash: bool = False,
        progress: Callable[[ScanReport], None] = lambda report: None,
        stop: threading.Event | None = None,
    ) -> ScanReport:
        locations = [os.fsencode(folder) for folder in folders or (self.folder,)]
        return scan(
            self.catalog,
            locations,
            follow_links=follow_links,
            rehash=rehash,
            progress=progress,
            stop=stop,
            threads=2,
        )

    def files(self) -> dict[bytes, tuple[int, bytes]]:
        """Every file in the catalog by its path below the folder: number and key of its picture."""
        catalog = self.catalog
        start = len(os.fsencode(self.folder)) + 1
        return {
            path[start:]: (picture.id, picture.key)
            for picture in catalog.pictures(catalog.picture_ids())
            for path in catalog.paths(picture.id)
        }

    def keys(self) -> dict[bytes, bytes]:
        return {path: key for path, (_, key) in self.files().items()}


def counts(report: ScanReport) -> tuple[int, int, int, int]:
    return report.files, report.new, report.changed, report.removed
