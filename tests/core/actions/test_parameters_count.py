"""Every parameter of every action counts, or is refused: none is silently passed over."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from asked import pictures_in

from core.actions.definition import Action, Context
from core.actions.duplicates import DuplicatesParameters
from core.actions.duplicates import find_groups as duplicates_found
from core.actions.parameters import ChoiceParameter
from core.actions.registry import actions
from core.actions.run import Question
from core.errors import PictoscopeError
from core.labels.duplicate_decisions import decide
from core.labels.tags import Tags
from core.project import Project
from tests.remembering_encoder import RememberingEncoder

OTHER, SOME = "05.jpg", "06.png"
# By the name of the action: what is asked, and for each parameter another value that must make a difference.
# `{NAME}` stands for the path of a picture, `{outside}` for a file that is none of the project's.
BASE: Mapping[str, dict[str, Any]] = {
    "similar": {"like": ["{00.jpg}"], "vec_type": "conse"},
    "text_search": {"text": "a red ball", "vec_type": "conse"},
    "cluster": {"vec_type": "conse", "words": False},
    "cluster_by": {"names": "cat, ball", "vec_type": "conse"},
    "duplicates": {"vec_type": "effnet-lite0+grey"},
    "recommend": {"like": ["{00.jpg}", "{02.webp}"], "vec_type": "conse"},
}
OTHERWISE: Mapping[str, dict[str, list[Any]]] = {
    "similar": {
        "vec_type": ["effnet-lite0"],
        "like": [["{05.jpg}"], ["{outside}"]],
        "unlike": [["{05.jpg}"], ["{outside}"], ["{00.jpg}"]],
        "also": ["effnet-lite0", "conse"],
        "where": ["name~0"],
        "at_least": [0.95],
        "top": [3],
    },
    "text_search": {
        "vec_type": ["effnet-lite0", "conse+grey"],
        "text": ["a blue wall", '"a red ball" -"sea"', '"a red ball" "sea"', '"a red ball"^2 "sea"', "{outside}"],
        "template": ["a photo of {}"],
        "like": [["{05.jpg}"], ["{outside}"]],
        "unlike": [["{05.jpg}"], ["{outside}"]],
        "also": ["conse"],
        "where": ["name~0"],
        "at_least": [0.95],
        "top": [3],
    },
    "cluster": {
        "vec_type": ["effnet-lite0"],
        "method": ["hdbscan", "k-means"],
        "k": [7],
        "least": [2],
        "words": [True],
        "seed": [(1, 2, 3, 4)],
        "where": ["name~0"],
    },
    "cluster_by": {
        "vec_type": ["effnet-lite0", "conse+grey"],
        "by": ["tags", "texts"],
        "names": ["whole, part"],
        "anchor": ["names", "pictures"],
        "parents": ["combine", "ignore", "use"],
        "minimum": [0.99],
        "many": [True],
        "where": ["name~0"],
    },
    "duplicates": {
        "vec_type": ["conse"],
        "threshold": [(0.6, 1.0)],
        "reference": ["copies", "nowhere"],
        "where": ["name~0"],
        "list": ["all", "rest", "marked", "undecided"],
    },
    "recommend": {
        "vec_type": ["effnet-lite0"],
        "for_": ["tag:part", "group:nobody"],
        "like": [["{05.jpg}", "{07.webp}"], ["{outside}"]],
        "unlike": [["{05.jpg}"], ["{outside}"], ["{00.jpg}"]],
        "where": ["name~0"],
        "top": [3],
    },
}


# What makes a difference only among pictures that test_copies_found has: turned copies, bursts, copies of other bytes.
ELSEWHERE = {"duplicates": {"also", "ignore", "undecided"}}


@pytest.fixture(scope="module")
def asked_in(
    filled_template: Path, tmp_path_factory: pytest.TempPathFactory, quick_encoder: RememberingEncoder
) -> Iterator[Context]:
    """A collection with nested tags, and a group of copies that was decided."""
    folder = tmp_path_factory.mktemp("counts") / "pictures"
    shutil.copytree(filled_template, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(tmp_path_factory.mktemp("home")))
        shutil.copyfile(folder / "round" / "11.png", folder / "copies" / "11 again.png")
        shutil.copyfile(folder / "round" / "13.bmp", folder / "copies" / "13 again.bmp")
        with Project.open_or_create(folder) as project:
            project.scan()
            keys = [picture.key for picture in project.catalog.pictures(project.catalog.picture_ids())]
            tags = Tags(project.catalog)
            tags.add("whole", keys[:4])
            tags.add("part", keys[4:7])
            tags.set_parent("part", "whole")
            tags.add("other", keys[7:9])
            context = Context(project, quick_encoder)
            for group in duplicates_found(context, DuplicatesParameters(vec_type="effnet-lite0+grey")).groups:
                if any(b"05" in os.path.basename(copy.file.path) for copy in group.copies):
                    decide(project.catalog, "decided", [(copy.file, 1, copy.keep) for copy in group.copies])
            yield context


def given(context: Context, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with the paths of pictures filled in."""
    paths = {path.name: str(path) for path in pictures_in(context.project.folders[0])}
    outside = context.project.folders[0].parent / "outside.png"
    shutil.copyfile(paths["11.png"], outside)
    paths["outside"] = str(outside)

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(one) for one in value]
        return paths[value[1:-1]] if isinstance(value, str) and value[:1] == "{" and value[1:-1] in paths else value

    return {name: filled(value) for name, value in values.items()}


