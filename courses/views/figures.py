"""The overview of courses: seats, attendance and cost, per module and run, over a period."""

from datetime import date

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from courses import figures as reads
from courses import queries
from courses.forms import PeriodForm
from courses.views.base import RUNS_PER_PAGE
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.months import add_months


@team_required
def figures(request: StaffRequest) -> HttpResponse:
    """Numbers of runs, no names: nobody's data is looked at."""
    today = clock.today()
    usual = {"first_on": add_months(today, -12), "last_on": today}
    form = PeriodForm(request.GET if "first_on" in request.GET else None, initial=usual)
    first, last = _period(form, usual)
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


def _period(form: PeriodForm, usual: dict[str, date]) -> tuple[date, date]:
    values = form.cleaned_data if form.is_bound and form.is_valid() else usual
    return values["first_on"], values["last_on"]
