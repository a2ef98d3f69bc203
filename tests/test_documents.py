"""The documents: what they link to and name is there, and what is generated is current."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.project import Project

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "tests").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
NOT_OURS = ("Message", "ModalScreen")  # classes of Textual
HEAVY = ("torch", "transformers", "sklearn", "timm")
# A file, then any number of names in it, as in: `core/text.py` `count`, `duration` and `rate`
_FILE = re.compile(
    r"`((?:core|tui|tests|docs|screenshots|\.ci)/[\w./-]*)`((?:,?\s+(?:and\s+)?`[A-Za-z_][\w.]*(?:\(\))?`)*)"
)


def text_of(name: str) -> str:
    """A document without its code blocks."""
    return re.sub(r"^```.*?^```$", "", (ROOT / name).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", text_of(str(path.relative_to(ROOT))), re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        numbers = (f"{anchor}-{number}" for number in range(1, 100))
        found.add(anchor if anchor not in found else next(one for one in numbers if one not in found))
    return found


def names_in(path: Path) -> set[str]:
    """What a module defines: functions, classes, constants, and ``Class.method``."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
            lines = [part for part in node.body if isinstance(part, ast.AnnAssign)]
            found |= {f"{node.name}.{part.target.id}" for part in lines if isinstance(part.target, ast.Name)}
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_linked_is_there(name: str) -> None:
    missing = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(name)):
        if "://" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (ROOT / name).parent / place if place else ROOT / name
        if not target.exists() or (anchor and anchor not in anchors(target.resolve())):
            missing.append(link)
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_tables_have_the_same_number_of_cells_in_each_row(name: str) -> None:
    """Else they do not render."""
    tables = re.findall(r"(?:^\|.*\|$\n?)+", text_of(name), re.MULTILINE)
    for table in tables:
        rows = [re.sub(r"\\\|", "", line) for line in table.splitlines()]
        assert re.fullmatch(r"\|(?:-+\|)+", rows[1]), rows[0]
        assert {row.count("|") for row in rows} == {rows[1].count("|")}, rows[0]


@pytest.mark.parametrize("name", NAMES)
def test_code_blocks_are_closed(name: str) -> None:
    fences = re.findall(r"^```(.*)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    assert len(fences) % 2 == 0
    assert not any(fences[1::2])


@pytest.mark.parametrize("name", NAMES)
def test_the_files_and_names_that_are_named_exist(name: str) -> None:
    missing = []
    for path, names in _FILE.findall(text_of(name)):
        if not (ROOT / path).exists():
            missing.append(path)
        elif wanted := re.findall(r"`([\w.]+)", names):
            missing += [f"{path} {one}" for one in wanted if one not in names_in(ROOT / path)]
    assert missing == []


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/plugins.md"])
def test_the_classes_that_are_named_exist(name: str) -> None:
    modules = [path for root in ("core", "tui") for path in (ROOT / root).rglob("*.py")]
    known = set.union(*map(names_in, modules)) | set(NOT_OURS)
    named = re.findall(r"`([A-Z][a-z]\w+(?:\.[a-z_]\w*)?)(?:\([^`]*\))?`", text_of(name))
    assert len(named) >= 3
    assert sorted({one for one in named if one not in known}) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_tests_and_benchmarks_that_are_named_exist(name: str) -> None:
    named = re.findall(r"`(?:tests\.benchmarks\.)?(test_\w+|\w+_benchmark)\b", text_of(name))
    assert sorted({one for one in named if not list((ROOT / "tests").rglob(f"{one}.py"))}) == []


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        for link in re.findall(r"\]\(([^)\s#]+\.md)", text_of(str(path.relative_to(ROOT)))):
            if (target := (path.parent / link).resolve()) not in reached and target.exists():
                waiting.append(target)
    wanted = {path for path in DOCUMENTS if path.parent in (ROOT, ROOT / "docs")} - {ROOT / "CHANGELOG.md"}
    assert wanted <= reached


def test_the_generated_documents_are_current_and_need_no_model_library() -> None:
    code = f"""
import runpy, sys
sys.argv = ["generate.py", "--check"]
try:
    runpy.run_path("docs/generate.py", run_name="__main__")
finally:
    print(sorted({HEAVY!r} & sys.modules.keys()))""".replace(repr(HEAVY), repr(set(HEAVY)))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_generated_part_that_is_not_current_is_named_and_renewed(tmp_path: Path) -> None:
    for name in ("docs", "examples", "core", "tui"):
        # What is compiled goes along: else each process would compile all of it.
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("pictures"))
    for name in ("ARCHITECTURE.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    keys = tmp_path / "docs" / "keys.md"
    keys.write_text(keys.read_text("utf-8").replace("| Quit |", "| Quite |"), "utf-8")

    def generate(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "docs/generate.py", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": "."}, capture_output=True, text=True
        )

    told = generate("--check")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "not current: docs/keys.md; run: python docs/generate.py\n"
    assert generate().returncode == 0
    assert keys.read_bytes() == (ROOT / "docs" / "keys.md").read_bytes()


def test_every_file_of_a_project_is_described(filled_template: Path) -> None:
    with Project.open_or_create(filled_template) as project:
        described = (ROOT / "docs" / "format.md").read_text("utf-8")
        files = [path for path in project.path.rglob("*") if path.is_file()]
    assert len(files) >= 14
    names = {re.sub(r"-(?:wal|shm)$", "", path.name) for path in files}
    missing = {name for name in names if name not in described and not name.endswith(".lock")}
    assert missing == set()
