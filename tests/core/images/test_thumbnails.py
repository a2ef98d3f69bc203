"""The cache of thumbnails: it saves time when it is there, and costs nothing but time when it is not."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_helpers import apart, encoded, lying, pixels, upright
from PIL import Image

from core.errors import UnreadablePicture
from core.images import thumbnails as thumbnails_module
from core.images.thumbnails import SIDE, Thumbnails

KEY = hashlib.sha1(b"a").digest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "thumbnails.sqlite"


@pytest.fixture
def thumbnails(path: Path) -> Iterator[Thumbnails]:
    with closing(Thumbnails(path)) as opened:
        yield opened


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(encoded(upright(640, 480), "PNG"))
    return tmp_path / "a.png"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were decoded for thumbnails."""
    names: list[str] = []
    real = thumbnails_module.read_picture

    def read_picture(source: Path | io.BytesIO, **options: int) -> Image.Image:
        if isinstance(source, Path):
            names.append(source.name)
        return real(source, **options)

    monkeypatch.setattr(thumbnails_module, "read_picture", read_picture)
    return names


def rows(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT content FROM thumbnails")]


def test_a_thumbnail_is_the_picture_small(thumbnails: Thumbnails, source: Path) -> None:
    small = thumbnails.get(KEY, source)
    assert (small.mode, small.size) == ("RGB", (SIDE, SIDE * 3 // 4))
    assert apart(small, upright(*small.size)) < 2


def test_the_second_time_nothing_is_decoded(thumbnails: Thumbnails, source: Path, decoded: list[str]) -> None:
    first = thumbnails.get(KEY, source)
    second = thumbnails.get(KEY, source)
    assert decoded == ["a.png"]
    assert apart(first, second) < 2


def test_a_thumbnail_outlives_the_app_and_the_file_it_was_made_from(
    path: Path, thumbnails: Thumbnails, source: Path
) -> None:
    first = thumbnails.get(KEY, source)
    thumbnails.close()
    source.unlink()
    with closing(Thumbnails(path)) as again:
        assert apart(again.get(KEY, source), first) < 2


def test_each_picture_has_its_own(thumbnails: Thumbnails, tmp_path: Path) -> None:
    for name, value in (("a", 0), ("b", 250)):
        Image.new("L", (300, 300), value).save(tmp_path / name, "PNG")
    for _ in range(2):
        assert pixels(thumbnails.get(b"a" * 20, tmp_path / "a")).max() < 5
        assert pixels(thumbnails.get(b"b" * 20, tmp_path / "b")).min() > 245


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 500), st.integers(1, 500), st.sampled_from(["PNG", "JPEG"]))
def test_a_thumbnail_fits_keeps_its_proportions_and_is_never_enlarged(width: int, height: int, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Thumbnails(Path(folder) / "cache")) as thumbnails:
        (Path(folder) / "a").write_bytes(encoded(Image.new("L", (width, height)), kind))
        small, again = (thumbnails.get(KEY, Path(folder) / "a") for _ in range(2))
    scale = min(1.0, SIDE / max(width, height))
    assert abs(small.width - width * scale) <= 1
    assert abs(small.height - height * scale) <= 1
    assert max(small.size) <= SIDE
    assert again.size == small.size


def test_a_thumbnail_is_upright_and_on_white(thumbnails: Thumbnails, tmp_path: Path) -> None:
    (tmp_path / "lying.jpg").write_bytes(lying(upright(640, 480), 6, "JPEG", quality=95))
    Image.new("RGBA", (300, 300)).save(tmp_path / "clear.png")
    for _ in range(2):
        assert apart(thumbnails.get(b"l" * 20, tmp_path / "lying.jpg"), upright(SIDE, SIDE * 3 // 4)) < 3
        assert pixels(thumbnails.get(b"c" * 20, tmp_path / "clear.png")).min() == 255


def test_a_picture_that_cannot_be_read_is_tried_again_when_it_is_mended(thumbnails: Thumbnails, source: Path) -> None:
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) // 2])
    for _ in range(2):
        with pytest.raises(UnreadablePicture, match="truncated"):
            thumbnails.get(KEY, source)
    source.write_bytes(whole)
    assert thumbnails.get(KEY, source).width == SIDE


def test_the_first_caches_had_smaller_pictures_and_are_filled_again(path: Path, source: Path) -> None:
    with closing(Thumbnails(path)) as thumbnails:
        thumbnails.get(KEY, source)
        thumbnails.keep_fact(KEY, b"stays")
        thumbnails._database.execute(
            "UPDATE thumbnails SET content = ?", (encoded(Image.new("L", (192, 144)), "JPEG"),)
        )
        thumbnails._database.execute("PRAGMA user_version = 2")
    with closing(Thumbnails(path)) as again:
        assert again.get(KEY, source).width == SIDE
        assert again.fact(KEY) == b"stays"


def test_a_larger_one_is_read_from_the_file_and_not_cached(path: Path, thumbnails: Thumbnails, tmp_path: Path) -> None:
    Image.new("L", (2000, 1500)).save(tmp_path / "large.png")
    assert thumbnails.larger(KEY, tmp_path / "large.png", 1000).width >= 1000
    assert rows(path) == []


def test_deleting_the_file_costs_only_time(path: Path, thumbnails: Thumbnails, source: Path) -> None:
    thumbnails.get(KEY, source)
    for file in path.parent.glob("thumbnails.sqlite*"):
        file.unlink()
    assert thumbnails.get(KEY, source).width == SIDE
    assert thumbnails.get(b"b" * 20, source).width == SIDE
    thumbnails.close()
    with closing(Thumbnails(path)) as again:
        assert again.get(KEY, source).width == SIDE
    assert len(rows(path)) == 1


@pytest.mark.parametrize(
    "content", [b"no database at all", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 4080], ids=["words", "x", "header"]
)
def test_a_damaged_cache_is_replaced(path: Path, source: Path, content: bytes, decoded: list[str]) -> None:
    path.write_bytes(content)
    for _ in range(2):
        with closing(Thumbnails(path)) as thumbnails:
            assert thumbnails.get(KEY, source).width == SIDE
    assert decoded == ["a.png"]
    assert len(rows(path)) == 1


def test_a_cache_that_is_damaged_inside_costs_only_time(path: Path, thumbnails: Thumbnails, source: Path) -> None:
    thumbnails.get(KEY, source)
    thumbnails.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with closing(Thumbnails(path)) as again:
        assert again.get(KEY, source).width == SIDE


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_a_damaged_thumbnail_is_made_anew(
    path: Path, thumbnails: Thumbnails, source: Path, decoded: list[str], content: bytes | None
) -> None:
    thumbnails.get(KEY, source)
    spoilt = content if content is not None else rows(path)[0][:300]
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE thumbnails SET content = ?", (spoilt,))
    for _ in range(2):
        assert thumbnails.get(KEY, source).width == SIDE
    assert decoded == ["a.png", "a.png"]


def test_a_cache_of_another_version_is_made_anew(path: Path, thumbnails: Thumbnails, source: Path) -> None:
    thumbnails.get(KEY, source)
    thumbnails.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 77")
    with closing(Thumbnails(path)) as again:
        assert rows(path) == []
        assert again.get(KEY, source).width == SIDE
        assert len(rows(path)) == 1


def test_where_nothing_may_be_written_thumbnails_are_kept_in_memory(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]], decoded: list[str]
) -> None:
    (own_folder / "a.png").write_bytes(encoded(upright(640, 480), "PNG"))
    own_folder.chmod(0o555)
    with as_ordinary_user(), closing(Thumbnails(own_folder / "thumbnails.sqlite")) as thumbnails:
        for _ in range(2):
            assert thumbnails.get(KEY, own_folder / "a.png").width == SIDE
    assert decoded == ["a.png"]
    assert [file.name for file in own_folder.iterdir()] == ["a.png"]


