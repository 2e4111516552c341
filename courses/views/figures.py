"""The overview of courses: seats, attendance and cost, per module and run, over a period."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses import figures as reads
from courses import queries
from courses.forms import PeriodForm
from courses.views.base import RUNS_PER_PAGE
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.export import csv_response
from microloan.core.months import add_months


@team_required
def figures(request: StaffRequest) -> HttpResponse:
    """Numbers of runs, no names: nobody's data is looked at."""
    form, first, last = _asked(request)
    modules = reads.by_module(first, last)
    runs = queries.runs().filter(starts_on__gte=first, starts_on__lte=last)
    page = Paginator(runs, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "first": first,
        "last": last,
        "modules": modules,
        "total": reads.total(row for _module, row in modules),
        "page": page,
        "rows": reads.with_figures(page.object_list),
    }
    return render(request, "courses/figures.html", context)


def _asked(request: StaffRequest) -> tuple[PeriodForm, date, date]:
    """The period asked for; the last year where none is, or it cannot be read."""
    today = clock.today()
    usual = {"first_on": add_months(today, -12), "last_on": today}
    form = PeriodForm(request.GET if "first_on" in request.GET else None, initial=usual)
    values = form.cleaned_data if form.is_bound and form.is_valid() else usual
    return form, values["first_on"], values["last_on"]


@team_required
@require_safe
def figures_csv(request: StaffRequest) -> HttpResponseBase:
    """The course runs of the period, one to a line, as a file."""
    _form, first, last = _asked(request)
    runs = reads.with_figures(queries.runs().filter(starts_on__gte=first, starts_on__lte=last))
    logged(request, AccessAction.EXPORT)
    return csv_response(f"kurser-{first}-{last}", headings(), (line(run) for run in runs))


def headings() -> list[str]:
    return [
        _("Module"),
        _("Cohort"),
        _("First day"),
        _("Last day"),
        _("Place"),
        _("Teacher"),
        _("Seats"),
        _("Seats taken"),
        _("Sessions attended"),
        _("Sessions missed"),
        _("Sessions excused"),
        _("Attendance in %"),
        _("Cost"),
        _("Per participant"),
    ]


def line(run: Any) -> list[Any]:
    """One run; what cannot be counted yet is left empty."""
    found: reads.Figures = run.figures
    return [
        run.module.title,
        run.cohort.code if run.cohort else "",
        run.starts_on,
        run.ends_on,
        run.place.name,
        run.teacher.name if run.teacher else "",
        found.seats,
        found.taken,
        found.attended,
        found.missed,
        found.excused,
        found.percent,
        found.cost,
        found.per_participant if found.taken else None,
    ]
