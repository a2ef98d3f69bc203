"""What an import says beforehand, and that it then does exactly this."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.catalog.property_types import PropertyType
from core.errors import CatalogError, PictoscopeError, UsageError
from core.importing.options import Options
from core.importing.plan import plan
from core.importing.report import LISTED, Problem, Report
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from tests.core.importing.conftest import Plan, key, labels_of, paint

Write = Callable[..., Path]


@pytest.fixture
def properties(project: Project) -> Properties:
    """One of each type, called like it."""
    properties = Properties(project.catalog)
    for kind in PropertyType:
        choices = ["Paris", "Rome"] if kind in (PropertyType.CHOICE, PropertyType.CHOICES) else []
        properties.define(f"a {kind}", kind, choices)
    return properties


def problems(report: Report) -> list[tuple[int, str]]:
    """Refused lines and why."""
    return [(one.line, one.reason) for one in report.refused.first]


def test_tags_and_values_are_imported_in_one_step(
    project: Project, properties: Properties, done: Plan, table: Write
) -> None:
    file = table(
        "path,tags,a number,a date,a checkbox,a choice,a choices,a text,a url,a colour\n"
        'one/a.png,"cat, old press",1931.5,1931-02,yes,Paris,"Rome, Paris",  hello  ,https://example.org,#D04A02\n'
        'one/b.png,cat,,,no,,,"two\nlines",,\n'
    )
    report = done(file)
    assert labels_of(project) == {
        "one/a.png": (
            ["cat", "old press"],
            {
                "a checkbox": True,
                "a choice": "Paris",
                "a choices": ("Paris", "Rome"),
                "a colour": "#d04a02",
                "a date": "1931-02",
                "a number": 1931.5,
                "a text": "  hello  ",
                "a url": "https://example.org",
            },
        ),
        "one/b.png": (["cat"], {"a checkbox": False, "a text": "two\nlines"}),
    }
    assert (report.lines, report.matched, report.pictures) == (2, 2, 2)
    history = History(project.catalog)
    assert history.steps(1)[0].name == "import 3 tags and 10 values from labels.csv"
    history.undo()
    assert labels_of(project) == {}
    assert Tags(project.catalog).all() == []
    history.redo()
    assert len(labels_of(project)) == 2


def test_of_several_scores_of_a_picture_in_a_group_the_first_counts_and_the_others_are_said(
    project: Project, done: Plan
) -> None:
    lines = ("a.png,best,0.5", "b.png,best,1", "a.png,best,0.5", "a.png,best,0.25", "a.png,best,", "a.png,other,0.25")
    report = done("path,group,score\n" + "".join(f"one/{line}\n" for line in lines), groups=True, skip_bad=True)
    reason = "line 2 gives the same picture another score in this group"
    assert problems(report) == [(5, reason), (6, reason)]
    assert (report.changes.groups.new, report.changes.groups.pictures) == (2, 3)
    a, b = key(project, "one/a.png"), key(project, "one/b.png")
    assert Groups(project.catalog).open("best") == [(a, 0.5), (b, 1.0)]
    assert Groups(project.catalog).open("other") == [(a, 0.25)]


def test_new_tags_that_may_have_been_meant_as_several_are_said(project: Project, look: Plan, done: Plan) -> None:
    report = look('path,tags\none/a.png,cat;dog\none/b.png,"cat;dog, old press, animal|cat"\ntwo/d.png,cat\n')
    assert report.changes.tags.joined == (2, ("animal|cat", "cat;dog"))
    assert "one tag each animal|cat, cat;dog: only commas separate tags" in report.in_words()
    assert report.as_json()["tags"]["joined"] == {"count": 2, "first": ["animal|cat", "cat;dog"]}
    done("path,tags\none/a.png,cat;dog\n")  # who has a tag of that name has chosen it
    assert look("path,tags\none/b.png,cat;dog\n").changes.tags.joined == (0, ())


def test_what_would_change_is_counted_against_what_is_there(
    project: Project, properties: Properties, look: Plan
) -> None:
    a, b = key(project, "one/a.png"), key(project, "one/b.png")
    Tags(project.catalog).add("cat", [a])
    properties.set("a number", [a], 5)
    properties.set("a number", [b], 6)
    properties.set("a choices", [a, b], ("Paris", "Rome"))
    report = look(
        'path,tags,a number,a choices\none/a.png,"cat,dog",5.0,Paris\none/b.png,cat,7,"Rome,Paris"\ntwo/d.png,,8,\n'
    )
    changes = report.changes
    assert (changes.tags.put, changes.tags.there, changes.tags.removed) == (2, 1, 0)
    assert changes.tags.new == (1, ("dog",))
    assert [(one.name, one.set, one.replaced, one.cleared, one.same) for one in changes.values] == [
        ("a number", 2, 1, 0, 1),
        ("a choices", 1, 1, 0, 1),
    ]
    assert labels_of(project)["one/b.png"][1]["a number"] == 6.0


def test_the_same_table_again_changes_nothing_and_is_no_step(
    project: Project, properties: Properties, done: Plan, look: Plan
) -> None:
    content = "path,tags,a number,a date\none/a.png,cat,1,1931\n"
    done(content)
    before = History(project.catalog).steps()
    assert not look(content, tags="replace", clear_empty=True).changes.any
    done(content, tags="replace", clear_empty=True)
    assert History(project.catalog).steps() == before


def test_tags_are_put_beside_those_there_or_in_their_place(project: Project, done: Plan, look: Plan) -> None:
    a, b = key(project, "one/a.png"), key(project, "one/b.png")
    Tags(project.catalog).add("old", [a, b])
    content = "path,tags\none/a.png,new\none/b.png,\n"
    done(content)
    assert labels_of(project) == {"one/a.png": (["new", "old"], {}), "one/b.png": (["old"], {})}
    assert look(content, tags="replace").changes.tags.removed == 1
    done(content, tags="replace")
    assert labels_of(project) == {"one/a.png": (["new"], {}), "one/b.png": (["old"], {})}
    done(content, tags="replace", clear_empty=True)
    assert labels_of(project) == {"one/a.png": (["new"], {})}
    assert History(project.catalog).steps(1)[0].name == "import 1 tag removed from labels.csv"


def test_an_empty_cell_leaves_a_value_as_it_is_unless_it_is_to_be_cleared(
    project: Project, properties: Properties, done: Plan
) -> None:
    properties.set("a number", [key(project, "one/a.png")], 5)
    content = "path,a number\none/a.png,\none/b.png, \n"
    done(content)
    assert labels_of(project) == {"one/a.png": ([], {"a number": 5.0})}
    report = done(content, clear_empty=True)
    assert [(one.set, one.cleared) for one in report.changes.values] == [(0, 1)]
    assert labels_of(project) == {}


def test_cells_that_do_not_parse_stop_the_import_unless_they_are_to_be_left_out(
    project: Project, properties: Properties, look: Plan, done: Plan
) -> None:
    content = (
        "path,tags,a number,a date,a choice,a checkbox\n"
        'one/a.png,cat,"1,5",31.12.1999,Oslo,maybe\n'
        'one/b.png,"""open",7,1931,Paris,1\n'
        "nowhere.png,cat,x,x,x,x\n"
    )
    report = look(content)
    assert [(one.line, one.heading, one.text) for one in report.refused.first] == [
        (2, "a number", "1,5"),
        (2, "a date", "31.12.1999"),
        (2, "a choice", "Oslo"),
        (2, "a checkbox", "maybe"),
        (3, "tags", '"open'),
    ]
    assert report.refused.first[1].reason.startswith("31.12.1999 is not a date (write it as 1931")
    with pytest.raises(PictoscopeError, match="5 cells or lines cannot be imported"):
        done(content)
    assert labels_of(project) == {}
    done(content, skip_bad=True)
    assert labels_of(project) == {
        "one/a.png": (["cat"], {}),
        "one/b.png": ([], {"a checkbox": True, "a choice": "Paris", "a date": "1931", "a number": 7.0}),
    }


