"""``pictoscope similar`` and ``pictoscope search``: answers on the command line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from pathlib import Path

import pytest
from cli_helpers import Run, command_line, draw, on_terminal, refused, until

from core.models import runtime
from core.models.backend import Model
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.project import Project
from core.vectors.encoder import LocalEncoder
from tui import cli
from tui.commands import action as action_command
from tui.commands.common import say

BY_CONSE = ("--vec-type", "conse")
BY_GREY = ("--vec-type", "effnet-lite0+grey")
ODD = [b"line\nbreak.png", b"\x1b[31mred\x1b[0m.png", b"not-utf8-\xff\xfe.png", b"[bold red]markup.png"]


def test_similar_prints_paths_one_a_line_the_best_first(run: Run, filled: Path) -> None:
    said = run("similar", "round/05.jpg", *BY_GREY, "--top", "3")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert (len(lines), lines[0]) == (3, str(filled / "copies" / "05-grey.png"))
    scored = run("similar", "round/05.jpg", *BY_GREY, "--top", "3", "--scores").out
    assert [line.split("  ")[1] for line in scored.splitlines()] == lines
    scores = [float(line.split()[0]) for line in scored.splitlines()]
    assert scores == sorted(scores, reverse=True)
    ended = run("similar", "-0", "round/05.jpg", *BY_GREY, "--top", "3").out
    assert ended.split("\0") == [*lines, ""]


def test_a_model_that_takes_long_to_load_is_named_meanwhile_on_stderr(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, conse: Model
) -> None:
    def load(spec: ModelSpec, options: LoadOptions) -> Model:
        until(lambda: waited.is_set())
        return conse

    waited = threading.Event()
    monkeypatch.setattr(runtime, "for_questions", load)
    monkeypatch.setattr(action_command, "LocalEncoder", LocalEncoder)
    monkeypatch.setattr(action_command, "_LONG", 0.0)
    monkeypatch.setattr(action_command, "say", lambda text: (say(text), waited.set()))
    said = run("search", "a red balloon", "--top", "1", "--vec-type", "conse")
    assert (said.code, said.err) == (0, "loading conse…\n")
    waited.clear()
    monkeypatch.setattr(runtime, "for_questions", lambda spec, options: conse)
    monkeypatch.setattr(action_command, "_LONG", 60.0)
    assert run("search", "a blue balloon", "--top", "1", "--vec-type", "conse").err == ""
    monkeypatch.setattr(action_command, "_LONG", 0.0)
    assert run("search", "a green balloon", "--top", "1", "--vec-type", "conse", "--json").err == ""


def test_search_prints_paths_one_a_line_or_ended_with_nul(run: Run, filled: Path) -> None:
    said = run("search", "a red balloon", "--top", "4")
    assert (said.code, said.err, len(said.out.splitlines())) == (0, "", 4)
    assert run("search", "a red balloon", "--top", "4", "-0").out.split("\0") == [*said.out.splitlines(), ""]


def test_an_answer_without_pictures_is_said_on_stderr(run: Run, filled: Path) -> None:
    said = run("similar", "square/00.jpg", *BY_CONSE, "--at-least", "1")
    assert (said.code, said.out, said.err) == (0, "", "no pictures found\n")
    said = run("duplicates", "--where", "name~00.jpg")
    assert (said.code, said.out, said.err.splitlines()[-1]) == (0, "", "no duplicates")


def test_with_json_an_answer_is_one_object(run: Run, filled: Path) -> None:
    said = run("similar", "round/05.jpg", "square/00.jpg", *BY_CONSE, "--top", "2", "--json")
    (group,) = said.json["groups"]
    assert said.json == {
        "action": "similar",
        "vec_type": "conse",
        "groups": [{"name": "like 2 pictures", "score": None, "pictures": group["pictures"]}],
        "distribution": said.json["distribution"],
    }
    assert sum(said.json["distribution"]["counts"]) == 23
    assert len(group["pictures"]) == 2
    for picture in group["pictures"]:
        assert set(picture) == {"path", "key", "score"}
        assert os.path.isfile(picture["path"])
        assert len(bytes.fromhex(picture["key"])) == 20
    assert group["pictures"][0]["score"] >= group["pictures"][1]["score"]


def test_a_picture_can_be_given_by_its_path_from_anywhere_its_key_or_a_file_from_outside(
    run: Run, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = filled / "copies" / "05-grey.png"
    asked = (*BY_GREY, "--top", "2", "--json", "--project", filled)
    groups = run("similar", "copies/05-grey.png", *asked).json["groups"]
    assert str(copy) not in {picture["path"] for picture in groups[0]["pictures"]}
    monkeypatch.chdir("/")
    assert run("similar", copy, *asked).json["groups"] == groups
    assert run("similar", hashlib.sha1(copy.read_bytes()).hexdigest(), *asked).json["groups"] == groups
    (tmp_path / "outside.png").write_bytes(copy.read_bytes())
    outside = run("similar", tmp_path / "outside.png", *BY_GREY, "--top", "1", "--project", filled)
    assert outside.out == f"{copy}\n"


def test_search_takes_words_with_and_without_quotes(run: Run, filled: Path) -> None:
    loose = run("search", "a", "red", "balloon", "--top", "4", "--json").json
    assert loose == run("search", "a red balloon", "--top", "4", "--json").json
    assert (loose["action"], loose["vec_type"]) == ("text_search", "conse")
    assert loose["groups"][0]["name"] == "“a red balloon”"


def test_words_that_the_shell_kept_together_are_phrases_of_their_own(run: Run, filled: Path) -> None:
    apart = run("search", "red balloon", "blue sky", "--top", "4", "--json").json
    assert apart["groups"][0]["name"] == '“"red balloon" "blue sky"”'
    assert (
        apart["groups"][0]["pictures"]
        == (run("search", '"red balloon" "blue sky"', "--top", "4", "--json").json["groups"][0]["pictures"])
    )


def test_more_pictures_thresholds_and_more_vectors_are_options(run: Run, filled: Path) -> None:
    plain = run("similar", "round/05.jpg", *BY_CONSE, "--json").json["groups"][0]["pictures"]
    away = run("similar", "round/05.jpg", *BY_CONSE, "--unlike", "round/07.webp", "square/00.jpg", "--json").json
    assert len(away["groups"][0]["pictures"]) == len(plain) - 2
    limit = plain[3]["score"]
    some = run("similar", "round/05.jpg", *BY_CONSE, "--at-least", repr(limit), "--json").json["groups"][0]["pictures"]
    assert some == plain[:4]
    fused = run("similar", "round/05.jpg", *BY_CONSE, "--also", "effnet-lite0", "--json").json
    assert fused["vec_type"] == "conse + effnet-lite0"
    assert run("similar", "--help").out.count("VEC_TYPE[,VEC_TYPE…]") >= 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["similar", "nowhere.jpg"], 2, "PICTURE: there is no picture nowhere.jpg"),
        (["similar", "notes.txt"], 1, "not a picture in a known format"),
        (["similar", "round/05.jpg", "--vec-type", "../x"], 2, "not the name of a vec type"),
        (["similar", "round/05.jpg", "--vec-type", "conse+grey"], 1, "there are no vectors conse+grey yet"),
        (["search", "a cat", "--vec-type", "effnet-lite0"], 2, "effnet-lite0 reads no text"),
        (["search", "a cat", "--vec-type", "clip"], 1, "there are no vectors clip yet"),
        (["search", "a cat", "--vec-type", "clyp"], 2, "there is no model clyp"),
        (["search", " "], 2, "TEXT: it is empty"),
        (["search", "\udcff"], 2, "is not UTF-8"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    run: Run, filled: Path, words: list[str], code: int, message: str
) -> None:
    (filled / "notes.txt").write_text("no picture")
    refused(run, *words, code=code, says=message)


def test_vectors_that_are_not_there_yet_can_be_created(run: Run, fresh: Path) -> None:
    run("add", ".")
    for words, model in ((["similar", "00.png"], "effnet-lite0"), (["search", "a cat"], "conse")):
        hint = refused(run, *words, code=1, says="there are no vectors")
        assert hint == f"create them: pictoscope vectors create {model}"


def test_an_answer_from_incomplete_vectors_says_so_beside_it(run: Run, filled: Path) -> None:
    draw(filled / "new.png", 99)
    run("add", ".")
    note = "conse covers 25 of 26 pictures: Restart computes the rest"
    said = run("search", "a cat")
    assert (len(said.out.splitlines()), said.err) == (25, f"{note}\n")
    said = run("search", "a cat", "--json")
    assert (said.err, said.json["note"]) == ("", note)


@pytest.fixture
def odd(filled: Path) -> list[bytes]:
    """Pictures of the project renamed to what file systems allow; their full paths."""
    paths = []
    for name, path in zip(ODD, sorted((filled / "round").iterdir()), strict=False):
        paths.append(os.path.join(os.fsencode(filled), name))
        os.rename(path, paths[-1])
    with Project.open_or_create(filled) as project:
        assert project.scan().pictures == 25
    return paths


@pytest.mark.parametrize("end", [b"\n", b"\0"])
def test_file_names_reach_a_pipe_as_they_are(
    odd: list[bytes], capfdbinary: pytest.CaptureFixture[bytes], end: bytes
) -> None:
    asked = ["similar", os.fsdecode(odd[0]), *BY_CONSE]
    assert cli.main(asked + ["-0"] * (end == b"\0")) == 0
    out, err = capfdbinary.readouterr()
    assert (out.count(end), err) == (24, b"")
    assert set(odd[1:]) < set(out.split(end))
    assert odd[0] not in out


def test_file_names_come_back_from_json_as_they_are(run: Run, odd: list[bytes]) -> None:
    said = run("similar", os.fsdecode(odd[0]), *BY_CONSE, "--json")
    assert said.out.isascii()
    assert said.out.count("\n") == 1
    assert set(odd[1:]) < {os.fsencode(picture["path"]) for picture in said.json["groups"][0]["pictures"]}


def test_on_a_terminal_file_names_do_no_harm(odd: list[bytes]) -> None:
    code, shown = on_terminal("similar", os.fsdecode(odd[2]), *BY_CONSE, "--all")
    assert (code, shown.count("\n")) == (0, 24)
    assert "\x1b[31m" not in shown
    assert "\\x1b[31mred\\x1b[0m.png\r\n" in shown
    assert "line\\nbreak.png\r\n" in shown
    assert "  [bold red]markup.png\r\n" in shown


def test_a_terminal_shows_ten_with_scores_and_short_paths_and_how_to_get_the_rest(run: Run, filled: Path) -> None:
    code, shown = on_terminal("similar", "round/05.jpg", *BY_CONSE)
    *lines, rest = shown.splitlines()
    paths = [os.fsdecode(path) for path in run("similar", "round/05.jpg", *BY_CONSE).out.splitlines()]
    scored = run("similar", "round/05.jpg", *BY_CONSE, "--scores").out.splitlines()
    assert (code, len(paths)) == (0, 24)
    assert all(os.path.isabs(path) for path in paths), "a pipe gets what it always got"
    assert lines == [line.replace(f"{filled}/", "") for line in scored[:10]]
    assert rest == "10 of 24 pictures; --all lists all of them, and so does a pipe: | less"
    assert len(on_terminal("similar", "round/05.jpg", *BY_CONSE, "--all")[1].splitlines()) == 24
    assert "--all" not in on_terminal("similar", "round/05.jpg", *BY_CONSE, "--top", "10")[1]


def test_a_terminal_shows_ten_pictures_of_each_group(filled: Path) -> None:
    shown = on_terminal("cluster", *BY_CONSE, "--k", "2")[1].splitlines()
    headings = [line for line in shown if line.endswith(" pictures") and " · " in line]
    assert len(headings) == 2
    assert shown[-1].startswith("at most 10 pictures of each group; --all")


def test_a_picture_that_is_not_there_is_named_without_harm(run: Run, filled: Path) -> None:
    refused(run, "similar", "odd\n\x1b[31m\udcff.png", code=2, says="there is no picture odd\\n\\x1b[31m\\xff.png")


def test_a_reader_that_has_seen_enough_is_no_error(filled: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(command_line("similar", "round/05.jpg", *BY_CONSE), stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_that_cannot_be_written_is_one_line(filled: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command_line("similar", "round/05.jpg", *BY_CONSE), stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"no space left" in done.stderr
