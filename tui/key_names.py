"""A name for everything that keys do, so that people can give it other keys.

A name is that of the app's action (``tag``, ``similar``), or a place and what its key does there (``browse.filter``).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from textual.app import App
from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode

import tui
from tui.key_purposes import whole_words

_PACKAGES = ("tui.app", "tui.tour_keys", "tui.screens", "tui.widgets")


@dataclass(frozen=True)
class NamedKey:
    """What a key does.

    Attributes:
        name: in ``keys.toml``.
        keys: by default, as Textual names them.
        description: in a few words.
        places: classes of the interface that have it.
    """

    name: str
    keys: tuple[str, ...]
    description: str
    places: tuple[type[DOMNode], ...]


def places() -> list[type[DOMNode]]:
    """Every class of the interface that has keys, by name. Imports all screens: some 0.1 s."""
    classes: set[type[DOMNode]] = set()
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if module.name.startswith(_PACKAGES):
            members = vars(importlib.import_module(module.name)).values()
            classes |= {one for one in members if inspect.isclass(one) and issubclass(one, DOMNode)}
    ours = (one for one in classes if one.__module__.startswith(_PACKAGES))
    return sorted((one for one in ours if _bindings_of(one)), key=lambda one: (title(one), one.__module__))


def title(place: type) -> str:
    """The name of a screen or widget in words: ``Image grid``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", place.__name__.removesuffix("Screen") or place.__name__)
    return words[0].upper() + words[1:].lower()


def named_keys() -> dict[str, NamedKey]:
    """Everything that keys of Pictoscope do, by name."""
    by_name: dict[str, NamedKey] = {}
    for place in places():
        for binding in _own_bindings(place):
            name = name_of(binding, place)
            known = by_name.get(name, NamedKey(name, (), whole_words(binding), ()))
            keys = dict.fromkeys((*known.keys, *(key.strip() for key in binding.key.split(","))))
            by_name[name] = replace(known, keys=tuple(keys), places=tuple(dict.fromkeys((*known.places, place))))
    return dict(sorted(by_name.items(), key=lambda item: ("." in item[0], item[0])))


def name_of(binding: Binding, place: type) -> str:
    """The name of what a binding of a place does."""
    action, _, arguments = binding.action.partition("(")
    if action == "app.form":
        return arguments.strip("')\"")
    if action.startswith("app."):
        return _slug(action.removeprefix("app.").removesuffix("_keys"))
    if issubclass(place, App):
        return _slug(binding.description)
    return f"{_slug(title(place))}.{_slug(binding.description or action)}"


def identify() -> None:
    """Give the bindings of all places their names as ids, by which Textual's keymap finds them."""
    for place in places():
        merged = place._merged_bindings
        if merged is None:
            continue
        found = merged.key_to_bindings.items()
        place._merged_bindings = BindingsMap.from_keys(
            {key: [_identified(binding, place) for binding in bindings] for key, bindings in found}
        )


def _identified(binding: Binding, place: type) -> Binding:
    """With the id of the class that defines it; unchanged if Textual does."""
    for one in place.__mro__:
        if one.__module__.startswith(_PACKAGES) and any(
            own.action == binding.action and own.description == binding.description for own in _own_bindings(one)
        ):
            return replace(binding, id=name_of(binding, one))
    return binding


def _bindings_of(place: type) -> bool:
    return getattr(place, "_merged_bindings", None) is not None


def _own_bindings(place: type) -> Iterator[Binding]:
    for binding in vars(place).get("BINDINGS", ()):
        yield binding if isinstance(binding, Binding) else Binding(*binding)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
