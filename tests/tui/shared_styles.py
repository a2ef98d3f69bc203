"""In one process of tests the apps share what Textual makes of the styles: the rules, and which of them a widget has.

Every app of a process has the same styles, and has its widgets in the same places: Textual would parse and match the
same for each, which took a sixth of the time of the app's tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from textual.app import App
from textual.css import parse as textual_parse
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.css.tokenize import tokenize_values
from textual.css.tokenizer import Token
from textual.dom import DOMNode
from textual.widget import Widget

_FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
_apply = Stylesheet.apply


@contextmanager
def styles_are_shared() -> Iterator[None]:
    """Inside, nothing is parsed or matched twice."""
    with pytest.MonkeyPatch.context() as patch:
        _parse_once(patch)
        patch.setattr(Stylesheet, "apply", _Matched().apply)
        yield


def _parse_once(patch: pytest.MonkeyPatch) -> None:
    """What is parsed depends on the arguments alone (the variables are the theme's), and nobody changes it.

    Textual itself gives one app the same rules again. Styles with errors are parsed again, and fail again.
    """
    tokens: dict[frozenset[tuple[str, str]], dict[str, list[Token]]] = {}
    rules: dict[tuple[object, ...], list[RuleSet]] = {}

    def tokenized_once(values: dict[str, str]) -> dict[str, list[Token]]:
        key = frozenset(values.items())
        if key not in tokens:
            tokens[key] = tokenize_values(values)
        return tokens[key]  # is kept: no other variables ever have its id

    def parsed_once(
        scope: str, css: str, read_from: Any, *, variable_tokens: Any, is_default_rules: bool, tie_breaker: int
    ) -> list[RuleSet]:
        key = (scope, css, read_from, id(variable_tokens), is_default_rules, tie_breaker)
        if key not in rules:
            rules[key] = list(
                textual_parse.parse(
                    scope,
                    css,
                    read_from,
                    variable_tokens=variable_tokens,
                    is_default_rules=is_default_rules,
                    tie_breaker=tie_breaker,
                )
            )
        return rules[key]

    patch.setattr(stylesheet, "tokenize_values", tokenized_once)
    patch.setattr(stylesheet, "parse", parsed_once)


class _Answer(NamedTuple):
    rules: RulesMap
    flags: tuple[bool, ...]  # of the node, in the order of _FLAGS


class _Matched:
    """The rules that nodes have, by all that decides it: the styles, and what the node and those around it are.

    Textual says itself, by what it keeps in a cache, which rules depend on nothing else: not on the node's brothers.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[object, ...], _Answer] = {}
        self._numbers: dict[tuple[int, ...], int] = {}
        self._kept: list[list[RuleSet]] = []  # no other rules ever have their ids

    @property
    def apply(self) -> Any:
        """To be a method of a stylesheet, in place of Textual's."""

        def apply(styles: Stylesheet, node: DOMNode, *, animate: bool = False, cache: Any = None) -> None:
            key = (self._number(styles), *map(_described, node.css_path_nodes))
            answer = self._answers.get(key)
            if answer is not None:
                for name, flag in zip(_FLAGS, answer.flags, strict=True):
                    setattr(node, name, flag)
                styles.replace_rules(node, answer.rules, animate=animate)
                styles._process_component_classes(node)
                return
            own: dict[Any, RulesMap] = {}
            _apply(styles, node, animate=animate, cache=own)
            for rules in own.values():
                self._answers[key] = _Answer(rules, tuple(getattr(node, name) for name in _FLAGS))

        return apply

    def _number(self, styles: Stylesheet) -> int:
        """Of these rules, the same for each app that has them."""
        rules = styles.rules
        known = styles.__dict__.get("_shared")
        if known is None or known[0] is not rules:
            number = self._numbers.setdefault(tuple(map(id, rules)), len(self._numbers))
            self._kept.append(rules)
            styles.__dict__["_shared"] = known = (rules, number)
        return int(known[1])


def _described(node: DOMNode) -> tuple[object, ...]:
    """All that a selector may ask of one node, but for its place among others."""
    if isinstance(node, Widget):
        asked: tuple[object, ...] = (node.mouse_hover, node.has_focus, node.disabled, node.allow_focus())
    elif isinstance(node, App):
        asked = (node.app_focus, node.current_theme.dark, node.is_inline, node.native_ansi_color, node.no_color)
    else:
        asked = ()
    return (type(node), node._css_type_name, node._id, node.classes, asked)
