"""Who imports whom, and what the first second must do without."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Set
from copy import deepcopy
from pathlib import Path

import grimp
import pytest

HEAVY = {"torch", "transformers", "sklearn", "timm", "open_clip", "openvino"}
ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "core"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("core", "tui", include_external_packages=True, cache_dir=None)


def test_the_library_never_imports_the_interface_or_textual(graph: grimp.ImportGraph) -> None:
    ours = {module for module in graph.modules if module == "core" or module.startswith("core.")}
    assert len(ours) >= len(list(LIBRARY.rglob("*.py")))
    imported = {found for module in ours for found in graph.find_modules_directly_imported_by(module)}
    assert "numpy" in imported  # the graph knows of other packages
    assert not {name for name in imported if name.split(".")[0] in ("tui", "textual", "textual_image", "rich")}


def files_of(*packages: str) -> dict[str, Path]:
    """Every file by the name of its module."""
    found = {}
    for path in (path for package in packages for path in sorted((ROOT / package).rglob("*.py"))):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """All imports within a node, also those inside functions, as module and name; not those for type checkers."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name the whole module"
        yield from ((node.module or "", alias.name) for alias in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        yield from (found for child in node.orelse for found in imported(child))
    else:
        yield from (found for child in ast.iter_child_nodes(node) for found in imported(child))


def arrows(files: Mapping[str, Path]) -> dict[str, set[str]]:
    """By file those that it imports."""
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        pairs = imported(ast.parse(path.read_text(encoding="utf-8")))
        targets = {full if (full := f"{module}.{what}") in files else module for module, what in pairs}
        found[name] = {target for target in targets if target in files and target != name}
    return found


def reached(start: str, graph: Mapping[str, Set[str]]) -> set[str]:
    """What can be come to from a file, at least one arrow on."""
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += graph[at]
    return seen


def test_imports_inside_functions_count_and_those_for_type_checkers_do_not() -> None:
    source = """
import a
from b import c
if TYPE_CHECKING:
    import d
else:
    import e
def f():
    if g:
        from h import i
"""
    assert list(imported(ast.parse(source))) == [("a", ""), ("b", "c"), ("e", ""), ("h", "i")]
    assert reached("a", {"a": {"b"}, "b": {"c"}, "c": {"a"}}) == {"a", "b", "c"}
    assert reached("a", {"a": {"b"}, "b": {"c"}, "c": set()}) == {"b", "c"}


def test_no_two_files_import_each_other() -> None:
    graph = arrows(files_of("core", "tui"))
    assert "tui.app" in reached("tui.start", graph)  # through imports inside functions
    assert [name for name in graph if name in reached(name, graph)] == []


def test_screens_offer_what_they_have_and_one_place_posts_to_all_of_them() -> None:
    """Nothing is asked of the screen on show by name; no loop over the screens posts beside ``broadcast``."""
    asked, posted = [], []
    for name, path in files_of("tui").items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
                asked += [name] if ast.unparse(node.args[0]).split(".")[-1] in ("screen", "app") else []
            if isinstance(node, ast.FunctionDef):
                loops = (each for each in ast.walk(node) if isinstance(each, ast.For))
                over = [each for each in loops if "screen_stack" in ast.unparse(each.iter)]
                posted += [node.name for each in over if "post_message" in ast.unparse(each)]
    assert (asked, posted) == ([], ["broadcast"])


def test_arrows_point_one_way(graph: grimp.ImportGraph) -> None:
    """``tui -> core.actions, core.jobs -> core.vectors -> core.models, core.images, core.catalog``."""
    layers = (("core.actions", "core.jobs"), ("core.vectors",), ("core.models", "core.images", "core.catalog"))
    for number, upper in enumerate(layers[:-1]):
        for lower in (package for layer in layers[number + 1 :] for package in layer):
            for package in upper:
                assert not graph.find_shortest_chains(importer=lower, imported=package), f"{lower} imports {package}"


def layers_of_the_contracts() -> list[list[grimp.Layer]]:
    """The layers in ``pyproject.toml``, which ``lint-imports`` reads too: the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    contracts = [contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers"]
    return [[grimp.Layer(*line.split(" | "), independent=True) for line in lines] for lines in contracts]


def illegal_imports(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    """Importer and imported of what the layers forbid, also by way of other modules."""
    return {
        (found.importer, found.imported)
        for layers in layers_of_the_contracts()
        for found in graph.find_illegal_dependencies_for_layers(layers=layers)
    }


def test_the_layers_are_kept(graph: grimp.ImportGraph) -> None:
    assert [len(layers) for layers in layers_of_the_contracts()] >= [10, 8]
    assert illegal_imports(graph) == set()


@pytest.mark.parametrize(
    ("importer", "imported", "forbidden"),
    [
        ("core.actions.run", "core.export.columns", ("core.actions", "core.export")),  # of one line
        ("core.vectors.store", "core.jobs.job", ("core.vectors", "core.jobs")),  # upwards
        ("core.watch", "core.jobs.job", ("core.project", "core.jobs")),  # upwards, through a module of no line
        ("tui.graphics.half_blocks", "tui.widgets.table", ("tui.graphics", "tui.widgets")),
    ],
)
def test_an_import_that_the_layers_forbid_is_found(
    graph: grimp.ImportGraph, importer: str, imported: str, forbidden: tuple[str, str]
) -> None:
    changed = deepcopy(graph)
    changed.add_import(importer=importer, imported=imported)
    changed.add_import(importer="core.project", imported="core.watch")
    assert forbidden in illegal_imports(changed)


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
    """Nor, on a machine without plug-ins, with what would list them."""
    code = f"""
import sys
import core.plugins
core.plugins.may_be_announced = lambda group: False
try: {script}
finally: print(); print({{"numpy", "PIL", "importlib.metadata", "email.message"}} & set(sys.modules))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    "script", ["import tui.cli; tui.cli.main(['vectors', '--help'])", "import tui.app", "import core.jobs.worker"]
)
def test_nothing_of_a_cluster_is_imported_where_none_was_asked_for(script: str) -> None:
    code = f"""
import sys
try: {script}
except SystemExit: pass
print(); print({{"distributed", "dask", "core.engines.dask_cluster"}} & set(sys.modules))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_only_one_module_imports_dask(graph: grimp.ImportGraph) -> None:
    found = {name for name in graph.modules if name.split(".")[0] in ("distributed", "dask")}
    assert {importer for name in found for importer in graph.find_modules_that_directly_import(name)} == {
        "core.engines.dask_cluster"
    }
    assert graph.find_modules_that_directly_import("core.engines.dask_cluster") == {"core.engines.registry"}


def test_home_is_there_before_anything_heavy_is_imported() -> None:
    code = """
