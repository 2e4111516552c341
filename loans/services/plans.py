"""The stored plan: a new version whenever the lines are others than those of the version in force (domain.md §7.3).

What lies in the database, what the letters print and what the reminders ask for are the same lines.
"""

from collections.abc import Sequence
from datetime import date

from loans import rules
from loans.enums import EntryKind, Extra, PlanCause
from loans.models import Instalment, LedgerEntry, Loan, PlanVersion
from loans.queries import position_of
from microloan.accounts.models import User

Lines = Sequence[rules.Instalment] | Sequence[rules.LineState]


def store_plan(*, loan: Loan, lines: Lines, cause: PlanCause, by: User | None, today: date) -> PlanVersion | None:
    """Store a new version of the plan; None where it would be the same line by line as the one in force."""
    last = loan.plan_versions.order_by("-version").first()
    if last is not None:
        stored = set(last.instalments.values_list("number", "due_on", "amount"))
        if stored == {(line.number, line.due, line.amount) for line in lines}:
            return None
    plan = PlanVersion.objects.create(
        loan=loan,
        version=last.version + 1 if last else 1,
        made_on=today,
        cause=cause,
        by=by,
        rule_set=loan.rule_set,
    )
    Instalment.objects.bulk_create(
        Instalment(plan=plan, number=line.number, nominal_due_on=line.nominal_due, due_on=line.due, amount=line.amount)
        for line in lines
    )
    return plan


def store_current(*, loan: Loan, cause: PlanCause, by: User | None, today: date) -> PlanVersion | None:
    """Store the plan as the ledger and the changes make it now; None where nothing has moved."""
    position = position_of(loan)
    return store_plan(loan=loan, lines=position.lines, cause=cause, by=by, today=today) if position else None


def follow_ledger(entry: LedgerEntry, *, today: date) -> PlanVersion | None:
    """The plan after a new entry. Only where something else than covering stands in the replay can the lines move."""
    loan = entry.loan
    if entry.kind == EntryKind.PAYOUT or not _may_move(loan):
        return None
    cause = PlanCause.EXTRA_PAYMENT if entry.extra != Extra.COVER else PlanCause.REPLAY
    return store_current(loan=_fresh(loan), cause=cause, by=entry.by, today=today)


def _may_move(loan: Loan) -> bool:
    return loan.plan_changes.exists() or loan.entries.exclude(extra=Extra.COVER).exists()


def _fresh(loan: Loan) -> Loan:
    """Without the entries and changes that were read before the last one was written."""
    return Loan.objects.select_related("rule_set").get(pk=loan.pk)
