from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.enums import DefermentKind, EntryKind
from loans.rules import Deferment, Entry, RuleError, Terms, check_deferments, position
from loans.rules.deferment import last_allowed_due, months_deferred
from microloan.core.calendars import is_banking_day
from microloan.core.months import add_months, month_start, months_between

D = Decimal
PAYOUT = date(2026, 1, 31)
TERMS = Terms(D("50000"), PAYOUT)


def window(text, months, kind=DefermentKind.GRANTED):
    return Deferment(date.fromisoformat(f"{text}-01"), months, kind)


def paid(day, amount, number=1):
    return Entry(number, EntryKind.PAYMENT, date.fromisoformat(day), -D(amount))


def nominal(plan):
    return [line.nominal_due.isoformat()[:7] for line in plan.lines]


def test_instalments_from_the_month_on_move_and_keep_their_amounts():
    plan = position(TERMS, (), [window("2027-03", 6)])
    before = TERMS.schedule()
    assert [line.amount for line in plan.lines] == [line.amount for line in before]
    assert [line.nominal_due for line in plan.lines[:12]] == [line.nominal_due for line in before[:12]]
    assert plan.lines[12].nominal_due == date(2027, 9, 1)
    assert plan.lines[-1].nominal_due == date(2033, 8, 1)


def test_the_due_day_comes_back_after_a_short_month():
    terms = Terms(D("1200"), PAYOUT, instalments=12, due_day=31)
    moved = position(terms, (), [window("2026-02", 6)]).lines
    assert (terms.schedule()[0].nominal_due, moved[0].nominal_due) == (date(2026, 2, 28), date(2026, 8, 31))


def test_a_deferment_before_the_first_due_date_moves_everything():
    plan = position(TERMS, (), [window("2026-01", 2)])
    assert plan.lines[0].nominal_due == date(2026, 5, 1)


@pytest.mark.parametrize(
    "windows",
    [
        [window("2027-03", 6)],
        [window("2027-03", 3), window("2027-06", 3)],
        [window("2027-06", 3), window("2027-03", 3)],
        [window("2027-08", 1), window("2027-03", 5)],
    ],
)
def test_deferments_in_a_row_equal_one(windows):
    assert position(TERMS, (), windows).lines == position(TERMS, (), [window("2027-03", 6)]).lines


def test_an_earlier_window_decided_later_leaves_both_windows_free():
    late, early = window("2028-01", 3), window("2027-03", 6)
    months = nominal(position(TERMS, (), [late, early]))
    assert months == nominal(position(TERMS, (), [early, late]))
    assert not {"2027-03", "2027-08", "2028-01", "2028-03"} & set(months)


def test_what_was_paid_ahead_stays_and_the_next_moves():
    # 5,000 kr. in May 2026 covers instalments 1-8 (to October 2026) and a part of the ninth.
    plan = position(TERMS, [paid("2026-05-10", "5000")], [window("2026-08", 6)])
    assert nominal(plan)[:10] == [
        *("2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"),
        *("2027-05", "2027-06"),
    ]
    assert plan.lines[8].paid == D("232.00")


def test_a_payment_during_the_window_comes_too_late_to_hold_its_line():
    plan = position(TERMS, [paid("2026-08-20", "5000")], [window("2026-08", 6)])
    assert nominal(plan)[:6] == ["2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2027-02"]
    assert plan.lines[5].paid == D("596.00")


def test_a_payment_on_the_day_the_window_opens_does_not_hold_its_line():
    plan = position(TERMS, [paid("2026-06-01", "2384")], [window("2026-06", 3)])  # March to June
    assert nominal(plan)[:4] == ["2026-03", "2026-04", "2026-05", "2026-09"]
    assert plan.lines[3].paid == D("596.00")


def test_overdue_lines_from_before_the_window_stay_overdue():
    plan = position(TERMS, (), [window("2026-05", 3)])
    assert nominal(plan)[:3] == ["2026-03", "2026-04", "2026-08"]


