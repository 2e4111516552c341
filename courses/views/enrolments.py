"""Seats: from the page of the case, and given up."""

from datetime import date

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.views.base import case_context, get_case
from courses import queries, services
from courses.enums import EnrolmentState
from courses.forms import WithdrawForm
from courses.models import CourseRun
from courses.rules import seats_left
from courses.views.base import get_seat, log_people, show_refusal
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.policy.services import rule_set_on


@team_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a seat, with the reason."""
    enrolment = get_seat(request, pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw(enrolment=enrolment, **form.cleaned_data, by=request.user, today=clock.today())
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            log_people(request, AccessAction.CHANGE, enrolment)
            messages.success(request, _("The seat is given up."))
            return redirect("courses:run", pk=enrolment.run_id)
    log_people(request, AccessAction.VIEW, enrolment)
    waits = enrolment.state == EnrolmentState.WAITING
    return render(request, "courses/withdraw.html", {"enrolment": enrolment, "form": form, "waits": waits})


@team_required
def case_courses(request: HttpRequest, number: str) -> HttpResponse:
    """The courses of one case: what is granted, how far each has come, and runs with a seat."""
    case = get_case(request, number)
    today = clock.today()
    statuses = queries.modules_of(case, today)
    context = {
        **case_context(request, case, tab="courses"),
        "statuses": statuses,
        "attendance": queries.overall(statuses),
        "residential_end": queries.residential_end_in(statuses),
        "payout_days": rule_set_on(today).payout_target_days,
        "open_runs": _open_runs(statuses, today),
        "others": queries.seats_without_grant(case),
        "lines": queries.lines_of(case),
    }
    return render(request, "courses/case.html", context)


def _open_runs(statuses: list[queries.ModuleStatus], today: date) -> list[CourseRun]:
    """Runs to come, with a free seat, of the granted modules that have no run yet."""
    wanted = [status.grant.module_id for status in statuses if status.enrolment is None]
    rows = queries.runs().filter(Q(module__in=wanted) & Q(ends_on__gte=today))
    open_runs = []
    for row in rows.order_by("module__order", "module__title", "starts_on", "pk")[:20]:
        row.left = seats_left(row.capacity, row.taken)
        if row.left:
            open_runs.append(row)
    return open_runs


@require_POST
@team_required
def case_enrol(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Give this case a seat on a run, from its own page."""
    case = get_case(request, number)
    course_run = get_object_or_404(CourseRun, pk=pk)
    try:
        services.enrol(run=course_run, case=case, by=request.user, today=clock.today())
    except Refused as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, _("The citizen has a seat."))
    return redirect("courses:case", number=case.number)
