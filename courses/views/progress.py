"""How far participants have come: the page of the case, and the list of those who miss a granted module."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from cases import queries as case_queries
from cases.models import CaseFile
from cases.views.base import case_context, get_case
from courses import cohorts, progress, queries
from courses.models import CourseModule, CourseRun, ResidentialException
from courses.rules import seats_left
from courses.views.base import RUNS_PER_PAGE
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.policy.services import rule_set_on


@team_required
def missing(request: StaffRequest) -> HttpResponse:
    """Who still misses a granted module, and what each lacks."""
    rules = rule_set_on(clock.today())
    visible = CaseFile.objects.visible_to(request.user)
    rows = progress.missing_modules(rules.completion_percent).filter(case__in=visible)
    module, mine = request.GET.get("module", ""), request.GET.get("mine") == "1"
    if module:
        rows = rows.filter(module__code=module)
    if mine:
        rows = rows.filter(case__coach=request.user)
    page = Paginator(rows, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    logged(request, AccessAction.LIST, *{row.case_id: row.case for row in page}.values())
    context = {
        "page": page,
        "today": clock.today(),
        "module": module,
        "mine": mine,
        "modules": CourseModule.objects.filter(grants__isnull=False).distinct().order_by("order", "title"),
    }
    return render(request, "courses/missing.html", context)


@team_required
def case_courses(request: StaffRequest, number: str) -> HttpResponse:
    """The courses of one case: what is granted, how far each has come, what it means for screening 3, runs with a seat."""
    case = get_case(request, number)
    today = clock.today()
    rules = rule_set_on(today)
    statuses = queries.modules_of(case, today)
    percents = {row.grant.module_id: queries.share_of(row.grant.module, rules.completion_percent) for row in statuses}
    rows = progress.progress_of(statuses, percents, clock.now())
    context = {
        **case_context(request, case, tab="courses"),
        "rows": rows,
        "attendance": queries.overall(statuses),
        "residential": cohorts.residential_of(case, queries.residential_end_in(statuses), today),
        "exception": ResidentialException.objects.filter(case=case).select_related("given_by").first(),
        "is_lead": request.user.role == Role.PROJECT_LEAD,
        "completed": sum(row.completed for row in statuses),
        "unreachable": [row for row in rows if row.outlook and not row.outlook.is_possible],
        "reliability": case_queries.reliability([case.pk])[case.pk],
        "residential_end": queries.residential_end_in(statuses),
        "payout_days": rules.payout_target_days,
        "open_runs": _open_runs(statuses, today),
        "others": queries.seats_without_grant(case),
        "lines": queries.lines_of(case),
    }
    return render(request, "courses/case.html", context)


def _open_runs(statuses: list[queries.ModuleStatus], today: date) -> list[CourseRun]:
    """Runs to come, with a free seat, of the granted modules that have no run yet."""
    wanted = [status.grant.module_id for status in statuses if status.enrolment is None]
    rows: Any = queries.runs().filter(Q(module__in=wanted) & Q(ends_on__gte=today))
    open_runs = []
    for row in rows.order_by("module__order", "module__title", "starts_on", "pk")[:20]:
        row.left = seats_left(row.capacity, row.taken)
        if row.left:
            open_runs.append(row)
    return open_runs
