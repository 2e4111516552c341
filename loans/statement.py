"""The statement for the citizen: plan, payments and balance on any day, from the same replay as every page (domain.md §7)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from loans import rules
from loans.enums import EntryKind, LoanOutcome
from loans.models import LedgerEntry, Loan
from loans.papers import paper
from loans.paying import how_to_pay
from loans.queries import entries_after_payout, payouts_of, rule_change, terms_in_force
from microloan.core.errors import Refused
from microloan.core.forms import phone_groups
from microloan.core.money import ZERO
from microloan.policy.services import municipality


@dataclass(frozen=True)
class Movement:
    """A line of the statement: what happened, and what was owed to us after it."""

    on: date
    what: str
    amount: Decimal
    balance: Decimal


def position_on(loan: Loan, day: date) -> rules.Position:
    """Where the loan stood at the end of a day: the entries up to it, and the changes of plan decided by then."""
    made = [
        change
        for change in sorted(loan.plan_changes.all(), key=lambda one: (one.decided_at is None, one.decided_at, one.pk))
        if change.outcome == LoanOutcome.GRANTED
        and change.decided_on is not None
        and change.decided_on <= day
        and not (change.is_undone and change.undo.on <= day)
    ]
    return rules.position(
        terms_in_force(loan), entries_after_payout(loan), [rule_change(change) for change in made], as_of=day
    )


def movements(loan: Loan, day: date) -> list[Movement]:
    """The ledger up to a day, the oldest first. Money through recovery does not change what is owed to us."""
    entries = sorted(loan.entries.all(), key=lambda entry: (entry.value_date, entry.pk))
    recovered = {entry.pk for entry in entries if entry.kind == EntryKind.RECOVERY_PAYMENT}
    balance, found = ZERO, []
    for entry in entries:
        if entry.value_date <= day:
            if entry.pk not in recovered and entry.reverses_id not in recovered:
                balance += entry.amount
            found.append(Movement(entry.value_date, _words(entry), entry.amount, balance))
    return found


def _words(entry: LedgerEntry) -> str:
    return str(entry.get_kind_display())


def facts_of(loan: Loan, day: date) -> dict[str, Any]:
    """What the statement says. Refused for a day on which there was no loan."""
    owed = owed_on(loan, day)
    if owed is None:
        raise Refused(_("The loan had not been paid out on that day."), field="day")
    position = position_on(loan, day)
    paid_out = sum((one.amount for one in payouts_of(loan) if one.value_date <= day), ZERO)
    return {
        "loan": loan,
        "case": loan.case,
        **how_to_pay(loan),
        "phone": phone_groups(
            loan.case.coach.phone if loan.case.coach and loan.case.coach.phone else municipality().phone
        ),
        "contact": loan.case.coach,
        "day": day,
        "paid_out": paid_out,
        "paid": position.paid,
        "owed": owed,
        "overpaid": position.overpaid,
        "handed_over": position.handed_over,
        "written_off": position.written_off,
        "late": rules.late_lines(position, day),
        "lines": position.lines,
        "movements": movements(loan, day),
    }


def owed_on(loan: Loan, day: date) -> Decimal | None:
    """What was owed to us at the end of a day, in kroner; None where nothing had been paid out."""
    payouts = [one for one in payouts_of(loan) if one.value_date <= day]
    if not payouts:
        return None
    return position_on(loan, day).outstanding - (loan.principal - sum((one.amount for one in payouts), ZERO))


def pdf_of(loan: Loan, day: date) -> bytes:
    """The statement as an accessible PDF."""
    return paper("loans/papers/statement.html", facts_of(loan, day))
