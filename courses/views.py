from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.models import CaseFile
from cases.views.base import case_context, get_case
from courses import queries, services
from courses.enums import ATTENDED, EnrolmentState
from courses.forms import AttendanceForm, EngagementForm, EnrolForm, RunEditForm, RunForm, TeacherForm, WithdrawForm
from courses.models import CourseModule, CourseRun, CourseSession, Enrolment, Teacher
from courses.rules import seats_left
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused
from microloan.policy.services import rule_set_on

RUNS_PER_PAGE = 20


def _show_refusal(form: Any, refusal: Refused) -> None:
    """Put a service's words at their field, or on top where they belong to none."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


@team_required
def runs(request: HttpRequest) -> HttpResponse:
    """All runs, those to come first; what is over behind a link."""
    today = clock.today()
    over = request.GET.get("over") == "1"
    rows = queries.runs()
    rows = rows.filter(ends_on__lt=today) if over else rows.filter(ends_on__gte=today).order_by("starts_on", "pk")
    page = Paginator(rows, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/runs.html", {"page": page, "today": today, "over": over})


@team_required
def catalogue(request: HttpRequest) -> HttpResponse:
    modules = CourseModule.objects.annotate(
        granted=Count("grants", distinct=True), held=Count("runs", distinct=True)
    ).order_by("order", "title")
    page = Paginator(modules, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/catalogue.html", {"page": page})


@team_required
def run_new(request: HttpRequest) -> HttpResponse:
    """Plan a run from the module's format in one step."""
    form = RunForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            run = services.plan_run(
                module=data["module"],
                place=data["place"],
                capacity=data["capacity"],
                sessions=form.times(),
                teacher=data["teacher"],
                cohort=data["cohort"],
                by=request.user,
            )
        except Refused as refusal:
            _show_refusal(form, refusal)
        else:
            messages.success(request, _("The course run is planned."))
            return redirect("courses:run", pk=run.pk)
    return render(request, "courses/run_form.html", {"form": form})


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the module's format says, when the form is opened from the catalogue."""
    code = request.GET.get("module", "")
    module = CourseModule.objects.filter(code=code, is_active=True).first()
    if module is None:
        return {"cadence": "1", "capacity": 12}
    return {
        "module": module,
        "sessions": module.sessions,
        "cadence": "7" if module.sessions > 4 else "1",
        "capacity": 12,
        "starts": "9.00",
    }


