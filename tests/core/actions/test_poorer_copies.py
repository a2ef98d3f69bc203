"""The poorer copy goes, never the richer one, and its labels do not go with it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.duplicate_groups import DuplicateSearch, find_duplicates
from core.actions.duplicate_review import Review
from core.actions.duplicates import DUPLICATES
from core.actions.run import Question
from core.catalog.property_types import PropertyType
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.duplicates_project import fill, row

FAULTS = Path(__file__).parents[2] / "faults" / "duplicates"


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], Project]:
    """A folder of ``tests/faults/duplicates`` as a project in which all are near copies of each other."""

    def open_(name: str) -> Project:
        shutil.copytree(FAULTS / name, tmp_path / name)
        if name == "strip":
            os.utime(tmp_path / name / "web.jpg", (978_307_200, 978_307_200))
        project = Project.open_or_create(tmp_path / name)
        project.scan()
        names = sorted(os.listdir(FAULTS / name))
        fill(project, {file: row(0, 0.99, number) for number, file in enumerate(names)})
        return project

    return open_


def ask(project: Project, which: str) -> Answer:
    values = {"list": which, "threshold": 0.9} | ({"undecided": True} if which == "rest" else {})
    return Question.of(DUPLICATES, values).ask(Context(project, LocalEncoder()))


def names(answer: Answer) -> set[str]:
    return {os.path.basename(os.fsdecode(match.path)) for group in answer.groups for match in group.matches}


def reasons(project: Project) -> dict[str, str]:
    return {
        os.path.basename(os.fsdecode(match.path)): match.remark
        for group in ask(project, "all").groups
        for match in group.matches
    }


def key(project: Project, name: str) -> bytes:
    return hashlib.sha1((project.folders[0] / name).read_bytes()).digest()


def review_of(project: Project) -> Review:
    return Review(
        project.catalog,
        find_duplicates(Context(project, LocalEncoder()), DuplicateSearch(threshold=0.9, read=False)).groups,
    )


@pytest.mark.parametrize(
    ("name", "goes"),
    [("anim", set()), ("icons", set()), ("strip", {"web.jpg"}), ("tags", {"small.jpg"}), ("tiffjpeg", {"poor.tif"})],
)
def test_what_goes_is_the_poorer_copy(opened: Callable[[str], Project], name: str, goes: set[str]) -> None:
    with opened(name) as project:
        assert names(ask(project, "rest")) == goes


def test_the_reason_says_what_is_held(opened: Callable[[str], Project]) -> None:
    with opened("strip") as project:
        found = reasons(project)
        assert found["IMG_0042.JPG"] == "kept: has EXIF of a camera (the other has none)"
        assert found["web.jpg"] == "has less: without EXIF of a camera"


@pytest.mark.parametrize("name", ["strip", "tiffjpeg", "anim"])
def test_a_catalog_that_calls_the_poorer_copy_richer_is_not_believed(
    opened: Callable[[str], Project], name: str
) -> None:
    with opened(name) as project:
        rich = {"strip": "IMG_0042.JPG", "tiffjpeg": "original.jpg", "anim": "moving.gif"}[name]
        with project.catalog.transaction() as database:
            kept = "SELECT id FROM pictures WHERE key = ?"
            (number,) = database.execute(kept, (key(project, rich),)).fetchone()
            database.execute("UPDATE richness SET frames = 9, exif = 90, quality = 1000, depth = 16")
            database.execute(
                "UPDATE richness SET frames = 1, exif = 0, notes = 0, camera = 0, taken = 0, place = 0, words = 0, "
                "xmp = 0, iptc = 0, texts = 0, settings = 0, more = 0, later = 0, quality = 1, depth = 8 "
                "WHERE picture = ?",
                (number,),
            )
        assert rich not in names(ask(project, "rest"))
        review = review_of(project)
        for group in range(len(review.groups)):
            review.accept(group)
        assert rich not in {
            os.path.basename(os.fsdecode(file.path)) for file, why_not in review.removable() if not why_not
        }


def test_an_animation_stays_beside_its_still(opened: Callable[[str], Project]) -> None:
    with opened("anim") as project:
        assert "4 frames or pages" in reasons(project)["moving.gif"]


def test_pictures_that_show_nothing_on_white_are_no_duplicates_but_their_copies_are(
    opened: Callable[[str], Project],
) -> None:
    with opened("icons") as project:
        folder = project.folders[0]
        assert "5 pictures of a single colour" in ask(project, "all").note
        shutil.copy2(folder / "house.png", folder / "house-copy.png")
        project.scan()
        assert names(ask(project, "rest")) == {"house.png"}


def test_the_labels_of_a_copy_go_over_when_it_is_marked_and_come_back(opened: Callable[[str], Project]) -> None:
    with opened("tags") as project:
        Tags(project.catalog).add("mine", [key(project, "small.jpg")])
        answer = ask(project, "rest")
        assert names(answer) == set()
        assert "1 file left out: their labels are missing on the kept copy" in answer.note
        assert reasons(project)["small.jpg"].endswith("the kept copy gets tag mine")
        review = review_of(project)
        review.accept(0)
        assert [bytes(one) for one in Tags(project.catalog).keys("mine")] == sorted(
            [key(project, "big.jpg"), key(project, "small.jpg")]
        )
        assert [os.path.basename(file.path) for file in review.movable()] == [b"small.jpg"]
        assert names(ask(project, "marked")) == {"small.jpg"}
        review.undo()
        assert [bytes(one) for one in Tags(project.catalog).keys("mine")] == [key(project, "small.jpg")]
        assert names(ask(project, "marked")) == set()


@pytest.mark.parametrize("work", ["toggle", "make_best"])
def test_labels_go_over_by_every_key_that_marks_in_one_step(opened: Callable[[str], Project], work: str) -> None:
    with opened("tags") as project:
        Tags(project.catalog).add("mine", [key(project, "small.jpg")])
        review = review_of(project)
        steps = len(History(project.catalog).steps())
        if work == "toggle":
            review.toggle(0, 1)  # kept
            review.toggle(0, 1)  # marked
            steps += 1
        else:
            review.make_best(0, 1)  # big.jpg holds more: it stays, and nothing goes over
        assert len(History(project.catalog).steps()) == steps + 1
        expected = {"toggle": 2, "make_best": 1}
        assert len(Tags(project.catalog).keys("mine")) == expected[work]


def test_what_was_labelled_after_it_was_marked_may_not_go_without_its_labels(
    opened: Callable[[str], Project],
) -> None:
    with opened("tags") as project:
        review = review_of(project)
        review.accept(0)
        Tags(project.catalog).add("late", [key(project, "small.jpg")])
        ((_, reason),) = review.removable()
        assert "labels that the other lacks (tag late)" in reason
        assert names(ask(project, "marked")) == set()


def test_copies_with_contradicting_labels_both_stay(opened: Callable[[str], Project]) -> None:
    with opened("tags") as project:
        properties = Properties(project.catalog)
        properties.define("note", PropertyType.TEXT)
        properties.set("note", [key(project, "small.jpg")], "one")
        properties.set("note", [key(project, "big.jpg")], "another")
        assert names(ask(project, "rest")) == set()
        assert reasons(project)["small.jpg"] == "kept: has another value of note"
        review = review_of(project)
        review.accept(0)
        assert Decisions(project.catalog).remembered(DecisionKind.MARKED) == set()


@pytest.mark.parametrize("subject", ["tag:cat", "group:cat"])
def test_what_was_refused_for_the_other_is_not_carried_over(opened: Callable[[str], Project], subject: str) -> None:
    with opened("tags") as project:
        small = key(project, "small.jpg")
        if subject.startswith("tag"):
            Tags(project.catalog).add("cat", [small])
        else:
            Groups(project.catalog).save("cat", [(small, None)])
        Decisions(project.catalog).remember(DecisionKind.REFUSED, subject, [key(project, "big.jpg")])
        assert names(ask(project, "rest")) == set()
        assert (
            reasons(project)["small.jpg"] == f"kept: has {subject.replace(':', ' ')}, which was refused for the other"
        )


def test_a_catalog_of_before_is_looked_at_again_where_it_matters(opened: Callable[[str], Project]) -> None:
    with opened("strip") as project:
        with project.catalog.transaction() as database:
            database.execute("DELETE FROM richness")
        assert names(ask(project, "rest")) == {"web.jpg"}
        assert len(project.catalog.query("SELECT * FROM richness")) == 2
        with project.catalog.transaction() as database:
            database.execute("DELETE FROM richness")
        (project.folders[0] / "IMG_0042.JPG").write_bytes(b"no picture any more")
        assert names(ask(project, "rest")) == set()
