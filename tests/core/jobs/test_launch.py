"""Several processes create vectors at once: each vec type is created by one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import UsageError
from core.jobs import launch
from core.jobs.launch import create_vectors
from core.project import Project
from core.vectors.vec_type import VecType
from tests.core.jobs.worker_helpers import EFFNET

CONSE = VecType("conse")


def test_the_second_of_two_creations_at_once_is_refused_and_leaves_the_first_ones_vectors(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, asked = launch.request, list[VecType]()

    def request_late(folder: Path, vec_type: VecType) -> bool:
        if vec_type == CONSE and not asked:
            asked.append(vec_type)
            assert request(folder, vec_type)  # by the other process
        return request(folder, vec_type)

    def start(*arguments: Any) -> None:
        raise AssertionError("no job is started")

    monkeypatch.setattr(launch, "request", request_late)
    monkeypatch.setattr(launch, "_start", start)
    with pytest.raises(UsageError, match="vectors conse exist already"):
        create_vectors(project, EFFNET, CONSE)
    assert [folder.name for folder in project.vectors_folder.iterdir()] == ["conse"]
    assert not project.settings.default_vec_type
