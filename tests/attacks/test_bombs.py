"""Small files that are meant to cost much: refused or read in a moment, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UnreadablePicture
from core.images.decoder_process import DecoderLimits
from core.images.decoders import Decoders
from core.images.identify import Identity
from tests.attacks.bombs import BOMBS, claims, large_drawing
from tests.attacks.seeds import pictures
from tests.attacks.tally import count
from tests.patience import PATIENCE

WORK = 12.0  # seconds of a processor; it is one or two


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(DecoderLimits(seconds=PATIENCE))
    yield made
    made.end()


def outcome(decoders: Decoders, path: Path, content: bytes) -> tuple[str, int]:
    """Identify a file and read it. Returns the reason, if there is one, and the decoder's most bytes of memory."""
    path.write_bytes(content)
    reason = ""
    decoders.identify([path])
    (decoder,) = decoders._living
    try:
        decoders.read_picture(path, at_least=448)
    except UnreadablePicture as error:
        reason = error.message
    assert decoder.is_running()  # refused by our limits or the library's, not by the kernel
    assert processor_seconds(decoder._process.pid) < WORK
    (most,) = [
        line for line in Path(f"/proc/{decoder._process.pid}/status").read_text().splitlines() if "VmHWM" in line
    ]
    count("hostile files tried")
    return reason, int(most.split()[1]) * 1024


def processor_seconds(pid: int) -> float:
    """What a process has taken since it began: another program's load does not count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("name", claims())
def test_a_header_that_claims_65535_pixels_each_way_is_refused_at_once(
    decoders: Decoders, tmp_path: Path, name: str
) -> None:
    reason, memory = outcome(decoders, tmp_path / "a", claims()[name])
    assert reason
    if name not in ("webp", "heif", "avif"):  # whose libraries refuse it first
        assert reason == "too large: 65,535 x 65,535 pixels, the limit is 250,000,000"
    assert memory < 100_000_000


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_unpacks_to_far_more_than_it_is_costs_little(decoders: Decoders, tmp_path: Path, name: str) -> None:
    reason, memory = outcome(decoders, tmp_path / "a", BOMBS[name]())
    assert (reason == "") == (name in READABLE), reason
    assert memory < (1_000_000_000 if name == "bmp-rle" else 100_000_000), memory  # that is as large as they may be


# What is hostile in these does not concern their pixels: they are pictures.
READABLE = {"png-pixels", "png-chunks", "gif-frames", "tiff-strip-length", "tiff-loop", "bmp-rle"}
READABLE |= {"png-text", "png-many-texts", "png-profile", "jpeg-scans"}
READABLE |= {"jpeg-profile", "jpeg-exif-loop", "jpeg-exif-count", "jpeg-exif-deep"}


def test_a_picture_as_large_as_pictures_may_be_is_read(decoders: Decoders, tmp_path: Path) -> None:
    reason, memory = outcome(decoders, tmp_path / "a", large_drawing())
    assert reason == ""
    assert memory < 400_000_000  # 225 million pixels of one byte, strip by strip


def test_truncated_anywhere_it_is_a_picture_or_a_reason(decoders: Decoders, tmp_path: Path) -> None:
    for content in pictures().values():
        for length in sorted({*range(0, min(len(content), 60), 7), *range(60, len(content), len(content) // 12 + 1)}):
            (tmp_path / "a").write_bytes(content[:length])
            assert isinstance(decoders.identify([tmp_path / "a"])[0], Identity)
            try:
                assert decoders.read_picture(tmp_path / "a").mode == "RGB"
            except UnreadablePicture as error:
                assert "the decoder" not in error.message
            count("hostile files tried")
    assert len(decoders._living) == 1


@pytest.mark.parametrize("limit", [96, 160])
def test_a_picture_that_needs_more_memory_than_it_may_take_says_so(tmp_path: Path, limit: int) -> None:
    """Of 225 million pixels, where a decoder has 96 or 160 MB more than it needs to start."""
    (tmp_path / "a.png").write_bytes(large_drawing())
    decoders = Decoders(DecoderLimits(seconds=PATIENCE, memory=(300 + limit) << 20))
    with pytest.raises(UnreadablePicture, match="needs more memory than a picture may take"):
        decoders.read_picture(tmp_path / "a.png")
    decoders.end()
