"""The packages of ``examples/``, built and installed as anybody would, into a folder of their own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.patience import run_to_end

EXAMPLES = Path(__file__).parents[1] / "examples"


def installed(name: str, folder: Path) -> Path:
    """Install one, without what it depends on and without a network. Returns the folder that it is imported from."""
    shutil.copytree(EXAMPLES / name, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index"]
    target = ["--no-build-isolation", "--no-deps", "--target", str(folder / "site"), str(folder / "source")]
    done = run_to_end([*pip, *target])
    assert done.returncode == 0, done.stderr
    return folder / "site"
