"""A collection whose files are moved aside and back."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.catalog.copies import File
from core.moves.aside import MoveReport, last_move, move_aside, move_back, recover_moves

PICTURES = {"a.jpg": b"first" * 400, "deep/b.jpg": b"second" * 400}
MODE, TIME = 0o640, 1_600_000_000_123_456_789


@dataclass(frozen=True)
class Place:
    """A collection, its project and a folder aside."""

    root: Path
    project: Path
    aside: Path

    @property
    def journals(self) -> Path:
        return self.project / "moves"

    def files(self) -> list[File]:
        """As the catalog has them; those that are there."""
        found = []
        for name, content in PICTURES.items():
            path = self.root / name
            if path.is_file():
                status = path.stat()
                key = hashlib.sha1(content).digest()
                found.append(File(key, os.fsencode(path), status.st_size, status.st_mtime_ns, 1, 1, "JPEG"))
        return found

    def move(self, **options: Any) -> MoveReport:
        return move_aside(self.files(), self.aside, roots=[self.root], journals=self.journals, **options)

    def back(self) -> list[MoveReport]:
        """Move everything back, the newest first, as ``u`` does."""
        done = []
        while last := last_move(self.journals):
            done.append(move_back(last[0], roots=[self.root]))
            if done[-1].left:
                break
        return done

    def recover_moves(self) -> str:
        return recover_moves(self.journals, roots=[self.root])

    def contents(self) -> set[bytes]:
        """All that regular files hold, whatever their names."""
        return {path.read_bytes() for top in (self.root, self.aside) for path in regular_files(top)}

    def parts(self) -> list[Path]:
        return [path for top in (self.root, self.aside) for path in regular_files(top) if "part" in path.name]


def regular_files(top: Path) -> list[Path]:
    return [path for path in top.rglob("*") if stat.S_ISREG(path.lstat().st_mode)] if top.is_dir() else []


def make(top: Path, aside: Path) -> Place:
    place = Place(top / "pictures", top / "project", aside)
    for name, content in PICTURES.items():
        path = place.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(MODE)
        os.utime(path, ns=(TIME, TIME))
    place.project.mkdir()
    return place
