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

from core import __version__
from core.errors import PictoscopeError
from core.images.formats import register_decoders
from core.models.catalogue import catalogue
from core.mounts import UNSAFE, network_file_system
from core.project import Project
from core.text import byte_size, count, printable
from core.user_folders import data_folder
from tui.commands.common import open_project, print_json

_LIBRARIES = ("torch", "timm", "transformers", "pillow", "pillow-heif", "numpy", "textual")


def configure(parser: ArgumentParser) -> None:
    """It has no arguments of its own."""


def run(arguments: Namespace) -> int:
    """Print what is found. Exit code 1 if something that is needed is missing."""
    found = {
        "pictoscope": {"version": __version__, "python": platform.python_version(), "system": platform.platform()},
        "terminal": _terminal(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "compute": _compute(),
        "pictures": {"formats": ", ".join(register_decoders())},
        "models": {spec.key: "here" if spec.available else "not here" for spec in catalogue()},
        "folders": {"data": str(data_folder()), "free": byte_size(shutil.disk_usage(data_folder()).free)},
        "project": _project(arguments),
    }
    if arguments.json:
        print_json(found)
    else:
        for section, values in found.items():
            print(section)
            for name, value in values.items():
                print(f"  {name:<14} {printable(str(value))}")
    return 1 if "not installed" in found["libraries"].values() or "problem" in found["project"] else 0


def _terminal() -> dict[str, Any]:
    size = shutil.get_terminal_size()
    return {
        "is one": "yes" if sys.stdout.isatty() else "no",
        "TERM": os.environ.get("TERM", "–"),
        "colours": "none (NO_COLOR)" if os.environ.get("NO_COLOR") else _colours(),
        "size": f"{size.columns} x {size.lines}",
        "inside": ", ".join(name for name, mark in (("tmux", "TMUX"), ("SSH", "SSH_TTY")) if os.environ.get(mark))
        or "–",
        "encoding": sys.stdout.encoding,
        "pictures": "half blocks",
    }


def _colours() -> str:
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "16 million"
    return "256" if "256" in os.environ.get("TERM", "") else "16 (set COLORTERM=truecolor if the terminal can do more)"


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
