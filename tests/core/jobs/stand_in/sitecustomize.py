"""With this folder in PYTHONPATH, every Python that starts has the stand-in for its model: workers cost no seconds."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))  # the checkout that is tested, whichever is installed
sys.path.append(str(Path(__file__).parents[2] / "vectors"))

import stand_in_model

stand_in_model.install()