def test_pictures_are_named_by_key_else_by_path(project: Project, look: Plan, tmp_path: Path) -> None:
    a, b = key(project, "one/a.png").hex(), key(project, "one/b.png").hex()
    (tmp_path / "table").mkdir()
    file = tmp_path / "table" / "labels.csv"
    file.write_text(
        "Path,KEY,tags\n"
        f"gone.png,{a},x\n"
        f"gone.png,{b.upper()},x\n"
        f"{tmp_path}/one/sub/c.png,,x\n"  # absolute
        "sub/c.png,,x\n"  # below a picture folder
        "../one/./sub/../b.png,,x\n"  # from the table's folder
        "../one/a.png,my own key,x\n"
        "e.png,,x\n"
        f"one/a.png,{'0' * 40},x\n"
        "../../etc/passwd,,x\n"
        ",,x\n"
        ",no key,x\n"
    )
    report = look(file)
    assert (report.lines, report.matched, report.pictures) == (11, 7, 4)
    assert [(one.line, one.reason) for one in report.unmatched.first] == [
        (9, "no picture has this key"),
        (10, "no picture is at this path"),
        (11, "the line names no picture"),
        (12, "this is not a key (40 hexadecimal digits)"),
    ]


def test_a_path_in_several_picture_folders_is_ambiguous_unless_it_begins_at_the_table(
    project: Project, look: Plan, tmp_path: Path
) -> None:
    content = "path,tags\nsame.png,x\n"
    report = look(content)
    assert report.ambiguous.first == [
        Problem(2, "same.png", "this path matches 2 pictures, from several picture folders")
    ]
    (tmp_path / "one" / "labels.csv").write_text(content)
    assert look(tmp_path / "one" / "labels.csv").matched == 1


