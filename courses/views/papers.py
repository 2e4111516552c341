"""The papers of a run as PDF; who fetches them is logged for each person they name."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses import letters, papers, queries
from courses.enums import EnrolmentState
from courses.models import CourseRun, CourseSession, Enrolment
from courses.views.base import get_seat, log_people, visible_enrolments
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.pdf import PdfError


def _run(pk: int) -> CourseRun:
    return get_object_or_404(CourseRun.objects.select_related("module", "teacher", "place"), pk=pk)


def _sessions(run: CourseRun) -> list[CourseSession]:
    """Those that are held."""
    return list(run.sessions.held_or_planned().order_by("starts_at", "pk"))


def _answer(request: StaffRequest, pdf: bytes, name: str, seats: Sequence[Enrolment]) -> HttpResponse:
    log_people(request, AccessAction.EXPORT, *seats)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def _none(request: StaffRequest, run: CourseRun, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("courses:run", pk=run.pk)


@require_safe
@team_required
def attendance_list(request: StaffRequest, pk: int) -> HttpResponse:
    """With a box for the signature at each session."""
    run = _run(pk)
    seats = visible_enrolments(run, request)
    try:
        pdf = papers.attendance_list(run, seats, _sessions(run), clock.today())
    except PdfError as failure:
        return _none(request, run, str(failure))
    return _answer(request, pdf, f"deltagerliste-{run.pk}", seats)


@require_safe
@team_required
def name_badges(request: StaffRequest, pk: int) -> HttpResponse:
    run = _run(pk)
    seats = visible_enrolments(run, request)
    if not seats:
        return _none(request, run, _("Nobody has a seat yet."))
    try:
        pdf = papers.name_badges(run, seats, clock.today())
    except PdfError as failure:
        return _none(request, run, str(failure))
    return _answer(request, pdf, f"navneskilte-{run.pk}", seats)


@require_safe
@team_required
def certificates(request: StaffRequest, pk: int) -> HttpResponse:
    """Of all who have completed the run."""
    return _certificates(request, _run(pk), visible_enrolments(_run(pk), request))


@require_safe
@team_required
def certificate(request: StaffRequest, pk: int) -> HttpResponse:
    """Of one participant."""
    seat = get_seat(request, pk)
    seats = [seat] if seat.state == EnrolmentState.ENROLLED else []
    return _certificates(request, _run(seat.run_id), seats)


def _certificates(request: StaffRequest, run: CourseRun, seats: list[Enrolment]) -> HttpResponse:
    today = clock.today()
    completed = queries.completed_seats(run, today)
    seats = [seat for seat in seats if seat.pk in completed]
    if not seats:
        return _none(
            request, run, _("A certificate is made when the course is completed. Nobody here has completed it yet.")
        )
    try:
        pdf = papers.certificates(run, seats, _sessions(run), today)
    except PdfError as failure:
        return _none(request, run, str(failure))
    return _answer(request, pdf, f"kursusbevis-{run.pk}", seats)


@require_safe
@team_required
def guest_invitation(request: StaffRequest, pk: int) -> HttpResponse:
    """For a guest, whom no letter reaches from here."""
    seat = get_seat(request, pk)
    if seat.guest is None or seat.state not in letters.TOLD:
        raise Http404
    run, today = _run(seat.run_id), clock.today()
    facts = letters.context_of(letters.programme_now(run, today), "")
    try:
        pdf = papers.guest_invitation(run, seat.guest, facts, today)
    except PdfError as failure:
        return _none(request, run, str(failure))
    return _answer(request, pdf, f"invitation-{seat.pk}", [seat])
