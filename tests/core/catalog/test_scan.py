"""Scanning: size and time are a cache, the content is the truth, and every scan can be stopped and repeated."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from core.catalog import scan as scanning
from core.catalog.scan_report import ScanReport
from core.labels.tags import Tags
from tests.core.catalog.catalog_helpers import Collection, content, counts, key

# The cache and the truth


def test_files_that_did_not_change_are_not_opened_again(collection: Collection, opened: list[bytes]) -> None:
    for number in range(3):
        collection.write(f"{number}.png", number)
    assert counts(collection.scan()) == (3, 3, 0, 0)
    assert sorted(opened) == [b"0.png", b"1.png", b"2.png"]
    opened.clear()
    assert counts(collection.scan()) == (3, 0, 0, 0)
    assert opened == []


def test_a_file_that_was_only_touched_is_opened_once_and_is_the_same_picture(
    collection: Collection, opened: list[bytes]
) -> None:
    path = collection.write("a.png", 1)
    collection.scan()
    before = collection.files()
    os.utime(path, (1, 1))
    opened.clear()
    for _ in range(2):
        assert counts(collection.scan()) == (1, 0, 0, 0)
    assert opened == [b"a.png"]
    assert collection.files() == before


@pytest.mark.parametrize("place", ["b.png", "sub/deeper/a.png", "caf\udce9\n.PNG"])
def test_a_picture_that_was_renamed_or_moved_is_the_same_picture(collection: Collection, place: str) -> None:
    path = collection.write("a.png", 1)
    collection.write("other.png", 2)
    collection.scan()
    before = collection.files()[b"a.png"]
    collection.path(place).parent.mkdir(parents=True, exist_ok=True)
    path.rename(collection.path(place))
    assert counts(collection.scan()) == (2, 1, 0, 1)
    assert collection.files()[os.fsencode(place)] == before
    assert len(collection.files()) == 2


def test_a_renamed_folder_takes_its_pictures_along(collection: Collection) -> None:
    for number in range(3):
        collection.write(f"before/{number}.png", number)
    collection.scan()
    before = sorted(collection.files().values())
    collection.path("before").rename(collection.path("after"))
    assert counts(collection.scan()) == (3, 3, 0, 3)
    assert sorted(collection.files().values()) == before
    assert [folder.path for folder in collection.catalog.folders()] == [b"", b"after"]


def test_a_file_that_was_replaced_is_another_picture(collection: Collection) -> None:
    collection.write("a.png", 1)
    collection.scan()
    first = collection.files()[b"a.png"]
    collection.write("a.png", 4)
    assert len(content(4)) == len(content(1))
    assert counts(collection.scan()) == (1, 0, 1, 0)
    second = collection.files()[b"a.png"]
    assert second[0] != first[0]
    assert second[1] == key(4)
    assert collection.catalog.count() == 1


def test_the_same_bytes_at_two_paths_are_one_picture_until_one_of_them_changes(collection: Collection) -> None:
    paths = [collection.write("a.png", 1), collection.write("sub/b.png", 1)]
    report = collection.scan()
    assert (report.files, report.pictures) == (2, 1)
    (number,) = collection.catalog.picture_ids()
    assert collection.catalog.paths(number) == [os.fsencode(path) for path in paths]
    collection.write("a.png", 2)
    assert collection.scan().pictures == 2
    assert collection.catalog.paths(number) == [os.fsencode(paths[1])]
    paths[1].unlink()
    assert collection.scan().pictures == 1


def test_a_picture_that_was_away_comes_back_as_the_one_it_was(collection: Collection) -> None:
    path = collection.write("a.png", 1)
    collection.scan()
    before = collection.files()
    path.unlink()
    assert counts(collection.scan()) == (0, 0, 0, 1)
    assert collection.files() == {}
    assert collection.catalog.count() == 0
    collection.write("a.png", 1)
    collection.scan()
    assert collection.files() == before


class Change:
    """Changes of a folder that a person can make, and the plain dictionary that says what lies there now."""

    NAMES = st.sampled_from(["a.png", "b.png", "d/a.png", "d/e/c.png", "caf\udce9.png"])

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.there: dict[str, int] = {}

    def write(self, name: str, _: str, number: int) -> None:
        self.collection.write(name, number)
        self.there[name] = number

    def remove(self, name: str, *_: object) -> None:
        if self.there.pop(name, None) is not None:
            self.collection.path(name).unlink()

    def rename(self, name: str, other: str, _: int) -> None:
        if name in self.there and name != other:
            self.collection.path(other).parent.mkdir(parents=True, exist_ok=True)
            self.collection.path(name).rename(self.collection.path(other))
            self.there[other] = self.there.pop(name)

    def touch(self, name: str, *_: object) -> None:
        if name in self.there:
            self.collection.write(name, self.there[name])


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25, deadline=None
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["write", "write", "remove", "rename", "touch"]),
            Change.NAMES,
            Change.NAMES,
            st.integers(0, 3),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_whatever_happens_in_the_folder_a_scan_finds_what_is_there(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str, int, bool]]
) -> None:
    collection = Collection(tmp_path_factory.mktemp("changes"))
    change = Change(collection)
    numbers: dict[bytes, int] = {}
    for kind, name, other, number, scanned in (*changes, ("touch", "a.png", "", 0, True)):
        getattr(change, kind)(name, other, number)
        if scanned:
            report = collection.scan()
            assert collection.keys() == {os.fsencode(name): key(number) for name, number in change.there.items()}
            assert (report.files, report.pictures) == (len(change.there), len(set(change.there.values())))
            for number_found, key_found in collection.files().values():
                assert numbers.setdefault(key_found, number_found) == number_found
    collection.catalog.close()


# Names


STEMS = st.binary(min_size=1, max_size=40).filter(lambda name: not {b"/", b"\0"} & {bytes([byte]) for byte in name})


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15, deadline=None
)
@given(st.lists(STEMS, max_size=6, unique=True))
def test_names_of_any_bytes_survive(tmp_path_factory: pytest.TempPathFactory, stems: list[bytes]) -> None:
    collection = Collection(tmp_path_factory.mktemp("names"))
    names = [b"x" + stem + b".png" for stem in stems]
    for number, name in enumerate(names):
        collection.write(name, number)
        collection.write(b"folder " + name + b"/inner.png", number + 100)
    for new in (2 * len(names), 0):
        assert counts(collection.scan()) == (2 * len(names), new, 0, 0)
        assert collection.keys() == {name: key(number) for number, name in enumerate(names)} | {
            b"folder " + name + b"/inner.png": key(number + 100) for number, name in enumerate(names)
        }
    collection.catalog.close()


@pytest.mark.parametrize("name", [b"new\nline.png", b"\x1b[2J.png", b"\xff\xfe.png", b"[red].png", b"\xe2\x80\xae.png"])
def test_a_picture_of_a_strange_name_is_found_by_it(collection: Collection, name: bytes) -> None:
    path = collection.write(name, 1)
    collection.scan()
    found = collection.catalog.by_path(path)
    assert found
    assert (found.path, os.fsencode(found.name)) == (os.fsencode(path), name)


def test_only_what_is_named_like_a_picture_is_opened_and_the_case_does_not_matter(
    collection: Collection, opened: list[bytes]
) -> None:
    for name in ("a.JPG", "b.Tiff", "c.txt", "d", "e.svg", "f.eps", "g.pdf", "png", ".png", "h.png.part"):
        collection.write(name, 1)
    collection.scan()
    assert sorted(opened) == [b"a.JPG", b"b.Tiff"]


def test_hidden_folders_are_not_entered(collection: Collection) -> None:
    collection.write(".thumbnails/a.png", 1)
    collection.write("sub/.git/b.png", 2)
    collection.write("sub/c.png", 3)
    collection.scan()
    assert list(collection.keys()) == [b"sub/c.png"]


# Stopped, crashed, repeated


def test_a_scan_that_is_stopped_removes_nothing_and_the_next_one_goes_on(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, opened: list[bytes]
) -> None:
    monkeypatch.setattr(scanning, "_BATCH", 2)
    collection.write("z-old.png", 99)
    collection.scan()
    collection.path("z-old.png").unlink()
    for number in range(7):
        collection.write(f"{number}.png", number)
    opened.clear()
    stop = threading.Event()
    report = collection.scan(progress=lambda _: stop.set(), stop=stop)
    assert report.stopped
    assert counts(report) == (2, 2, 0, 0)
    assert set(collection.keys()) == {b"0.png", b"1.png", b"z-old.png"}
    assert counts(collection.scan()) == (7, 5, 0, 1)
    assert len(opened) == 7


def test_a_scan_stops_also_where_nothing_is_new(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        collection.write(f"{number}/a.png", number)
    collection.scan()
    collection.path("4/a.png").unlink()
    stop = threading.Event()
    entered: list[bytes] = []
    real = os.scandir

    def scandir(path: bytes) -> object:
        entered.append(path)
        if len(entered) == 3:
            stop.set()
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        report = collection.scan(stop=stop)
    assert (report.stopped, report.removed, len(entered)) == (True, 0, 3)
    assert len(collection.keys()) == 5
    assert counts(collection.scan()) == (4, 0, 0, 1)


def test_a_scan_that_is_stopped_before_it_begins_changes_nothing(collection: Collection) -> None:
    collection.write("a.png", 1)
    collection.scan()
    collection.path("a.png").unlink()
    stop = threading.Event()
    stop.set()
    assert collection.scan(stop=stop).stopped
    assert list(collection.keys()) == [b"a.png"]


def test_a_crash_in_the_middle_keeps_what_was_committed(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, opened: list[bytes]
) -> None:
    monkeypatch.setattr(scanning, "_BATCH", 2)
    for number in range(6):
        collection.write(f"{number}.png", number)

    def crash(report: ScanReport) -> None:
        if report.new == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collection.scan(progress=crash)
    assert len(collection.keys()) == 4
    assert counts(collection.scan()) == (6, 2, 0, 0)
    assert len(opened) == 6


def test_progress_is_told_and_the_last_is_the_whole(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_BATCH", 2)
    for number in range(5):
        collection.write(f"{number}.png", number)
    told: list[tuple[int, int]] = []
    collection.scan(progress=lambda report: told.append((report.files, report.pictures)))
    assert told == [(2, 0), (4, 0), (5, 0), (5, 5)]


# What people decide


def test_labels_follow_the_content_wherever_its_file_goes(collection: Collection) -> None:
    """Renamed, gone for a while, overwritten and brought back: a picture keeps its tags."""
    collection.write("a.png", 1)
    collection.scan()
    tags = Tags(collection.catalog)
    tags.add("cat", [key(1)])
    collection.path("a.png").rename(collection.path("b.png"))
    collection.scan()
    assert tags.keys("cat").tolist() == [key(1)]
    collection.write("b.png", 2)
    collection.scan()
    assert tags.keys("cat").tolist() == []
    collection.write("sub/c.png", 1)
    collection.scan()
    assert tags.keys("cat").tolist() == [key(1)]
    collection.scan(collection.folder / "sub")
    assert tags.keys("cat").tolist() == [key(1)]
    assert [tag.pictures for tag in tags.all()] == [1]


def test_a_scan_keeps_what_exif_says(collection: Collection) -> None:
    exif = Image.Exif()
    exif.update({ExifTags.Base.Make: "Leica"})
    exif.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base.DateTimeOriginal: "1951:02:03 04:05:06"})
    Image.new("RGB", (3, 3)).save(collection.path("a.jpg"), exif=exif)
    collection.write("b.png", 1)
    collection.scan()
    first, second = collection.catalog.pictures(collection.catalog.picture_ids())
    assert (first.taken, first.camera) == ("1951-02-03T04:05:06", "Leica")
    assert (second.taken, second.camera) == ("", "")


def test_files_that_are_not_read_are_counted_by_ending(collection: Collection) -> None:
    collection.write("a/1.jpg", 1)
    for name in (
        "a/x.psd",
        "a/y.PSD",
        "b/z.psd",
        "b/drawing.svg",
        "b/README",
        ".hidden.mp4",
        "a/.DS_Store",
        "a/._1.jpg",
    ):
        path = collection.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"other")
    (collection.folder / ".git").mkdir()
    (collection.folder / ".git" / "object.pack").write_bytes(b"")
    (collection.folder / "c.psd").mkdir()
    (collection.folder / "link.psd").symlink_to(collection.path("a/x.psd"))
    report = collection.scan()
    assert report.not_read == {".psd": 3, ".svg": 1, ".txt": 1, "": 1}
    assert report.not_read_in_words() == "3 .psd, 1 without a usual extension, 1 .svg, 1 .txt"
    assert collection.scan().not_read == report.not_read


def test_every_entry_is_a_picture_or_is_counted(collection: Collection) -> None:
    """The files, links and copies of a folder add up, so that nobody wonders where the rest is."""
    for name, number in (("a.jpg", 1), ("b.jpg", 2), ("copy of a.jpg", 1), ("sub/copy of a.jpg", 1)):
        collection.write(name, number)
    collection.path("x.psd").write_bytes(b"other")
    for name, target in (("link.jpg", "a.jpg"), ("link.psd", "x.psd"), ("folder", "sub"), ("gone.jpg", "nowhere")):
        collection.path(name).symlink_to(collection.path(target))
    collection.path(".hidden").symlink_to(collection.path("a.jpg"))
    for report in (collection.scan(), collection.scan()):
        entries = sum(len(files) + len(folders) for _, folders, files in os.walk(collection.folder))
        hidden, folders = 1, 1
        assert report.pictures + report.copies + sum(report.not_read.values()) + report.links == (
            entries - hidden - folders
        )
        assert report.beside_pictures() == [
            "not read: 1 .psd, 1 .txt",
            "not followed: 4 symbolic links",
            "2 copies: files with the same bytes are one picture",
        ]
    assert collection.scan(follow_links=True).links == 0


def test_endings_that_nobody_has_seen_cost_no_memory_and_steer_no_terminal(collection: Collection) -> None:
    report = ScanReport()
    for number in range(5_000):
        report.pass_over(b"a.%d" % number)
    report.pass_over(b"a.\x1b[2J")
    assert len(report.not_read) <= 1_001
    assert sum(report.not_read.values()) == 5_001
    assert "\x1b" not in "".join(report.not_read)
    assert report.not_read_in_words().count(",") < 8
