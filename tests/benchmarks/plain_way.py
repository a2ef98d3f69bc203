"""The plain way to compute rows: what a short script does. One picture a forward pass, all of it decoded by Pillow.

python -m tests.benchmarks.plain_way FOLDER MODEL ROWS.npy
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from core.arrays import Rows
from core.models.backend import Model
from core.models.catalogue import find
from core.models.options import LoadOptions
from core.models.runtime import load


def plain_model(key: str) -> Model:
    """A model as a script would load it: torch, float32."""
    return load(find(key), print, LoadOptions(runtime="torch", precision="float32"))


def plain_rows(model: Model, paths: Iterable[bytes]) -> Rows:
    """A row for each picture. Shape (n, dim), float32."""
    rows = []
    for path in paths:
        with Image.open(os.fsdecode(path)) as opened:
            rows.append(model.encode_pictures([model.prepare(opened.convert("RGB"))]))
    return np.concatenate(rows)


def main() -> None:
    """Compute the rows of all pictures of a folder and save them."""
    folder, key, target = sys.argv[1:]
    paths = sorted(os.fsencode(path) for path in Path(folder).glob("*.jpg"))
    np.save(target, plain_rows(plain_model(key), paths))


if __name__ == "__main__":
    main()
