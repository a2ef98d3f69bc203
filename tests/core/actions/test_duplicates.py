"""Duplicates in a project: groups, decisions that last, what may go, going through them and back."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.actions import duplicate_groups as module
from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.duplicate_groups import CopyGroup, Duplicates, find_duplicates
from core.actions.duplicate_review import Review
from core.actions.duplicates import DUPLICATES
from core.actions.registry import find
from core.catalog.decisions import Decisions, Kind
from core.errors import Cancelled, UsageError, VectorsMissing
from core.project import Project
from core.vectors import store
from core.vectors.encoder import LocalEncoder
from tests.duplicates_project import fill, make, paint, row


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with make(tmp_path / "pictures") as opened:
        yield opened


def context_of(project: Project) -> Context:
    return Context(project, LocalEncoder())


def find_in(project: Project, threshold: float = 0.95, reference: str = "", where: tuple[str, ...] = ()) -> Duplicates:
    return find_duplicates(context_of(project), "", threshold, reference, where)


def names(project: Project, group: CopyGroup) -> list[tuple[str, bool]]:
    """Path below the collection and whether it stays."""
    start = len(os.fspath(project.folders[0])) + 1
    return [(os.fsdecode(copy.file.path)[start:], copy.keep) for copy in group.copies]


def ask(project: Project, **values: object) -> Answer:
    return DUPLICATES.answer(context_of(project), values)


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
    assert [group.to_win for group in found.groups] == sorted((group.to_win for group in found.groups), reverse=True)
    assert (found.vec_type, found.note) == ("effnet-lite0", "")


def test_the_threshold_applies_to_unrounded_scores(project: Project) -> None:
    assert sum(len(group.copies) == 3 for group in find_in(project, 0.969).groups) == 1
    assert sum(len(group.copies) == 3 for group in find_in(project, 0.9701).groups) == 0


def test_the_action_is_registered_and_answers(project: Project) -> None:
    assert find("duplicates") is DUPLICATES
    answer = ask(project)
    assert (answer.action, answer.vec_type, len(answer.groups)) == ("duplicates", "effnet-lite0", 3)
    assert {match.remark for group in answer.groups for match in group.matches} > {"same bytes"}
    assert answer.groups[0].name.endswith("to win")


def test_the_rest_never_holds_what_is_kept_or_a_reference(project: Project) -> None:
    rest = {Path(path).relative_to(project.folders[0]).as_posix() for path in listed(ask(project, list="rest"))}
    assert rest == {"web/lion.png", "web/lion-small.png", "web/crab.jpg", "backup/owl.png"}
    answer = ask(project, list="rest", reference="web:backup")
    rest = {Path(path).relative_to(project.folders[0]).as_posix() for path in listed(answer)}
    assert rest == {"owl.png"}  # masters/lion.png and crab.png are better than what the reference folders have
    assert listed(ask(project, list="marked")) == []


def test_without_vectors_the_same_bytes_are_still_found(tmp_path: Path) -> None:
    with make(tmp_path / "pictures", vectors=False) as project:
        found = find_in(project)
        assert [sorted(names(project, group)) for group in found.groups] == [OWL]
        assert (found.vec_type, found.note) == ("", "no vectors yet: only files of the same bytes were looked for")
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
        paint(tmp_path / "same" / f"{number}.png", number, (5, 5))
    with Project.open_or_create(tmp_path / "same") as project:
        project.scan()
        fill(project, {f"{number}.png": row(0, 1.0, 0) for number in range(30)})
        (group,) = find_in(project, 1.0).groups
        assert len(group.copies) == 30
        assert sum(copy.keep for copy in group.copies) == 1


@pytest.mark.parametrize("threshold", ["0.3", "1.01", "nan", "", "high"])
def test_a_threshold_out_of_range_is_refused(project: Project, threshold: str) -> None:
    with pytest.raises(UsageError, match="threshold"):
        ask(project, threshold=threshold)


def test_a_reference_folder_that_is_not_there_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="reference: the project has no folder nowhere"):
        ask(project, reference="masters:nowhere")


def test_vectors_deleted_meanwhile_are_an_error_that_says_so(project: Project) -> None:
    find_in(project)
    store.delete(project.vectors_folder / "effnet-lite0")
    assert len(find_in(project).groups) == 1
    with pytest.raises(VectorsMissing):
        find_duplicates(context_of(project), "effnet-lite0", 0.95, "", "")


def test_it_can_be_cancelled(project: Project) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        DUPLICATES.answer(Context(project, LocalEncoder(), stop), {})


def test_files_that_are_gone_are_judged_by_what_is_known(project: Project) -> None:
    for name in ("crab.png", "web/crab.jpg"):
        (project.folders[0] / name).unlink()
    assert CRAB in [names(project, group) for group in find_in(project).groups]


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
    assert "3 groups decided already" in answer.note
    assert len(listed(ask(project, list="marked"))) == 4
    assert len(ask(project, list="all").groups) == 3


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
    with pytest.raises(UsageError, match="one of them stays"):
        review.toggle(position, number)
    review.toggle(position, 1)  # kept now
    review.toggle(position, number)
    assert [copy.keep for copy in review.groups[position].copies] == [False, True, False]
    known = states(project, find_in(project).groups)
    assert (known["web/lion.png"], known["masters/lion.png"]) == ((True, True), (False, True))


def test_another_one_is_made_the_best(project: Project) -> None:
    review = Review(project.catalog, find_in(project, 0.96).groups)
    position, number = place_of(project, review, "web/lion.png")
    assert review.make_best(position, number) == 0
    assert names(project, review.groups[position]) == [(*LION[1][:1], True), (LION[0][0], False), LION[2]]
    known = states(project, find_in(project, 0.96).groups)
    assert (known["web/lion.png"], known["masters/lion.png"]) == ((True, True), (False, True))
    assert known["web/lion-small.png"] == (True, False)  # its cosine to the one that was chosen is 0.95


def test_a_reference_stays_whatever_is_pressed(project: Project) -> None:
    review = Review(project.catalog, find_in(project, reference="masters").groups)
    position, number = place_of(project, review, "masters/lion.png")
    with pytest.raises(UsageError, match="reference"):
        review.toggle(position, number)
    review.make_best(position, 1)
    assert states(project, review.groups)["masters/lion.png"][0]
    review.accept(position)
    assert Decisions(project.catalog).remembered(Kind.MARKED) == {
        copy.file.key for copy in review.groups[position].copies if copy.file.path.endswith(b"small.png")
    }


def test_what_is_no_duplicate_leaves_its_group_for_ever(project: Project, review: Review) -> None:
    position, number = place_of(project, review, "web/lion.png")
    review.tell_apart(position, number)
    assert names(project, review.groups[position]) == [LION[0], LION[2]]
    assert "web/lion.png" not in states(project, find_in(project).groups)
    position, number = place_of(project, review, "crab.png")
    review.tell_apart(position, number)
    assert len(review.groups) == len(find_in(project).groups) == 2
    with pytest.raises(UsageError, match="same bytes"):
        review.tell_apart(*place_of(project, review, "owl.png"))


def test_everything_is_undone_step_by_step(project: Project, review: Review) -> None:
    before = review.groups
    review.accept(0)
    review.tell_apart(*place_of(project, review, "crab.png"))
    review.make_best(*place_of(project, review, "web/lion.png"))
    review.toggle(*place_of(project, review, "web/lion-small.png"))
    undone = []
    while (step := review.undo()) is not None:
        undone.append(step[0])
    assert undone == ["keep lion-small.png", "keep", "not a duplicate: crab.png", undone[3]]
    assert review.groups == before
    assert find_in(project).groups == before
    assert review.undo() is None


def test_what_was_decided_elsewhere_since_is_not_undone_here(project: Project, review: Review) -> None:
    review.accept(0)
    keys = project.catalog.keys().tolist()
    Decisions(project.catalog).remember(Kind.REFUSED, "tag:cat", [bytes(keys[0]).ljust(20, b"\0")])
    with pytest.raises(UsageError, match="something else"):
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


def test_a_threshold_that_many_random_pairs_reach_is_remarked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SAMPLE", 60)
    for number in range(40):
        paint(tmp_path / "kin" / f"{number}.png", number, (5 + number, 5))
    with Project.open_or_create(tmp_path / "kin") as project:
        project.scan()
        fill(project, {f"{number}.png": row(0, 0.96, number) for number in range(40)})
        assert find_in(project, 0.9).note == "1 of 1 random pairs reaches 0.9: try 0.922"
        assert find_in(project, 0.93).note == ""


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
