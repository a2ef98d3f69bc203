"""Settings, Vectors with imported vectors: what they are is said, they can be deleted, and Restart says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from app_helpers import open_settings, press_then, running, said, text_of, until, words
from textual.widgets import DataTable

from core.importing.vectors.plan import plan_vectors
from core.key_arrays import whole_keys
from core.project import Project
from core.vectors import vec_types
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.results.action_form import ActionForm


def import_rows(project: Project, folder: Path, count: int) -> None:
    """Rows of the first pictures, as ``own.mine``."""
    np.save(folder / "v.npy", np.random.default_rng(1).normal(size=(count, 8)))
    (folder / "v.txt").write_text("".join(f"{key.hex()}\n" for key in whole_keys(project.catalog.keys()[:count])))
    plan_vectors(project, folder / "v.npy", "mine").apply()


async def test_they_are_shown_as_imported_and_restart_says_why_not(project: Project, tmp_path: Path):
    import_rows(project, tmp_path, 6)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot, 1)
        row = [str(cell).strip() for cell in app.screen.query_one(DataTable).get_row_at(0)]
        assert (row[1], row[-1]) == ("own.mine", "imported")
        remark = "own.mine lacks 6 pictures: import rows for them: pictoscope vectors import FILE --as mine"
        await until(pilot, lambda: words(app, "#vectors-remark") == remark)
        await pilot.press("R")
        await until(pilot, lambda: any("no model here computes them" in text for text in said(app)))
    assert not project.jobs_folder.exists()


async def test_they_can_be_deleted(project: Project, tmp_path: Path):
    import_rows(project, tmp_path, 12)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot, 1)
        await press_then(pilot, "X", screen=Confirm)
        await until(pilot, lambda: "12 rows would have to be imported again" in text_of(app))
        await pilot.press("y")
        await until(pilot, lambda: vec_types.names(project.vectors_folder) == [])


async def test_forms_use_them_and_offer_no_restart(project: Project, tmp_path: Path):
    import_rows(project, tmp_path, 6)
    async with running(project) as (app, pilot):
        await press_then(pilot, "c", screen=ActionForm)
        await until(pilot, lambda: words(app, "#explanation").startswith("6 pictures not covered yet"))
        assert "Restart" not in words(app, "#explanation")
        assert app.screen.query_one("#run").display
        assert not app.screen.query_one("#restart").display
