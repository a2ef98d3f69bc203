"""The list of candidates while it is worked on: no picture comes twice, none that was decided, and no jump."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.actions.answer import Match
from tui.screens.results.candidates import Candidates

KEYS = [bytes([number]) * 20 for number in range(12)]
orders = st.permutations(KEYS).flatmap(lambda keys: st.integers(0, 12).map(lambda count: keys[:count]))
some = st.sets(st.sampled_from(KEYS))


def listed(keys: list[bytes], score: float = 0.5) -> tuple[Match, ...]:
    return tuple(Match(key, b"", score) for key in keys)


def keys_of(candidates: Candidates) -> list[bytes]:
    return [match.key for match in candidates.matches]


@given(keys=orders, cursor=st.integers(0, 12), decided=some)
def test_decided_ones_leave_and_the_rest_slides_in(keys: list[bytes], cursor: int, decided: set[bytes]) -> None:
    before = Candidates(listed(keys)).at(cursor)
    after = before.without(decided)
    assert keys_of(after) == [key for key in keys if key not in decided]
    assert after.cursor == 0 or after.cursor < len(after.matches)
    if keys and keys[before.cursor] not in decided:
        assert after.matches[after.cursor].key == keys[before.cursor]


@given(keys=orders, cursor=st.integers(0, 12), ranked=orders, decided=some, back=some)
def test_a_new_ranking_moves_nothing_up_to_the_cursor(
    keys: list[bytes], cursor: int, ranked: list[bytes], decided: set[bytes], back: set[bytes]
) -> None:
    before = Candidates(listed(keys)).at(cursor)
    back -= decided | set(keys)
    after = before.renewed(listed(ranked, 0.25), decided, back)
    shown = keys_of(after)
    assert len(set(shown)) == len(shown)
    assert not decided & set(shown)
    assert set(ranked) - decided <= set(shown)
    kept = [key for key in keys[: before.cursor + 1] if key not in decided]
    returned = [key for key in ranked if key in back]
    assert [key for key in shown if key in kept] == kept
    if keys and keys[before.cursor] not in decided and not returned:
        assert shown[after.cursor] == keys[before.cursor]
    if keys and returned:
        assert shown[after.cursor] == returned[0]
    if not keys:
        assert shown == [key for key in ranked if key not in decided]


def test_scores_of_those_that_stay_are_the_new_ones() -> None:
    after = Candidates(listed(KEYS[:4])).at(1).renewed(listed(KEYS[3::-1], 0.25), set(), set())
    assert keys_of(after) == [KEYS[0], KEYS[1], KEYS[3], KEYS[2]]
    assert {match.score for match in after.matches} == {0.25}
