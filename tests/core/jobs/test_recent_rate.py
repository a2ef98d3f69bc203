"""How fast a job is now."""

from __future__ import annotations

from core.jobs.recent_rate import RecentRate


def test_the_time_before_the_first_pictures_does_not_count():
    rate = RecentRate()
    assert [rate.note(now, seen) for now, seen in ((0, 0), (9, 0), (10, 100))] == [0, 0, 0]
    assert rate.note(11, 160) == 60


def test_only_the_last_quarter_of_a_minute_counts():
    rate = RecentRate()
    for now in range(1, 62):
        speed = rate.note(now, 10 * now if now <= 20 else 200 + (now - 20))
    assert speed == 1


def test_two_reports_that_are_far_apart_tell_the_rate_too():
    rate = RecentRate()
    rate.note(0, 4)
    assert rate.note(100, 8) == 0.04


def test_the_same_moment_twice_is_no_rate():
    rate = RecentRate()
    assert [rate.note(5, 1), rate.note(5, 3)] == [0, 0]
