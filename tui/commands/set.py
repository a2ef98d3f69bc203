"""``pictoscope set``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.labels.properties import Properties, PropertyDefinition
from core.labels.undo import History
from core.names import short_name
from core.project import Project
from core.text import count
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.picture_arguments import add_sources, chosen

_TYPES = ", ".join(kind.value for kind in PropertyType)


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="PROPERTY=VALUE PICTURE",
        help="values, then the pictures that get them; an empty value clears the property; - reads paths from stdin",
    )
    add_sources(parser)
    parser.add_argument(
        "--define",
        action="append",
        default=[],
        metavar="NAME:TYPE[:CHOICE,CHOICE…]",
        help=f"define a property; types: {_TYPES}",
    )
    parser.add_argument("--list", action="store_true", help="list the properties")


def run(arguments: Namespace) -> int:
    """Define, set or list."""
    first = next((index for index, word in enumerate(arguments.words) if "=" not in word), len(arguments.words))
    assignments, pictures = _assignments(arguments.words[:first]), arguments.words[first:]
    definitions = [definition(text) for text in arguments.define]
    if not (assignments or definitions or arguments.list):
        raise UsageError("nothing to set", "give PROPERTY=VALUE, or --define NAME:TYPE, or --list")
    with open_project(arguments) as project:
        properties = Properties(project.catalog)
        with History(project.catalog).step(_words(list(assignments), definitions)) as step:
            for name, kind, choices in definitions:
                properties.define(name, kind, choices)
            changed = _set(project, assignments, pictures, arguments) if assignments else 0
            if assignments:
                step.name = f"set {_names(list(assignments))} of {count(changed, 'picture')}"
                say(step.name)
        return _answer(properties.all(), arguments, changed)


def _set(project: Project, assignments: dict[str, str], pictures: Sequence[str], arguments: Namespace) -> int:
    keys = chosen(project, arguments, pictures).keys
    return max(Properties(project.catalog).set(name, keys, value) for name, value in assignments.items())


def _answer(listed: list[PropertyDefinition], arguments: Namespace, changed: int) -> int:
    if arguments.json:
        print_json([_json(definition) for definition in listed] if arguments.list else {"pictures": changed})
    elif arguments.list and listed:
        print_table(
            [("property", "type", "choices"), *((one.name, one.type, ", ".join(one.choices)) for one in listed)]
        )
    elif arguments.list:
        say("no properties yet: pictoscope set --define NAME:TYPE")
    return 0


def _assignments(words: Sequence[str]) -> dict[str, str]:
    """Values by name of property.

    Raises:
        UsageError: a property has two values.
    """
    assignments: dict[str, str] = {}
    for name, _, value in (word.partition("=") for word in words):
        if assignments.get(name, value) != value:
            raise UsageError(f"{short_name(name)} has two values", "leave one of them out")
        assignments[name] = value
    return assignments


def definition(text: str) -> tuple[str, PropertyType, list[str]]:
    """Parse ``--define NAME:TYPE[:CHOICE,CHOICE…]`` to a name, a type and choices.

    Raises:
        UsageError: there is no such type.
    """
    name, _, rest = text.partition(":")
    kind, _, choices = rest.partition(":")
    if kind not in PropertyType.__members__.values():
        wrong = f"there is no type {short_name(kind)}" if kind else "the type is missing"
        raise UsageError(f"--define {short_name(text)}: {wrong}", f"types: {_TYPES}")
    return name, PropertyType(kind), choices.split(",") if choices else []


def _words(names: Sequence[str], definitions: Sequence[tuple[str, PropertyType, list[str]]]) -> str:
    return f"set {_names(names)}" if names else f"define property {_names([name for name, _, _ in definitions])}"


def _names(names: Sequence[str]) -> str:
    return short_name(", ".join(names))


def _json(found: PropertyDefinition) -> dict[str, object]:
    return {"name": found.name, "type": found.type.value, "choices": list(found.choices)}
