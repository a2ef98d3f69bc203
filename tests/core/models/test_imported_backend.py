"""Imported vectors have no model, and whoever asks for it is told what to do."""

from __future__ import annotations

import pytest

from core.errors import ModelError, UsageError
from core.models import backend
from core.models.catalogue import catalogue, find, is_own_name
from core.vectors.encoder import EncodingSpec, LocalEncoder
from core.vectors.vec_type import VecType


def test_their_entry_is_found_and_not_listed() -> None:
    spec = find("own:mine")
    assert (spec.key, spec.backend, spec.text, spec.available) == ("own:mine", "imported", False, False)
    assert spec.key not in {one.key for one in catalogue()}


@pytest.mark.parametrize("name", ["", "a/b", "a--b", "a b", ".a", "é", "a" * 61])
def test_other_names_are_no_models(name: str) -> None:
    assert not is_own_name(name)
    with pytest.raises(UsageError, match="there is no model"):
        find(f"own:{name}")


@pytest.mark.parametrize("ask", [backend.load, backend.fetch])
def test_nothing_can_be_loaded(ask: object) -> None:
    with pytest.raises(ModelError, match="no model here") as caught:
        ask(find("own:mine"))  # type: ignore[operator]
    assert "pictures of the collection" in caught.value.hint
    assert "pictoscope vectors import FILE --as mine" in caught.value.hint


def test_outside_pictures_and_texts_cannot_be_encoded() -> None:
    how = EncodingSpec(VecType("own:mine"), 448)
    for ask in (lambda: LocalEncoder().pictures(how, [b"/x.png"]), lambda: LocalEncoder().texts(how, ["x"])):
        with pytest.raises(ModelError, match="own:mine are vectors of your own"):
            ask()
