"""The steps of the tour, as data: what each says, where its keys work, and what shows that it was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from core.key_hints import with_keys

if TYPE_CHECKING:  # the command line imports this, and no screen
    from tui.tour.moment import Moment


class Need(StrEnum):
    """The vectors without which a step cannot be done."""

    NONE = ""
    ANY = "vectors"
    TEXT = "vectors that read text"
    TWO = "vectors of a second model"


@dataclass(frozen=True)
class Step:
    """A step of the tour.

    Attributes:
        name: kept between two starts.
        text: what to press, on the screens ``where``; keys as for :func:`core.key_hints.with_keys`.
        where: names of the classes of screens on which its keys work.
        done: whether it was done, from what was on the screen when it began and what is there now.
        then: by the name of a screen or dialog that it opens, what to do there.
        elsewhere: what to do first on other screens.
        actions: names of the actions on whose answers its keys work; empty for all.
        need: the vectors that it needs.
    """

    name: str
    text: str
    where: tuple[str, ...]
    done: Callable[[Moment, Moment], bool]
    then: Mapping[str, str] = field(default_factory=dict)
    elsewhere: str = "{leave} goes back, towards all pictures"
    actions: tuple[str, ...] = ()
    need: Need = Need.NONE


def advice(step: Step, now: Moment) -> str:
    """What to do next for a step, with the keys of the user."""
    if now.screen in step.then:
        return with_keys(step.then[now.screen])
    works = not step.actions or not now.action or now.action in step.actions
    if now.screen in step.where and works and not now.typing:
        return with_keys(step.text)
    if now.is_dialog or now.typing:
        return with_keys("{ask-line.cancel} closes this")
    return with_keys(step.elsewhere)


def _left(screen: str) -> Callable[[Moment, Moment], bool]:
    """Who has looked at a screen goes on from it; not who opened a dialog there."""
    return lambda before, now: screen in now.been and now.screen != screen and not now.is_dialog


def _answered(action: str) -> Callable[[Moment, Moment], bool]:
    return lambda before, now: now.action == action and not now.typing


_BROWSE = ("BrowseScreen",)
_RESULTS = ("ResultsScreen", "SearchScreen")
_PICTURES = (*_BROWSE, *_RESULTS, "PictureScreen")
_ASKED = (*_PICTURES, "RecommendScreen", "DuplicatesScreen")
_REFINED = ("similar", "text_search")
_RUN = {"ActionForm": "{action-form.run} runs it"}

STEPS = (
    Step(
        "look",
        "{image-grid.larger-pictures} shows larger pictures, {image-grid.smaller-pictures} smaller ones",
        _BROWSE,
        lambda before, now: now.in_row != before.in_row,
    ),
    Step(
        "move",
        "{image-grid.right} and {image-grid.down} move the cursor",
        _BROWSE,
        lambda before, now: now.screen == before.screen and now.cursor != before.cursor,
    ),
    Step(
        "large",
        "{image-grid.open} shows the picture under the cursor large",
        (*_BROWSE, *_RESULTS),
        lambda before, now: now.screen == "PictureScreen",
    ),
    Step(
        "similar", "{similar} finds what looks like this picture", _PICTURES, _answered("similar"), _RUN, need=Need.ANY
    ),
    Step(
        "refine",
        "move to a picture: {results.more-like} asks for more like it, {results.less-like} for less",
        _RESULTS,
        lambda before, now: now.examples > 1 and now.action in _REFINED,
        _RUN,
        elsewhere="{similar} asks for similar pictures; then refine the question",
        actions=_REFINED,
        need=Need.ANY,
    ),
    Step(
        "text",
        "{text_search} searches by words",
        _ASKED,
        _answered("text_search"),
        {"SearchScreen": "type: a musical instrument, then enter", **_RUN},
        need=Need.TEXT,
    ),
    Step("clusters", "{cluster} sorts the pictures into clusters", _ASKED, _answered("cluster"), _RUN, need=Need.ANY),
    Step(
        "tag",
        "{image-grid.select} selects pictures; {tag} tags them, or the one under the cursor",
        _PICTURES,
        lambda before, now: now.tagged > before.tagged,
        {"AskLine": "type a name, such as music, then enter"},
    ),
    Step(
        "filter",
        "{browse.filter} shows only some pictures",
        _BROWSE,
        lambda before, now: bool(now.filter) and now.filter != before.filter,
        {"FilterLine": "type folder:animals, then enter"},
    ),
    Step(
        "duplicates",
        "{duplicates} finds duplicates; pixels decide",
        _ASKED,
        _left("DuplicatesScreen"),
        {
            "DuplicatesScreen": "{duplicates.remove} marks a copy, {duplicates.accept} accepts a group; {leave} leaves",
            **_RUN,
        },
        need=Need.ANY,
    ),
    Step(
        "recommend",
        "select two alike ({image-grid.select}); {recommend} says what else belongs to them",
        _PICTURES,
        _left("RecommendScreen"),
        {
            "RecommendScreen": "{recommend.accept} accepts, {recommend.refuse} refuses; {recommend.back} leaves",
            **_RUN,
        },
        need=Need.ANY,
    ),
    Step(
        "vectors",
        "{results.vec-type} asks the same with another vec type",
        (*_RESULTS, "RecommendScreen", "DuplicatesScreen"),
        lambda before, now: now.action == before.action != "" and now.vec_type != before.vec_type,
        {"ActionForm": "{form-select.open-the-list} lists them, enter chooses; then {action-form.run} runs it"},
        elsewhere="{similar} asks for similar pictures; then ask another model",
        need=Need.TWO,
    ),
    Step(
        "compare",
        "{compare} measures which vec types suit these pictures",
        _BROWSE,
        _left("CompareScreen"),
        {"CompareScreen": "{compare.judge} asks you which finds better, models hidden; {leave} leaves"},
        elsewhere="{leave} goes back to all pictures, with none selected",
        need=Need.TWO,
    ),
    Step(
        "map",
        "{map} draws all pictures as a map",
        _BROWSE,
        _left("MapScreen"),
        {"MapScreen": "{map-view.zoom} and {map-view.away} zoom, {map.colour-by} colours; {leave} leaves"},
        need=Need.ANY,
    ),
    Step(
        "help", "{help} lists the keys of the screen you are on", _ASKED, lambda before, now: now.screen == "KeysHelp"
    ),
)
