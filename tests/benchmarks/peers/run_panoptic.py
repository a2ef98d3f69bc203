"""Vectors of a folder by Panoptic and PanopticML, without a browser: python run_panoptic.py FOLDER PROJECT MODEL."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from panoptic.core.databases.media.models import VectorType
from panoptic.core.databases.panoptic.models import PluginKey
from panoptic.core.project.project import Project

PLUGIN = "PanopticML"


def main() -> None:
    """Import the folder as the browser's button does; the plug-in computes vectors of what was imported."""
    folder, place, model = sys.argv[1:]
    with Project(Path(place)) as project:  # with a vec type before the plug-in makes that of CLIP
        project.upsert_vector_type(VectorType(id=-1, source=PLUGIN, params={"model": model, "greyscale": False}))
    with Project(Path(place), plugin_keys=[PluginKey(PLUGIN, "panopticml", "pip", "panopticml")]) as project:
        wait(project)
        project.import_folder(folder)
        wait(project)


def wait(project: Project) -> None:
    """Until no task is left, nor one that another has added."""
    quiet = 0
    while quiet < 5:
        quiet = quiet + 1 if all(state.finished for state in project.get_task_states()) else 0
        time.sleep(0.05)


if __name__ == "__main__":
    main()
