"""Cohorts and their pre-course, planned in one go (domain.md §3.1, §5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile, Cohort
from cases.services.tasks import reconcile_cases
from courses import clashes
from courses.models import CourseModule, CourseRun, ResidentialException, Teacher
from courses.rules import seats_left
from courses.services.enrolments import enrol
from courses.services.runs import Times, plan_run
from microloan.accounts.models import User
from microloan.core.errors import Refused


@dataclass(frozen=True)
class RunPlan:
    """One run of a pre-course that is to be planned."""

    module: CourseModule
    place: str
    teacher: Teacher | None
    capacity: int
    sessions: Sequence[Times]


@transaction.atomic
def save_cohort(
    *,
    cohort: Cohort | None,
    code: str,
    start_on: date,
    end_on: date,
    target_size: int,
    main_course_on: date | None,
    by: User,
) -> Cohort:
    """Open a cohort or correct it."""
    perms.check_team(by)
    if Cohort.objects.filter(code__iexact=code.strip()).exclude(pk=cohort.pk if cohort else None).exists():
        raise Refused(_("There is already a cohort of that name."), field="code")
    if end_on < start_on:
        raise Refused(_("The end must not be before the start."), field="end_on")
    if main_course_on and not start_on <= main_course_on <= end_on:
        raise Refused(_("The main course starts within the period of the cohort."), field="main_course_on")
    saved = Cohort.objects.select_for_update().get(pk=cohort.pk) if cohort else Cohort()
    saved.code, saved.start_on, saved.end_on = code.strip(), start_on, end_on
    saved.target_size, saved.main_course_on = target_size, main_course_on
    saved.save()
    return saved


@transaction.atomic
def plan_pre_course(
    *,
    cohort: Cohort,
    main_course_on: date,
    runs: Iterable[RunPlan],
    with_seats: bool,
    by: User,
    today: date,
    overruled: str = "",
) -> list[CourseRun]:
    """Plan all runs of a cohort's pre-course, or none; `with_seats`: those to whom a module is granted get their seats."""
    perms.check_team(by)
    wanted = list(runs)
    if not wanted:
        raise Refused(_("Choose at least one module."))
    if any(start.date() >= main_course_on for plan in wanted for start, _end in plan.sessions):
        raise Refused(_("The pre-course is over before the main course starts."), field="main_course_on")
    # Not the key: whoever puts a case into the cohort meanwhile has locked that case, and need not wait for us.
    cohort = Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
    _refuse_clashes(cohort, wanted, overruled)
    made = [
        plan_run(
            module=plan.module,
            place=plan.place,
            capacity=plan.capacity,
            sessions=plan.sessions,
            teacher=plan.teacher,
            cohort=cohort,
            by=by,
            overruled=overruled,
        )
        for plan in wanted
    ]
    cohort.main_course_on = main_course_on
    cohort.save(update_fields=["main_course_on"])
    if with_seats:
        _give_seats(cohort, made, by, today, overruled)
    return made


def _refuse_clashes(cohort: Cohort, wanted: Sequence[RunPlan], overruled: str) -> None:
    """All that stands in the way of the whole plan at once, not run by run."""
    if overruled.strip():
        return
    if found := clashes.of_plan([(plan.module, plan.place, plan.teacher, plan.sessions) for plan in wanted], cohort):
        raise Refused(*clashes.lines(found, named=True), _("Write why it is planned all the same."), field="overruled")


def _give_seats(cohort: Cohort, runs: Iterable[CourseRun], by: User, today: date, overruled: str) -> None:
    """As many as there are seats, in the order of the cases."""
    given = [(run, case) for run in runs for case in _lacking(run, cohort)[: seats_left(run.capacity, 0)]]
    seated = cases.lock_cases(case.pk for _run, case in given)
    with cases.tasks_held_back():
        for run, case in given:
            enrol(run=run, case=case, by=by, today=today, overruled=overruled)
    reconcile_cases(list(seated), today=today)


def _lacking(run: CourseRun, cohort: Cohort) -> list[CaseFile]:
    times = list(run.sessions.values_list("starts_at", "ends_at"))
    return clashes.expected(module=run.module, cohort=cohort, sessions=times)


@transaction.atomic
def except_from_residential(*, case: CaseFile, reason: str, by: User, today: date) -> ResidentialException:
    """The project lead lets the main course start without the residential course, or too long after it, saying why (R)."""
    perms.check_lead(by)
    if not reason.strip():
        raise Refused(
            _("Write why the main course may start without the residential course, or late after it."), field="reason"
        )
    case = cases.lock_case(case)
    if not case.is_open:
        raise Refused(_("The case is closed."))
    existing = ResidentialException.objects.filter(case=case).first()
    if existing is not None:
        raise Refused(_("The exception has been given already."))
    given = ResidentialException.objects.create(case=case, reason=reason.strip(), given_by=by, given_on=today)
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.COURSE,
        title=_("The main course may start without the residential course, or late after it"),
        text=given.reason,
        by=by,
    )
    cases.reconcile_tasks(case=case, today=today)
    return given
