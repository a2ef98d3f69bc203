"""Tables as they come, and as nobody would want them: each is read, or refused with a place and a way on."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import PictoscopeError, UsageError
from core.importing import tables, text_file
from core.importing.options import Options
from core.importing.plan import plan
from core.project import Project
from tests.core.importing.conftest import Plan, labels_of, open_project

Write = Callable[..., Path]
PLAIN = 'path,tags,note\none/a.png,"größe, x",\n'


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        b"\n\n" + PLAIN.replace("\n", "\n\n").encode(),
        'path;tags;note\none/a.png;"größe, x";\n'.encode(),
        'path\ttags\tnote\none/a.png\t"größe, x"\t\n'.encode(),
        '"note;","tags","path"\n,"größe, x",one/a.png\n'.encode(),
        'path,tags,note\none/a.png,"größe, x",,,,\n'.encode(),  # empty cells, as spreadsheets leave them
        'path,tags,note\none/a.png,"größe, x",'.encode(),
        codecs.BOM_UTF8 + 'sep=;\r\npath;tags;note\r\none/a.png;"größe, x";\r\n'.encode(),
        'sep=|\npath|tags|note\none/a.png|"größe, x"|\n'.encode(),
        ("sep=,\n" + PLAIN).encode("utf-16"),
    ],
    ids=map(str, range(16)),
)
def test_encodings_delimiters_and_line_ends_are_found(project: Project, done: Plan, content: bytes) -> None:
    done(content)
    assert labels_of(project) == {"one/a.png": (["größe", "x"], {})}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "UTF8"])
def test_an_encoding_can_be_given(project: Project, done: Plan, encoding: str) -> None:
    done(PLAIN.encode(encoding), encoding=encoding)
    assert labels_of(project) == {"one/a.png": (["größe", "x"], {})}


def test_a_delimiter_can_be_given(look: Plan) -> None:
    assert look("path|tags\none/a.png|x\n", delimiter="|").changes.tags.put == 1
    assert look("path\ttags\none/a.png\tx\n", delimiter="tab").changes.tags.put == 1
    assert look("sep=;\npath|tags\none/a.png|x\n", delimiter="|").changes.tags.put == 1


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (b"path,tags\none/a.png,x\none/b.png,gr\xf6\xdfe\n", {}, "byte 35, in line 3, is not utf-8"),
        (b"path,tags\n" + (b"x" * 999 + b"\n") * 1_200 + b"\xff", {}, "byte 1,200,011, in line 1,202, is not utf-8"),
        (b"path,tags\n" + "é".encode() * 600_000 + b"\xc3", {}, "byte 1,200,011, in line 2, is not utf-8"),
        (codecs.BOM_UTF16_LE + b"p\0a", {}, "is not utf-16"),
        (PLAIN.replace("öße", "").encode("utf-16-le"), {}, "line 1: a NUL, which text never contains"),
        (b"path,tags\none/a.png,x\none/b.png,a\0b\n", {}, "line 3: a NUL"),
        (bytes(range(1, 256)) * 50, {}, "is not utf-8"),
        (PLAIN.encode(), {"encoding": "klingon"}, "there is no encoding klingon"),
        (PLAIN.encode(), {"encoding": "hex"}, "there is no encoding hex"),
        (PLAIN.encode(), {"encoding": "\0"}, "there is no encoding"),
        (PLAIN.encode(), {"delimiter": "ab"}, "ab cannot separate cells"),
        (PLAIN.encode(), {"delimiter": '"'}, "cannot separate cells"),
        (PLAIN.encode(), {"delimiter": "|"}, "has no column path or key, but path,tags,note"),
        (b"file,tags\na.png,x\n", {}, "has no column path or key, but file, tags"),
        (b"\n\n", {}, "is empty"),
        (b"sep=;\n", {}, "is empty"),
        (b'sep="\npath', {}, "cannot separate cells"),
        (b"", {}, "is empty"),
        (b'path,tags\none/a.png,"x\none/b.png,y\n', {}, "line 2: a quote is opened and never closed"),
        (b'path,tags\none/a.png,"x"y\n', {}, "line 2: not valid CSV"),
        (b"path,tags,tags\n", {}, "two columns are the same: tags and tags"),
        (b"path,tags,Tag\n", {}, "two columns are the same: tags and Tag"),
        (b"path,x,property:x\n", {"new_properties": True}, "two columns are the same: x and property:x"),
        (b"path,tags\none/a.png," + b"x" * 16_000_000 + b"\n", {}, "line 2 is longer than 16,000,000 characters"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "_",  # contents are long
)
def test_what_is_no_table_is_refused_with_its_place(
    project: Project, look: Plan, content: bytes, options: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        look(content, **options)
    assert says in caught.value.message
    assert caught.value.hint
    assert labels_of(project) == {}


def test_what_is_no_file_is_refused_at_once(look: Plan, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path, says in [
        (tmp_path, "is a folder"),
        (tmp_path / "pipe.csv", "is not a regular file"),
        (tmp_path / "none.csv", "there is no file"),
        (tmp_path / "one" / "a.png" / "x.csv", "there is no file"),
        (Path("a\0b.csv"), "is not a valid file name"),
    ]:
        with pytest.raises(UsageError, match=says):
            look(path)


def test_ragged_lines_are_listed_and_the_rest_is_read(project: Project, look: Plan, done: Plan) -> None:
    content = 'path,tags\none/a.png,x\none/b.png\n\none/b.png,y,z\n"two\n/d.png",y\ntwo/d.png,z\n'
    report = look(content)
    assert [(one.line, one.reason) for one in report.refused.first] == [
        (3, "1 cell under 2 headings"),
        (5, "3 cells under 2 headings"),
    ]
    assert [one.line for one in report.unmatched.first] == [6]
    done(content, skip_bad=True)
    assert labels_of(project) == {"one/a.png": (["x"], {}), "two/d.png": (["z"], {})}


def test_cells_of_a_megabyte_are_read_or_refused_not_cut(project: Project, look: Plan) -> None:
    report = look('path,tags,note\none/a.png,"' + "x" * 1_000_000 + '",\none/b.png,' + ", ".join("ab") + "\n")
    assert [one.reason.partition(",")[0] for one in report.refused.first] == [
        "a tag has a name of at most 200 characters"
    ]
    assert len(report.refused.first[0].text) == 100
    many = '"' + ",".join(f"tag {number}" for number in range(50_000)) + '"'
    assert look(f"path,tags\none/a.png,{many}\n").changes.tags.new[0] == 50_000


def test_a_thousand_columns_are_read(project: Project, done: Plan) -> None:
    headings = ",".join(f"p{number}" for number in range(1_000))
    cells = ",".join(str(number) for number in range(1_000))
    report = done(f"path,{headings}\none/a.png,{cells}\n", new_properties=True)
    assert report.changes.values_set == 1_000
    assert len(labels_of(project)["one/a.png"][1]) == 1_000


def test_more_columns_than_anybody_needs_are_refused(look: Plan) -> None:
    with pytest.raises(UsageError, match="more than 2,000 columns"):
        look("path," + ",".join(map(str, range(2_000))) + "\n")


def test_json_lines_with_ever_new_names_are_refused(look: Plan, table: Write) -> None:
    lines = "".join(f'{{"path": "x", "p{number}": 1}}\n' for number in range(3_000))
    with pytest.raises(UsageError, match="line 2,000: more than 2,000 different names"):
        look(table(lines, "a.jsonl"))


def test_damaged_parquet_is_refused(look: Plan, table: Write, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"path": ["one/a.png"] * 10_000, "tags": [["x"]] * 10_000}), tmp_path / "good.parquet")
    good = (tmp_path / "good.parquet").read_bytes()
    assert look(table(good, "without an ending")).matched == 10_000
    for number, content in enumerate([b"PAR1", b"path,tags\n", good[:-5], good[:40] + bytes(60) + good[100:]]):
        with pytest.raises(UsageError, match="is not Parquet, or is damaged"):
            look(table(content, f"bad{number}.parquet"))


def test_parquet_without_pyarrow_says_what_to_install(
    look: Plan, table: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(PictoscopeError) as caught:
        look(table(b"PAR1", "a.parquet"))
    assert "pictoscope[parquet]" in caught.value.hint


def test_nothing_that_is_shown_can_steer_a_terminal(project: Project, look: Plan, table: Write) -> None:
    evil = "\x1b]0;PWNED\x07\u202e\x9b31m"
    file = table(
        f'path,tags,{evil},property:{evil}x,Width\n{evil},x,,,\none/a.png,{evil},,,\none/a.png,"""{evil}",,,\n',
        f"a{evil}.csv",
    )
    said = look(file).in_words()
    assert all(line.isprintable() for line in said)
    assert sum("PWNED" in line for line in said) == 6
    with pytest.raises(UsageError) as caught:
        look(table(f"{evil},b\n"))
    assert caught.value.message.isprintable()


