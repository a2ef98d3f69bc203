"""Tags: names that people give to pictures, in a tree."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from core.catalog.catalog import Catalog
from core.catalog.selection_table import fill_selection
from core.errors import UsageError
from core.labels import decisions
from core.labels.undo import History, OpenStep
from core.names import clean_name, name_taken_error, no_such_error, short_name
from core.text import count

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag.

    Attributes:
        id: the catalog's number.
        name: unique, NFC, one line; pass it through ``printable`` to show it.
        colour: ``#rrggbb``; empty for none.
        parent: number of the tag above; None at the top.
        pictures: number of pictures with a file that have this tag, without those of its child tags.
    """

    id: int
    name: str
    colour: str
    parent: int | None
    pictures: int


class Tags:
    """The tags of a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: contains them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def all(self) -> list[Tag]:
        """Every tag, by name."""
        counts = dict(self._catalog.query("SELECT tag, count(*) FROM picture_tags GROUP BY tag"))
        if self._catalog.query("SELECT count(*) FROM pictures")[0][0] > self._catalog.count():
            for tag, gone in self._catalog.query(
                """SELECT tag, count(*) FROM picture_tags WHERE picture IN
                   (SELECT id FROM pictures EXCEPT SELECT picture FROM files) GROUP BY tag"""
            ):
                counts[tag] -= gone
        rows = self._catalog.query("SELECT id, name, colour, parent FROM tags ORDER BY name")
        return [Tag(row[0], row[1], row[2], row[3], counts.get(row[0], 0)) for row in rows]

    def counts_with_descendants(self) -> dict[int, int]:
        """By number of each tag with child tags: the pictures with a file that have it or a descendant of it."""
        import numpy as np

        tops = [row[0] for row in self._catalog.query("SELECT DISTINCT parent FROM tags WHERE parent IS NOT NULL")]
        if not tops:
            return {}
        rows = self._catalog.integers(("tag", "picture"), "FROM picture_tags")
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        files = self._catalog.integers(("picture",), "FROM files")[:, 0]
        there = np.zeros(max(rows[:, 1].max(initial=0), files.max(initial=0)) + 1, bool)
        there[files] = True
        counts = {}
        for top in tops:
            carry = np.zeros(len(there), bool)
            for tag in self.with_descendants(top):
                first, last = np.searchsorted(rows[:, 0], (tag, tag + 1))
                carry[rows[first:last, 1]] = True
            counts[top] = int(np.count_nonzero(carry & there))
        return counts

    def find(self, name: str) -> Tag | None:
        """The tag of this name."""
        rows = self._catalog.query("SELECT id, name, colour, parent FROM tags WHERE name = ?", (_clean(name),))
        if not rows:
            return None
        number, stored, colour, parent = rows[0]
        counted = self._catalog.query(
            """SELECT count(*) FROM picture_tags t
               WHERE tag = ? AND EXISTS (SELECT 1 FROM files f WHERE f.picture = t.picture)""",
            (number,),
        )
        return Tag(number, stored, colour, parent, counted[0][0])

    def create(self, name: str, colour: str | None = None, parent: str | None = None) -> Tag:
        """Create a tag.

        Args:
            name: of the tag.
            colour: ``#rrggbb``.
            parent: name of the parent tag.

        Raises:
            UsageError: a tag of this name exists, the name or colour is not valid, or no such parent.
        """
        name, colour = _clean(name), _clean_colour(colour)
        with self._history.step(f"create tag {short_name(name)}") as step:
            above = self._number(step, parent) if parent is not None else None
            if _number_of(step.database, name) is not None:
                raise name_taken_error("tag", name)
            number = _create(step.database, name, colour, above)
        return Tag(number, name, colour, above, 0)

    def rename(self, name: str, new: str) -> None:
        """Rename a tag. Its refusals move to the new name.

        Raises:
            UsageError: no such tag, or a tag of the new name exists (see :meth:`merge`).
        """
        name, new = _clean(name), _clean(new)
        with self._history.step(f"rename tag {short_name(name)} to {short_name(new)}") as step:
            number = self._number(step, name)
            if new == name:
                return
            if _number_of(step.database, new) is not None:
                raise UsageError(name_taken_error("tag", new).message, "merge the two, or choose another name")
            step.database.execute("UPDATE tags SET name = ? WHERE id = ?", (new, number))
            decisions.move_decisions(step.database, decisions.tag_subject(name), decisions.tag_subject(new))

    def merge(self, source: str, target: str) -> None:
        """Give ``target`` to every picture that has ``source``, then delete ``source``.

        Its child tags, its refusals and its origins move to ``target``.

        Raises:
            UsageError: no such tag, or the two are the same.
        """
        source, target = _clean(source), _clean(target)
        with self._history.step(f"merge tag {short_name(source)} into {short_name(target)}") as step:
            database = step.database
            old, new = self._number(step, source), self._number(step, target)
            if old == new:
                raise UsageError(f"tag {short_name(source)} cannot be merged with itself", "name two tags")
            database.execute(
                """INSERT INTO picture_tags SELECT ?, picture FROM picture_tags WHERE tag = ?
                   ON CONFLICT DO NOTHING""",
                (new, old),
            )
            # If target is a descendant of source, the branch that leads to it moves up to the place of source.
            branch = _ancestors(database, new)
            above = _parent(database, old)
            for (child,) in database.execute("SELECT id FROM tags WHERE parent = ?", (old,)).fetchall():
                database.execute("UPDATE tags SET parent = ? WHERE id = ?", (above if child in branch else new, child))
            decisions.move_decisions(database, decisions.tag_subject(source), decisions.tag_subject(target))
            database.execute(
                "INSERT INTO tag_origins SELECT ?, vec_type FROM tag_origins WHERE tag = ? ON CONFLICT DO NOTHING",
                (new, old),
            )
            _delete(database, old)

    def set_parent(self, name: str, parent: str | None) -> None:
        """Move a tag under another one, or (None) to the top.

        Raises:
            UsageError: no such tag, or the parent is the tag itself or a descendant of it.
        """
        name, parent = _clean(name), _clean(parent) if parent is not None else None
        where = f"under {short_name(parent)}" if parent is not None else "to the top"
        with self._history.step(f"move tag {short_name(name)} {where}") as step:
            number = self._number(step, name)
            above = self._number(step, parent) if parent is not None else None
            if parent is not None and above is not None and number in _ancestors(step.database, above):
                raise UsageError(
                    f"tag {short_name(parent)} is {short_name(name)} itself or is below it",
                    "a tag cannot be its own parent",
                )
            if _parent(step.database, number) != above:
                step.database.execute("UPDATE tags SET parent = ? WHERE id = ?", (above, number))

    def set_colour(self, name: str, colour: str | None) -> None:
        """Set the colour of a tag, ``#rrggbb``, or (None) remove it.

        Raises:
            UsageError: no such tag or colour.
        """
        name, colour = _clean(name), _clean_colour(colour)
        words = (
            f"set the colour of tag {short_name(name)} to {colour}"
            if colour
            else f"remove the colour of tag {short_name(name)}"
        )
        with self._history.step(words) as step:
            number = self._number(step, name)
            step.database.execute("UPDATE tags SET colour = ?1 WHERE id = ?2 AND colour <> ?1", (colour, number))

    def delete(self, name: str) -> None:
        """Delete a tag with its assignments and refusals. Its child tags move up.

        Raises:
            UsageError: no such tag.
        """
        name = _clean(name)
        with self._history.step(f"delete tag {short_name(name)}") as step:
            number = self._number(step, name)
            above = _parent(step.database, number)
            step.database.execute("UPDATE tags SET parent = ? WHERE parent = ?", (above, number))
            decisions.delete_decisions(step.database, decisions.tag_subject(name))
            _delete(step.database, number)

    def add(self, name: str, keys: Iterable[bytes], made_by: str = "") -> int:
        """Tag pictures; the tag is created if it does not exist. Keys unknown to the catalog are ignored.

        Refusals of these pictures for the tag are withdrawn.

        Args:
            name: of the tag.
            keys: of the pictures.
            made_by: the vec type whose answer the pictures come from; empty if none. See :meth:`origins`.

        Returns the number of pictures that did not have it.

        Raises:
            UsageError: the name, or that of the vec type, is not valid.
        """
        name, keys = _clean(name), list(keys)
        made_by = clean_name(made_by, "vec type") if made_by else ""
        with self._history.step(f"tag pictures as {short_name(name)}") as step:
            fill_selection(step.database, keys)
            number = _number_of(step.database, name)
            if number is None:
                number = _create(step.database, name, "", None)
            added = step.database.execute(
                "INSERT INTO picture_tags SELECT ?, picture FROM temp.chosen WHERE true ON CONFLICT DO NOTHING",
                (number,),
            ).rowcount
            if added and made_by:
                step.database.execute("INSERT INTO tag_origins VALUES (?, ?) ON CONFLICT DO NOTHING", (number, made_by))
            decisions.withdraw_refusals(step.database, decisions.tag_subject(name), keys)
            step.name = f"tag {count(added, 'picture')} as {short_name(name)}"
        return added

    def origins(self) -> dict[str, frozenset[str]]:
        """The vec types whose answers gave pictures to a tag, by name of the tag. Others are left out.

        Such tags cannot tell whether that vec type is a good one: it finds its own answers again.
        """
        origins: dict[str, frozenset[str]] = {}
        for name, vec_type in self._catalog.query(
            "SELECT t.name, o.vec_type FROM tag_origins o JOIN tags t ON t.id = o.tag"
        ):
            origins[name] = origins.get(name, frozenset()) | {vec_type}
        return origins

    def names(self) -> list[str]:
        """The names of all tags, without counting their pictures."""
        return [row[0] for row in self._catalog.query("SELECT name FROM tags")]

    def remove(self, name: str, keys: Iterable[bytes]) -> int:
        """Remove a tag from pictures. Returns the number of pictures that had it.

        Raises:
            UsageError: no such tag.
        """
        name = _clean(name)
        with self._history.step(f"remove tag {short_name(name)} from pictures") as step:
            number = self._number(step, name)
            fill_selection(step.database, keys)
            removed = step.database.execute(
                "DELETE FROM picture_tags WHERE tag = ? AND picture IN (SELECT picture FROM temp.chosen)", (number,)
            ).rowcount
            step.name = f"remove tag {short_name(name)} from {count(removed, 'picture')}"
        return removed

    def keys(self, name: str, below: bool = True) -> npt.NDArray[np.bytes_]:
        """Keys of the pictures with a file that have a tag, sorted. Shape (n,), dtype S20.

        Args:
            name: of the tag.
            below: include pictures with a descendant of the tag.

        Raises:
            UsageError: no such tag.
        """
        import numpy as np

        from core.keys import KEY

        tag = self.find(name)
        if tag is None:
            raise no_such_error("tag", _clean(name), self.names())
        numbers = self.with_descendants(tag.id) if below else [tag.id]
        rows = self._catalog.query(
            f"""SELECT key FROM pictures WHERE id IN
                (SELECT picture FROM picture_tags WHERE tag IN ({",".join(map(str, numbers))}))
                AND id IN (SELECT picture FROM files) ORDER BY key"""  # noqa: S608  numbers
        )
        return np.frombuffer(b"".join(chain.from_iterable(rows)), dtype=KEY)

    def with_descendants(self, tag: int) -> list[int]:
        """The numbers of a tag and of all its descendants."""
        rows = self._catalog.query(
            """WITH RECURSIVE branch(id) AS
               (SELECT ? UNION SELECT t.id FROM tags t JOIN branch b ON t.parent = b.id) SELECT id FROM branch""",
            (tag,),
        )
        return [row[0] for row in rows]

    def of(self, picture: int) -> list[str]:
        """The names of a picture's tags, ordered."""
        return self.of_many([picture])[picture]

    def of_many(self, pictures: Sequence[int]) -> dict[int, list[str]]:
        """For each picture number the names of its tags, ordered."""
        by_picture: dict[int, list[str]] = {picture: [] for picture in pictures}
        for start in range(0, len(pictures), 500):
            chunk = pictures[start : start + 500]
            for picture, name in self._catalog.query(
                f"""SELECT p.picture, t.name FROM picture_tags p JOIN tags t ON t.id = p.tag
                    WHERE p.picture IN ({",".join("?" * len(chunk))}) ORDER BY t.name""",  # noqa: S608  marks
                chunk,
            ):
                by_picture[picture].append(name)
        return by_picture

    def _number(self, step: OpenStep, name: str) -> int:
        number = _number_of(step.database, _clean(name))
        if number is None:
            raise no_such_error("tag", _clean(name), self.names())
        return number


