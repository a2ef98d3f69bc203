"""An import that is killed, or finds no room, leaves nothing of itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.catalog.catalog import Catalog
from core.catalog.labels_schema import RECORDED
from core.errors import CatalogError, UsageError
from core.importing.options import Options
from core.importing.plan import plan
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from tests.core.importing.conftest import key, labels_of
from tests.large_catalog import fill_catalog

CONTENT = 'path,tags,year,group\none/a.png,"cat, dog",1931,best\none/b.png,cat,5,best\n'
OPTIONS = Options(new_properties=True, groups=True, tags="replace")


def rows(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that undo covers, and its record."""
    tables = [*RECORDED, "steps", "changes", "recording"]
    return {table: sorted(catalog.query(f"SELECT * FROM {table}"), key=repr) for table in tables}


def start(project: Project, script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own."""
    code = f"""
import sys
from pathlib import Path
from core.labels.undo import History
from core.importing.options import Options
from core.importing.plan import plan
from core.project import Project
project = Project(Path(sys.argv[1]))
{script}"""
    command = [sys.executable, "-c", code, str(project.path), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_kill_before_the_end_leaves_nothing_and_nothing_in_the_way(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(CONTENT)
    Tags(project.catalog).add("old", [key(project, "one/a.png")])
    before = rows(project.catalog)
    # All of it is made, and its record; the kill comes before the end of the transaction.
    script = f"""
with plan(project, Path(sys.argv[2]), {OPTIONS!r}) as planned, History(planned._catalog).step("whole"):
    planned.apply()
    print("made", flush=True)
    sys.stdin.readline()"""
    process = start(project, script, file)
    assert process.stdout
    assert process.stdout.readline() == "made\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert rows(project.catalog) == before
    with plan(project, file, OPTIONS) as planned:
        planned.apply()
    assert labels_of(project)["one/a.png"] == (["cat", "dog"], {"year": 1931.0})
    History(project.catalog).undo()
    assert {table: found for table, found in rows(project.catalog).items() if table in RECORDED} == {
        table: found for table, found in before.items() if table in RECORDED
    }


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_kill_at_any_time_leaves_all_or_nothing(tmp_path: Path, share: float) -> None:
    (tmp_path / "pictures").mkdir()
    with Project.create(tmp_path / "project", [tmp_path / "pictures"]) as project:
        fill_catalog(project.catalog, 2_000)
        keys = [row[0].hex() for row in project.catalog.query("SELECT key FROM pictures")]
        file = tmp_path / "labels.csv"
        file.write_text("key,tags,remark\n" + "".join(f'{one},"x, y{n % 7}",r{n}\n' for n, one in enumerate(keys)))
        before = rows(project.catalog)
        script = """
planned = plan(project, Path(sys.argv[2]), Options(new_properties=True))
print("planned", flush=True)
planned.apply()
print("done", flush=True)"""
        whole = start(project, script, file)
        assert whole.stdout
        whole.stdout.readline()
        began = time.monotonic()
        whole.stdout.readline()
        lasts = time.monotonic() - began
        whole.communicate()
        History(project.catalog).undo()
        History(project.catalog).forget()
        assert rows(project.catalog) == before
        process = start(project, script, file)
        assert process.stdout
        process.stdout.readline()
        time.sleep(share * lasts)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        tagged = {tag.name: tag.pictures for tag in Tags(project.catalog).all()}.get("x", 0)
        if tagged:  # it was quicker than the time before
            assert (tagged, len(History(project.catalog).steps())) == (2_000, 1)
        else:
            assert rows(project.catalog) == before


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with Project.create(tmp_path / "project", [tmp_path / "pictures"]) as project:
        fill_catalog(project.catalog, 2_000)
        keys = [row[0].hex() for row in project.catalog.query("SELECT key FROM pictures")]
        file = tmp_path / "labels.csv"
        file.write_text("key,remark\n" + "".join(f"{one},{'long' * 50}{n}\n" for n, one in enumerate(keys)))
        before = rows(project.catalog)
        with plan(project, file, Options(new_properties=True)) as planned:
            pages = planned._catalog.query("PRAGMA page_count")[0][0]
            planned._catalog.query(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(CatalogError, match="cannot be written"):
                planned.apply()
            assert rows(project.catalog) == before
            planned._catalog.query("PRAGMA max_page_count = 1000000")
            planned.apply()
        assert Properties(project.catalog).find("remark")


def test_a_file_that_breaks_in_the_middle_changes_nothing(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_bytes(CONTENT.encode() + b"one/a.png,x,1,best\n" * 30_000 + b"\xff\n")
    before = rows(project.catalog)
    with pytest.raises(UsageError, match="is not utf-8"):
        plan(project, file, OPTIONS)
    assert rows(project.catalog) == before
