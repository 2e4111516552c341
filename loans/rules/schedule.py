"""The repayment schedule: which amounts fall due on which days.

Interest-free and exact: the instalments add up to the principal, to the øre. Every date is computed from the anchor
(the month of the first instalment), never from the line before. Source: domain.md §7.2 and §7.3.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from microloan.core.calendars import next_banking_day
from microloan.core.money import MAX_AMOUNT, ONE_KRONE, kroner, split_up
from microloan.core.months import add_months

DEFAULT_INSTALMENTS: Final = 84
DEFAULT_DUE_DAY: Final = 1
MAX_INSTALMENTS: Final = 1200


@dataclass(frozen=True, slots=True)
class Instalment:
    """One line of a plan. `number` counts from 1; `nominal_due` is before, `due` after moving to a banking day;
    `amount` is kroner above 0."""

    number: int
    nominal_due: date
    due: date
    amount: Decimal


def first_nominal_due(payout: date, due_day: int = DEFAULT_DUE_DAY) -> date:
    """The first due day on or after `payout` plus one month (day cut to the month), before moving to a banking day.

    `due_day` is 1–31; a month without that day uses its last day. A payout on 31 January 2026 gives 28 February, and so
    1 March with due day 1, and 28 February with due day 31. Source: domain.md §7.3, "start of the second month".
    """
    earliest = add_months(payout, 1)
    in_that_month = add_months(earliest, 0, day=due_day)
    return in_that_month if in_that_month >= earliest else add_months(earliest, 1, day=due_day)


def nominal_due_of(first_due: date, index: int, due_day: int = DEFAULT_DUE_DAY) -> date:
    """The nominal due date `index` months after the month of the first instalment (index 0 is the first)."""
    return add_months(first_due, index, day=due_day)


def build_schedule(
    principal: Decimal,
    payout: date,
    instalments: int = DEFAULT_INSTALMENTS,
    due_day: int = DEFAULT_DUE_DAY,
    multiple: Decimal = ONE_KRONE,
) -> tuple[Instalment, ...]:
    """The plan of a loan of `principal` kroner paid out on `payout`, in at most `instalments` (1–1200) monthly lines.

    Equal amounts rounded up to `multiple` kroner, the last what remains (above 0, never larger than the others). 50,000
    over 84 is 83 × 596 + 532. Rounding up may end a small loan early. `due_day` is 1–31.

    Raises `ValueError` for a principal that is not above 0, is too large or has fractions of an øre, for a number of
    instalments or a due day out of range, and for dates beyond the calendar (year 2100); `TypeError` for a float.
    """
    check_amount(principal)
    if not 1 <= instalments <= MAX_INSTALMENTS:
        raise ValueError(f"the number of instalments must be between 1 and {MAX_INSTALMENTS}")
    first = first_nominal_due(payout, due_day)
    return tuple(
        line_on(number, nominal_due_of(first, number - 1, due_day), amount)
        for number, amount in enumerate(split_up(principal, instalments, multiple), start=1)
    )


def line_on(number: int, nominal_due: date, amount: Decimal) -> Instalment:
    """A line due on `nominal_due`, moved forward to a banking day where it must."""
    return Instalment(number, nominal_due, next_banking_day(nominal_due), amount)


def check_amount(amount: Decimal) -> None:
    """Raise unless `amount` is a `Decimal` above 0 in whole øre that a column of kroner can hold."""
    if not isinstance(amount, Decimal):
        raise TypeError("an amount must be a Decimal")
    if not amount.is_finite() or not 0 < amount <= MAX_AMOUNT:
        raise ValueError("an amount must be above 0 and within reason")
    if kroner(amount) != amount:
        raise ValueError("an amount has at most two decimals")


def total(lines: tuple[Instalment, ...]) -> Decimal:
    """What the lines add up to, in kroner."""
    return sum((line.amount for line in lines), Decimal("0.00"))
