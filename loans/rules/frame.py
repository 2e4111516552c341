"""The yearly frame: what has been lent, what is promised, what is left (domain.md §7.1; issue "Frame").

Pure arithmetic in kroner; the figures come from `loans.frame`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from microloan.core.money import ZERO
from microloan.core.months import add_months, month_start

FORECAST_MONTHS = 12


@dataclass(frozen=True)
class FrameFigures:
    """The money of one calendar year, in kroner, all amounts 0 or above.

    `amount`: the frame, None where nobody has set one. `paid_out`: loans paid out, without payouts taken back.
    `committed`: granted and to be paid out in the year, but not paid out yet. `proposed`: waits for a decision; it binds
    nothing. `repaid`, `recovered`: what came back in the year; it does not make the frame larger. `grants`: paid out as
    grants, outside the frame.
    """

    year: int
    amount: Decimal | None
    paid_out: Decimal = ZERO
    committed: Decimal = ZERO
    proposed: Decimal = ZERO
    repaid: Decimal = ZERO
    recovered: Decimal = ZERO
    written_off: Decimal = ZERO
    grants: Decimal = ZERO

    @property
    def used(self) -> Decimal:
        return self.paid_out + self.committed

    @property
    def left(self) -> Decimal | None:
        """What may still be granted, below 0 where more is granted than the frame holds; None without a frame."""
        return None if self.amount is None else self.amount - self.used

    def left_after(self, more: Decimal) -> Decimal | None:
        """What would be left if `more` kroner were granted too."""
        return None if self.left is None else self.left - more


def forecast_months(today: date) -> list[date]:
    """The days that part the coming twelve months: today, then the first of each month after; thirteen in all."""
    first = month_start(today)
    return [today, *(add_months(first, number) for number in range(1, FORECAST_MONTHS + 1))]


def forecast(not_due_before: Sequence[Decimal]) -> list[Decimal]:
    """What falls due in each month, from what is not due before each of the days of `forecast_months`."""
    return [earlier - later for earlier, later in zip(not_due_before, not_due_before[1:], strict=False)]
