"""``pictoscope add``."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.errors import ProjectError
from core.folder_paths import picture_folder
from core.project import Project
from core.project_location import FOLDER_NAME
from core.rebuild import rebuild_catalog, rebuild_settings
from core.recent_projects import remember
from core.settings import SETTINGS_NAME
from core.text import printable
from tui.commands.common import open_project, print_json, report_json, say, scan
from tui.commands.large_folders import add_yes, ask_for_large

_READ = "JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC, AVIF, JPEG 2000 are read"


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folders",
        nargs="*",
        metavar="FOLDER",
        help="picture folders (default: look for changes in the folders of the project)",
    )
    parser.add_argument(
        "--rehash",
        action="store_true",
        help="read every picture again, even if its size, times and inode have not changed",
    )
    add_yes(parser)
    parser.add_argument(
        "--rebuild-catalog", action="store_true", help="move a damaged catalog.sqlite aside and create a new one"
    )
    parser.add_argument(
        "--rebuild-settings", action="store_true", help="move a damaged project.toml aside and create a new one"
    )


def run(arguments: Namespace) -> int:
    """Create or find the project, add the folders, scan."""
    before = _existing(arguments)
    with _project(arguments) as project:
        is_new = project.path not in before
        if not is_new:
            remember(project)
        if arguments.rebuild_catalog:
            rebuilt = rebuild_catalog(project)
            say(f"the old catalog is kept as {printable(rebuilt.aside)}" if rebuilt else "there was no catalog")
            if rebuilt and str(rebuilt.salvaged):
                say(f"recovered from it: {rebuilt.salvaged}")
        report = scan(project, rehash=arguments.rehash)
        if not report.pictures:
            folders = ", ".join(printable(folder) for folder in project.folders)
            raise ProjectError(f"no pictures in {folders}{_undone(project) if is_new else ''}", _READ)
        remember(project)
        if arguments.json:
            print_json(report_json(project, report))
        else:
            say(f"project: {printable(project.path)}")
            say(_next(project))
    return 0


def _project(arguments: Namespace) -> Project:
    if not arguments.folders and not arguments.rebuild_settings:
        return open_project(arguments)
    folders = [picture_folder(folder) for folder in arguments.folders]
    if arguments.rebuild_settings:
        return rebuild_settings(_project_folder(arguments, folders), folders)
    folder = _project_folder(arguments, folders)
    ask_for_large(_new(folder, folders), yes=arguments.yes)
    return Project.create(folder, folders, exist_ok=True)


def _existing(arguments: Namespace) -> list[Path]:
    """The folder of the project, where there is something in that place already."""
    folder = _project_folder(arguments, [picture_folder(folder) for folder in arguments.folders])
    return [folder.absolute()] if folder.exists() or not arguments.folders else []


def _undone(project: Project) -> str:
    """Take a project away that was made a moment ago, for nothing. Returns that in words."""
    project.close()
    shutil.rmtree(project.path, ignore_errors=True)
    return "" if project.path.exists() else ": no project was made"


def _new(project: Path, folders: list[Path]) -> list[Path]:
    """Those that the project does not have yet: the others were asked about before."""
    there = Project(project).folders if (project / SETTINGS_NAME).exists() else []
    return [folder for folder in folders if folder not in there]


def _project_folder(arguments: Namespace, folders: list[Path]) -> Path:
    """The project folder: the given one, else that of the current folder or one above it, else in the first folder."""
    if arguments.project:
        start = Path(arguments.project).absolute()
        inner = start / FOLDER_NAME
        return inner if (inner / SETTINGS_NAME).exists() and not (start / SETTINGS_NAME).exists() else start
    for start in (Path.cwd(), folders[0] if folders else Path.cwd()):
        for folder in (start, *start.parents):
            if (folder / FOLDER_NAME / SETTINGS_NAME).exists():
                return folder / FOLDER_NAME
    return (folders[0] if folders else Path.cwd()) / FOLDER_NAME


def _next(project: Project) -> str:
    """What to do next: compute vectors that are missing, if any are, or open the app."""
    statuses = project.statuses()
    if statuses and not any(status.can_restart for status in statuses):
        return "next: open the app: pictoscope"
    command = "restart" if statuses else "create effnet-lite0"
    return f"next: pictoscope vectors {command}, or open the app: pictoscope"
