from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.rules import Interruption, limitation_date, limitation_warning
from microloan.core.calendars import is_deadline_day


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("due", "years", "expected"),
    [
        ("2026-03-02", 3, "2029-03-02"),
        ("2026-03-02", 10, "2036-03-03"),  # 2 March 2036 is a Sunday
        ("2028-02-29", 3, "2031-02-28"),
        ("2026-06-05", 3, "2029-06-06"),  # 5 June
        ("2024-12-24", 3, "2027-12-27"),  # Christmas
        ("2023-12-31", 3, "2027-01-04"),  # 31 December, New Year's Day, and a weekend
        ("2024-04-01", 3, "2027-04-01"),
        ("2026-03-29", 3, "2029-04-03"),  # Easter
        ("2026-05-11", 3, "2029-05-11"),  # the Friday after Ascension is a day like others here
    ],
)
def test_it_ends_on_a_working_day(due, years, expected):
    assert limitation_date(d(due), years) == d(expected)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("2028-01-10", 3)], "2031-01-10"),
        ([("2028-01-10", 10)], "2038-01-11"),
        ([("2025-01-10", 10)], "2029-03-02"),  # before the due date
        ([("2029-03-02", 3)], "2032-03-02"),  # on the last day
        ([("2029-03-03", 10)], "2029-03-02"),  # lapsed already
        ([("2031-01-06", 3), ("2028-01-10", 3)], "2034-01-06"),
        ([("2028-01-10", 10), ("2030-01-10", 3)], "2038-01-11"),  # never shorter
    ],
)
def test_interruptions(events, expected):
    interruptions = [Interruption(d(on), years) for on, years in events]
    assert limitation_date(d("2026-03-02"), 3, interruptions) == d(expected)


def test_the_warning_comes_half_a_year_before():
    assert limitation_warning(d("2031-08-31")) == d("2031-02-28")


def test_at_least_a_year():
    with pytest.raises(ValueError, match="year"):
        limitation_date(d("2026-03-02"), 0)


@given(
    due=st.dates(date(2012, 1, 1), date(2060, 1, 1)),
    years=st.sampled_from([3, 10]),
    events=st.lists(
        st.builds(Interruption, st.dates(date(2012, 1, 1), date(2080, 1, 1)), st.sampled_from([3, 10])), max_size=4
    ),
)
def test_interruptions_only_lengthen(due, years, events):
    plain, interrupted = limitation_date(due, years), limitation_date(due, years, events)
    assert due < plain <= interrupted
    assert is_deadline_day(interrupted)
    assert limitation_date(due, years, events[::-1]) == interrupted
