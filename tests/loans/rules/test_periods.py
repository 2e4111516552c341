from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.rules import (
    Period,
    RuleError,
    SupportLimits,
    base_period,
    extension_period,
    longest_extension,
    months_left,
    months_used,
    support_end,
)


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-03-01", 6, "2026-08-31"),
        ("2026-03-01", 1, "2026-03-31"),
        ("2026-01-31", 1, "2026-02-27"),
        ("2026-01-31", 2, "2026-03-30"),
        ("2026-08-31", 6, "2027-02-27"),
        ("2027-08-31", 6, "2028-02-28"),
        ("2024-02-29", 12, "2025-02-27"),
        ("2026-03-16", 6, "2026-09-15"),
    ],
)
def test_ends(start, months, end):
    assert support_end(d(start), months) == d(end)


def test_support_lasts_at_least_a_month():
    with pytest.raises(ValueError, match="at least a month"):
        support_end(d("2026-03-01"), 0)


def test_the_first_period_follows_the_rule_set():
    assert base_period(d("2026-03-01")) == Period(d("2026-03-01"), d("2026-08-31"))
    assert base_period(d("2026-03-01"), limits=SupportLimits(base=3)).ends_on == d("2026-05-31")
    for months in (0, 7):
        with pytest.raises(RuleError) as refused:
            base_period(d("2026-03-01"), months)
        assert refused.value.code == "base_length"


def test_an_extension_begins_the_day_after():
    assert extension_period(d("2026-01-31"), 6, [], 2) == Period(d("2026-07-31"), d("2026-09-29"))
    assert extension_period(d("2026-01-31"), 6, [1], 1) == Period(d("2026-08-31"), d("2026-09-29"))


@pytest.mark.parametrize(
    ("base", "extensions", "months", "code"),
    [
        (6, [], 4, "extension_length"),
        (6, [], 0, "extension_length"),
        (6, [3, 3], 1, "extensions_total"),
        (6, [3, 2], 2, "extensions_total"),
        (12, [], 1, "support_total"),
    ],
)
def test_limits(base, extensions, months, code):
    with pytest.raises(RuleError) as refused:
        extension_period(d("2026-03-01"), base, extensions, months)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("base", "extensions", "longest"),
    [(6, [], 3), (6, [3], 3), (6, [3, 2], 1), (6, [3, 3], 0), (11, [], 1), (12, [], 0)],
)
def test_longest_extension(base, extensions, longest):
    assert longest_extension(base, extensions) == longest


def test_no_room_for_the_shortest_extension():
    assert longest_extension(6, [3, 2], SupportLimits(extension_min=2)) == 0


@pytest.mark.parametrize(
    ("today", "used"),
    [
        ("2026-01-30", 0),
        ("2026-01-31", 1),
        ("2026-02-27", 1),
        ("2026-02-28", 2),
        ("2026-03-30", 2),
        ("2026-03-31", 3),
        ("2026-07-30", 6),
        ("2027-01-01", 6),
    ],
)
def test_months_used(today, used):
    assert months_used(d("2026-01-31"), 6, d(today)) == used
    assert months_left(d("2026-01-31"), 6, d(today)) == 6 - used


starts = st.dates(date(2012, 1, 1), date(2060, 12, 31))


@given(start=starts, base=st.integers(1, 6))
def test_three_of_one_month_end_as_one_of_three(start, base):
    ones = [extension_period(start, base, [1] * n, 1) for n in range(3)]
    three = extension_period(start, base, [], 3)
    assert ones[0].starts_on == three.starts_on
    assert ones[-1].ends_on == three.ends_on


@given(start=starts, wanted=st.lists(st.integers(0, 4), max_size=8))
def test_no_gap_no_overlap_and_never_over_twelve_months(start, wanted):
    periods, extensions = [base_period(start)], []
    for months in wanted:
        try:
            period = extension_period(start, 6, extensions, months)
        except RuleError:
            assert months not in range(1, longest_extension(6, extensions) + 1)
            continue
        assert period.starts_on == periods[-1].ends_on + timedelta(days=1)
        periods.append(period)
        extensions.append(months)
    assert periods[-1].ends_on == support_end(start, 6 + sum(extensions)) <= support_end(start, 12)
    assert sum(period.days for period in periods) == (periods[-1].ends_on - start).days + 1


@given(start=starts, months=st.integers(1, 12), day=st.integers(-40, 500))
def test_a_month_is_used_from_its_first_day(start, months, day):
    today = start + timedelta(days=day)
    used = months_used(start, months, today)
    assert 0 <= used <= months
    assert used == sum(
        1 for n in range(months) if (start if n == 0 else support_end(start, n) + timedelta(days=1)) <= today
    )
