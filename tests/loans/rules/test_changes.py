"""Another instalment, and an arrangement for arrears (domain.md §7.3)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.enums import DefermentKind, EntryKind, Extra
from loans.rules import Arrangement, Deferment, Entry, NewAmount, RuleError, Terms, position, preview_change

D = Decimal
PAYOUT = date(2026, 1, 31)
TERMS = Terms(D("50000"), PAYOUT)


def payment(number, on, amount, extra=Extra.COVER):
    return Entry(number, EntryKind.PAYMENT, on, -D(amount), extra=extra)


def amounts(plan, start=0, end=None):
    return [line.amount for line in plan.lines][start:end]


def test_a_higher_instalment_ends_the_plan_earlier():
    plan = position(TERMS, [], [NewAmount(date(2026, 6, 1), D("1000"))])
    # March, April and May are 596 as before; 48,212 is left: 48 of 1,000 and 212.
    assert amounts(plan, 0, 4) == [D("596"), D("596"), D("596"), D("1000")]
    assert len(plan.lines) == 3 + 49
    assert plan.lines[-1].amount == D("212")
    assert plan.lines[-1].nominal_due == date(2030, 6, 1)


def test_a_lower_instalment_makes_the_plan_longer_within_the_cap():
    preview = preview_change(TERMS, [], [], NewAmount(date(2026, 6, 1), D("500")))
    # 48,212 in 500s is 97 lines: from June 2026 to June 2034, where it was February 2033.
    assert preview.last_due_before == date(2033, 2, 1)
    assert preview.after.lines[-1].nominal_due == date(2034, 6, 1)
    assert [line.number for line in preview.after.lines] == list(range(1, 101))
    with pytest.raises(RuleError) as refused:
        preview_change(TERMS, [], [], NewAmount(date(2026, 6, 1), D("400")))
    assert refused.value.code == "cap"


def test_what_was_paid_ahead_stays_paid():
    ahead = payment(1, date(2026, 3, 10), "1500")  # March, April and 308 of May
    plan = position(TERMS, [ahead], [NewAmount(date(2026, 5, 1), D("1000"))])
    assert amounts(plan, 0, 3) == [D("596"), D("596"), D("1000")]
    assert (plan.lines[2].paid, plan.outstanding) == (D("308"), D("48500"))


def test_an_arrangement_replaces_what_is_overdue():
    change = Arrangement(date(2026, 7, 15), date(2026, 9, 1), D("500"), D("2780"))
    part = payment(1, date(2026, 3, 2), "200")
    plan = position(TERMS, [part], [change])
    # March to July are 5 × 596; 200 of March is paid, 2,780 is overdue and moves to September to February.
    assert (plan.lines[0].amount, plan.lines[0].paid, plan.lines[0].is_settled) == (D("200"), D("200"), True)
    new = [line for line in plan.lines if line.number > 84]
    assert [line.amount for line in new] == [D("500")] * 5 + [D("280")]
    assert [line.nominal_due for line in new][:2] == [date(2026, 9, 1), date(2026, 10, 1)]
    assert plan.outstanding == D("49800")
    assert not [line for line in plan.unpaid if line.due < date(2026, 7, 15)]


def test_what_falls_due_on_the_day_it_is_agreed_is_not_overdue():
    """1 March 2026 is a Sunday, so the instalment is due on Monday the 2nd and late from the 3rd."""
    for day, old in ((date(2026, 3, 2), 84), (date(2026, 3, 3), 83)):
        plan = position(TERMS, [], [Arrangement(day, date(2026, 5, 1), D("100"), D("596"))])
        assert len([line for line in plan.lines if line.number <= 84]) == old


def test_a_line_whose_rest_is_moved_is_paid_that_day():
    change = Arrangement(date(2026, 3, 15), date(2026, 5, 1), D("100"), D("396"))
    plan = position(TERMS, [payment(1, date(2026, 3, 2), "200")], [change])
    assert (plan.lines[0].amount, plan.lines[0].paid_on) == (D("200"), date(2026, 3, 15))


def test_of_one_day_the_window_opens_before_the_lines_are_made_anew():
    june = date(2026, 6, 1)
    plan = position(TERMS, [], [NewAmount(june, D("1000")), Deferment(june, 3)])
    # The coming lines are those that moved to September: renewed first, the window would find the new ones in June.
    assert [line.nominal_due for line in plan.lines[3:5]] == [date(2026, 9, 1), date(2026, 10, 1)]
    assert [line.amount for line in plan.lines[2:4]] == [D("596"), D("1000")]


def test_a_payment_found_later_makes_the_arrangement_smaller_and_a_reversal_leaves_it():
    change = Arrangement(date(2026, 7, 15), date(2026, 9, 1), D("500"), D("2384"))
    early = payment(1, date(2026, 6, 1), "596")
    agreed = position(TERMS, [early], [change])
    assert sum(line.amount for line in agreed.lines if line.number > 84) == D("2384")
    found = position(TERMS, [early, payment(2, date(2026, 6, 2), "1000")], [change])
    assert sum(line.amount for line in found.lines if line.number > 84) == D("1384")
    undone = Entry(3, EntryKind.REVERSAL, date(2026, 8, 1), D("596"), reverses=1)
    late = position(TERMS, [early, undone], [change])
    # No more than what was agreed is put off: what the reversal brought back is overdue again.
    assert sum(line.amount for line in late.lines if line.number > 84) == D("2384")
    assert sum(line.remaining for line in late.unpaid if line.due < date(2026, 7, 15)) == D("596")


@pytest.mark.parametrize(
    ("entries", "change", "code"),
    [
        ([payment(1, date(2026, 2, 10), "50000")], NewAmount(date(2026, 6, 1), D("700")), "settled"),
        ([], NewAmount(date(2025, 6, 1), D("700")), "before_payout"),
        ([], NewAmount(date(2026, 6, 1), D("596")), "nothing_due"),
        ([], Arrangement(date(2026, 2, 10), date(2026, 3, 1), D("100"), D("596")), "not_overdue"),
        ([], Arrangement(date(2026, 5, 10), date(2026, 4, 1), D("100"), D("596")), "too_early"),
        ([], Arrangement(date(2026, 5, 10), date(2026, 6, 1), D("1"), D("1788")), "cap"),
    ],
)
def test_refused(entries, change, code):
    with pytest.raises(RuleError) as refused:
        preview_change(TERMS, entries, [], change)
    assert refused.value.code == code


def test_a_plan_past_its_last_day_by_law_may_still_be_changed_but_gets_no_longer():
    by_law = Deferment(date(2027, 1, 1), 40, DefermentKind.MANDATORY)
    assert preview_change(TERMS, [], [by_law], NewAmount(date(2031, 1, 1), D("700"))).warning == ""
    with pytest.raises(RuleError):
        preview_change(TERMS, [], [by_law], NewAmount(date(2031, 1, 1), D("500")))


days = st.dates(PAYOUT, date(2034, 1, 1))
months = st.builds(lambda year, month: date(year, month, 1), st.integers(2026, 2033), st.integers(1, 12))
kroner = st.decimals(D("1"), D("6000"), places=2)
changes = st.one_of(
    st.builds(Deferment, months, st.integers(1, 12)),
    st.builds(NewAmount, months, st.decimals(D("100"), D("3000"), places=0)),
    st.builds(Arrangement, days, months, st.decimals(D("100"), D("3000"), places=0), kroner),
)
entries = st.lists(st.tuples(days, kroner, st.sampled_from(Extra)), max_size=8).map(
    lambda rows: [payment(number, day, amount, extra) for number, (day, amount, extra) in enumerate(rows, start=1)]
)


@given(entries=entries, made=st.lists(changes, max_size=4), data=st.data())
def test_whatever_is_changed_nothing_is_lost(entries, made, data):
    plan = position(TERMS, entries, made)
    assert plan.paid + plan.outstanding == TERMS.principal
    assert sum(line.amount for line in plan.lines) + plan.taken_off == TERMS.principal
    assert all(line.amount > 0 and line.remaining >= 0 for line in plan.lines)
    numbers = [line.number for line in plan.lines]
    assert len(set(numbers)) == len(numbers)
    dates = [line.nominal_due for line in plan.unpaid]
    assert dates == sorted(dates)
    # The order in which they were decided or typed does not matter.
    assert position(TERMS, data.draw(st.permutations(entries)), data.draw(st.permutations(made))) == plan
