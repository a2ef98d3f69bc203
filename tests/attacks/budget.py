"""How long the fuzz tests go on: a few seconds each, or as ``PICTOSCOPE_FUZZ_SECONDS`` says."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

SECONDS = float(os.environ.get("PICTOSCOPE_FUZZ_SECONDS", "4"))
_ROUND = 150  # examples

# Explicit examples are the corpus of the tests themselves; the database would make runs depend on each other.
_fuzzing = settings(
    max_examples=_ROUND,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def until_the_time_is_up(attack: Callable[..., None], *drawn: st.SearchStrategy[Any], seconds: float = SECONDS) -> None:
    """Call ``attack`` with what is drawn, round after round, each with other examples.

    The first rounds are the same in every run; a longer one goes on from there.
    """
    end, rounds = time.monotonic() + seconds, 0
    while not rounds or time.monotonic() < end:

        @seed(rounds)
        @_fuzzing
        @given(st.tuples(*drawn))
        def one_round(values: tuple[Any, ...]) -> None:
            attack(*values)

        one_round()
        rounds += 1
