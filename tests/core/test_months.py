from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microloan.core.months import add_months, full_months_between, last_day_of_month, month_start, months_between


@pytest.mark.parametrize(
    ("anchor", "months", "day", "expected"),
    [
        ("2026-01-31", 1, None, "2026-02-28"),
        ("2028-01-31", 1, None, "2028-02-29"),
        ("2026-01-31", 2, None, "2026-03-31"),
        ("2026-01-31", -2, None, "2025-11-30"),
        ("2026-12-15", 1, None, "2027-01-15"),
        ("2026-02-28", 1, 31, "2026-03-31"),
        ("2026-02-28", 0, 1, "2026-02-01"),
        ("2024-02-29", 12, None, "2025-02-28"),
        ("2024-02-29", 48, None, "2028-02-29"),
    ],
)
def test_add_months(anchor, months, day, expected):
    assert add_months(date.fromisoformat(anchor), months, day) == date.fromisoformat(expected)


@pytest.mark.parametrize("day", [0, 32, -1])
def test_a_day_outside_the_month_is_refused(day):
    with pytest.raises(ValueError, match="between 1 and 31"):
        add_months(date(2026, 1, 1), 1, day)


def test_outside_the_calendar_is_refused():
    with pytest.raises(ValueError, match="outside the calendar"):
        add_months(date(9999, 12, 1), 1)


def test_month_ends():
    assert month_start(date(2026, 2, 17)) == date(2026, 2, 1)
    assert last_day_of_month(date(2028, 2, 17)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("start", "end", "calendar_months", "full"),
    [
        ("2026-01-31", "2026-02-01", 1, 0),
        ("2026-01-31", "2026-02-28", 1, 1),
        ("2026-01-01", "2026-01-31", 0, 0),
        ("2026-01-15", "2027-01-14", 12, 11),
        ("2026-03-01", "2026-02-28", -1, -1),
        ("2026-03-15", "2026-02-20", -1, -1),
        ("2026-03-15", "2026-02-10", -1, -2),
    ],
)
def test_months_between(start, end, calendar_months, full):
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    assert months_between(first, last) == calendar_months
    assert full_months_between(first, last) == full


days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@given(anchor=days, months=st.integers(-600, 600))
def test_no_drift(anchor, months):
    day = add_months(anchor, months)
    assert months_between(anchor, day) == months
    assert day.day == min(anchor.day, last_day_of_month(day).day)


@given(start=days, end=days)
def test_full_months_is_the_largest_that_fits(start, end):
    months = full_months_between(start, end)
    assert add_months(start, months) <= end < add_months(start, months + 1)
