"""Runs planned from their format, checked before they are saved, and put right session by session."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from courses import clashes, services
from courses.forms import (
    AddSessionForm,
    CancelSessionForm,
    MoveSessionForm,
    OverruleForm,
    RunEditForm,
    RunForm,
    session_forms,
    times_of,
)
from courses.forms.runs import Times
from courses.models import CourseModule, CourseRun, CourseSession, Place
from courses.views.base import ask_why, show_refusal
from microloan.accounts.perms import team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once

CHECK, SAVE = "check", "save"


def known_places() -> list[str]:
    """Offered while one types."""
    return list(Place.objects.order_by("name", "pk").values_list("name", flat=True)[:200])


@team_required
@sent_once
def run_new(request: HttpRequest) -> HttpResponse:
    """Plan a run from the module's format in one step: the sessions are proposed, checked and saved."""
    step = request.POST.get("step", CHECK) if request.method == "POST" else ""
    form = RunForm(request.POST or None, initial=_initial(request))
    if step in (CHECK, SAVE) and form.is_valid():
        return _check_run(request, form, is_saved=step == SAVE)
    return render(request, "courses/run_form.html", {"form": form, "places": known_places()})


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The module, when the form is opened from the catalogue."""
    module = CourseModule.objects.filter(code=request.GET.get("module", ""), is_active=True).first()
    return {"module": module, "capacity": 12} if module else {"capacity": 12}


def _check_run(request: HttpRequest, form: RunForm, *, is_saved: bool) -> HttpResponse:
    """The check page: every session with its day and hours, and whatever stands in the way."""
    proposed = form.proposed()
    sessions = session_forms(request.POST, proposed, typed=is_saved)
    overrule = OverruleForm(request.POST if is_saved else None)
    if is_saved and all([overrule.is_valid(), *[session.is_valid() for session in sessions]]):
        try:
            run = _plan(request, form, times_of(sessions), overrule.cleaned_data["overruled"])
        except Refused as refusal:
            show_refusal(overrule, refusal)
        else:
            messages.success(request, _("The course run is planned."))
            return redirect("courses:run", pk=run.pk)
    context = {
        "form": form,
        "sessions": sessions,
        "overrule": overrule,
        "clashes": [] if is_saved else _clashes(form, proposed),
        "asks": is_saved and bool(overrule.errors),
        "run": form.cleaned_data,
    }
    return render(request, "courses/run_check.html", context)


def _clashes(form: RunForm, times: list[Times]) -> list[str]:
    data = form.cleaned_data
    found = clashes.of_run(
        module=data["module"],
        place=Place.objects.filter(name__iexact=data["place"].strip()).first(),
        teacher=data["teacher"],
        sessions=times,
        cases=clashes.expected(module=data["module"], cohort=data["cohort"], sessions=times),
    )
    return clashes.lines(found, named=True)


def _plan(request: HttpRequest, form: RunForm, times: list[Times], overruled: str) -> CourseRun:
    data = form.cleaned_data
    return services.plan_run(
        module=data["module"],
        place=data["place"],
        capacity=data["capacity"],
        cost=data["cost"],
        sessions=times,
        teacher=data["teacher"],
        cohort=data["cohort"],
        by=request.user,
        overruled=overruled,
    )


@team_required
def run_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Of two people who correct a run at once, the later sees both versions and chooses."""
    if request.method == "POST":  # nobody else saves it before this request is over
        CourseRun.objects.select_for_update().filter(pk=pk).first()
    run = get_object_or_404(CourseRun.objects.select_related("module", "place"), pk=pk)
    asks = "overruled" in request.POST
    form = RunEditForm(request.POST if request.method == "POST" else None, run=run, asks=asks)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_run(run=run, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            ask_why(form, refusal)
        else:
            messages.success(request, _("The course run is corrected."))
            return redirect("courses:run", pk=run.pk)
    return render(request, "courses/run_edit.html", {"run": run, "form": form, "places": known_places()})


@team_required
def session_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move one session by hand."""
    session = get_object_or_404(CourseSession.objects.select_related("run__module", "run__place"), pk=pk)
    data = request.POST if request.method == "POST" else None
    form = MoveSessionForm(data, session=session, asks="overruled" in request.POST)
    if request.method == "POST" and form.is_valid():
        starts_at, ends_at = form.times()
        try:
            services.move_session(
                session=session,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=form.cleaned_data["reason"],
                by=request.user,
                overruled=form.cleaned_data.get("overruled", ""),
            )
        except Refused as refusal:
            ask_why(form, refusal)
        else:
            messages.success(request, _("The session is moved."))
            return redirect("courses:run", pk=session.run_id)
    return render(request, "courses/session_move.html", {"session": session, "run": session.run, "form": form})


@team_required
def session_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel one session, saying why."""
    session = get_object_or_404(CourseSession.objects.select_related("run__module", "run__place"), pk=pk)
    form = CancelSessionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel_session(session=session, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The session is cancelled."))
            return redirect("courses:run", pk=session.run_id)
    return render(request, "courses/session_cancel.html", {"session": session, "run": session.run, "form": form})


@team_required
def session_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """A session with marks that was never held: what that takes away is repeated before it is done."""
    session = get_object_or_404(CourseSession.objects.select_related("run__module", "run__place"), pk=pk)
    form = CancelSessionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.undo_session(
                session=session, reason=form.cleaned_data["reason"], by=request.user, today=clock.today()
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The session is cancelled, and its attendance does not count."))
            return redirect("courses:run", pk=session.run_id)
    context = {"session": session, "run": session.run, "form": form, "marked": session.attendance.count()}
    return render(request, "courses/session_undo.html", context)


@team_required
@sent_once
def session_add(request: HttpRequest, pk: int) -> HttpResponse:
    """One more session of a run."""
    run = get_object_or_404(CourseRun.objects.select_related("module", "place"), pk=pk)
    form = AddSessionForm(request.POST or None, asks="overruled" in request.POST)
    if request.method == "POST" and form.is_valid():
        starts_at, ends_at = form.times()
        try:
            services.add_session(
                run=run,
                starts_at=starts_at,
                ends_at=ends_at,
                by=request.user,
                overruled=form.cleaned_data.get("overruled", ""),
            )
        except Refused as refusal:
            ask_why(form, refusal)
        else:
            messages.success(request, _("The session is added."))
            return redirect("courses:run", pk=run.pk)
    return render(request, "courses/session_add.html", {"run": run, "form": form})