def test_file_names_are_enough_where_asked_and_unique(project: Project, look: Plan) -> None:
    content = "path,tags\n/other/computer/c.png,x\nd.png,x\nsame.png,x\nnone.png,x\n"
    assert look(content).matched == 1  # two/d.png, by its picture folder
    report = look(content, by="name")
    assert report.matched == 2
    assert [(one.line, one.reason) for one in report.ambiguous.first] == [(4, "2 pictures have this file name")]
    assert [(one.line, one.reason) for one in report.unmatched.first] == [(5, "no picture has this file name")]


def test_letters_that_are_composed_otherwise_are_the_same_name(tmp_path: Path, table: Write) -> None:
    from tests.core.importing.conftest import open_project

    with (
        open_project(tmp_path, ["one/u\u0308ber.png", "one/caf\u00e9.png"]) as project,
        plan(project, table("path,tags\none/\u00fcber.png,x\none/cafe\u0301.png,x\n")) as planned,
    ):
        assert planned.report.matched == 2


def test_keys_are_not_looked_at_where_paths_are_asked_for(project: Project, look: Plan) -> None:
    a = key(project, "one/a.png").hex()
    assert look(f"path,key,tags\none/b.png,{a},x\n", by="path").matched == 1
    assert look(f"key,tags\n{a},x\n", by="path").unmatched.first[0].reason == "the line names no picture"


def test_a_picture_that_has_lost_its_file_is_not_matched(project: Project, look: Plan, tmp_path: Path) -> None:
    a = key(project, "one/a.png").hex()
    (tmp_path / "one" / "a.png").unlink()
    project.scan()
    assert look(f"key,tags\n{a},x\n").unmatched.first[0].reason == "its picture no longer has a file"


def test_a_picture_that_comes_again_has_all_its_tags_and_the_first_of_differing_values(
    project: Project, properties: Properties, look: Plan, done: Plan
) -> None:
    content = (
        "path,tags,a number,a choices,a date\n"
        "one/a.png,cat,1,Paris,\n"
        "one/a.png,dog,1,Rome,1931\n"
        "one/a.png,cat,2,,\n"
        "one/b.png,,,,\n"
    )
    report = look(content, clear_empty=True)
    assert (report.matched, report.pictures) == (4, 2)
    assert [(one.line, one.text, one.reason) for one in report.refused.first] == [
        (4, "2", "line 2 gives the same picture another value")
    ]
    done(content, skip_bad=True, clear_empty=True, tags="replace")
    assert labels_of(project) == {
        "one/a.png": (["cat", "dog"], {"a choices": ("Paris", "Rome"), "a date": "1931", "a number": 1.0})
    }


def test_headings_say_what_is_ignored_and_what_is_not_known(
    project: Project, properties: Properties, look: Plan
) -> None:
    report = look(
        "path,Width,score,date,folder,group,tag,property:a text,remark,property:width,,\n"
        "one/a.png,1,2,3,4,5,cat,hello,r,w,,\n"
    )
    assert report.ignored == ("Width", "score", "date", "folder", "group")
    assert report.unknown == ("remark", "property:width")
    assert report.changes.tags.new == (1, ("cat",))
    assert [one.name for one in report.changes.values] == ["a text"]


