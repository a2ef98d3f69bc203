"""Version 2 of the catalog: labels, the record of changes that undo reads, and tables that filters need.

Labels refer to a picture by its row in ``pictures``. That row and its labels stay when the picture loses all its files.
"""

from __future__ import annotations

# The tables that undo covers: table -> (columns of its primary key, other columns). The triggers below are built from
# it, so all tables except later ones belong to version 2 of the catalog: a later version that changes one of them drops
# its triggers and creates them again.
RECORDED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "tags": (("id",), ("name", "colour", "parent")),
    "picture_tags": (("tag", "picture"), ()),
    "saved_groups": (("id",), ("name", "created", "origin")),
    "saved_group_pictures": (("saved_group", "position"), ("picture", "score")),
    "decisions": (("kind", "subject", "picture", "other"), ("created",)),
    "properties": (("id",), ("name", "type", "choices")),
    "property_values": (("property", "value", "picture"), ()),
    "saved_filters": (("id",), ("name", "line")),
    "stacked": (("picture",), ("stack", "position")),
    "tag_origins": (("tag", "vec_type"), ()),
}
_LATER = ("stacked", "tag_origins")  # tables that came after version 2
# The columns of `changes` that hold a recorded row: as many as the widest table has.
SLOTS = tuple(f"c{number}" for number in range(5))

_TABLES = """
    CREATE TABLE tags (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,         -- NFC, one line
        colour TEXT NOT NULL,              -- #rrggbb; empty for none
        parent INTEGER REFERENCES tags(id)
    );
    CREATE INDEX tags_by_parent ON tags(parent);
    CREATE TABLE picture_tags (
        tag INTEGER NOT NULL REFERENCES tags(id),
        picture INTEGER NOT NULL REFERENCES pictures(id),
        PRIMARY KEY (tag, picture)
    ) WITHOUT ROWID;
    CREATE INDEX picture_tags_by_picture ON picture_tags(picture);
    CREATE TABLE saved_groups (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        created REAL NOT NULL,             -- seconds since 1970
        origin TEXT NOT NULL               -- where it comes from, in words: action, vec type, title
    );
    CREATE TABLE saved_group_pictures (
        saved_group INTEGER NOT NULL REFERENCES saved_groups(id),
        position INTEGER NOT NULL,         -- from 0
        picture INTEGER NOT NULL REFERENCES pictures(id),
        score REAL,
        PRIMARY KEY (saved_group, position)
    ) WITHOUT ROWID;
    CREATE INDEX saved_group_pictures_by_picture ON saved_group_pictures(picture);
    CREATE TABLE decisions (
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,             -- tag:cat, group:posters; empty where the kind needs none
        picture INTEGER NOT NULL REFERENCES pictures(id),
        other INTEGER NOT NULL REFERENCES pictures(id),  -- of a pair the larger number; of one picture itself
        created REAL NOT NULL,
        PRIMARY KEY (kind, subject, picture, other)
    ) WITHOUT ROWID;
    CREATE INDEX decisions_by_picture ON decisions(picture);
    CREATE INDEX decisions_by_other ON decisions(other);
    CREATE TABLE properties (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        choices TEXT NOT NULL              -- JSON list of texts
    );
    CREATE TABLE property_values (
        property INTEGER NOT NULL REFERENCES properties(id),
        value NOT NULL,                    -- REAL for numbers, 0 or 1 for a checkbox, else TEXT
        picture INTEGER NOT NULL REFERENCES pictures(id),
        PRIMARY KEY (property, value, picture)  -- of many choices each is a row
    ) WITHOUT ROWID;
    CREATE INDEX property_values_by_picture ON property_values(picture, property);
    CREATE TABLE saved_filters (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        line TEXT NOT NULL
    );
    CREATE TABLE steps (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        made REAL NOT NULL,                -- seconds since 1970
        undone INTEGER NOT NULL,
        first INTEGER NOT NULL,            -- its rows of changes, from first
        last INTEGER NOT NULL              -- to last
    );
    CREATE TABLE changes (
        number INTEGER PRIMARY KEY,
        step INTEGER NOT NULL,             -- refused where no step is open: nothing goes unrecorded
        source TEXT NOT NULL,              -- table
        inverse TEXT NOT NULL,             -- what takes the change back: insert, update or delete a row
        c0, c1, c2, c3, c4                 -- the row as it was, in the order of RECORDED
    );
    CREATE TABLE recording (
        step INTEGER NOT NULL              -- the step that is open; empty outside of transactions
    );
    CREATE TABLE exif (                    -- pictures whose EXIF says one of these
        picture INTEGER PRIMARY KEY REFERENCES pictures(id),
        taken TEXT NOT NULL,               -- local, 1999-12-31T23:59:59; empty where unknown
        camera TEXT NOT NULL
    );
    CREATE TABLE file_changes (
        number INTEGER NOT NULL            -- grows with every change of files: what is kept in memory knows its age
    );
    INSERT INTO file_changes VALUES (0)"""


def _row(prefix: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{prefix}.{column}" for column in columns)


def _recorder(table: str, event: str, inverse: str, values: str, columns: tuple[str, ...]) -> str:
    into = ", ".join(SLOTS[: len(columns)])
    return (
        f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN "  # noqa: S608  names from RECORDED
        f"INSERT INTO changes (step, source, inverse, {into}) "
        f"VALUES ((SELECT step FROM recording), '{table}', '{inverse}', {values}); END"
    )


def _recorders(table: str) -> list[str]:
    """Triggers that record how to revert each change of ``table``. Rows never change their key."""
    key, others = RECORDED[table]
    triggers = [
        _recorder(table, "INSERT", "delete", _row("new", key), key),
        _recorder(table, "DELETE", "insert", _row("old", key + others), key + others),
        f"CREATE TRIGGER {table}_keyed BEFORE UPDATE OF {', '.join(key)} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, 'the key of a label never changes'); END",
    ]
    if others:
        triggers.append(_recorder(table, "UPDATE", "update", _row("old", key + others), key + others))
    return triggers


_AGE = [
    f"CREATE TRIGGER files_{event.lower()} AFTER {event} ON files BEGIN "  # noqa: S608  three words
    f"UPDATE file_changes SET number = number + 1; END"
    for event in ("INSERT", "UPDATE", "DELETE")
]

_FIRST = [table for table in RECORDED if table not in _LATER]
LABELS = ";\n".join([_TABLES, *(trigger for table in _FIRST for trigger in _recorders(table)), *_AGE])

_STACKED = """
    CREATE TABLE stacked (                 -- a picture is in one stack or in none
        picture INTEGER PRIMARY KEY REFERENCES pictures(id),
        stack INTEGER NOT NULL,            -- its number
        position INTEGER NOT NULL          -- the smallest is on top
    );
    CREATE INDEX stacked_by_stack ON stacked(stack, position)"""
STACKS = ";\n".join([_STACKED, *_recorders("stacked")])

_TAG_ORIGINS = """
    CREATE TABLE tag_origins (             -- the vec types whose answers gave pictures to a tag
        tag INTEGER NOT NULL REFERENCES tags(id),
        vec_type TEXT NOT NULL,
        PRIMARY KEY (tag, vec_type)
    ) WITHOUT ROWID"""
TAG_ORIGINS = ";\n".join([_TAG_ORIGINS, *_recorders("tag_origins")])
