"""What goes to a worker of a cluster and comes back: a line of JSON, then raw bytes.

Whatever carries them may unpickle its own envelope; these contents are never unpickled. An answer is that of a stranger
until :func:`core.engines.checks.checked` has looked at it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core import __version__
from core.catalog.copies import File
from core.images.formats import READER
from core.vectors.engine import Wanted

FORMAT = 1


@dataclass(frozen=True)
class StageTask:
    """A vec type that a worker is to compute.

    Attributes:
        vec_type: its name.
        options: of the run of its model, see :meth:`core.models.options.LoadOptions.to_toml`.
        read_at_least: see :class:`core.vectors.manifest.Manifest`; 0 where the worker is to say what suits its models.
    """

    vec_type: str
    options: dict[str, Any]
    read_at_least: int = 0


@dataclass(frozen=True)
class Task:
    """A batch for a worker. Without pictures it asks which models the worker has.

    Attributes:
        stages: the vec types.
        folders: that must be on the worker's machine, with something in them.
        pictures: paths are those on the worker's machine.
        contents: the bytes of the file of each picture, if they are sent.
    """

    stages: tuple[StageTask, ...]
    folders: tuple[bytes, ...] = ()
    pictures: tuple[Wanted, ...] = ()
    contents: tuple[bytes, ...] | None = None

    def to_bytes(self) -> bytes:
        """For :func:`core.engines.remote.compute`."""
        header = {
            "format": FORMAT,
            "stages": [[stage.vec_type, stage.options, stage.read_at_least] for stage in self.stages],
            "folders": [os.fsdecode(folder) for folder in self.folders],
            "pictures": [_picture(picture) for picture in self.pictures],
            "lengths": None if self.contents is None else [len(content) for content in self.contents],
        }
        return b"".join([json.dumps(header).encode("ascii"), b"\n", *(self.contents or ())])

    @classmethod
    def from_bytes(cls, content: bytes) -> Task:
        """The inverse of :meth:`to_bytes`.

        Raises:
            ValueError, KeyError, TypeError: it is no task of this version.
        """
        line, _, rest = content.partition(b"\n")
        header = json.loads(line)
        if header["format"] != FORMAT:
            raise ValueError(f"a task of format {header['format']}")
        return cls(
            tuple(StageTask(name, options, at_least) for name, options, at_least in header["stages"]),
            tuple(map(os.fsencode, header["folders"])),
            tuple(_wanted(picture) for picture in header["pictures"]),
            None if header["lengths"] is None else tuple(_cut(rest, header["lengths"])),
        )


@dataclass(frozen=True)
class StageAnswer:
    """What a worker made of a batch for one vec type. Pictures are named by their places in the batch.

    Attributes:
        pictures: that have a row, in the order of the rows.
        crc: CRC-32 of the bytes of the rows.
        failures: place and reason of each other picture.
    """

    pictures: list[int]
    crc: int
    failures: list[tuple[int, str]]


@dataclass(frozen=True)
class Answer:
    """What a worker answers.

    Attributes:
        version: of its Pictoscope.
        reader: of its reader of pictures.
        manifests: what its rows are, for each vec type, as in a manifest; empty if there is trouble.
        computed: for each vec type.
        looks: place, mean colour and sharpness of each picture that was measured.
        rows: the rows of all vec types, one after the other, float32, little-endian.
        seconds: that it took.
        trouble: why it could not compute, as message and hint.
    """

    version: str = __version__
    reader: int = READER
    manifests: list[dict[str, Any]] = field(default_factory=list)
    computed: list[StageAnswer] = field(default_factory=list)
    looks: list[tuple[int, int, float]] = field(default_factory=list)
    rows: bytes = b""
    seconds: float = 0.0
    trouble: tuple[str, str] | None = None

    def to_bytes(self) -> bytes:
        """For the one who asked."""
        header = {
            "format": FORMAT,
            "version": self.version,
            "reader": self.reader,
            "manifests": self.manifests,
            "computed": [[stage.pictures, stage.crc, stage.failures] for stage in self.computed],
            "looks": self.looks,
            "seconds": self.seconds,
            "trouble": self.trouble,
        }
        return json.dumps(header).encode("ascii") + b"\n" + self.rows

    @classmethod
    def from_bytes(cls, content: bytes) -> Answer:
        """The inverse of :meth:`to_bytes`; nothing of it is checked yet.

        Raises:
            ValueError, KeyError, TypeError, RecursionError: it is no answer of this version.
        """
        line, _, rows = content.partition(b"\n")
        header = json.loads(line)
        if header["format"] != FORMAT:
            raise ValueError(f"an answer of format {header['format']}")
        trouble = header["trouble"]
        return cls(
            header["version"],
            header["reader"],
            header["manifests"],
            [StageAnswer(pictures, crc, failures) for pictures, crc, failures in header["computed"]],
            header["looks"],
            rows,
            float(header["seconds"]),
            None if trouble is None else (str(trouble[0]), str(trouble[1])),
        )


def _picture(picture: Wanted) -> list[Any]:
    files = [[os.fsdecode(file.path), file.size, file.mtime_ns] for file in picture.files]
    return [picture.key.hex(), files, picture.targets, picture.measure]


def _wanted(content: Sequence[Any]) -> Wanted:
    key, files, targets, measure = content
    own = bytes.fromhex(key)
    return Wanted(
        tuple(File(own, os.fsencode(path), size, mtime) for path, size, mtime in files), tuple(targets), measure
    )


def _cut(content: bytes, lengths: Sequence[int]) -> list[bytes]:
    if sum(lengths) != len(content):
        raise ValueError("the contents of pictures were cut off")
    found, start = [], 0
    for length in lengths:
        found.append(content[start : start + length])
        start += length
    return found
