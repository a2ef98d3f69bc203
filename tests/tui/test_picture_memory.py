"""What the caches of pictures hold is counted by kind, and shown."""

from __future__ import annotations

from dataclasses import dataclass

from app_helpers import flat, grid_of, running, until

from core.project import Project
from core.text import byte_size
from tui.picture_memory import Held, held
from tui.screens.settings.settings import SettingsScreen
from tui.widgets.decoded import MOST_BYTES as MOST_DECODED
from tui.widgets.drawings import MOST_BYTES


@dataclass
class Cache:
    kind: str
    held_bytes: int
    most_bytes: int


def test_caches_of_a_kind_are_counted_together() -> None:
    caches = [Cache("drawn", 1_000, 5_000), Cache("decoded", 7, 9), Cache("drawn", 2_000, 5_000)]
    found = held(caches)
    assert found == [Held("decoded", 1, 7, 9), Held("drawn", 2, 3_000, 10_000)]
    assert [str(one) for one in found] == ["decoded 7 B of 9 B", "drawn 3.0 KB of 10 KB in 2 lists"]


async def test_settings_say_what_pictures_take_and_the_most_they_may(project: Project) -> None:
    async with running(project) as (app, pilot):
        grid = grid_of(app)
        await until(pilot, lambda: len(grid._drawn) == len(grid.source or ()))  # no other drawing comes later
        by_kind = {one.kind: one for one in app.pictures.memory}
        assert by_kind["drawn"] == Held("drawn", 1, grid._drawn.held_bytes, MOST_BYTES)
        assert by_kind["drawn"].held_bytes > 0
        assert by_kind["decoded"].most_bytes == MOST_DECODED
        app.push_screen(SettingsScreen(project, "display"))
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        expected = f"drawn {byte_size(grid._drawn.held_bytes)} of {byte_size(MOST_BYTES)}"
        await until(pilot, lambda: expected in flat(app))
