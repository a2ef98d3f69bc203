"""The keys that sentences name: those of the user, where ``keys.toml`` has other ones.

Errors of the library and texts of the interface name keys by what they do (``undo``, ``labels.new``; the names of
``keys.toml``), never by the key itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DEFAULT_KEYS: Mapping[str, str] = {  # as people write them; tests/tui/test_key_hints.py compares them with the bindings
    "export-list": "e",
    "help": "?",
    "history": "H",
    "jobs": "J",
    "properties": "p",
    "quit": "ctrl+q",
    "redo": "U",
    "rescan": "ctrl+l",
    "settings": "g",
    "similar": "s",
    "tag": "t",
    "undo": "u",
    "text_search": "/",
    "cluster": "c",
    "duplicates": "d",
    "recommend": "r",
    "leave": "q",
    "leave-tour": "ctrl+t",
    "skip-tour-step": "ctrl+g",
    "action-form.cancel": "esc",
    "action-form.more-options": "ctrl+o",
    "action-form.run": "enter",
    "ask-line.cancel": "esc",
    "browse.all-pictures": "esc",
    "browse.filter": "f",
    "browse.keep-as-a-group-or-tag": "K",
    "browse.order-group-by": "o",
    "browse.stack-the-selection": "Z",
    "browse.unfold-or-fold-stack": "z",
    "chart.close": "esc",
    "chart.sort": "o",
    "map": "m",
    "map.colour-by": "o",
    "map-view.zoom": "+",
    "map-view.away": "-",
    "compare": "=",
    "compare.again": "r",
    "compare.cancel": "x",
    "compare.choose": "v",
    "compare.judge": "b",
    "compare.side-by-side": "s",
    "compare-form.cancel": "esc",
    "compare-form.measure": "enter",
    "confirm.no": "esc",
    "confirm.yes": "y",
    "create-vectors.cancel": "esc",
    "create-vectors.more-options": "ctrl+o",
    "duplicates.accept": "enter",
    "duplicates.move": "M",
    "duplicates.remove": "space",
    "export-dialog.cancel": "esc",
    "export-dialog.export": "enter",
    "failures.restart": "R",
    "filter-line.cancel": "esc",
    "filter-line.delete": "del",
    "filter-line.save": "ctrl+s",
    "filter-line.saved-filters": "↓",
    "first-run.choose-models": "c",
    "first-run.later": "esc",
    "first-run.prepare-search": "enter",
    "folders-pane.moved-to": "M",
    "folders-pane.remove": "X",
    "form-select.open-the-list": "space",
    "history.actions": "1",
    "history.changes": "2",
    "image-grid.down": "↓",
    "image-grid.larger-pictures": ">",
    "image-grid.open": "enter",
    "image-grid.right": "→",
    "image-grid.select": "space",
    "image-grid.smaller-pictures": "<",
    "import-labels.cancel": "esc",
    "import-labels.next": "enter",
    "jobs.cancel-job": "x",
    "jobs.failed": "f",
    "jobs.restart": "R",
    "keys-help.close": "esc",
    "judge.choose-questions-again": "R",
    "judge-grid.judge-all": "enter",
    "judge-grid.relevant": "space",
    "label-form.cancel": "esc",
    "label-form.go": "enter",
    "labels.colour": "c",
    "labels.combine": "C",
    "labels.delete": "X",
    "labels.edit": "e",
    "labels.filters": "4",
    "labels.groups": "3",
    "labels.mark": "space",
    "labels.merge": "m",
    "labels.new": "n",
    "labels.order": "o",
    "labels.properties": "2",
    "labels.rename": "r",
    "labels.tag-all": "t",
    "labels.tags": "1",
    "labels.under": "b",
    "labels-table.show": "enter",
    "line-list.open": "enter",
    "line-table.open": "enter",
    "map.method": "M",
    "map-view.clear": "esc",
    "map-view.finish": "enter",
    "map-view.select": "space",
    "model-list.create": "enter",
    "model-list.mark": "space",
    "order-dialog.cancel": "esc",
    "order-dialog.order": "enter",
    "pair.blink-faster": "f",
    "pair.blink-slower": "s",
    "pair.other-picture": "space",
    "properties-form.cancel": "esc",
    "properties-form.clear": "ctrl+l",
    "properties-form.new-property": "ctrl+n",
    "properties-form.save": "enter",
    "recommend.accept": "a",
    "recommend.back": "esc",
    "recommend.refuse": "x",
    "recommend.save": "S",
    "recommend.search-with-another-vec-type": "v",
    "results.keep": "K",
    "results.less-like": "-",
    "results.lower-the-cut": "[",
    "results.more-like": "+",
    "results.only-above-the-cut": "o",
    "results.raise-the-cut": "]",
    "results.vec-type": "v",
    "search.more-options": "ctrl+o",
    "settings.create": "n",
    "settings.display": "4",
    "settings.project": "1",
    "settings.vectors": "3",
    "vectors-pane.default": "D",
    "vectors-pane.delete": "X",
    "vectors-pane.failed": "F",
    "vectors-pane.restart": "R",
    "vectors-pane.verify": "V",
    "yes-no.turn": "space",
}

_NAME = re.compile(r"\{([a-z_.-]+)\}")
_of_user: dict[str, str] = {}


def use_keys(keys: Mapping[str, str]) -> None:
    """From now on name these keys, by what they do; the defaults for all others."""
    _of_user.clear()
    _of_user.update(keys)


def key_for(name: str) -> str:
    """The key that does something, as people write it.

    Raises:
        KeyError: no text names a key for that; see ``DEFAULT_KEYS``.
    """
    return _of_user.get(name, DEFAULT_KEYS[name])


def key_for_first(name: str) -> str:
    """The same at the beginning of a sentence: ``Enter``, but ``x`` stays ``x``, which is another key than ``X``."""
    shown = key_for(name)
    return shown if len(shown) == 1 else shown[:1].upper() + shown[1:]


def with_keys(text: str) -> str:
    """A text of ours whose keys are given as ``{undo}``, with the keys themselves. Not for texts of others."""
    return _NAME.sub(lambda found: key_for(found[1]), text)