def test_lines_come_in_batches_of_bounded_size(project: Project, look: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "path,tags\n" + "".join(f"one/{name}.png,{name}{number}\n" for number in range(50) for name in "ab")
    whole = look(content)
    for limit in ("BATCH_LINES", "BATCH_CELLS", "BATCH_CHARACTERS"):
        with monkeypatch.context() as patch:
            patch.setattr(tables, limit, 7)
            assert look(content).in_words() == whole.in_words()


def test_lines_with_few_cells_do_not_take_the_room_of_a_line_with_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH_CELLS", 100)
    lines = [tables.Line(number, ["x"] * (40 if number % 30 == 0 else 1)) for number in range(1, 91)]
    batches = list(tables.in_batches((line, 1) for line in lines))
    assert [line for batch in batches for line in batch] == lines
    assert all(len(batch) * max(len(line.cells) for line in batch) <= 100 for batch in batches)  # type: ignore[union-attr]
    assert [len(batch) for batch in batches] == [29, 2, 28, 2, 28, 1]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One project for many tables, none of which is imported."""
    return open_project(tmp_path_factory.mktemp("shared"))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.sampled_from([b"path,tags,x\n", b"key;tags\n", b"\xff\xfep\0", b'{"path": "one/a.png"', b"PAR1", b""]),
    st.lists(
        st.sampled_from([b"one/a.png", b",", b";", b'"', b"\n", b"\r", b"\0", b"\xff", b"}", b"[", b"x", b"\xc3\xa9"])
    ),
    st.sampled_from(["csv", "jsonl", "txt", "parquet"]),
)
def test_whatever_a_file_holds_the_error_is_a_typed_one(
    shared: Project, tmp_path_factory: pytest.TempPathFactory, head: bytes, parts: list[bytes], ending: str
) -> None:
    path = shared.path.parent / f"t.{ending}"
    path.write_bytes(head + b"".join(parts))
    try:
        with plan(shared, path, Options(new_properties=True)) as planned:
            assert planned.report.lines >= planned.report.matched
    except UsageError as error:
        assert error.message.isprintable()


def test_a_quote_that_is_not_closed_in_a_new_list_is_refused(look: Plan) -> None:
    report = look('path,words[multi_tags]\none/a.png,"""open"\none/b.png,"shut, door"\n', new_properties=True)
    (problem,) = report.refused.first
    assert (problem.line, problem.heading) == (2, "words[multi_tags]")
    assert problem.reason == "a quote that is not closed, or ends too early"
    assert report.changes.values[0].choices == ("shut", "door")


@pytest.mark.parametrize("block", [1, 2, 3, 5, 1 << 18])
def test_lines_end_as_python_says_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(text_file, "_BLOCK", block)
    path = tmp_path / "t.csv"
    for content in ("a\r\nb\rc\n\n\r\r\n\x0b\x1c\u2028d", "a\rb\rc", "a\r", "\r\n", "", "é\r\n" * 5):
        path.write_bytes(content.encode())
        with text_file.opened(path, "utf-8", "") as text, path.open(encoding="utf-8", newline="") as again:
            assert list(text_file.lines(text, path)) == list(again)
    path.write_bytes(b"a\r\nb\rc\0\nd")
    with text_file.opened(path, "utf-8", "") as text, pytest.raises(UsageError, match="line 3: a NUL"):
        list(text_file.lines(text, path))
