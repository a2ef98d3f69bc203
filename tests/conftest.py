"""What every test gets: a home of its own, so that no test sees or changes the user's projects.

And what several share: a small collection of pictures with vectors computed once by the real models.
"""

from __future__ import annotations

import compileall
import ctypes
import gc
import os
import re
import signal
import sys
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

if "PYTEST_XDIST_WORKER" in os.environ:  # one process a processor: threads of their own would only be in the way
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from core.jobs.job import STOP_SIGNALS
from core.models import runtime
from core.models.backend import Model, load
from core.models.catalogue import find
from core.models.openvino_model import OpenVinoModel
from core.models.options import LoadOptions
from core.models.runtime import TrialPictures
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tests.filled_projects import CONSE, EFFNET, EFFNET_GREY, draw, draw_small_pictures, fill_vectors
from tests.own_folders import new_folder, remove_unless_failed
from tests.quick_trial import quick_trial
from tests.remembering_encoder import RememberingEncoder
from tests.shared_folders import made_once

# Every run tries the same examples: what fails fails again. To look for more: --hypothesis-profile exploring
# No clock decides: on a loaded machine any example may be drawn slowly.
_ANY_TIME: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, **_ANY_TIME)
settings.register_profile("exploring", derandomize=False, print_blob=True, **_ANY_TIME)
settings.load_profile("repeatable")

# What a shell may say of its terminal and of its user's taste.
_OF_A_TERMINAL = {
    *("COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"),
    *("TMUX", "TMUX_PANE", "STY", "ZELLIJ", "INSIDE_EMACS", "LC_TERMINAL", "WT_SESSION", "VTE_VERSION"),
    *("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY"),
}
_OF_THE_USER = ("PICTOSCOPE_", "KITTY_", "GHOSTTY_", "HF_", "HUGGINGFACE_", "TRANSFORMERS_")
_OF_THE_TESTS = {"PICTOSCOPE_FUZZ_SECONDS"}

_BETWEEN_FULL_COLLECTIONS = 100  # tests, most of which leave next to nothing

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)

pytest_plugins = ["tests.attacks.tally", "tests.folders_in_memory", "tests.warm_start"]


def pytest_configure() -> None:
    """Prepare each process of the run."""
    _have_an_environment_as_usual()
    _handle_signals_as_usual()
    _compile()


def _have_an_environment_as_usual() -> None:
    """Whatever terminal, session and user start the tests: they, and what they start, find the same."""
    for name in [name for name in os.environ if name in _OF_A_TERMINAL or name.startswith(_OF_THE_USER)]:
        if name not in _OF_THE_TESTS:
            del os.environ[name]
    os.environ["TERM"] = "xterm-256color"
    os.umask(0o022)


def _handle_signals_as_usual() -> None:
    """Whatever program started the tests: no signal is blocked or ignored, and so it is for what the tests start."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM, signal.SIGCHLD, signal.SIGTSTP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _compile() -> None:
    """Compile the package once, also where Python is told to keep nothing: hundreds of programs import it.

    The tests with their assertions rewritten are kept as well: else every process of every run rewrites them all,
    a quarter of what it does before its first test. The programs that tests start are told as before.
    """
    sys.dont_write_bytecode = False
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for package in ("core", "tui"):
            compileall.compile_dir(Path(__file__).parents[1] / package, quiet=2)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage meanwhile: what is imported and collected stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Look for garbage less often, and not in what has been imported by now. That took a fifth of the time."""
    _keep_what_lives()
    gc.set_threshold(100_000, 5, 1_000)


def pytest_sessionfinish() -> None:
    """At its end pytest looks for garbage five times, in all that thousands of tests have left."""
    gc.freeze()


_tests = count(1)  # of this process


def _keep_what_lives() -> None:
    """Look for garbage everywhere once, and never again in what is not garbage now."""
    gc.collect()
    gc.freeze()


def _keep_what_is_freed() -> None:
    """The system gives a network's large blocks page by page, which cost a third of its time: let them be used again.

    The app, which gives them back at once, sets these limits for its process, which here is that of all tests.
    """
    if mallopt := _mallopt():
        mallopt(_MMAP_THRESHOLD, 1 << 30)
        mallopt(_TRIM_THRESHOLD, 1 << 30)


