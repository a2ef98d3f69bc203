"""Queries to rows, here and in a process of its own."""

from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from stand_in_model import StandIn

from core.errors import ModelChanged, ModelError, PictoscopeError, UnreadablePicture, UsageError
from core.models import frames
from core.models.backend import Model
from core.vectors import encoder as module
from core.vectors.encoder import EncoderProcess, EncodingSpec, LocalEncoder, serve
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.patience import PATIENCE, until

EFFNET, CONSE = EncodingSpec(VecType("effnet-lite0"), 448), EncodingSpec(VecType("conse"), 448)
EFFNET_GREY = EncodingSpec(VecType("effnet-lite0", greyscale=True), 448)


@pytest.fixture
def child() -> Iterator[EncoderProcess]:
    encoder = EncoderProcess()
    yield encoder
    encoder.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children have the stand-in for their model."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "jobs" / "stand_in"))


@pytest.fixture
def colours(tmp_path: Path) -> list[bytes]:
    paths = []
    for name in ("red", "blue", "orange"):
        paths.append(os.fsencode(tmp_path) + b"/\xff\n" + name.encode() + b".png")
        with open(paths[-1], "wb") as stream:
            Image.new("RGB", (30, 20), name).save(stream, "PNG")
    return paths


def test_a_process_answers_as_the_model_here_does(
    small_pictures: Path, child: EncoderProcess, effnet: Model, conse: Model
) -> None:
    """The real models; also that a model's own output does not disturb the protocol."""
    here = LocalEncoder()
    here._models.update({("effnet-lite0", "float32"): effnet, ("conse", "float32"): conse})
    paths = [os.fsencode(path) for path in sorted((small_pictures / "round").iterdir())]
    for vec_type in (EFFNET, EFFNET_GREY):
        np.testing.assert_allclose(child.pictures(vec_type, paths), here.pictures(vec_type, paths), atol=1e-5)
    rows = child.texts(CONSE, ["a cat", "ein Haus, Ünïcode 猫"]).rows
    np.testing.assert_allclose(rows, here.texts(CONSE, ["a cat", "ein Haus, Ünïcode 猫"]).rows, atol=1e-5)
    assert (rows.dtype, rows.shape) == (np.float32, (2, 384))


def test_a_text_that_is_longer_than_the_model_reads_is_said_to_be_cut(quick: None, child: EncoderProcess) -> None:
    assert child.texts(EFFNET, ["short", "x" * 21, "x" * 20]).cut == (0, 20, 0)


def test_file_names_of_any_bytes_reach_the_child(quick: None, child: EncoderProcess, colours: list[bytes]) -> None:
    rows = child.pictures(EFFNET, colours)
    assert rows.shape == (3, 12)
    grey = child.pictures(EFFNET_GREY, colours)
    np.testing.assert_allclose(grey[:, 0], grey[:, 1])
    assert not np.allclose(rows[:, 0], rows[:, 1])


