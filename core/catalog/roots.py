"""The roots of the catalog: how many pictures each has, and removing those that the project no longer has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.catalog.catalog import Catalog


def pictures_in(catalog: Catalog, location: bytes) -> int:
    """The number of pictures that the catalog knows in a root."""
    rows = catalog.query(
        """SELECT count(DISTINCT f.picture) FROM files f JOIN folders d ON d.id = f.folder
           JOIN roots r ON r.id = d.root WHERE r.location = ?""",
        (location,),
    )
    return int(rows[0][0])


def remove_other_roots(catalog: Catalog, latest: Callable[[], Sequence[bytes]]) -> Sequence[bytes]:
    """Remove the files of roots that the project no longer has. Pictures, their labels and vectors are kept.

    Returns the roots of the project.
    """
    with catalog.transaction() as database:
        locations = latest()
        for number, location in database.execute("SELECT id, location FROM roots").fetchall():
            if location not in locations:
                database.execute("DELETE FROM files WHERE folder IN (SELECT id FROM folders WHERE root = ?)", (number,))
                database.execute("DELETE FROM roots WHERE id = ?", (number,))
    return locations
