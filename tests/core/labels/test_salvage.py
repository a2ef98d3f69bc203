"""What people decided outlives the catalog's file."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.filters.saved import SavedFilters
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.salvage import Salvaged, salvage
from core.labels.stacks import Stacks
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from core.rebuild import rebuild_catalog
from tests.core.catalog.catalog_helpers import content, key
from tests.core.labels.label_helpers import KEYS, labels, open_filled


def label(catalog: Catalog, keys: list[bytes]) -> None:
    tags = Tags(catalog)
    tags.create("animal", colour="#aabbcc")
    tags.create("kitten")
    tags.create("cat", parent="animal")
    tags.set_parent("kitten", "cat")  # its parent has a larger number
    tags.add("cat", keys[:2], "clip")
    tags.add("kitten", keys[1:3])
    Groups(catalog).save("best", [(keys[2], 0.1 + 0.2), (keys[0], None)], origin="similar, clip")
    Decisions(catalog).remember(DecisionKind.NOT_DUPLICATE, "", keys[:2])
    Decisions(catalog).remember(DecisionKind.REFUSED, "tag:cat", keys[2:3])
    properties = Properties(catalog)
    properties.define("year", PropertyType.NUMBER)
    properties.define("places", PropertyType.CHOICES, ["Paris", "Rome"])
    properties.set("year", keys[:1], 1931)
    properties.set("places", keys[:2], ("Paris", "Rome"))
    SavedFilters(catalog).save("old cats", "tag:cat year<1935")
    Stacks(catalog).stack([keys[2], keys[0]])


ALL = Salvaged(tags=3, tagged=4, groups=1, grouped=2, decisions=2, properties=2, values=5, filters=1, stacked=2)


def decided(catalog: Catalog) -> object:
    """All labels by key and name: what does not depend on numbers."""
    tags, groups, decisions, properties = Tags(catalog), Groups(catalog), Decisions(catalog), Properties(catalog)
    ids = list(catalog.picture_ids())
    keys = {picture.id: picture.key for picture in catalog.pictures(ids)}
    by_id = {tag.id: tag.name for tag in tags.all()}
    return (
        [(tag.name, tag.colour, by_id.get(tag.parent or 0)) for tag in tags.all()],
        {keys[number]: names for number, names in tags.of_many(ids).items()},
        tags.origins(),
        [(group.name, group.created, group.origin, groups.open(group.name)) for group in groups.all()],
        decisions.not_duplicates(),
        decisions.refused("tag:cat"),
        [(one.name, one.type, one.choices) for one in properties.all()],
        {keys[number]: values for number, values in properties.of_many(ids).items()},
        SavedFilters(catalog).all(),
        Stacks(catalog).all(),
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.png").write_bytes(content(number))
    made = Project.open_or_create(folder)
    made.scan()
    return made


def test_labels_outlive_a_catalog_that_cannot_be_scanned_into(project: Project) -> None:
    keys = [key(number) for number in range(4)]
    with project.catalog.transaction() as database:  # so that the numbers of pictures differ afterwards
        database.execute("INSERT INTO pictures VALUES (77, ?, 1, 1, '', '')", (b"gone from the disk..",))
    label(project.catalog, [*keys[2:], keys[0]])
    before = decided(project.catalog)
    project.close()
    file = project.path / "catalog.sqlite"
    damage(file, "files")
    rebuilt = rebuild_catalog(project)
    assert rebuilt
    assert rebuilt.salvaged == ALL
    assert str(rebuilt.salvaged) == (
        "3 tags on 4 pictures, 1 group of 2 pictures, 2 decisions, 2 properties with 5 values, 1 saved filter, "
        "2 pictures in stacks"
    )
    with project:
        assert project.scan().new == 4
        assert decided(project.catalog) == before
        assert project.catalog.query("PRAGMA foreign_key_check") == []
        assert History(project.catalog).undo() is None  # nobody would want to take this back


def test_what_was_only_in_the_log_of_a_killed_program_is_kept(project: Project) -> None:
    """A kill leaves the latest changes in the write-ahead log."""
    keys = [key(number) for number in range(4)]
    label(project.catalog, keys)
    before = decided(project.catalog)
    file = project.path / "catalog.sqlite"
    log = file.with_name("catalog.sqlite-wal")
    main, rest = file.read_bytes(), log.read_bytes()
    assert rest
    project.close()
    file.write_bytes(main)
    log.write_bytes(rest)
    rebuilt = rebuild_catalog(project)
    assert rebuilt
    assert rebuilt.salvaged == ALL
    with project:
        project.scan()
        assert decided(project.catalog) == before


def test_a_table_that_is_damaged_costs_itself_only(tmp_path: Path) -> None:
    with open_filled(tmp_path) as catalog:
        label(catalog, KEYS)
        before = labels(catalog)
    damage(tmp_path / "catalog.sqlite", "saved_group_pictures")
    with Catalog(tmp_path / "new.sqlite", tmp_path) as fresh:
        found = salvage(tmp_path / "catalog.sqlite", fresh)
        assert (found.grouped, found.tagged, found.decisions, found.values) == (0, 4, 2, 5)
        after = labels(fresh)
        assert {table for table in after if after[table] != before[table]} == {"saved_group_pictures"}


def test_of_a_damaged_table_both_ends_are_kept(tmp_path: Path) -> None:
    with open_filled(tmp_path, 6000) as catalog:
        Tags(catalog).add("all", [row[0] for row in catalog.query("SELECT key FROM pictures")])
    file = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(file)) as database:
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'picture_tags'").fetchone()[0]
        pages = len(file.read_bytes()) // 4096
    whole = file.read_bytes()
    # A page in the middle of the tree: one of the children that its root names.
    start = (root - 1) * 4096
    cells = int.from_bytes(whole[start + 3 : start + 5], "big")
    middle = start + 12 + 2 * (cells // 2)
    child = int.from_bytes(whole[start + int.from_bytes(whole[middle : middle + 2], "big") :][:4], "big")
    assert 1 < child <= pages
    file.write_bytes(whole[: (child - 1) * 4096] + b"\xff" * 4096 + whole[child * 4096 :])
    with Catalog(tmp_path / "new.sqlite", tmp_path) as fresh:
        found = salvage(file, fresh)
        assert 3000 < found.tagged < 6000
        ends = fresh.query("SELECT min(picture), max(picture) FROM picture_tags")
        assert ends == [(1, 6000)]


def test_labels_without_their_pictures_or_owners_are_counted_as_lost(tmp_path: Path) -> None:
    with open_filled(tmp_path) as catalog:
        label(catalog, KEYS)
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)) as database:
        database.execute("INSERT INTO recording VALUES (1)")
        database.execute("DELETE FROM tags WHERE name = 'animal'")
        database.execute("DELETE FROM saved_groups")
        database.execute("DELETE FROM pictures WHERE id = 1")
    with Catalog(tmp_path / "new.sqlite", tmp_path) as fresh:
        found = salvage(tmp_path / "catalog.sqlite", fresh)
        assert found == Salvaged(tags=2, tagged=3, decisions=1, properties=2, values=2, filters=1, stacked=1, lost=8)
        assert [(tag.name, tag.parent is None) for tag in Tags(fresh).all()] == [("cat", True), ("kitten", False)]
        assert fresh.query("PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_damage_a_new_catalog_comes_of_it(tmp_path: Path, seed: int) -> None:
    with open_filled(tmp_path, 200) as catalog:
        label(catalog, KEYS)
        Tags(catalog).add("all", [row[0] for row in catalog.query("SELECT key FROM pictures")])
    file, rng = tmp_path / "catalog.sqlite", random.Random(seed)
    damaged = bytearray(file.read_bytes())
    for _ in range(rng.choice([1, 20, 400])):
        damaged[rng.randrange(100, len(damaged))] = rng.randrange(256)
    file.write_bytes(damaged)
    with Catalog(tmp_path / "new.sqlite", tmp_path) as fresh:
        salvage(file, fresh)
        assert fresh.query("PRAGMA integrity_check") == [("ok",)]
        assert fresh.query("PRAGMA foreign_key_check") == []
    assert file.read_bytes() == bytes(damaged)


def test_a_catalog_from_before_labels_has_none(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as database:
        database.execute("CREATE TABLE pictures (id, key, width, height, format, problem)")
    with Catalog(tmp_path / "new.sqlite", tmp_path) as fresh:
        assert salvage(tmp_path / "old.sqlite", fresh) == Salvaged()
        assert History(fresh).steps() == []


def damage(file: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    whole = file.read_bytes()
    file.write_bytes(whole[: (page - 1) * 4096] + b"\xff" * 4096 + whole[page * 4096 :])
