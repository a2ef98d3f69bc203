"""``pictoscope explain``: which regions of two pictures make a model find them alike."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.text import display_path
from tui.commands.common import StatusLine, check_replace, has_block_characters, open_project, print_json, say


def configure(parser: ArgumentParser) -> None:
    """Two pictures, a vec type, where to draw."""
    parser.add_argument("first", metavar="FIRST", help="path or 40-digit key of a picture of the project")
    parser.add_argument("second", metavar="SECOND", help="path or 40-digit key of the one it is compared with")
    parser.add_argument(
        "--vec-type",
        metavar="VEC_TYPE",
        default="",
        help="vectors whose model is examined (default: the default vec type)",
    )
    parser.add_argument("--to", metavar="FILE.png", help="draw both pictures, lit where it matters")
    parser.add_argument("--replace", action="store_true", help="overwrite an existing file")


def run(arguments: Namespace) -> int:
    """Cover region after region, and say which are missed."""
    from core.actions.definition import Context
    from core.explain.drawing import as_text, check_explanation, save_explanation
    from core.explain.explanation import explain
    from core.export.listing import of_pictures
    from core.vectors import vec_types
    from core.vectors.encoder import LocalEncoder

    target = Path(arguments.to) if arguments.to is not None else None
    check_replace(arguments, target, "--to FILE.png")
    with open_project(arguments) as project, StatusLine() as line:
        if target:
            check_explanation(project, target, arguments.replace)
        default = project.settings.default_vec_type
        vec_type = vec_types.choose(project.vectors_folder, arguments.vec_type, default, needs_text=False)
        keys = [of_pictures(project, [name]).keys[0] for name in (arguments.first, arguments.second)]
        known = project.catalog.by_keys(keys)
        context = Context(project, LocalEncoder(), say=line.show)
        explanation = explain(context, vec_type, *(known[key] for key in keys))
        if target:
            save_explanation(project, explanation, target, replace=arguments.replace)
    if arguments.json:
        print_json(
            {
                "vec_type": vec_type.name,
                "similarity": explanation.similarity,
                "stored": explanation.stored,
                "first": explanation.maps[0].round(3).tolist(),
                "second": explanation.maps[1].round(3).tolist(),
                **({"file": str(target)} if target else {}),
            }
        )
        return 0
    if not target:
        print(as_text(explanation, ascii_only=not has_block_characters()))
    print(explanation.sentence)
    if target:
        say(f"drawn in {display_path(target)}")
    return 0
