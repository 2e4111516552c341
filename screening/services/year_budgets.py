"""Operating and liquidity budgets in versions: lines, first month, VAT, tax, and the loan from its plan (domain.md §4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import CaseFile
from cases.services.locking import lock_open_case
from microloan.accounts.models import User
from microloan.core.errors import Conflict, Refused
from microloan.core.money import ZERO
from microloan.policy.models import RuleSet
from microloan.policy.services import rule_set_on
from screening import budget_rules, perms, registry
from screening.budget_rules import Frame, Row, TaxRules
from screening.enums import BudgetKind, RowSection, VatPeriod
from screening.models import Budget, BudgetFrame, BudgetRow
from screening.registry import LoanPlan
from screening.rules import one_line
from screening.services.budgets import budget_totals, finish_version, latest_budget

YEAR_BUDGETS = (BudgetKind.OPERATING, BudgetKind.LIQUIDITY)
# Under each heading: what a page of fields and a sheet have room for.
MOST_ROWS = 10
YEARS_AWAY = 5  # what a form that comes back may name; the pages offer the months near today


@dataclass(frozen=True)
class FrameData:
    """What people say beside the lines. The loan and its instalments come from the plan, not from them."""

    starts_on: date
    vat_period: str = VatPeriod.NONE.value
    opening: Decimal = ZERO
    b_tax: Decimal = ZERO


@dataclass(frozen=True)
class YearBudget:
    """A version, or one that is being written, as the rules take it."""

    kind: str
    rows: tuple[Row, ...]
    frame: Frame
    taxes: TaxRules
    rule_set: RuleSet
    loan_amount: Decimal = ZERO
    loan_is_decided: bool = False

    @property
    def sections(self) -> tuple[RowSection, ...]:
        return sections_of(self.kind)

    def operating(self) -> budget_rules.Operating:
        return budget_rules.operating(self.rows, self.frame)

    def liquidity(self) -> budget_rules.Liquidity:
        return budget_rules.liquidity(self.rows, self.frame, self.taxes)


def sections_of(kind: str) -> tuple[RowSection, ...]:
    return budget_rules.SECTIONS_OF_MONTHS if kind == BudgetKind.LIQUIDITY else budget_rules.SECTIONS_OF_YEAR


def amounts_of(kind: str) -> int:
    """How many amounts a line of such a budget has."""
    return budget_rules.MONTHS if kind == BudgetKind.LIQUIDITY else 1


def taxes_of(rule_set: RuleSet) -> TaxRules:
    return TaxRules(
        vat_percent=rule_set.vat_percent,
        vat_quarter_months=tuple(rule_set.vat_quarter_months),
        vat_half_year_months=tuple(rule_set.vat_half_year_months),
        b_tax_months=tuple(rule_set.b_tax_months),
    )


def plan_of(case: CaseFile, starts_on: date, rule_set: RuleSet) -> LoanPlan | None:
    """The loan of the case; before there is one, the loan need of the establishment budget, paid out in the first month."""
    establishment = latest_budget(case)
    need = budget_totals(establishment)["loan_need"] if establishment else ZERO
    return registry.loan_plan(case, need, starts_on, rule_set)


def draw_up(*, case: CaseFile, kind: str, rows: Iterable[Row], data: FrameData, today: date) -> YearBudget:
    """The budget as it would be saved now, with the loan of today's plan. Saves nothing."""
    return drawn_under(rule_set_on(today), case=case, kind=kind, rows=rows, data=data)


def drawn_under(rule_set: RuleSet, *, case: CaseFile, kind: str, rows: Iterable[Row], data: FrameData) -> YearBudget:
    plan = plan_of(case, data.starts_on, rule_set)
    payout = [(plan.payout_on, plan.amount)] if plan else []
    frame = Frame(
        starts_on=data.starts_on,
        vat_period=str(data.vat_period),
        opening=data.opening,
        b_tax=data.b_tax,
        loan=budget_rules.by_month(data.starts_on, payout),
        repayments=budget_rules.by_month(data.starts_on, plan.instalments if plan else ()),
    )
    return YearBudget(
        kind=kind,
        rows=budget_rules.in_order(list(rows), sections_of(kind)),
        frame=frame,
        taxes=taxes_of(rule_set),
        rule_set=rule_set,
        loan_amount=plan.amount if plan else ZERO,
        loan_is_decided=bool(plan and plan.is_decided),
    )


def year_budget_of(budget: Budget) -> YearBudget:
    """A saved version exactly as it was, also when the loan or the rules have changed since."""
    kept = budget.frame
    frame = Frame(
        starts_on=kept.starts_on,
        vat_period=kept.vat_period,
        opening=kept.opening,
        b_tax=kept.b_tax,
        loan=tuple(kept.loan),
        repayments=tuple(kept.repayments),
    )
    rows = tuple(
        Row(row.section, row.text, tuple(row.amounts), vat=row.vat, source=row.source) for row in budget.rows.all()
    )
    return YearBudget(
        kind=budget.kind,
        rows=rows,
        frame=frame,
        taxes=taxes_of(kept.rule_set),
        rule_set=kept.rule_set,
        loan_amount=kept.loan_amount,
        loan_is_decided=kept.loan_is_decided,
    )


