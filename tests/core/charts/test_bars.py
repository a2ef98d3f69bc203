"""How many pictures each value has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.charts.bars import Bar, Chart, chart
from core.errors import UsageError
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from tests.core.export.conftest import ODD_TAG, key


def counted(found: Chart) -> dict[str | None, int]:
    return {bar.name: bar.pictures for bar in found.bars}


def test_a_picture_counts_for_each_of_its_tags_and_those_without_come_last(labelled: Project) -> None:
    found = chart(labelled, "Tag")
    assert counted(found) == {"animal": 3, "Löwe": 1, ODD_TAG: 2, None: 4}
    assert found.bars[-1].name is None and found.label(found.bars[-1]) == "no tag"
    assert (found.by, found.pictures, found.most, found.title) == ("tag", 7, 4, "7 pictures by tag")


def test_saved_groups(labelled: Project) -> None:
    lion, owl = key(labelled, "masters/lion.png"), key(labelled, "owl.png")
    Groups(labelled.catalog).save("b", [(lion, None), (owl, None)])
    Groups(labelled.catalog).save("a", [(lion, None)])
    assert list(counted(chart(labelled, "group")).items()) == [("a", 1), ("b", 2), (None, 5)]


def test_folders_are_named_from_the_one_that_holds_all(labelled: Project) -> None:
    assert set(counted(chart(labelled, "folder"))) == {".", "masters", "web"}


def test_a_filter_chooses_the_pictures(labelled: Project) -> None:
    found = chart(labelled, "tag", where="tag:Löwe")
    assert counted(found) == {"animal": 1, "Löwe": 1, ODD_TAG: 1}
    assert found.title == "1 picture that matches tag:Löwe by tag"


def test_dates_use_the_shortest_span_that_fits(labelled: Project, folder: Path) -> None:
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        os.utime(path, (number * 400 * 86_400, number * 400 * 86_400))
    labelled.scan()
    assert chart(labelled, "date").span == "day"
    assert chart(labelled, "date", "decade").span == "decade"
    assert {"1970s"} <= set(counted(chart(labelled, "date", "decade")))


def test_too_many_days_become_months(project: Project, folder: Path) -> None:
    from PIL import Image

    for number in range(45):
        path = folder / f"day-{number}.png"
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
        os.utime(path, (number * 86_400, number * 86_400))
    project.scan()
    assert chart(project, "date").span == "month"


def test_what_is_no_property_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="there is no property foldr"):
        chart(project, "foldr")
    with pytest.raises(UsageError):
        chart(project, "path")


def test_a_short_chart_joins_the_smallest_and_loses_nobody() -> None:
    bars = (Bar("a", 5), Bar("b", 1), Bar("c", 7), Bar("d", 2), Bar(None, 3))
    whole = Chart("tag", None, "", 18, bars)
    short = whole.shortened(4)
    assert [(bar.name, bar.pictures, bar.joined) for bar in short.bars] == [
        ("a", 5, 1),
        ("c", 7, 1),
        ("", 3, 2),
        (None, 3, 1),
    ]
    assert short.label(short.bars[2]) == "2 others"
    assert whole.shortened(5) is whole
    assert sum(bar.pictures for bar in whole.shortened(2).bars) == 18


def test_the_longest_first() -> None:
    whole = Chart("tag", None, "", 9, (Bar("a", 1), Bar("b", 5), Bar(None, 9)))
    assert [bar.name for bar in whole.sorted().bars] == ["b", "a", None]


def test_hostile_names_are_harmless_labels(labelled: Project) -> None:
    Tags(labelled.catalog).add("\u202eevil", [key(labelled, "owl.png")])
    found = chart(labelled, "tag")
    assert all(found.label(bar).isprintable() for bar in found.bars)