def _clean(name: str) -> str:
    return clean_name(name, "tag")


def _clean_colour(colour: str | None) -> str:
    lower = (colour or "").strip().lower()
    if lower and not _COLOUR.fullmatch(lower):
        raise UsageError(f"{short_name(lower)} is not a colour", "write it as #rrggbb, such as #d04a02")
    return lower


def _number_of(database: sqlite3.Connection, name: str) -> int | None:
    row = database.execute("SELECT id FROM tags WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else None


def _create(database: sqlite3.Connection, name: str, colour: str, parent: int | None) -> int:
    cursor = database.execute("INSERT INTO tags (name, colour, parent) VALUES (?, ?, ?)", (name, colour, parent))
    return int(cursor.lastrowid or 0)


def _delete(database: sqlite3.Connection, tag: int) -> None:
    database.execute("DELETE FROM picture_tags WHERE tag = ?", (tag,))
    database.execute("DELETE FROM tag_origins WHERE tag = ?", (tag,))
    database.execute("DELETE FROM tags WHERE id = ?", (tag,))


def _parent(database: sqlite3.Connection, tag: int) -> int | None:
    number: int | None = database.execute("SELECT parent FROM tags WHERE id = ?", (tag,)).fetchone()[0]
    return number


def _ancestors(database: sqlite3.Connection, tag: int) -> set[int]:
    """A tag and all its ancestors."""
    rows = database.execute(
        """WITH RECURSIVE line(id) AS
           (SELECT ? UNION SELECT t.parent FROM tags t JOIN line l ON t.id = l.id WHERE t.parent IS NOT NULL)
           SELECT id FROM line""",
        (tag,),
    )
    return {row[0] for row in rows}
