"""The people of a run: seats, the waiting list, exceptions, guests, and who has left."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from courses import queries, services
from courses.enums import ATTENDED
from courses.forms import ExceptionForm, GuestForm, NewGuestForm, OverruleForm
from courses.models import CourseRun, CourseSession, Enrolment, Guest
from courses.rules import seats_left
from courses.views.base import (
    People,
    ask_why,
    cases_of,
    exceptions_for,
    get_seat,
    log_people,
    offered,
    seat_all_the_same,
    show_refusal,
)
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, lead_required, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once


def panel(
    course_run: Any, people: People, sessions: list[CourseSession], marks: dict[int, dict[int, str]]
) -> dict[str, Any]:
    """What the page of a run shows of its people."""
    left = seats_left(course_run.capacity, course_run.taken)
    return {
        "participants": [_participant(row, sessions, marks) for row in people.enrolled],
        "waiting": people.waiting,
        "gone": people.gone,
        "seats_left": left,
        # Seats for who is not in line.
        "seats_to_give": max(left - len(people.waiting), 0),
        "proposed": people.waiting[0] if left and people.waiting else None,
    }


def _participant(row: Enrolment, sessions: list[CourseSession], marks: dict[int, dict[int, str]]) -> dict[str, Any]:
    return {
        "enrolment": row,
        "attended": sum(marks[session.pk].get(row.pk) in ATTENDED for session in sessions),
    }


@lead_required
def run_exception(request: StaffRequest, pk: int) -> HttpResponse:
    """A seat without a grant from screening 2: the project lead's alone, with the reason."""
    course_run = get_object_or_404(queries.runs(), pk=pk)
    offer = offered(exceptions_for(course_run, request), request)
    candidates = offer.rows
    form = ExceptionForm(request.POST or None, candidates=candidates)
    if request.method == "POST" and form.is_valid():
        try:
            services.enrol_by_exception(run=course_run, **form.cleaned_data, by=request.user, today=clock.today())
        except Refused as refusal:
            ask_why(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, form.cleaned_data["case"])
            messages.success(request, _("The citizen has a seat by exception."))
            return redirect("courses:run", pk=course_run.pk)
    logged(request, AccessAction.LIST, *candidates)
    return render(request, "courses/run_exception.html", {"run": course_run, "form": form, "offer": offer})


@team_required
@sent_once
def run_guest(request: StaffRequest, pk: int) -> HttpResponse:
    """A seat, or a place in line, for somebody without a loan case."""
    course_run = get_object_or_404(queries.runs(), pk=pk)
    form = NewGuestForm(request.POST or None)
    full = not seats_left(course_run.capacity, course_run.taken)
    if request.method == "POST" and form.is_valid():
        try:
            enrolment = _seat_for_guest(request, course_run, form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            log_people(request, AccessAction.CHANGE, enrolment)
            waits = enrolment.waiting_since is not None
            messages.success(request, _("The guest is on the waiting list.") if waits else _("The guest has a seat."))
            return redirect("courses:run", pk=course_run.pk)
    return render(request, "courses/run_guest.html", {"run": course_run, "form": form, "full": full})


@transaction.atomic
def _seat_for_guest(request: StaffRequest, course_run: CourseRun, values: dict[str, Any]) -> Enrolment:
    guest = services.add_guest(**values, by=request.user)
    return services.enrol_guest(
        run=course_run, guest=guest, by=request.user, today=clock.today(), wait="wait" in request.POST
    )


@team_required
def guest(request: StaffRequest, pk: int) -> HttpResponse:
    """Who a guest is, and the courses the guest takes part in."""
    if request.method == "POST":  # nobody else saves it before this request is over
        Guest.objects.select_for_update().filter(pk=pk).first()
    person = get_object_or_404(Guest, pk=pk)
    form = GuestForm(request.POST if request.method == "POST" else None, guest=person)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_guest(guest=person, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, numbers=[person.number])
            messages.success(request, _("The guest is corrected."))
            return redirect("courses:guest", pk=person.pk)
    logged(request, AccessAction.VIEW, numbers=[person.number])
    seats = person.enrolments.select_related("run__module").order_by("-run__starts_on", "-pk")
    return render(request, "courses/guest.html", {"guest": person, "form": form, "seats": seats})


@require_POST
@team_required
def take_seat(request: StaffRequest, pk: int) -> HttpResponse:
    """One click: the first in line gets the free seat. Where something stands in the way, a page asks why all the same."""
    enrolment = get_seat(request, pk)
    form = OverruleForm(request.POST)
    reason = form.cleaned_data["overruled"] if form.is_valid() else ""
    try:
        services.take_seat(enrolment=enrolment, by=request.user, today=clock.today(), overruled=reason)
    except Refused as refusal:
        if refusal.field == "overruled":
            return seat_all_the_same(request, enrolment.run, enrolment.person, refusal, *cases_of([enrolment]))
        for message in refusal.messages:
            messages.error(request, message)
    else:
        log_people(request, AccessAction.CHANGE, enrolment)
        messages.success(request, _("%(name)s has got the seat.") % {"name": enrolment.person})
    return redirect("courses:run", pk=enrolment.run_id)