@team_required
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: sessions, participants with their attendance, and a seat for one more."""
    course_run = get_object_or_404(queries.runs(), pk=pk)
    enrolments = _enrolments(course_run, request)
    candidates = _candidates(course_run, request)
    form = EnrolForm(request.POST or None, candidates=candidates)
    if request.method == "POST" and form.is_valid():
        try:
            services.enrol(run=course_run, case=form.cleaned_data["case"], by=request.user, today=clock.today())
        except Refused as refusal:
            _show_refusal(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, form.cleaned_data["case"])
            messages.success(request, _("The citizen has a seat."))
            return redirect("courses:run", pk=course_run.pk)
    named = [*(enrolment.case for enrolment in enrolments), *candidates]
    logged(request, AccessAction.LIST, *named)
    marks = queries.marks_of(course_run)
    sessions = list(course_run.sessions.all())
    today = clock.today()
    context = {
        "run": course_run,
        "sessions": [
            {"session": held, "missing": _unmarked(enrolments, marks[held.pk]) if _is_held(held, today) else 0}
            for held in sessions
        ],
        "participants": _participants(enrolments, sessions, marks),
        "seats_left": seats_left(course_run.capacity, course_run.taken),
        "form": form,
        "has_candidates": len(named) > len(enrolments),
    }
    return render(request, "courses/run.html", context)


@team_required
def run_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Of two people who correct a run at once, the later sees both versions and chooses."""
    if request.method == "POST":  # nobody else saves it before this request is over
        CourseRun.objects.select_for_update().filter(pk=pk).first()
    run = get_object_or_404(CourseRun.objects.select_related("module"), pk=pk)
    form = RunEditForm(request.POST if request.method == "POST" else None, run=run)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_run(run=run, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            _show_refusal(form, refusal)
        else:
            messages.success(request, _("The course run is corrected."))
            return redirect("courses:run", pk=run.pk)
    return render(request, "courses/run_edit.html", {"run": run, "form": form})


def _enrolments(course_run: CourseRun, request: HttpRequest) -> list[Enrolment]:
    """The participants this person may see."""
    visible = CaseFile.objects.visible_to(request.user)
    return list(
        course_run.enrolments.filter(state=EnrolmentState.ENROLLED, case__in=visible).select_related("case__citizen")
    )


def _candidates(course_run: CourseRun, request: HttpRequest) -> QuerySet[CaseFile]:
    """Open cases with a grant of the module and no seat on this run; for a voluntary module all open cases."""
    cases = CaseFile.objects.visible_to(request.user).live().open().select_related("citizen")
    if not course_run.module.is_voluntary:
        cases = cases.filter(module_grants__module=course_run.module)
    return cases.exclude(pk__in=course_run.enrolments.filter(state=EnrolmentState.ENROLLED).values("case")).order_by(
        "citizen__name", "pk"
    )


def _participants(
    enrolments: list[Enrolment], sessions: list[CourseSession], marks: dict[int, dict[int, str]]
) -> list[dict[str, Any]]:
    return [
        {
            "enrolment": enrolment,
            "attended": sum(marks[session.pk].get(enrolment.pk) in ATTENDED for session in sessions),
        }
        for enrolment in enrolments
    ]


def _is_held(course_session: CourseSession, today: date) -> bool:
    """Attendance can be taken from the day of the session on."""
    return danish.local_date(course_session.starts_at) <= today


def _unmarked(enrolments: list[Enrolment], marks: dict[int, str]) -> int:
    return sum(enrolment.pk not in marks for enrolment in enrolments)


@team_required
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Take attendance of one session, on a phone at the course. What is left unanswered stays as it was."""
    if request.method == "POST":  # nobody else takes attendance before this request is over
        CourseSession.objects.select_for_update().filter(pk=pk).first()
    course_session = get_object_or_404(CourseSession.objects.select_related("run__module"), pk=pk)
    today = clock.today()
    enrolments = _enrolments(course_session.run, request)
    marks = queries.marks_of(course_session.run)[course_session.pk]
    form = AttendanceForm(request.POST or None, enrolments=enrolments, marks=marks)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.mark_attendance(session=course_session, marks=form.marks(), by=request.user, today=today)
        except Refused as refusal:
            _show_refusal(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, *[enrolment.case for enrolment in enrolments])
            messages.success(
                request,
                _("Attendance is saved for %(count)s of %(all)s.") % {"count": len(saved), "all": len(enrolments)},
            )
            return redirect("courses:run", pk=course_session.run_id)
    logged(request, AccessAction.VIEW, *[enrolment.case for enrolment in enrolments])
    context = {
        "session": course_session,
        "run": course_session.run,
        "form": form,
        "future": not _is_held(course_session, today),
        "missing": _unmarked(enrolments, marks),
    }
    return render(request, "courses/session.html", context)


def _seat(request: HttpRequest, pk: int, *, lock: bool = False) -> Enrolment:
    """`lock`: on a POST, nobody else saves it before this request is over."""
    if lock and request.method == "POST":
        Enrolment.objects.select_for_update().filter(pk=pk).first()
    visible = CaseFile.objects.visible_to(request.user)
    return get_object_or_404(
        Enrolment.objects.filter(case__in=visible).select_related("case__citizen", "run__module"), pk=pk
    )


@team_required
def engagement(request: HttpRequest, pk: int) -> HttpResponse:
    """How one participant takes part, in words; the later of two writers sees both texts."""
    seat = _seat(request, pk, lock=True)
    form = EngagementForm(request.POST or None, stored={"text": seat.engagement}, row=seat)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_engagement(enrolment=seat, text=form.cleaned_data["text"], by=request.user)
        except Refused as refusal:
            _show_refusal(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, seat.case)
            messages.success(request, _("The note on engagement is saved."))
            return redirect("courses:run", pk=seat.run_id)
    logged(request, AccessAction.VIEW, seat.case)
    return render(request, "courses/engagement.html", {"enrolment": seat, "form": form})


@team_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a seat, with the reason."""
    enrolment = _seat(request, pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw(
                enrolment=enrolment, reason=form.cleaned_data["reason"], by=request.user, today=clock.today()
            )
        except Refused as refusal:
            _show_refusal(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, enrolment.case)
            messages.success(request, _("The seat is given up."))
            return redirect("courses:run", pk=enrolment.run_id)
    logged(request, AccessAction.VIEW, enrolment.case)
    return render(request, "courses/withdraw.html", {"enrolment": enrolment, "form": form})


@team_required
def teachers(request: HttpRequest) -> HttpResponse:
    """The register of teachers, and a form for one more."""
    form = TeacherForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_teacher(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            _show_refusal(form, refusal)
        else:
            messages.success(request, _("The teacher is in the register."))
            return redirect("courses:teachers")
    page = Paginator(Teacher.objects.filter(is_active=True), RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/teachers.html", {"page": page, "form": form})


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
