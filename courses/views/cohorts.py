"""Cohorts: the list, everybody's journey at a glance, and a whole pre-course planned in one go."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.models import CaseFile, Cohort
from cases.views.base import get_case
from courses import clashes, cohorts, planning, queries, services
from courses.forms import CohortForm, ModuleRowForm, PlanForm, PreCourseForm, ResidentialForm
from courses.forms.cohorts import format_of, included, teacher_choices
from courses.models import CourseModule, CourseRun
from courses.services import RunPlan
from courses.views.base import RUNS_PER_PAGE, show_refusal
from courses.views.planning import known_places
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import lead_required, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused
from microloan.core.once import sent_once
from microloan.policy.services import rule_set_on

MEMBERS_PER_PAGE, COHORT_RUNS = 25, 50
PROPOSE, AGAIN, SAVE = "propose", "again", "save"


@team_required
def cohort_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(cohorts.cohorts(), RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/cohorts.html", {"page": page, "today": clock.today()})


@team_required
@sent_once
def cohort_new(request: HttpRequest) -> HttpResponse:
    return _cohort_form(request, None)


@team_required
def cohort_edit(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":  # nobody else saves it before this request is over
        Cohort.objects.select_for_update().filter(pk=pk).first()
    return _cohort_form(request, get_object_or_404(Cohort, pk=pk))


def _cohort_form(request: HttpRequest, cohort: Cohort | None) -> HttpResponse:
    form = CohortForm(request.POST if request.method == "POST" else None, cohort=cohort)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_cohort(cohort=cohort, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The cohort is saved."))
            return redirect("courses:cohort", pk=saved.pk)
    return render(request, "courses/cohort_form.html", {"form": form, "cohort": cohort})


@team_required
def cohort_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody's journey at a glance and what blocks each; the runs of the cohort."""
    cohort = get_object_or_404(Cohort, pk=pk)
    today = clock.today()
    rows = cohorts.members_of(cohort, request.user).prefetch_related(*queries.read_ahead())
    page = Paginator(rows, MEMBERS_PER_PAGE).get_page(request.GET.get("page"))
    members = cohorts.at_a_glance(cohort, page.object_list, today)
    logged(request, AccessAction.LIST, *[member.case for member in members])
    context = {
        "cohort": cohort,
        "page": page,
        "members": members,
        "runs": Paginator(cohorts.runs_of(cohort), COHORT_RUNS).get_page(request.GET.get("runs")),
        "today": today,
    }
    return render(request, "courses/cohort.html", context)


# --- A whole pre-course ------------------------------------------------------------------------------------------------


@team_required
@sent_once
def pre_course(request: HttpRequest, pk: int) -> HttpResponse:
    """First the dates that all is proposed from, then a page on which every run is checked, then all is planned or none."""
    cohort = get_object_or_404(Cohort, pk=pk)
    step = request.POST.get("step", PROPOSE) if request.method == "POST" else ""
    initial = {"first_on": max(cohort.start_on, clock.today()), "main_course_on": cohort.main_course_on}
    form = PreCourseForm(request.POST or None, initial=initial)
    modules = list(cohorts.modules_wanted(cohort))
    if step in (PROPOSE, AGAIN, SAVE) and form.is_valid():
        try:
            return _check(request, cohort, form, modules, step)
        except planning.NoRoom:
            form.add_error("first_on", _("There are no open days after this date."))
    context = {"cohort": cohort, "form": form, "modules": modules, "places": known_places()}
    return render(request, "courses/pre_course.html", context)


