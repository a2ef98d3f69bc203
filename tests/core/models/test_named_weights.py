"""Where libraries publish the weights they know by name: what is remembered, and what is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models import named_weights
from core.models.catalogue import find
from core.models.named_weights import Place, are_here, remember, remembered
from core.models.sources import NoSource, source_of

SPEC = find("open_clip:ViT-B-32/openai")
PLACE = Place("timm/vit_base_patch32_clip_224.openai", "open_clip_model")


@pytest.fixture
def kept(home: Path) -> Path:
    """The file of what is remembered, with one name."""
    remember(SPEC, PLACE)
    return home / "cache" / "named-weights.toml"


def test_what_a_library_said_is_remembered_beside_what_it_said_before(kept: Path) -> None:
    other = find("timm:resnet18.a1_in1k")
    remember(other, Place("timm/resnet18.a1_in1k", "model"))
    assert remembered(SPEC) == PLACE
    assert remembered(other) == Place("timm/resnet18.a1_in1k", "model")
    assert remembered(find("open_clip:ViT-B-32/laion2b_s34b_b79k")) is None


def test_a_later_answer_replaces_an_earlier_one(kept: Path) -> None:
    later = Place("some/other", "open_clip_model", "some/bert")
    remember(SPEC, later)
    assert remembered(SPEC) == later


def test_what_another_version_said_does_not_count(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_weights, "version", lambda name: "4.0")
    assert remembered(SPEC) is None
    remember(find("open_clip:RN50/openai"), Place("timm/resnet50_clip.openai", "open_clip_model"))
    assert remembered(SPEC) is None, "the answers of two versions are not mixed"
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[open_clip", "[open_clap"),
        ("[open_clip", "[[open_clip"),
        ("repository", "depository"),
        ('"timm/', '"../timm/'),
        ('"timm/', '"'),
        ('"open_clip_model"', '"../open_clip_model"'),
        ('"open_clip_model"', "7"),
        ('text_network = ""', 'text_network = "x"'),
    ],
)
def test_what_was_not_written_by_this_version_is_not_believed(kept: Path, old: str, new: str) -> None:
    content = kept.read_text()
    assert old in content
    kept.write_text(content.replace(old, new))
    assert remembered(SPEC) is None


def test_a_cache_that_cannot_be_written_is_no_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cache").mkdir()
    (home / "cache" / "named-weights.toml").mkdir()
    remember(SPEC, PLACE)
    assert remembered(SPEC) is None


def test_models_of_other_libraries_and_folders_have_no_such_place(tmp_path: Path) -> None:
    for key in ("clip", "effnet-lite0", str(tmp_path)):
        assert remembered(find(key)) is None
        assert not are_here(find(key))


def test_weights_are_here_with_all_that_belongs_to_them(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not are_here(SPEC)
    folder = tmp_path / "models--timm--vit_base_patch32_clip_224.openai" / "snapshots" / "main"
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text("{}")
    assert not are_here(SPEC)
    (folder / "model.safetensors").touch()
    assert not are_here(SPEC), "those of another library"
    (folder / "open_clip_model.safetensors").touch()
    assert are_here(SPEC)
    remember(SPEC, Place(PLACE.repository, PLACE.stem, "some/bert"))
    assert not are_here(SPEC), "without the config of its network for texts"
    text_network = tmp_path / "models--some--bert" / "snapshots" / "main"
    text_network.mkdir(parents=True)
    (text_network / "config.json").write_text("{}")
    assert are_here(SPEC)


def test_a_name_of_which_nothing_is_remembered_has_no_source(home: Path) -> None:
    with pytest.raises(NoSource, match="not known which files"):
        source_of(SPEC)
