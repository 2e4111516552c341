"""What is read of courses: completion, attendance, the residential course."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.models import CaseFile
from cases.registry import Occasion
from courses.enums import ATTENDED, AttendanceMark, EnrolmentState, Rhythm
from courses.models import Attendance, CourseModule, CourseRun, CourseSession, Enrolment, ModuleGrant, Teacher
from courses.rules import attended_enough
from microloan.accounts.models import User
from microloan.core import clock
from microloan.policy.services import rule_set_on

# Where `read_ahead` puts what `modules_of` reads.
READ_GRANTS, READ_SEATS, READ_LINES = "grants_read", "seats_read", "lines_read"


@dataclass(frozen=True)
class ModuleStatus:
    """One granted module of a case: the seat that counts, sessions attended of all, and whether it is completed.

    The newest seat counts, unless an earlier one was completed: what is completed stays so.
    """

    grant: ModuleGrant
    enrolment: Enrolment | None
    attended: int
    sessions: int
    completed: bool


def attendance_counts(case_ids: list[int]) -> dict[int, tuple[int, int]]:
    """(attended, no-show) per case over course sessions, for attendance reliability (domain.md §3.5).

    Voluntary modules and meetings are never compulsory, so they count neither way (domain.md §5).
    """
    rows = (
        Attendance.objects.filter(enrolment__case__in=case_ids, enrolment__run__module__is_voluntary=False)
        .order_by()
        .values("enrolment__case_id")
        .annotate(
            attended=Count("pk", filter=Q(mark__in=ATTENDED)), absent=Count("pk", filter=Q(mark=AttendanceMark.ABSENT))
        )
    )
    return {row["enrolment__case_id"]: (row["attended"], row["absent"]) for row in rows}


def modules_of(case: CaseFile, today: date) -> list[ModuleStatus]:
    """The granted modules of a case with how far each has come, in a fixed number of queries."""
    percent = rule_set_on(today).completion_percent
    granted, seats = getattr(case, READ_GRANTS, None), getattr(case, READ_SEATS, None)
    if granted is None or seats is None:
        granted, seats = _granted(case.module_grants.all()), _counted(case.enrolments.all())
    grants = {grant.module_id: grant for grant in granted}
    found = {module: ModuleStatus(grant, None, 0, 0, completed=False) for module, grant in grants.items()}
    for seat in seats:
        module = seat.run.module_id
        if module in found and not found[module].completed:
            completed = attended_enough(seat.attended, seat.sessions, share_of(seat.run.module, percent))
            found[module] = ModuleStatus(grants[module], seat, seat.attended, seat.sessions, completed=completed)
    return list(found.values())


def share_of(module: CourseModule, percent: int) -> int:
    """The share of sessions that completes a module: its own, or else the rule set's."""
    return module.completion_percent or percent


def _granted(grants: QuerySet[ModuleGrant]) -> QuerySet[ModuleGrant]:
    return grants.select_related("module")


def _newest_marks() -> QuerySet[Attendance]:
    """The marks of a seat, newest session first; an excused absence tells neither way."""
    marks = Attendance.objects.filter(enrolment=OuterRef("pk")).exclude(mark=AttendanceMark.EXCUSED)
    return marks.order_by("-session__starts_at", "-pk")


def missed_twice(case: CaseFile) -> Iterator[Any]:
    """The seats of a case on which the last two sessions were missed without a word; voluntary modules do not count."""
    read = getattr(case, READ_SEATS, None)
    for seat in _counted(case.enrolments.all()) if read is None else read:
        if seat.last_marks == [AttendanceMark.ABSENT] * 2 and not seat.run.module.is_voluntary:
            yield seat


def _counted(enrolments: QuerySet[Enrolment]) -> QuerySet[Any]:
    """Those that are seats, oldest run first, with the numbers of `attended` and `sessions` and how the last went."""
    return (
        enrolments.filter(state=EnrolmentState.ENROLLED)
        .select_related("run__module")
        .annotate(
            last_marks=ArraySubquery(_newest_marks().values("mark")[:2]),
            last_session=Subquery(_newest_marks().values("session__starts_at")[:1]),
            attended=Count("attendance", filter=Q(attendance__mark__in=ATTENDED), distinct=True),
            sessions=Count("run__sessions", filter=Q(run__sessions__cancelled_at__isnull=True), distinct=True),
        )
        .order_by("run__starts_on", "pk")
    )


