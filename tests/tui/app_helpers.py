"""What the tests of the app share: small collections, stores without a model, jobs as folders, waiting, looking."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tomli_w
from PIL import Image
from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.widgets import DataTable, Static

from core.arrays import Rows, normalise
from core.files import Lock
from core.jobs.events import EventLog
from core.jobs.job import JOB_LOCK_NAME, JOB_NAME, boot_id
from core.project import Project
from core.vectors import store
from core.vectors.encoder import EncodingSpec, TextRows
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.patience import PATIENCE
from tests.tui.frames import in_sight, lay_out, paint_frame, strips_of
from tui.app import Pictoscope
from tui.screens.settings.settings import SettingsScreen
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_source import Item
from tui.widgets.vec_type_select import VecTypeSelect
from tui.widgets.zoomed_picture import ZoomedPicture

WIDE, SMALL = (108, 28), (80, 24)


# -- collections ---------------------------------------------------------------------------------------------------


def colour_of(number: int) -> tuple[int, int, int]:
    """A colour for each number, no two alike."""
    return (40 + number * 7 % 200, 30 + number * 53 % 200, number % 251)


def paint(path: Path | bytes, number: int = 0, size: tuple[int, int] = (40, 30)) -> None:
    """A picture of one colour: every version of Pillow scales it alike."""
    name = os.fsencode(path)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as stream:
        Image.new("RGB", size, colour_of(number)).save(stream, "PNG")


def collection(folder: Path, names: Sequence[str]) -> Project:
    """Pictures under these names in a project that has been scanned."""
    for number, name in enumerate(names):
        paint(folder / name, number)
    project = Project.open_or_create(folder)
    project.scan()
    return project


def names_of(project: Project) -> list[str]:
    """File names in the order of the catalog."""
    catalog = project.catalog
    return [picture.name for picture in catalog.pictures(catalog.picture_ids())]


# -- vectors -------------------------------------------------------------------------------------------------------


def copy_with_random_vectors(pictures: Path, folder: Path) -> Path:
    """A project of a copy of these pictures, with vectors that no model has computed. Returns its folder."""
    shutil.copytree(pictures, folder)
    with Project.open_or_create(folder) as project:
        project.scan()
        for name in ("effnet-lite0", "conse"):
            fill_at_random(project, name)
    return folder


def fill_at_random(project: Project, name: str, *, only: int | None = None, seed: int = 0) -> None:
    """Vectors without a model: random rows for the first ``only`` pictures (all if left out)."""
    vec_type = VecType.parse(name)
    catalog = project.catalog
    keys = [picture.key for picture in catalog.pictures(catalog.picture_ids())][:only]
    rows = np.random.default_rng(seed).normal(size=(len(keys), vec_type.spec.dim))
    fill_with(project, name, keys, normalise(rows))


def fill_with(project: Project, name: str, keys: Sequence[bytes], rows: npt.NDArray[np.float32]) -> None:
    """Vectors without a model: these rows for these keys."""
    vec_type = VecType.parse(name)
    folder = project.vectors_folder / name
    manifest = Manifest(
        vec_type=vec_type,
        weights=vec_type.spec.weights,
        revision="test",
        sha256={},
        preprocessing="none",
        dim=vec_type.spec.dim,
        created=datetime(2026, 1, 2, tzinfo=UTC).isoformat(),
        text=vec_type.spec.text,
    )
    store.create(folder, manifest)
    with store.Writer(folder) as writer:
        writer.append(list(keys), rows)


class WordEncoder:
    """Test double of the query process: a text's row is drawn from its length, a picture's from its path's."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        """A row for each text."""
        self.asked += [(how.vec_type.name, text) for text in texts]
        return TextRows(self._rows(how.vec_type, [len(text) for text in texts]), (0,) * len(texts), ((),) * len(texts))

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        """A row for each file."""
        self.asked += [(how.vec_type.name, os.fsdecode(path)) for path in paths]
        return self._rows(how.vec_type, [len(path) for path in paths])

    def close(self) -> None:
        """Nothing to end."""

    @staticmethod
    def _rows(vec_type: VecType, seeds: Sequence[int]) -> Rows:
        return normalise([np.random.default_rng(seed).normal(size=vec_type.spec.dim) for seed in seeds])


