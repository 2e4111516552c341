"""What is read of courses: completion, attendance, the residential course."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from cases.models import CaseFile
from courses.enums import ATTENDED, AttendanceMark, EnrolmentState
from courses.models import Attendance, CourseRun, Enrolment, ModuleGrant
from courses.rules import is_completed
from microloan.policy.services import rule_set_on


@dataclass(frozen=True)
class ModuleStatus:
    """One granted module of a case: the newest enrolment, sessions attended of all, and whether it is completed."""

    grant: ModuleGrant
    enrolment: Enrolment | None
    attended: int
    sessions: int
    completed: bool


def attendance_counts(case_ids: list[int]) -> dict[int, tuple[int, int]]:
    """(attended, no-show) per case over course sessions, for attendance reliability (domain.md §3.5)."""
    rows = (
        Attendance.objects.filter(enrolment__case__in=case_ids)
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
    enrolments: dict[int, Enrolment] = {}
    for enrolment in (
        case.enrolments.filter(state=EnrolmentState.ENROLLED)
        .select_related("run")
        .prefetch_related("run__sessions", "attendance")
        .order_by("run__starts_on", "pk")
    ):
        enrolments[enrolment.run.module_id] = enrolment
    statuses = []
    for grant in case.module_grants.select_related("module").order_by("module__order", "pk"):
        enrolment = enrolments.get(grant.module_id)
        marks = [row.mark for row in enrolment.attendance.all()] if enrolment else []
        sessions = len(enrolment.run.sessions.all()) if enrolment else 0
        statuses.append(
            ModuleStatus(
                grant=grant,
                enrolment=enrolment,
                attended=sum(mark in ATTENDED for mark in marks),
                sessions=sessions,
                completed=is_completed(marks, sessions, percent),
            )
        )
    return statuses


def residential_end(case: CaseFile, today: date) -> date | None:
    """The last day of the residential course this case completed, from which the 30 days to payout count."""
    for status in modules_of(case, today):
        if status.grant.module.is_residential and status.completed and status.enrolment:
            return status.enrolment.run.ends_on
    return None


def residential_ends(case_ids: Iterable[int], today: date) -> dict[int, date]:
    """The same for many cases at once; cases without a completed residential course are left out."""
    percent = rule_set_on(today).completion_percent
    enrolments = (
        Enrolment.objects.filter(
            case__in=list(case_ids), state=EnrolmentState.ENROLLED, run__module__is_residential=True
        )
        .select_related("run")
        .prefetch_related("run__sessions", "attendance")
        .order_by("run__starts_on", "pk")
    )
    return {
        row.case_id: row.run.ends_on
        for row in enrolments
        if is_completed([mark.mark for mark in row.attendance.all()], len(row.run.sessions.all()), percent)
    }


def runs() -> QuerySet[CourseRun]:
    """All runs with seats taken, newest first."""
    return CourseRun.objects.select_related("module", "cohort", "teacher").annotate(
        taken=Count("enrolments", filter=Q(enrolments__state=EnrolmentState.ENROLLED))
    )


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