def told(context: Context, action: Action[Any], values: Mapping[str, Any]) -> str | None:
    """All that is answered, with what is said beside it; None where it is refused."""
    try:
        answer = Question.of(action, given(context, values)).ask(context).to_json()
    except PictoscopeError:
        return None
    return str(answer)


def test_every_parameter_of_the_registry_is_tried() -> None:
    assert {action.name: set(OTHERWISE[action.name]) for action in actions()} == {
        action.name: {field.name for field in action.fields()} - ELSEWHERE.get(action.name, set())
        for action in actions()
    }


@pytest.mark.parametrize("action", actions(), ids=lambda action: action.name)
def test_a_parameter_makes_a_difference_or_is_refused(asked_in: Context, action: Action[Any]) -> None:
    """Beside every combination of the choices: what counts with one may be passed over with another."""
    choices = [field for field in action.fields() if isinstance(field, ChoiceParameter)]
    combinations = [
        dict(zip([field.name for field in choices], chosen, strict=True))
        for chosen in itertools.product(*(field.choices for field in choices))
    ]
    bases = [BASE[action.name] | chosen for chosen in combinations]
    if action.name == "recommend":
        bases.append({"for_": "tag:whole", "vec_type": "conse"})
    if action.name == "cluster_by":
        bases = [base | {"names": "whole, part, other"} for base in bases]
    if action.name == "duplicates":
        bases = [base for base in bases if base["list"] != "marked"]  # no copies of other bytes are marked here
    ignored = []
    for base in bases:
        plain = told(asked_in, action, base)
        if plain is None:
            continue
        for name, values in OTHERWISE[action.name].items():
            for value in values:
                default = next(field.default for field in action.fields() if field.name == name)
                if value == base.get(name, default):
                    continue
                others = value if isinstance(value, tuple) else (value,)  # of several one must make a difference
                if all(told(asked_in, action, base | {name: other}) == plain for other in others):
                    ignored.append((base, name, value))
    assert ignored == []


def test_examples_of_recommend_count_beside_a_tag(asked_in: Context) -> None:
    (recommend,) = [action for action in actions() if action.name == "recommend"]
    base = {"for_": "tag:whole", "vec_type": "conse"}
    answer = Question.of(recommend, given(asked_in, base | {"unlike": ["{outside}"], "like": ["{09.gif}"]})).ask(
        asked_in
    )
    assert answer.title == "for tag:whole, like 1 picture, unlike 1 picture"
    assert "09.gif" not in [os.path.basename(match.path).decode() for match in answer.groups[0].matches]
