"""What all pictures would take, judged by a sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.comparison.forecast import Forecast, forecast
from core.models import rates
from tests.core.comparison.compared_projects import make_project
from tests.tui.app_helpers import fill_at_random


def test_the_speed_of_the_job_counts_before_the_remembered_one(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", 20) as project:
        fill_at_random(project, "conse", only=5)
        fill_at_random(project, "clip", only=20)
        rates.remember("conse", 0.0412)
        rates.remember("clip", 80)
        first, second = forecast(project, ["conse", "clip"], {"clip": 40.0})
        assert first == Forecast("conse", 15, 15 * 384 * 4, 0.0412)
        assert first.seconds == pytest.approx(15 / 0.0412)
        assert first.text == "conse: 15 more pictures would take about 6 min (0.041/s) and 23 KB of disk"
        assert second.rate == 40.0
        assert second.text == "clip is complete"


def test_what_was_never_measured_takes_an_unknown_time(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", 8) as project:
        fill_at_random(project, "dinov2", only=2)
        (found,) = forecast(project, ["dinov2", "nowhere"], {})
        assert found.seconds is None
        assert "6 more pictures would take an unknown time" in found.text
