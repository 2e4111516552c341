"""What money ahead of plan does to the coming instalments: cover, shorten or lower.

The effect belongs to the payment, since the citizen asks for it with the payment; an ordinary payment covers (the
default). Money is ahead of plan when nothing that has fallen due is left unpaid. Shortening and lowering change the
amounts of coming lines, so that money lies on no line any more: it is *taken off* the plan, and
principal = lines + taken off.
Source: domain.md §7.3. Why it works this way: docs/decisions/012-extra-payments.md.
"""

from datetime import date
from decimal import Decimal

from loans.rules.working import WorkingLine
from microloan.core.money import ZERO, split_up


def cover(lines: list[WorkingLine], money: Decimal, on: date) -> Decimal:
    """Pay the lines oldest first on the day `on`; returns the kroner that no line could take."""
    for line in lines:
        if not money:
            break
        if line.paid_on is None:
            money = line.pay(money, on)
    return money


def pay_due(lines: list[WorkingLine], money: Decimal, on: date) -> Decimal:
    """Pay what has fallen due by `on` (nominally: a Sunday the 1st counts), oldest first; returns what is ahead."""
    return cover([line for line in lines if line.nominal_due <= on], money, on)


def shorten(lines: list[WorkingLine], money: Decimal) -> list[WorkingLine]:
    """Take `money` (less than what remains) off from the end: whole lines vanish, the last one left is cut."""
    for line in reversed(lines):
        part = min(money, line.remaining)
        line.amount -= part
        money -= part
    return [line for line in lines if line.amount]


def lower(lines: list[WorkingLine], money: Decimal, on: date, multiple: Decimal) -> list[WorkingLine]:
    """Take `money` (less than what remains) off and split the coming lines anew over the same months.

    Coming lines are those with something left to pay that have not fallen due by `on`. The split is the schedule's own
    (equal, rounded up to `multiple`, the last what remains), so it may end a line or more early. What had been paid
    ahead on them is kept, oldest first.
    """
    coming = [line for line in lines if line.remaining and line.nominal_due > on]
    ahead = sum((line.paid for line in coming), ZERO)
    rest = sum((line.remaining for line in coming), ZERO) + ahead - money
    shares = split_up(rest, len(coming), multiple)
    for position, line in enumerate(coming):
        share = shares[position] if position < len(shares) else ZERO
        line.amount = share + line.handed_over + line.written_off
        line.paid = ZERO
        line.paid_on = None
    cover(coming, ahead, on)
    return [line for line in lines if line.amount]
