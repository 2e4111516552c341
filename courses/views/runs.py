"""Runs: the list, one run, planning and correcting it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from courses import meetings, queries, services
from courses.forms import EnrolForm
from courses.models import CourseRun
from courses.views import participants
from courses.views.base import RUNS_PER_PAGE, ask_why, candidates_for, is_held, offered, people_of, unmarked
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.perms import team_required
from microloan.core import clock
from microloan.core.errors import Refused


@team_required
def runs(request: HttpRequest) -> HttpResponse:
    """All runs, those to come first; what is over behind a link."""
    today = clock.today()
    over = request.GET.get("over") == "1"
    rows = queries.runs().filter(meeting__isnull=True)
    rows = rows.filter(ends_on__lt=today) if over else rows.filter(ends_on__gte=today).order_by("starts_on", "pk")
    page = Paginator(rows, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/runs.html", {"page": page, "today": today, "over": over})


@team_required
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: sessions, participants with their attendance, and a seat for one more."""
    course_run = get_object_or_404(queries.runs(), pk=pk)
    people = people_of(course_run, request)
    offer = offered(candidates_for(course_run, request), request)
    candidates = offer.rows
    form = EnrolForm(request.POST or None, candidates=candidates)
    if request.method == "POST" and form.is_valid():
        waits = "wait" in request.POST
        try:
            _give(request, course_run, form.cleaned_data, waits=waits)
        except Refused as refusal:
            ask_why(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, form.cleaned_data["case"])
            messages.success(
                request, _("The citizen is on the waiting list.") if waits else _("The citizen has a seat.")
            )
            return redirect("courses:run", pk=course_run.pk)
    named = [*people.cases, *candidates]
    logged(request, AccessAction.LIST, *named, numbers=[guest.number for guest in people.guests])
    marks = queries.marks_of(course_run)
    sessions = list(course_run.sessions.prefetch_related("moves__moved_by").select_related("cancelled_by"))
    now = clock.now()
    meeting = getattr(course_run, "meeting", None)
    context = {
        "run": course_run,
        "meeting": meeting,
        "invited": people.invited,
        "declined": people.declined,
        "earlier": meetings.ideas_before(course_run) if meeting else [],
        "sessions": [
            {
                "session": held,
                "missing": unmarked(people.enrolled, marks[held.pk]) if is_held(held, now) else 0,
                "moves": list(held.moves.all()),
                "is_marked": bool(marks[held.pk]),
            }
            for held in sessions
        ],
        "counted": sum(not held.is_cancelled for held in sessions),
        "overruled": course_run.overruled_clashes.select_related("overruled_by"),
        **participants.panel(course_run, people, [held for held in sessions if not held.is_cancelled], marks),
        "may_except": request.user.role == Role.PROJECT_LEAD,
        "form": form,
        "offer": offer,
        "has_candidates": len(named) > len(people.cases),
    }
    return render(request, "courses/run.html", context)


def _give(request: HttpRequest, course_run: CourseRun, values: dict[str, Any], *, waits: bool) -> None:
    """A seat, or a place in line."""
    who: dict[str, Any] = {"run": course_run, "case": values["case"], "by": request.user, "today": clock.today()}
    if waits:
        services.join_waiting_list(**who)
    else:
        services.enrol(**who, overruled=values.get("overruled", ""))
