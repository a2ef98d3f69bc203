"""Reads the maps that the screen shows, in a thread: from the project, or starting the job that makes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.errors import Cancelled, PictoscopeError
from core.jobs.job import Job, all_jobs
from core.jobs.map_task import MapTask
from core.key_hints import with_keys
from core.maps.colouring import Colouring, colour_together
from core.maps.job import running_map, start_map
from core.maps.layout import Layout, MapMissing, lay_out
from core.maps.together import Together
from core.project import Project
from core.search.assignment import Check
from core.text import count, printable
from tui.screens.map.wishes import Wish


@dataclass(frozen=True)
class MapsRead:
    """What there is to show.

    Attributes:
        layouts: the maps, in the order of the wishes. A map that a job has to make first stays as it was, or is by PCA.
        jobs: those that make a map; None for a map that is there.
        together: the pictures of all maps.
        colouring: of ``together.keys``.
        colourings: of each map.
    """

    layouts: tuple[Layout, ...]
    jobs: tuple[Job | None, ...]
    together: Together
    colouring: Colouring
    colourings: tuple[Colouring, ...]

    def lacking(self) -> list[str]:
        """What each map lacks of the pictures of the other, in words."""
        lacks = [self.together.lacks(number) for number in range(len(self.layouts))]
        return [f"{printable(one.vec_type)} lacks {count(n)}" for one, n in zip(self.layouts, lacks, strict=True) if n]


def read_maps(project: Project, wishes: Sequence[Wish], colour_by: str, check: Check) -> MapsRead:
    """Read maps, and colour them.

    Args:
        project: open.
        wishes: which ones.
        colour_by: see :func:`core.maps.colouring.colour_by`.
        check: called between blocks; may raise to stop.

    Raises:
        PictoscopeError: one of them cannot be shown at all.
    """
    maps = [_read(project, wish, check) for wish in wishes]
    layouts = tuple(layout for layout, _ in maps)
    together = Together.of([layout.keys for layout in layouts])
    colouring = colour_together(project, layouts, together, colour_by, check=check)
    parts = tuple(colouring.part(places) for places in together.places)
    return MapsRead(layouts, tuple(job for _, job in maps), together, colouring, parts)


def _read(project: Project, wish: Wish, check: Check) -> tuple[Layout, Job | None]:
    before = wish.shown
    try:
        return lay_out(project, wish.vec_type, wish.method, may_take_long=False, check=check), None
    except Cancelled:
        raise
    except MapMissing as missing:
        task = MapTask(missing.vec_type, wish.method)
        job = start_map(project, task) if wish.starts_job else running_map(all_jobs(project.jobs_folder), task)
        if before is not None and before.vec_type == missing.vec_type:
            layout = replace(before, notes=())
        else:
            layout = lay_out(project, missing.vec_type, check=check)
        if job is None:
            layout = replace(layout, notes=(*layout.notes, missing.message + with_keys(" · {map.method} makes it")))
        return layout, job
    except PictoscopeError as error:
        if before is None or (before.vec_type, before.method) != (wish.vec_type, wish.method):
            raise
        # It is on the screen already: what no longer can be read there does not take the other map or colours away.
        return replace(before, notes=(f"{error.message}: this map stays as it was",)), None
