"""What computes a model on a processor: OpenVINO or torch. Rows are the same, and what the cache holds is checked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.arrays import Rows
from core.errors import ModelError
from core.images.read import read_picture
from core.models import (
    accelerators,
    converted,
    device_processes,
    numpy_network,
    openvino_library,
    openvino_model,
    runtime,
    runtime_trial,
    weights,
)
from core.models.backend import Model, load
from core.models.catalogue import find
from core.models.openvino_model import OpenVinoModel
from core.models.options import LoadOptions
from core.models.runtime import WORTH_CONVERTING, TrialPictures
from core.models.sources import Source, source_of
from tests.core.models.backend_checks import check_batch_equals_batches_of_one, cosines, pictures_of_any_shape, rows_of
from tests.filled_projects import draw
from tests.quick_trial import quick_trial

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "core" / "demo" / "pictures"
REAL_SECONDS = runtime_trial._seconds
FORCED, TORCH = LoadOptions(runtime="openvino"), LoadOptions(runtime="torch")
SMALL = "hf:some/vit"  # is loaded and converted in half a second: whatever is not about the model itself has it
PHRASES = ["a dog", "two red boats at sunset ☂", "", "a very old wooden door " * 200]


def some(number: int) -> list[Image.Image]:
    return [draw(each).convert("RGB") for each in range(number)]


MANY, FEW = TrialPictures(WORTH_CONVERTING, some), TrialPictures(WORTH_CONVERTING - 1, some)


@cache
def photographs() -> tuple[Image.Image, ...]:
    paths = sorted(DEMO.rglob("*.jpg"))
    return tuple(read_picture(path, at_least=448) for path in paths[:: len(paths) // 24])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """No clock decides: OpenVINO is twice as fast as torch, or as the test says."""
    speed = [2.0]
    monkeypatch.setattr(accelerators, "may_be_here", lambda: False)
    with quick_trial(lambda: speed[0]):
        yield speed


@pytest.fixture
def warm(converted_home: Path, home: Path) -> Path:
    """The user's home, with the built-in models converted; gives the folder of effnet-lite0's."""
    shutil.copytree(converted_home, home, dirs_exist_ok=True)
    return converted.model_folder("effnet-lite0") / source_of(find("effnet-lite0")).name


@pytest.fixture
def warm_small(filled_cache: Path, home: Path) -> Path:
    """The folder of the small model's conversion, in the user's home."""
    assert type(runtime.load(find(SMALL), print, FORCED, FEW)) is OpenVinoModel
    return converted.model_folder(SMALL) / source_of(find(SMALL)).name


def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Model:
        raise AssertionError("the model's library was used")

    monkeypatch.setattr(device_processes, "load", refuse)


# Rows


@pytest.mark.parametrize("key", ["effnet-lite0", "conse"])
def test_rows_of_photographs_are_those_of_torch(warm: Path, key: str, request: pytest.FixtureRequest) -> None:
    ours = runtime.ready(find(key), LoadOptions(precision="float32"))
    theirs: Model = request.getfixturevalue({"effnet-lite0": "effnet", "conse": "conse"}[key])
    assert type(ours) is OpenVinoModel
    pictures = [*photographs(), *pictures_of_any_shape(4), Image.new("RGB", (1, 3000)), Image.new("RGB", (1, 1))]
    assert cosines(rows_of(ours, pictures), rows_of(theirs, pictures)).min() >= 0.9999
    check_batch_equals_batches_of_one(ours, pictures_of_any_shape(3))
    assert ours.spec == theirs.spec
    assert ours.encode_pictures([]).shape == (0, theirs.spec.dim)
    assert (ours.precision, ours.longest_text) == (theirs.precision, theirs.longest_text)
    of_ours, of_theirs = ours.provenance, theirs.provenance
    assert (of_ours.revision, of_ours.sha256) == (of_theirs.revision, of_theirs.sha256)
    assert of_ours.preprocessing == of_theirs.preprocessing


def test_texts_are_read_as_by_the_library(warm: Path, conse: Model) -> None:
    ours = runtime.ready(find("conse"), LoadOptions())
    assert ours is not None
    assert cosines(ours.encode_texts(PHRASES), conse.encode_texts(PHRASES)).min() >= 0.9999
    for phrase in PHRASES:
        assert ours.count_tokens(phrase) == conse.count_tokens(phrase)
        assert ours.unknown_words(phrase) == conse.unknown_words(phrase)


@pytest.mark.parametrize("key", ["mobilenet", "clip", "siglip-base", "dinov2", "hf:some/vit", "hf:some/swin"])
def test_models_of_transformers_have_the_rows_of_torch(filled_cache: Path, key: str) -> None:
    said: list[str] = []
    options = LoadOptions(precision="float32", runtime="openvino")
    ours, theirs = runtime.load(find(key), said.append, options, FEW), load(find(key), options=options)
    assert type(ours) is OpenVinoModel
    pictures = photographs()[::3]  # with weights that nobody has trained, more show nothing more
    assert cosines(rows_of(ours, pictures), rows_of(theirs, pictures)).min() >= 0.999
    check_batch_equals_batches_of_one(ours, pictures_of_any_shape(3))
    assert not [line for line in said if "left to torch" in line]
    if theirs.spec.text:
        assert list(converted.model_folder(key).rglob("texts.json")), "NumPy runs the network for texts"
        for phrases in (PHRASES[:1], PHRASES, PHRASES * 2):  # those of a question, and more
            assert cosines(ours.encode_texts(phrases), theirs.encode_texts(phrases)).min() >= 0.9999
        for phrase in PHRASES:
            assert ours.count_tokens(phrase) == theirs.count_tokens(phrase)
            assert ours.unknown_words(phrase) == theirs.unknown_words(phrase)


# Which one


def test_few_pictures_are_not_worth_a_conversion(home: Path, filled_cache: Path) -> None:
    model = runtime.load(find(SMALL), print, LoadOptions(), FEW)
    assert type(model) is not OpenVinoModel
    assert not (home / "cache").exists() or not list((home / "cache" / "converted").glob("*"))


def test_a_converted_model_serves_few_pictures_too(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_torch(monkeypatch)
    said: list[str] = []
    assert type(runtime.load(find("effnet-lite0"), said.append, LoadOptions(), FEW)) is OpenVinoModel
    assert "OpenVINO" in said[-1]


def test_torch_may_be_asked_for(warm: Path) -> None:
    assert runtime.ready(find("effnet-lite0"), TORCH) is None
    assert type(runtime.load(find("effnet-lite0"), print, TORCH, MANY)) is not OpenVinoModel


def test_what_is_not_faster_is_left_to_torch_and_this_is_said_and_kept(
    home: Path, filled_cache: Path, quick: list[float]
) -> None:
    quick[0] = 1.05
    for words in ("converting it", "is computed by torch: in a trial OpenVINO was 1.1 times as fast"):
        said: list[str] = []
        assert type(runtime.load(find(SMALL), said.append, LoadOptions(), MANY)) is not OpenVinoModel
        assert [line for line in said if words in line]
    assert not [line for line in said if "converting" in line], "the trial takes place once"
    assert not list((home / "cache").rglob("*.bin")), "what is not used takes no space"
    assert type(runtime.load(find(SMALL), print, FORCED, FEW)) is OpenVinoModel, "--runtime overrules"


def test_rows_that_differ_are_left_to_torch_even_if_openvino_is_asked_for(
    home: Path, filled_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = OpenVinoModel.encode_pictures

    def shifted(self: OpenVinoModel, batch: list[np.ndarray]) -> Rows:
        return real(self, batch)[:, ::-1]

    monkeypatch.setattr(OpenVinoModel, "encode_pictures", shifted)
    said: list[str] = []
    assert type(runtime.load(find(SMALL), said.append, LoadOptions(), MANY)) is not OpenVinoModel
    assert [line for line in said if "is computed by torch: the rows of OpenVINO differ" in line]
    with pytest.raises(ModelError, match="the rows of OpenVINO differ"):
        runtime.load(find(SMALL), print, FORCED, MANY)


@pytest.mark.parametrize(
    ("key", "why"),
    [("siglip", "steps that OpenVINO is not told"), ("hf:some/radio", "steps that OpenVINO is not told")],
)
def test_models_that_cannot_be_converted_fall_back_and_say_so(filled_cache: Path, key: str, why: str) -> None:
    said: list[str] = []
    assert type(runtime.load(find(key), said.append, LoadOptions(), MANY)) is not OpenVinoModel
    assert [line for line in said if line.startswith(f"{key} is computed by torch:") and why in line]
    with pytest.raises(ModelError, match=f"{key} cannot be computed by OpenVINO: .*{why}"):
        runtime.load(find(key), print, FORCED, MANY)


def test_a_network_that_openvino_cannot_follow_falls_back(
    home: Path, filled_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.models import conversion

    def fail(*_: object) -> None:
        raise conversion.NotConverted("OpenVINO cannot convert it (no such operation)")

    monkeypatch.setattr(conversion, "_save", fail)
    said: list[str] = []
    assert type(runtime.load(find(SMALL), said.append, LoadOptions(), MANY)) is not OpenVinoModel
    assert said[-1] == f"{SMALL} is computed by torch: OpenVINO cannot convert it (no such operation)"
    assert not list((home / "cache").rglob("*.xml"))


def test_a_conversion_that_fails_leaves_that_of_another_job(warm_small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.models import conversion

    def fail(*_: object) -> None:
        raise conversion.NotConverted("OpenVINO cannot convert it (no such operation)")

    monkeypatch.setattr(conversion, "_save", fail)
    monkeypatch.setattr(converted, "_WRITER", "this job")
    for outcome in warm_small.parent.glob("trial-*.json"):
        outcome.unlink()
    assert type(runtime.load(find(SMALL), print, LoadOptions(), MANY)) is not OpenVinoModel
    assert converted.read(source_of(find(SMALL))) is not None


@pytest.mark.parametrize("way", ["removed", "damaged"])
def test_a_conversion_that_another_process_takes_away_says_nothing_of_the_model(
    home: Path, filled_cache: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    real = converted.read

    def read(source: Source) -> converted.Entry | None:
        folder = converted.model_folder(SMALL) / source.name
        if way == "removed":
            shutil.rmtree(folder)
        else:
            (folder / "pictures.bin").write_bytes(b"half")
        return real(source)

    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(converted, "read", read)
        assert type(runtime.load(find(SMALL), said.append, LoadOptions(), MANY)) is not OpenVinoModel
    assert "is computed by torch: the converted model" in said[-1]
    assert type(runtime.load(find(SMALL), print, LoadOptions(), MANY)) is OpenVinoModel, "the next job tries again"


def test_a_gpu_is_left_to_torch(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for device in ("cuda", "cuda:0,cuda:1", "mps", "cpu,cpu"):
        assert runtime.ready(find("effnet-lite0"), LoadOptions(device=device)) is None
    with pytest.raises(ModelError, match="it runs on the processor only"):
        runtime.ready(find("effnet-lite0"), LoadOptions(device="cuda", runtime="openvino"))
    monkeypatch.setattr(accelerators, "may_be_here", lambda: True)
    monkeypatch.setattr(device_processes, "chosen_devices", lambda wanted: ["cuda:0"])
    assert runtime.ready(find("effnet-lite0"), LoadOptions()) is None
    monkeypatch.setattr(device_processes, "chosen_devices", lambda wanted: ["cpu"])
    assert runtime.ready(find("effnet-lite0"), LoadOptions()) is not None


@pytest.mark.parametrize("way", ["another row", "an operation that is not known"])
def test_texts_that_numpy_cannot_run_are_left_to_openvino(
    filled_cache: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    real = numpy_network.NumpyNetwork.__call__

    def reversed_row(self: numpy_network.NumpyNetwork, **arrays: np.ndarray) -> np.ndarray:
        return real(self, **arrays)[:, ::-1]

    if way == "another row":
        monkeypatch.setattr(numpy_network.NumpyNetwork, "__call__", reversed_row)
    else:
        monkeypatch.delitem(numpy_network.OPERATIONS, "MatMul")
    options = LoadOptions(precision="float32", runtime="openvino")
    ours, theirs = runtime.load(find("clip"), print, options, FEW), load(find("clip"), options=options)
    assert type(ours) is OpenVinoModel
    assert not list(converted.model_folder("clip").rglob("texts.json"))
    assert cosines(ours.encode_texts(PHRASES), theirs.encode_texts(PHRASES)).min() >= 0.9999


@pytest.mark.parametrize("way", ["steps that are none", "weights that are too short", "an operation that is gone"])
def test_texts_that_numpy_cannot_run_any_more_are_left_to_openvino(
    filled_cache: Path, home: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The files are compared with their hashes before, but read afterwards."""
    options = LoadOptions(precision="float32", runtime="openvino")
    ours, theirs = runtime.load(find("clip"), print, options, FEW), load(find("clip"), options=options)
    (steps,) = converted.model_folder("clip").rglob("texts.json")
    if way == "an operation that is gone":
        monkeypatch.delitem(numpy_network.OPERATIONS, "MatMul")
    elif way == "steps that are none":
        steps.write_bytes(steps.read_bytes()[:-9])
    else:
        content = json.loads(steps.read_bytes())
        constant = next(attributes for name, _, attributes in content if name == "Const")
        constant["offset"] = str(steps.with_suffix(".bin").stat().st_size)
        steps.write_text(json.dumps(content))
    for _ in range(2):
        assert cosines(ours.encode_texts(PHRASES), theirs.encode_texts(PHRASES)).min() >= 0.9999


