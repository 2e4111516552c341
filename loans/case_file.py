"""Decisions on money in the case file (docs/decisions/113); those of the screenings stand with the screenings."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.case_file import Item, Section, register
from cases.models import CaseFile
from loans.models import (
    LedgerEntry,
    Loan,
    LoanDecision,
    PensionSuspension,
    PlanChange,
    PlanVersion,
    SupportAmount,
    SupportPeriod,
)
from loans.queries import current_plan
from microloan.core import danish


def register_sections() -> None:
    register(Section("decisions", gettext_lazy("Decisions on loan and support"), items, order=50))
    register(Section("money", gettext_lazy("Payments and plan"), money, order=55))


def items(case: CaseFile) -> Iterator[Item]:
    """What was decided, oldest first. An open proposal is a working paper."""
    decided = case.loan_decisions.filter(decided_at__isnull=False)
    people = ("decided_by", "legal_basis", "proposed_by")
    found = [_loan(decision) for decision in decided.select_related(*people)]
    changes = PlanChange.objects.filter(loan__case=case, decided_at__isnull=False)
    found += [_change(change) for change in changes.select_related(*people, "undo__by").order_by("decided_at", "pk")]
    periods = case.support_periods.select_related("decided_by", "legal_basis")
    found += [_support(period) for period in periods]
    found += [_amount(row) for row in SupportAmount.objects.filter(case=case).select_related("by")]
    found += [_suspension(row) for row in case.pension_suspensions.select_related("by", "ended_by")]
    yield from sorted(found, key=lambda item: str(item.at))


def _amount(row: SupportAmount) -> Item:
    facts: list[tuple[str, Any]] = [(_("Amount a month"), danish.kr(row.amount)), (_("Note"), row.note)]
    return Item(title=str(_("What the living support comes to")), at=row.from_on, by=row.by.full_name, rows=facts)


def _suspension(row: PensionSuspension) -> Item:
    facts: list[tuple[str, Any]] = [
        (_("Last day"), danish.long_date(row.last_day)),
        (_("Ended by"), row.ended_by.full_name if row.ended_by else ""),
        (_("Note"), row.note),
    ]
    return Item(title=str(_("Pension suspended")), at=row.from_on, by=row.by.full_name, rows=facts)


def _loan(decision: LoanDecision) -> Item:
    rows: list[tuple[str, Any]] = [
        (_("Amount"), danish.kr(decision.amount)),
        (_("Legal basis"), decision.legal_basis.reference if decision.legal_basis else ""),
        (_("What the money is for"), decision.purpose),
        (_("Proposed"), f"{danish.long_date(decision.proposed_on)}, {decision.proposed_by.full_name}"),
        (_("Reasons"), decision.reasons),
        (_("Why more than the maximum"), decision.over_maximum_reason),
        (_("Hearing"), _joined(decision.get_hearing_display(), decision.hearing_note)),
        (_("Registered charge"), _joined(decision.get_charge_display(), decision.charge_note)),
    ]
    return Item(
        title=f"{decision.get_kind_display()}: {decision.get_outcome_display()}",
        at=decision.decided_on,
        by=decision.decided_by.full_name if decision.decided_by else "",
        rows=rows,
    )


def _change(change: PlanChange) -> Item:
    rows: list[tuple[str, Any]] = [
        (_("Legal basis"), change.legal_basis.reference if change.legal_basis else ""),
        (_("Why"), change.asked),
        (_("Proposed"), f"{danish.long_date(change.proposed_on)}, {change.proposed_by.full_name}"),
        (_("Reasons"), change.reasons),
        (_("Hearing"), _joined(change.get_hearing_display(), change.hearing_note)),
    ]
    if change.is_undone:
        words = f"{danish.long_date(change.undo.on)}, {change.undo.by.full_name}"
        rows.append((_("Taken back"), _joined(words, change.undo.reason)))
    return Item(
        title=f"{change.in_words}: {change.get_outcome_display()}",
        at=change.decided_on,
        by=change.decided_by.full_name if change.decided_by else "",
        rows=rows,
    )


def _support(period: SupportPeriod) -> Item:
    span = f"{danish.long_date(period.starts_on)} – {danish.long_date(period.ends_on)}"
    return Item(
        title=_("Living support: %(kind)s") % {"kind": period.get_kind_display()},
        at=period.decided_on,
        by=period.decided_by.full_name if period.decided_by else "",
        rows=[
            (_("Period"), span),
            (_("Legal basis"), period.legal_basis.support_reference if period.legal_basis else ""),
            (_("Reasons"), period.reasons),
        ],
    )


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def money(case: CaseFile) -> Iterator[Item]:
    """Each loan's plan as it is now, and every entry of its ledger, oldest first. Earlier plans went out as letters."""
    for loan in case.loans.order_by("pk"):
        plan = current_plan(loan)
        if plan is not None:
            yield _plan(loan, plan)
        for entry in loan.entries.select_related("by", "reverses").order_by("value_date", "pk"):
            yield _entry(loan, entry)


def _plan(loan: Loan, plan: PlanVersion) -> Item:
    lines = sorted(plan.instalments.all(), key=lambda line: line.number)
    version = _("version %(number)s") % {"number": plan.version}
    return Item(
        title=f"{_('Repayment plan')} {loan.number}, {version}",
        at=plan.made_on,
        text="\n".join(f"{line.number}. {danish.long_date(line.due_on)}: {danish.kr(line.amount)}" for line in lines),
    )


def _entry(loan: Loan, entry: LedgerEntry) -> Item:
    reverses = entry.reverses
    return Item(
        title=f"{entry.get_kind_display()}, {loan.number}: {danish.kr(entry.amount)}",
        at=entry.value_date,
        by=entry.by.full_name if entry.by else "",
        rows=[
            (_("Booked"), danish.date_and_time(entry.booked_at)),
            (_("Voucher"), entry.voucher),
            (
                _("Reverses"),
                f"{reverses.get_kind_display()}, {danish.long_date(reverses.value_date)}" if reverses else "",
            ),
        ],
        text=entry.reason,
    )
