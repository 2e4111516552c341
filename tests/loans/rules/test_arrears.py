from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.enums import EntryKind, LadderStep
from loans.rules import (
    Deferment,
    Entry,
    Ladder,
    Terms,
    age_band,
    late_lines,
    late_total,
    position,
    reminder_due,
    standing,
)
from loans.rules.arrears import AGE_BANDS

D = Decimal
S = LadderStep
PAYOUT = date(2026, 1, 31)
TERMS = Terms(D("1200"), PAYOUT, instalments=12)  # 100 kr. due 2 March, 1 April, 1 May, 1 June 2026 ...
LADDER = Ladder()
DUE = date(2026, 4, 1)


def line(remaining="100"):
    """The second instalment, due Wednesday 1 April 2026, with `remaining` left."""
    paid = D("200") - D(remaining)
    plan = position(TERMS, [Entry(1, EntryKind.PAYMENT, PAYOUT, -paid)])
    return plan.lines[1]


@pytest.mark.parametrize(
    ("days", "band"),
    [(1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "90+")],
)
def test_age_bands(days, band):
    assert age_band(days) == band


def test_what_is_not_overdue_has_no_age():
    with pytest.raises(ValueError, match="not overdue"):
        age_band(0)


def test_overdue_from_the_day_after_the_banking_day():
    plan = position(TERMS)  # the first instalment is nominally due on Sunday 1 March
    assert not standing(plan, date(2026, 3, 2))
    late = standing(plan, date(2026, 3, 3))
    assert [(one.numbers, one.days, one.remaining) for one in late.claims] == [((1,), 1, D("100.00"))]


def test_amounts_by_age():
    plan = position(TERMS, [Entry(1, EntryKind.PAYMENT, date(2026, 3, 2), D("-30"))])
    late = standing(plan, date(2026, 6, 2))
    assert [(one.numbers, one.days, one.age_band) for one in late.claims] == [
        ((1,), 92, "90+"),
        ((2,), 62, "61-90"),
        ((3,), 32, "31-60"),
        ((4,), 1, "1-30"),
    ]
    assert late.by_age == {"1-30": D("100"), "31-60": D("100"), "61-90": D("100"), "90+": D("70")}
    assert (late.total, late.days) == (D("370.00"), 92)


def test_deferred_and_handed_over_lines_are_not_overdue():
    assert not late_lines(position(TERMS, (), [Deferment(date(2026, 3, 1), 6)]), date(2026, 8, 31))
    handed_over = [Entry(1, EntryKind.HANDOVER, date(2026, 4, 15), D("-200"), claims=(1, 2))]
    assert not late_lines(position(TERMS, handed_over), date(2026, 4, 30))


@pytest.mark.parametrize(
    ("day", "done", "step"),
    [
        (-8, {}, None),
        (-7, {}, S.REMINDER),
        (-1, {}, S.REMINDER),
        (-5, {S.REMINDER: -7}, None),
        (0, {}, None),  # too late for a friendly reminder, too early for the rest
        (4, {}, None),
        (5, {}, S.CALL),
        (9, {S.CALL: 5}, None),
        (10, {S.CALL: 5}, S.FIRST_DUNNING),
        (40, {}, S.CALL),
        (30, {S.CALL: 5, S.FIRST_DUNNING: 10}, S.SECOND_DUNNING),
        (30, {S.CALL: 5, S.FIRST_DUNNING: 11}, None),  # the citizen keeps the twenty days between the letters
        (31, {S.CALL: 5, S.FIRST_DUNNING: 11}, S.SECOND_DUNNING),
        (60, {S.CALL: 5, S.FIRST_DUNNING: 10, S.SECOND_DUNNING: 30}, S.HANDOVER),
        (60, {S.CALL: 5, S.FIRST_DUNNING: 11, S.SECOND_DUNNING: 31}, None),
        (99, {S.CALL: 5, S.FIRST_DUNNING: 10, S.SECOND_DUNNING: 30, S.HANDOVER: 60}, None),
    ],
)
def test_the_ladder(day, done, step):
    dates = {key: DUE + timedelta(days=value) for key, value in done.items()}
    assert reminder_due(line(), LADDER, DUE + timedelta(days=day), dates) is step


def test_a_paid_line_is_left_alone():
    assert reminder_due(line("0"), LADDER, DUE + timedelta(days=40)) is None
    assert reminder_due(line("0.01"), LADDER, DUE + timedelta(days=40)) is S.CALL


def test_a_pause_stops_the_clock_of_the_ladder_but_not_the_age():
    today = DUE + timedelta(days=20)
    assert reminder_due(line(), LADDER, today, paused_days=16) is None
    assert reminder_due(line(), LADDER, today, paused_days=15) is S.CALL
    assert standing(position(TERMS, [Entry(1, EntryKind.PAYMENT, PAYOUT, D(-100))]), today).days == 20


@pytest.mark.parametrize("steps", [{"reminder": 0}, {"call": 0}, {"call": 10}, {"second_dunning": 9}, {"handover": 30}])
def test_a_ladder_goes_upwards(steps):
    with pytest.raises(ValueError, match="follow each other"):
        Ladder(**steps)


@given(day=st.integers(0, 500), paid=st.integers(0, 1500_00))
def test_the_bands_add_up(day, paid):
    entries = [Entry(1, EntryKind.PAYMENT, PAYOUT, D(-paid).scaleb(-2))] if paid else []
    today = PAYOUT + timedelta(days=day)
    plan = position(TERMS, entries)
    late = standing(plan, today)
    assert tuple(late.by_age) == AGE_BANDS
    assert sum(late.by_age.values()) == late.total == late_total(plan, today)


@given(start=st.integers(-10, 5), gaps=st.lists(st.integers(1, 15), max_size=30))
def test_however_often_the_job_runs_each_step_comes_once_and_in_order(start, gaps):
    done, day = {}, DUE + timedelta(days=start)
    for gap in gaps:
        step = reminder_due(line(), LADDER, day, done)
        if step:
            assert step not in done
            assert (day - DUE).days >= LADDER.days_after(step)
            done[step] = day
        day += timedelta(days=gap)
    assert list(done) == sorted(done, key=list(S).index)
    if S.SECOND_DUNNING in done:
        assert (done[S.SECOND_DUNNING] - done[S.FIRST_DUNNING]).days >= 20