import asyncio, sys
import core.plugins
core.plugins.may_be_announced = lambda group: False
from tui.app import Pictoscope

def painted(app):
    print(type(app.screen).__name__, set(sys.modules) & HEAVY)
    app.exit()

Pictoscope.on_ready = painted

async def main():
    async with Pictoscope().run_test():
        pass

asyncio.run(main())"""
    heavy = HEAVY | {"numpy", "PIL", "importlib.metadata", "email.message", "http.client", "urllib.request", "xml"}
    code = code.replace("HEAVY", repr(heavy))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["HomeScreen set()"], done.stderr


def test_only_the_decoder_processes_read_pictures(graph: grimp.ImportGraph) -> None:
    """A picture that makes a decoder crash must not take the app with it; they are asked."""
    decoding = {"open_picture", "read_picture", "displayed_size", "identify_stream"}
    allowed = {"core.images.decoder", "core.images.identify", "core.images.thumbnails"}
    importers = graph.find_modules_that_directly_import("core.images.read") - allowed
    assert importers  # of what opens a file, or only looks at sizes
    for module in sorted(importers):
        lines = {
            found["line_contents"] for found in graph.get_import_details(importer=module, imported="core.images.read")
        }
        assert not any(name in line for name in decoding for line in lines), (module, lines)
    opening = {
        path.relative_to(LIBRARY.parent) for top in ("core", "tui") for path in (LIBRARY.parent / top).rglob("*.py")
    }
    assert [
        str(path)
        for path in sorted(opening)
        if "Image.open(" in (LIBRARY.parent / path).read_text("utf-8") and path.parent != Path("core/images")
    ] == []