def test_a_window_with_nothing_to_move_is_idle():
    assert position(TERMS, (), [window("2033-02", 1)]).idle == ()
    assert position(TERMS, (), [window("2033-03", 1)]).idle == (window("2033-03", 1),)
    assert position(TERMS, [paid("2026-02-01", "50000")], [window("2026-05", 3)]).idle == (window("2026-05", 3),)


@pytest.mark.parametrize(
    ("windows", "code"),
    [
        ([window("2027-03", 37)], "cap"),
        ([window("2027-03", 18), window("2029-03", 19)], "cap"),
        ([window("2027-03", 6), window("2027-08", 1)], "overlap"),
        ([window("2027-03", 6), window("2027-01", 3)], "overlap"),
        ([window("2027-03", 6), window("2027-03", 6)], "overlap"),
        ([window("2027-03", 6), window("2026-12", 12)], "overlap"),
        ([window("2025-12", 6)], "before_payout"),
        ([window("2027-03", 30, DefermentKind.MANDATORY), window("2030-01", 7)], "cap"),
    ],
)
def test_refused(windows, code):
    with pytest.raises(RuleError) as refused:
        check_deferments(windows, PAYOUT)
    assert refused.value.code == code
    assert str(refused.value)


@pytest.mark.parametrize(
    ("windows", "warnings"),
    [
        ([window("2027-03", 36)], 0),
        ([window("2027-03", 3), window("2027-06", 3)], 0),
        ([window("2027-03", 37, DefermentKind.MANDATORY)], 1),
        ([window("2028-03", 36), window("2027-03", 6, DefermentKind.MANDATORY)], 1),
    ],
)
def test_allowed(windows, warnings):
    assert len(check_deferments(windows, PAYOUT)) == warnings


def test_no_cap_no_deferment():
    with pytest.raises(RuleError, match="0"):
        check_deferments([window("2027-03", 1)], PAYOUT, max_deferment=0)


@pytest.mark.parametrize(("day", "months"), [(date(2027, 3, 2), 1), (date(2027, 3, 1), 0), (date(2027, 3, 1), True)])
def test_no_deferment_at_all(day, months):
    with pytest.raises(ValueError, match="month"):
        Deferment(day, months)


@st.composite
def accepted_windows(draw):
    """Windows that do not overlap, 36 months in all at most, in any order of decision."""
    month, left, windows = month_start(PAYOUT), 36, []
    for gap in draw(st.lists(st.integers(0, 40), max_size=4)):
        if not left:
            break
        windows.append(Deferment(add_months(month, gap), draw(st.integers(1, left))))
        month, left = windows[-1].resumes, left - windows[-1].months
    return draw(st.permutations(windows))


@given(
    windows=accepted_windows(),
    payments=st.lists(st.tuples(st.dates(PAYOUT, date(2036, 1, 1)), st.integers(1, 8_000_00)), max_size=6),
    due_day=st.integers(1, 31),
)
def test_every_accepted_deferment(windows, payments, due_day):
    terms = Terms(D("50000"), PAYOUT, due_day=due_day)
    assert check_deferments(windows, PAYOUT) == ()
    entries = [Entry(i, EntryKind.PAYMENT, day, D(-ore).scaleb(-2)) for i, (day, ore) in enumerate(payments)]
    before, after = position(terms, entries), position(terms, entries, windows)
    assert after.lines[-1].nominal_due <= last_allowed_due(before.lines[0].nominal_due, 84, due_day)
    assert [(line.amount, line.paid) for line in after.lines] == [(line.amount, line.paid) for line in before.lines]
    for old, new in zip(before.lines, after.lines, strict=True):
        assert is_banking_day(new.due)
        assert 0 <= months_between(old.nominal_due, new.nominal_due) <= months_deferred(windows)
    assert all(a.nominal_due < b.nominal_due for a, b in zip(after.lines, after.lines[1:], strict=False))
    assert after == position(terms, entries[::-1], windows[::-1])


@given(windows=accepted_windows())
def test_no_instalment_falls_in_a_deferred_month(windows):
    for line in position(TERMS, (), windows).lines:
        assert not any(one.from_month <= line.nominal_due < one.resumes for one in windows)
    assert position(TERMS, (), windows).lines[0].nominal_due >= TERMS.schedule()[0].nominal_due
