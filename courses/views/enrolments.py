"""Seats: from the page of the case, and given up."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cases.views.base import get_case
from courses import queries, services
from courses.enums import EnrolmentState
from courses.forms import CandidatesForm, EnrolManyForm, OverruleForm, WithdrawForm
from courses.models import CourseRun
from courses.views.base import ask_why, candidates_for, get_seat, log_people, offered, seat_all_the_same, show_refusal
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import team_required
from microloan.core import clock
from microloan.core.errors import Refused


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


@require_POST
@team_required
def case_enrol(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Give this case a seat on a run, from its own page."""
    case = get_case(request, number)
    course_run = get_object_or_404(CourseRun, pk=pk)
    form = OverruleForm(request.POST)
    reason = form.cleaned_data["overruled"] if form.is_valid() else ""
    try:
        services.enrol(run=course_run, case=case, by=request.user, today=clock.today(), overruled=reason)
    except Refused as refusal:
        if refusal.field == "overruled":
            return seat_all_the_same(request, course_run, str(case.citizen), refusal, case)
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, _("The citizen has a seat."))
    return redirect("courses:case", number=case.number)


@team_required
def enrol_many(request: HttpRequest, pk: int) -> HttpResponse:
    """Seats for several citizens at once: those of the run's cohort are ticked, as many as there are seats."""
    course_run = get_object_or_404(queries.runs(), pk=pk)
    everybody = candidates_for(course_run, request).select_related("cohort")
    usual = course_run.cohort if everybody.filter(cohort=course_run.cohort_id).exists() else None
    filters = CandidatesForm(request.GET, candidates=everybody, usual=usual)
    candidates = filters.chosen()
    offer = offered(candidates, request)
    candidates = offer.rows
    free = max(services.free_seats(course_run), 0)
    form = EnrolManyForm(
        request.POST if request.method == "POST" else None,
        candidates=candidates,
        initial={"people": _ticked(candidates, course_run)[:free]},
    )
    if request.method == "POST" and form.is_valid():
        chosen, reason = list(form.cleaned_data["people"]), form.cleaned_data.get("overruled", "")
        try:
            services.enrol_many(run=course_run, people=chosen, by=request.user, today=clock.today(), overruled=reason)
        except Refused as refusal:
            ask_why(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, *chosen)
            words = ngettext("%(number)s citizen has a seat.", "%(number)s citizens have a seat.", len(chosen))
            messages.success(request, words % {"number": len(chosen)})
            return redirect("courses:run", pk=course_run.pk)
    logged(request, AccessAction.LIST, *candidates)
    context = {
        "run": course_run,
        "form": form,
        "filters": filters,
        "free": free,
        "has_candidates": bool(candidates),
        "offer": offer,
        "is_ticked": bool(usual),
    }
    return render(request, "courses/enrol_many.html", context)


def _ticked(candidates: Iterable[Any], course_run: CourseRun) -> list[int]:
    """Those of the run's cohort who have no seat of the module yet."""
    return [
        case.pk
        for case in candidates
        if case.cohort_id and case.cohort_id == course_run.cohort_id and case.seat_from is None
    ]