def read_ahead() -> list[Prefetch]:
    """What `modules_of` reads, for many cases at once: relations to prefetch, after which it asks no query per case."""
    return [
        Prefetch("module_grants", _granted(ModuleGrant.objects.all()), to_attr=READ_GRANTS),
        Prefetch("enrolments", _counted(Enrolment.objects.all()), to_attr=READ_SEATS),
        Prefetch("enrolments", in_line(Enrolment.objects.all()), to_attr=READ_LINES),
    ]


def in_line(enrolments: QuerySet[Enrolment]) -> QuerySet[Any]:
    """Those that wait, with how many are before each (`ahead`) and how many seats nobody has (`free`)."""
    others = Enrolment.objects.filter(run=OuterRef("run")).order_by()
    before = others.filter(state=EnrolmentState.WAITING).filter(
        Q(waiting_since__lt=OuterRef("waiting_since"))
        | Q(waiting_since=OuterRef("waiting_since"), pk__lt=OuterRef("pk"))
    )
    left = others.filter(state=EnrolmentState.WITHDRAWN).values("run")
    return (
        enrolments.filter(state=EnrolmentState.WAITING)
        .select_related("run__module")
        .annotate(
            ahead=_count_of(before),
            free=F("run__capacity") - _count_of(others.filter(state=EnrolmentState.ENROLLED)),
            freed_on=Subquery(left.annotate(newest=Max("withdrawn_on")).values("newest")),
        )
        .order_by("run__starts_on", "waiting_since", "pk")
    )


def _count_of(rows: QuerySet[Enrolment]) -> Coalesce:
    return Coalesce(Subquery(rows.values("run").annotate(number=Count("pk")).values("number")), 0)


def lines_of(case: CaseFile) -> list[Any]:
    """The waiting lists that a case stands on; see `in_line`."""
    read = getattr(case, READ_LINES, None)
    return list(in_line(case.enrolments.all())) if read is None else read


def seats_without_grant(case: CaseFile) -> list[Enrolment]:
    """The seats of a case that screening 2 did not grant: by exception, or of a voluntary module."""
    seats = case.enrolments.filter(state=EnrolmentState.ENROLLED).exclude(
        run__module__in=case.module_grants.values("module")
    )
    return list(seats.select_related("run__module", "exception_by").order_by("run__starts_on", "pk"))


def completed_seats(run: CourseRun, today: date) -> set[int]:
    """The seats on a run whose participants have attended enough sessions."""
    percent = rule_set_on(today).completion_percent
    seats = _counted(run.enrolments.all())
    return {
        seat.pk for seat in seats if attended_enough(seat.attended, seat.sessions, share_of(seat.run.module, percent))
    }


def residential_end(case: CaseFile, today: date) -> date | None:
    """The last day of the residential course this case completed, from which the 30 days to payout count."""
    return residential_end_in(modules_of(case, today))


def residential_end_in(statuses: Iterable[ModuleStatus]) -> date | None:
    for status in statuses:
        if status.grant.module.is_residential and status.completed and status.enrolment:
            return status.enrolment.run.ends_on
    return None


def residential_ends(case_ids: Iterable[int], today: date) -> dict[int, date]:
    """The same for many cases at once; cases without a completed residential course are left out."""
    percent = rule_set_on(today).completion_percent
    ends: dict[int, date] = {}
    for seat in _counted(Enrolment.objects.filter(case__in=list(case_ids), run__module__is_residential=True)):
        if attended_enough(seat.attended, seat.sessions, share_of(seat.run.module, percent)):
            ends.setdefault(seat.case_id, seat.run.ends_on)
    return ends


def runs() -> QuerySet[Any]:
    """All runs with seats taken, newest first."""
    seats = Count("enrolments", filter=Q(enrolments__state=EnrolmentState.ENROLLED))
    rows = CourseRun.objects.select_related("module", "cohort", "teacher", "place", "meeting").annotate(taken=seats)
    return rows.order_by("-starts_on", "-pk")


