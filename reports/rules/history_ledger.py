"""The ledger of an imported loan: which entries its sheet rows come to. Pure.

Payments up to and including the day of the hand-over were paid to us; later ones came in through recovery, as far as
the claim reaches. The hand-over takes what was outstanding that day (domain.md §7.4).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loans.enums import EntryKind
from reports.rules.history_rows import LoanRow, PaymentRow

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """`key` names the sheet row it comes from, so that the same row counts once; `row` is 0 for the loan's own row."""

    key: str
    kind: EntryKind
    amount: Decimal
    value_date: date
    voucher: str
    row: int

    @property
    def content(self) -> tuple[str, Decimal, date]:
        return (self.kind.value, self.amount, self.value_date)

    @property
    def content_hash(self) -> str:
        return _digest(self.kind, f"{self.amount:.2f}", self.value_date.isoformat(), self.voucher)


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def loan_prefix(case_ref: str) -> str:
    """What the keys of all imported entries of a case begin with."""
    return f"history:{_digest(case_ref)[:32]}:"


def payment_key(row: PaymentRow) -> str:
    """The same payment has the same key in every import: what it says, and which of its equals it is."""
    content = (row.date.isoformat(), f"{row.amount:.2f}", row.reference, str(row.occurrence))
    return loan_prefix(row.case_ref) + _digest(*content)[:32]


def ledger_entries(loan: LoanRow, payments: Iterable[PaymentRow]) -> list[HistoryEntry]:
    """The entries of one loan in the order of their dates."""
    prefix = loan_prefix(loan.case_ref)
    entries = [HistoryEntry(f"{prefix}payout", EntryKind.PAYOUT, loan.principal, loan.payout_date, "", 0)]
    handed_over = loan.handed_over_on or date.max
    ordered = sorted(payments, key=lambda row: (row.date, row.row))
    own = [row for row in ordered if row.date <= handed_over]
    entries += [_payment(row, EntryKind.PAYMENT, row.amount) for row in own]
    claim = loan.principal - sum((row.amount for row in own), NOTHING)
    if loan.handed_over_on is None:
        return entries
    if claim > 0:
        entries.append(HistoryEntry(f"{prefix}handover", EntryKind.HANDOVER, -claim, loan.handed_over_on, "", 0))
    for row in ordered[len(own) :]:
        recovered = min(row.amount, max(claim, NOTHING))
        claim -= recovered
        if recovered:
            entries.append(_payment(row, EntryKind.RECOVERY_PAYMENT, recovered))
        if row.amount > recovered:
            entries.append(_payment(row, EntryKind.PAYMENT, row.amount - recovered, ":rest" if recovered else ""))
    return entries


def is_repaid_before_handover(loan: LoanRow, payments: Iterable[PaymentRow]) -> bool:
    """Nothing was left to hand over on the day the sheet says it was."""
    day = loan.handed_over_on
    return day is not None and loan.principal <= sum((row.amount for row in payments if row.date <= day), NOTHING)


def _payment(row: PaymentRow, kind: EntryKind, amount: Decimal, suffix: str = "") -> HistoryEntry:
    return HistoryEntry(payment_key(row) + suffix, kind, -amount, row.date, row.reference, row.row)
