"""Duplicates in a project: groups, decisions that last, what may go, going through them and back."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.actions.answer import Answer
from core.actions.copy_groups import CopyGroup, DuplicateKind, Duplicates
from core.actions.definition import Context
from core.actions.duplicate_candidates import default_threshold
from core.actions.duplicate_groups import DuplicateSearch, find_duplicates
from core.actions.duplicate_review import Review
from core.actions.duplicates import DUPLICATES
from core.actions.registry import find as find_action
from core.actions.run import Question
from core.actions.scope import scope
from core.errors import Cancelled, UsageError, VectorsMissing
from core.labels.decisions import DecisionKind as Decision
from core.labels.decisions import Decisions
from core.labels.undo import History
from core.models.catalogue import find
from core.project import Project
from core.vectors import store
from core.vectors.encoder import LocalEncoder
from core.vectors.vec_type import VecType
from tests.duplicates_project import fill, make, paint, row


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with make(tmp_path / "pictures") as opened:
        yield opened


def context_of(project: Project) -> Context:
    return Context(project, LocalEncoder())


def find_in(project: Project, threshold: float = 0.95, reference: str = "", where: tuple[str, ...] = ()) -> Duplicates:
    return find_duplicates(context_of(project), DuplicateSearch("", threshold, reference, where))


def names(project: Project, group: CopyGroup) -> list[tuple[str, bool]]:
    """Path below the collection and whether it stays."""
    start = len(os.fspath(project.folders[0])) + 1
    return [(os.fsdecode(copy.file.path)[start:], copy.keep) for copy in group.copies]


def ask(project: Project, **values: object) -> Answer:
    return Question.of(DUPLICATES, values).ask(context_of(project))


def listed(answer: Answer) -> list[str]:
    return [os.fsdecode(match.path) for group in answer.groups for match in group.matches]


LION = [("masters/lion.png", True), ("web/lion.png", False), ("web/lion-small.png", False)]
CRAB = [("crab.png", True), ("web/crab.jpg", False)]
OWL = [("backup/owl.png", False), ("owl.png", True)]


def test_copies_come_as_groups_the_best_first_with_reasons(project: Project) -> None:
    found = find_in(project)
    groups = [names(project, group) for group in found.groups]
    assert sorted(map(sorted, groups)) == sorted(map(sorted, [LION, CRAB, OWL]))
    assert all(group[0][1] for group in groups)
    (lion,) = (group for group in found.groups if len(group.copies) == 3)
    assert [copy.reason for copy in lion.copies] == [
        "kept: largest, 80 x 60",
        "smaller: 40 x 30 of 80 x 60",
        "smaller: 20 x 15 of 80 x 60",
    ]
    assert [copy.score for copy in lion.copies] == [None, pytest.approx(0.98), pytest.approx(0.97)]
    assert [group.kind for group in found.groups] == [DuplicateKind.BYTES, DuplicateKind.COPIES, DuplicateKind.COPIES]
    assert [group.bytes_to_free for group in found.groups[1:]] == sorted(
        group.bytes_to_free for group in found.groups[1:]
    )[::-1]
    assert (found.vec_type, found.note) == ("effnet-lite0", "")


def test_the_threshold_applies_to_unrounded_scores(project: Project) -> None:
    assert sum(len(group.copies) == 3 for group in find_in(project, 0.969).groups) == 1
    assert sum(len(group.copies) == 3 for group in find_in(project, 0.9701).groups) == 0


def test_the_action_is_registered_and_answers(project: Project) -> None:
    assert find_action("duplicates") is DUPLICATES
    answer = ask(project)
    assert (answer.action, answer.vec_type, len(answer.groups)) == ("duplicates", "effnet-lite0", 3)
    assert {match.remark for group in answer.groups for match in group.matches} > {"same bytes"}
    assert answer.groups[0].name.endswith("to free")


def test_the_rest_never_holds_what_is_kept_or_a_reference(project: Project) -> None:
    answer = ask(project, list="rest", undecided=True)
    rest = {Path(path).relative_to(project.folders[0]).as_posix() for path in listed(answer)}
    assert rest == {"web/lion.png", "web/lion-small.png", "web/crab.jpg", "backup/owl.png"}
    answer = ask(project, list="rest", reference="web:backup", undecided=True)
    rest = {Path(path).relative_to(project.folders[0]).as_posix() for path in listed(answer)}
    assert rest == {"owl.png"}  # masters/lion.png and crab.png are better than what the reference folders have
    assert listed(ask(project, list="marked")) == []


def test_the_rest_holds_no_copy_of_other_bytes_that_nobody_has_decided(project: Project) -> None:
    rest = ask(project, list="rest")
    assert [os.path.basename(path) for path in listed(rest)] == ["owl.png"]
    assert "3 copies with different bytes not decided" in rest.note
    review = Review(project.catalog, find_in(project).groups)
    review.accept(place_of(project, review, "crab.png")[0])
    assert sorted(map(os.path.basename, listed(ask(project, list="rest")))) == ["crab.jpg", "owl.png"]


def test_of_bytes_that_all_may_go_for_another_picture_one_stays_until_somebody_has_looked(project: Project) -> None:
    for name in ("web/again.png", "more.png"):
        shutil.copy2(project.folders[0] / "web" / "lion.png", project.folders[0] / name)
    project.scan()
    rest = {os.path.relpath(path, project.folders[0]) for path in listed(ask(project, list="rest"))}
    assert len(rest & {"web/lion.png", "web/again.png", "more.png"}) == 2
    everything = {
        os.path.relpath(path, project.folders[0]) for path in listed(ask(project, list="rest", undecided=True))
    }
    assert everything > {"web/lion.png", "web/again.png", "more.png"}


def test_without_vectors_the_same_bytes_are_still_found(tmp_path: Path) -> None:
    with make(tmp_path / "pictures", vectors=False) as project:
        found = find_in(project)
        assert [sorted(names(project, group)) for group in found.groups] == [OWL]
        assert (found.vec_type, found.note) == ("", "no vectors yet: files were compared by bytes only")
        owl = os.fsencode(project.folders[0] / "fox.png")
        assert find_in(project, where=(os.fsdecode(owl),)).groups == ()


def test_pictures_without_a_vector_are_still_found_by_their_bytes(project: Project) -> None:
    paint(project.folders[0] / "new.png", 9, (10, 10))
    shutil.copy2(project.folders[0] / "new.png", project.folders[0] / "new2.png")
    project.scan()
    found = find_in(project)
    assert len(found.groups) == 4
    assert "Restart" in found.note


def test_within_a_selection_only_its_pictures_count(project: Project) -> None:
    chosen = tuple(os.fspath(project.folders[0] / name) for name in ("masters/lion.png", "web/lion.png", "fox.png"))
    assert [names(project, group) for group in find_in(project, where=chosen).groups] == [LION[:2]]


def test_one_picture_or_none_alike_is_no_error(tmp_path: Path) -> None:
    paint(tmp_path / "one" / "a.png", 1, (5, 5))
    with Project.open_or_create(tmp_path / "one") as project:
        project.scan()
        fill(project, {"a.png": row(0, 1.0, 0)})
        answer = ask(project)
        assert [(group.name, group.matches) for group in answer.groups] == [("no duplicates", ())]
        assert listed(ask(project, list="rest")) == []


def test_equal_vectors_are_one_group(tmp_path: Path) -> None:
    for number in range(30):
        paint(tmp_path / "same" / f"{number}.png", 1, (80 + 4 * number, 60 + 3 * number))
    with Project.open_or_create(tmp_path / "same") as project:
        project.scan()
        fill(project, {f"{number}.png": row(0, 1.0, 0) for number in range(30)})
        (group,) = find_in(project, 1.0).groups
        assert len(group.copies) == 30
        assert sum(copy.keep for copy in group.copies) == 1


@pytest.mark.parametrize("threshold", ["0.3", "1.01", "nan", "-1", "high"])
def test_a_threshold_out_of_range_is_refused(project: Project, threshold: str) -> None:
    with pytest.raises(UsageError, match="threshold"):
        ask(project, threshold=threshold)


def test_a_reference_folder_that_is_not_there_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="reference: there is no folder nowhere in the project"):
        ask(project, reference="masters:nowhere")


def test_vectors_deleted_meanwhile_are_an_error_that_says_so(project: Project) -> None:
    find_in(project)
    store.delete(project.vectors_folder / "effnet-lite0")
    assert len(find_in(project).groups) == 1
    with pytest.raises(VectorsMissing):
        find_duplicates(context_of(project), DuplicateSearch("effnet-lite0", 0.95))


def test_it_can_be_cancelled(project: Project) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        Question.of(DUPLICATES, {}).ask(Context(project, LocalEncoder(), stop))


def test_files_that_are_gone_are_in_no_group_and_are_said(project: Project) -> None:
    (project.folders[0] / "crab.png").unlink()
    found = find_in(project)
    assert not [group for group in found.groups if ("crab.png", True) in names(project, group)]
    assert "1 file changed or were deleted since the scan" in found.note
    (project.folders[0] / "masters" / "lion.png").unlink()
    found = find_in(project)
    assert LION[0][0] not in states(project, found.groups)
    assert [("web/lion.png", True), ("web/lion-small.png", False)] in [names(project, group) for group in found.groups]
    assert "2 files changed or were deleted since the scan" in found.note


# -- going through them ---------------------------------------------------------------------------------------------


@pytest.fixture
def review(project: Project) -> Review:
    return Review(project.catalog, find_in(project).groups)


def place_of(project: Project, review: Review, name: str) -> tuple[int, int]:
    for position, group in enumerate(review.groups):
        for number, (path, _) in enumerate(names(project, group)):
            if path == name:
                return position, number
    raise AssertionError(name)


def states(project: Project, groups: tuple[CopyGroup, ...]) -> dict[str, tuple[bool, bool]]:
    start = len(os.fspath(project.folders[0])) + 1
    return {os.fsdecode(copy.file.path)[start:]: (copy.keep, copy.decided) for group in groups for copy in group.copies}


def test_what_is_accepted_is_remembered_and_not_asked_again(project: Project, review: Review) -> None:
    for position in range(3):
        review.accept(position)
    assert (review.undecided, review.next_undecided(0), len(review.marked())) == (0, None, 4)
    found = find_in(project)
    assert states(project, found.groups) == states(project, review.groups)
    answer = ask(project)
    assert answer.groups[0].name == "no duplicates"
    assert "3 groups already decided" in answer.note
    assert len(listed(ask(project, list="marked"))) == 4
    assert len(ask(project, list="all").groups) == 3


def test_the_history_calls_each_decision_as_the_review_does(project: Project, review: Review) -> None:
    lion, owl = (place_of(project, review, name)[0] for name in ("masters/lion.png", "owl.png"))
    review.toggle(lion, 1)
    review.make_best(owl, 1)
    review.stack(lion)
    review.make_best(lion, 1)
    review.accept(place_of(project, review, "crab.png")[0])
    review.mark_distinct(place_of(project, review, "crab.png")[0], 1)
    listed = [step.name for step in History(project.catalog).steps(6)]
    undone = [review.undo() for _ in listed]
    assert listed == [step[0] for step in undone if step]
    assert all("file:" not in name for name in listed)


def test_a_decision_survives_a_move_of_the_file(project: Project, review: Review) -> None:
    position, _ = place_of(project, review, "crab.png")
    review.accept(position)
    (project.folders[0] / "crab.png").rename(project.folders[0] / "masters" / "crab.png")
    project.scan()
    assert states(project, find_in(project).groups)["masters/crab.png"] == (True, True)


def test_files_of_the_same_bytes_are_decided_one_by_one(project: Project, review: Review) -> None:
    review.accept(place_of(project, review, "owl.png")[0])
    known = states(project, find_in(project).groups)
    assert sorted(known[name][0] for name in ("owl.png", "backup/owl.png")) == [False, True]
    assert known["owl.png"][1] and known["backup/owl.png"][1]


def test_a_new_copy_opens_a_decided_group_again_for_itself_alone(project: Project, review: Review) -> None:
    review.accept(place_of(project, review, "crab.png")[0])
    shutil.copy2(project.folders[0] / "fox.png", project.folders[0] / "spare.png")
    shutil.copy2(project.folders[0] / "web" / "lion.png", project.folders[0] / "lion-again.png")
    project.scan()
    found = find_in(project)
    known = states(project, found.groups)
    assert known["crab.png"] == (True, True)
    assert known["lion-again.png"] == (False, False)
    assert [group.decided for group in found.groups] == [False, False, False, True]


def test_the_last_one_that_stays_cannot_be_marked(project: Project, review: Review) -> None:
    position, number = place_of(project, review, "masters/lion.png")
    with pytest.raises(UsageError, match="one copy must stay"):
        review.toggle(position, number)
    review.toggle(position, 1)  # kept now
    with pytest.raises(UsageError, match="is kept: has more pixels, 80 x 60"):
        review.toggle(position, number)
    assert [copy.keep for copy in review.groups[position].copies] == [True, True, False]
    position, number = place_of(project, review, "owl.png")
    review.toggle(position, 1 - number)
    review.toggle(position, number)
    known = states(project, find_in(project).groups)
    assert (known["owl.png"], known["backup/owl.png"]) == ((False, True), (True, True))


def test_another_one_is_made_the_best_and_what_holds_more_stays(project: Project) -> None:
    review = Review(project.catalog, find_in(project, 0.96).groups)
    position, number = place_of(project, review, "web/lion.png")
    assert review.make_best(position, number) == 0
    assert names(project, review.groups[position]) == [(*LION[1][:1], True), LION[0], LION[2]]
    assert review.groups[position].copies[1].reason == "kept: has more pixels, 80 x 60"
    known = states(project, find_in(project, 0.96).groups)
    assert (known["web/lion.png"], known["masters/lion.png"]) == ((True, True), (True, False))
    position, number = place_of(project, review, "owl.png")
    review.make_best(position, 1)
    known = states(project, find_in(project, 0.96).groups)
    assert {known["owl.png"], known["backup/owl.png"]} == {(True, True), (False, True)}


def test_a_reference_stays_whatever_is_pressed(project: Project) -> None:
    review = Review(project.catalog, find_in(project, reference="masters").groups)
    position, number = place_of(project, review, "masters/lion.png")
    with pytest.raises(UsageError, match="reference"):
        review.toggle(position, number)
    review.make_best(position, 1)
    assert states(project, review.groups)["masters/lion.png"][0]
    review.accept(position)
    assert Decisions(project.catalog).remembered(Decision.MARKED) == {
        copy.file.key for copy in review.groups[position].copies if copy.file.path.endswith(b"small.png")
    }


def test_what_is_no_duplicate_leaves_its_group_for_ever(project: Project, review: Review) -> None:
    position, number = place_of(project, review, "web/lion.png")
    review.mark_distinct(position, number)
    assert names(project, review.groups[position]) == [LION[0], LION[2]]
    assert "web/lion.png" not in states(project, find_in(project).groups)
    position, number = place_of(project, review, "crab.png")
    review.mark_distinct(position, number)
    assert len(review.groups) == len(find_in(project).groups) == 2
    with pytest.raises(UsageError, match="same bytes"):
        review.mark_distinct(*place_of(project, review, "owl.png"))


def test_everything_is_undone_step_by_step(project: Project, review: Review) -> None:
    before = review.groups
    review.accept(0)
    review.mark_distinct(*place_of(project, review, "crab.png"))
    review.make_best(*place_of(project, review, "web/lion.png"))
    review.toggle(*place_of(project, review, "web/lion-small.png"))
    undone = []
    while (step := review.undo()) is not None:
        undone.append(step[0])
    assert undone == ["keep lion-small.png", "keep lion.png", "not a duplicate: crab.png", undone[3]]
    assert review.groups == before
    assert find_in(project).groups == before
    assert review.undo() is None


def test_what_was_decided_elsewhere_since_is_not_undone_here(project: Project, review: Review) -> None:
    review.accept(0)
    keys = project.catalog.keys().tolist()
    Decisions(project.catalog).remember(Decision.REFUSED, "tag:cat", [bytes(keys[0]).ljust(20, b"\0")])
    with pytest.raises(UsageError, match="another decision was made"):
        review.undo()


def test_the_next_group_to_decide_is_found_around_the_end(review: Review) -> None:
    review.accept(1)
    assert (review.next_undecided(-1), review.next_undecided(0), review.next_undecided(2)) == (0, 2, 0)


def test_marked_files_are_movable_only_while_one_that_stays_is_there(project: Project, review: Review) -> None:
    position, _ = place_of(project, review, "crab.png")
    review.accept(position)
    assert [os.path.basename(file.path) for file in review.movable()] == [b"crab.jpg"]
    (project.folders[0] / "crab.png").unlink()
    assert (review.movable(), len(review.marked())) == ([], 1)


def test_where_nothing_was_measured_of_a_model_the_collection_says_where_to_begin(tmp_path: Path) -> None:
    for number in range(40):
        paint(tmp_path / "kin" / f"{number}.png", number, (60 + number, 50))
    with Project.open_or_create(tmp_path / "kin") as project:
        project.scan()
        fill(project, {f"{number}.png": row(0, 0.96, number) for number in range(40)})
        looked_at = scope(context_of(project), "", "")
        assert default_threshold(looked_at) == find("effnet-lite0").copies_cosine == 0.8
        unknown = replace(looked_at, vec_type=VecType("clip"))
        assert default_threshold(unknown) == pytest.approx(0.96**2, abs=1e-3)
        assert default_threshold(replace(unknown, allowed=np.zeros(40, bool))) == 0.8


def test_random_rows_give_no_groups(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(20):
        paint(tmp_path / "r" / f"{number}.png", number, (5, 5))
    with Project.open_or_create(tmp_path / "r") as project:
        project.scan()
        rows = rng.standard_normal((20, 1280)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        fill(project, {f"{number}.png": rows[number] for number in range(20)})
        assert find_in(project).groups == ()
