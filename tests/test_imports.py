"""Who imports whom, and what the first second must do without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

HEAVY = {"torch", "transformers", "sklearn", "timm"}
LIBRARY = Path(__file__).parents[1] / "core"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("core", "tui", include_external_packages=True, cache_dir=None)


def test_the_library_never_imports_the_interface_or_textual(graph: grimp.ImportGraph) -> None:
    ours = {module for module in graph.modules if module == "core" or module.startswith("core.")}
    assert len(ours) >= len(list(LIBRARY.rglob("*.py")))
    imported = {found for module in ours for found in graph.find_modules_directly_imported_by(module)}
    assert "numpy" in imported  # the graph knows of other packages
    assert not {name for name in imported if name.split(".")[0] in ("tui", "textual", "textual_image", "rich")}


def test_arrows_point_one_way(graph: grimp.ImportGraph) -> None:
    """``tui -> core.actions, core.jobs -> core.vectors -> core.models, core.images, core.catalog``."""
    layers = (("core.actions", "core.jobs"), ("core.vectors",), ("core.models", "core.images", "core.catalog"))
    for number, upper in enumerate(layers[:-1]):
        for lower in (package for layer in layers[number + 1 :] for package in layer):
            for package in upper:
                assert not graph.find_shortest_chains(importer=lower, imported=package), f"{lower} imports {package}"


@pytest.mark.parametrize(
    "script",
    [
        "import tui.cli; tui.cli.main(['--help'])",
        "import tui.cli; tui.cli.main(['vectors', '--help'])",
        "import tui.cli; tui.cli.main(['similar', '--help'])",
        "import tui.cli; tui.cli.main(['models', '--json'])",
        "import tui.app",
        "import core.jobs.worker",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(script: str) -> None:
    code = f"""
import sys, json
try:
    {script}
except SystemExit:
    pass
print("\\n" + json.dumps(sorted(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert script.split()[1].strip(";") in loaded
    assert not HEAVY & loaded


@pytest.mark.parametrize("script", ["import tui.cli; tui.cli.main(['--help'])", "import tui.app"])
def test_help_and_the_app_begin_without_numpy_and_pillow_too(script: str) -> None:
    code = f"""
import sys
try: {script}
finally: print(); print({{"numpy", "PIL"}} & set(sys.modules))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()"
