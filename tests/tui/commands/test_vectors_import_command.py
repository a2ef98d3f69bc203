"""``pictoscope vectors import``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import Run, refused

from core.importing import options
from core.vectors import vec_types
from tests.duplicates_project import make

IMPORTED = ("vectors", "import", "v.npy", "--as", "mine")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder: seven pictures at eight paths, and rows for two of them and for one that is not there."""
    make(tmp_path / "pictures", vectors=False).close()
    monkeypatch.chdir(tmp_path / "pictures")
    np.save("v.npy", np.array([[1, 0], [0, 2], [1, 1]], np.float32))
    Path("v.txt").write_text("owl.png\nfox.png\nx.png\n")
    yield tmp_path / "pictures"


def vec_type_names(folder: Path) -> list[str]:
    return vec_types.names(folder / ".pictoscope" / "vectors")


def test_the_dry_run_says_what_matches_and_imports_nothing(run: Run, folder: Path) -> None:
    said = run(*IMPORTED, "--dry-run")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:5] == [
        "v.npy: NumPy array, pictures named by v.txt, 3 rows of 2 numbers",
        "matched      2 rows of 2 pictures",
        "not matched  1 row",
        "normalised   1 row to length 1: their directions stay",
        "pictures     2 new, in own.mine",
    ]
    assert lines[5].startswith("without row  5 pictures of the project: ")
    assert lines[6:] == ["not matched:", "  row 3: x.png: no picture is at this path"]
    assert vec_type_names(folder) == []


def test_what_was_imported_is_a_vec_type_like_any_other(run: Run) -> None:
    said = run(*IMPORTED)
    assert (said.code, said.err) == (0, "2 rows imported into own.mine\n")
    (listed,) = run("vectors", "list", "--json").json
    assert (listed["vec_type"], listed["dim"], listed["done"], listed["default"]) == ("own.mine", 2, 2, True)
    assert run("vectors", "list").out.splitlines()[1].endswith("imported")
    assert len(run("similar", "owl.png", "--json").json["groups"][0]["pictures"]) == 1
    assert run("vectors", "verify", "--json").json == [{"vec_type": "own.mine", "rows": 2, "bad": []}]
    assert run(*IMPORTED).err == "nothing has changed\n"
    assert run("vectors", "delete", "own.mine", "--yes").code == 0


def test_rows_that_differ_stay_unless_they_are_to_be_replaced(run: Run) -> None:
    run(*IMPORTED)
    np.save("v.npy", np.array([[1, 1], [0, 1], [1, 1]], np.float32))
    assert run(*IMPORTED).err == ("nothing has changed\n1 picture kept another row: --replace takes that of the file\n")
    assert run(*IMPORTED, "--replace").err == "1 row replaced\n"


def test_the_answer_for_programs(run: Run) -> None:
    told = run(*IMPORTED, "--json").json
    assert (told["applied"], told["vec_type"], told["rows"], told["matched"], told["new"]) == (
        True,
        "own.mine",
        3,
        2,
        2,
    )
    assert told["unmatched"] == {
        "count": 1,
        "first": [{"row": 3, "text": "x.png", "reason": "no picture is at this path"}],
    }
    assert told["without"]["count"] == 5


@pytest.mark.parametrize("word", options.BY)
def test_the_words_are_those_of_the_library(run: Run, word: str) -> None:
    assert run(*IMPORTED, "--by", word, "--keys", "v.txt", "--dry-run").code == 0


def test_what_cannot_be_is_refused_in_one_line(run: Run, folder: Path) -> None:
    refused(run, "vectors", "import", "nosuch.npy", "--as", "x", code=2, says="there is no file nosuch.npy")
    refused(run, "vectors", "import", "v.npy", "--as", "../x", code=2, says="cannot be called")
    refused(run, "vectors", "import", "owl.png", "--as", "x", code=2, says="not a file of vectors")
    assert vec_type_names(folder) == []


def test_bad_rows_are_named_and_can_be_skipped(run: Run, folder: Path) -> None:
    np.save("v.npy", np.array([[1, 0], [0, np.nan], [1, 1]], np.float32))
    said = run(*IMPORTED)
    assert (said.code, "  row 2: fox.png: it has NaN or infinite numbers" in said.out) == (1, True)
    assert "nothing is imported" in said.err and "--skip-bad" in said.err
    assert vec_type_names(folder) == []
    assert run(*IMPORTED, "--skip-bad").err == "1 row imported into own.mine\n"


def test_restart_leaves_them_out_and_says_how_more_are_imported(run: Run) -> None:
    run(*IMPORTED)
    hint = refused(run, "vectors", "restart", "own.mine", code=2, says="no model here computes them")
    assert "pictoscope vectors import FILE --as mine" in hint
    said = run("vectors", "restart")
    assert said.code == 0
    assert "own.mine is left out: import rows for them: pictoscope vectors import FILE --as mine" in said.err
    refused(run, "vectors", "create", "own:more", code=2, says="no model here computes them")


def test_damaged_rows_are_discarded_and_can_be_imported_again(run: Run, folder: Path) -> None:
    run(*IMPORTED)
    rows = folder / ".pictoscope" / "vectors" / "own.mine" / "rows.f32"
    rows.write_bytes(b"\xff" + rows.read_bytes()[1:])
    said = run("vectors", "verify", "--repair", "--restart")
    assert (said.code, "import them again: pictoscope vectors import FILE --as mine" in said.err) == (0, True)
    assert run(*IMPORTED).err == "1 row imported into own.mine\n"


def test_add_proposes_no_restart_for_rows_that_no_job_computes(run: Run) -> None:
    run(*IMPORTED)
    assert run("add").err.splitlines()[-1] == "next: open the app: pictoscope"
