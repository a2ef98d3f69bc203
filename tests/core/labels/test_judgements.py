"""Judgements of pictures: who said what of which question, and undo."""

from __future__ import annotations

import pytest

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.labels.judgements import JudgedQuestion, Judgement, Judgements
from core.labels.undo import History

PICTURE, TEXT = JudgedQuestion(picture=b"q" * 20), JudgedQuestion(text="a red car: 100 %")


def keys(catalog: Catalog, count: int) -> list[bytes]:
    return [picture.key for picture in catalog.pictures(catalog.picture_ids())][:count]


@pytest.mark.parametrize("question", [PICTURE, TEXT])
def test_what_was_judged_comes_back(catalog: Catalog, question: JudgedQuestion) -> None:
    one, other = keys(catalog, 2)
    Judgements(catalog).judge(question, "Ann: the first", {one: True, other: False})
    found = {judgement.key: judgement for judgement in Judgements(catalog).all()}
    assert found == {
        one: Judgement(question, "Ann: the first", one, True),
        other: Judgement(question, "Ann: the first", other, False),
    }


def test_a_later_judgement_replaces_that_of_the_same_person_only(catalog: Catalog) -> None:
    (one,) = keys(catalog, 1)
    for person, relevant in (("Ann", True), ("Ben", True), ("Ann", False)):
        Judgements(catalog).judge(PICTURE, person, {one: relevant})
    assert {(found.person, found.relevant) for found in Judgements(catalog).all()} == {("Ann", False), ("Ben", True)}
    assert Judgements(catalog).persons() == ["Ann", "Ben"]
    assert [found.person for found in Judgements(catalog).all("Ben")] == ["Ben"]


def test_one_undo_takes_back_what_was_judged_at_once(catalog: Catalog) -> None:
    one, other = keys(catalog, 2)
    Judgements(catalog).judge(PICTURE, "Ann", {one: True})
    before = Judgements(catalog).all()
    Judgements(catalog).judge(PICTURE, "Ann", {one: False, other: True})
    History(catalog).undo()
    assert Judgements(catalog).all() == before
    History(catalog).redo()
    assert {found.key: found.relevant for found in Judgements(catalog).all()} == {one: False, other: True}


def test_forgetting(catalog: Catalog) -> None:
    one, other = keys(catalog, 2)
    Judgements(catalog).judge(PICTURE, "Ann", {one: True, other: False})
    assert Judgements(catalog).forget(PICTURE, "Ann", [one, other]) == 2
    assert Judgements(catalog).all() == []


@pytest.mark.parametrize(
    "subject",
    [
        "judged:",
        "judged:Ann:picture:zz",
        "judged:Ann:picture:00",
        "judged::text:x",
        "x",
        "judged:A%0AB:text:x",  # a name of two lines
        "judged:Ann:text:a b",  # a blank that would be written as %20
        "judged:Ann:text:" + "x" * 2_000,
        "judged:Ann:picture:" + "AB" * 20,  # capitals
        "judged:" + "A" * 300 + ":text:x",
        "judged:%FF:text:x",  # no UTF-8
    ],
)
def test_what_a_stranger_wrote_is_ignored(catalog: Catalog, subject: str) -> None:
    (one,) = keys(catalog, 1)
    with History(catalog).step("strange") as step:
        number = step.database.execute("SELECT id FROM pictures WHERE key = ?", (one,)).fetchone()[0]
        step.database.execute("INSERT INTO decisions VALUES ('relevant', ?, ?, ?, 0)", (subject, number, number))
    assert Judgements(catalog).all() == []


@pytest.mark.parametrize(("person", "text"), [("", "x"), ("Ann", " "), ("Ann", "x" * 2_000)], ids=range(3))
def test_names_and_texts_that_cannot_be_kept_are_refused(catalog: Catalog, person: str, text: str) -> None:
    (one,) = keys(catalog, 1)
    with pytest.raises(UsageError):
        Judgements(catalog).judge(JudgedQuestion(text=text), person, {one: True})


def test_a_question_is_a_picture_or_a_text() -> None:
    for picture, text in ((b"", ""), (b"q" * 20, "x"), (b"short", "")):
        with pytest.raises(ValueError, match=r"picture|key"):
            JudgedQuestion(picture, text)


def test_what_several_persons_said_is_forgotten_in_one_step(catalog: Catalog) -> None:
    one, other = keys(catalog, 2)
    Judgements(catalog).judge(PICTURE, "Ann", {one: True, other: False})
    Judgements(catalog).judge(TEXT, "Ben", {one: False})
    before = Judgements(catalog).all()
    assert Judgements(catalog).forget_all(before) == 3
    assert Judgements(catalog).all() == []
    assert History(catalog).undo() == "forget 3 judgements"
    assert Judgements(catalog).all() == before
    assert Judgements(catalog).forget_all([]) == 0
