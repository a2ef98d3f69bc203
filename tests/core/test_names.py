"""Errors about names say which names there are."""

from __future__ import annotations

import pytest

from core.names import no_such_error


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        ([], "there are none yet"),
        (["cat", "dgo"], "did you mean dgo?"),
        (["cat", "ant"], "there are: ant, cat"),
        (["a", "b", "c", "e", "f", "\x1b"], "there are: \\x1b, a, b, c, e, …"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(known: list[str], hint: str) -> None:
    error = no_such_error("tag", "dog", known)
    assert (error.message, error.hint) == ("there is no tag dog", hint)
