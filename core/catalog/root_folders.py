"""The picture folders of a project that hold pictures."""

from __future__ import annotations

from core.catalog.catalog import Catalog


def root_folders(catalog: Catalog) -> list[bytes]:
    """Absolute paths of the picture folders in which the last scan found something."""
    rows = catalog.query(
        "SELECT DISTINCT r.location FROM roots r JOIN folders d ON d.root = r.id JOIN files f ON f.folder = d.id"
    )
    return [catalog.absolute(row[0]) for row in rows]
