"""What the tour sees of the app at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.screen import ModalScreen
from textual.widgets import Input

from core.actions.parameters import PicturesParameter
from tui.host import host_of
from tui.screens.browse.browse import BrowseScreen
from tui.screens.grid_screen import GridScreen
from tui.screens.question_screen import QuestionScreen
from tui.widgets.labels_list import LabelsList


@dataclass(frozen=True)
class Moment:
    """What is on the screen.

    Attributes:
        screen: the name of the class of the screen on top.
        is_dialog: whether that is a dialog.
        typing: whether keys are typed into a line.
        cursor: position in the grid; -1 without one.
        in_row: pictures in a row, as the person likes them; 0: as many as have room.
        action: name of the action whose answer is on show; empty for none.
        vec_type: the vectors that answered.
        examples: pictures of the question.
        filter: what Browse shows only; empty for everything.
        tagged: tags on pictures, counted over all tags.
        been: names of the screens that were on top since the step began.
    """

    screen: str = ""
    is_dialog: bool = False
    typing: bool = False
    cursor: int = -1
    in_row: int = 0
    action: str = ""
    vec_type: str = ""
    examples: int = 0
    filter: str = ""
    tagged: int = 0
    been: frozenset[str] = frozenset()


def moment_of(app: App[Any]) -> Moment:
    """What is on the screen now."""
    top = app.screen
    grid = top.grid if isinstance(top, GridScreen) else None
    question = top.question if isinstance(top, QuestionScreen) and top.has_answer else None
    browse = next((one for one in reversed(app.screen_stack) if isinstance(one, BrowseScreen)), None)
    return Moment(
        screen=type(top).__name__,
        is_dialog=isinstance(top, ModalScreen),
        typing=isinstance(top.focused, Input),
        cursor=grid.cursor if grid else -1,
        in_row=host_of(app).look.pictures_in_row,
        action=question.action.name if question else "",
        vec_type=top.answered_with if isinstance(top, QuestionScreen) else "",
        examples=_examples(question.action.fields(), question.values) if question else 0,
        filter=browse.filter if browse else "",
        tagged=sum(tag.pictures for tag in browse.query_one(LabelsList).labels.tags) if browse else 0,
    )


def _examples(fields: Iterable[object], values: Any) -> int:
    return sum(len(values.get(field.name) or ()) for field in fields if isinstance(field, PicturesParameter))
