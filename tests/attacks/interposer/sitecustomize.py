"""With this folder in PYTHONPATH, every Python that starts has the stand-in model and dies at the step it is told to.

``tests/attacks/kill_steps.py`` says what a step is and how it is told. A decoder changes no file and has no model: it
starts without, in half the time.
"""

from __future__ import annotations

import sys
from pathlib import Path

_TESTS = Path(__file__).parents[2]
sys.path.insert(0, str(_TESTS.parent))  # the checkout that is tested, whichever is installed
sys.path.append(str(_TESTS / "core" / "vectors"))

if "core.images.decoder" not in sys.orig_argv:
    from tests.attacks import kill_steps

    kill_steps.install()
