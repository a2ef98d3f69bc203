"""Makes the screenshots and the animation: the real app on the demo, in a real terminal that shows pictures.

    python screenshots/make.py [--home FOLDER] [NAME...]

Needs Xvfb, xterm, xdotool, ImageMagick's `import`, and Chromium for the report. The demo and its vectors are created
first; with ``--home`` they are kept in that folder for the next time.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from animation import FILE_NAME, make_animation
from PIL import Image
from real_terminal import DARK, LIGHT, PACKAGES, display, missing_programs, terminal

HERE = Path(__file__).parent
COMMAND = Path(sys.executable).with_name("pictoscope")
REPORT = "report"
BEGIN = 4.0  # seconds in which the screen stands still before the first key: a busy machine shows nothing for a while
DONE = 3.0  # the same before the picture is taken


@dataclass(frozen=True)
class Shot:
    """A screenshot.

    Attributes:
        name: of the file.
        keys: pressed one after the other, as :meth:`real_terminal.Window.press` takes them.
        size: columns x rows.
        font_size: points.
        options: of the app.
        colours: background and foreground of the terminal.
    """

    name: str
    keys: Sequence[str]
    size: str = "120x34"
    font_size: int = 10
    options: Sequence[str] = ()
    colours: tuple[str, str] = DARK


# To the folder of photographs by its first letters' place in the tree, then to the cat among them.
LEFT, BACK = ("shift+Tab", "shift+Tab", "still"), ("Tab", "Tab", "still")  # past the labels below the tree
TO_CAT = (*LEFT, *("Up",) * 15, *("Down",) * 7, "still", *BACK, *("Right",) * 7, "still")
ORDER = ("o", "still", "Tab", "space", "still", "text:tag", "still", "Return", "still", "Return")
EXPORT = ("f", "still", "text:tag:cat", "Return", "still", "e", "still", "shift+Tab", "space")
IMPORT = ("ctrl+p", "still", "text:import lab", "still", "Return", "still", "text:../labels.csv", "Return")
COMPARE = ("equal", "still:15")  # each measure says for a while what it is doing
JUDGE = ("ctrl+p", "still", "text:judge which", "still", "Return", "still:3", "Return", "still:8")
CLUSTERS = ("c", "still", "Return", "still:3")

SHOTS = (
    Shot("browse", TO_CAT),
    Shot("vectors", ("g",)),
    Shot("create", ("g", "still", "n", "still", "space", "Down", "Down", "Down", "space")),
    Shot("similar-form", (*TO_CAT, "s")),
    Shot("similar", (*TO_CAT, "s", "still", "Return")),
    Shot("text-search", ("slash", "still", "text:a musical instrument", "Return", "still:3")),
    Shot("text-search-cut", ("slash", "still", "text:a cat", "Return", "still:3", "o"), size="80x24"),
    Shot("clusters", CLUSTERS, size="120x40"),
    Shot("recommend", (*TO_CAT, "r", "still", "Return", "still:3", "a", "still", "x")),
    Shot("compare", COMPARE),
    Shot("judge", JUDGE, size="120x40"),
    Shot("map", ("m", "still:5"), size="120x40"),
    Shot("filter", ("f", "still", "text:folder:animals and width>300 and not format:p")),
    Shot("properties", ("Escape", *TO_CAT, "p", "still", "Tab")),
    Shot("labels", ("L", "still", "Down", "Down")),
    Shot("history", ("H", "still", "2")),
    Shot("export", EXPORT),
    Shot("import", IMPORT),
    Shot("jobs", ("still:3", "J")),  # what the scan says at the start is gone by then
    Shot("browse-80x24", TO_CAT, size="80x24"),
    Shot("browse-light", TO_CAT, colours=LIGHT),
    Shot("browse-symbols", TO_CAT, options=("--graphics", "symbols")),
    Shot("grouped", ORDER, size="120x40"),  # after these: the app keeps the order
    Shot("duplicates", ("d", "still", "Return", "still:3"), size="120x40"),  # the last one: a copy lies in the demo
)


# What somebody who works with the demo would have written down.
LABELS = """
tag create animal --colour #4f9e3f
tag add cat --where folder:animals/cats
tag add bird --where folder:animals/birds
tag add insect --where folder:animals/insects
tag parent cat animal
tag parent bird animal
tag parent insect animal
tag add music --where folder:music
tag colour music #5b7fc4
tag add 'black and white' --where folder:black-and-white
set --define year:number --define place:choice:Chicago,London,Paris --define seen:checkbox --define link:url
set year=1931 place=Chicago seen=yes --where folder:black-and-white
set seen=yes place=Paris --where name~cat
group save 'to be printed' --where 'folder:photographs or folder:music'
filter save 'wide and sharp' 'orientation:landscape and sharpness>500'
set place=London --where folder:food
undo
"""
# A table as somebody may bring it: with what is new, what is known, and what cannot be.
TABLE = """path;tags;year;place;remark
photographs/cat.jpg;cat, to print;1931;Paris;
photographs/dog.jpg;dog;1932;Rome;looks left
photographs/clownfish.jpg;fish;1933;London;
photographs/unicorn.jpg;animal;1934;Paris;
"""


def main() -> None:
    """Make them all, or those that are named."""
    parser = ArgumentParser(description="Make the screenshots and the animation.")
    parser.add_argument("--home", type=Path, help="a folder that keeps the demo and its vectors")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of a screenshot, or {FILE_NAME}")
    arguments = parser.parse_args()
    if missing := missing_programs():
        print(f"no screenshots made: {', '.join(missing)} missing; install them: apt install {PACKAGES}")
        return
    wanted = set(arguments.names) or {shot.name for shot in SHOTS} | {FILE_NAME, REPORT}
    with display() as environment:
        if FILE_NAME in wanted:
            with home_folder(arguments.home) as home:
                leave_tour(environment | of_home(home), home / "demo")
                make_animation(HERE / FILE_NAME, COMMAND, environment | of_home(home))
            print(FILE_NAME, flush=True)
        if shots := [shot for shot in SHOTS if shot.name in wanted]:
            with home_folder(arguments.home) as home:
                make_shots(shots, environment | of_home(home), home / "demo")
        if REPORT in wanted:
            with home_folder(arguments.home) as home:
                take_report(environment | of_home(home), home / "demo")
            print(REPORT, flush=True)


def make_shots(shots: Sequence[Shot], environment: dict[str, str], folder: Path) -> None:
    """Label the demo in a folder and take its screenshots."""
    prepare(environment, folder)
    leave_tour(environment, folder)
    for shot in shots:
        if shot.name == "duplicates":
            plant_copy(environment, folder)
        take(shot, environment, folder)
        print(shot.name, flush=True)


def of_home(home: Path) -> dict[str, str]:
    """The variables that say where projects and settings are."""
    return {"HOME": str(home), "PICTOSCOPE_HOME": str(home)}


@contextmanager
def home_folder(kept: Path | None) -> Iterator[Path]:
    """Where projects and settings are: a copy of what is kept, so that each run begins with the same."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if kept is None:
            home.mkdir()
            create_demo(home)
        else:
            if not (kept / "demo" / ".pictoscope" / "vectors").is_dir():
                create_demo(kept)
            shutil.copytree(kept, home)
        (home / "settings.toml").write_text("restore = false\n")  # each begins with all pictures
        yield home


