"""Ratings against outcomes, for the project lead and managers: what the screenings can be learned from (domain.md §4)."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.perms import StaffRequest, role_required
from microloan.accounts.services import log_access
from microloan.core import clock, danish
from microloan.core.export import csv_response
from reports import scores
from reports.rules import overview as words
from reports.rules.quarters import quarter_ends
from reports.rules.scores import Line
from reports.rules.suppression import Hidden
from reports.scores import Came, Figures
from screening.enums import ScreeningNumber

learners = role_required(Role.PROJECT_LEAD, Role.MANAGER)


def _figures(request: StaffRequest, *, suppress: bool) -> Figures:
    """What the address asks for. Without small numbers the cut-off is the end of a quarter: two days cannot be subtracted."""
    wanted, came = request.GET.get("screening", ""), request.GET.get("came", "")
    today = clock.today()
    return scores.figures(
        number=int(wanted) if wanted in {str(number) for number in ScreeningNumber.values} else ScreeningNumber.THREE,
        came=came if came in Came.values else Came.LOAN,
        as_of=quarter_ends(today)[0] if suppress else today,
        suppress=suppress,
    )


@learners
@require_safe
def ratings(request: StaffRequest) -> HttpResponse:
    suppress = request.user.role == Role.MANAGER
    figures = _figures(request, suppress=suppress)
    context = {
        "figures": figures,
        "suppress": suppress,
        "numbers": ScreeningNumber.choices,
        "outcomes": Came.choices,
        "came_label": Came(figures.came).label,
        "number_label": ScreeningNumber(figures.number).label,
        "rows": [_row(figures, line) for line in figures.lines],
        "people": words.text(figures.people) if figures.people >= 5 or not suppress else "0–4",
        "query": request.GET.urlencode(),
    }
    return render(request, "reports/ratings.html", context)


def _row(figures: Figures, line: Line) -> dict[str, Any]:
    return {
        "title": figures.titles[line.code],
        "rated": words.text(line.rated),
        "mean": "–" if line.mean_tenths is None else _tenths(line.mean_tenths),
        "groups": [
            {
                "ratings": group.words,
                "rated": words.text(group.rated),
                "came": words.text(group.with_outcome),
                "percent": "" if group.percent is None else danish.percent(group.percent),
            }
            for group in line.groups
        ],
    }


def _tenths(value: int) -> str:
    return f"{value // 10},{value % 10}"


@require_safe
@learners
def ratings_csv(request: StaffRequest) -> HttpResponseBase:
    """The same as a file. A file travels, so small numbers are hidden in it for everybody."""
    figures = _figures(request, suppress=True)
    log_access(
        user=request.user,
        action=AccessAction.EXPORT,
        what="reports:ratings_csv",
        purpose=_("Figures in aggregate"),
    )
    headings = [_("Criterion"), _("Rating"), _("People rated"), str(Came(figures.came).label)]
    rows = [[figures.titles[line.code], *cells] for line in figures.lines for cells in _file_cells(line)]
    name = _("ratings-screening-%(number)s-%(date)s") % {"number": figures.number, "date": figures.as_of}
    return csv_response(name, headings, rows)


def _file_cells(line: Line) -> list[list[str]]:
    """One row for each group; where there is none, how many were rated in all."""
    if not line.groups:
        return [["1–5", words.text(line.rated), words.text(Hidden.OTHER)]]
    return [[group.words, words.text(group.rated), words.text(group.with_outcome)] for group in line.groups]