# -- jobs ----------------------------------------------------------------------------------------------------------


def job_folder(
    project: Project, name: str, vec_types: str, created: float, events: Sequence[tuple[str, dict[str, Any]]]
) -> Path:
    """A job as a worker would have left it; names of ``vec_types`` with spaces between them."""
    folder = project.jobs_folder / name
    folder.mkdir(parents=True)
    content = {"format": 1, "vec_types": vec_types.split(" "), "created": created, "boot": boot_id()}
    (folder / JOB_NAME).write_text(tomli_w.dumps(content))
    log = EventLog(folder)
    for kind, values in events:
        log.write(kind, **values)
    log.close()
    return folder


def running_job(project: Project, name: str, vec_types: str, events: Sequence[tuple[str, dict[str, Any]]]) -> Lock:
    """A job whose worker seems to live, until the lock is released."""
    folder = job_folder(project, name, vec_types, time.time(), events)
    return Lock.take(folder / JOB_LOCK_NAME, "worker 0")


# -- the app -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def running(
    project: Project | None, size: tuple[int, int] = WIDE, *, listed: bool = True, bugs: bool = False
) -> AsyncIterator[tuple[Pictoscope, Pilot[int]]]:
    """The app on a project. ``listed``: wait until it has been scanned and its pictures are in the grid.

    ``bugs``: expected; else a thread that ends in one fails the test.
    """
    app = Pictoscope(project)
    app.most_notifications = 1_000  # see `said`
    async with app.run_test(size=size, notifications=True) as pilot:
        if project and listed:
            count = project.catalog.count()
            await until(pilot, lambda: grid_of(app).source is not None and len(grid_of(app).source or ()) == count)
            await until(pilot, lambda: not count or grid_of(app).current is not None)
        yield app, pilot
        found = [text for text in said(app) if "a bug in Pictoscope" in text]
        assert bugs or not found, found
    app.encoder.close()


async def settled(app: App[Any], *, painted: bool = True) -> None:
    """Wait until the thread of the interface has nothing left to do and the screens in sight are laid out and drawn.

    Counts what is ready to run instead of looking at a clock: a machine that gives this process no time changes
    nothing. Timers that are not due and other threads are not waited for, but for the one by which Textual gathers
    changes of the terminal's size. What moves all the time is not waited for for ever.

    ``painted``: else only laid out, for who does not look before the next key.
    """
    end = time.monotonic() + PATIENCE / 4
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    while time.monotonic() < end:
        await asyncio.sleep(0)
        if ready:
            continue
        if app._resize_timer is not None:
            await asyncio.sleep(0.001)
            continue
        if not app.is_running or not app._screen_stack or app._batch_count:
            return
        if not lay_out(app) and not (painted and paint_frame(app)):
            return


def is_busy(app: App[Any]) -> bool:
    """Whether the app or a widget of the screen on top does not wait for a message: one may wait for a thread."""
    if not app._screen_stack:
        return True
    return any(
        not (node._closing or node._closed or node._message_queue.ready_event._waiters)
        for node in (app, *app.screen.walk_children(with_self=True))
    )


async def at_rest(pilot: Pilot[Any], app: Pictoscope) -> None:
    """Wait until what was asked of a thread, at once or in a moment, has arrived and is drawn at the size of now."""

    def nothing_to_come() -> bool:
        pictures = [picture for screen in in_sight(app) for picture in screen.query(ZoomedPicture)]
        return not any(map(_is_about_to_load, pictures)) and all(worker.is_finished for worker in app.workers)

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        await until(pilot, nothing_to_come)
        await settled(app)
        if nothing_to_come():  # drawing asked for nothing more
            return
    raise AssertionError("it does not come to rest")


def _is_about_to_load(shown: ZoomedPicture) -> bool:
    task = shown._timer._task if shown._timer else None
    return task is not None and not task.done()


