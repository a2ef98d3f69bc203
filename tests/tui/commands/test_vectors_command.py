"""``pictoscope vectors``: created, listed, restarted, verified, deleted, one of them the default."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_helpers import NAMES, Run, draw, on_terminal, only_job, refused

from core.jobs.job import all_jobs
from core.vectors import store

JOB_KEYS = {"id", "vec_type", "vec_types", "map", "state", "done", "failed", "total", "rate", "rates", "error"}


def test_list_tells_how_complete_each_is(run: Run, filled: Path) -> None:
    said = run("vectors", "list", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json == [
        {
            "vec_type": name,
            "model": name.removesuffix("+grey"),
            "greyscale": name.endswith("+grey"),
            "dim": 384 if name == "conse" else 1280,
            "done": 25,
            "failed": 0,
            "total": 25,
            "default": False,
        }
        for name in NAMES
    ]
    run("vectors", "default", "conse")
    said = run("vectors", "list")
    assert (said.code, said.err) == (0, "")
    header, *rows = (line.split() for line in said.out.splitlines())
    assert header == ["vec", "type", "model", "grey", "dim", "done", "/", "total", "failed", "size"]
    assert rows[0][:9] == ["★", "conse", "conse", "–", "384", "25", "/", "25", "0"]
    assert rows[2][:8] == ["effnet-lite0+grey", "effnet-lite0", "yes", "1280", "25", "/", "25", "0"]


def test_a_project_without_vectors_lists_none(run: Run, fresh: Path) -> None:
    run("add", ".")
    assert run("vectors", "list", "--json").json == []
    said = run("vectors", "list")
    assert (said.code, said.out, "no vectors yet" in said.err) == (0, "", True)


def test_create_follows_its_job_to_the_end(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    said = run("vectors", "create", "effnet-lite0", "conse")
    assert (said.code, said.out) == (0, "")
    for words in (
        "loading the model effnet-lite0",
        "loading the model conse",
        "computing 12 pictures",
        "effnet-lite0, conse  12/12",
        "finished: 24 done in 2 vec types",
    ):
        assert words in said.err
    assert "\r" not in said.err
    said = run("vectors", "create", "effnet-lite0", "--greyscale", "--json")
    (job,) = said.json
    assert job == {
        "id": job["id"],
        "vec_type": "effnet-lite0+grey",
        "vec_types": ["effnet-lite0+grey"],
        "map": None,
        "state": "done",
        "done": 12,
        "failed": 0,
        "total": 12,
        "rate": job["rate"],
        "rates": {"effnet-lite0+grey": job["rates"]["effnet-lite0+grey"]},
        "error": None,
    }
    listed = run("vectors", "list", "--json").json
    assert {entry["vec_type"]: (entry["done"], entry["default"]) for entry in listed} == {
        "effnet-lite0": (12, True),
        "effnet-lite0+grey": (12, False),
        "conse": (12, False),
    }


def test_pictures_that_cannot_be_read_are_counted_and_named_without_harm(
    run: Run, fresh: Path, open_gate: None
) -> None:
    whole = (fresh / "00.png").read_bytes()
    name = b"odd\n\x1b[31m\xff[b].png"
    with open(os.path.join(os.fsencode(fresh), name), "wb") as stream:
        stream.write(whole[: len(whole) // 2])
    run("add", ".")
    said = run("vectors", "create", "effnet-lite0")
    assert (said.code, "odd\\n\\x1b[31m\\xff[b].png: " in said.err) == (0, True)
    assert "\x1b" not in said.err
    assert "finished: 12 done, 1 failed" in said.err
    (entry,) = run("vectors", "list", "--json").json
    assert (entry["done"], entry["failed"], entry["total"]) == (12, 1, 13)
    (job,) = run("jobs", "--json").json
    assert (job["state"], job["done"], job["failed"], job["total"]) == ("done", 12, 1, 13)


def test_what_cannot_be_created_is_refused_before_anything_is_started(run: Run, filled: Path) -> None:
    for words, message in (
        (["effnet-lite1", "conse"], "there is no model effnet-lite1"),
        (["effnet-lite0"], "vectors effnet-lite0 exist already"),
        (["../x"], f"there is no folder {filled}/../x"),
    ):
        refused(run, "vectors", "create", *words, code=2, says=message)
    assert run("jobs", "--json").json == []


def test_detach_returns_at_once_with_the_id_of_the_job(run: Run, fresh: Path, gate: Path) -> None:
    run("add", ".")
    said = run("vectors", "create", "effnet-lite0", "conse", "--detach")
    started = only_job(fresh)
    assert (said.code, said.out, said.err) == (0, f"{started.id}\n", "")
    assert started.vec_types == ("effnet-lite0", "conse")
    assert run("vectors", "list").out.count("running") == 2
    for words in ("restart conse", "delete conse --yes", "delete effnet-lite0 --yes"):
        name = words.split()[1]
        hint = refused(run, "vectors", *words.split(), code=1, says=f"vectors {name} are being computed by job")
        assert f"pictoscope jobs --cancel {started.id}" in hint
    said = run("vectors", "create", "conse", "--greyscale", "--detach", "--json")
    (job,) = said.json
    assert (set(job), job["vec_type"], job["state"]) == (JOB_KEYS, "conse+grey", "running")
    gate.touch()
    for listed in run("jobs", "--json").json:
        assert run("jobs", "--follow", listed["id"]).code == 0


def test_restart_without_names_computes_what_is_incomplete_or_says_that_nothing_is(
    run: Run, fresh: Path, open_gate: None
) -> None:
    run("add", ".")
    run("vectors", "create", "effnet-lite0", "conse")
    for words in ([], ["--detach"]):
        said = run("vectors", "restart", *words)
        assert (said.code, said.out) == (0, "")
        assert "nothing to do: every vec type is complete" in said.err
    assert run("vectors", "restart", "--json").json == []
    draw(fresh / "new.png", 99)
    said = run("vectors", "restart", "--json")
    (job,) = said.json
    assert (set(job), job["vec_types"], job["done"]) == (JOB_KEYS, ["conse", "effnet-lite0"], 13)


def test_restart_starts_all_that_are_named_or_none_and_each_once(run: Run, filled: Path, open_gate: None) -> None:
    refused(run, "vectors", "restart", "conse", "unknown", code=2, says="there are no vectors unknown")
    refused(run, "vectors", "restart", "conse", "../x", code=2, says="'../x' is not the name of a vec type")
    assert run("jobs", "--json").json == []
    said = run("vectors", "restart", "conse", "conse", "--json")
    assert [(job["vec_type"], job["state"], job["done"]) for job in said.json] == [("conse", "done", 25)]


def test_delete_asks_on_a_terminal_and_needs_a_yes_elsewhere(run: Run, filled: Path) -> None:
    assert (
        refused(run, "vectors", "delete", "conse", code=2, says="deleting vectors needs your confirmation")
        == "add --yes"
    )
    for typed in (b"n\n", b"\n", b"\x04"):
        code, shown = on_terminal("vectors", "delete", "conse", typed=typed)
        assert (code, shown.count("delete the vectors conse? [y/N] ")) == (1, 1)
        assert shown.endswith("pictoscope: nothing was deleted (answer y, or add --yes)\r\n")
        assert (filled / ".pictoscope" / "vectors" / "conse").is_dir()
    code, shown = on_terminal("vectors", "delete", "conse", typed=b"y\n")
    assert (code, shown.endswith("deleted conse\r\n")) == (0, True)
    assert not (filled / ".pictoscope" / "vectors" / "conse").exists()


def test_delete_deletes_all_that_are_named_or_none_and_each_once(run: Run, filled: Path) -> None:
    refused(run, "vectors", "delete", "conse", "unknown", "--yes", code=2, says="there are no vectors unknown")
    assert (filled / ".pictoscope" / "vectors" / "conse").is_dir()
    said = run("vectors", "delete", "conse", "effnet-lite0", "conse", "--yes", "--json")
    assert (said.code, said.json) == (0, {"deleted": ["conse", "effnet-lite0"]})
    assert [entry["vec_type"] for entry in run("vectors", "list", "--json").json] == ["effnet-lite0+grey"]


def test_verify_finds_damage_and_repair_takes_it_back(run: Run, filled: Path) -> None:
    said = run("vectors", "verify")
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines() == [f"{name}: 25 rows checked, 0 damaged" for name in NAMES]
    with (filled / ".pictoscope" / "vectors" / "conse" / "rows.f32").open("r+b") as stream:
        stream.seek(3 * 384 * 4)
        stream.write(b"\x55")
    said = run("vectors", "verify", "--json")
    assert (said.code, said.error["error"]) == (1, "damaged rows in conse")
    assert "--repair" in said.error["hint"]
    assert {entry["vec_type"]: (entry["rows"], len(entry["bad"])) for entry in said.json} == {
        name: (25, int(name == "conse")) for name in NAMES
    }
    said = run("vectors", "verify", "conse", "--repair", "--json")
    assert said.code == 0
    assert (said.json[0]["rows"], len(said.json[0]["bad"])) == (25, 1)
    assert "pictoscope vectors restart conse" in said.err
    listed = {entry["vec_type"]: entry["done"] for entry in run("vectors", "list", "--json").json}
    assert listed == {"conse": 24, "effnet-lite0": 25, "effnet-lite0+grey": 25}
    assert run("vectors", "verify").code == 0
    refused(run, "vectors", "verify", "unknown", code=2, says="there are no vectors unknown")


def test_a_damaged_journal_is_repaired_and_what_it_lost_computed_in_one_go(
    run: Run, fresh: Path, open_gate: None
) -> None:
    run("add", ".")
    run("vectors", "create", "effnet-lite0", "conse")
    before = run("vectors", "list", "--json").json
    vectors = fresh / ".pictoscope" / "vectors"
    with (
        (vectors / "conse" / "journal.bin").open("r+b") as journal,
        (vectors / "effnet-lite0" / "rows.f32").open("r+b") as rows,
    ):
        journal.seek(3 * 32)
        journal.write(b"\x55")
        rows.write(b"\x55")
    assert "verify conse --repair" in refused(run, "vectors", "verify", "conse", code=1, says="record 3 of 12")
    said = run("vectors", "verify")
    assert (said.code, "effnet-lite0: 12 rows checked, 1 damaged" in said.err) == (1, True)  # the others are checked
    assert refused(run, "vectors", "verify", "--restart", code=2, says="--restart: it applies only with --repair")
    said = run("vectors", "verify", "--repair", "--restart", "--json")
    assert said.code == 0
    assert [(entry["vec_type"], entry["rows"], len(entry["bad"])) for entry in said.json] == [
        ("conse", 11, 0),
        ("effnet-lite0", 12, 1),
    ]
    assert said.json[0]["lost_records"] == 1
    assert "finished: 2 done in 2 vec types" in said.err
    assert run("vectors", "list", "--json").json == before
    assert run("vectors", "verify").code == 0


def test_compact_gives_the_room_of_dead_rows_back(run: Run, filled: Path) -> None:
    folder = filled / ".pictoscope" / "vectors" / "conse"
    with store.Writer(folder) as writer:
        writer.void([bytes(key).ljust(20, b"\0") for key in writer.snapshot().keys[:10]])
    said = run("vectors", "compact", "conse", "--json")
    assert (said.code, said.err) == (0, "conse: 40 KB before, 24 KB now, 15 rows\n")
    assert said.json == [{"vec_type": "conse", "rows": 15, "before": 25 * 1536 + 35 * 32, "after": 15 * (1536 + 32)}]
    assert (folder / "rows.2.f32").stat().st_size == 15 * 1536
    assert run("vectors", "verify").code == run("vectors", "compact").code == 0
    with store.Writer(folder, "job 1"):
        refused(run, "vectors", "compact", "conse", code=1, says="conse is in use by job 1")


def test_vectors_that_lost_their_manifest_are_said_to_have(run: Run, filled: Path) -> None:
    (filled / ".pictoscope" / "vectors" / "conse" / "manifest.toml").unlink()
    for words in (["verify"], ["verify", "conse", "--repair"], ["compact", "conse"]):
        said = run("vectors", *words)
        assert (said.code, "conse/manifest.toml is missing" in said.err) == (1, True)
    (problem,) = [entry["problem"] for entry in run("vectors", "list", "--json").json if entry["vec_type"] == "conse"]
    assert "manifest.toml is missing" in problem


def test_vectors_that_another_process_writes_are_not_touched(run: Run, filled: Path) -> None:
    with store.Writer(filled / ".pictoscope" / "vectors" / "conse", "job 1"):
        for words in ("verify conse --repair", "delete conse --yes", "restart conse"):
            refused(run, "vectors", *words.split(), code=1, says="conse")
    assert run("vectors", "verify", "conse", "--json").json == [{"vec_type": "conse", "rows": 25, "bad": []}]


def test_damaged_vectors_are_listed_with_their_problem(run: Run, filled: Path) -> None:
    (filled / ".pictoscope" / "vectors" / "conse" / "manifest.toml").write_text("= =")
    problems = {entry["vec_type"]: entry.get("problem", "") for entry in run("vectors", "list", "--json").json}
    assert [name for name, problem in problems.items() if "damaged" in problem] == ["conse"]
    assert problems["conse"] in run("vectors", "list").out
    refused(run, "search", "a cat", code=1, says="manifest.toml is damaged")


def test_the_default_is_said_and_chosen(run: Run, filled: Path) -> None:
    assert run("vectors", "default").out == "none yet\n"
    assert run("vectors", "default", "--json").json == {"default": None}
    assert run("vectors", "default", "effnet-lite0+grey").out == "effnet-lite0+grey\n"
    assert run("vectors", "default", "--json").json == {"default": "effnet-lite0+grey"}
    assert run("similar", "round/01.png", "--json").json["vec_type"] == "effnet-lite0+grey"
    refused(run, "vectors", "default", "unknown", code=2, says="there are no vectors unknown")
    assert run("vectors", "default").out == "effnet-lite0+grey\n"


def test_several_models_are_one_job_that_fills_all_of_them(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    said = run("vectors", "create", "conse", "effnet-lite0", "conse", "--greyscale", "--json")
    (job,) = said.json
    assert (said.code, set(job), job["state"]) == (0, JOB_KEYS, "done")
    assert job["vec_types"] == ["conse+grey", "effnet-lite0+grey"]
    assert job["vec_type"] == "conse+grey, effnet-lite0+grey"
    assert (job["done"], job["failed"], job["total"]) == (12, 0, 12)
    assert run("jobs", "--json").json == [job]
    listed = {entry["vec_type"]: (entry["done"], entry["default"]) for entry in run("vectors", "list", "--json").json}
    assert listed == {"conse+grey": (12, True), "effnet-lite0+grey": (12, False)}


def test_an_unknown_model_names_the_nearest_and_the_other_forms(run: Run, filled: Path) -> None:
    hint = refused(run, "vectors", "create", "effnet-lite1", code=2, says="there is no model effnet-lite1")
    assert "effnet-lite0" in hint
    hint = refused(run, "vectors", "create", "dino-v3", code=2, says="there is no model dino-v3")
    assert "dinov3" in hint
    for form in ("hf:ORG/NAME", "open_clip:ARCH/TAG", "timm:NAME", "a folder"):
        assert form in hint
    assert run("jobs", "--json").json == []


def test_code_out_of_a_repository_is_run_only_with_consent(run: Run, filled: Path) -> None:
    hint = refused(run, "vectors", "create", "conse", "c-radio", "--greyscale", code=2, says="c-radio runs Python code")
    assert "--allow-remote-code" in hint
    assert run("jobs", "--json").json == []
    assert [entry["vec_type"] for entry in run("vectors", "list", "--json").json] == NAMES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--batch-size -1", "--batch-size: -1 is out of range"),
        ("--batch-size many", "--batch-size: 'many' is not a whole number"),
        ("--precision float8", "--precision: 'float8' is not a choice"),
        ("--device npu", "--device: 'npu' is not a choice"),
        ("--device cpu,", "--device: 'cpu,' is not a choice"),
        ("--device cuda:-1", "--device: 'cuda:-1' is not a choice"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_started(
    run: Run, fresh: Path, options: str, message: str
) -> None:
    run("add", ".")
    refused(run, "vectors", "create", "effnet-lite0", *options.split(), code=2, says=message)
    assert run("vectors", "list", "--json").json == []


def test_a_device_that_is_not_here_fails_the_job_with_those_that_are(run: Run, fresh: Path) -> None:
    """The worker knows: the command line does not load torch."""
    device, message = "cuda:99", "the device cuda:99 is not on this machine"
    run("add", ".")
    said = run("vectors", "create", "effnet-lite0", "--device", device, "--json")
    assert (said.code, said.out) == (1, "")
    assert said.error["error"] == f"effnet-lite0: {message}"
    assert said.error["hint"].startswith("available: ")
    assert said.error["hint"].endswith("cpu")
    (job,) = run("jobs", "--json").json
    assert (job["state"], job["error"]) == ("failed", message)


def test_a_model_that_is_not_here_and_cannot_be_fetched_fails_the_job_with_the_ways_on(run: Run, fresh: Path) -> None:
    run("add", ".")
    said = run("vectors", "create", "clip", "--json")
    assert (said.code, said.out) == (1, "")
    assert "openai/clip-vit-base-patch32 is not on this machine" in said.error["error"]
    assert "pictoscope models fetch clip" in said.error["hint"]
    assert "effnet-lite0, conse" in said.error["hint"]
    assert run("vectors", "list", "--json").json == []  # nothing is left that would have to be deleted first
    assert "is not on this machine" in run("vectors", "create", "clip", "--json").error["error"]


def test_how_the_models_run_is_kept_with_the_job(run: Run, fresh: Path, open_gate: None) -> None:
    run("add", ".")
    words = ("--device", "cpu", "--precision", "float32", "--batch-size", "2", "--allow-remote-code")
    assert run("vectors", "create", "effnet-lite0", *words).code == 0
    job = only_job(fresh)
    assert job.options() == {
        "device": "cpu",
        "precision": "float32",
        "batch_size": 2,
        "allow_remote_code": True,
    }
    assert run("vectors", "restart", "effnet-lite0", "--device", "cpu").code == 0
    (restarted,) = [other for other in all_jobs(job.folder.parent) if other.id != job.id]
    assert restarted.options() == {"device": "cpu"}
    says = "the rows of effnet-lite0 were computed in float32: bfloat16 is not mixed with them"
    hint = refused(run, "vectors", "restart", "effnet-lite0", "--precision", "bfloat16", code=2, says=says)
    assert "leave out --precision" in hint
    assert len(all_jobs(job.folder.parent)) == 2
