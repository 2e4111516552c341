"""Budgets in versions: every save is a new one, an approved one is locked (domain.md §4)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile
from cases.services.locking import lock_open_case
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from screening import perms, rules
from screening.enums import BudgetKind, BudgetState, LineKind
from screening.models import Budget, BudgetLine

# The budgets of a year in addresses.
PATHS = {BudgetKind.OPERATING.value: "operating", BudgetKind.LIQUIDITY.value: "liquidity"}


@dataclass(frozen=True)
class LineData:
    kind: str
    text: str
    amount: Decimal


@transaction.atomic
def save_budget(
    *, case: CaseFile, lines: Iterable[LineData], note: str, by: User, today: date, base_number: int | None = None
) -> Budget:
    """Save an establishment budget as a new version; earlier versions stay exactly as they were (domain.md §4).

    `base_number` is the version the form was drawn from (0 for none): a Conflict where somebody saved one since.
    Saving what stands already (a double click) makes no version.
    """
    if not perms.may_budget(by):
        raise Refused(_("Only the microloan team makes budgets."))
    case = lock_open_case(case)
    rows = [replace(line, text=rules.one_line(line.text)) for line in lines]
    _check_lines(rows)
    newest = latest_budget(case)
    if newest is not None and _is_same(newest, rows, note):
        return newest
    number = newest.number if newest else 0
    if base_number is not None and base_number != number:
        raise Conflict(_("Somebody else saved a newer version of the budget. Both are shown; choose."))
    budget = Budget.objects.create(
        case=case, kind=BudgetKind.ESTABLISHMENT, number=number + 1, note=note.strip(), created_by=by
    )
    BudgetLine.objects.bulk_create(
        BudgetLine(budget=budget, order=order, kind=row.kind, text=row.text, amount=row.amount)
        for order, row in enumerate(rows, start=1)
    )
    finish_version(budget, by=by, today=today)
    return budget


def finish_version(budget: Budget, *, by: User, today: date) -> None:
    """All lines are in: the version is sealed, told in the journal, and what is to be done follows."""
    budget.sealed_at = clock.now()
    budget.save(update_fields=["sealed_at"])
    title = _("%(budget)s, version %(number)s") % {"budget": budget.get_kind_display(), "number": budget.number}
    case = budget.case
    cases.add_journal_entry(case=case, kind=EntryKind.SCREENING, title=title, by=by, link=_link(budget))
    cases.reconcile_tasks(case=case, today=today)


def _check_lines(rows: list[LineData]) -> None:
    if not any(row.kind == LineKind.EXPENSE for row in rows):
        raise Refused(_("Write at least one expense with an amount."))
    if any(row.amount <= 0 for row in rows):
        raise Refused(_("Write amounts above 0 kr."))
    if not all(row.text for row in rows):
        raise Refused(_("Write what each amount is for."))


def _is_same(budget: Budget, rows: list[LineData], note: str) -> bool:
    standing = [(line.kind, line.text, line.amount) for line in budget.lines.all()]
    return standing == [(row.kind, row.text, row.amount) for row in rows] and budget.note == note.strip()


@transaction.atomic
def approve_budget(*, budget: Budget, by: User, today: date) -> Budget:
    """Approve the newest version; it is locked from then on, and the loan is proposed on it (domain.md §7.1)."""
    if not perms.may_decide(by):
        raise Refused(_("Only the project lead approves a budget."))
    case = lock_open_case(budget.case)
    budget = Budget.objects.select_for_update().get(pk=budget.pk)
    if budget.state == BudgetState.APPROVED:
        return budget
    if case.budgets.filter(kind=budget.kind, number__gt=budget.number).exists():
        raise Conflict(_("There is a newer version of the budget. Approve that one."))
    budget.state, budget.approved_by, budget.approved_at = BudgetState.APPROVED, by, clock.now()
    budget.save(update_fields=["state", "approved_by", "approved_at"])
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.SCREENING,
        title=_("%(budget)s, version %(number)s, approved")
        % {"budget": budget.get_kind_display(), "number": budget.number},
        by=by,
        link=_link(budget),
    )
    cases.reconcile_tasks(case=case, today=today)
    return budget


def budget_totals(budget: Budget) -> dict[str, Decimal]:
    """Expenses, own funds and loan need, in kroner."""
    return totals_of((line.kind, line.amount) for line in budget.lines.all())


def totals_of(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums = {kind: Decimal("0.00") for kind in LineKind.values}
    for kind, amount in amounts:
        sums[kind] += amount
    expenses, own = sums[LineKind.EXPENSE], sums[LineKind.OWN_FUNDS]
    return {"expenses": expenses, "own_funds": own, "loan_need": rules.loan_need(expenses, own)}


def latest_budget(case: CaseFile, *, approved: bool = False, kind: str = BudgetKind.ESTABLISHMENT) -> Budget | None:
    """The newest version, or the newest that is approved. Chosen here, so that budgets read ahead cost no query."""
    budgets = (budget for budget in case.budgets.all() if budget.kind == kind)
    wanted = (budget for budget in budgets if not approved or budget.state == BudgetState.APPROVED)
    return max(wanted, key=lambda budget: budget.number, default=None)


def _link(budget: Budget) -> dict[str, object]:
    if budget.kind == BudgetKind.ESTABLISHMENT:
        return {"name": "screening:budget", "kwargs": {"number": budget.case.number}}
    return {"name": "screening:year_budget", "kwargs": {"number": budget.case.number, "kind": PATHS[budget.kind]}}
