"""``pictoscope doctor``."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from argparse import ArgumentParser, Namespace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core import __version__, plugins
from core.actions.registry import actions
from core.errors import PictoscopeError
from core.images.formats import register_decoders
from core.models.catalogue import catalogue
from core.mounts import UNSAFE, network_file_system
from core.project import Project
from core.text import byte_size, count, printable
from core.user_folders import data_folder
from tui.commands.common import open_project, print_json
from tui.commands.find_terminal import find_terminal
from tui.graphics.identify import TRUE_COLOUR, VARIABLE
from tui.graphics.image_store import BUDGET
from tui.graphics.terminal import CHOICES, NO_COLOURS
from tui.widgets.decoded import MOST_BYTES as MOST_DECODED
from tui.widgets.drawings import MOST_BYTES as MOST_DRAWN

_COLOURS = {NO_COLOURS: "none (NO_COLOR)", 16: "16", 256: "256", TRUE_COLOUR: "16 million"}
_CHANGE = f"pictoscope --graphics {'|'.join(CHOICES)}, {VARIABLE}, or Settings > Display"
_LIBRARIES = ("torch", "timm", "transformers", "pillow", "pillow-heif", "numpy", "textual")


def configure(parser: ArgumentParser) -> None:
    """``doctor`` has only the common arguments."""


def run(arguments: Namespace) -> int:
    """Print the state of this machine and the project. Exit code 1 if something required is missing."""
    report = {
        "pictoscope": {"version": __version__, "python": platform.python_version(), "system": platform.platform()},
        "terminal": _terminal() | _pictures(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "compute": _compute(),
        "pictures": {"formats": ", ".join(register_decoders()), "memory": _memory()},
        "models": {spec.key: "installed" if spec.available else "not installed" for spec in catalogue()},
        "plug-ins": _plug_ins(),
        "folders": {"data": str(data_folder()), "free": byte_size(shutil.disk_usage(data_folder()).free)},
        "project": _project(arguments),
    }
    if arguments.json:
        print_json(report)
    else:
        for section, values in report.items():
            print(section)
            for name, value in values.items():
                print(f"  {name:<14} {printable(str(value))}")
    return 1 if "not installed" in report["libraries"].values() or "problem" in report["project"] else 0


def _plug_ins() -> dict[str, str]:
    """The entry points of other packages, and whether each works."""
    actions(), catalogue()
    return {
        f"{plug_in.name} ({plug_in.package or 'unknown package'})": f"left out: {plug_in.problem}"
        if plug_in.problem
        else f"works ({plug_in.group.rpartition('.')[2]})"
        for plug_in in plugins.seen()
    } or {"here": "none"}


def _terminal() -> dict[str, Any]:
    size = shutil.get_terminal_size()
    return {
        "is a terminal": "yes" if sys.stdout.isatty() else "no",
        "TERM": os.environ.get("TERM", "–"),
        "size": f"{size.columns} x {size.lines}",
        "over SSH": "yes" if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY") else "no",
        "encoding": sys.stdout.encoding,
    }


def _pictures() -> dict[str, str]:
    """What the terminal says when it is asked, and how pictures are shown in it."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return {"pictures": "not asked: standard input and standard error are not a terminal", "to change it": _CHANGE}
    terminal = find_terminal(again=True).terminal
    report = {
        "name": terminal.name or "unknown",
        "inside": terminal.multiplexer,
        "pictures": f"{terminal.protocol}: {terminal.reason}",
        "passed on": "wrapped for tmux" if terminal.passthrough else "",
        "cell": f"{terminal.cell.width} x {terminal.cell.height} pixels",
        "colours": _COLOURS[terminal.colours],
        "characters": terminal.glyphs,
        "background": "#{:02x}{:02x}{:02x}".format(*terminal.background) if terminal.background else "unknown",
        "advice": terminal.advice,
        "to change it": _CHANGE,
    }
    return {name: said for name, said in report.items() if said}


def _memory() -> str:
    """The most that the caches of pictures take; Settings > Display says what they take now."""
    limits = ((BUDGET, "in the terminal"), (MOST_DRAWN, "drawn, for each list"), (MOST_DECODED, "decoded"))
    return "at most " + ", ".join(f"{byte_size(most)} {where}" for most, where in limits)


def _compute() -> dict[str, Any]:
    facts: dict[str, Any] = {"processors": os.cpu_count()}
    try:
        import torch
    except ImportError as error:
        return facts | {"torch": f"cannot be imported: {error}"}
    facts["threads"] = torch.get_num_threads()
    facts["gpu"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return facts


def _project(arguments: Namespace) -> dict[str, Any]:
    try:
        project = open_project(arguments) if arguments.project else Project.find(Path())
        if project is None:
            return {"here": "none"}
        with project:
            statuses = project.statuses()
            project.catalog.check()
            network = network_file_system(project.path)
            return {
                "here": str(project.path),
                "file system": f"{network}, over a network: {UNSAFE}" if network else "local",
                "folders": ", ".join(printable(folder) for folder in project.folders),
                "pictures": count(project.catalog.count()),
                "vectors": ", ".join(f"{entry.vec_type} {entry.coverage}" for entry in statuses) or "none",
            }
    except PictoscopeError as error:
        return {"problem": f"{error.message} ({error.hint})"}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
