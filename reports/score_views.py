"""Ratings against outcomes, for the project lead and managers: what the screenings can be learned from (domain.md §4)."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.perms import StaffRequest, role_required
from microloan.accounts.services import log_access
from microloan.core import clock, danish
from microloan.core.export import csv_response
from reports import scores
from reports.rules import overview as words
from reports.rules import scores as rules
from reports.rules.quarters import quarter_ends
from reports.rules.scores import Line, SafeLine
from reports.scores import Came, Figures, SafeFigures
from screening.enums import ScreeningNumber

learners = role_required(Role.PROJECT_LEAD, Role.MANAGER)


# What came of it, in parts that have nobody in common.
RESULT_WORDS = {
    (rules.SELF_SUPPORTING,): gettext_lazy("Self-supporting"),
    (rules.LOAN,): gettext_lazy("Loan paid out, not self-supporting"),
    (rules.SELF_SUPPORTING, rules.LOAN): gettext_lazy("Self-supporting, or loan paid out"),
    (rules.NEITHER,): gettext_lazy("Neither"),
}


def _number(request: StaffRequest) -> int:
    wanted = request.GET.get("screening", "")
    known = {str(number) for number in ScreeningNumber.values}
    return int(wanted) if wanted in known else ScreeningNumber.THREE.value


def _safe(request: StaffRequest) -> SafeFigures:
    """The cut-off is the end of a quarter: two days cannot be subtracted."""
    return scores.safe_figures(number=_number(request), as_of=quarter_ends(clock.today())[0])


@learners
@require_safe
def ratings(request: StaffRequest) -> HttpResponse:
    """The project lead, who sees the cases, chooses an outcome and sees every number; managers see disjoint groups."""
    if request.user.role == Role.MANAGER:
        return _page(request, _safe(request), suppress=True)
    came = request.GET.get("came", "")
    came = came if came in Came.values else Came.LOAN
    figures = scores.figures(number=_number(request), came=came, as_of=clock.today())
    more = {"outcomes": Came.choices, "came_label": Came(figures.came).label}
    return _page(request, figures, suppress=False, **more)


def _page(request: StaffRequest, figures: Figures | SafeFigures, *, suppress: bool, **more: Any) -> HttpResponse:
    context = {
        "figures": figures,
        "suppress": suppress,
        "numbers": ScreeningNumber.choices,
        "number_label": ScreeningNumber(figures.number).label,
        "rows": [_row(figures, line) if isinstance(line, Line) else _safe_row(figures, line) for line in figures.lines],
        "people": words.text(figures.people),
        **more,
    }
    return render(request, "reports/ratings.html", context)


def _row(figures: Figures | SafeFigures, line: Line) -> dict[str, Any]:
    return {
        "title": figures.titles[line.code],
        "rated": words.text(line.rated),
        "mean": "–" if line.mean_tenths is None else _tenths(line.mean_tenths),
        "groups": [
            {
                "ratings": str(group.rating),
                "rated": words.text(group.rated),
                "came": words.text(group.with_outcome),
                "percent": "" if group.percent is None else danish.percent(group.percent),
            }
            for group in line.groups
        ],
    }


def _safe_row(figures: Figures | SafeFigures, line: SafeLine) -> dict[str, Any]:
    return {
        "title": figures.titles[line.code],
        "rated": words.text(line.rated),
        "mean": "–" if line.mean_halves is None else _tenths(5 * line.mean_halves),
        "groups": [
            {"ratings": part.words, "result": RESULT_WORDS[part.results], "people": words.text(part.people)}
            for part in line.parts
        ],
    }


def _tenths(value: int) -> str:
    return f"{value // 10},{value % 10}"


@require_safe
@learners
def ratings_csv(request: StaffRequest) -> HttpResponseBase:
    """The disjoint groups as a file. A file travels, so small numbers are hidden in it for everybody."""
    figures = _safe(request)
    log_access(
        user=request.user,
        action=AccessAction.EXPORT,
        what="reports:ratings_csv",
        purpose=_("Figures in aggregate"),
    )
    headings = [_("Criterion"), _("Rating"), _("What came of it"), _("People rated")]
    rows = [[figures.titles[line.code], *cells] for line in figures.lines for cells in _file_cells(line)]
    name = _("ratings-screening-%(number)s-%(date)s") % {"number": figures.number, "date": figures.as_of}
    return csv_response(name, headings, rows)


def _file_cells(line: SafeLine) -> list[list[str]]:
    """One row for each part; where there is none, how many were rated in all."""
    if not line.parts:
        return [["1–5", _("all"), words.text(line.rated)]]
    return [[part.words, str(RESULT_WORDS[part.results]), words.text(part.people)] for part in line.parts]
