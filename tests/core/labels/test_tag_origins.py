"""A tag remembers the vec types whose answers gave it pictures."""

from __future__ import annotations

import pytest

from core.catalog.catalog import Catalog
from core.errors import UsageError
from core.labels.groups import Groups, origin_of
from core.labels.recommend_targets import Selection, find_target
from core.labels.tag_groups import tag_groups
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, UNKNOWN, labels


def test_only_tags_that_took_pictures_from_an_answer_have_an_origin(catalog: Catalog) -> None:
    tags = Tags(catalog)
    tags.add("by hand", KEYS[:2])
    tags.add("found", KEYS[:2], "clip")
    tags.add("found", KEYS[2:4], "dinov2-base+grey")
    tags.add("found", KEYS[4:5])
    tags.add("by hand", KEYS[:2], "clip")  # nothing new
    tags.add("by hand", [UNKNOWN], "clip")
    assert tags.origins() == {"found": {"clip", "dinov2-base+grey"}}


def test_the_groups_of_an_answer_and_accepted_suggestions_have_one(catalog: Catalog) -> None:
    tag_groups(catalog, "clusters", {"red": KEYS[:2], "blue": KEYS[2:4]}, "clip")
    Tags(catalog).add("mine", KEYS[:1])
    find_target(catalog, "tag:mine").accept(KEYS[1:2], "siglip-base")
    selection = Selection(KEYS[:2])
    selection.accept(KEYS[2:3])
    selection.save(catalog, "tag:saved", "conse")
    made_by = {name: set(vec_types) for name, vec_types in Tags(catalog).origins().items()}
    assert made_by == {"red": {"clip"}, "blue": {"clip"}, "mine": {"siglip-base"}, "saved": {"conse"}}


def test_origins_follow_a_tag_that_is_renamed_merged_and_deleted_and_are_undone(catalog: Catalog) -> None:
    tags, history = Tags(catalog), History(catalog)
    before = [labels(catalog)]

    def step(change: object) -> None:
        del change
        before.append(labels(catalog))

    step(tags.add("a", KEYS[:2], "clip"))
    step(tags.add("b", KEYS[2:4], "conse"))
    step(tags.rename("a", "c"))
    assert tags.origins() == {"c": {"clip"}, "b": {"conse"}}
    step(tags.merge("b", "c"))
    assert tags.origins() == {"c": {"clip", "conse"}}
    step(tags.delete("c"))
    assert tags.origins() == {}
    after = list(before)
    while len(before) > 1:
        assert labels(catalog) == before.pop()
        history.undo()
    assert labels(catalog) == before[0]
    for expected in after[1:]:
        history.redo()
        assert labels(catalog) == expected


def test_a_name_that_no_vec_type_can_have_is_refused_and_nothing_is_tagged(catalog: Catalog) -> None:
    with pytest.raises(UsageError):
        Tags(catalog).add("found", KEYS, "c" * 300)
    assert Tags(catalog).all() == []


def test_a_group_says_which_vec_type_made_it(catalog: Catalog) -> None:
    Groups(catalog).save("found", [(KEYS[0], 0.5)], origin_of("Similar pictures · like a.png", "clip+grey"))
    Groups(catalog).save("mine", [(KEYS[0], None)], origin_of("a selection"))
    assert {group.name: group.made_by for group in Groups(catalog).all()} == {"found": "clip+grey", "mine": ""}
