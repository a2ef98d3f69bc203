"""The files that transformers loads a model from. Fetching them needs neither transformers nor torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import ModelError
from core.models import hub, hub_cache
from core.models.catalogue import ModelSpec

STEM = "model"  # of the weights' files, as transformers names them
PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")

Log = Callable[[str], None]


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> None:
    """Download the files of ``spec`` unless they are on this machine; see :func:`core.models.hub.fetch`.

    Raises:
        ModelError: it cannot be downloaded.
        DiskFull: there is no space.
    """
    if spec.folder is None:
        snapshot(spec, log, remote_code=spec.remote_code)


def snapshot(spec: ModelSpec, log: Log, *, remote_code: bool) -> Path:
    """The snapshot of the model's repository; downloads it if necessary."""
    if not spec.repository:
        raise ModelError(f"{spec.key} names no repository of the hub", "give the path of a folder that holds the model")

    def complete(folder: Path) -> bool:
        reads_text = (hub.facts(folder) or spec).text
        return (
            hub_cache.is_complete(folder, STEM)
            and any_of(folder, PROCESSOR_FILES)
            and (not reads_text or any_of(folder, TOKENIZER_FILES))
        )

    return hub.fetch(
        spec.repository, log, remote_code=remote_code, gated=spec.gated, key=spec.key, stem=STEM, complete=complete
    )


def any_of(folder: Path, names: Sequence[str]) -> bool:
    """Whether a folder has a file with one of these names."""
    return any((folder / name).is_file() for name in names)