def _check(
    request: HttpRequest, cohort: Cohort, form: PreCourseForm, modules: Sequence[Any], step: str
) -> HttpResponse:
    rows = _rows(request, form, modules, is_typed=step != PROPOSE)
    plan = PlanForm(request.POST if step != PROPOSE else None)
    if step == PROPOSE:
        return _proposal(request, cohort, form, rows, plan)
    if not all([plan.is_valid(), *[row.is_valid() for row in rows]]):
        return _proposal(request, cohort, form, rows, plan)
    if step == AGAIN or any(row.is_moved for row in included(rows)):
        if step == SAVE:
            messages.info(request, _("A date was changed, so the sessions are proposed again. Check them, then plan."))
        return _proposal(request, cohort, form, _again(form, rows), plan)
    try:
        made = services.plan_pre_course(
            cohort=cohort,
            main_course_on=form.cleaned_data["main_course_on"],
            runs=[_run_plan(row) for row in included(rows)],
            with_seats=plan.cleaned_data["with_seats"],
            by=request.user,
            today=clock.today(),
            overruled=plan.cleaned_data["overruled"],
        )
    except Refused as refusal:
        show_refusal(plan, refusal)
        return _proposal(request, cohort, form, rows, plan)
    messages.success(request, _("The pre-course is planned with %(count)s course runs.") % {"count": len(made)})
    if plan.cleaned_data["with_seats"] and (left := _without_seat(cohort, [_run_plan(row) for row in included(rows)])):
        messages.warning(request, _("Not everybody got a seat: %(modules)s.") % {"modules": ", ".join(left)})
    return redirect("courses:cohort", pk=cohort.pk)


def _rows(request: HttpRequest, form: PreCourseForm, modules: Sequence[Any], *, is_typed: bool) -> list[ModuleRowForm]:
    """What was typed of each module, or else what the planner proposes."""
    teachers = teacher_choices()
    if is_typed:
        return [
            ModuleRowForm(request.POST, module=module, granted=module.granted, teachers=teachers) for module in modules
        ]
    wanted = {module.pk: None for module in modules if not module.is_planned}
    days = _propose(form, modules, wanted)
    return [
        ModuleRowForm(
            module=module,
            granted=module.granted,
            teachers=teachers,
            initial={
                "included": module.pk in days,
                "starts": module.usual_start,
                "place": form.cleaned_data["place"],
                "capacity": 12,
                **_proposed(days.get(module.pk, ())),
            },
        )
        for module in modules
    ]


def _proposed(days: Sequence[date]) -> dict[str, Any]:
    return {"first_on": days[0] if days else None, "proposed": ",".join(day.isoformat() for day in days)}


def _again(form: PreCourseForm, rows: Sequence[ModuleRowForm]) -> list[ModuleRowForm]:
    """The rows as typed, with new days: around the dates that somebody has chosen."""
    days = _propose(form, [row.module for row in rows], {row.module.pk: row.wish for row in included(rows)})
    return [
        ModuleRowForm(
            module=row.module,
            granted=row.granted,
            teachers=teacher_choices(),
            initial={
                **row.cleaned_data,
                "chosen": row.wish is not None,
                **_proposed(days.get(row.module.pk, ())),
            },
        )
        for row in rows
    ]


def _propose(
    form: PreCourseForm, modules: Sequence[Any], wishes: dict[int, date | None]
) -> dict[int, tuple[date, ...]]:
    wanted = [
        planning.Wanted(module.pk, format_of(module), is_residential=module.is_residential, first=wishes[module.pk])
        for module in modules
        if module.pk in wishes
    ]
    plan = planning.propose_pre_course(
        wanted,
        first=form.cleaned_data["first_on"],
        main_course_on=form.cleaned_data["main_course_on"],
        max_days=rule_set_on(clock.today()).residential_max_days,
        closed=form.closed(),
    )
    return {run.key: run.days for run in plan.runs}


def _days(row: ModuleRowForm) -> list[date]:
    if row.is_bound:
        return (row.cleaned_data.get("proposed") or []) if hasattr(row, "cleaned_data") else []
    return [date.fromisoformat(day) for day in str(row.initial.get("proposed", "")).split(",") if day]


def _is_included(row: ModuleRowForm) -> bool:
    return bool(row["included"].value())


def _run_plan(row: ModuleRowForm) -> RunPlan:
    data = row.cleaned_data if row.is_bound else row.initial
    return RunPlan(
        module=row.module,
        place=data.get("place") or "",
        teacher=data.get("teacher"),
        capacity=data.get("capacity") or 12,
        sessions=planning.times(_days(row), data.get("starts") or row.module.usual_start, row.module.hours_per_session),
    )


def _without_seat(cohort: Cohort, plans: Sequence[RunPlan]) -> list[str]:
    """The modules that some of the cohort lack, with how many they are."""
    lacking = {
        one.module.title: len(clashes.expected(module=one.module, cohort=cohort, sessions=one.sessions))
        for one in plans
    }
    return [f"{title} ({number})" for title, number in lacking.items() if number]


