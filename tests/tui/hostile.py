"""A project in which every text that comes from outside is hostile, and what of it must never reach a terminal."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import numpy as np
import tomli_w
from app_helpers import fill_at_random, job_folder, paint

from core.catalog.property_types import PropertyType
from core.filters.saved import SavedFilters
from core.filters.syntax import quoted
from core.jobs.job import State
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from core.vectors import store
from core.vectors.failures import Failure
from tui.last_choices import file_of

# Set the title, an unheard-of colour by ESC and by the one-byte CSI, right-to-left override, zero-width joiner, bell,
# markup, an action of Textual's, line ends, a wide character. PWNED shows that it was shown.
EVIL = "\x1b]0;PWNED\x07\x1b[31337m\x9b31337m\u202e\u200d\x7f[bold red][@click=app.quit]\r\n\t画"
NAMES = (
    os.fsencode(f"a{EVIL}.png"),
    b"b\x9b31337m\xff\x1b[31337m.png",
    b"c" + b"\x1b[31337m" * 31 + b".png",
    os.fsencode(f"d{EVIL}") + b"/" + os.fsencode(f"e{EVIL}.png"),
    b"plain.png",
)
_MARKS = (b"31337m", b"\xc2\x9b", b"\xe2\x80\xae", b"\xe2\x80\x8d", b"\x7f")


def project_in(folder: Path) -> Project:
    """Pictures, vectors, failures, a job and settings, all of them hostile, below a folder of such a name."""
    pictures = os.fsencode(folder) + b"/" + os.fsencode(f"p{EVIL}")
    for number, name in enumerate(NAMES):
        paint(os.path.join(pictures, name), number)
    with open(os.path.join(pictures, os.fsencode(f"torn{EVIL}.jpg")), "wb") as stream:
        stream.write(b"no picture")
    project = Project.open_or_create(Path(os.fsdecode(pictures)))
    project.scan()
    fill_at_random(project, "conse", only=4)
    fill_at_random(project, "effnet-lite0", only=4)
    _fail(project)
    _label(project)
    _settings(project)
    _job(project)
    damaged = project.vectors_folder / "mobilenet"
    damaged.mkdir()
    (damaged / "manifest.toml").write_text(f'format = 1\n"{EVIL}\x00', "utf-8", newline="")
    return project


def _fail(project: Project) -> None:
    catalog = project.catalog
    last = catalog.pictures(catalog.picture_ids())[-2:]
    for name in ("conse", "effnet-lite0"):
        with store.Writer(project.vectors_folder / name) as writer:
            rows = np.zeros((0, writer.manifest.dim), np.float32)
            writer.append([], rows, [Failure(found.key, found.path, f"damaged{EVIL}: {EVIL}") for found in last])
    with catalog.transaction() as database:
        database.execute("UPDATE pictures SET format = ?", (EVIL,))
        database.execute("UPDATE pictures SET problem = ? WHERE problem <> ''", (EVIL,))


def _label(project: Project) -> None:
    """A tag, a property and its choice, a filter, a group and its origin."""
    catalog = project.catalog
    keys = [picture.key for picture in catalog.pictures(catalog.picture_ids())]
    Tags(catalog).add(EVIL[:150], keys)
    Properties(catalog).define(EVIL[:150], PropertyType.CHOICE, [EVIL[:150]])
    SavedFilters(catalog).save(EVIL[:150], f"tag:{quoted(EVIL)}")
    Groups(catalog).save(EVIL[:150], [(key, None) for key in keys], origin=EVIL)


def _settings(project: Project) -> None:
    file = project.path / "project.toml"
    text = file.read_text("utf-8").replace('default_vec_type = ""', f"default_vec_type = {_toml(EVIL)}")
    file.write_text(re.sub(r"(?m)^name = .*$", lambda _: f"name = {_toml(EVIL)}", text), "utf-8")
    choices = {"similar": {"top": EVIL, "vec_type": EVIL}, "text_search": {"text": EVIL}}
    state = file_of(project.path)
    state.parent.mkdir(exist_ok=True)
    state.write_text(tomli_w.dumps({"project": str(project.path), "view": {"folder": EVIL, "part": EVIL}, **choices}))


def _toml(text: str) -> str:
    return tomli_w.dumps({"a": text}).partition(" = ")[2].strip()


def _job(project: Project) -> None:
    events = [
        ("started", {"pid": 1}),
        ("log", {"text": f"loading {EVIL}"}),
        ("progress", {"done": 1, "failed": 2, "total": 4, "rate": 1.0}),
        ("log", {"text": EVIL, EVIL: EVIL}),
        ("ended", {"state": State.FAILED.value, "error": f"error {EVIL}", "hint": f"hint {EVIL}"}),
    ]
    name = f"20260101-000000{EVIL}".replace("/", "")
    folder = job_folder(project, name, "conse", time.time() - 60, events)
    about = (folder / "job.toml").read_text("utf-8").replace('"conse"', f'"conse", {_toml(EVIL)}')
    (folder / "job.toml").write_text(about, "utf-8")


PLUGIN = f"""
from dataclasses import dataclass
from core.actions.answer import Answer, Group
from core.actions.definition import Action
from core.actions.similar import vec_type_field
from core.actions.text_search import text_field

EVIL = {EVIL!r}

@dataclass(frozen=True, kw_only=True)
class Parameters:
    vec_type: str = vec_type_field()
    text: str = text_field("text " + EVIL, "help " + EVIL)

def run(context, parameters):
    group = Group("group " + EVIL, ())
    return Answer("evil", EVIL, "title " + EVIL, (group, group), "note " + EVIL)

EVIL_ACTION = Action("evil", "evil", "Evil" + EVIL, "help " + EVIL, "E", Parameters, run)
"""


def plugin_in(folder: Path) -> Path:
    """A package with an action whose every text is hostile, as installed; the folder belongs into PYTHONPATH."""
    about = folder / "evil-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "evil_plugin.py").write_text(PLUGIN, "utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[pictoscope.actions]\nevil = evil_plugin:EVIL_ACTION\n")
    return folder


def leaks(shown: bytes, known: re.Pattern[bytes]) -> list[bytes]:
    """What of the hostile texts got through, and every control sequence or character that is not ``known``."""
    rest = known.sub(b"", shown)
    found = [rest[max(0, match.start() - 40) : match.end() + 20] for match in re.finditer(rb"[\x00-\x1f\x7f]", rest)]
    for mark in _MARKS:
        for match in re.finditer(re.escape(mark), shown):
            before = shown[max(0, match.start() - 2) : match.start()]
            if mark != b"31337m" or before.endswith((b"\x1b[", b"\x9b")):
                found.append(shown[max(0, match.start() - 40) : match.end() + 40])
    return found
