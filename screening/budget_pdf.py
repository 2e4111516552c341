"""A budget on paper for the citizen: a tagged PDF in Danish, with chart and table (domain.md §8)."""

from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from cases.models import CaseFile
from microloan.core import charts
from microloan.core.errors import Refused
from microloan.core.pdf import UnprintableText, render_pdf
from microloan.policy.services import municipality
from screening import year_presentation
from screening.enums import BudgetKind
from screening.models import Budget
from screening.services import budget_totals, year_budget_of


def budget_pdf(case: CaseFile, budget: Budget, today: date) -> bytes:
    """One version, as it was saved. Refused where it holds signs that cannot be printed."""
    with translation.override("da"):
        context: dict[str, Any] = {
            "case": case,
            "budget": budget,
            "today": today,
            "municipality": municipality(),
            "wide": budget.kind == BudgetKind.LIQUIDITY,
        }
        if budget.kind == BudgetKind.ESTABLISHMENT:
            context["totals"] = budget_totals(budget)
        else:
            year = year_budget_of(budget)
            shown = year_presentation.shown(year)
            context["shown"] = shown
            context["chart"] = charts.as_image(shown.chart) if shown.chart else ""
            context["break_even"] = year_presentation.break_even_rows(year) if not shown.chart else []
        html = render_to_string("screening/paper/budget.html", context)
        css = render_to_string("screening/paper/budget.css", context)
        try:
            return render_pdf(html, stylesheets=[css])
        except UnprintableText as refusal:
            raise Refused(str(refusal)) from refusal