def _proposal(
    request: HttpRequest, cohort: Cohort, form: PreCourseForm, rows: Sequence[ModuleRowForm], plan: PlanForm
) -> HttpResponse:
    """The check page: every run with its days, what is not as it should be, and whatever stands in the way."""
    plans = []
    for row in rows:
        if _is_included(row):
            plans.append(_run_plan(row))
            row.times = list(plans[-1].sessions)
            row.lacking = len(clashes.expected(module=row.module, cohort=cohort, sessions=row.times))
    found = clashes.of_plan([(one.module, one.place, one.teacher, one.sessions) for one in plans], cohort)
    context = {
        "cohort": cohort,
        "form": form,
        "rows": rows,
        "plan": plan,
        "warnings": [*_warnings(cohort, form, rows), *_too_few_seats(rows, plans)],
        "clashes": [] if plan.errors else clashes.lines(found, named=True),
        "asks": bool(found) or "overruled" in plan.errors,
        "places": known_places(),
        "base": form.cleaned_data,
    }
    return render(request, "courses/pre_course_check.html", context)


def _too_few_seats(rows: Sequence[ModuleRowForm], plans: Sequence[RunPlan]) -> list[str]:
    """Where more lack a module than its run has seats for."""
    seats = {plan.module.pk: plan.capacity for plan in plans}
    words = _("%(module)s: %(number)s citizens lack the module, and there are %(seats)s seats.")
    return [
        words % {"module": row.module.title, "number": row.lacking, "seats": seats[row.module.pk]}
        for row in rows
        if row.lacking > seats.get(row.module.pk, row.lacking)
    ]


def _planned_before(cohort: Cohort, module: CourseModule) -> list[date]:
    """The days of the newest run of a module that the cohort has already."""
    run = CourseRun.objects.filter(cohort=cohort, module=module).order_by("-starts_on", "-pk").first()
    sessions = run.sessions.held_or_planned().order_by("starts_at") if run else []
    return [danish.local_date(session.starts_at) for session in sessions]


def _warnings(cohort: Cohort, form: PreCourseForm, rows: Sequence[ModuleRowForm]) -> list[str]:
    """What is wrong with the plan as it stands, in words."""
    max_days = rule_set_on(clock.today()).residential_max_days
    wanted, runs = [], []
    for row in rows:
        days = _days(row) if _is_included(row) else []
        if not days and row.module.is_residential:  # the one that is planned already counts
            days = _planned_before(cohort, row.module)
        if days:
            wanted.append(
                planning.Wanted(row.module.pk, format_of(row.module), is_residential=row.module.is_residential)
            )
            runs.append(planning.Planned(row.module.pk, tuple(days)))
    words = {
        planning.RESIDENTIAL_MISSING: _("The residential course is not in the plan."),
        planning.RESIDENTIAL_NOT_LAST: _("The residential course comes last. Another module is not over before it."),
        planning.RESIDENTIAL_TOO_EARLY: _("The residential course ends more than %(days)s days before the main course.")
        % {"days": max_days},
        planning.RESIDENTIAL_TOO_LATE: _("The residential course is not over when the main course starts."),
        planning.MODULE_TOO_LATE: _("A module is not over when the main course starts."),
    }
    main = form.cleaned_data["main_course_on"]
    return [words[code] for code in planning.check_pre_course(wanted, runs, main, max_days)]


# --- The residential course of one case --------------------------------------------------------------------------------


@lead_required
def residential_exception(request: HttpRequest, number: str) -> HttpResponse:
    """The project lead lets the main course start without the residential course, saying why."""
    case: CaseFile = get_case(request, number)
    form = ResidentialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.except_from_residential(
                case=case, reason=form.cleaned_data["reason"], by=request.user, today=clock.today()
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            logged(request, AccessAction.CHANGE, case)
            messages.success(request, _("The exception is given."))
            return redirect("courses:case", number=case.number)
    logged(request, AccessAction.VIEW, case)
    return render(request, "courses/residential_exception.html", {"case": case, "form": form})