def frame_data_of(budget: Budget) -> FrameData:
    kept = budget.frame
    return FrameData(kept.starts_on, kept.vat_period, kept.opening, kept.b_tax)


def loan_has_changed(case: CaseFile, budget: Budget, today: date) -> bool:
    """Whether the plan says something else now than when the version was saved: a new version takes it over."""
    kept = year_budget_of(budget)
    now = draw_up(case=case, kind=budget.kind, rows=kept.rows, data=frame_data_of(budget), today=today)
    return (kept.frame.loan, kept.frame.repayments) != (now.frame.loan, now.frame.repayments)


@transaction.atomic
def save_year_budget(
    *,
    case: CaseFile,
    kind: str,
    rows: Iterable[Row],
    data: FrameData,
    note: str,
    by: User,
    today: date,
    base_number: int | None = None,
) -> Budget:
    """Save an operating or liquidity budget as a new version; earlier ones stay exactly as they were.

    `base_number` as in `save_budget`. Saving what stands already makes no version, unless the loan's plan has changed.
    """
    if not perms.may_budget(by):
        raise Refused(_("Only the microloan team makes budgets."))
    case = lock_open_case(case)
    kept = [tidy(row) for row in rows]
    check_rows(kind, kept)
    check_frame(data, today)
    newest = latest_budget(case, kind=kind)
    drawn = draw_up(case=case, kind=kind, rows=kept, data=data, today=today)
    if newest is not None and newest.note == note.strip() and _same(year_budget_of(newest), drawn):
        return newest
    number = newest.number if newest else 0
    if base_number is not None and base_number != number:
        raise Conflict(_("Somebody else saved a newer version of the budget. Both are shown; choose."))
    budget = Budget.objects.create(case=case, kind=kind, number=number + 1, note=note.strip(), created_by=by)
    BudgetFrame.objects.create(
        budget=budget,
        rule_set=drawn.rule_set,
        starts_on=data.starts_on,
        vat_period=data.vat_period,
        opening=data.opening,
        b_tax=data.b_tax,
        loan=list(drawn.frame.loan),
        repayments=list(drawn.frame.repayments),
        loan_amount=drawn.loan_amount,
        loan_is_decided=drawn.loan_is_decided,
    )
    BudgetRow.objects.bulk_create(
        BudgetRow(
            budget=budget,
            order=order,
            section=row.section,
            text=row.text,
            source=row.source,
            vat=row.vat,
            amounts=list(row.amounts),
        )
        for order, row in enumerate(drawn.rows, start=1)
    )
    finish_version(budget, by=by, today=today)
    return budget


def _same(kept: YearBudget, drawn: YearBudget) -> bool:
    return (kept.rows, kept.frame, kept.loan_amount) == (drawn.rows, drawn.frame, drawn.loan_amount)


def tidy(row: Row) -> Row:
    """Words on one line and without control characters."""
    return replace(row, section=str(row.section), text=one_line(row.text), source=one_line(row.source))


def check_rows(kind: str, rows: Sequence[Row]) -> None:
    if kind not in YEAR_BUDGETS:
        raise Refused(_("There is no such budget."))
    if not rows:
        raise Refused(_("Write at least one line with an amount."))
    if any(sum(row.section == section for row in rows) > MOST_ROWS for section in sections_of(kind)):
        raise Refused(
            _("There is room for %(count)s lines under each heading. Put some together.") % {"count": MOST_ROWS}
        )
    for row in rows:
        _check_row(kind, row)


def _check_row(kind: str, row: Row) -> None:
    if row.section not in sections_of(kind) or len(row.amounts) != amounts_of(kind):
        raise Refused(_("The line “%(what)s” does not belong in this budget.") % {"what": row.text})
    if not row.text:
        raise Refused(_("Write what each amount is for."))
    if any(amount < 0 for amount in row.amounts):
        raise Refused(_("Write the amounts of “%(what)s” as 0 or more.") % {"what": row.text})
    if not any(row.amounts):
        raise Refused(_("Write the amount of “%(what)s”, or empty the line.") % {"what": row.text})


def check_frame(data: FrameData, today: date) -> None:
    if data.starts_on.day != 1:
        raise Refused(_("A budget begins on the first of a month."), field="starts_on")
    if abs(data.starts_on.year - today.year) > YEARS_AWAY:
        raise Refused(_("Choose a month near today."), field="starts_on")
    if data.vat_period not in VatPeriod.values:
        raise Refused(_("Choose how VAT is settled."), field="vat_period")
    if data.b_tax < 0:
        raise Refused(_("Write the B-tax as 0 or more."), field="b_tax")
    if data.opening < 0:
        raise Refused(_("Write the money at the start as 0 or more."), field="opening")
