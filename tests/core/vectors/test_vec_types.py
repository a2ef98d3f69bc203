"""Vec types: their names, how complete they are, and which one an action takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vector_helpers import append, failure, key, make, rows

from core.errors import StoreDamaged, UsageError, VectorsMissing
from core.keys import KEY
from core.vectors import vec_types
from core.vectors.coverage import Coverage
from core.vectors.store import Writer
from core.vectors.vec_type import VecType
from tui import cli


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


def present(*numbers: int) -> np.ndarray:
    return np.array(sorted(key(number) for number in numbers), KEY)


@pytest.mark.parametrize(
    ("name", "vec_type"),
    [
        ("effnet-lite0", VecType("effnet-lite0")),
        ("effnet-lite0+grey", VecType("effnet-lite0", greyscale=True)),
        ("clip-vit-base-patch32", VecType("clip-vit-base-patch32")),
        ("a.b_c-1", VecType("a.b_c-1")),
        ("own.my-model.v2_b", VecType("own:my-model.v2_b")),
    ],
)
def test_a_name_and_its_vec_type_are_two_ways_to_say_the_same(name: str, vec_type: VecType) -> None:
    assert VecType.parse(name) == vec_type
    assert vec_type.name == str(vec_type) == name


@pytest.mark.parametrize(
    "name", ["", "+grey", "_", "x+grey+grey", "x+gray", "../x", "x/y", ".hidden", "-x", "x y", "x\n", "é", "x\0"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not the name of a vec type"):
        VecType.parse(name)


@pytest.mark.parametrize("name", ["own.a--b", "own.", "own.x+grey", "own.-x", "own." + "a" * 61])
def test_imported_vectors_have_names_that_can_be_read_back(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        VecType.parse(name)
    (tmp_path / "vectors" / name).mkdir(parents=True)
    assert vec_types.names(tmp_path / "vectors") == []


def test_the_command_of_imported_vectors_imports_more_of_them() -> None:
    program, *words = VecType("own:mine").restart_command.split()
    arguments = cli.command_parser(next(one for one in cli.COMMANDS if one.name == words[0])).parse_args(words[1:])
    assert (program, arguments.command) == ("pictoscope", "import")
    assert VecType.imported(arguments.name) == VecType.imported("own.mine") == VecType("own:mine")


@pytest.mark.parametrize("vec_type", [VecType("effnet-lite0"), VecType("conse", greyscale=True), VecType("hf:a/b")])
def test_its_command_creates_this_vec_type(vec_type: VecType) -> None:
    program, *words = vec_type.create_command.split()
    arguments = cli.command_parser(next(one for one in cli.COMMANDS if one.name == words[0])).parse_args(words[1:])
    assert (program, arguments.command) == ("pictoscope", "create")
    assert [VecType(model, arguments.greyscale) for model in arguments.models] == [vec_type]


def test_an_unknown_model_is_refused_and_the_nearest_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        _ = VecType("efnet-lite").spec
    assert "effnet-lite0" in caught.value.hint


def test_only_folders_with_names_of_vec_types_are_listed(vectors: Path) -> None:
    assert vec_types.names(vectors) == []
    make(vectors / "effnet-lite0", (1,))
    for name in ("conse", "effnet-lite0+grey", ".deleted-conse-12", "Not One"):
        (vectors / name).mkdir()
    (vectors / "notes.txt").write_text("a file")
    assert vec_types.names(vectors) == ["conse", "effnet-lite0", "effnet-lite0+grey"]
    assert len(vec_types.statuses(vectors, present(1), "")) == 3


def test_a_status_counts_the_pictures_of_the_project_only(vectors: Path) -> None:
    folder = make(vectors / "effnet-lite0", (1, 2, 4), (2,))
    with Writer(folder) as writer:
        writer.append([], rows(), [failure(5), failure(6), failure(1)])
    status = vec_types.status(vectors, VecType("effnet-lite0"), present(2, 4, 5, 7), "effnet-lite0")
    assert (status.done, status.failed, status.total, status.dim) == (2, 1, 4, 3)
    assert status.default
    assert not status.complete
    assert status.coverage == "2 / 4"
    assert status.problem == ""
    assert status.size == sum(file.stat().st_size for file in folder.iterdir())
    assert vec_types.status(vectors, VecType("effnet-lite0"), present(2, 4, 5), "").complete


def test_a_vec_type_that_waits_for_its_first_row_has_a_status(vectors: Path) -> None:
    vec_types.request(vectors, VecType("conse", greyscale=True))
    (status,) = vec_types.statuses(vectors, present(1), "")
    assert (status.vec_type.name, status.dim, status.done, status.total, status.problem) == (
        "conse+grey",
        384,
        0,
        1,
        "",
    )


def test_a_damaged_vec_type_does_not_hide_the_others(vectors: Path) -> None:
    make(vectors / "effnet-lite0", (1,))
    (vectors / "effnet-lite0" / "manifest.toml").write_text("format = = 1")
    make(vectors / "effnet-lite0+grey", (1,))
    (vectors / "gone-model").mkdir()
    statuses = {status.vec_type.name: status for status in vec_types.statuses(vectors, present(1), "")}
    assert "manifest.toml is damaged" in statuses["effnet-lite0"].problem
    assert statuses["effnet-lite0+grey"].done == 1
    assert "there is no model gone-model" in statuses["gone-model"].problem


@pytest.mark.parametrize(
    ("there", "wanted", "default", "needs_text", "chosen"),
    [
        (["effnet-lite0", "conse"], "effnet-lite0", "conse", False, "effnet-lite0"),
        (["effnet-lite0", "conse"], "", "effnet-lite0", False, "effnet-lite0"),
        (["effnet-lite0", "conse"], "", "effnet-lite0", True, "conse"),
        (["effnet-lite0", "conse+grey"], "", "", True, "conse+grey"),
        (["effnet-lite0", "conse"], "", "deleted-one", False, "conse"),
    ],
)
def test_an_action_takes_what_is_wanted_or_the_default_or_what_serves(
    vectors: Path, there: list[str], wanted: str, default: str, needs_text: bool, chosen: str
) -> None:
    for name in there:
        vec_types.request(vectors, VecType.parse(name))
    assert vec_types.choose(vectors, wanted, default, needs_text=needs_text).name == chosen


def test_one_that_has_rows_goes_before_one_whose_job_failed(vectors: Path) -> None:
    vec_types.request(vectors, VecType.parse("clip"))
    vec_types.request(vectors, VecType.parse("effnet-lite0"))
    make(vectors / "conse", (1,))
    assert vec_types.choose(vectors, "", "effnet-lite0", needs_text=True).name == "conse"
    assert vec_types.choose(vectors, "", "effnet-lite0", needs_text=False).name == "conse"
    assert vec_types.choose(vectors, "clip", "", needs_text=True).name == "clip"


@pytest.mark.parametrize(
    ("there", "wanted", "needs_text", "kind", "message", "hint"),
    [
        ([], "", False, VectorsMissing, "there are no vectors yet", "vectors create effnet-lite0"),
        ([], "", True, VectorsMissing, "no vectors that read text yet", "vectors create conse"),
        (["effnet-lite0"], "", True, VectorsMissing, "no vectors that read text yet", "vectors create conse"),
        ([], "conse+grey", False, VectorsMissing, "no vectors conse+grey yet", "vectors create conse --greyscale"),
        (["effnet-lite0"], "effnet-lite0", True, UsageError, "effnet-lite0 reads no text", "vectors create conse"),
        (["effnet-lite0", "conse"], "effnet-lite0", True, UsageError, "reads no text", "vectors that can: conse"),
        (["effnet-lite0"], "zzz", False, UsageError, "there is no model zzz", "there are: effnet-lite0"),
        (["effnet-lite0"], "zzz", True, UsageError, "there is no model zzz", "there are: effnet-lite0"),
        (["effnet-lite0"], "../x", False, UsageError, "not the name of a vec type", "KEY"),
    ],
)
def test_what_cannot_serve_is_said_with_the_way_on(
    vectors: Path, there: list[str], wanted: str, needs_text: bool, kind: type[Exception], message: str, hint: str
) -> None:
    for name in there:
        vec_types.request(vectors, VecType.parse(name))
    with pytest.raises(kind) as caught:
        vec_types.choose(vectors, wanted, "", needs_text=needs_text)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_vectors_without_rows_are_missing_but_damaged_ones_are_damaged(vectors: Path) -> None:
    vec_type, coverage, keys = VecType("effnet-lite0"), Coverage(vectors), present(1)
    vec_types.request(vectors, vec_type)
    with pytest.raises(VectorsMissing, match="have no rows yet"):
        vec_types.covered(vectors, vec_type, keys, coverage)
    folder = make(vectors / vec_type.name)
    with pytest.raises(VectorsMissing, match="have no rows yet"):
        vec_types.covered(vectors, vec_type, keys, coverage)
    with Writer(folder) as writer:
        append(writer, 1)
    assert vec_types.covered(vectors, vec_type, keys, coverage).present.tolist() == [True]
    (folder / "rows.f32").unlink()
    with pytest.raises(StoreDamaged):
        vec_types.covered(vectors, vec_type, keys, Coverage(vectors))
