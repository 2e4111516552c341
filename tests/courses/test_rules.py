from datetime import date

import pytest

from courses.rules import attended_enough, latest_main_course_start, seats_left


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
