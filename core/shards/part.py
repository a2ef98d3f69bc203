"""A part: a folder with the rows of one shard.

It is laid out like a project: ``part.toml`` says which shard it is, ``vectors/`` holds a store for each vec type. Its
files are opened as those of a project are: a part may come from a stranger.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import StoreDamaged, StoreError, UsageError
from core.files import Lock, disk_error, write_atomic
from core.paths import is_inside
from core.project_files import check_parent, folder_exists, names_in, read_start
from core.shards.shard import Shard
from core.text import printable
from core.toml_reader import LONGEST, parse_toml
from core.vectors import vec_types
from core.vectors.manifest import has_manifest
from core.vectors.vec_type import VecType

FORMAT = 1
PART_NAME = "part.toml"
_LOCK_NAME = "lock"


@dataclass(frozen=True)
class Part:
    """A folder with the rows of one shard.

    Attributes:
        folder: absolute.
        shard: whose rows it holds.
    """

    folder: Path
    shard: Shard

    @classmethod
    def open_or_create(cls, folder: Path, shard: Shard, project: Path) -> Part:
        """The part in ``folder``, which is created if there is nothing.

        Args:
            folder: of the part.
            shard: that is computed.
            project: folder of the project, in which no part may be.

        Raises:
            UsageError: the folder belongs to something else, or to another shard. StoreDamaged: ``part.toml`` is
                damaged. StoreError, DiskFull: it cannot be created.
        """
        folder = folder.absolute()
        if is_inside(os.path.realpath(os.fsencode(folder)), os.path.realpath(os.fsencode(project))):
            raise UsageError(f"{printable(folder)} is in the project's own folder", "choose another --out")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(folder / PART_NAME):
                part = cls.load(folder)
            elif there := next((name for name in names_in(folder) if name != _LOCK_NAME), None):
                raise UsageError(
                    f"{printable(folder)} is not a part, but holds {printable(there)}",
                    "choose an empty folder, or a new one",
                )
            else:
                part = cls(folder, shard)
                part._save()
        except FileExistsError:
            raise UsageError(f"{printable(folder)} is a file", "choose a folder: --out") from None
        except OSError as error:
            raise disk_error(error, folder) from error
        if part.shard != shard:
            raise UsageError(
                f"{printable(folder)} holds shard {part.shard}, not {shard}",
                "choose another folder for this shard: --out",
            )
        return part

    @classmethod
    def load(cls, folder: Path) -> Part:
        """The part in ``folder``.

        Raises:
            UsageError: there is none. StoreError, UnsafeFile: it cannot be read. StoreDamaged: not what a part is.
        """
        path = folder.absolute() / PART_NAME
        try:
            content = parse_toml(read_start(path, LONGEST + 1))
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(
                f"there is no part at {printable(folder)}",
                "name folders that `pictoscope vectors create MODEL --shard N/OF --out FOLDER` wrote",
            ) from None
        except OSError as error:
            raise StoreError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
        except tomllib.TOMLDecodeError as error:
            raise _damaged(path, str(error)) from error
        version, number, of = (_number(path, content, name) for name in ("format", "shard", "of"))
        if version > FORMAT:
            raise StoreError(
                f"{path} has format {version}, this Pictoscope reads up to {FORMAT}",
                "upgrade: pip install -U pictoscope",
            )
        shard = Shard(number, of)
        if not shard.is_valid:
            raise _damaged(path, f"there is no shard {shard}")
        return cls(folder.absolute(), shard)

    @property
    def vectors_folder(self) -> Path:
        """The folder of its stores."""
        return self.folder / "vectors"

    def vec_types(self) -> list[VecType]:
        """The vec types that it has rows or failures of.

        Raises:
            UnsafeFile: a link, or something else that is no folder of a part, is in the way.
        """
        names = vec_types.names(self.vectors_folder) if folder_exists(self.vectors_folder) else []
        return [VecType.parse(name) for name in names if has_manifest(self.vectors_folder / name)]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else compute this part.

        Raises:
            StoreBusy: another process does.
        """
        with Lock.take(self.folder / _LOCK_NAME, f"shard {self.shard}, process {os.getpid()}"):
            yield

    def _save(self) -> None:
        content = {"format": FORMAT, "shard": self.shard.number, "of": self.shard.of}
        check_parent(self.folder / PART_NAME)
        write_atomic(self.folder / PART_NAME, tomli_w.dumps(content).encode("ascii"))


def _number(path: Path, content: dict[str, Any], name: str) -> int:
    value = content.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _damaged(path, f"{name} is not a number")
    return value


def _damaged(path: Path, why: str) -> StoreDamaged:
    return StoreDamaged(f"{path} is damaged: {why}", f"delete {path.parent} and compute its shard again")
