"""Read the headers of pictures that were scanned before the catalog stored header data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.catalog.catalog import Catalog
from core.catalog.copies import File
from core.catalog.richness_columns import record
from core.errors import UnreadablePicture
from core.images.decoders import identify_all
from core.images.richness import Richness


def reread_headers(catalog: Catalog, files: Iterable[File]) -> dict[bytes, Richness]:
    """Read and store the header data of files whose facts are unknown. Returns it by key.

    Pictures whose bytes have changed, or whose header is incomplete, are left out.

    Raises:
        CatalogError: the catalog cannot be written. CannotDecode: no decoder can be started.
    """
    wanted = list({file.path: file for file in files if file.facts is None and file.format}.values())
    found = {
        file.key: identity.facts
        for file, identity in zip(wanted, identify_all([file.path for file in wanted]), strict=True)
        if not isinstance(identity, UnreadablePicture) and identity.key == file.key and identity.facts
    }
    if found:
        with catalog.transaction() as database:
            for key, facts in found.items():
                for (number,) in database.execute("SELECT id FROM pictures WHERE key = ?", (key,)).fetchall():
                    record(database, number, facts)
    return found


def as_their_headers_say(files: Sequence[File]) -> list[File]:
    """The files with size, dimensions, format and facts as read now; without facts if their bytes are other ones.

    Raises:
        CannotDecode: no decoder can be started.
    """
    return [
        replace(file, facts=None)
        if isinstance(found, UnreadablePicture) or found.key != file.key
        else replace(
            file, size=found.size, width=found.width, height=found.height, format=found.format, facts=found.facts
        )
        for file, found in zip(files, identify_all([file.path for file in files]), strict=True)
    ]


def with_facts(file: File, known: Mapping[bytes, Richness]) -> File:
    """The file with its facts from ``known``, if it had none."""
    return replace(file, facts=known[file.key]) if file.facts is None and file.key in known else file
