"""Coverage-guided fuzzing of the reader and of what reads a project's files, where atheris is installed.

::

    pip install atheris
    python -m tests.attacks.fuzz_atheris pictures -max_total_time=600 /tmp/corpus
    python -m tests.attacks.fuzz_atheris manifest.toml -max_total_time=600 /tmp/corpus

The first argument is what to fuzz, the others are libFuzzer's. A file that it writes as ``crash-...`` belongs into
``tests/attacks/corpus``, where every test run tries it. Not a part of the tests: decoders run in this process here, so
that one of them may end it.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["core", "PIL"]):
    from core.errors import UnreadablePicture
    from core.images import read
    from tests.attacks import test_fuzz_store as project_files
    from tests.attacks.seeds import pictures


def read_picture(content: bytes) -> None:
    """A picture or a reason."""
    try:
        assert read.read_picture(io.BytesIO(content), at_least=16).mode == "RGB"
    except UnreadablePicture:
        return


def reader_of(name: str, folder: Path) -> Callable[[bytes], None]:
    """What reads this kind of file, from its bytes."""

    def attack(content: bytes) -> None:
        (folder / name).write_bytes(content)
        project_files.READERS[name](folder)

    return read_picture if name == "pictures" else attack


def main(arguments: list[str]) -> None:
    """Fuzz until the time is up. The seeds of the tests are put into the corpus folder, if there is one."""
    if len(arguments) < 2 or arguments[1] not in ("pictures", *project_files.READERS):
        raise SystemExit(f"what to fuzz: pictures, {', '.join(project_files.READERS)}")
    read.MAX_PIXELS = 1_000_000
    corpus = Path(arguments[-1])
    if arguments[1] == "pictures" and corpus.is_dir():
        for name, content in pictures().items():
            (corpus / name).write_bytes(content)
    with tempfile.TemporaryDirectory() as folder:
        atheris.Setup([arguments[0], *arguments[2:]], reader_of(arguments[1], Path(folder)))
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