def meetings_of(case: CaseFile) -> Iterator[date]:
    """The network meetings to which a case was asked, or is; see `cases.registry.meetings_offered`."""
    for seat in case.enrolments.all():
        if seat.run.module.rhythm == Rhythm.MONTHLY and seat.state != EnrolmentState.WITHDRAWN:
            yield seat.run.starts_on


def taught_by(user: User, start: datetime, end: datetime) -> Iterator[Occasion]:
    """The course sessions that a worker teaches, for the calendar (domain.md §3.5)."""
    sessions = CourseSession.objects.filter(run__teacher__user=user, starts_at__gte=start, starts_at__lt=end)
    yield from _occasions(sessions)


def calendar_of_teacher(key: int, start: datetime, end: datetime) -> tuple[str, list[Occasion]] | None:
    """What a teacher teaches, cancelled sessions too, for the teacher's own calendar program (domain.md §5)."""
    teacher = Teacher.objects.filter(pk=key, is_active=True).first()
    sessions = CourseSession.objects.filter(run__teacher=teacher, starts_at__gte=start, starts_at__lt=end)
    return (teacher.name, list(_occasions(sessions))) if teacher else None


def calendar_of_run(key: int, start: datetime, end: datetime) -> tuple[str, list[Occasion]] | None:
    """All sessions of a run, cancelled ones too."""
    run = CourseRun.objects.select_related("module").filter(pk=key).first()
    return (run.module.title, list(_occasions(run.sessions.all()))) if run else None


def taken_by(case: CaseFile, start: datetime, end: datetime) -> Iterator[Occasion]:
    """The course sessions in which the citizen has a seat and that overlap a time."""
    seats = case.enrolments.filter(state=EnrolmentState.ENROLLED).values("run")
    sessions = CourseSession.objects.held_or_planned().filter(run__in=seats)
    yield from _occasions(sessions.filter(starts_at__lt=end, ends_at__gt=start))


def _occasions(sessions: QuerySet[CourseSession]) -> Iterator[Occasion]:
    for session in sessions.select_related("run__module", "run__place").order_by("starts_at", "pk"):
        yield Occasion(
            uid=f"session-{session.pk}",
            title=_("Course: %(module)s") % {"module": session.run.module.title},
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            place=session.run.place.name,
            sequence=session.sequence,
            changed_at=session.changed_at,
            is_cancelled=session.is_cancelled,
            url=reverse("courses:session", kwargs={"pk": session.pk}),
        )


def tab_count(case: CaseFile) -> str | None:
    """Modules completed of those granted, for the tab of the case."""
    statuses = modules_of(case, clock.today())
    return f"{sum(status.completed for status in statuses)}/{len(statuses)}" if statuses else None


def marks_of(run: CourseRun) -> dict[int, dict[int, str]]:
    """session id → enrolment id → mark."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for session_id, enrolment_id, mark in Attendance.objects.filter(session__run=run).values_list(
        "session_id", "enrolment_id", "mark"
    ):
        found[session_id][enrolment_id] = mark
    return found


def overall(statuses: Iterable[ModuleStatus]) -> tuple[int, int]:
    """(sessions attended, sessions in all) over some modules."""
    rows = list(statuses)
    return sum(row.attended for row in rows), sum(row.sessions for row in rows)


def cases_invited_to_the_next_meeting(user: User, today: date) -> QuerySet[CaseFile]:
    """Open cases that were asked to the next network meeting and have not said no, to write to them all."""
    coming = CourseRun.objects.filter(meeting__isnull=False, starts_on__gte=today).order_by("starts_on", "pk")
    asked = Enrolment.objects.filter(
        run=Subquery(coming.values("pk")[:1]), state__in=[EnrolmentState.INVITED, EnrolmentState.ENROLLED]
    )
    return (
        CaseFile.objects.visible_to(user)
        .filter(pk__in=asked.values("case"), closed_on__isnull=True)
        .select_related("citizen", "coach")
        .order_by("citizen__name", "pk")
    )
