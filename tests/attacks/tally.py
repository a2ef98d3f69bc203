"""What the attacks' own counters say, as one table at the end of a run: what was tried, and how many rows it cost.

A test counts each case once it knows how it ended::

    from tests.attacks.tally import count

    count("interruptions survived", rows_lost=len(lost))
    assert not lost

``pytest --tally FILE`` also writes the table as Markdown. Works with pytest-xdist: the workers hand in their counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

_OUTPUT = "tally"
_cases: Counter[str] = Counter()
_lost: Counter[str] = Counter()


def count(kind: str, n: int = 1, rows_lost: int = 0) -> None:
    """Count ``n`` cases of a kind, as in ``hostile files tried``, and the committed rows they cost."""
    _cases[kind] += n
    _lost[kind] += rows_lost


def markdown(cases: Counter[str], lost: Counter[str]) -> str:
    """The table, one kind a line, ending in their sum."""
    lines = ["| what | cases | rows lost |", "|---|---|---|"]
    lines += [f"| {kind} | {cases[kind]:,} | {lost[kind]:,} |" for kind in sorted(cases)]
    lines.append(f"| all | {cases.total():,} | {lost.total():,} |")
    return "\n".join(lines) + "\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tally", metavar="FILE", help="write the table of what was tried, as Markdown")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of pytest-xdist: hand in what it counted."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_OUTPUT] = [[kind, _cases[kind], _lost[kind]] for kind in _cases]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """In the controller of pytest-xdist: take what a worker hands in. One that crashed has nothing to say."""
    output: dict[str, Iterable[tuple[str, int, int]]] = getattr(node, "workeroutput", {})
    for kind, n, rows_lost in output.get(_OUTPUT, ()):
        count(kind, n, rows_lost)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not _cases:
        return
    table = markdown(_cases, _lost)
    terminalreporter.section("what was tried, and what it cost")
    terminalreporter.write(table)
    if path := config.getoption("tally"):
        Path(path).write_text(table, encoding="utf-8")