def test_unknown_headings_become_properties_where_asked_their_types_guessed(project: Project, done: Plan) -> None:
    lines = [
        "path,year,taken on,seen,mark,mixed,nothing,score,property:tags",
        "one/a.png,1931,1931-02,yes,007,1,,9,t",
        "one/b.png,-2500.5,1931-02-28,no,12,b,,9,t",
    ]
    report = done("\n".join(lines), new_properties=True)
    assert {one.name: one.type for one in Properties(project.catalog).all()} == {
        "mark": "text",
        "mixed": "text",
        "seen": "checkbox",
        "tags": "text",
        "taken on": "date",
        "year": "number",
    }
    assert (report.unknown, report.ignored) == (("nothing",), ("score",))
    assert labels_of(project)["one/a.png"][1] == {
        "mark": "007",
        "mixed": "1",
        "seen": True,
        "tags": "t",
        "taken on": "1931-02",
        "year": 1931.0,
    }
    assert [step.name for step in History(project.catalog).steps()] == ["import 12 values from labels.csv"]
    History(project.catalog).undo()
    assert Properties(project.catalog).all() == []


def test_properties_are_made_of_the_type_that_was_given(project: Project, done: Plan, look: Plan) -> None:
    define = {"year": (PropertyType.TEXT, ()), "place": (PropertyType.CHOICE, ("Rome", "Oslo"))}
    done("path,year,place\none/a.png,1931,Rome\n", define=define)
    assert labels_of(project) == {"one/a.png": ([], {"place": "Rome", "year": "1931"})}
    with pytest.raises(UsageError, match="there is a property year already"):
        look("path,year\none/a.png,1\n", define=define)
    done("path,empty\none/a.png,\n", define={"empty": (PropertyType.TEXT, ())})
    assert History(project.catalog).steps(1)[0].name == "import 1 property from labels.csv"
    with pytest.raises(UsageError, match="no column other"):
        look("path,year\none/a.png,1\n", define={"other": (PropertyType.TEXT, ())})


def test_groups_are_saved_where_asked(project: Project, done: Plan, look: Plan) -> None:
    a, b, d = (key(project, name) for name in ("one/a.png", "one/b.png", "two/d.png"))
    Groups(project.catalog).save("best", [(d, None)])
    content = "path,group,score\none/b.png,new,0.5\none/a.png,new,\none/a.png,best,0.25\ntwo/d.png,best,1\n"
    assert look(content).changes.groups.new == 0
    report = done(content, groups=True)
    assert (report.changes.groups.new, report.changes.groups.grown, report.changes.groups.pictures) == (1, 1, 3)
    assert Groups(project.catalog).open("new") == [(b, 0.5), (a, None)]
    assert Groups(project.catalog).open("best") == [(d, None), (a, 0.25)]
    assert History(project.catalog).steps(1)[0].name == "import 3 group entries from labels.csv"
    assert not look(content, groups=True).changes.any


def test_what_was_refused_for_a_tag_is_refused_no_more(project: Project, done: Plan) -> None:
    a, b = key(project, "one/a.png"), key(project, "one/b.png")
    decisions = Decisions(project.catalog)
    decisions.remember(DecisionKind.REFUSED, "tag:cat", [a, b])
    decisions.remember(DecisionKind.REFUSED, "tag:dog", [a])
    done("path,tags\none/a.png,cat\n")
    assert (decisions.refused("tag:cat"), decisions.refused("tag:dog")) == ({b}, {a})


def test_a_table_of_other_pictures_is_said_to_match_nothing(look: Plan, done: Plan) -> None:
    assert look("path,tags\nx.png,cat\n").unmatched.count == 1
    with pytest.raises(PictoscopeError, match=r"no line of labels\.csv names a picture of this project"):
        done("path,tags\nx.png,cat\n")
    assert done("path,tags\n").lines == 0  # nothing to do, and nothing wrong


def test_others_may_write_between_the_plan_and_its_end(project: Project, properties: Properties, table: Write) -> None:
    a = key(project, "one/a.png")
    with plan(project, table('path,tags,a number\none/a.png,"cat,dog",5\none/b.png,cat,5\n')) as planned:
        assert planned.report.changes.tags.put == 3
        Tags(project.catalog).add("cat", [a])
        properties.set("a number", [a], 5)
        changed = planned.apply()
        assert (changed.tags.put, changed.values_set) == (2, 1)
    assert History(project.catalog).steps(1)[0].name == "import 2 tags and 1 value from labels.csv"
    with plan(project, table("path,a number\none/a.png,6\n")) as planned:
        properties.delete("a number")
        with pytest.raises(UsageError, match="was changed in the meantime"):
            planned.apply()


