"""A line while a plan is being replayed. Mutable, and private to the rules: what leaves them is frozen."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from microloan.core.money import ZERO


@dataclass(slots=True)
class WorkingLine:
    """amount = paid + handed_over + written_off + remaining, in kroner, at every moment."""

    number: int
    nominal_due: date
    amount: Decimal
    paid: Decimal = ZERO
    handed_over: Decimal = ZERO
    written_off: Decimal = ZERO
    paid_on: date | None = None

    @property
    def remaining(self) -> Decimal:
        """What is still owed to us on this line."""
        return self.amount - self.paid - self.handed_over - self.written_off

    def pay(self, money: Decimal, on: date) -> Decimal:
        """Put as much of `money` as is owed on this line; returns what is left of it."""
        part = min(money, self.remaining)
        self._credit(part, on)
        return money - part

    def pay_claim(self, money: Decimal, on: date) -> Decimal:
        """The same, for what was handed over to recovery."""
        part = min(money, self.handed_over)
        self.handed_over -= part
        self._credit(part, on)
        return money - part

    def unpay(self, money: Decimal) -> Decimal:
        """Take back up to `money` of what was paid; returns what is left to take."""
        part = min(money, self.paid)
        if part:
            self.paid -= part
            self.paid_on = None
        return money - part

    def hand_over(self, claim: Decimal) -> Decimal:
        """Move up to `claim` from owed to us to handed over; returns what is left."""
        part = min(claim, self.remaining)
        self.handed_over += part
        return claim - part

    def write_off(self, loss: Decimal) -> Decimal:
        """Give up to `loss` of what is owed to us up; returns what is left."""
        part = min(loss, self.remaining)
        self.written_off += part
        return loss - part

    def write_off_claim(self, loss: Decimal) -> Decimal:
        """The same, for what was handed over to recovery."""
        part = min(loss, self.handed_over)
        self.handed_over -= part
        self.written_off += part
        return loss - part

    def _credit(self, part: Decimal, on: date) -> None:
        if part:
            self.paid += part
            if self.paid == self.amount:
                self.paid_on = on
