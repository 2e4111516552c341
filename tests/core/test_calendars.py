from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microloan.core.calendars import (
    add_working_days,
    is_banking_day,
    is_deadline_day,
    is_public_holiday,
    is_working_day,
    next_banking_day,
    next_deadline_day,
    public_holidays,
    working_days_between,
)


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "holiday", "deadline", "banking"),
    [
        ("2026-03-02", False, True, True),  # a Monday
        ("2026-03-01", False, False, False),  # a Sunday is no holiday, yet nothing ends on it
        ("2026-01-01", True, False, False),
        ("2026-04-02", True, False, False),  # Maundy Thursday
        ("2026-04-03", True, False, False),  # Good Friday
        ("2026-04-06", True, False, False),  # Easter Monday
        ("2026-05-14", True, False, False),  # Ascension Day
        ("2026-05-15", False, True, False),  # the Friday after it: only banks are closed
        ("2026-05-25", True, False, False),  # Whit Monday
        ("2026-06-05", False, False, False),  # Constitution Day
        ("2026-12-24", False, False, False),
        ("2026-12-25", True, False, False),
        ("2026-12-31", False, False, False),
        ("2026-05-01", False, True, True),  # 1 May: many are off, banks are open
        ("2023-05-05", True, False, False),  # Store bededag, the last one
        ("2024-04-26", False, True, True),  # would have been Store bededag
    ],
)
def test_the_three_calendars(day, holiday, deadline, banking):
    assert (is_public_holiday(d(day)), is_deadline_day(d(day)), is_banking_day(d(day))) == (holiday, deadline, banking)
    assert is_working_day(d(day)) is deadline


def test_store_bededag_ended_after_2023():
    assert len(public_holidays(2023)) == len(public_holidays(2024)) + 1


@pytest.mark.parametrize(
    ("day", "banking", "deadline"),
    [
        ("2026-03-01", "2026-03-02", "2026-03-02"),
        ("2026-03-03", "2026-03-03", "2026-03-03"),
        ("2026-04-01", "2026-04-01", "2026-04-01"),
        ("2026-04-02", "2026-04-07", "2026-04-07"),  # Easter
        ("2026-05-14", "2026-05-18", "2026-05-15"),  # Ascension
        ("2027-01-01", "2027-01-04", "2027-01-04"),
        ("2026-12-24", "2026-12-28", "2026-12-28"),
        ("2100-12-31", None, None),
    ],
)
def test_the_next_open_day(day, banking, deadline):
    if banking is None:
        with pytest.raises(ValueError, match="1990–2100"):
            next_banking_day(d(day))
        return
    assert next_banking_day(d(day)) == d(banking)
    assert next_deadline_day(d(day)) == d(deadline)


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-03-07", 0, "2026-03-09"),
        ("2026-03-06", 0, "2026-03-06"),
        ("2026-04-01", 1, "2026-04-07"),
        ("2026-12-23", 6, "2027-01-06"),  # 28, 29, 30 December, 4, 5, 6 January
        ("2026-03-09", -5, "2026-03-02"),
        ("2026-04-07", -1, "2026-04-01"),
    ],
)
def test_add_working_days(day, days, expected):
    assert add_working_days(d(day), days) == d(expected)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-02", "2026-03-02", 0),
        ("2026-03-02", "2026-03-09", 5),
        ("2026-03-06", "2026-03-08", 0),
        ("2026-04-01", "2026-04-07", 1),
        ("2026-03-09", "2026-03-02", -5),
    ],
)
def test_working_days_between(start, end, expected):
    assert working_days_between(d(start), d(end)) == expected


def test_a_datetime_is_no_day():
    with pytest.raises(TypeError, match="plain date"):
        is_banking_day(datetime(2026, 3, 2, 23, 30))


def test_outside_the_covered_years():
    with pytest.raises(ValueError, match="1990–2100"):
        is_public_holiday(date(1989, 12, 27))


days = st.dates(date(1990, 1, 1), date(2100, 12, 20))


@given(day=days)
def test_banks_are_never_open_on_a_closed_deadline_day(day):
    assert is_deadline_day(day) or not is_banking_day(day)
    assert not (is_public_holiday(day) and is_deadline_day(day))


@given(day=days)
def test_no_closed_stretch_is_longer_than_six_days(day):
    assert day <= next_banking_day(day) <= day + timedelta(days=6)
    assert is_banking_day(next_banking_day(day))


@given(day=st.dates(date(1991, 1, 1), date(2099, 1, 1)), days=st.integers(1, 60))
def test_working_days_there_and_back(day, days):
    later = add_working_days(day, days)
    assert is_working_day(later)
    assert working_days_between(day, later) == days
    if is_working_day(day):
        assert add_working_days(later, -days) == day
