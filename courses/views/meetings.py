"""Voluntary meetings: the list, a row planned in one step, programme and script, who is asked and what they answer."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cases.letters.services import preview_letter
from cases.models import CaseFile
from courses import clashes, letters, services
from courses import meetings as reads
from courses.forms import MeetingForm, MeetingsForm, OverruleForm, session_forms, times_of
from courses.models import CourseModule, CourseRun, Meeting
from courses.services.meetings import in_the_way
from courses.views.base import RUNS_PER_PAGE, get_seat, log_people, show_refusal
from courses.views.planning import CHECK, SAVE, known_places
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once
from microloan.core.pdf import PdfError


@team_required
def meetings(request: StaffRequest) -> HttpResponse:
    """Meetings to come, or held, with who is asked, comes and came."""
    today, over = clock.today(), request.GET.get("over") == "1"
    rows = reads.meetings()
    rows = rows.filter(run__ends_on__lt=today) if over else rows.filter(run__ends_on__gte=today)
    rows = rows.order_by("-run__starts_on", "-pk") if over else rows
    page = Paginator(rows, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/meetings.html", {"page": page, "over": over, "today": today})


@team_required
@sent_once
def meetings_new(request: StaffRequest) -> HttpResponse:
    """Plan a row of meetings in one step: the days are proposed, checked and saved."""
    step = request.POST.get("step", CHECK) if request.method == "POST" else ""
    form = MeetingsForm(request.POST or None, initial=_initial())
    if step in (CHECK, SAVE) and form.is_valid():
        return _check(request, form, is_saved=step == SAVE)
    return render(request, "courses/meetings_form.html", {"form": form, "places": known_places()})


def _initial() -> dict[str, Any]:
    modules = CourseModule.objects.filter(is_active=True, is_voluntary=True)
    return {"module": modules.filter(code="network_meeting").first()}


def _check(request: StaffRequest, form: MeetingsForm, *, is_saved: bool) -> HttpResponse:
    proposed = form.proposed()
    sessions = session_forms(request.POST, proposed, typed=is_saved)
    overrule = OverruleForm(request.POST if is_saved else None)
    if is_saved and all([overrule.is_valid(), *[session.is_valid() for session in sessions]]):
        try:
            made = services.plan_meetings(
                plan=form.plan(),
                times=times_of(sessions),
                by=request.user,
                overruled=overrule.cleaned_data["overruled"],
            )
        except Refused as refusal:
            show_refusal(overrule, refusal)
        else:
            words = ngettext("%(count)s meeting is planned.", "%(count)s meetings are planned.", len(made))
            messages.success(request, words % {"count": len(made)})
            return redirect("courses:meetings")
    context = {
        "form": form,
        "sessions": sessions,
        "overrule": overrule,
        "clashes": [] if is_saved else clashes.lines(in_the_way(form.plan(), proposed), named=True),
        "asks": is_saved and bool(overrule.errors),
        "run": form.cleaned_data,
    }
    return render(request, "courses/meetings_check.html", context)


def _get_run(pk: int) -> CourseRun:
    rows = CourseRun.objects.select_related("module", "teacher", "place", "meeting", "cohort")
    return get_object_or_404(rows.filter(module__is_voluntary=True), pk=pk)


@team_required
def meeting_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Programme, script and ideas of one meeting."""
    if request.method == "POST":  # nobody else saves it before this request is over
        Meeting.objects.select_for_update().filter(run=pk).first()
    run = _get_run(pk)
    meeting = getattr(run, "meeting", None) or Meeting(run=run)
    form = MeetingForm(request.POST if request.method == "POST" else None, meeting=meeting)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_meeting(run=run, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The meeting is saved."))
            return redirect("courses:run", pk=run.pk)
    context = {"run": run, "form": form, "earlier": reads.ideas_before(run)}
    return render(request, "courses/meeting_form.html", context)


class AskForm(forms.Form):
    """Who is asked to a meeting."""

    def __init__(self, *args: Any, people: list[CaseFile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(case.pk): case for case in people}
        self.fields["people"] = forms.MultipleChoiceField(
            choices=[(key, str(case.citizen)) for key, case in self.people.items()],
            required=False,
            initial=list(self.people),
        )

    @property
    def chosen(self) -> list[CaseFile]:
        return [self.people[key] for key in self.cleaned_data["people"]]


@team_required
def meeting_invite(request: StaffRequest, pk: int) -> HttpResponse:
    """Who is asked: everybody whom the meeting is for, unless a tick is taken away. The page repeats what the letter says."""
    run = _get_run(pk)
    if not hasattr(run, "meeting"):
        return redirect("courses:meeting_edit", pk=run.pk)
    people = list(reads.may_be_asked(run, request.user))
    form = AskForm(request.POST if request.method == "POST" else None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            return _preview(request, run, people) if "preview" in request.POST else _ask(request, run, form)
        except (Refused, PdfError) as refusal:
            show_refusal(form, refusal if isinstance(refusal, Refused) else Refused(str(refusal)))
    logged(request, AccessAction.LIST, *people)
    chosen = form["people"].value() or []
    rows = [{"case": case, "is_chosen": str(case.pk) in chosen} for case in people]
    context = {"run": run, "form": form, "rows": rows, "programme": letters.programme_now(run, clock.today())}
    return render(request, "courses/meeting_invite.html", context)


def _ask(request: StaffRequest, run: CourseRun, form: AskForm) -> HttpResponse:
    made = services.invite_to_meeting(run=run, people=form.chosen, by=request.user, today=clock.today())
    log_people(request, AccessAction.CHANGE, *made)
    words = ngettext("%(number)s citizen is invited.", "%(number)s citizens are invited.", len(made))
    messages.success(request, words % {"number": len(made)} if made else _("Nobody more is invited."))
    return redirect("courses:run", pk=run.pk)


def _preview(request: StaffRequest, run: CourseRun, people: list[CaseFile]) -> HttpResponse:
    """The letter as the first of them gets it, stored nowhere."""
    if not people:
        return redirect("courses:meeting_invite", pk=run.pk)
    today = clock.today()
    context = letters.context_of(letters.programme_now(run, today), "")
    made = preview_letter(kind=letters.MEETING, case=people[0], context=context, by=request.user, today=today)
    logged(request, AccessAction.VIEW, people[0])
    response = HttpResponse(made.pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="brev.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@team_required
def meeting_answer(request: StaffRequest, pk: int) -> HttpResponse:
    """Yes or no, as the citizen has told us: one click."""
    seat = get_seat(request, pk)
    comes = request.POST.get("comes") == "yes"
    try:
        services.answer(enrolment=seat, comes=comes, by=request.user, today=clock.today())
    except Refused as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        log_people(request, AccessAction.CHANGE, seat)
        words = _("%(name)s comes.") if comes else _("%(name)s does not come.")
        messages.success(request, words % {"name": seat.person})
    return redirect("courses:run", pk=seat.run_id)
