"""Runs planned and put right, and their sessions moved and cancelled."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile, Cohort
from cases.services.tasks import reconcile_cases
from courses import clashes
from courses.enums import EnrolmentState
from courses.models import (
    Attendance,
    CourseModule,
    CourseRun,
    CourseSession,
    Enrolment,
    OverruledClash,
    SessionMove,
    Teacher,
)
from courses.planning import is_in_reach
from courses.services.catalogue import place_called
from courses.services.enrolments import reconcile
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.errors import Refused

Times = tuple[datetime, datetime]


@transaction.atomic
def plan_run(
    *,
    module: CourseModule,
    place: str,
    capacity: int,
    sessions: Iterable[Times],
    teacher: Teacher | None,
    cohort: Cohort | None,
    by: User,
    cost: Decimal | None = None,
    overruled: str = "",
) -> CourseRun:
    """Plan a run of a module with all its sessions. `overruled`: why all the same, where something stands in the way."""
    perms.check_team(by)
    times = _checked(sessions)
    held_at = place_called(place)
    found = clashes.of_run(
        module=module,
        place=held_at,
        teacher=teacher,
        sessions=times,
        cases=clashes.expected(module=module, cohort=cohort, sessions=times),
    )
    run = CourseRun.objects.create(
        module=module,
        cohort=cohort,
        teacher=teacher,
        place=held_at,
        capacity=capacity,
        cost=module.run_cost if cost is None else cost,
        starts_on=timezone.localdate(times[0][0]),
        ends_on=timezone.localdate(times[-1][1]),
    )
    CourseSession.objects.bulk_create(CourseSession(run=run, starts_at=start, ends_at=end) for start, end in times)
    _overrule(run, found, overruled, by)
    return run


def _checked(sessions: Iterable[Times]) -> list[Times]:
    times = sorted(sessions)
    if not times:
        raise Refused(_("Plan at least one session."), field="starts_on")
    if not all(is_in_reach(start.date()) for start, _end in times):
        raise Refused(_("The day of a session lies too far away. Correct the year."), field="starts_on")
    if any(end <= start for start, end in times):
        raise Refused(_("A session has to end after it starts."), field="ends")
    if any(later[0] < earlier[1] for earlier, later in zip(times, times[1:], strict=False)):
        raise Refused(_("Two sessions of the run lie on top of each other."), field="starts_on")
    return times


def _overrule(run: CourseRun, found: Sequence[clashes.Clash], reason: str, by: User) -> None:
    """Keep why a clash was overruled; without a reason it is refused."""
    if not found:
        return
    if not reason.strip():
        raise Refused(*clashes.lines(found, named=True), _("Write why it is planned all the same."), field="overruled")
    perms.check_shown(reason, field="overruled")
    OverruledClash.objects.create(
        run=run, clashes="\n".join(clashes.lines(found)), reason=reason.strip(), overruled_by=by
    )


@transaction.atomic
def update_run(
    *,
    run: CourseRun,
    place: str,
    capacity: int,
    teacher: Teacher | None,
    cohort: Cohort | None,
    by: User,
    cost: Decimal | None = None,
    overruled: str = "",
) -> CourseRun:
    """Nobody loses a seat: the seats cannot be fewer than those that are taken."""
    perms.check_team(by)
    run = CourseRun.objects.select_for_update(of=("self",)).select_related("module").get(pk=run.pk)
    taken = run.enrolments.filter(state=EnrolmentState.ENROLLED).count()
    if capacity < max(taken, 1):
        raise Refused(_("%(taken)s seats are taken. Write at least that number.") % {"taken": taken}, field="capacity")
    if not place.strip():
        raise Refused(_("Write where the course is held."), field="place")
    held_at = place_called(place)
    if held_at.pk != run.place_id:
        run.sessions.filter(starts_at__gte=clock.now()).update(**_told())
    new_teacher = teacher if teacher is not None and teacher.pk != run.teacher_id else None
    new_place = held_at if held_at.pk != run.place_id else None
    ahead = [(session.starts_at, session.ends_at) for session in _ahead(run)]
    found = clashes.of_run(module=run.module, place=new_place, teacher=new_teacher, sessions=ahead, cases=(), but=[run])
    run.place, run.capacity, run.teacher, run.cohort = held_at, capacity, teacher, cohort
    run.cost = run.cost if cost is None else cost
    run.save(update_fields=["place", "capacity", "teacher", "cohort", "cost"])
    # More seats may be somebody's in line.
    reconcile(run, None, clock.today())
    _overrule(run, found, overruled, by)
    return run


def _ahead(run: CourseRun) -> Iterable[CourseSession]:
    return run.sessions.held_or_planned().filter(starts_at__gte=clock.now())


def _told() -> dict[str, object]:
    """What makes calendar programs take the news (RFC 5545)."""
    return {"sequence": F("sequence") + 1, "changed_at": clock.now()}


def _lock(session: CourseSession) -> CourseSession:
    """The session with its run, which is locked; refused where it is over and done with."""
    CourseRun.objects.select_for_update().get(pk=session.run_id)
    session = CourseSession.objects.select_for_update(of=("self",)).select_related("run__module").get(pk=session.pk)
    if session.is_cancelled:
        raise Refused(_("The session is cancelled."))
    if Attendance.objects.filter(session=session).exists():
        raise Refused(_("Attendance has been taken, so the session was held."))
    return session


@transaction.atomic
def move_session(
    *, session: CourseSession, starts_at: datetime, ends_at: datetime, reason: str, by: User, overruled: str = ""
) -> CourseSession:
    """Move a session; where it lay before is kept."""
    perms.check_team(by)
    session = _lock(session)
    if (session.starts_at, session.ends_at) == (starts_at, ends_at):
        return session
    others = session.run.sessions.held_or_planned().exclude(pk=session.pk)
    _checked([(starts_at, ends_at), *others.values_list("starts_at", "ends_at")])
    perms.check_shown(reason, field="reason")
    found = _in_the_way(session.run, starts_at, ends_at)
    SessionMove.objects.create(
        session=session, starts_at=session.starts_at, ends_at=session.ends_at, reason=reason.strip(), moved_by=by
    )
    session.starts_at, session.ends_at = starts_at, ends_at
    session.sequence, session.changed_at = session.sequence + 1, clock.now()
    session.save()
    _span(session.run)
    _overrule(session.run, found, overruled, by)
    return session


def _in_the_way(run: CourseRun, starts_at: datetime, ends_at: datetime) -> list[clashes.Clash]:
    seats = Enrolment.objects.filter(run=run, state=EnrolmentState.ENROLLED).values("case")
    return clashes.of_run(
        module=run.module,
        place=run.place,
        teacher=run.teacher,
        sessions=[(starts_at, ends_at)],
        cases=CaseFile.objects.filter(pk__in=seats),
        but=[run],
    )


@transaction.atomic
def cancel_session(*, session: CourseSession, reason: str, by: User) -> CourseSession:
    """Cancel a session, saying why. It stays on the run, and counts for nothing."""
    perms.check_team(by)
    if not reason.strip():
        raise Refused(_("Write why the session is cancelled."), field="reason")
    perms.check_shown(reason, field="reason")
    session = _lock(session)
    session.cancelled_at, session.cancelled_by, session.cancelled_reason = clock.now(), by, reason.strip()
    session.sequence, session.changed_at = session.sequence + 1, clock.now()
    session.save()
    _span(session.run)
    return session


@transaction.atomic
def undo_session(*, session: CourseSession, reason: str, by: User, today: date) -> CourseSession:
    """A session was marked that was never held: its marks count no more, and it is cancelled. Every tap stays on record."""
    perms.check_team(by)
    if not reason.strip():
        raise Refused(_("Write why the session is cancelled."), field="reason")
    perms.check_shown(reason, field="reason")
    seats = Enrolment.objects.filter(attendance__session=session, case__isnull=False)
    cases_of = {seat.case_id: seat.case for seat in seats.select_related("case").order_by("case_id") if seat.case}
    with cases.tasks_held_back():
        for case in cases_of.values():
            cases.lock_case(case)
        CourseRun.objects.select_for_update().get(pk=session.run_id)
        session = CourseSession.objects.select_for_update(of=("self",)).select_related("run__module").get(pk=session.pk)
        if session.is_cancelled:
            raise Refused(_("The session is cancelled."))
        session.cancelled_at, session.cancelled_by, session.cancelled_reason = clock.now(), by, reason.strip()
        session.sequence, session.changed_at = session.sequence + 1, clock.now()
        session.save()
        Attendance.objects.filter(session=session).delete()
        _span(session.run)
        words = {"module": session.run.module.title, "day": danish.short_date(session.starts_at)}
        for case in cases_of.values():
            cases.add_journal_entry(
                case=case,
                kind=EntryKind.COURSE,
                title=_("Never held: %(module)s, %(day)s. The attendance does not count.") % words,
                text=reason.strip(),
                by=by,
            )
    reconcile_cases(list(cases_of), today=today)
    return session


@transaction.atomic
def add_session(
    *, run: CourseRun, starts_at: datetime, ends_at: datetime, by: User, overruled: str = ""
) -> CourseSession:
    """One more session of a run, such as in place of one that was cancelled."""
    perms.check_team(by)
    run = CourseRun.objects.select_for_update(of=("self",)).select_related("module", "place").get(pk=run.pk)
    _checked([(starts_at, ends_at), *run.sessions.held_or_planned().values_list("starts_at", "ends_at")])
    found = _in_the_way(run, starts_at, ends_at)
    session = CourseSession.objects.create(run=run, starts_at=starts_at, ends_at=ends_at)
    _span(run)
    _overrule(run, found, overruled, by)
    return session


def _span(run: CourseRun) -> None:
    """The first and last day follow the sessions."""
    times = list(run.sessions.held_or_planned().values_list("starts_at", "ends_at"))
    times = times or list(run.sessions.values_list("starts_at", "ends_at"))
    run.starts_on = timezone.localdate(min(start for start, _end in times))
    run.ends_on = timezone.localdate(max(end for _start, end in times))
    run.save(update_fields=["starts_on", "ends_on"])
