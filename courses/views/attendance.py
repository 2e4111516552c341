"""Attendance of one session, and how a participant takes part."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from courses import queries, services
from courses.forms import AttendanceForm, EngagementForm, TapForm
from courses.models import Attendance, AttendanceEntry, CourseSession, Enrolment
from courses.views.base import get_seat, is_held, log_people, show_refusal, unmarked, visible_enrolments
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused


@team_required
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Take attendance of one session, on a phone at the course. What is left unanswered stays as it was."""
    course_session = get_object_or_404(CourseSession.objects.select_related("run__module"), pk=pk)
    if request.method == "POST":  # nobody else takes attendance before this request is over
        course_session = services.lock_session(course_session)
    today = clock.today()
    enrolments = visible_enrolments(course_session.run, request)
    marks = queries.marks_of(course_session.run)[course_session.pk]
    form = AttendanceForm(request.POST or None, enrolments=enrolments, marks=marks)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.mark_attendance(session=course_session, marks=form.marks(), by=request.user, today=today)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            log_people(request, AccessAction.CHANGE, *enrolments)
            messages.success(
                request,
                _("Attendance is saved for %(count)s of %(all)s.") % {"count": len(saved), "all": len(enrolments)},
            )
            return redirect("courses:run", pk=course_session.run_id)
    log_people(request, AccessAction.VIEW, *enrolments)
    rows = _rows(course_session, enrolments, form)
    context = {
        "session": course_session,
        "run": course_session.run,
        "form": form,
        "future": not is_held(course_session, clock.now()),
        "cancelled": course_session.is_cancelled,
        "rows": rows,
        "marked": len(enrolments) - unmarked(enrolments, marks),
    }
    return render(request, "courses/session.html", context)


def _rows(course_session: CourseSession, enrolments: list[Enrolment], form: AttendanceForm) -> list[dict[str, Any]]:
    """Each participant with the mark that stands and those before it, in one query."""
    made: dict[int, list[AttendanceEntry]] = defaultdict(list)
    for entry in course_session.entries.select_related("marked_by").order_by("-marked_at", "-pk"):
        made[entry.enrolment_id].append(entry)
    return [
        {
            "enrolment": row,
            "field": form[f"mark_{row.pk}"],
            "standing": _told(course_session, made[row.pk][:1]),
            "earlier": _told(course_session, made[row.pk][1:]),
        }
        for row in enrolments
    ]


def _told(course_session: CourseSession, entries: list[AttendanceEntry]) -> list[dict[str, Any]]:
    """Marks with the time of day; with the date too where they were made on another day than the session."""
    held_on = danish.local_date(course_session.starts_at)
    return [
        {
            "mark": entry.get_mark_display(),
            "name": entry.marked_by.full_name,
            "at": danish.clock_time(entry.marked_at)
            if danish.local_date(entry.marked_at) == held_on
            else danish.date_and_time(entry.marked_at),
        }
        for entry in entries
    ]


@require_POST
@team_required
def session_mark(request: StaffRequest, pk: int) -> JsonResponse:
    """One tap, sent by the page at once, and again until it is answered. The answer says which mark stands."""
    course_session = get_object_or_404(CourseSession.objects.select_related("run__module"), pk=pk)
    form = TapForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"text": _("Not saved.")}, status=422)
    seat = get_seat(request, form.cleaned_data["enrolment"])
    try:
        stands = services.tap_attendance(
            session=course_session, tap=form.tap(clock.now()), by=request.user, today=clock.today()
        )
    except Refused as refusal:
        stood = Attendance.objects.filter(session=course_session, enrolment=seat).first()
        code = 409 if isinstance(refusal, Conflict) else 422
        return JsonResponse({"mark": stood.mark if stood else "", "text": " ".join(refusal.messages)}, status=code)
    log_people(request, AccessAction.CHANGE, seat)
    return JsonResponse({"mark": stands.mark, "text": _words(stands, form.cleaned_data["mark"])})


def _words(stands: Attendance, sent: str) -> str:
    if stands.mark == sent:
        return _("Saved %(time)s") % {"time": danish.clock_time(stands.marked_at)}
    return _("%(name)s has marked this later: %(mark)s") % {
        "name": stands.marked_by.full_name,
        "mark": stands.get_mark_display(),
    }


@team_required
def engagement(request: HttpRequest, pk: int) -> HttpResponse:
    """How one participant takes part, in words; the later of two writers sees both texts."""
    seat = get_seat(request, pk, lock=True)
    back = _back(request, seat)
    form = EngagementForm(request.POST or None, stored={"text": seat.engagement}, row=seat)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_engagement(enrolment=seat, text=form.cleaned_data["text"], by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            log_people(request, AccessAction.CHANGE, seat)
            messages.success(request, _("The note on engagement is saved."))
            return redirect(back)
    log_people(request, AccessAction.VIEW, seat)
    return render(request, "courses/engagement.html", {"enrolment": seat, "form": form, "back": back})


def _back(request: HttpRequest, seat: Enrolment) -> str:
    """To the session from which it was opened, else to the run."""
    number = request.GET.get("session", "")[:12]
    if number.isdecimal() and seat.run.sessions.filter(pk=int(number)).exists():
        return reverse("courses:session", kwargs={"pk": int(number)})
    return reverse("courses:run", kwargs={"pk": seat.run_id})
