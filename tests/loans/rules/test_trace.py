"""The story of a plan is the replay itself: its last step is the position."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given

from loans.enums import EntryKind
from loans.rules import Deferment, Entry, NewAmount, Terms, moves_of_entry, moves_of_line, position, trace
from tests.loans.rules.test_allocation import PAYOUT, SMALL, ledgers, windows

FEBRUARY = Terms(Decimal("1200.00"), date(2026, 1, 31), instalments=12)


@given(entries=ledgers(), deferments=windows)
def test_the_last_step_is_the_position(entries, deferments):
    steps, found = trace(SMALL, entries, deferments), position(SMALL, entries, deferments)
    assert [(line.number, line.nominal_due, line.amount, line.paid) for line in found.lines] == [
        (number, facts.nominal_due, facts.amount, facts.paid) for number, facts in steps[-1].lines.items()
    ]


@given(entries=ledgers(), deferments=windows)
def test_what_was_paid_on_a_line_is_the_sum_of_its_story(entries, deferments):
    steps = trace(SMALL, entries, deferments)
    for number, facts in steps[-1].lines.items():
        assert sum(move.paid for move in moves_of_line(steps, number)) == facts.paid


def test_a_line_that_is_left_alone_has_only_its_beginning():
    steps = trace(FEBRUARY, [Entry(1, EntryKind.PAYMENT, date(2026, 3, 1), Decimal("-150"))])
    assert [len(moves_of_line(steps, number)) for number in (1, 2, 3)] == [2, 2, 1]
    assert moves_of_line(steps, 13) == []


def test_an_entry_moves_the_lines_it_is_put_on():
    steps = trace(FEBRUARY, [Entry(7, EntryKind.PAYMENT, date(2026, 3, 1), Decimal("-150"))])
    assert [(move.number, move.paid) for move in moves_of_entry(steps, 7)] == [(1, 100), (2, 50)]
    assert moves_of_entry(steps, 8) == []


def test_a_change_of_plan_is_a_step_of_its_own():
    changes = [Deferment(date(2026, 4, 1), 2), NewAmount(date(2026, 9, 1), Decimal("200"))]
    steps = trace(FEBRUARY, (), changes)
    assert [step.cause for step in steps] == [(), *changes]
    moved = moves_of_line(steps, 3)[1]
    assert (moved.before.nominal_due, moved.after.nominal_due) == (date(2026, 5, 1), date(2026, 7, 1))
    assert steps[0].day == FEBRUARY.payout
    assert PAYOUT + timedelta(0) == SMALL.payout
