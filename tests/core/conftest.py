"""What several tests of the library share: catalogs, and file permissions that hold, also where root runs the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from core.catalog import scan
from core.catalog.catalog import Catalog
from core.images import decoders as decoding
from core.images.formats import register_decoders
from tests.core.catalog.catalog_helpers import Collection
from tests.core.labels.label_helpers import open_filled

NOBODY = 65534


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder that an ordinary user can reach, whoever runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="pictoscope-"))
    folder.chmod(0o777)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)


@pytest.fixture
def as_ordinary_user() -> Callable[[], AbstractContextManager[None]]:
    """Give up root's right to read everything, for as long as the context lasts."""
    assert scan.scan
    register_decoders()  # modules cannot be imported from root's home meanwhile, nor decoders be started there
    decoders = decoding._decoders
    for decoder in [decoders._take() for _ in range(2)]:
        decoders._give_back(decoder)

    @contextmanager
    def ordinary() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        try:
            os.seteuid(NOBODY)
        except OSError as error:
            pytest.skip(f"root cannot become another user here: {error}")
        try:
            yield
        finally:
            os.seteuid(0)

    return ordinary


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    made = Collection(tmp_path)
    yield made
    made.catalog.close()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Twelve pictures, see ``open_filled``."""
    with open_filled(tmp_path) as filled:
        yield filled
