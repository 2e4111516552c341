"""What happens with courses: modules granted, runs planned, seats given, attendance taken (domain.md §5)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile, Cohort
from courses.defaults import MODULES
from courses.enums import AttendanceMark, EnrolmentState
from courses.models import Attendance, CourseModule, CourseRun, CourseSession, Enrolment, ModuleGrant, Teacher
from courses.rules import seats_left
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from screening.models import Screening


@transaction.atomic
def ensure_catalogue() -> None:
    """Put in the starting modules where they are missing; changes nothing that is there."""
    for module in MODULES:
        CourseModule.objects.get_or_create(code=module["code"], defaults=module)


@transaction.atomic
def grant_modules(*, screening: Screening, modules: Iterable[CourseModule], by: User, today: date) -> list[ModuleGrant]:
    """Grant modules to a case by screening 2; every mandatory module is among them (domain.md §4, §5)."""
    perms.check_lead(by)
    chosen = {module.pk: module for module in modules}
    for module in CourseModule.objects.filter(is_mandatory=True, is_active=True):
        chosen.setdefault(module.pk, module)
    return [
        ModuleGrant.objects.get_or_create(
            case=screening.case, module=module, defaults={"screening": screening, "granted_on": today}
        )[0]
        for module in sorted(chosen.values(), key=lambda module: module.order)
    ]


@transaction.atomic
def plan_run(
    *,
    module: CourseModule,
    place: str,
    capacity: int,
    sessions: Iterable[tuple[datetime, datetime]],
    teacher: Teacher | None,
    cohort: Cohort | None,
    by: User,
) -> CourseRun:
    """Plan a run of a module with all its sessions."""
    perms.check_team(by)
    times = sorted(sessions)
    if not times:
        raise Refused(_("Plan at least one session."), field="starts_on")
    if any(end <= start for start, end in times):
        raise Refused(_("A session has to end after it starts."), field="ends")
    run = CourseRun.objects.create(
        module=module,
        cohort=cohort,
        teacher=teacher,
        place=place,
        capacity=capacity,
        starts_on=timezone.localdate(times[0][0]),
        ends_on=timezone.localdate(times[-1][1]),
    )
    CourseSession.objects.bulk_create(CourseSession(run=run, starts_at=start, ends_at=end) for start, end in times)
    return run


@transaction.atomic
def update_run(
    *, run: CourseRun, place: str, capacity: int, teacher: Teacher | None, cohort: Cohort | None, by: User
) -> CourseRun:
    """Nobody loses a seat: the seats cannot be fewer than those that are taken."""
    perms.check_team(by)
    run = CourseRun.objects.select_for_update().get(pk=run.pk)
    taken = run.enrolments.filter(state=EnrolmentState.ENROLLED).count()
    if capacity < max(taken, 1):
        raise Refused(_("%(taken)s seats are taken. Write at least that number.") % {"taken": taken}, field="capacity")
    if not place.strip():
        raise Refused(_("Write where the course is held."), field="place")
    run.place, run.capacity, run.teacher, run.cohort = place.strip(), capacity, teacher, cohort
    run.save(update_fields=["place", "capacity", "teacher", "cohort"])
    return run


@transaction.atomic
def enrol(*, run: CourseRun, case: CaseFile, by: User, today: date) -> Enrolment:
    """Give a case a seat. Case and run are locked: no seat is sold twice, and none on a case that closes meanwhile.

    Raises Refused without a grant from screening 2 (voluntary modules need none), or where the run is full.
    """
    perms.check_team(by)
    case = cases.lock_case(case)
    run = CourseRun.objects.select_for_update(of=("self",)).select_related("module").get(pk=run.pk)
    existing = Enrolment.objects.filter(run=run, case=case, state=EnrolmentState.ENROLLED).first()
    if existing is not None:
        return existing
    if not case.is_open:
        raise Refused(_("The case is closed."), field="case")
    if not run.module.is_voluntary and not ModuleGrant.objects.filter(case=case, module=run.module).exists():
        raise Refused(_("Screening 2 has not granted this module to the citizen."), field="case")
    enrolled = run.enrolments.filter(state=EnrolmentState.ENROLLED).count()
    if not seats_left(run.capacity, enrolled):
        raise Refused(_("The course run is full."), field="case")
    enrolment = Enrolment.objects.create(run=run, case=case, enrolled_on=today, enrolled_by=by)
    cases.add_journal_entry(
        case=case, kind=EntryKind.COURSE, title=_("Enrolled: %(module)s") % {"module": run.module.title}, by=by
    )
    cases.reconcile_tasks(case=case, today=today)
    return enrolment


@transaction.atomic
def withdraw(*, enrolment: Enrolment, reason: str, by: User, today: date) -> Enrolment:
    """Give up a seat, with the reason."""
    perms.check_team(by)
    if not reason.strip():
        raise Refused(_("Write why the citizen gives up the seat."), field="reason")
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",)).select_related("case", "run__module").get(pk=enrolment.pk)
    )
    if enrolment.state == EnrolmentState.WITHDRAWN:
        return enrolment
    enrolment.state, enrolment.withdrawn_reason = EnrolmentState.WITHDRAWN, reason.strip()
    enrolment.save()
    cases.add_journal_entry(
        case=enrolment.case,
        kind=EntryKind.COURSE,
        title=_("Gave up the seat: %(module)s") % {"module": enrolment.run.module.title},
        text=enrolment.withdrawn_reason,
        by=by,
    )
    cases.reconcile_tasks(case=enrolment.case, today=today)
    return enrolment


@transaction.atomic
def give_up_seats(*, case: CaseFile, reason: str, by: User, today: date) -> None:
    """Give up the seats of a case on runs that are not over; what was attended stays on record."""
    perms.check_team(by)
    for enrolment in case.enrolments.filter(state=EnrolmentState.ENROLLED, run__ends_on__gte=today):
        withdraw(enrolment=enrolment, reason=reason, by=by, today=today)


@transaction.atomic
def mark_attendance(*, session: CourseSession, marks: Mapping[int, str], by: User, today: date) -> list[Attendance]:
    """Take attendance of one session: enrolment id → mark. A correction keeps the earlier value in the change history."""
    perms.check_team(by)
    if timezone.localdate(session.starts_at) > today:
        raise Refused(_("The session has not been held yet."))
    enrolments = {
        enrolment.pk: enrolment
        for enrolment in session.run.enrolments.filter(state=EnrolmentState.ENROLLED).select_related("case")
    }
    saved = []
    for enrolment_id, mark in marks.items():
        if enrolment_id not in enrolments or mark not in AttendanceMark.values:
            raise Refused(_("Choose present, late, excused or absent for a participant of this course run."))
        row, created = Attendance.objects.get_or_create(
            session=session, enrolment=enrolments[enrolment_id], defaults={"mark": mark, "marked_by": by}
        )
        if not created and row.mark != mark:
            row.mark, row.marked_by, row.marked_at = mark, by, clock.now()
            row.save()
        saved.append(row)
    for row in saved:
        cases.reconcile_tasks(case=enrolments[row.enrolment_id].case, today=today)
    return saved


def grant_from_decision(*, screening: Screening, values: Mapping[str, Any], by: User, today: date) -> dict[str, Any]:
    """What a decided screening 2 gives: the chosen modules, kept by name in the decision (a decision part)."""
    grants = grant_modules(screening=screening, modules=values.get("modules") or [], by=by, today=today)
    return {"modules": [grant.module.title for grant in grants]}


@transaction.atomic
def save_engagement(*, enrolment: Enrolment, text: str, by: User, seen: str | None = None) -> Enrolment:
    """Note how a participant takes part; screening 3 reads it (domain.md §5).

    `seen` is the text that the form was opened with: a Conflict where somebody saved another since.
    """
    perms.check_team(by)
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",)).select_related("case", "run__module").get(pk=enrolment.pk)
    )
    text = _plain(text)
    if not text:
        raise Refused(_("Write how the citizen takes part."), field="text")
    if text == enrolment.engagement:
        return enrolment
    if seen is not None and _plain(seen) != enrolment.engagement:
        raise Conflict(_("Somebody else has written in the meantime. Compare, correct the text, and save again."))
    enrolment.engagement = text
    enrolment.save(update_fields=["engagement"])
    cases.add_journal_entry(
        case=enrolment.case,
        kind=EntryKind.COURSE,
        title=_("Engagement: %(module)s") % {"module": enrolment.run.module.title},
        text=text,
        by=by,
    )
    return enrolment


def _plain(text: str) -> str:
    """The text with the line ends that we store; browsers send others."""
    return "\n".join(text.strip().splitlines())


@transaction.atomic
def add_teacher(*, name: str, phone: str, email: str, by: User, user: User | None = None) -> Teacher:
    """Add a teacher to the register; `user` where a coach teaches, so that the calendar shows it."""
    perms.check_team(by)
    if Teacher.objects.filter(name__iexact=name.strip(), is_active=True).exists():
        raise Refused(_("There is already a teacher of that name."), field="name")
    if user is not None and Teacher.objects.filter(user=user).exists():
        raise Refused(_("The coach is in the register already."), field="user")
    return Teacher.objects.create(name=name.strip(), phone=phone.strip(), email=email.strip(), user=user)
