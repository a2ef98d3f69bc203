"""The keys of ``keys.toml``, taken when the app starts."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding

from core.errors import PictoscopeError
from core.key_hints import use_keys
from tui.host import host_of
from tui.key_purposes import written


def use_keys_of_user(app: App[Any]) -> None:
    """Take them, and show what is wrong with the file. Without that file nothing is imported."""
    from tui.keys_file import parse_keys, read_keys_file

    try:
        text = read_keys_file()
    except PictoscopeError as error:
        host_of(app).tell(error)
        return
    if not text.strip():
        return
    from tui.key_names import identify, named_keys

    choices = parse_keys(text, named_keys())
    identify()
    use_keys({name: written(Binding(keys[0], "", "")) for name, keys in choices.keys.items()})
    app.set_keymap({name: ",".join(keys) for name, keys in choices.keys.items()})
    for problem in choices.problems:
        host_of(app).tell(problem)