def test_errors_of_the_child_come_back_as_they_were(quick: None, child: EncoderProcess, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    for path, reason in (("text.jpg", "not a picture in a known format"), ("gone.jpg", "not there any more")):
        with pytest.raises(UnreadablePicture, match=rf"{path}: .*{reason}"):
            child.pictures(EFFNET, [os.fsencode(tmp_path / path)])
    with pytest.raises(UsageError, match="there is no model unknown") as caught:
        child.texts(EncodingSpec(VecType("unknown"), 448), ["a"])
    assert "there are" in caught.value.hint
    assert child.texts(EFFNET, ["it goes on"]).rows.shape == (1, 12)


def test_a_killed_child_is_an_error_and_the_next_query_works(
    quick: None, child: EncoderProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, colours: list[bytes]
) -> None:
    before = child.texts(EFFNET, ["a"]).rows
    process = child._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    np.testing.assert_array_equal(child.texts(EFFNET, ["a"]).rows, before)  # dead before the query: started again

    # Dead in the midst of one: the stand-in waits for a file at its third batch.
    child.close()
    monkeypatch.setenv("STAND_IN_GATE", str(tmp_path / "gate"))
    child.texts(EFFNET, ["start"])
    process = child._process
    assert process is not None
    threading.Timer(0.3, process.kill).start()
    with pytest.raises(ModelError, match="the query process ended unexpectedly"):
        child.pictures(EFFNET, colours * 4)
    (tmp_path / "gate").touch()
    assert child.pictures(EFFNET, colours).shape == (3, 12)


def test_a_reply_cut_short_is_an_error(child: EncoderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "executable", "/bin/sh")
    real = module.subprocess.Popen
    monkeypatch.setattr(
        module.subprocess, "Popen", lambda command, **options: real(["/bin/sh", "-c", "printf '{\"sha'"], **options)
    )
    with pytest.raises(ModelError, match="ended unexpectedly"):
        child.texts(EFFNET, ["a"])


def test_close_ends_the_child_also_in_the_midst_of_a_query(
    quick: None, child: EncoderProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, colours: list[bytes]
) -> None:
    child.close()  # before there is one
    monkeypatch.setenv("STAND_IN_GATE", str(tmp_path / "never"))
    monkeypatch.setenv("STAND_IN_FREE", "0")
    child.texts(EFFNET, ["start"])
    process = child._process
    assert process is not None
    outcome: list[Exception] = []

    def ask() -> None:
        try:
            child.pictures(EFFNET, colours * 4)
        except ModelError as error:
            outcome.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until((tmp_path / "never.waiting").exists)
    child.close()
    asking.join(PATIENCE)
    assert not asking.is_alive()
    assert process.poll() is not None
    assert len(outcome) == 1


def test_a_child_ends_with_its_parent() -> None:
    replies = io.BytesIO()
    serve(io.BytesIO(b""), replies, LocalEncoder())
    assert replies.getvalue() == b""


def test_the_protocol_is_a_frame_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.models import runtime

    monkeypatch.setattr(runtime, "for_questions", lambda spec, options: StandIn())
    requests, replies = io.BytesIO(), io.BytesIO()
    made = {"at_least": 448, "precision": "float32", "made_by": ""}
    asked = [{"vec_type": "effnet-lite0", "texts": ["a", "bc"]} | made, {"vec_type": "_", "texts": []} | made]
    for header in asked:
        frames.write(requests, header)
    requests.seek(0)
    serve(requests, replies, LocalEncoder())
    replies.seek(0)
    first, second = frames.read(replies), frames.read(replies)
    assert frames.read(replies) is None
    assert first is not None
    assert second is not None
    assert [array.shape for array in first[1]] == [(1, 2, 12)]
    assert (second[0]["kind"], bool(second[0]["hint"]), second[1]) == ("UsageError", True, [])


def test_a_model_is_loaded_once(monkeypatch: pytest.MonkeyPatch, colours: list[bytes]) -> None:
    from core.models import runtime

    loaded = []
    monkeypatch.setattr(runtime, "for_questions", lambda spec, options: loaded.append(spec.key) or StandIn())
    encoder = LocalEncoder()
    for _ in range(3):
        encoder.pictures(EFFNET, colours)
        encoder.pictures(EFFNET_GREY, colours)
    assert loaded == ["effnet-lite0"]
    assert encoder.pictures(EFFNET, []).shape == (0, 12)


def test_of_many_models_the_few_that_were_asked_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.models import runtime

    loaded: list[str] = []
    monkeypatch.setattr(runtime, "for_questions", lambda spec, options: loaded.append(spec.key) or StandIn())
    encoder = LocalEncoder()
    for name in ("conse", "clip", "effnet-lite0", "conse", "dinov2", "conse", "clip"):
        encoder.texts(EncodingSpec(VecType(name), 448), ["a"])
        assert len(encoder._models) <= 3
    assert loaded == ["conse", "clip", "effnet-lite0", "dinov2", "clip"]


def test_that_a_model_is_being_loaded_is_told_as_long_as_it_is(quick: None, colours: list[bytes]) -> None:
    told: list[str] = []
    encoder = EncoderProcess(told.append)
    try:
        encoder.texts(CONSE, ["a"])
        assert told == ["conse", ""]
        encoder.texts(CONSE, ["b"])
        assert told == ["conse", ""]  # loaded already
        encoder.pictures(EFFNET, colours)
        assert told == ["conse", "", "effnet-lite0", ""]
    finally:
        encoder.close()


def test_that_loading_has_ended_is_told_also_when_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.models import runtime

    def load(spec: object, options: object) -> StandIn:
        raise ModelError("no weights")

    monkeypatch.setattr(runtime, "for_questions", load)
    told: list[str] = []
    with pytest.raises(ModelError, match="no weights"):
        LocalEncoder(told.append).texts(CONSE, ["a"])
    assert told == ["conse", ""]


def test_queries_by_another_model_than_that_of_the_rows_are_refused(
    quick: None, child: EncoderProcess, monkeypatch: pytest.MonkeyPatch, colours: list[bytes]
) -> None:
    from core.models import runtime

    monkeypatch.setattr(runtime, "for_questions", lambda spec, options: StandIn())
    made = Manifest.of(VecType("conse"), StandIn(), read_at_least=16)
    for encoder in (child, LocalEncoder()):
        assert encoder.texts(EncodingSpec.of(made), ["a"]).rows.shape == (1, 12)
        for other in (replace(made, revision="0"), replace(made, sha256={}), replace(made, preprocessing="squashed")):
            for ask in (
                lambda how, encoder=encoder: encoder.texts(how, ["a"]),
                lambda how, encoder=encoder: encoder.pictures(how, colours),
            ):
                with pytest.raises(ModelChanged, match="the existing rows do not match the model") as caught:
                    ask(EncodingSpec.of(other))
                assert "pictoscope vectors delete conse, then pictoscope vectors create conse" in caught.value.hint


def test_a_question_downloads_no_model_that_only_the_project_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.models import hub_download

    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(hub_download, "HfApi", lambda **_: pytest.fail("the network was touched"))
    for name in ("hf.evil--model", "timm.evil", "open_clip.ViT-B-32--evil"):
        with pytest.raises(PictoscopeError) as caught:
            LocalEncoder().texts(EncodingSpec(VecType.parse(name), 448), ["a"])
        assert caught.value.hint
