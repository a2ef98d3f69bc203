"""Questions to every action of the registry, and collections that have vectors of only some of their pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.actions.registry import actions
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from core.vectors import store
from core.vectors.store import Reader, Writer

VEC_TYPES = ("effnet-lite0", "effnet-lite0+grey", "conse")
# By the name of the action: what is asked, given the key of a picture. Each way in which it computes is there.
QUESTIONS: Mapping[str, Mapping[str, Callable[[str], dict[str, Any]]]] = {
    "similar": {
        "one": lambda key: {"like": [key]},
        "fused": lambda key: {"like": [key], "vec_type": "effnet-lite0", "also": "conse"},
        "unlike": lambda key: {"like": [key], "unlike": [key[::-1]]},
    },
    "text_search": {
        "text": lambda key: {"text": "a red ball -blue"},
        "like": lambda key: {"text": "a red ball", "like": [key]},
    },
    "cluster": {
        "k-means": lambda key: {"vec_type": "effnet-lite0"},
        "k": lambda key: {"vec_type": "effnet-lite0", "k": 5},
        "hdbscan": lambda key: {"vec_type": "effnet-lite0", "method": "hdbscan"},
    },
    "cluster_by": {
        "texts": lambda key: {"names": "cat, red car"},
        "many": lambda key: {"names": "cat, red car", "many": True},
        "tags": lambda key: {"by": "tags"},
        "names": lambda key: {"by": "tags", "anchor": "names"},
    },
    "duplicates": {
        "any": lambda key: {},
        "vectors": lambda key: {"vec_type": "effnet-lite0"},
        "rest": lambda key: {"list": "rest"},
    },
    "recommend": {
        "like": lambda key: {"like": [key]},
        "tag": lambda key: {"for_": "tag:some"},
        "group": lambda key: {"for_": "group:all"},
    },
}
ASKED = [(action, question) for action in QUESTIONS for question in QUESTIONS[action]]


def asked(action: str, question: str, key: bytes) -> dict[str, Any]:
    """The values of a question about a picture."""
    values = QUESTIONS[action][question](key.hex())
    if "unlike" in values:
        values["unlike"] = []
    return values


def every_action_is_asked() -> bool:
    """Whether a new action was given its questions."""
    return set(QUESTIONS) == {action.name for action in actions()}


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a collection, in the order of their names."""
    found = [path for path in folder.rglob("*.*") if path.is_file() and ".pictoscope" not in path.parts]
    return sorted(found, key=lambda path: path.name)


def rewrite(paths: Sequence[Path]) -> None:
    """As a bulk edit of EXIF does: the same pictures, other bytes."""
    for number, path in enumerate(paths):
        with path.open("ab") as stream:
            stream.write(f"rewritten {number}".encode())


def leave_vectors_of(project: Project, number: int) -> bytes:
    """All pictures but ``number`` of them are rewritten. Labels are on all pictures, so on the new ones too.

    Returns the key of a picture, one that has vectors if any has.
    """
    paths = pictures_in(project.folders[0])
    rewrite(paths[number:])
    project.scan()
    picture = project.catalog.by_path(os.fspath(paths[0]))
    assert picture is not None
    found = project.catalog.pictures(project.catalog.picture_ids())
    keys = [picture.key, *(other.key for other in found if other.key != picture.key)]
    Tags(project.catalog).add("some", keys[:3])
    Tags(project.catalog).add("others", keys[3:6])
    Groups(project.catalog).save("all", [(key, None) for key in keys[:4]])
    return picture.key


def make_equal(project: Project) -> None:
    """All rows of all vec types are alike, as of a model that has broken."""
    for name in VEC_TYPES:
        folder = project.vectors_folder / name
        snapshot = Reader(folder).snapshot()
        keys = [bytes(key).ljust(20, b"\0") for key in snapshot.keys]
        manifest, row = snapshot.manifest, np.array(snapshot.rows[:1])
        store.delete(folder)
        store.create(folder, manifest)
        with Writer(folder) as writer:
            writer.append(keys, np.repeat(row, len(keys), axis=0))
