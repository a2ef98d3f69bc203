"""TOML from anywhere: a table or one kind of error, in time that grows with its length only."""

from __future__ import annotations

import tomllib

import pytest

from core.toml_reader import parse_toml
from tests.patience import little_work


def test_a_table_is_what_tomllib_makes_of_it() -> None:
    content = 'a.b = 1\nnames = ["../x.y.z", "é"]\n[table]\nkey = "v"\n'.encode()
    assert parse_toml(content) == tomllib.loads(content.decode())


@pytest.mark.parametrize(
    "content",
    [
        *(b"\xff", b"= =", b"x = " + b"1" * 5_000, b"x = " + b"[" * 5_000, b"x = " + b"{a = " * 5_000),
        *(b"a." * 400_000 + b"a = 1", b"a . " * 200_000 + b"a = 1", b"['" + b"a'.'" * 100_000 + b"']"),
        *(b"1" * 900_000, (b"a." * 31 + b"\n") * 10_000, b"#" * 1_000_001),
    ],
    ids=lambda content: f"{content[:8]!r}-{len(content)}",
)
def test_anything_else_is_refused_in_a_moment(content: bytes) -> None:
    with little_work(5), pytest.raises(tomllib.TOMLDecodeError):
        parse_toml(content)
