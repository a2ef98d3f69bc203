"""``pictoscope add``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.errors import ProjectError
from core.project import FOLDER_NAME, Project, picture_folder, rebuild_catalog, rebuild_settings, remember
from core.settings import FILE_NAME
from core.text import printable
from tui.commands.common import open_project, print_json, report_json, say, scan


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="picture folders; none: look for changes in those there are"
    )
    parser.add_argument(
        "--rebuild-catalog", action="store_true", help="put a damaged catalog.sqlite aside and make it anew"
    )
    parser.add_argument(
        "--rebuild-settings", action="store_true", help="put a damaged project.toml aside and make it anew"
    )


def run(arguments: Namespace) -> int:
    """Make or find the project, add the folders, scan."""
    with _project(arguments) as project:
        remember(project)
        if arguments.rebuild_catalog:
            rebuilt = rebuild_catalog(project)
            say(f"the old catalog is kept as {printable(rebuilt.aside)}" if rebuilt else "there was no catalog")
            if rebuilt and str(rebuilt.salvaged):
                say(f"brought over from it: {rebuilt.salvaged}")
        report = scan(project)
        if not report.pictures:
            folders = ", ".join(printable(folder) for folder in project.folders)
            raise ProjectError(
                f"no pictures in {folders}", "JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC, AVIF, JPEG 2000 are read"
            )
        if arguments.json:
            print_json(report_json(project, report))
        else:
            say(f"project: {printable(project.path)}")
            say("next: pictoscope vectors create effnet-lite0, or just: pictoscope")
    return 0


def _project(arguments: Namespace) -> Project:
    if not arguments.folders and not arguments.rebuild_settings:
        return open_project(arguments)
    folders = [picture_folder(folder) for folder in arguments.folders]
    if arguments.rebuild_settings:
        return rebuild_settings(_place(arguments, folders), folders)
    place = _place(arguments, folders)
    if not (place / FILE_NAME).exists():
        return Project.create(place, folders)
    project = Project(place)
    for folder in folders:
        project.add_folder(folder)
    return project


def _place(arguments: Namespace, folders: list[Path]) -> Path:
    """The project folder: as told, else that of the current folder or above, else in the first picture folder."""
    if arguments.project:
        start = Path(arguments.project).absolute()
        inner = start / FOLDER_NAME
        return inner if (inner / FILE_NAME).exists() and not (start / FILE_NAME).exists() else start
    for start in (Path.cwd(), folders[0] if folders else Path.cwd()):
        for folder in (start, *start.parents):
            if (folder / FOLDER_NAME / FILE_NAME).exists():
                return folder / FOLDER_NAME
    return (folders[0] if folders else Path.cwd()) / FOLDER_NAME