def test_without_openvino_all_is_as_before(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_library, "is_installed", lambda: False)
    assert type(runtime.load(find("effnet-lite0"), print, LoadOptions(), MANY)) is not OpenVinoModel
    with pytest.raises(ModelError, match="it is not installed") as caught:
        runtime.load(find("effnet-lite0"), print, FORCED, MANY)
    assert caught.value.hint == "pip install openvino"


# When it is compiled


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads in which networks are compiled."""
    threads: list[str] = []
    real = openvino_model.Network

    def network(*arguments: object) -> openvino_library.Network:
        threads.append(threading.current_thread().name.partition("_")[0])
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(openvino_model, "Network", network)
    return threads


def test_a_job_compiles_the_network_ahead_of_the_first_picture_and_once(warm: Path, compiled: list[str]) -> None:
    model = runtime.load(find("effnet-lite0"), print, LoadOptions(), FEW)
    for _ in range(2):
        rows_of(model, some(2))
    assert compiled == ["compile"]


def test_where_no_thread_can_be_started_the_network_is_compiled_at_the_first_picture(
    warm: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", refuse)
        model = runtime.load(find("effnet-lite0"), print, LoadOptions(), FEW)
    rows_of(model, some(1))
    assert compiled == ["MainThread"]


def test_a_network_that_the_trial_has_compiled_is_not_compiled_again(home: Path, compiled: list[str]) -> None:
    rows_of(runtime.load(find("effnet-lite0"), print, LoadOptions(precision="float32"), MANY), some(2))
    assert compiled == ["MainThread"]


def test_a_question_in_words_compiles_no_network_for_pictures(warm: Path, compiled: list[str]) -> None:
    model = runtime.ready(find("effnet-lite0"), LoadOptions())
    assert model is not None and compiled == []
    rows_of(model, some(1))
    assert compiled == ["MainThread"]


def test_what_goes_wrong_ahead_of_the_first_picture_is_said_when_it_comes(
    warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ModelError("OpenVINO failed (no memory)", "--runtime torch does not need it")

    monkeypatch.setattr(openvino_model, "Network", fail)
    model = runtime.load(find("effnet-lite0"), print, LoadOptions(), FEW)
    with pytest.raises(ModelError, match="no memory"):
        rows_of(model, some(1))


# The cache


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [flip, truncate, Path.unlink], ids=["a bit", "cut short", "gone"])
@pytest.mark.parametrize("name", ["entry.json", "pictures.xml", "pictures.bin"])
def test_a_damaged_conversion_is_not_used(warm: Path, name: str, harm: object) -> None:
    harm(warm / name)  # type: ignore[operator]
    said: list[str] = []
    assert runtime.ready(find("effnet-lite0"), LoadOptions(), said.append) is None
    assert "the converted model in the cache is not used" in said[-1]


def test_a_damaged_conversion_is_made_anew(warm_small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flip(warm_small / "pictures.bin")
    said: list[str] = []
    assert type(runtime.load(find(SMALL), said.append, LoadOptions(), FEW)) is OpenVinoModel
    assert [line for line in said if "pictures.bin is damaged" in line]
    no_torch(monkeypatch)
    assert type(runtime.load(find(SMALL), print, LoadOptions(), FEW)) is OpenVinoModel
    assert not list(warm_small.parent.glob(".new-*"))


def test_the_conversion_of_another_model_under_this_name_is_not_used(warm: Path) -> None:
    other = next(path for path in converted.model_folder("conse").iterdir() if path.is_dir())
    shutil.rmtree(warm)
    shutil.copytree(other, warm)
    said: list[str] = []
    assert runtime.ready(find("effnet-lite0"), LoadOptions(), said.append) is None
    assert said[-1].endswith("it was made of another model")


@pytest.mark.parametrize("way", ["a file", "a file in between", "a link to itself"])
def test_without_a_folder_for_caches_every_model_is_left_to_torch(
    home: Path, filled_cache: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    home.mkdir(exist_ok=True)
    if way == "a link to itself":
        (home / "cache").symlink_to("cache")
    else:
        (home / "cache").touch()
    if way == "a file in between":
        monkeypatch.setenv("PICTOSCOPE_HOME", str(home / "cache" / "further"))
    assert runtime.ready(find(SMALL), LoadOptions()) is None
    said: list[str] = []
    for pictures in (FEW, MANY):
        assert type(runtime.load(find(SMALL), said.append, LoadOptions(), pictures)) is not OpenVinoModel
    assert said[-1].startswith(f"{SMALL} is computed by torch: cannot use {home / 'cache'}")


def test_an_entry_that_names_files_elsewhere_is_not_used(warm: Path) -> None:
    content = json.loads((warm / "entry.json").read_text())
    del content["sha256"]
    content["files"]["../../outside"] = "0" * 64
    content = {"sha256": converted._content_hash(content), **content}
    (warm / "entry.json").write_text(json.dumps(content))
    with pytest.raises(converted.Unusable, match="outside of its folder"):
        converted.read(source_of(find("effnet-lite0")))


def test_other_versions_have_other_names_and_what_was_made_by_them_is_removed(
    warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.models.sources.version", lambda name: "2000.1" if name == "openvino" else "1")
    assert runtime.ready(find("effnet-lite0"), LoadOptions()) is None, "nothing is known of that version"
    assert type(runtime.load(find("effnet-lite0"), print, LoadOptions(), MANY)) is OpenVinoModel
    assert not warm.exists()
    assert len(list(warm.parent.glob("trial-*"))) == 1


def test_a_failed_conversion_leaves_nothing_behind(warm: Path) -> None:
    source = source_of(find("effnet-lite0"))
    with pytest.raises(RuntimeError, match="in between"), converted.writing(source) as (folder, _):
        (folder / "pictures.xml").write_text("half of it")
        raise RuntimeError("in between")
    assert converted.read(source) is not None, "what there was is kept"
    assert not list(warm.parent.glob(".new-*"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"equal": 1}', '{"source": "other"}'])
def test_a_damaged_trial_counts_for_nothing(warm: Path, content: str) -> None:
    (outcome,) = warm.parent.glob("trial-*.json")
    outcome.write_text(content)
    assert runtime.ready(find("effnet-lite0"), LoadOptions()) is None


def test_the_trial_of_another_processor_does_not_count(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_trial, "_processor", lambda: "abacus")
    assert runtime.ready(find("effnet-lite0"), LoadOptions()) is None


def test_changed_weights_are_refused_though_a_conversion_is_there(
    warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.models.builtin_files import NETWORK_FILE

    path = tmp_path / NETWORK_FILE[0] / NETWORK_FILE[1]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"other weights")
    monkeypatch.setattr(weights.importlib.resources, "files", lambda package: tmp_path / package)
    with pytest.raises(ModelError, match="is not the file that was published"):
        runtime.ready(find("effnet-lite0"), LoadOptions())


# What is imported

_COMPUTE = """
import sys
from PIL import Image
from core.models.catalogue import find
from core.models.options import LoadOptions
from core.models.runtime import TrialPictures, load
model = load(find("conse"), print, LoadOptions(device="cpu"), TrialPictures(1, lambda number: []))
rows = model.encode_pictures([model.prepare(Image.new("RGB", (300, 200), "red"))])
texts = model.encode_texts(["a red wall"])
assert rows.shape == texts.shape == (1, 384)
print(sorted(set(sys.modules) & {"torch", "timm", "transformers", "torchvision", "openvino"}))
print(sorted(name for name in sys.modules if "telemetry" in name and sys.modules[name]))
"""


def test_a_converted_model_needs_no_other_library_and_reports_to_nobody(warm: Path, tmp_path: Path) -> None:
    # A package as OpenVINO would load it, which leaves a trace.
    package = tmp_path / "openvino_telemetry"
    package.mkdir()
    (package / "__init__.py").write_text(f"open({str(tmp_path / 'loaded')!r}, 'w').close()")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run([sys.executable, "-c", _COMPUTE], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["['openvino']", "[]"]
    assert not (tmp_path / "loaded").exists()


def test_an_outcome_that_was_measured_in_another_way_is_measured_again(home: Path) -> None:
    source = source_of(find("effnet-lite0"))
    outcome = runtime_trial.Outcome(True, True, "float32", "in a trial")
    runtime_trial.remember(source, "float32", outcome)
    assert runtime_trial.known(source, "float32") == outcome
    (path,) = converted.model_folder("effnet-lite0").glob("trial-*.json")
    content = json.loads(path.read_text("ascii"))
    del content["measured"]  # as by versions that measured by the clock
    path.write_text(json.dumps(content), "ascii")
    assert runtime_trial.known(source, "float32") is None


def test_what_a_trial_measures_is_the_time_of_the_processor_not_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, processor = [0.0], [0.0]
    monkeypatch.setattr(runtime_trial.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(runtime_trial.time, "process_time", lambda: processor[0])

    def busy(seconds: float, waited: float) -> None:
        processor[0] += seconds
        clock[0] += waited

    # The other one waits for other programs.
    assert REAL_SECONDS(lambda: busy(3, 0.1), lambda: busy(1, 0.9)) == (3, 1)
