"""Changes of plan beside the deferment: another instalment from a month on, and an arrangement for arrears.

Both are decided on a plan as it stood, and are replayed at their own day like everything else, so a back-dated payment
or a reversal finds its way through them. Leaving a change out of the replay is the state before it: that is what makes
it exactly undoable.
Source: domain.md §7.3. Why it works this way: docs/decisions/165-changes-of-plan.md.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal

from loans.rules.deferment import Deferment
from loans.rules.effects import cover
from loans.rules.schedule import check_amount, nominal_due_of
from loans.rules.working import WorkingLine
from microloan.core.calendars import next_banking_day
from microloan.core.money import ZERO


@dataclass(frozen=True, slots=True)
class NewAmount:
    """Instalments of `amount` kroner from the month of `from_month` (the first of a month) until nothing is left."""

    from_month: date
    amount: Decimal

    def __post_init__(self) -> None:
        if self.from_month.day != 1:
            raise ValueError("a new instalment begins on the first of a month")
        check_amount(self.amount)

    @property
    def opens(self) -> date:
        """The day from which it counts."""
        return self.from_month


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An instalment arrangement (*afdragsordning*): what was overdue on `agreed_on`, at most `total` kroner, is paid by
    new lines of `amount` kroner a month from the month of `from_month` (the first of a month)."""

    agreed_on: date
    from_month: date
    amount: Decimal
    total: Decimal

    def __post_init__(self) -> None:
        if self.from_month.day != 1:
            raise ValueError("an arrangement begins on the first of a month")
        check_amount(self.amount)
        check_amount(self.total)

    @property
    def opens(self) -> date:
        """The day from which it counts: before the entries of that day."""
        return self.agreed_on


Change = Deferment | NewAmount | Arrangement

# On one day a window opens first, then what is overdue is put in order, then the coming lines are made anew.
_ORDER = (Deferment, Arrangement, NewAmount)


def in_order(changes: Sequence[Change]) -> list[Change]:
    """The changes in the order in which they open; that of the decisions does not matter."""
    return sorted(changes, key=lambda change: (change.opens, _ORDER.index(type(change)), astuple(change)[1:]))


def overdue(lines: Sequence[WorkingLine], on: date) -> list[WorkingLine]:
    """The lines with something left to pay that fell due before the day `on`, oldest first."""
    return [line for line in lines if line.remaining and next_banking_day(line.nominal_due) < on]


def in_shares(total: Decimal, amount: Decimal) -> list[Decimal]:
    """`total` kroner in shares of `amount`, the last what remains (above 0, never larger than the others)."""
    whole, rest = divmod(total, amount)
    return [amount] * int(whole) + ([rest] if rest else [])


def arrange(lines: list[WorkingLine], change: Arrangement, due_day: int) -> list[WorkingLine]:
    """Take what is overdue off its lines, oldest first and at most what was agreed, and put it on new ones."""
    left = change.total
    for line in overdue(lines, change.agreed_on):
        part = min(left, line.remaining)
        line.amount -= part
        left -= part
        if line.amount and line.paid == line.amount and line.paid_on is None:
            line.paid_on = change.agreed_on
    number = max(line.number for line in lines)
    added = [
        WorkingLine(number + index + 1, nominal_due_of(change.from_month, index, due_day), share)
        for index, share in enumerate(in_shares(change.total - left, change.amount))
    ]
    return by_date([line for line in lines if line.amount] + added)


def renew(lines: list[WorkingLine], change: NewAmount, due_day: int) -> list[WorkingLine]:
    """Split what is left on the coming lines into instalments of the new amount, from the first of them on.

    What was paid ahead on them is kept, oldest first. A line that was handed over or written off keeps that part.
    """
    coming = [line for line in lines if line.remaining and line.nominal_due >= change.from_month]
    if not coming:
        return lines
    ahead = sum((line.paid for line in coming), ZERO)
    shares = in_shares(sum((line.remaining for line in coming), ZERO) + ahead, change.amount)
    for line in coming:
        line.amount, line.paid, line.paid_on = line.handed_over + line.written_off, ZERO, None
    number, first = max(line.number for line in lines), coming[0].nominal_due
    for index in range(len(coming), len(shares)):
        number += 1
        coming.append(WorkingLine(number, nominal_due_of(first, index, due_day), ZERO))
        lines.append(coming[-1])
    for line, share in zip(coming, shares, strict=False):
        line.amount += share
    for index, line in enumerate(coming[: len(shares)]):
        line.nominal_due = nominal_due_of(first, index, due_day)
    cover(coming, ahead, change.from_month)
    return by_date([line for line in lines if line.amount])


def by_date(lines: list[WorkingLine]) -> list[WorkingLine]:
    """Money goes to the oldest line first, so they stand by date; on one day the older number first."""
    return sorted(lines, key=lambda line: (line.nominal_due, line.number))
