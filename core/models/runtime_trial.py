"""A trial decides which runtime computes a model: OpenVINO if its rows equal those of torch and come faster.

The outcome is kept for each model, processor, precision and version, so that the trial takes place once.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.files import write_atomic
from core.models.backend import Model
from core.models.converted import model_folder
from core.models.sources import Source

if TYPE_CHECKING:  # the outcome is read by processes that need no torch
    from core.models.torch_model import TorchModel

# Cosine of each row to torch's in float32.
EQUAL = {"float32": 0.9999, "bfloat16": 0.999}
_FASTER = 1.1  # times as fast as torch: less is not worth a second way
_PASSES = 3
_MEASURED = "processor time"  # outcomes that were measured by the clock are not used any more
_LONG = 5.0  # seconds after which no further pass is made
PICTURES = 8  # of a trial: one batch
_LONGEST = 100_000  # bytes of an outcome


@dataclass(frozen=True)
class Outcome:
    """What a trial found.

    Attributes:
        equal: whether OpenVINO gives the rows of torch.
        faster: whether it is worth using.
        precision: in which it computed.
        why: in words.
    """

    equal: bool
    faster: bool
    precision: str
    why: str


def compare(
    original: TorchModel, candidates: Sequence[Callable[[], Model]], pictures: Sequence[Image.Image]
) -> tuple[Outcome, Model | None]:
    """Compare candidates with a model of torch, on pictures.

    Args:
        original: on the processor.
        candidates: each loads the model in another precision, the preferred first.
        pictures: RGB, real ones if possible; at least two.

    Returns:
        The outcome for the fastest candidate with equal rows, and that candidate; None if none has.
    """
    before = [original.prepare(picture) for picture in pictures]
    wanted = original.reference_rows(before)
    best: tuple[Outcome, Model | None] = (Outcome(False, False, original.precision, "it was not tried"), None)
    fastest = 0.0
    for candidate in candidates:
        model = candidate()
        prepared = [model.prepare(picture) for picture in pictures]
        # The last one alone: the rows must not depend on the number of pictures.
        rows = np.concatenate([model.encode_pictures(prepared[:-1]), model.encode_pictures(prepared[-1:])])
        worst = float((rows * wanted).sum(axis=1).min()) if np.isfinite(rows).all() else float("nan")
        if not worst >= EQUAL[model.precision]:
            if best[1] is None:
                why = f"the rows of OpenVINO differ (cosine {worst:.5f} in {model.precision})"
                best = Outcome(False, False, model.precision, why), None
            continue
        theirs, ours = _seconds(
            lambda: original.encode_pictures(before),
            lambda model=model, prepared=prepared: model.encode_pictures(prepared),  # type: ignore[misc]
        )
        if theirs / ours > fastest:
            fastest = theirs / ours
            why = f"in a trial OpenVINO was {fastest:.1f} times as fast as torch in {original.precision}"
            best = Outcome(True, fastest >= _FASTER, model.precision, f"{why} (cosine {worst:.5f})"), model
    return best


def known(source: Source, asked: str) -> Outcome | None:
    """The outcome of an earlier trial of a source on this processor; None if there was none.

    Args:
        source: of the model.
        asked: the precision that was asked for.
    """
    path = _file(source, asked)
    try:
        with path.open("rb") as stream:
            content = json.loads(stream.read(_LONGEST))
        known_by = content.pop("source"), content.pop("processor"), content.pop("measured", "")
        if known_by != (source.name, _processor(), _MEASURED):
            return None
        outcome = Outcome(**content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # none, or a damaged one: another trial
    types = (type(outcome.equal), type(outcome.faster), type(outcome.precision), type(outcome.why))
    return outcome if types == (bool, bool, str, str) and outcome.precision in EQUAL else None


def remember(source: Source, asked: str, outcome: Outcome) -> None:
    """Keep an outcome. Those of the model with other versions or weights are removed.

    Raises:
        PictoscopeError, OSError: it cannot be written.
    """
    path = _file(source, asked)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"source": source.name, "processor": _processor(), "measured": _MEASURED, **asdict(outcome)}
    write_atomic(path, json.dumps(content, indent=1).encode("ascii"))
    for other in path.parent.glob("trial-*.json"):
        if not other.name.startswith(_stem(source)):
            other.unlink(missing_ok=True)


def _file(source: Source, asked: str) -> Path:
    processor = hashlib.sha256(_processor().encode("utf-8")).hexdigest()[:12]
    return model_folder(source.model) / f"{_stem(source)}{processor}-{asked}.json"


def _stem(source: Source) -> str:
    return f"trial-{source.name[:16]}-"


def _processor() -> str:
    """What the speed depends on: the kind of processor, and how many."""
    name = platform.processor()
    if sys.platform.startswith("linux"):
        try:
            lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        except OSError:
            lines = []
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return f"{platform.machine()}, {name}, {os.cpu_count()}, threads {os.environ.get('OMP_NUM_THREADS', '')}"


def _seconds(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The best times of both on the processor, of all threads, taken in turns: what else runs here falls on neither.

    The outcome is kept, so it must not depend on how busy the machine was. Threads that wait for each other without
    sleeping count too: decoders need that time.
    """
    best = [float("inf"), float("inf")]
    begun = time.perf_counter()
    for turn in range(_PASSES + 1):
        for number, work in enumerate((one, other)):
            start = time.process_time()
            work()
            taken = time.process_time() - start
            if turn or time.perf_counter() - begun > _LONG:
                best[number] = min(best[number], taken)
        if max(best) < float("inf") and time.perf_counter() - begun > _LONG:
            break
    return best[0], best[1]
