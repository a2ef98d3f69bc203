"""What the model of a plug-in does wrong ends what was asked of it with one line that names it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import PictoscopeError
from core.models.backend import load
from core.models.catalogue import ModelSpec

SPEC = ModelSpec("theirs", "Theirs", "plug-in theirs", "theirs_plugin", 4)
MODULE = """
import numpy as np
from core.models.backend import Provenance

class Model:
    provenance = Provenance("1", {}, "none")
    longest_text, batch_size, precision, runs_on = 8, 2, "fp32", "cpu"
    def __init__(self, spec): self.spec = spec
    def prepare(self, picture): return picture
    def encode_pictures(self, batch): return np.ones((len(batch), self.spec.dim), np.float32)
    def encode_texts(self, texts): return np.ones((len(texts), self.spec.dim), np.float32)
    def count_tokens(self, text): return 1
    def unknown_words(self, text): return []

def load(spec, log, options): return Model(dataclasses.replace(spec, input_size=4))
"""
GOOD = "import dataclasses\n" + MODULE


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PICTOSCOPE_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "theirs_plugin", raising=False)
    return tmp_path


def plug_in(site: Path, before: str = "", after: str = "") -> None:
    assert before in GOOD
    (site / "theirs_plugin.py").write_text(GOOD.replace(before, after) if before else GOOD)


def test_a_good_one_is_used(site: Path) -> None:
    plug_in(site)
    model = load(SPEC)
    assert model.encode_pictures([Image.new("RGB", (4, 4))]).tolist() == [[1.0] * 4]
    assert (model.unknown_words("a"), model.batch_size, model.precision) == ((), 2, "fp32")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("import dataclasses", "raise ValueError('no')", "failed: ValueError: no"),
        ("return Model(", "raise RuntimeError('broken') or (", "failed: RuntimeError: broken"),
        ("return Model(", "raise SystemExit(3) or (", "failed: SystemExit: 3"),
        ("return Model(", "return len(str(", "failed: "),
        ("    longest_text,", "    other,", "failed: AttributeError"),
    ],
)
def test_what_goes_wrong_at_load_is_one_line(site: Path, before: str, after: str, reason: str) -> None:
    text = after if not after.startswith("return len(str(") else "return None  # ("
    plug_in(site, before, text)
    with pytest.raises(PictoscopeError) as caught:
        load(SPEC)
    assert caught.value.message.startswith("the model theirs (plug-in theirs_plugin) failed: ")
    assert reason.removeprefix("failed: ") in caught.value.message
    assert "crash.log" in caught.value.hint


ROWS = "return np.ones((len(batch), self.spec.dim), np.float32)"


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("raise RuntimeError('broken')", "failed: RuntimeError: broken"),
        ("return None", "returned NoneType instead of float32 of shape (2, 4)"),
        ("return np.ones((1, 4), np.float32)", "returned float32 of shape (1, 4) instead of"),
        ("return np.ones((2, 5), np.float32)", "returned float32 of shape (2, 5) instead of"),
        ("return np.ones((2, 4), np.int64)", "returned int64 of shape (2, 4) instead of"),
    ],
)
def test_what_goes_wrong_with_pictures_is_one_line(site: Path, after: str, reason: str) -> None:
    plug_in(site, ROWS, after)
    with pytest.raises(PictoscopeError) as caught:
        load(SPEC).encode_pictures([Image.new("RGB", (4, 4))] * 2)
    assert reason in caught.value.message and "theirs" in caught.value.message


def test_doubles_become_floats(site: Path) -> None:
    plug_in(site, ROWS, "return np.ones((len(batch), 4))")
    assert load(SPEC).encode_pictures([Image.new("RGB", (4, 4))]).dtype == np.float32


def test_a_text_without_a_finite_row_is_refused(site: Path) -> None:
    plug_in(site, "return np.ones((len(texts)", "return np.nan * np.ones((len(texts)")
    with pytest.raises(PictoscopeError, match="not finite for a text"):
        load(SPEC).encode_texts(["a"])
