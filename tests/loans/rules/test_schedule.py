from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.rules.schedule import build_schedule, first_nominal_due, total
from microloan.core.calendars import is_banking_day
from microloan.core.months import add_months, last_day_of_month, months_between

D = Decimal


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("payout", "due_day", "expected"),
    [
        ("2026-01-31", 1, "2026-03-01"),
        ("2026-01-01", 1, "2026-02-01"),
        ("2026-01-02", 1, "2026-03-01"),
        ("2026-01-31", 28, "2026-02-28"),
        ("2026-01-31", 31, "2026-02-28"),
        ("2028-01-31", 31, "2028-02-29"),
        ("2026-01-15", 15, "2026-02-15"),
        ("2026-01-15", 14, "2026-03-14"),
        ("2026-01-29", 30, "2026-02-28"),
        ("2026-12-05", 1, "2027-02-01"),
        ("2026-02-28", 31, "2026-03-31"),
        ("2026-03-30", 31, "2026-04-30"),
    ],
)
def test_first_due(payout, due_day, expected):
    assert first_nominal_due(d(payout), due_day) == d(expected)


@pytest.mark.parametrize(
    ("principal", "count", "each", "last"),
    [
        ("50000", 84, "596.00", "532.00"),
        ("35000", 84, "417.00", "389.00"),
        ("51000", 84, "608.00", "536.00"),
        ("2300", 83, "28.00", "4.00"),
        ("100", 50, "2.00", "2.00"),
        ("0.50", 1, "0.50", "0.50"),
        ("42000.01", 84, "501.00", "417.01"),
    ],
)
def test_amounts(principal, count, each, last):
    lines = build_schedule(D(principal), d("2026-01-31"))
    assert (len(lines), str(lines[0].amount), str(lines[-1].amount)) == (count, each, last)
    assert total(lines) == D(principal)
    assert [line.number for line in lines] == list(range(1, count + 1))


def test_a_loan_of_seven_years():
    lines = build_schedule(D("50000"), d("2026-01-31"))
    assert (lines[0].nominal_due, lines[0].due) == (d("2026-03-01"), d("2026-03-02"))
    assert (lines[-1].nominal_due, lines[-1].due) == (d("2033-02-01"), d("2033-02-01"))


def test_the_last_day_of_the_month_comes_back():
    lines = build_schedule(D("1200"), d("2026-01-31"), instalments=12, due_day=31)
    assert [line.nominal_due.day for line in lines] == [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]
    assert lines[0].due == d("2026-03-02")  # 28 February 2026 is a Saturday
    assert lines[10].due == d("2027-01-04")  # 31 December is no banking day, nor is the New Year's weekend


def test_one_instalment():
    (only,) = build_schedule(D("35000"), d("2024-01-31"), instalments=1)
    assert (only.amount, only.nominal_due) == (D("35000"), d("2024-03-01"))


@pytest.mark.parametrize("principal", ["0", "-1", "NaN", "Infinity", "1.001", "10000000000"])
def test_impossible_principals(principal):
    with pytest.raises(ValueError, match="amount"):
        build_schedule(D(principal), d("2026-01-31"))


def test_a_float_is_refused():
    with pytest.raises(TypeError):
        build_schedule(50000.0, d("2026-01-31"))


@pytest.mark.parametrize("change", [{"instalments": 0}, {"instalments": 1201}, {"due_day": 0}, {"due_day": 32}])
def test_impossible_terms(change):
    with pytest.raises(ValueError, match="between"):
        build_schedule(D("1000"), d("2026-01-31"), **change)


@given(
    principal=st.integers(1, 60_000_00).map(lambda n: D(n).scaleb(-2)),
    payout=st.dates(date(1992, 1, 1), date(2060, 1, 1)),
    instalments=st.integers(1, 180),
    due_day=st.integers(1, 31),
)
def test_every_schedule(principal, payout, instalments, due_day):
    lines = build_schedule(principal, payout, instalments, due_day)
    assert total(lines) == principal
    assert len(lines) <= instalments
    assert len({line.amount for line in lines[:-1]}) <= 1
    assert 0 < lines[-1].amount <= lines[0].amount
    first = lines[0].nominal_due
    assert add_months(payout, 1) <= first <= add_months(payout, 3)
    assert months_between(payout, first) <= 2
    for index, line in enumerate(lines):
        assert is_banking_day(line.due)
        assert line.nominal_due <= line.due
        assert months_between(first, line.nominal_due) == index
        assert line.nominal_due.day == min(due_day, last_day_of_month(line.nominal_due).day)