def vec_types_known(app: App[Any]) -> bool:
    """Whether the form on top lists all vec types; until a thread has read them it has only the one chosen last."""
    return all(select._statuses is not None for select in app.screen.query(VecTypeSelect))


async def choose_vec_type(pilot: Pilot[Any], name: str) -> None:
    """Choose it in the form on top, as soon as it is listed."""
    await until(pilot, lambda: vec_types_known(pilot.app))
    pilot.app.screen.query_one(VecTypeSelect).value = name


async def until(pilot: Pilot[Any], condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait for something to become true while the interface has nothing left to do.

    What is true before a key is answered, or between two messages, is thus not taken for the answer. A frame is painted
    only if it does not become true without: painting asks for pictures, and whoever reads the screen paints it.
    """
    end = time.monotonic() + seconds
    await settled(pilot.app, painted=False)
    while not _holds(condition):
        if time.monotonic() > end:
            raise AssertionError(f"did not become true in {seconds:.0f} s on:\n{text_of(pilot.app)}")
        await asyncio.sleep(0.01)
        await settled(pilot.app)
    await pilot.pause()


def _holds(condition: Callable[[], Any]) -> bool:
    from textual.css.query import NoMatches

    try:
        return bool(condition())
    except (NoMatches, LookupError, AttributeError):  # what is asked about is not there yet
        return False


async def press_then(pilot: Pilot[Any], *keys: str, screen: type[Screen[Any]]) -> None:
    """Press, and wait until such a screen is on top: the next keys are for it."""
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(pilot.app.screen, screen))


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """As a person would."""
    await pilot.press(*("space" if character == " " else character for character in text))


def grid_of(app: Pictoscope) -> ImageGrid:
    """The grid of the screen on top."""
    return app.screen.query_one(ImageGrid)


def shown(app: Pictoscope) -> list[str]:
    """Names of the pictures in the grid."""
    source = grid_of(app).source
    return [item.picture.name for item in source.items(0, len(source)) if item] if source else []


def keys_named(project: Project, *names: str) -> list[bytes]:
    """Keys of the pictures with these file names."""
    catalog = project.catalog
    found = {picture.name: picture.key for picture in catalog.pictures(catalog.picture_ids())}
    return [found[name] for name in names]


def current(app: Pictoscope) -> str:
    """Name of the picture under the cursor, which keys are for, whether or not a thread has loaded it yet."""
    grid = grid_of(app)
    at_cursor: list[Item | None] = grid.source.items(grid.cursor, grid.cursor + 1) if grid.source else []
    return next((item.picture.name for item in at_cursor if item), "")


def words(app: Pictoscope, selector: str) -> str:
    """What a static text of the screen on top says."""
    return str(app.screen.query_one(selector, Static).visual)


def lines_of(app: Any) -> list[str]:
    """Every line of the terminal as it is drawn now."""
    return ["".join(segment.text for segment in strip) for strip in strips_of(app)]


def text_of(app: Any) -> str:
    """All of the terminal."""
    return "\n".join(lines_of(app))


def flat(app: Any) -> str:
    """All of the terminal as one line: where text is wrapped, and what frames it, does not matter.

    The dialog on top comes once more by itself: what stands beside it would come between its wrapped lines.
    """
    lines = text_of(app).splitlines()
    text = "\n".join(lines)
    if isinstance(app.screen, ModalScreen) and app.screen.displayed_children:
        box = app.screen.displayed_children[0].region
        text += "\n" + "\n".join(line[box.x : box.right] for line in lines[box.y : box.bottom])
    return " ".join(text.translate(dict.fromkeys(map(ord, "│▌▐"), " ")).split())


def said(app: Pictoscope) -> list[str]:
    """The notifications that were not closed yet, oldest first: all of them, of which the app would show two."""
    return [notification.message for notification in app._notifications]


async def open_settings(app: Pictoscope, pilot: Pilot[int], vectors: int = 0) -> None:
    """By key, until the table has been read."""
    await pilot.press("g")
    await until(
        pilot, lambda: isinstance(app.screen, SettingsScreen) and app.screen.query_one(DataTable).row_count == vectors
    )
    await until(pilot, lambda: words(app, "#vectors-remark"))
