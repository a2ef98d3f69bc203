"""``pictoscope compare``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_helpers import NAMES, Run, refused

from core.jobs.job import Job


@pytest.fixture
def tagged(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """25 pictures with three vec types, in folders ``round`` and ``square``; as many tags."""
    monkeypatch.chdir(filled)
    for name in ("round", "square"):
        assert run("tag", "add", name, *sorted(filled.glob(f"{name}/*"))).code == 0
    return filled


def test_the_table_and_the_advice(run: Run, tagged: Path) -> None:
    said = run("compare")
    assert said.code == 0
    assert "Against tags: 2 labels; 24 labelled pictures" in said.out
    for name in NAMES:
        assert name in said.out
    assert "by chance" in said.out
    assert "Ten nearest of 25 pictures: share in common, by chance 42%" in said.out
    assert said.out.rstrip().splitlines()[-1].endswith(".")
    assert "find your tags" in said.out or "finds your tags" in said.out


def test_json(run: Run, tagged: Path) -> None:
    said = run("compare", "conse", "effnet-lite0", "--by", "folders", "--json").json
    assert [one["name"] for one in said["vec_types"]] == ["conse", "effnet-lite0"]
    assert said["labels"]["source"] == "folders" and said["labels"]["queries"] == 24
    assert {one["name"] for one in said["labels"]["vec_types"]} == {"conse", "effnet-lite0"}
    assert 0 <= said["agreement"]["common_neighbours"][0]["share"] <= 1
    assert said["advice"].endswith(".")


def test_tags_that_are_the_clusters_of_a_model_are_named_as_a_bias(run: Run, filled: Path) -> None:
    (filled / "clusters.json").write_text(
        run("cluster", "--k", "2", "--vec-type", "effnet-lite0", "--json").out, encoding="utf-8"
    )
    assert run("tag", "add", "mine", "--answer", str(filled / "clusters.json"), "--by-group").code == 0
    said = run("compare", "conse", "effnet-lite0", "--by", "tags")
    assert said.err == "2 of 2 tags took pictures from answers of effnet-lite0: they favour that model\n"
    assert "sure)" not in said.out


def test_a_filter(run: Run, tagged: Path) -> None:
    assert (
        run("compare", "--by", "none", "--measure", "labels", "--where", "folder:round", "--json").json["pictures"]
        == 12
    )


def test_a_sample_is_computed_first_and_the_rest_is_forecast(run: Run, tagged: Path, open_gate: None) -> None:
    before = {one["vec_type"]: one["done"] for one in run("vectors", "list", "--json").json}
    assert run("vectors", "delete", "conse", "--yes").code == 0
    said = run("compare", "conse", "effnet-lite0", "--sample", "20", "--by", "folders", "--json")
    assert said.code == 0
    done = {one["vec_type"]: one["done"] for one in run("vectors", "list", "--json").json}
    assert 19 <= done["conse"] <= 20  # one of all pictures cannot be read
    assert done == before | {"conse": done["conse"]}
    assert said.json["pictures"] == done["conse"]
    (conse, effnet) = said.json["all_pictures"]
    left = run("vectors", "list", "--json").json
    assert conse["pictures"] == next(one["total"] - one["done"] for one in left if one["vec_type"] == "conse")
    assert conse["size"] == conse["pictures"] * 12 * 4  # as the stand-in for the model has them
    assert effnet["vec_type"] == "effnet-lite0"


def test_a_job_that_is_left_to_itself_ends_the_command(run: Run, tagged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[str] = []

    def interrupted(job: Job, *, as_json: bool) -> int:
        followed.append(job.name)
        return 130

    monkeypatch.setattr("tui.commands.sample_option.follow", interrupted)
    said = run("compare", "conse", "effnet-lite0", "--sample", "5")
    assert (said.code, said.out, followed) == (130, "", ["conse"])


def test_a_model_that_fails_does_not_stop_the_others(run: Run, tagged: Path) -> None:
    said = run("compare", "conse", "dinov2", "effnet-lite0", "--sample", "24", "--by", "folders")
    assert said.code == 0
    assert "finds your folders" in said.out or "find your folders" in said.out
    left_out = [line for line in said.err.splitlines() if line.startswith("dinov2 is left out: ")]
    assert len(left_out) == 2  # when it happened, and below the table
    assert "not on this machine" in left_out[0] and "dinov2" not in said.out.split("\n\n", 1)[0]


def test_json_names_what_failed(run: Run, tagged: Path) -> None:
    said = run("compare", "dinov2", "conse", "effnet-lite0", "--sample", "24", "--by", "folders", "--json")
    assert said.code == 0
    assert [one["name"] for one in said.json["vec_types"]] == ["conse", "effnet-lite0"]
    (failed,) = said.json["failed"]
    assert failed["vec_type"] == "dinov2" and failed["error"] and failed["hint"]
    assert {one["vec_type"] for one in said.json["all_pictures"]} == {"conse", "effnet-lite0"}


def test_fewer_than_two_that_did_not_fail_cannot_be_compared(run: Run, tagged: Path) -> None:
    said = run("compare", "dinov2", "conse", "--sample", "24", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.error["error"].startswith("a comparison needs two vec types; dinov2 failed: ")
    assert said.error["hint"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("conse", "effnet-lite0", "--sample", "0"), "--sample: 0 is out of range"),
        (("conse", "effnet-lite0", "--sample", "many"), "--sample: 'many' is not a whole number"),
        (("--sample", "9"), "which models to try"),
        (("own.a", "own.b", "--sample", "9"), "does not apply to imported vectors"),
        (("conse", "effnet-lite0", "--replace"), "--replace: it applies only with --report FILE"),
        (("nonsense", "conse", "--sample", "9"), "there is no model nonsense"),
    ],
)
def test_wrong_samples_are_refused(run: Run, tagged: Path, words: tuple[str, ...], says: str) -> None:
    assert refused(run, "compare", *words, code=2, says=says)


@pytest.fixture
def captioned(run: Run, tagged: Path, tmp_path: Path) -> Path:
    """With captions out of a table: two words for the two folders, none for some."""
    lines = ["path,caption"]
    for name, caption in (("round", "a round ball"), ("square", "a red cushion")):
        pictures = sorted(tagged.glob(f"{name}/*"))
        lines += [f"{picture},{caption if number < 8 else ''}" for number, picture in enumerate(pictures)]
    table = tmp_path / "captions.csv"
    table.write_text("\n".join(lines))
    assert run("import", table, "--new-properties").code == 0
    return tagged


def test_captions_out_of_a_table_are_texts(run: Run, captioned: Path) -> None:
    said = run("compare", "--texts", "caption", "--json").json
    assert said["labels"]["source"] == "tags"
    texts = said["texts"]
    assert (texts["source"], texts["texts"], texts["texts_left_out"]) == ("caption", 2, 0)
    assert [one["name"] for one in texts["vec_types"]] == ["conse"]
    out = run("compare", "--texts", "caption").out
    assert "2 texts of caption: share that find one of their pictures among the first" in out
    assert "no model is shown to find pictures by their caption better than chance (recall at 10 1.000, by" in out


def test_texts_are_taken_from_the_labels_without_a_choice(run: Run, captioned: Path) -> None:
    assert run("compare", "--measure", "texts", "--json").json["texts"]["source"] == "tags"
    assert (
        run("compare", "--measure", "texts", "--by", "none", "--texts", "folders", "--json").json["texts"]
        == (run("compare", "--measure", "texts", "--by", "folders", "--json").json["texts"])
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--measure", "beauty"), "--measure: 'beauty' is not a choice"),
        (("--texts", "nonsense"), "there is no property nonsense"),
        (("effnet-lite0", "effnet-lite0+grey", "--texts", "tags"), "none of these vec types reads text"),
        (("--texts", "groups"), "none of these pictures has a text from groups"),
        (("--by", "nonsense"), "there is no property nonsense"),
        (("nonsense", "conse"), "nonsense"),
        (("conse", "conse"), "there twice"),
        (("dinov2", "conse"), "there are no vectors dinov2 yet"),
        (("--where", "tag:nowhere"), "nowhere"),
        (("--where", "width>100000"), "no picture matches the filter"),
    ],
)
def test_wrong_questions_are_refused(run: Run, tagged: Path, words: tuple[str, ...], says: str) -> None:
    code = 1 if "dinov2" in words else 2
    assert refused(run, "compare", *words, code=code, says=says)


def test_without_vectors_it_says_how_to_make_them(run: Run, small_pictures: Path, tmp_path: Path) -> None:
    shutil.copytree(small_pictures, tmp_path / "new")
    assert run("add", tmp_path / "new").code == 0
    hint = refused(run, "compare", "--project", tmp_path / "new", code=1, says="there are none")
    assert "vectors create" in hint


def test_the_bars_of_the_figures(run: Run, tagged: Path) -> None:
    lines = run("compare").out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("MAP@R from 0 to"))
    bars = {line.split()[0]: line.split()[1] for line in lines[start + 1 : start + 1 + len(NAMES)]}
    assert set(bars) == set(NAMES)
    assert all(len(bar) <= 40 and "●" in bar for bar in bars.values())


def test_a_report(run: Run, tagged: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    said = run("compare", "--report", target, "--json")
    assert said.json["report"] == str(target)
    page = target.read_text("utf-8")
    assert said.json["advice"].split(" find")[0] in page and page.rstrip().endswith("</html>")
    refused(run, "compare", "--report", target, code=2, says="already exists")
    assert target.read_text("utf-8") == page
    assert run("compare", "--report", target, "--replace").err.rstrip().endswith("r.html")


@pytest.mark.parametrize("name", ["r.pdf", "nowhere/r.html"])
def test_a_report_that_cannot_be_written_is_refused(run: Run, tagged: Path, tmp_path: Path, name: str) -> None:
    assert refused(run, "compare", "--report", tmp_path / name, code=2, says="")