def test_nobody_waits_while_a_plan_is_open(project: Project, table: Write) -> None:
    project.catalog.query("PRAGMA busy_timeout = 0")
    with plan(project, table("path,tags\none/a.png,cat\n")) as planned:
        Tags(project.catalog).add("dog", [key(project, "one/b.png")])
        with project.catalog.transaction(), pytest.raises(CatalogError, match="being written by another process"):
            planned._catalog.query("PRAGMA busy_timeout = 0")
            planned.apply()
        planned.apply()
    assert len(labels_of(project)) == 2


def test_only_the_first_problems_are_kept(look: Plan) -> None:
    report = look("path,tags\n" + "x.png,cat\n" * 1_000)
    assert (report.unmatched.count, len(report.unmatched.first)) == (1_000, LISTED)
    said = report.in_words(3)
    assert said[1:] == [
        "matched      0 lines",
        "not matched  1,000",
        "             nothing would change",
        "not matched:",
        "  line 2: x.png: no picture is at this path",
        "  line 3: x.png: no picture is at this path",
        "  line 4: x.png: no picture is at this path",
        "  … and 997 more",
    ]


def test_json_lines_hold_typed_values(project: Project, properties: Properties, done: Plan, table: Write) -> None:
    values = {"a number": 5, "a date": 1931, "a checkbox": True, "a choices": ["Rome"], "a text": 1.5, "a url": None}
    lines = [
        {"path": "one/a.png", "tags": ["cat, dog", "x"], "properties": values},
        {"path": "one/b.png", "tags": "cat, dog", "a number": "7"},
        {"path": "two/d.png", "properties": {"a number": True, "a text": {"x": 1}, "a choice": ["Rome"]}},
        [],
        {"path": "two/e.png", "properties": 3},
    ]
    content = "\n".join(map(json.dumps, lines)) + "\n{\n\n" + "[" * 100_000
    report = done(table(content, "a.jsonl"), skip_bad=True)
    assert labels_of(project) == {
        "one/a.png": (
            ["cat, dog", "x"],
            {"a checkbox": True, "a choices": ("Rome",), "a date": "1931", "a number": 5.0, "a text": "1.5"},
        ),
        "one/b.png": (["cat", "dog"], {"a number": 7.0}),
    }
    assert [(one.line, one.heading) for one in report.refused.first] == [
        (3, "a number"),
        (3, "a text"),
        (3, "a choice"),
        (4, ""),
        (5, ""),
        (6, ""),
        (8, ""),
    ]


def test_parquet_of_others_is_read(project: Project, done: Plan, tmp_path: Path) -> None:
    import datetime

    pq.write_table(
        pa.table(
            {
                "path": pa.array(["one/a.png", "one/b.png"]).dictionary_encode(),
                "tags": [["cat"], None],
                "on": [datetime.date(1931, 2, 28), None],
                "at": [datetime.datetime(1931, 2, 28, 12, 30), datetime.datetime(1931, 2, 28)],
                "n": pa.array([1, 2], pa.int8()),
                "a.b": ["x", "y"],
                "a": ["x", "z"],
                "deep": [{"x": 1}, None],
            }
        ),
        tmp_path / "other.parquet",
    )
    report = done(tmp_path / "other.parquet", new_properties=True, skip_bad=True)
    assert labels_of(project)["one/a.png"] == (
        ["cat"],
        {"a": "x", "a.b": "x", "at": "1931-02-28T12:30:00", "n": 1.0, "on": "1931-02-28"},
    )
    assert problems(report) == [(1, "neither text nor a number nor a list of texts")]


def test_an_import_can_be_given_up_while_it_reads(project: Project, table: Write) -> None:
    def stop(lines: int) -> None:
        raise PictoscopeError(f"stopped at {lines}")

    with pytest.raises(PictoscopeError, match="stopped at 2"):
        plan(project, table("path,tags\none/a.png,x\none/b.png,x\n"), Options(), stop)


@pytest.mark.parametrize("spelling", ["NFC", "NFD"])
def test_a_file_name_that_is_composed_in_two_ways_is_one_name(project: Project, look: Plan, spelling: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD"))
    paint(project.folders[0] / composed, 100)
    paint(project.folders[1] / decomposed, 101)
    project.scan()
    content = f"path,tags\n{unicodedata.normalize(spelling, 'é.png')},x\n"
    report = look(content, by="name")
    assert (report.matched, report.ambiguous.count) == (0, 1)
    assert report.ambiguous.first[0].reason == "2 pictures have this file name"
    paint(project.folders[1] / decomposed, 100)  # the same picture under both names
    project.scan()
    assert look(content, by="name").matched == 1