@cache
def _mallopt() -> Any:
    return getattr(ctypes.CDLL(None), "mallopt", None)  # of the GNU C library


@pytest.fixture(autouse=True)
def same_process() -> Iterator[None]:
    """No test changes for the others how this process handles signals, looks for garbage, or shares the processor.

    An app that is run as a command leaves all of its process to be searched whenever an app rests: among what thousands
    of tests have made, that took half of the time.
    """
    _keep_what_is_freed()
    thresholds = gc.get_threshold()
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.set_threshold(*thresholds)
    gc.enable()
    if next(_tests) % _BETWEEN_FULL_COLLECTIONS == 0:
        _keep_what_lives()
    assert os.getpriority(os.PRIO_PROCESS, 0) == niceness, "the tests that follow would starve"


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder of the test's own, as pytest's, found quicker among thousands."""
    folder = new_folder(tmp_path_factory, re.sub(r"\W", "_", request.node.name)[:26])
    yield folder
    remove_unless_failed(folder, request.node)


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """The folder that stands for the user's data and state folders."""
    folder = new_folder(tmp_path_factory, "home")
    monkeypatch.setenv("PICTOSCOPE_HOME", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    yield folder
    remove_unless_failed(folder, request.node)


@pytest.fixture(scope="session")
def effnet() -> Model:
    """The real model, loaded once."""
    return load(find("effnet-lite0"))


@pytest.fixture(scope="session")
def conse() -> Model:
    """The real model, loaded once."""
    return load(find("conse"))


@pytest.fixture(scope="session")
def converted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cache holds both built-in models, converted once. Shared: copy it before it is harmed."""

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch, quick_trial():
            patch.setenv("PICTOSCOPE_HOME", str(folder))
            for key in ("effnet-lite0", "conse"):
                pictures = TrialPictures(2, lambda number: [draw(each).convert("RGB") for each in range(number)])
                model = runtime.load(find(key), print, LoadOptions(device="cpu", runtime="openvino"), pictures)
                assert type(model) is OpenVinoModel

    return made_once(tmp_path_factory, "converted", make)


@pytest.fixture(scope="session")
def quick_effnet(converted_home: Path) -> Model:
    """As ``effnet``, converted: in a third of the time."""
    return _converted("effnet-lite0", converted_home)


@pytest.fixture(scope="session")
def quick_conse(converted_home: Path) -> Model:
    """As ``conse``, converted: in a tenth of the time."""
    return _converted("conse", converted_home)


@pytest.fixture(scope="session")
def quick_encoder(quick_effnet: Model, quick_conse: Model) -> RememberingEncoder:
    """Asks these models. For tests of what is done with rows, not of how they come about."""
    encoder = LocalEncoder()
    encoder._models.update({("effnet-lite0", "float32"): quick_effnet, ("conse", "float32"): quick_conse})
    return RememberingEncoder(encoder)


def _converted(key: str, home: Path) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(home))
        model = runtime.ready(find(key), LoadOptions(device="cpu"))
    assert model is not None
    return model


@pytest.fixture(scope="session")
def small_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See :func:`tests.filled_projects.draw_small_pictures`."""
    folder = tmp_path_factory.mktemp("small") / "pictures"
    draw_small_pictures(folder)
    return folder


@pytest.fixture(scope="session")
def filled_template(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The 25 pictures as a project with ``effnet-lite0``, ``effnet-lite0+grey`` and ``conse`` vectors.

    Shared: copy it before changing anything (``shutil.copytree``; its folder is stored relative to the project).
    """

    def make(folder: Path) -> None:
        draw_small_pictures(folder / "pictures")
        with Project.open_or_create(folder / "pictures") as project:
            project.scan()
            _fill(project, request)

    return made_once(tmp_path_factory, "filled", make) / "pictures"


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The demo's pictures as a project with the demo's three vec types. Shared: copy it before changing anything."""
    from core import demo

    def make(home: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PICTOSCOPE_HOME", str(home))
            with demo.open_demo() as project:
                _fill(project, request)

    return made_once(tmp_path_factory, "demo-home", make) / "demo"


def _fill(project: Project, request: pytest.FixtureRequest) -> None:
    fill_vectors(project, request.getfixturevalue("quick_effnet"), [EFFNET, EFFNET_GREY])
    fill_vectors(project, request.getfixturevalue("quick_conse"), [CONSE])
