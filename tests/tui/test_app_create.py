"""Create new vectors: the form alone, and how it is reached."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from app_helpers import SMALL, fill_at_random, lines_of, running, said, text_of, type_text, until
from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from core.jobs.job import all_jobs
from core.models import catalogue, rates
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.project import Project
from core.vectors.vec_type import VecType
from tui.screens.settings.create_vectors import CreateVectors, VectorsRequest
from tui.widgets.form_controls import YesNo
from tui.widgets.model_list import ModelList

PLAIN = LoadOptions()
KEYS = [spec.key for spec in catalogue.catalogue()]


class CreateApp(App[None]):
    """The form and what came of it."""

    CSS_PATH = Path(__file__).parents[2] / "tui" / "pictoscope.tcss"

    def __init__(self, existing: Sequence[str] = (), *, needs_text: bool = False, pictures: int = 48_210) -> None:
        super().__init__()
        self.form = CreateVectors(pictures, list(existing), needs_text=needs_text)
        self.result: object = "still open"

    def on_mount(self) -> None:
        """Open the form."""

        def ended(result: object) -> None:
            self.result = result

        self.push_screen(self.form, ended)


def models(app: Any) -> ModelList:
    """The list."""
    found: ModelList = app.screen.query_one(ModelList)
    return found


def consent(app: Any) -> str:
    """The tick of Consent, and what it is for."""
    return str(app.screen.query_one("#consent", YesNo).render())


def told(app: Any, selector: str = "#explanation") -> str:
    """A text of the form; the one above the buttons if not another is asked for."""
    return str(app.screen.query_one(selector, Static).visual)


def can_create(app: Any) -> bool:
    """Whether the button is on."""
    return not app.screen.query_one("#create", Button).disabled


async def go_to(pilot: Any, key: str) -> None:
    """Move the cursor, with the keys of the list."""
    await pilot.press("home", *["down"] * KEYS.index(key))


async def type_model(pilot: Any, text: str) -> None:
    """Into the field for a model that is not in the list, from the list."""
    await pilot.press("tab")
    assert isinstance(pilot.app.focused, Input)
    await type_text(pilot, text)


# -- from the list -------------------------------------------------------------------------------------------------


async def test_the_model_under_the_cursor_is_the_one_while_none_is_marked():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("down")
        assert told(app) == "creates the vec type conse"
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("conse"),), PLAIN)


async def test_several_marked_models_are_wanted_together_in_the_order_of_the_list():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await go_to(pilot, "dinov2")
        await pilot.press("space")
        await go_to(pilot, "conse")
        await pilot.press("space")
        await go_to(pilot, "mobilenet")
        assert told(app) == "creates 2 vec types in one pass: conse, dinov2 · downloads 346 MB first"
        await pilot.press("tab", "tab", "space")
        assert told(app) == "creates 2 vec types in one pass: conse+grey, dinov2+grey · downloads 346 MB first"
        await pilot.press("enter")
        assert app.result == VectorsRequest(
            (VecType("conse", greyscale=True), VecType("dinov2", greyscale=True)), PLAIN
        )


async def test_marks_are_letters_and_can_be_taken_back():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        assert "[x]" not in text_of(app)
        await pilot.press("space", "down", "space")
        assert [line.count("[x]") for line in lines_of(app) if "EfficientNet" in line or "ConSE" in line] == [1, 1]
        await pilot.press("space")
        assert "[ ] ConSE" in text_of(app)
        assert told(app) == "creates the vec type effnet-lite0"


async def test_a_click_marks():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.click(ModelList, offset=(8, 2))
        assert [spec.key for spec in models(app).marked] == [KEYS[2]]
        assert app.result == "still open"


async def test_many_marked_models_are_counted_and_the_first_named():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        for key in KEYS[:7]:
            await go_to(pilot, key)
            await pilot.press("space")
        assert told(app).startswith(
            "creates 7 vec types in one pass: effnet-lite0, conse, mobilenet, clip and 3 more · "
        )
        assert told(app).endswith("downloads 7.0 GB first")
        await pilot.press("enter")
        assert isinstance(app.result, VectorsRequest)
        assert [vec_type.name for vec_type in app.result.vec_types] == KEYS[:7]


async def test_each_model_says_whether_it_is_installed_or_what_it_would_download():
    app = CreateApp()
    async with app.run_test(size=(120, 32)) as pilot:
        lines = [line for line in lines_of(app) if "[ ]" in line and "Greyscale" not in line]
        shown = {line.split("[ ] ")[1].split(" · ")[0].split("  ")[0]: line for line in lines}
        assert len(shown) == len(KEYS)
        assert " installed " in shown["ConSE"]
        assert " 605 MB to download " in shown["CLIP ViT-B/32"]
        assert " 14 MB to download " in shown["MobileNetV2"]
        await go_to(pilot, "siglip")
        assert told(app) == "creates the vec type siglip · downloads 4.5 GB first"


async def test_a_model_whose_weights_are_in_the_cache_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / "models--openai--clip-vit-base-patch32" / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "model.safetensors").write_bytes(b"")
    app = CreateApp()
    async with app.run_test(size=SMALL):
        assert models(app).current.key == "clip"
        assert [line.split()[-2] for line in lines_of(app) if "CLIP ViT-B/32" in line] == ["installed"]
        assert told(app) == "creates the vec type clip"


async def test_advice_licence_and_the_time_it_takes_here_go_with_the_cursor():
    rates.remember("clip", 3.2)
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await go_to(pilot, "clip")
        assert told(app, "#advice").splitlines() == [
            "good and fast on most machines",
            "3.2/s here, 4 h 11 for 48,210 · dim 512 · MIT · openai/clip-vit-base-patch32",
        ]
        await pilot.press("k")
        assert told(app, "#advice").startswith("light, average quality")
        assert "here," not in told(app, "#advice")


# -- a model that is not in the list -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("hf:facebook/dinov2-small", "hf.facebook--dinov2-small"),
        ("open_clip:ViT-B-32/laion2b_s34b_b79k", "open_clip.ViT-B-32--laion2b_s34b_b79k"),
        ("timm:resnet18.a1_in1k", "timm.resnet18.a1_in1k"),
        ("clip", "clip"),
    ],
)
async def test_a_model_that_was_typed_is_wanted_in_place_of_the_one_under_the_cursor(typed: str, name: str):
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await type_model(pilot, typed)
        size = "605 MB" if typed == "clip" else "the weights"
        assert told(app) == f"creates the vec type {name} · downloads {size} first"
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType(typed),), PLAIN)


async def test_a_model_that_was_typed_joins_those_that_are_marked_and_is_not_wanted_twice():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("space")
        await type_model(pilot, "timm:resnet18")
        assert told(app).startswith("creates 2 vec types in one pass: effnet-lite0, timm.resnet18 · ")
        await pilot.press("ctrl+u")
        await type_text(pilot, "effnet-lite0")
        assert told(app) == "creates the vec type effnet-lite0"
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("effnet-lite0"),), PLAIN)


async def test_a_folder_that_was_typed_is_wanted_under_a_name_of_its_own(tmp_path: Path):
    folder = tmp_path / "My model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "clip", "projection_dim": 512}))
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await type_model(pilot, str(folder))
        assert told(app).startswith("creates the vec type folder.my-model-")
        await pilot.press("enter")
        assert isinstance(app.result, VectorsRequest)
        (vec_type,) = app.result.vec_types
        assert vec_type.spec.weights == os.fspath(folder)


CANNOT_BE = {
    "/not/there": "there is no folder /not/there: give the folder that holds config.json and the weights",
    "~nobody-of-this-name/model": "there is no folder ",
    "/" + "x" * 300: "name too long",
    "clap": "there is no model clap: did you mean: clip",
    "hf:dinov2": "there is no model hf:dinov2",
    "hf:": "there is no model hf:",
    "open_clip:ViT-B-32": "there is no model open_clip:ViT-B-32",
    "folder:unknown": "the model folder 'unknown' is not known on this machine: give the path of the folder",
}


async def test_a_model_that_cannot_be_is_said_while_it_is_typed():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("tab")
        for typed, complaint in CANNOT_BE.items():
            app.screen.query_one(Input).value = typed
            await pilot.pause()
            assert complaint in told(app), typed
            assert app.screen.query_one("#explanation").has_class("wrong"), typed
            assert not can_create(app), typed
            await pilot.press("enter")
            assert app.result == "still open", typed
            await pilot.press("end", "ctrl+u")
            assert told(app) == "creates the vec type effnet-lite0", typed
            assert can_create(app), typed


async def test_a_name_that_no_folder_can_have_is_refused_by_create():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await type_model(pilot, "hf:some body/model")
        await pilot.press("enter")
        assert app.result == "still open"
        assert "'hf:some body/model' cannot be the name of a vec type" in told(app) or "is not the name" in told(app)
        assert not can_create(app)


# -- what is refused, and consent ----------------------------------------------------------------------------------


async def test_vectors_that_exist_are_refused_also_among_others():
    app = CreateApp(["conse", "effnet-lite0", "effnet-lite0+grey"])
    async with app.run_test(size=SMALL) as pilot:
        await go_to(pilot, "conse")
        assert told(app) == "conse exists already: Restart computes what is missing"
        await pilot.press("space", "down", "space", "up", "up", "space")
        assert told(app) == "effnet-lite0, conse exist already: Restart computes what is missing"
        assert not can_create(app)
        await pilot.press("space", "tab", "tab", "space")
        assert told(app).startswith("creates 2 vec types in one pass: conse+grey, mobilenet+grey")
        assert can_create(app)


async def test_code_out_of_a_repository_needs_the_consent_switch():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        assert not app.screen.query_one("#consent-row").visible
        await go_to(pilot, "c-radio")
        assert told(app).startswith("c-radio runs Python code from its repository: Consent yes, if you trust it")
        assert not can_create(app)
        assert consent(app) == "[ ] no   trust and run the code of nvidia/C-RADIOv4-H"
        await pilot.press("enter")
        assert app.result == "still open"
        await pilot.press("tab", "tab", "tab", "space")
        assert consent(app).startswith("[x] yes  ")
        assert told(app) == "creates the vec type c-radio · downloads 2.6 GB first"
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("c-radio"),), LoadOptions(allow_remote_code=True))


async def test_consent_is_not_carried_over_to_what_does_not_ask_for_it():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await go_to(pilot, "c-radio")
        await pilot.press("tab", "tab", "tab", "space", "shift+tab", "shift+tab", "shift+tab")
        await go_to(pilot, "clip")
        assert not app.screen.query_one("#consent-row").visible
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("clip"),), PLAIN)


async def test_a_typed_model_may_be_given_consent_but_does_not_need_it():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await type_model(pilot, "hf:some/model")
        assert consent(app) == "[ ] no   run code of some/model, if it has any"
        assert can_create(app)
        await pilot.press("tab", "tab", "space", "enter")
        assert app.result == VectorsRequest((VecType("hf:some/model"),), LoadOptions(allow_remote_code=True))


# -- where it begins, keys, room -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("existing", "needs_text", "first"),
    [
        ([], False, "effnet-lite0"),
        (["effnet-lite0"], False, "conse"),
        (["effnet-lite0", "conse"], False, "clip"),
        ([], True, "conse"),
        (["conse"], True, "clip"),
        (["conse", "clip"], True, "siglip"),
        (KEYS, False, "effnet-lite0"),
    ],
)
async def test_it_begins_at_a_model_that_is_new_and_if_possible_here(existing: list[str], needs_text: bool, first: str):
    app = CreateApp(existing, needs_text=needs_text)
    async with app.run_test(size=SMALL):
        assert models(app).current.key == first
        assert app.focused is models(app)


async def test_tab_goes_through_everything_and_skips_the_consent_that_nobody_asks_for():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        order = []
        for _ in range(7):
            order.append(app.focused.id if app.focused else None)
            await pilot.press("tab")
        assert order == ["models", "another", "greyscale", "cancel", "more", "create", "models"]


@pytest.mark.parametrize("keys", ["escape", "tab tab tab enter", "tab x escape"])
async def test_escape_and_cancel_end_without_a_result(keys: str):
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*keys.split())
        assert app.result is None


async def test_enter_creates_from_a_switch_too_and_does_not_turn_it():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("tab", "tab")
        assert isinstance(app.focused, YesNo)
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("effnet-lite0"),), PLAIN)


@pytest.mark.parametrize("more", [False, True], ids=["plain", "with more options"])
@pytest.mark.parametrize("size", [SMALL, (80, 20), (120, 32), (200, 60)])
async def test_everything_fits_whatever_is_explained(size: tuple[int, int], more: bool):
    keys = ["effnet-lite0", "conse", "dinov3", "c-radio"]
    for key in keys:
        rates.remember(key, 3.2)
    app = CreateApp(KEYS[:9])
    async with app.run_test(size=size) as pilot:
        await pilot.press(*["ctrl+o"] * more)
        for key in keys:
            await go_to(pilot, key)
            for typed in ("", "hf:a", "/nowhere/" + "long " * 60, "hf:" + "organisation" * 8 + "/name"):
                app.screen.query_one(Input).value = typed
                await pilot.pause()
                _everything_fits(app, size[0], f"{key}, {typed!r}")
            app.screen.query_one(Input).value = ""


def _everything_fits(app: CreateApp, width: int, given: str) -> None:
    for widget in app.screen.query("Button, Input, YesNo, Label, #models, #advice, #field-help, #explanation"):
        assert app.screen.region.contains_region(widget.region), (given, widget)
    dialog = app.screen.query_one(".dialog")
    assert dialog.region.contains_region(app.screen.query_one("#create").region), given
    assert models(app).size.height >= 3, given
    assert models(app).max_scroll_x == 0, given
    assert all(cell_len(line) == width for line in lines_of(app)), given


async def test_the_list_scrolls_so_that_the_cursor_is_in_sight():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        assert "C-RADIOv4-H" not in text_of(app)
        await pilot.press("end")
        assert "[ ] C-RADIOv4-H" in text_of(app)
        await pilot.press("space")
        assert "[x] C-RADIOv4-H" in text_of(app)
        await pilot.press("home")
        assert "[ ] EfficientNet-Lite0" in text_of(app)


async def test_models_that_packages_bring_are_listed_with_long_titles_cut(monkeypatch: pytest.MonkeyPatch):
    spec = ModelSpec("brought", "a title that is much longer than any of ours, without an end", "w", "theirs", size=7)
    monkeypatch.setattr(catalogue, "catalogue", lambda: (*catalogue.BUILT_IN, spec))
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("end")
        (line,) = [line for line in lines_of(app) if "a title that" in line]
        assert " 7 B to download " in line
        assert told(app) == "creates the vec type brought · downloads 7 B first"


# -- a sample ------------------------------------------------------------------------------------------------------


def sample(app: Any) -> Input:
    """The field."""
    found: Input = app.screen.query_one("#sample", Input)
    return found


async def to_sample(pilot: Pilot[Any], text: str) -> None:
    """Show more options and type into the field, from the list."""
    await pilot.press("ctrl+o", "tab", "tab", "tab")
    assert pilot.app.focused is sample(pilot.app)
    await type_text(pilot, text)


async def test_a_sample_is_among_more_options():
    rates.remember("effnet-lite0", 10.0)
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        assert not sample(app).display or not sample(app).region
        await to_sample(pilot, "2000")
        assert told(app) == "creates the vec type effnet-lite0 for 2,000 of 48,210 pictures"
        assert "10/s here, 3 min for 2,000" in told(app, "#advice")
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("effnet-lite0"),), PLAIN, 2000)


@pytest.mark.parametrize("typed", ["", "48210", "99999"])
async def test_a_sample_of_everything_is_everything(typed: str):
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await to_sample(pilot, typed)
        assert told(app) == "creates the vec type effnet-lite0"
        await pilot.press("enter")
        assert app.result == VectorsRequest((VecType("effnet-lite0"),), PLAIN, int(typed or 0))


async def test_a_sample_is_refused_as_on_the_command_line():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await to_sample(pilot, "")
        for typed, wrong in {
            "0": "0 is out of range",
            "-3": "-3 is out of range",
            "many": "'many' is not a whole number",
            "2.5": "'2.5' is not a whole number",
        }.items():
            await type_text(pilot, typed)
            assert told(app) == f"sample: {wrong}: 1 to 10,000,000" and not can_create(app)
            await pilot.press("enter")
            assert app.result == "still open", typed
            await pilot.press("ctrl+u")
            assert can_create(app), typed


async def test_a_wrong_sample_takes_no_consent_back():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await go_to(pilot, "c-radio")
        await pilot.press("tab", "tab", "tab", "space", "ctrl+o", "shift+tab")
        assert app.focused is sample(app)
        await type_text(pilot, "x5")
        assert consent(app).startswith("[x] yes")
        await pilot.press("home", "delete", "enter")
        assert app.result == VectorsRequest((VecType("c-radio"),), LoadOptions(allow_remote_code=True), 5)


async def test_a_sample_that_was_typed_is_not_hidden():
    app = CreateApp()
    async with app.run_test(size=SMALL) as pilot:
        await to_sample(pilot, "7")
        await pilot.press("ctrl+o")
        assert sample(app).region and app.focused is sample(app)
        await pilot.press("backspace", "ctrl+o", "ctrl+o")
        assert not app.screen.query_one("#sample-row").display
        assert isinstance(app.focused, ModelList)


# -- in the app ----------------------------------------------------------------------------------------------------


async def test_several_models_become_one_job(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.jobs.launch._spawn", lambda path, folder, lock, module: None)
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        await pilot.press("g", "n")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        await pilot.press("space", "down", "space", "tab", "tab", "space", "enter")
        started = "conse+grey, mobilenet+grey: started · keeps running when you quit · J shows the job"
        await until(pilot, lambda: started in said(app))
        (job,) = all_jobs(project.jobs_folder)
        assert job.vec_types == ("conse+grey", "mobilenet+grey")

        def shown(name: str) -> bool:
            return any(name in line and "0 / 12" in line for line in lines_of(app))

        await until(pilot, lambda: shown("conse+grey") and shown("mobilenet+grey"))


async def test_consent_reaches_the_job(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.jobs.launch._spawn", lambda path, folder, lock, module: None)
    async with running(project) as (app, pilot):
        await pilot.press("g", "n")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        await go_to(pilot, "c-radio")
        await pilot.press("tab", "tab", "tab", "space", "enter")
        await until(pilot, lambda: all_jobs(project.jobs_folder))
        (job,) = all_jobs(project.jobs_folder)
        assert job.options() == {"allow_remote_code": True}


async def test_a_sample_reaches_the_job(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.jobs.launch._spawn", lambda path, folder, lock, module: None)
    async with running(project) as (app, pilot):
        await pilot.press("g", "n")
        await until(pilot, lambda: isinstance(app.screen, CreateVectors))
        await to_sample(pilot, "5")
        await pilot.press("enter")
        await until(pilot, lambda: all_jobs(project.jobs_folder))
        (job,) = all_jobs(project.jobs_folder)
        assert job.sample == 5
