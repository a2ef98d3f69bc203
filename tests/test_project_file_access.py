"""Files of a project are opened in one way. Whoever opens files in another way is listed here, with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "reads files of an installed package"
PICTURE = "reads pictures: they lie outside of the project, and links to them are the user's choice"
USER = "reads and writes the user's own folders, which no project names"
WEIGHTS = "reads models in the hub's cache, where files are links, or in a folder that the user named"
CHOSEN = "reads or writes a file that the user named"
OTHERWISE = {
    "core/project_files.py": "is the one way",
    "core/databases.py": "opens databases after project_files.py has looked at them; in memory, what they should hold",
    "core/engines/remote.py": "writes pictures that were sent to files in a new temporary folder of its own",
    "core/files.py": "temporary files under new names (O_EXCL), and their folder to make the names durable",
    "core/project.py": "makes the project's own folder, which may be reached through links",
    "core/rebuild.py": "makes the project's own folder, which may be reached through links",
    "core/catalog/contents.py": USER,
    "core/catalog/schema.py": "opens a folder to learn whether the limit of open files is reached",
    "core/moves/aside_folders.py": USER,
    "core/moves/entries.py": "moves pictures: opens folder by folder from a trusted one, and follows no link",
    "core/moves/journal.py": "opens its journals in the folder that it holds open, and follows no link",
    "core/moves/made_folders.py": CHOSEN,
    "core/moves/transfer.py": "moves pictures, between folders that move_entries.py opened",
    "core/removal/permission.py": PICTURE,
    "core/in_use.py": "reads /proc",
    "core/temporaries.py": "makes files under new names (O_EXCL) in a folder that its caller has looked at",
    "core/toml_file.py": USER,
    "core/images/thumbnails.py": "a database in memory where none of the project can be used",
    "core/mounts.py": "reads /proc",
    "core/priority.py": "writes to /proc",
    "core/jobs/job.py": "reads /proc; makes the folder of a new job, which must not be there",
    "core/images/decoder.py": "opens nothing by name but /proc",
    "core/images/read.py": PICTURE,
    "core/actions/pixel_memory.py": "reads the code that compares, for its digest",
    "core/actions/cluster_words.py": PACKAGE,
    "core/maps/html.py": PACKAGE,
    "core/demo/__init__.py": PACKAGE + ", and writes them into the user's data folder",
    "core/user_folders.py": USER,
    "core/vectors/known_rows.py": USER,
    "core/vectors/text_cache.py": USER,
    "core/models/conversion.py": USER,
    "core/models/converted.py": USER,
    "core/models/openvino_model.py": USER,
    "core/models/runtime_trial.py": USER + "; reads /proc",
    "core/models/file_hashes.py": USER + "; " + WEIGHTS,
    "core/models/network_steps.py": USER,
    "core/models/numpy_network.py": USER,
    "core/models/consent.py": USER + "; " + WEIGHTS,
    "core/models/hub.py": WEIGHTS,
    "core/models/hub_cache.py": WEIGHTS,
    "core/models/hub_download.py": WEIGHTS,
    "core/models/minilm.py": WEIGHTS,
    "core/models/timm_backend.py": WEIGHTS,
    "core/models/open_clip_backend.py": WEIGHTS,
    "core/export/folders.py": CHOSEN,
    "core/shards/part.py": "makes the part's own folder, which the user named",
    "core/importing/formats.py": CHOSEN,
    "core/importing/text_file.py": CHOSEN,
    "core/importing/vectors/formats.py": CHOSEN,
    "core/plugin_lists.py": PACKAGE,
}
# Of tui only what has to do with projects: the rest is what the user names.
TUI = ["tui/commands/vectors.py", "tui/commands/jobs.py", "tui/screens/settings/jobs.py"]
_OPENING = {"read_bytes", "read_text", "write_bytes", "write_text", "touch", "mkdir", "makedirs", "truncate", "chmod"}
_OPENING |= {"memmap", "fromfile", "copyfile", "copy2", "symlink", "symlink_to", "hardlink_to", "mkstemp", "mkdtemp"}
_WHOLE = {"open", "os.open", "io.open", "sqlite3.connect", "np.load", "os.link"}


_MAPPING = ("core/vectors/code_file.py", "core/vectors/compact.py")


def opened(tree: ast.Module) -> Iterator[str]:
    """Calls by which a module opens or makes a file or a folder by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            last = name.rpartition(".")[2]
            is_path = last == "open" and isinstance(node.func, ast.Attribute) and _looks_like_a_path(node)
            if name in _WHOLE or last in _OPENING or is_path:
                yield name


def _looks_like_a_path(call: ast.Call) -> bool:
    """``path.open("rb")``, not ``Groups(…).open(name)``: its first argument is a mode, or there is none."""
    mode = call.args[0] if call.args else None
    return mode is None or (isinstance(mode, ast.Constant) and str(mode.value).strip("rwxab+t") == "")


def test_whoever_opens_files_in_another_way_is_listed_with_the_reason() -> None:
    modules = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "core").rglob("*.py"))
    found = {module: sorted(set(opened(ast.parse((ROOT / module).read_text("utf-8"))))) for module in [*modules, *TUI]}
    unlisted = {module: names for module, names in found.items() if names and module not in OTHERWISE}
    # `np.memmap` of a stream that project_files.py opened.
    assert unlisted == {module: ["np.memmap"] for module in _MAPPING}


@pytest.mark.parametrize("module", _MAPPING)
def test_nothing_is_mapped_by_name(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (mapped,) = [call for call in calls if ast.unparse(call.func) == "np.memmap"]
    assert ast.unparse(mapped.args[0]) == "stream"


def test_no_module_is_listed_that_opens_nothing() -> None:
    for module in OTHERWISE:
        assert set(opened(ast.parse((ROOT / module).read_text("utf-8")))), module
