"""``pictoscope compare``: which vectors suit this collection."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.actions.definition import Context
from core.comparison.advice import advice
from core.comparison.common_rows import common_rows
from core.comparison.comparison import Measure, compare, default_vec_types
from core.comparison.comparison_json import comparison_json
from core.comparison.forecast import Forecast, forecast
from core.comparison.judging import too_few_to_judge
from core.comparison.report import check_report, write_report
from core.errors import UsageError
from core.names import clean_name
from core.project import Project
from core.text import display_path, printable
from core.vectors.encoder import LocalEncoder
from tui.commands.common import StatusLine, check_replace, open_project, print_json, say
from tui.commands.compare_tables import print_found
from tui.commands.number_option import add_number
from tui.commands.picture_arguments import add_filter
from tui.commands.sample_option import SampleRun, add_sample_option, compute_sample, failure_words, sample_size

if TYPE_CHECKING:
    from textual.screen import Screen


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="vectors (default: all, six at most)")
    parser.add_argument(
        "--by",
        default="",
        metavar="LABELS",
        help="labels to measure against: tags, groups, folders, a property, or none (default: the first of tags, "
        "groups, properties and folders that has two labels with five pictures each)",
    )
    add_filter(parser)
    parser.add_argument(
        "--measure",
        default="",
        metavar="WHAT",
        help="labels, texts (do words find your tags or captions; loads models), alterations (do altered pictures find "
        "their originals; loads models), several with commas, or all (default: labels, or alterations without labels)",
    )
    parser.add_argument(
        "--texts",
        default="",
        metavar="TEXTS",
        help="measure texts too, and take them from tags, groups, folders, or a property that holds words, such as "
        "captions (default: with --measure texts the labels, else the first of tags, groups and properties with some)",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="write the figures and what each vec type finds as one HTML file, readable without the program",
    )
    parser.add_argument("--replace", action="store_true", help="overwrite an existing report")
    parser.add_argument(
        "--judge",
        action="store_true",
        help="judge a few questions in the app: which of the vec types finds better",
    )
    parser.add_argument(
        "--person", default="", metavar="NAME", help="with --judge: who judges (default: the name of the login)"
    )
    add_sample_option(
        parser,
        "first compute the named vec types for N pictures only, spread over folders and dates; then compare "
        "them on these, and say what all pictures would take",
    )
    add_number(parser, "--seed", "seed of the random draws", least=0, default=0)


def run(arguments: Namespace) -> int:
    """Measure and print the table; or judge."""
    if arguments.judge:
        return _judge(arguments)
    if arguments.person:
        raise UsageError("--person: it applies only with --judge", "leave it out, or add --judge")
    measures = _measures(arguments.measure)
    report = Path(arguments.report) if arguments.report is not None else None
    check_replace(arguments, report, "--report FILE")
    size = sample_size(arguments)
    with open_project(arguments) as project, StatusLine() as line:
        if report:
            check_report(project, report, arguments.replace)
        sample = compute_sample(project, arguments.vec_types, size, as_json=arguments.json) if size else None
        if sample and sample.code:
            return sample.code
        names = sample.names if sample else arguments.vec_types
        context = Context(project, LocalEncoder(), say=line.show)
        comparison = compare(
            context,
            names,
            arguments.by,
            arguments.where,
            measures=measures,
            texts=arguments.texts,
            seed=arguments.seed,
        )
        if report:
            write_report(context, comparison, report, replace=arguments.replace, seed=arguments.seed)
        rest = forecast(project, [one.vec_type.name for one in comparison.common.of], sample.rates) if sample else []
    if arguments.json:
        written = {"report": str(report)} if report else {}
        sampled = _sample_json(sample, rest) if sample else {}
        print_json({**comparison_json(comparison), "advice": advice(comparison), **written, **sampled})
        return 0
    print_found(comparison)
    for one in rest:
        print(one.text)
    for name, error in sample.failed.items() if sample else ():
        say(failure_words(name, error))
    if report:
        say(f"the report is in {display_path(report)}")
    return 0


def _sample_json(sample: SampleRun, rest: Sequence[Forecast]) -> dict[str, list[dict[str, object]]]:
    failed = [
        {"vec_type": name, "error": error.message, "hint": error.hint or None} for name, error in sample.failed.items()
    ]
    return {"all_pictures": [asdict(one) | {"seconds": one.seconds} for one in rest], "failed": list(failed)}


def _judge(arguments: Namespace) -> int:
    """Open the app at the screen that asks."""
    from tui.commands.app import need_terminal, open_app

    try:
        need_terminal()
    except UsageError as error:
        hint = "judge in the app, or import judgements: pictoscope judgements import FILE"
        raise UsageError("--judge needs a terminal to show pictures in", hint) from error
    given = ("by", "measure", "texts", "report", "replace", "json", "seed", "sample")
    if wrong := next((name for name in given if getattr(arguments, name)), ""):
        raise UsageError(f"--{wrong}: it does not apply with --judge, which asks a person", "leave one of the two out")
    project = open_project(arguments)
    names, person, where = arguments.vec_types, arguments.person, arguments.where
    person = clean_name(person, "person") if person else ""
    if len(common_rows(project, names or default_vec_types(project)).of) < 2:
        raise too_few_to_judge()

    def first(opened: Project) -> Screen[None]:
        from tui.screens.compare.judge import JudgeScreen

        return JudgeScreen(opened, names, person, where)

    return open_app(project, None, first=first)


def _measures(line: str) -> set[Measure] | None:
    if not line:
        return None
    if line == "all":
        return set(Measure)
    words = [word.strip() for word in line.split(",")]
    unknown = next((word for word in words if word not in set(Measure)), None)
    if unknown is not None:
        raise UsageError(f"--measure: {printable(unknown)!r} is not a choice", f"some of: {', '.join(Measure)}; or all")
    return {Measure(word) for word in words}
