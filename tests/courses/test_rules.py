from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.rules import attended_enough, latest_main_course_start, seats_left, session_days
from microloan.core.calendars import is_public_holiday


@pytest.mark.parametrize(
    ("attended", "sessions", "completed"),
    [(4, 4, True), (3, 4, False), (4, 5, True), (3, 5, False), (0, 1, False), (0, 0, False)],  # 4 of 5: exactly 80
)
def test_completion_takes_eighty_per_cent_of_all_sessions(attended, sessions, completed):
    assert attended_enough(attended, sessions, 80) is completed


def test_seats_never_go_below_none():
    assert [seats_left(12, 11), seats_left(12, 12), seats_left(12, 13)] == [1, 0, 0]


def test_main_course_starts_at_most_fourteen_days_after_the_residential_course():
    assert latest_main_course_start(date(2026, 6, 18), 14) == date(2026, 7, 2)


def test_weekly_sessions_pass_over_easter_and_keep_the_weekday():
    days = session_days(date(2026, 3, 26), 3, 7)  # Thursdays; 2 April 2026 is Maundy Thursday
    assert days == [date(2026, 3, 26), date(2026, 4, 9), date(2026, 4, 16)]


def test_days_in_a_row_pass_over_a_holiday():
    assert session_days(date(2026, 5, 13), 2, 1) == [date(2026, 5, 13), date(2026, 5, 15)]  # Ascension Day between


@given(st.dates(date(2024, 1, 1), date(2035, 12, 31)), st.integers(1, 12), st.sampled_from([1, 7]))
def test_a_plan_has_its_sessions_in_order_and_never_on_a_holiday(first, count, step):
    days = session_days(first, count, step)
    assert len(days) == count
    assert days == sorted(set(days))
    assert not any(is_public_holiday(day) for day in days)
    assert all(
        (later - earlier) % timedelta(days=step) == timedelta(0) for earlier, later in zip(days, days[1:], strict=False)
    )
