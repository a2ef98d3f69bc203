"""More and less alike, thresholds, parts of the collection, several vectors at once."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest
from test_queries import ask, key_of, names, picture

from core.actions.definition import Context
from core.errors import Cancelled, UsageError
from core.labels.groups import Groups
from core.labels.tags import Tags


def test_a_picture_to_stay_away_from_sinks_and_is_not_shown(context: Context) -> None:
    like, unlike = picture(context, "07.webp"), picture(context, "09.gif")
    before = ask(context, "similar", like=[like], vec_type="effnet-lite0")
    after = ask(context, "similar", like=[like], unlike=[unlike], vec_type="effnet-lite0")
    assert "09.gif" in names(before)
    assert not {"07.webp", "09.gif"} & set(names(after))
    assert after.title == "like 07.webp, unlike 09.gif"
    nearest_to_unlike = names(ask(context, "similar", like=[unlike], vec_type="effnet-lite0"))
    place = {name: number for number, name in enumerate(name for name in names(before) if name in names(after))}
    fell = [names(after).index(name) - place[name] for name in nearest_to_unlike[:5] if name in place]
    assert sum(fell) > 0


def test_nothing_below_the_least_cosine_is_shown(context: Context) -> None:
    everything = ask(context, "similar", like=[picture(context, "07.webp")], vec_type="effnet-lite0")
    scores = [match.score for match in everything.groups[0].matches]
    limit = scores[6]
    some = ask(context, "similar", like=[picture(context, "07.webp")], vec_type="effnet-lite0", at_least=limit)
    assert [match.score for match in some.groups[0].matches] == scores[:7]
    assert some.distribution == everything.distribution
    assert ask(context, "similar", like=[picture(context, "07.webp")], at_least=1).groups[0].matches == ()


def test_only_the_selected_pictures_are_looked_at(context: Context) -> None:
    chosen = [
        picture(context, "03.bmp"),
        key_of(context, picture(context, "09.gif")).hex(),
        picture(context, "07.webp"),
    ]
    answer = ask(context, "similar", like=[picture(context, "07.webp")], where=chosen)
    assert sorted(names(answer)) == ["03.bmp", "09.gif"]
    found = ask(context, "text_search", text="a cat", where=chosen)
    assert sorted(names(found)) == ["03.bmp", "07.webp", "09.gif"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("folder:copies", ["05-grey.png"]),
        ("tag:liked", ["03.bmp", "09.gif"]),
        ("tag:liked and format:gif", ["09.gif"]),
        ("group:kept or folder:copies", ["05-grey.png", "11.png"]),
        ("covered:conse and name~05", ["05-grey.png", "05.jpg"]),
        ("failed:conse or tag:liked", ["03.bmp", "09.gif"]),
    ],
)
def test_only_pictures_that_pass_a_filter_are_looked_at(context: Context, line: str, found: list[str]) -> None:
    catalog = context.project.catalog
    liked = [key_of(context, picture(context, name)) for name in ("03.bmp", "09.gif")]
    Tags(catalog).add("liked", liked)
    Groups(catalog).save("kept", [(key_of(context, picture(context, "11.png")), None)])
    answer = ask(context, "text_search", text="a cat", where=line)
    assert sorted(names(answer)) == found


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("tag:nobody", "nobody"),
        ("width>", "width"),
        ("covered:clip", "there are no vectors clip"),
        ("width>100000", "within: no picture matches width>100000"),
    ],
)
def test_a_filter_that_finds_nothing_or_is_none_says_why(context: Context, line: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        ask(context, "text_search", text="a cat", where=line)


def test_rankings_of_several_vectors_are_fused_by_their_ranks(context: Context) -> None:
    like = [picture(context, "05.jpg")]
    one, other = (names(ask(context, "similar", like=like, vec_type=name)) for name in ("effnet-lite0", "conse"))
    fused = ask(context, "similar", like=like, vec_type="effnet-lite0", also="conse,effnet-lite0+grey")
    third = names(ask(context, "similar", like=like, vec_type="effnet-lite0+grey"))
    assert fused.vec_type == "effnet-lite0 + conse + effnet-lite0+grey"
    expected = {name: sum(1 / (61 + ranks.index(name)) for ranks in (one, other, third)) for name in one}
    for match in fused.groups[0].matches:
        assert match.score == pytest.approx(expected[os.path.basename(match.path).decode()])
    scores = [match.score for match in fused.groups[0].matches]
    assert scores == sorted(scores, reverse=True)
    assert fused.distribution is None


def test_a_least_cosine_for_several_vectors_is_refused(context: Context) -> None:
    with pytest.raises(UsageError, match="cannot be compared"):
        ask(context, "similar", like=[picture(context, "05.jpg")], also="conse", at_least=0.5)


def test_a_negative_phrase_lowers_what_it_means(context: Context) -> None:
    plain = ask(context, "text_search", text="a red ball")
    twice = ask(context, "text_search", text='"a red ball"^2')
    assert names(plain) == names(twice)
    less = ask(context, "text_search", text='"a red ball" -"blue cloth"')
    assert names(less) != names(plain)


def test_a_picture_file_may_stand_in_the_line_of_text_search(context: Context) -> None:
    path = picture(context, "05.jpg")
    by_text = ask(context, "text_search", text=f'"{path}"')
    by_picture = ask(context, "similar", like=[path], vec_type="conse")
    assert names(by_text)[0] == "05.jpg"
    assert names(by_text)[1:] == names(by_picture)


def test_results_marked_as_fitting_lead_a_text_search(context: Context) -> None:
    target = names(ask(context, "text_search", text="a cat"))[10]
    led = ask(context, "text_search", text="a cat", like=[picture(context, target)])
    near = names(ask(context, "similar", like=[picture(context, target)], vec_type="conse"))[0]
    before = names(ask(context, "text_search", text="a cat"))
    assert names(led).index(near) <= before.index(near)
    assert target not in names(led)


def test_a_template_is_put_around_each_phrase(context: Context) -> None:
    inside = ask(context, "text_search", text="cat", template="a photo of a {}")
    assert inside.groups[0].matches == ask(context, "text_search", text="a photo of a cat").groups[0].matches
    with pytest.raises(UsageError, match=r"has no \{\} for the phrase"):
        ask(context, "text_search", text="cat", template="a photo")


def test_only_negatives_are_no_question(context: Context) -> None:
    with pytest.raises(UsageError, match="only says what is not wanted"):
        ask(context, "text_search", text='-"truck"')


def test_an_action_gives_up_when_it_is_told_to(context: Context) -> None:
    stopped = replace(context, stop=threading.Event())
    stopped.stop.set()
    with pytest.raises(Cancelled):
        ask(stopped, "text_search", text="a cat")
