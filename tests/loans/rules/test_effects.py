from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.enums import EntryKind, Extra
from loans.rules import Entry, Terms, position
from microloan.core.money import split_up

D = Decimal
PAYOUT = date(2026, 1, 31)
TERMS = Terms(D("50000"), PAYOUT)


def plan_after(extra, *payments, terms=TERMS):
    return position(
        terms,
        [
            Entry(number, EntryKind.PAYMENT, date.fromisoformat(day), -D(amount), extra=extra)
            for number, (day, amount) in enumerate(payments, start=1)
        ],
    )


def test_shorten_takes_off_from_the_end_and_the_next_stays_due():
    plan = plan_after(Extra.SHORTEN, ("2026-05-10", "5000"))
    # March, April and May are due: 1,788. The other 3,212 take 532 + 4 x 596 off the end, and 296 off the line before.
    assert [line.paid for line in plan.lines[:4]] == [D("596"), D("596"), D("596"), D("0")]
    assert plan.lines[3].amount == D("596.00")
    assert (len(plan.lines), plan.lines[-1].amount) == (79, D("300.00"))
    assert (plan.taken_off, plan.paid, plan.outstanding) == (D("3212.00"), D("5000.00"), D("45000.00"))


def test_shorten_keeps_the_dates():
    plan = plan_after(Extra.SHORTEN, ("2026-05-10", "5000"))
    assert [line.due for line in plan.lines] == [line.due for line in TERMS.schedule()[:79]]


def test_lower_splits_the_rest_anew_over_the_same_months():
    plan = plan_after(Extra.LOWER, ("2026-05-10", "5000"))
    assert [line.amount for line in plan.lines[:3]] == [D("596.00")] * 3
    assert tuple(line.amount for line in plan.lines[3:]) == split_up(D("45000"), 81)
    assert (plan.lines[3].amount, plan.lines[-1].amount) == (D("556.00"), D("520.00"))
    assert (plan.taken_off, plan.outstanding) == (D("3212.00"), D("45000.00"))
    assert plan.lines[-1].due == TERMS.schedule()[-1].due


def test_lower_keeps_what_was_already_paid_ahead():
    ahead = Entry(1, EntryKind.PAYMENT, date(2026, 2, 10), D("-700"))
    more = Entry(2, EntryKind.PAYMENT, date(2026, 2, 20), D("-4300"), extra=Extra.LOWER)
    plan = position(TERMS, [ahead, more])
    # The first line is paid; the second holds 104 of the 700. The 83 coming lines share 49,404 - 4,300.
    assert tuple(line.amount for line in plan.lines[1:]) == split_up(D("45104"), 83)
    assert plan.lines[1].paid == D("104.00")
    assert plan.outstanding == D("45000.00")


def test_an_exact_split_leaves_equal_lines():
    plan = plan_after(Extra.LOWER, ("2026-02-10", "600"), terms=Terms(D("1200"), PAYOUT, instalments=12))
    assert {line.amount for line in plan.lines} == {D("50.00")}


def test_a_small_loan_may_end_early():
    plan = plan_after(Extra.LOWER, ("2026-02-10", "1110"), terms=Terms(D("1200"), PAYOUT, instalments=84))
    assert {line.amount for line in plan.lines} == {D("2.00")}
    assert len(plan.lines) == 45


@pytest.mark.parametrize("extra", list(Extra))
def test_what_is_due_comes_first(extra):
    plan = plan_after(extra, ("2026-05-10", "1788"))
    assert [line.paid for line in plan.lines[:4]] == [D("596"), D("596"), D("596"), D("0")]
    assert plan.taken_off == 0
    assert len(plan.lines) == 84


@pytest.mark.parametrize("extra", list(Extra))
@pytest.mark.parametrize(("amount", "overpaid"), [("50000", "0.00"), ("50000.01", "0.01")])
def test_paying_all_settles_whatever_was_asked_for(extra, amount, overpaid):
    plan = plan_after(extra, ("2026-05-10", amount))
    assert plan.is_settled
    assert all(line.paid == line.amount for line in plan.lines)
    assert (plan.overpaid, plan.taken_off, len(plan.lines)) == (D(overpaid), D("0"), 84)


def test_a_payment_on_the_sunday_it_nominally_falls_due_is_not_ahead():
    plan = plan_after(Extra.SHORTEN, ("2026-03-01", "596"))
    assert (plan.lines[0].paid, plan.taken_off) == (D("596.00"), D("0"))


def test_each_payment_has_its_own_effect():
    entries = [
        Entry(1, EntryKind.PAYMENT, date(2026, 2, 10), D("-596")),
        Entry(2, EntryKind.PAYMENT, date(2026, 2, 10), D("-532"), extra=Extra.SHORTEN),
    ]
    plan = position(TERMS, entries)
    assert plan.lines[0].paid == D("596.00")
    assert (len(plan.lines), plan.lines[-1].amount) == (83, D("596.00"))


@given(
    payments=st.lists(
        st.tuples(st.dates(PAYOUT, date(2030, 1, 1)), st.integers(1, 9_000_00), st.sampled_from(list(Extra))),
        max_size=6,
    ),
    principal=st.integers(100_00, 50_000_00),
)
def test_the_plan_keeps_its_shape(payments, principal):
    terms = Terms(D(principal).scaleb(-2), PAYOUT)
    entries = [
        Entry(i, EntryKind.PAYMENT, day, D(-ore).scaleb(-2), extra=extra)
        for i, (day, ore, extra) in enumerate(payments)
    ]
    plan = position(terms, entries)
    unpaid = [line.amount for line in plan.unpaid]
    assert all(0 < amount <= D(principal).scaleb(-2) for amount in unpaid)
    # The last is never larger than the others, and what comes is equal but for it.
    coming = [line.amount for line in plan.lines if line.paid == 0]
    assert len(set(coming[:-1])) <= 1
    assert not coming or coming[-1] <= coming[0]
    assert len(plan.lines) <= len(terms.schedule())
    assert [line.due for line in plan.lines] == [line.due for line in terms.schedule()[: len(plan.lines)]]
    assert sum(line.remaining for line in plan.lines) == plan.outstanding
