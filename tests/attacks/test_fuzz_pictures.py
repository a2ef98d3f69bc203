"""Fuzzing the reader: whatever is wrong with a file, it is a picture or a reason, in bounded time and memory.

``PICTOSCOPE_FUZZ_SECONDS=600 pytest tests/attacks/test_fuzz_pictures.py`` goes on for longer. What it once found
lies in ``corpus/pictures`` and is tried in every run.
"""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st

from core.errors import UnreadablePicture
from core.images.decoder_process import DecoderLimits
from core.images.decoders import Decoders
from core.images.identify import Identity
from tests.attacks.budget import SECONDS, until_the_time_is_up
from tests.attacks.mutations import Mutation, mutate, mutations
from tests.attacks.seeds import pictures
from tests.attacks.tally import count

CORPUS = Path(__file__).parent / "corpus" / "pictures"
# Seconds for one picture of a million pixels at most: the machine may be busy with other tests.
PATIENCE = 60.0
LIMITS = DecoderLimits(seconds=PATIENCE, memory=1 << 30)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    """Limited to small pictures, and each to a gigabyte."""
    made = Decoders(LIMITS, [str(Path(__file__).with_name("small_decoder.py"))])
    yield made
    made.end()


def attack(decoders: Decoders, path: Path, *, at_least: int | None = 16) -> str:
    """Have a file identified and read. Returns the reason, empty where it is a picture.

    Anything but a picture or a reason fails the test: another error, a reason that does not say what is wrong with the
    file but with our code, or one that is no line of visible characters.
    """
    started = time.monotonic()
    (identity,) = decoders.identify([path])
    assert isinstance(identity, Identity)
    assert identity.key == hashlib.sha1(path.read_bytes()).digest()
    reason = ""
    try:
        picture = decoders.read_picture(path, at_least=at_least)
        assert picture.mode == "RGB"
        assert min(picture.size) > 0
    except UnreadablePicture as error:
        reason = error.message
        assert reason
    for words in (reason, identity.problem):
        assert not any(unicodedata.category(character)[0] == "C" for character in words)
        assert "the decoder failed on it" not in words
    assert time.monotonic() - started < 2 * PATIENCE
    return reason


@pytest.mark.timeout(SECONDS + 600)
def test_wrong_bytes_in_every_format_give_a_picture_or_a_reason(decoders: Decoders, tmp_path: Path) -> None:
    seeds, ends = pictures(), Counter[str]()
    path = tmp_path / "a"

    def attacked(kind: str, changes: list[Mutation], whole: bool) -> None:
        path.write_bytes(mutate(seeds[kind], changes))
        reason = attack(decoders, path, at_least=None if whole else 16)
        count("files fuzzed")
        ends[reason.partition(":")[0] or "read"] += 1
        if "crashed" in reason or "longer" in reason:  # costs this picture only, but is worth knowing
            print(f"{kind} {changes}: {reason}")

    until_the_time_is_up(attacked, st.sampled_from(sorted(seeds)), mutations, st.booleans())
    print(ends)
    assert len(ends) > 3  # it did not end at the first check


def test_the_seeds_are_whole_pictures(decoders: Decoders, tmp_path: Path) -> None:
    for kind, content in pictures().items():
        (tmp_path / kind).write_bytes(content)
        assert attack(decoders, tmp_path / kind) == "", kind


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()) if CORPUS.is_dir() else [], ids=lambda path: path.name)
def test_what_was_found_before_is_a_picture_or_a_reason(decoders: Decoders, path: Path) -> None:
    attack(decoders, path)
    attack(decoders, path, at_least=None)
    count("files fuzzed")