def create_demo(home: Path) -> None:
    """The demo and its vectors."""
    subprocess.run([COMMAND, "demo", "--plain"], check=True, env=os.environ | of_home(home))


def prepare(environment: dict[str, str], folder: Path) -> None:
    """Give the demo labels, and a table to import; make the contact sheet."""
    for line in LABELS.strip().splitlines():
        subprocess.run([COMMAND, *shlex.split(line)], check=True, env=environment, cwd=folder)
    (folder.parent / "labels.csv").write_text(TABLE)
    sheet = ["export", "--tag", "animal", "--as", "sheet", "--to", str(HERE / "contact-sheet.png"), "--replace"]
    subprocess.run([COMMAND, *sheet], check=True, env=environment, cwd=folder)


def leave_tour(environment: dict[str, str], folder: Path) -> None:
    """Leave the tour of the demo, which then does not begin again."""
    with terminal([str(COMMAND)], str(folder), environment, "80x24", 10) as window:
        window.wait(BEGIN)
        window.press("ctrl+t")
        window.wait(DONE)


def plant_copy(environment: dict[str, str], folder: Path) -> None:
    """Put a smaller copy of a photograph into the demo: it holds no copy that may go."""
    with Image.open(folder / "photographs" / "great-wall.jpg") as picture:
        picture.reduce(2).save(folder / "photographs" / "great-wall (for mail).jpg", quality=85)
    for command in (["add", "."], ["vectors", "restart", "effnet-lite0"]):
        subprocess.run([COMMAND, *command], check=True, env=environment, cwd=folder)


def take(shot: Shot, environment: dict[str, str], folder: Path) -> None:
    """Start the app, press the keys, take the picture."""
    command = [str(COMMAND), *shot.options]
    with terminal(command, str(folder), environment, shot.size, shot.font_size, shot.colours) as window:
        window.wait(BEGIN)
        for key in shot.keys:
            window.press(key)
        window.wait(DONE).save(HERE / f"{shot.name}.png", optimize=True)


def take_report(environment: dict[str, str], folder: Path) -> None:
    """The report of a comparison by folders, as a browser shows its beginning."""
    page = folder.parent / "report.html"
    command = [COMMAND, "compare", "--by", "folders", "--report", str(page)]
    subprocess.run(command, check=True, env=environment, cwd=folder)
    look = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,1000"]
    picture = f"--screenshot={HERE / REPORT}.png"
    subprocess.run(["chromium", *look, picture, page.as_uri()], check=True, env=environment)


if __name__ == "__main__":
    main()
