"""``pictoscope vectors index``: codes are written, shown, checked and deleted; answers stay the same."""

from __future__ import annotations

from pathlib import Path

from cli_helpers import NAMES, Run, refused

from core.vectors import store

CODES = "codes.i8"


def _folder(filled: Path, name: str) -> Path:
    return filled / ".pictoscope" / "vectors" / name


def test_answers_with_codes_are_those_without(run: Run, filled: Path) -> None:
    question = ("similar", str(min(filled.rglob("*.png"))), "--vec-type", "effnet-lite0", "--json")
    before = run(*question).json
    said = run("vectors", "index", "effnet-lite0", "--json")
    assert (said.code, said.json) == (0, [{"vec_type": "effnet-lite0", "rows": 25, "bytes": 25 * (1280 + 16)}])
    assert "effnet-lite0: codes of 25 rows, " in said.err
    assert (_folder(filled, "effnet-lite0") / CODES).exists()
    after = run(*question).json
    assert [match["path"] for match in after["groups"][0]["pictures"]] == [
        match["path"] for match in before["groups"][0]["pictures"]
    ]


def test_all_are_indexed_where_none_is_named(run: Run, filled: Path) -> None:
    assert [one["vec_type"] for one in run("vectors", "index", "--json").json] == sorted(NAMES)


def test_codes_are_deleted_and_nothing_else(run: Run, filled: Path) -> None:
    run("vectors", "index", "conse")
    assert run("vectors", "index", "conse", "--remove", "--json").json == [{"vec_type": "conse", "removed": True}]
    assert not (_folder(filled, "conse") / CODES).exists()
    assert run("vectors", "index", "conse", "--remove", "--json").json == [{"vec_type": "conse", "removed": False}]
    assert run("vectors", "list", "--json").json[0]["done"] == 25


def test_verify_names_wrong_codes_and_repair_deletes_them(run: Run, filled: Path) -> None:
    run("vectors", "index", "conse")
    path = _folder(filled, "conse") / CODES
    content = bytearray(path.read_bytes())
    content[64 + 4 * 384] ^= 0x40  # the first code follows the header and the mean
    path.write_bytes(content)
    said = run("vectors", "verify", "conse")
    assert said.code == 1
    assert "25 rows checked, 0 damaged, 1 code wrong" in said.err
    assert "pictoscope vectors verify --repair conse" in said.err
    assert run("vectors", "verify", "conse", "--repair").code == 0
    assert not path.exists()
    assert run("vectors", "verify", "conse").code == 0


def test_compacting_keeps_an_index(run: Run, filled: Path) -> None:
    folder = _folder(filled, "conse")
    run("vectors", "index", "conse")
    with store.Writer(folder) as writer:
        writer.void([writer.snapshot().done[0].ljust(20, b"\0")])
    assert run("vectors", "compact", "conse").code == 0
    codes = store.Reader(folder).snapshot().codes
    assert codes is not None
    assert len(codes) == 24


def test_a_name_that_is_none_is_refused(run: Run, filled: Path) -> None:
    refused(run, "vectors", "index", "clip", code=2, says="clip")
