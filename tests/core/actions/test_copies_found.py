"""Duplicates among real pictures by the built-in model: what is a copy, what is only alike, what rules leave out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core import demo
from core.actions.copy_edge import CopyEdge
from core.actions.copy_groups import CopyGroup, DuplicateKind, Duplicates
from core.actions.definition import Context
from core.actions.duplicate_groups import DuplicateSearch, find_duplicates
from core.actions.duplicate_review import Review
from core.actions.duplicates import DUPLICATES
from core.actions.pair_rules import PairRules
from core.actions.pixel_check import PixelCheck
from core.actions.run import Question
from core.catalog.appearances import measure
from core.catalog.copies import files_of
from core.errors import UsageError
from core.images.read import read_picture
from core.images.turns import Also
from core.models.backend import Model
from core.models.catalogue import find as find_model
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.filled_projects import EFFNET, fill_vectors
from tests.planted_copies import Make as MakeCopy
from tests.planted_copies import cropped, grey, jpeg, scaled, watermarked

CAT = Path(demo.__file__).parent / "pictures" / "photographs" / "cat.jpg"
OWL = CAT.with_name("owl.jpg")
Make = Callable[[dict[str, Image.Image]], Project]

ALL_PAIRS = PairRules()


@pytest.fixture
def collection(tmp_path: Path, quick_effnet: Model) -> Make:
    """Makes a project of named pictures with real vectors."""

    def make(pictures: dict[str, Image.Image]) -> Project:
        for name, picture in pictures.items():
            path = tmp_path / "pictures" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            picture.save(path, quality=90, exif=picture.getexif())
        project = Project.open_or_create(tmp_path / "pictures")
        project.scan()
        fill_vectors(project, quick_effnet, [EFFNET])
        return project

    return make


def find(
    project: Project, threshold: float | None = None, also: tuple[Also, ...] = (), rules: PairRules = ALL_PAIRS
) -> Duplicates:
    return find_duplicates(
        Context(project, LocalEncoder()), DuplicateSearch(threshold=threshold, also=also, rules=rules)
    )


def shown(project: Project, group: CopyGroup) -> dict[str, bool]:
    """Names below the collection, and whether they stay."""
    return {os.path.relpath(os.fsdecode(copy.file.path), project.folders[0]): copy.keep for copy in group.copies}


def named(project: Project, found: Duplicates, kind: DuplicateKind) -> list[set[str]]:
    return [set(shown(project, group)) for group in found.groups if group.kind is kind]


def sign(shape: tuple[int, int, int, int], frame: str = "red") -> Image.Image:
    """A road sign with a pictogram."""
    picture = Image.new("RGB", (240, 220), "white")
    brush = ImageDraw.Draw(picture)
    brush.polygon([(120, 10), (230, 205), (10, 205)], fill="white", outline=frame, width=16)
    brush.ellipse(shape, "black")
    return picture


def taken(picture: Image.Image, camera: str, moment: str) -> Image.Image:
    """The same with EXIF."""
    exif = picture.getexif()
    exif[0x0110] = camera
    exif.get_ifd(0x8769)[0x9003] = moment
    return picture


def test_a_copy_is_found_and_series_are_never_copies(collection: Make) -> None:
    cat = read_picture(CAT)
    signs = {
        f"signs/{number}.png": sign(shape)
        for number, shape in enumerate([(100, 100, 140, 140), (100, 90, 120, 180), (90, 130, 150, 150)])
    }
    with collection(
        {
            "cat.png": cat,
            "web/cat.jpg": jpeg(cat, 60),
            "cut.jpg": cropped(cat, 0.05),
            "owl.png": read_picture(OWL),
            **signs,
        }
    ) as project:
        found = find(project)
        assert named(project, found, DuplicateKind.COPIES) == [{"cat.png", "web/cat.jpg", "cut.jpg"}]
        (copies,) = (group for group in found.groups if group.kind is DuplicateKind.COPIES)
        assert shown(project, copies) == {"cat.png": True, "web/cat.jpg": False, "cut.jpg": False}
        for group in named(project, found, DuplicateKind.ALIKE):
            assert all(name.startswith("signs/") for name in group)
        rest = Question.of(DUPLICATES, {"list": "rest", "undecided": True}).ask(Context(project, LocalEncoder()))
        assert {os.path.basename(match.path) for group in rest.groups for match in group.matches} == {
            b"cat.jpg",
            b"cut.jpg",
        }
        rest = Question.of(DUPLICATES, {"list": "rest"}).ask(Context(project, LocalEncoder()))
        assert [match for group in rest.groups for match in group.matches] == []


@pytest.mark.parametrize("change", [lambda p: scaled(p, 0.25), grey], ids=["small", "grey"])
def test_a_copy_whose_vector_is_far_from_the_original_is_found(collection: Make, change: MakeCopy) -> None:
    hens = read_picture(CAT.with_name("hens.jpg"))
    with collection({"hens.jpg": hens, "same.jpg": change(hens), "owl.jpg": read_picture(OWL)}) as project:
        measure(project.catalog)  # as jobs do
        rows = project.covered(EFFNET).snapshot.rows
        assert (np.sort(rows @ rows.T, axis=None)[:-3] < find_model("effnet-lite0").copies_cosine).all()
        (group,) = find(project).groups
        assert group.kind is DuplicateKind.COPIES
        assert shown(project, group) == {"hens.jpg": True, "same.jpg": False}
        assert named(project, find(project, 0.8), DuplicateKind.COPIES) == []  # as asked for


def test_a_grey_copy_is_found_where_the_colours_of_the_original_are_balanced(collection: Make) -> None:
    colours = np.asarray(read_picture(CAT.with_name("dog.jpg"))).astype(float)
    for _ in range(6):  # as cameras do it: the mean becomes grey
        means = colours.mean(axis=(0, 1))
        colours = np.clip(colours * means.mean() / means, 0, 255)
    dog = Image.fromarray(colours.round().astype(np.uint8))
    with collection({"dog.jpg": dog, "grey.jpg": dog.convert("L"), "owl.jpg": read_picture(OWL)}) as project:
        measure(project.catalog)
        (group,) = find(project).groups
        assert shown(project, group) == {"dog.jpg": True, "grey.jpg": False}


def test_what_is_nearly_alike_comes_apart_and_goes_only_when_a_person_says_so(collection: Make) -> None:
    cat = read_picture(CAT)
    with collection({"cat.jpg": cat, "marked.jpg": watermarked(cat, 0.8), "owl.png": read_picture(OWL)}) as project:
        found = find(project)
        assert named(project, found, DuplicateKind.ALIKE) == [{"cat.jpg", "marked.jpg"}]
        assert named(project, found, DuplicateKind.COPIES) == []
        (group,) = found.groups
        assert all(copy.keep for copy in group.copies)
        answer = Question.of(DUPLICATES, {}).ask(Context(project, LocalEncoder()))
        assert [group["kind"] for group in answer.to_json()["groups"]] == ["nearly alike"]
        assert answer.groups[0].name == "2 pictures nearly alike"
        review = Review(project.catalog, found.groups)
        review.toggle(0, 1)
        assert len(review.marked()) == 1
        assert find(project).groups[0].kind is DuplicateKind.ALIKE


@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_colours_are_not_given_up_for_a_grey_copy_whatever_its_file_could_hold(collection: Make, zoom: float) -> None:
    cat = read_picture(CAT)
    grey = scaled(cat.convert("L").convert("RGB"), zoom)
    with collection({"colour.jpg": cat, "grey.png": grey}) as project:
        files = files_of(project.catalog, project.catalog.keys().tolist())
        named_files = {os.path.basename(file.path): file for (file,) in files.values()}
        colour, plain = named_files[b"colour.jpg"], named_files[b"grey.png"]
        edge = CopyEdge(PixelCheck(project.thumbnails, files))
        assert edge.same(colour, plain)
        for _ in range(2):  # the second time from what was compared
            assert edge.why_not(plain, colour) == "has colours, and the best copy is grey"
            assert edge.why_not(colour, plain) == ""


def logo(words: str, ink: tuple[int, int, int], zoom: float = 1.0) -> Image.Image:
    """Bars and words on a transparent ground."""
    drawing = Image.new("RGBA", (400, 300), (255, 255, 255, 0))
    pen = ImageDraw.Draw(drawing)
    for number in range(9):
        shade = tuple(part // 2 for part in ink) if ink[0] < 128 else (20 * number, 90, 200 - 20 * number)
        pen.rectangle((20 + 40 * number, 9 * number, 45 + 40 * number, 120 + 9 * number), fill=(*shade, 255))
    pen.text((30, 220), words, fill=(*ink, 255), font_size=40)
    return drawing.resize((round(400 * zoom), round(300 * zoom)), Image.Resampling.LANCZOS)


def test_white_words_on_a_transparent_ground_are_seen(collection: Make) -> None:
    white, black = (255, 255, 255), (0, 0, 0)
    pictures = {
        "winter.png": logo("Winter 1931", white),
        "winter-large.png": logo("Winter 1931", white, 1.5),
        "summer.png": logo("Summer 1937", white),
        "none.png": logo("", white),
        "black.png": logo("Winter 1931", black),
        "black-large.png": logo("Winter 1931", black, 1.5),
    }
    with collection(pictures) as project:
        files = files_of(project.catalog, project.catalog.keys().tolist())
        key = {os.path.basename(file.path).decode(): file.key for (file,) in files.values()}
        check = PixelCheck(project.thumbnails, files)
        assert check.same(key["winter.png"], key["winter-large.png"])
        assert check.same(key["black.png"], key["black-large.png"])  # nothing of them is seen on black
        for other in ("summer.png", "none.png"):
            assert not check.same(key["winter.png"], key[other])


def test_the_picture_that_shows_more_is_not_given_up_for_a_larger_part_of_it(collection: Make) -> None:
    cat = read_picture(CAT)
    with collection({"whole.png": cat, "part.png": scaled(cropped(cat, 0.08), 1.5)}) as project:
        (group,) = find(project).groups
        assert (group.kind, shown(project, group)["whole.png"]) == (DuplicateKind.COPIES, True)
        best = group.copies[0]
        reasons = {copy.reason for copy in group.copies if copy is not best and copy.keep}
        assert os.path.basename(best.file.path) == b"part.png"
        assert reasons == {"kept: shows more at its edges"}


def test_turned_and_cut_copies_are_found_when_they_are_asked_for(collection: Make) -> None:
    cat, owl = read_picture(CAT), read_picture(OWL)
    pictures = {
        "cat.png": cat,
        "mirror.jpg": cat.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "turned.jpg": cat.rotate(90, expand=True),
        "owl.png": owl,
        "part.jpg": cropped(owl, 0.3),
    }
    with collection(pictures) as project:
        assert named(project, find(project), DuplicateKind.COPIES) == []
        mirrored = named(project, find(project, also=(Also.MIRRORED,)), DuplicateKind.COPIES)
        assert mirrored == [{"cat.png", "mirror.jpg"}]
        both = named(project, find(project, also=(Also.MIRRORED, Also.ROTATED)), DuplicateKind.COPIES)
        assert both == [{"cat.png", "mirror.jpg", "turned.jpg"}]
        assert named(project, find(project, also=(Also.CROPPED,)), DuplicateKind.COPIES) == [{"owl.png", "part.jpg"}]


def test_pairs_of_one_folder_and_of_one_burst_are_left_out_by_rule(collection: Make) -> None:
    cat, owl = read_picture(CAT), read_picture(OWL)
    pictures = {
        "here/cat.png": cat,
        "here/cat.jpg": jpeg(cat, 80),
        "there/owl.jpg": taken(owl, "Canon", "2025:01:01 10:00:00"),
        "back/owl.jpg": taken(jpeg(owl, 70), "Canon", "2025:01:01 10:00:02"),
    }
    with collection(pictures) as project:
        assert len(named(project, find(project), DuplicateKind.COPIES)) == 2
        apart = named(project, find(project, rules=PairRules(same_folder=True)), DuplicateKind.COPIES)
        assert apart == [{"there/owl.jpg", "back/owl.jpg"}]
        assert named(project, find(project, rules=PairRules(burst=2)), DuplicateKind.COPIES) == [
            {"here/cat.png", "here/cat.jpg"}
        ]
        assert len(named(project, find(project, rules=PairRules(burst=1)), DuplicateKind.COPIES)) == 2
        assert find(project, rules=PairRules(same_folder=True, burst=9)).groups == ()


def test_files_of_the_same_bytes_in_one_folder_are_left_out_by_rule_too(collection: Make) -> None:
    with collection({"here/cat.png": read_picture(CAT)}) as project:
        shutil.copy2(project.folders[0] / "here" / "cat.png", project.folders[0] / "here" / "again.png")
        project.scan()
        assert len(find(project).groups) == 1
        assert find(project, rules=PairRules(same_folder=True)).groups == ()
        shutil.copy2(project.folders[0] / "here" / "cat.png", project.folders[0] / "other.png")
        project.scan()
        (group,) = find(project, rules=PairRules(same_folder=True)).groups
        assert set(shown(project, group)) == {"here/again.png", "other.png"}


def test_a_rule_or_a_way_that_is_none_is_refused() -> None:
    for values in ({"ignore": "folder"}, {"ignore": "burst:x"}, {"also": "turned"}, {"also": "mirrored:2"}):
        with pytest.raises(UsageError, match="is not a choice"):
            DUPLICATES.check(values)
    checked = DUPLICATES.check({"ignore": " burst:5, same-folder", "also": "cropped,mirrored"})
    assert (checked.ignore, checked.also) == ("burst:5,same-folder", "cropped,mirrored")
    assert PairRules.parse(checked.ignore) == PairRules(same_folder=True, burst=5)


def test_a_decided_group_asks_only_about_what_has_come_since(collection: Make) -> None:
    cat = read_picture(CAT)
    with collection({"cat.png": cat, "web.jpg": jpeg(cat, 60)}) as project:
        review = Review(project.catalog, find(project).groups)
        review.accept(0)
        shutil.copy2(project.folders[0] / "cat.png", project.folders[0] / "again.png")
        shutil.copy2(project.folders[0] / "web.jpg", project.folders[0] / "web again.jpg")
        project.scan()
        (group,) = find(project).groups
        start = len(os.fspath(project.folders[0])) + 1
        asked = {os.fsdecode(copy.file.path)[start:] for copy in group.copies if not copy.decided}
        assert asked == {"again.png", "web again.jpg"}
        assert shown(project, group)["cat.png"]
