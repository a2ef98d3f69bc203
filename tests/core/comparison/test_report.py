"""Reports of comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.actions.definition import Context
from core.comparison import report as reports
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.judging_session import JudgingSession
from core.comparison.report import write_report
from core.comparison.report_examples import AT_RANDOM, CHANGED, MOST_DIFFERENT, Examples, examples
from core.errors import AlreadyExists, Cancelled, UsageError
from core.images.outline import DIM
from core.labels.tags import Tags
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.browser import open_page
from tests.core.comparison.compared_projects import (
    keys_in_order,
    make_project,
    rows_by_label,
    store_rows,
    tag_by_label,
)
from tests.core.export.test_sheet import Elements

COUNT = 40
LABELS = [number % 2 for number in range(COUNT)]
NAMES = ["conse", "effnet-lite0", "effnet-lite0+grey"]
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e.png'.replace("/", "")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """40 pictures, two tags, three vec types of which two are a model and its greyscale twin."""
    with make_project(tmp_path / "pictures", COUNT) as made:
        keys = keys_in_order(made)
        tag_by_label(made, keys, LABELS)
        for seed, name in enumerate(NAMES):
            store_rows(made, name, keys, rows_by_label(LABELS, 1.0, seed))
        yield made


def context(project: Project) -> Context:
    return Context(project, LocalEncoder())


def measured(project: Project, *names: str, by: str = "") -> Comparison:
    return compare(context(project), names, by, measures={Measure.LABELS})


def blank(key: bytes) -> np.ndarray:
    return np.zeros(DIM, np.float32)


def shown(found: Comparison, seed: int = 0) -> Examples:
    return examples(found, blank, seed=seed)


def write(project: Project, target: Path, *names: str, by: str = "", replace: bool = False) -> str:
    write_report(context(project), measured(project, *names, by=by), target, replace=replace)
    return target.read_text("utf-8")


def test_all_vec_types_get_the_same_questions_and_a_picture_that_one_finds_alone_is_marked(project: Project) -> None:
    found, labels = shown(measured(project)), labels_by_key(project)
    assert [one.drawn for one in found.questions] == [False] * MOST_DIFFERENT + [True] * AT_RANDOM
    for question in found.questions:
        assert [answer.vec_type for answer in question.answers] == NAMES
        lists = [set(answer.pictures) for answer in question.answers]
        for place, answer in enumerate(question.answers):
            assert len(answer.pictures) == 10 and question.picture not in answer.pictures
            others = set().union(*(one for other, one in enumerate(lists) if other != place))
            assert answer.alone == lists[place] - others
            assert answer.alike == {one for one in lists[place] if labels[one] == labels[question.picture]}


def labels_by_key(project: Project) -> list[int]:
    """The label of each picture, in the order of the keys."""
    return [label for _, label in sorted(zip(keys_in_order(project), LABELS, strict=True))]


def test_the_questions_are_those_where_they_differ_most(project: Project) -> None:
    found = measured(project)
    shares = np.mean(list(found.agreement.changed.values()), axis=0)
    asked = [one.share for one in shown(found).questions if not one.drawn]
    assert asked == sorted(shares)[:MOST_DIFFERENT]


def test_a_model_and_its_greyscale_twin_are_set_against_each_other(project: Project) -> None:
    (change,) = shown(measured(project)).greyscale
    assert (change.colour, change.grey, len(change.examples)) == ("effnet-lite0", "effnet-lite0+grey", CHANGED)
    assert [one.share for one in change.examples] == sorted(one.share for one in change.examples)
    assert [[answer.vec_type for answer in one.answers] for one in change.examples] == [NAMES[1:]] * CHANGED
    assert shown(measured(project, *NAMES[:2])).greyscale == ()


def test_near_copies_of_a_question_are_no_answer(project: Project) -> None:
    rows = rows_by_label(LABELS, 1.0, 7)
    rows[1] = rows[0]
    store_rows(project, "conse+grey", keys_in_order(project), rows)

    def alike(key: bytes) -> np.ndarray:
        outline = np.zeros(DIM, np.float32)
        outline[0] = 1
        return outline

    found = compare(context(project), ["conse+grey"], "none", measures=set())
    first, second = np.searchsorted(found.common.keys, np.array(keys_in_order(project)[:2]))
    for seed in range(40):
        for question in examples(found, alike, seed=seed).questions:
            if question.picture in (first, second):
                assert not {int(first), int(second)} & set(question.answers[0].pictures)
                return
    raise AssertionError("the copies were never drawn")


def test_a_browser_shows_the_report_without_complaint(project: Project, tmp_path: Path) -> None:
    write(project, tmp_path / "r.html")
    with open_page(tmp_path / "r.html", tmp_path / "profile") as page:
        assert page.complaints == []
        assert page.requests == [(tmp_path / "r.html").as_uri()]
        assert page.pictures_not_shown() == []
        pictures = (MOST_DIFFERENT + AT_RANDOM) * (1 + 10 * len(NAMES)) + CHANGED * (1 + 2 * 5)
        assert page.evaluate("document.images.length") == pictures
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("[...document.querySelectorAll('.bar')].every(bar => bar.getBoundingClientRect().width)")
        for dark in (False, True):
            page.is_dark(dark)
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
                "rgb(20, 23, 26)" if dark else "rgb(255, 255, 255)"
            )
        page.ask("Emulation.setEmulatedMedia", media="print", features=[page.scheme(True)])
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_narrow_window_does_not_cut_the_report(project: Project, tmp_path: Path) -> None:
    write(project, tmp_path / "r.html")
    with open_page(tmp_path / "r.html", tmp_path / "profile", (500, 800)) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_says_what_was_measured_and_needs_no_script_or_network(project: Project, tmp_path: Path) -> None:
    page = write(project, tmp_path / "r.html")
    for words in ("MAP@R", "95", "randomisation", "Musgrave", "in common", "only here", "by chance", "find"):
        assert words in page
    assert not re.search(r"https?://|<script|<link|url\(", page)
    elements = Elements(page)
    text = "".join(elements.texts)
    assert "only here marks a picture that no other of these vec types has among its ten. ✓ marks a picture" in text
    assert all(attributes["alt"] for tag, attributes in elements.tags if tag == "img")
    assert [tag for tag, _ in elements.tags].count("h1") == 1


def test_judgements_stand_in_it(project: Project, tmp_path: Path) -> None:
    pair = NAMES[0], NAMES[2]
    assert "By judgements" not in write(project, tmp_path / "before.html", *pair)
    session = JudgingSession.open(context(project), pair, "<Ann>")
    for _ in range(3):
        session.judge(session.to_judge[:1])
    text = "".join(Elements(write(project, tmp_path / "after.html", *pair)).texts)
    assert "By judgements" in text and "3 questions" in text and "by <Ann>" in text and "open" in text


def test_names_of_files_tags_and_the_project_are_shown_literally(project: Project, tmp_path: Path) -> None:
    for path in sorted(project.folders[0].glob("*.png")):
        path.rename(path.with_name(f"{path.stem}{HOSTILE}"))
    project.scan()
    Tags(project.catalog).rename("label 0", "<i onclick=alert(3)>")
    project.update_settings(lambda settings: type(settings)(**{**vars(settings), "name": "<u>\u202e"}))
    elements = Elements(write(project, tmp_path / "r.html"))
    assert not {"script", "i", "u"} & {tag for tag, _ in elements.tags}
    assert not [name for _, attributes in elements.tags for name in attributes if name.startswith("on")]
    assert "Which vectors suit <u>\\u202e?" in elements.texts
    assert any('"><img src=x onerror=alert(1)>' in text for text in elements.texts)
    with open_page(tmp_path / "r.html", tmp_path / "profile") as page:
        assert page.complaints == [] and page.pictures_not_shown() == []


def test_a_picture_that_cannot_be_read_says_why(project: Project, tmp_path: Path) -> None:
    found = measured(project)
    for path in project.folders[0].glob("*.png"):
        path.write_bytes(b"no picture")
    (project.path / "thumbnails.sqlite").unlink(missing_ok=True)
    with Project(project.path) as again:
        write_report(context(again), found, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "<img" not in page and 'class="none"' in page


def test_one_vec_type_and_no_labels_make_a_report_too(project: Project, tmp_path: Path) -> None:
    page = write(project, tmp_path / "r.html", "conse", by="none")
    assert "only conse was measured" in page and "only here" not in page
    assert page.count("<article>") == MOST_DIFFERENT + AT_RANDOM


def test_two_pictures_make_a_report(tmp_path: Path) -> None:
    with make_project(tmp_path / "few", 2) as few:
        for name in NAMES[:2]:
            store_rows(few, name, keys_in_order(few), rows_by_label([0, 1], 1.0))
        page = write(few, tmp_path / "r.html", by="none")
    assert page.count("<img") == 2 * (1 + 2)


def test_its_size_is_bounded_whatever_the_pictures(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (320, 320, 3), np.uint8)
    source = reports.picture_source(Image.fromarray(noise).resize((reports.SIDE,) * 2), reports.MOST_BYTES)
    assert len(source) <= reports.MOST_BYTES * 4 / 3 + 40
    questions, twins = (MOST_DIFFERENT + AT_RANDOM) * (1 + 6 * 10), 3 * CHANGED * (1 + 2 * 5)
    assert (questions + twins) * len(source) < 8_000_000


def test_an_existing_report_is_kept_unless_asked(project: Project, tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("mine")
    with pytest.raises(AlreadyExists):
        write(project, tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text() == "mine"
    assert write(project, tmp_path / "r.html", replace=True) != "mine"
    with pytest.raises(UsageError):
        write(project, tmp_path / "r.pdf")
    with pytest.raises(UsageError):
        write(project, project.path / "r.html")


def test_a_stopped_report_leaves_nothing(project: Project, tmp_path: Path) -> None:
    found, stopped = measured(project), context(project)
    before = sorted(tmp_path.iterdir())
    stopped.stop.set()
    with pytest.raises(Cancelled):
        write_report(stopped, found, tmp_path / "r.html")
    assert sorted(tmp_path.iterdir()) == before