def test_a_full_disk_costs_only_time(path: Path, thumbnails: Thumbnails, source: Path, decoded: list[str]) -> None:
    thumbnails._database.execute("PRAGMA max_page_count = 1")
    for number in range(4):
        assert thumbnails.get(bytes([number]) * 20, source).width == SIDE
    assert len(decoded) == 4
    assert len(rows(path)) < 4


def test_a_cache_that_another_process_writes_to_is_not_waited_for_in_vain(
    path: Path, thumbnails: Thumbnails, source: Path
) -> None:
    thumbnails._database.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert thumbnails.get(KEY, source).width == SIDE
        other.execute("ROLLBACK")
    thumbnails.get(KEY, source)
    assert len(rows(path)) == 1


def test_two_that_share_a_cache_share_its_thumbnails(
    path: Path, thumbnails: Thumbnails, source: Path, decoded: list[str]
) -> None:
    with closing(Thumbnails(path)) as other:
        other.get(KEY, source)
        thumbnails.get(KEY, source)
    assert decoded == ["a.png"]


def test_threads_share_one_cache(thumbnails: Thumbnails, source: Path, path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = [bytes([number % 8]) * 20 for number in range(40)]
        made = list(pool.map(lambda key: thumbnails.get(key, source), keys))
    assert {picture.size for picture in made} == {(SIDE, SIDE * 3 // 4)}
    assert len(rows(path)) == 8
