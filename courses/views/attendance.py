"""Attendance of one session, and how a participant takes part."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from courses import queries, services
from courses.forms import AttendanceForm, EngagementForm
from courses.models import CourseSession
from courses.views.base import get_seat, is_held, log_people, show_refusal, unmarked, visible_enrolments
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import team_required
from microloan.core import clock
from microloan.core.errors import Refused


@team_required
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Take attendance of one session, on a phone at the course. What is left unanswered stays as it was."""
    if request.method == "POST":  # nobody else takes attendance before this request is over
        CourseSession.objects.select_for_update().filter(pk=pk).first()
    course_session = get_object_or_404(CourseSession.objects.select_related("run__module"), pk=pk)
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
    context = {
        "session": course_session,
        "run": course_session.run,
        "form": form,
        "future": not is_held(course_session, today),
        "missing": unmarked(enrolments, marks),
    }
    return render(request, "courses/session.html", context)


@team_required
def engagement(request: HttpRequest, pk: int) -> HttpResponse:
    """How one participant takes part, in words; the later of two writers sees both texts."""
    seat = get_seat(request, pk, lock=True)
    form = EngagementForm(request.POST or None, stored={"text": seat.engagement}, row=seat)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_engagement(enrolment=seat, text=form.cleaned_data["text"], by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            log_people(request, AccessAction.CHANGE, seat)
            messages.success(request, _("The note on engagement is saved."))
            return redirect("courses:run", pk=seat.run_id)
    log_people(request, AccessAction.VIEW, seat)
    return render(request, "courses/engagement.html", {"enrolment": seat, "form": form})
