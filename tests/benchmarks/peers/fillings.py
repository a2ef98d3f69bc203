"""Rows of a folder of pictures: by Pictoscope, the plain way, and by peers, each with its defaults."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from core.project import Project
from core.vectors.vec_type import VecType
from tests.benchmarks.peers import weights
from tests.benchmarks.peers.program import DRIVERS, OURS, Filling, Place

LIKE_RCLIP = f"open_clip:{weights.RCLIP}/{weights.RCLIP_TAG}"
_REPOSITORY = Path(__file__).parents[3]


def fillings() -> list[Filling]:
    """All of them, those of one network one after the other."""
    return [
        _ours("effnet-lite0"),
        _plain("effnet-lite0"),
        _ours("mobilenet"),
        _plain("mobilenet"),
        _panoptic("MobileNetV2", "google/mobilenet_v2_1.0_224"),
        _fiftyone("MobileNetV2", "mobilenet-v2-imagenet-torch"),
        _imagededup(),
        _ours("clip"),
        _ours("clip", "--runtime", "torch"),
        _plain("clip"),
        _panoptic("CLIP ViT-B/32", "openai/clip-vit-base-patch32"),
        _clip_retrieval(),
        _fiftyone("CLIP ViT-B/32", "clip-vit-base32-torch"),
        _fiftyone("CLIP ViT-B/32", "clip-vit-base32-torch", 16),
        _ours(LIKE_RCLIP),
        _plain(LIKE_RCLIP),
        _rclip(),
    ]


def project_of(place: Place) -> Path:
    """The project folder of Pictoscope."""
    return place.run / "project"


def rclip_folder(place: Place) -> dict[str, str]:
    """rclip's data folder: its database beside the weights."""
    return {"RCLIP_DATADIR": str(place.run / "data")}


def convert(place: Place, model: str) -> list[str]:
    """The command after which a model has been used before: converted, tried, its outcome remembered."""
    return _create(place, model, "--runtime", "openvino")


def _ours(model: str, *options: str) -> Filling:
    def count(place: Place, lines: list[str]) -> int:
        with Project(project_of(place)) as project:
            return len(project.covered(VecType(model)).snapshot.rows)

    what = " ".join([model, *options])
    return Filling(OURS, what, lambda place: _create(place, model, *options), count, convertible=not options)


def _create(place: Place, model: str, *options: str) -> list[str]:
    program, project = place.command("pictoscope"), ["--project", str(project_of(place))]
    add = [program, "add", *project, str(place.pictures)]
    return ["sh", "-c", f"{shlex.join(add)} && {shlex.join([program, 'vectors', 'create', *project, model, *options])}"]


def _plain(model: str) -> Filling:
    def command(place: Place) -> list[str]:
        module = [str(place.python), "-m", "tests.benchmarks.plain_way"]
        return [*module, str(place.pictures), model, str(place.run / "rows.npy")]

    return Filling("plain", model, command, _saved("rows.npy"), lambda place: {"PYTHONPATH": str(_REPOSITORY)})


def _rclip() -> Filling:
    """Indexing is what it does before a search. Its network is ViT-B/32 of 256 pixels: 65 tokens, not 50."""

    def command(place: Place) -> list[str]:
        data = Path(rclip_folder(place)["RCLIP_DATADIR"])
        data.mkdir()
        for path in (place.weights / weights.RCLIP_DATA).iterdir():
            (data / path.name).symlink_to(path)
        return ["sh", "-c", f"cd {shlex.quote(str(place.pictures))} && {shlex.quote(place.command('rclip'))} 'a cat'"]

    return Filling("rclip", "CLIP ViT-B/32, 256 pixels", command, _in_table("data/db.sqlite3", "images"), rclip_folder)


def _panoptic(what: str, repository: str) -> Filling:
    def command(place: Place) -> list[str]:
        driver = str(DRIVERS / "run_panoptic.py")
        return [str(place.python), driver, str(place.pictures), str(place.run / "project"), repository]

    return Filling("panoptic", f"{what}, import and vectors", command, _in_table("project/media.db", "vectors"))


def _clip_retrieval() -> Filling:
    def command(place: Place) -> list[str]:
        options = {
            "input_dataset": place.pictures,
            "output_folder": place.run / "rows",
            "clip_model": place.weights / weights.STATE,
        }
        inference = [place.command("clip-retrieval"), "inference"]
        return [*inference, *(f"--{name}={value}" for name, value in options.items())]

    return Filling("clip-retrieval", "CLIP ViT-B/32", command, _saved("rows/img_emb/img_emb_0.npy"))


def _fiftyone(what: str, model: str, batch: int | None = None) -> Filling:
    def command(place: Place) -> list[str]:
        driver = [str(place.python), str(DRIVERS / "run_fiftyone.py"), str(place.pictures), model]
        return driver + ([str(batch)] if batch else [])

    def environment(place: Place) -> Mapping[str, str]:
        return {
            "FIFTYONE_DATABASE_DIR": str(place.run / "database"),
            "FIFTYONE_MODEL_ZOO_DIR": str(place.weights / weights.ZOO),
            "FIFTYONE_DO_NOT_TRACK": "true",
            "TORCH_HOME": str(place.weights / weights.TORCH),
        }

    said = f"{what}, batches of {batch}" if batch else what
    return Filling("fiftyone", said, command, lambda place, lines: int(lines[-1]), environment)


def _imagededup() -> Filling:
    def command(place: Place) -> list[str]:
        driver = str(DRIVERS / "run_imagededup.py")
        return [str(place.python), driver, str(place.pictures), str(place.run / "rows.npy")]

    def environment(place: Place) -> Mapping[str, str]:
        return {"TORCH_HOME": str(place.weights / weights.TORCH)}

    return Filling("imagededup", "MobileNetV3 small", command, _saved("rows.npy"), environment)


def _saved(name: str) -> Callable[[Place, list[str]], int]:
    return lambda place, lines: len(np.load(place.run / name, mmap_mode="r"))


def _in_table(database: str, table: str) -> Callable[[Place, list[str]], int]:
    def count(place: Place, lines: list[str]) -> int:
        with closing(sqlite3.connect(place.run / database)) as connection:
            number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return number

    return count
