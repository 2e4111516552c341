"""What the operating and liquidity budgets tell a screening: facts for its warnings, and the versions it rests on."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from cases.models import CaseFile
from microloan.core import danish
from microloan.core.money import ZERO, kroner
from screening import registry, year_presentation
from screening.budget_rules import Row
from screening.enums import BudgetKind, RowSection, VatPeriod
from screening.models import Budget
from screening.registry import Material, PlanMonth
from screening.services import YearBudget, year_budget_of
from screening.services.budgets import PATHS


def register() -> None:
    registry.plan_facts.register("year_budgets", plan_facts, order=20)
    registry.material.register("year_budgets", material, order=20)


def newest_of(case: CaseFile) -> dict[str, Budget]:
    """The newest operating and liquidity budget, in one query where budgets are not read ahead."""
    found: dict[str, Budget] = {}
    for budget in case.budgets.all():
        known = found.get(budget.kind)
        if budget.kind in PATHS and (known is None or known.number < budget.number):
            found[budget.kind] = budget
    return found


def plan_facts(case: CaseFile, today: date) -> dict[str, Any]:
    """The sales of a year, whether there is VAT, and the months of the liquidity budget (domain.md §4)."""
    years = {kind: year_budget_of(budget) for kind, budget in newest_of(case).items()}
    facts: dict[str, Any] = {
        "has_operating": BudgetKind.OPERATING in years,
        "has_liquidity": BudgetKind.LIQUIDITY in years,
    }
    liquidity = years.get(BudgetKind.LIQUIDITY)
    for year in [liquidity] if liquidity else years.values():  # its months show whether VAT is really paid
        facts["has_vat"] = year.frame.vat_period != VatPeriod.NONE
    if liquidity is not None:
        facts["months"] = tuple(_months(liquidity))
        facts["sales_source"] = _sources(liquidity.rows)
        facts["sales_of_year"] = _without_vat(liquidity)
    operating = years.get(BudgetKind.OPERATING)
    if operating is not None:
        # Where the two differ, the limits are held against the larger: none is passed by writing the other small.
        facts["sales_of_year"] = max(operating.operating().sales, facts.get("sales_of_year", ZERO))
    return facts


def _months(year: YearBudget) -> Iterator[PlanMonth]:
    for month in year.liquidity().months:
        yield PlanMonth(
            first_day=month.starts_on,
            sales=month.sums[RowSection.SALES],
            paid_out=month.money_out,
            living=month.sums[RowSection.PRIVATE],
            balance=month.balance,
        )


def _sources(rows: tuple[Row, ...]) -> str:
    """Who says that it will be sold: told only where each line of sales has somebody who does."""
    sources = [row.source for row in rows if row.section == RowSection.SALES]
    return "; ".join(dict.fromkeys(sources)) if sources and all(sources) else ""


def _without_vat(year: YearBudget) -> Any:
    """The sales of the twelve months; VAT is in the amounts where the business is registered."""
    registered = year.frame.vat_period != VatPeriod.NONE
    sales = [row for row in year.rows if row.section == RowSection.SALES]
    total = sum((row.total for row in sales), ZERO)
    with_vat = sum((row.total for row in sales if row.vat and registered), ZERO)
    return total - kroner(with_vat * year.taxes.vat_share)


def material(case: CaseFile) -> Iterator[Material]:
    """The newest versions with what they come to."""
    newest = newest_of(case)
    for kind in (BudgetKind.OPERATING, BudgetKind.LIQUIDITY):
        budget = newest.get(kind)
        if budget is not None:
            yield Material(
                code=kind,
                label=str(kind.label),
                version=budget.number,
                figures=tuple(figures_of(year_budget_of(budget))),
                link={
                    "name": "screening:year_budget",
                    "kwargs": {"number": case.number, "kind": PATHS[kind]},
                    "query": {"version": str(budget.number)},
                },
            )


def figures_of(year: YearBudget) -> Iterator[tuple[str, str]]:
    """What a version comes to, in a few figures."""
    if year.kind == BudgetKind.OPERATING:
        sums = year.operating()
        yield _("Sales"), danish.kr(sums.sales)
        yield _("Profit before tax"), danish.kr(sums.profit)
        needed = sums.break_even_all
        yield _("Sales that are needed"), danish.kr(needed) if needed is not None else _("Cannot be worked out")
        return
    result = year.liquidity()
    lowest = result.lowest
    yield _("Least money"), f"{danish.kr(lowest.balance)} ({danish.month_name(lowest.starts_on)})"
    below = year_presentation.months_in_words(month.starts_on for month in result.below_zero)
    yield _("Months below 0"), below or _("none")
    yield _("Money after twelve months"), danish.kr(result.closing)
