"""``pictoscope judgements``, and ``compare --judge``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, on_terminal, refused

from core.labels.judgements import JudgedQuestion, Judgements
from core.project import Project


@pytest.fixture
def judged(run: Run, filled: Path) -> Path:
    """Ann has judged a picture as a question, Ben a text."""
    with Project.open_or_create(filled) as project:
        catalog = project.catalog
        one, two, three, *_ = [picture.key for picture in catalog.pictures(catalog.picture_ids())]
        Judgements(catalog).judge(JudgedQuestion(picture=one), "Ann", {two: True, three: False})
        Judgements(catalog).judge(JudgedQuestion(text="a red circle"), "Ben", {one: True})
    return filled


def count(folder: Path) -> int:
    with Project.open_or_create(folder) as project:
        return len(Judgements(project.catalog).all())


def test_list(run: Run, judged: Path) -> None:
    said = run("judgements", "list")
    assert said.code == 0 and "a red circle" in said.out and "Ann" in said.out
    assert "Ann" not in run("judgements", "list", "--person", "Ben").out
    (one,) = run("judgements", "list", "--person", "Ben", "--json").json
    assert one["question_text"] == "a red circle" and one["relevant"] is True and len(one["key"]) == 40


def test_nothing_is_said_to_be_nothing(run: Run, filled: Path) -> None:
    assert "no judgements yet" in run("judgements", "list").err
    assert run("judgements", "list", "--json").json == []
    assert refused(run, "judgements", "list", "--person", "Ann", code=2, says="has judged nothing")


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_export_forget_import_undo(run: Run, judged: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    assert run("judgements", "export", target).code == 0
    assert refused(run, "judgements", "export", target, code=2, says="already exists")
    assert run("judgements", "export", target, "--replace", "--json").json["judgements"] == 3
    assert run("judgements", "forget", "--all", "--json").json == {"judgements": 3}
    assert count(judged) == 0
    dry = run("judgements", "import", target, "--dry-run", "--json").json
    assert (dry["new"], dry["applied"]) == (3, False) and count(judged) == 0
    said = run("judgements", "import", target)
    assert "3 new, 0 changed, 0 there already" in said.out and "imported 3 judgements" in said.err
    assert count(judged) == 3
    assert "nothing has changed" in run("judgements", "import", target).err
    assert run("undo").code == 0 and count(judged) == 0


def test_export_to_standard_output(run: Run, judged: Path) -> None:
    assert run("judgements", "export", "-").out.splitlines()[0].startswith("question_key,question_path")


def test_forget_a_question_and_a_person(run: Run, judged: Path) -> None:
    question = run("judgements", "list", "--person", "Ann", "--json").json[0]["question_key"]
    assert "nothing to forget" in run("judgements", "forget", question, "--person", "Ben").err
    assert run("judgements", "forget", question).code == 0 and count(judged) == 1
    assert run("judgements", "forget", "--person", "Ben").code == 0 and count(judged) == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("forget",), "forget which judgements?"),
        (("forget", "--all", "--person", "Ann"), "--all is everything"),
        (("export", "out.txt"), "which format?"),
        (("import", "nowhere.csv"), "there is no file"),
    ],
)
def test_what_is_not_clear_is_refused(run: Run, judged: Path, words: tuple[str, ...], says: str) -> None:
    assert refused(run, "judgements", *words, code=2, says=says)


def test_a_bad_line_stops_the_import_unless_it_is_skipped(run: Run, judged: Path, tmp_path: Path) -> None:
    picture = run("judgements", "list", "--person", "Ann", "--json").json[0]["key"]
    table = tmp_path / "bad.csv"
    table.write_text(f"question_text,person,key,relevant\nx,Ann,{picture},yes\nx,Ann,{picture},perhaps\n")
    said = run("judgements", "import", table)
    assert said.code == 1 and "nothing is imported" in said.err and count(judged) == 3
    assert run("judgements", "import", table, "--skip-bad").code == 0 and count(judged) == 4


def test_judging_needs_a_terminal(run: Run, filled: Path) -> None:
    assert "judgements import" in refused(run, "compare", "--judge", code=2, says="--judge needs a terminal")
    assert refused(run, "compare", "--person", "Ann", code=2, says="--person: it applies only with --judge")


def test_wrong_vec_types_are_said_before_the_app_opens(run: Run, filled: Path) -> None:
    code, shown = on_terminal("compare", "conse", "dinov2", "--judge", "--project", str(filled))
    assert code == 1 and "there are no vectors dinov2 yet" in shown
    code, shown = on_terminal("compare", "--judge", "--by", "folders", "--project", str(filled))
    assert code == 2 and "--by: it does not apply with --judge" in shown


def test_one_vec_type_is_nothing_to_judge(run: Run, filled: Path) -> None:
    code, shown = on_terminal("compare", "conse", "--judge", "--project", str(filled))
    assert code == 2 and "judging needs two vec types" in shown


def test_the_table_shows_judgements(run: Run, filled: Path) -> None:
    from core.actions.definition import Context
    from core.comparison.judging_session import JudgingSession
    from core.vectors.encoder import LocalEncoder

    with Project.open_or_create(filled) as project:
        session = JudgingSession.open(Context(project, LocalEncoder()), ("conse", "effnet-lite0"), "Ann")
        for _ in range(3):
            session.judge(set(session.to_judge[:2]))
    said = run("compare", "conse", "effnet-lite0", "--by", "none", "--measure", "labels")
    assert "Judged by Ann: 3 questions" in said.out and "nDCG at 10" in said.out
    assert said.out.rstrip().splitlines()[-1].startswith("by your judgements")
    assert run("compare", "conse", "effnet-lite0", "--measure", "labels", "--by", "none", "--json").json["judgements"]
