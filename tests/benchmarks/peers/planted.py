"""The demo's pictures with planted copies of some of them, and what a program has found of these."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import core.demo
from tests.planted_copies import COPIES, CUT, EDITED, FRAMED, TURNED

KINDS = {"copies": COPIES, "edited": EDITED, "turned": TURNED, "cut": CUT, "framed": FRAMED}
_COPIES = "black-and-white"  # a folder of the demo: grey copies of others
Pair = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        share: of each kind of copies, those that were found together with their original.
        listed: of each kind, those that were found together with their original or another of its copies.
        wrong: pairs of different pictures of the demo that were found together, they or copies of them.
    """

    share: Mapping[str, float]
    listed: Mapping[str, float]
    wrong: set[frozenset[str]]


def plant(folder: Path, originals: int) -> int:
    """Write the demo's pictures and copies of some of them, in every way. Returns how many files there are.

    Names begin with the number of the original and the kind of the copy: ``017-edited-3.png``.
    """
    folder.mkdir(parents=True)
    pictures = Path(core.demo.__file__).with_name("pictures")
    files = sorted(path for path in pictures.rglob("*") if path.is_file() and path.parent.name != _COPIES)
    # Of JPEG files, which have no transparency: programs lay that on different backgrounds.
    chosen = set(random.Random(1).sample([n for n, path in enumerate(files) if path.suffix == ".jpg"], originals))
    for number, path in enumerate(files):
        shutil.copyfile(path, folder / f"{number:03}-original-0{path.suffix}")
        if number in chosen:
            with Image.open(path) as opened:
                picture = opened.convert("RGB")
            for kind, ways in KINDS.items():
                for way, make in enumerate(ways.values()):
                    make(picture).save(folder / f"{number:03}-{kind}-{way}.png")
    return sum(1 for _ in folder.iterdir())


def judge(folder: Path, pairs: Iterable[Pair]) -> Found:
    """Compare the pairs of file names that a program has found with what was planted."""
    found = {frozenset(pair) for pair in pairs}
    family = {path.name: path.name[:3] for path in folder.iterdir()}
    original = {path.name[:3]: path.name for path in folder.glob("*-original-0.*")}
    of_one = [pair for pair in found if len({family[name] for name in pair}) == 1]
    in_family = {name for pair in of_one for name in pair}
    share, listed = {}, {}
    for kind in KINDS:
        copies = [path.name for path in folder.glob(f"*-{kind}-*")]
        share[kind] = sum(frozenset((name, original[family[name]])) in found for name in copies) / len(copies)
        listed[kind] = len(in_family.intersection(copies)) / len(copies)
    families = {frozenset(family[name] for name in pair) for pair in found}
    return Found(share, listed, {pair for pair in families if len(pair) > 1})
