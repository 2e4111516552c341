"""How far participants have come: sessions of each module, what is still possible, and who misses a granted module."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cases.models import CaseFile
from courses.enums import ATTENDED, EnrolmentState
from courses.models import Attendance, CourseModule, CourseSession, Enrolment, ModuleGrant
from courses.queries import ModuleStatus
from courses.rules import Outlook, outlook
from microloan.policy.services import rule_set_on


@dataclass(frozen=True)
class Progress:
    """One granted module of a case with its sessions: attended of all, and whether it can still be completed."""

    status: ModuleStatus
    outlook: Outlook | None
    marks: list[tuple[CourseSession, str]]


def progress_of(statuses: Iterable[ModuleStatus], percents: dict[int, int], now: datetime) -> list[Progress]:
    """The modules of a case, each session with its mark, in two queries. `percents`: module → share for completion."""
    rows = list(statuses)
    seats = [row.enrolment for row in rows if row.enrolment]
    marks = {
        (mark.enrolment_id, mark.session_id): str(mark.get_mark_display())
        for mark in Attendance.objects.filter(enrolment__in=seats).order_by()
    }
    sessions: dict[int, list[CourseSession]] = {}
    for session in CourseSession.objects.filter(run__in={seat.run_id for seat in seats}).order_by("starts_at", "pk"):
        sessions.setdefault(session.run_id, []).append(session)
    return [_progress(row, sessions, marks, percents, now) for row in rows]


def _progress(
    row: ModuleStatus,
    sessions: dict[int, list[CourseSession]],
    marks: dict[tuple[int, int], str],
    percents: dict[int, int],
    now: datetime,
) -> Progress:
    if row.enrolment is None:
        return Progress(row, None, [])
    held = [session for session in sessions.get(row.enrolment.run_id, []) if not session.is_cancelled]
    seat = row.enrolment.pk
    # A session without a mark may still become one that was attended.
    open_ = sum((seat, session.pk) not in marks for session in held)
    percent = percents[row.grant.module_id]
    shown = [(session, marks.get((seat, session.pk), "")) for session in held if session.starts_at <= now]
    return Progress(row, outlook(row.attended, row.sessions, open_, percent), shown)


# --- Who still misses a granted module -------------------------------------------------------------------------------


def missing_modules(percent: int) -> QuerySet[ModuleGrant]:
    """Grants of open cases whose module is not completed, with the newest seat: run, sessions attended and in all.

    `percent` is the rule set's share for completion.
    """
    attended = _count(Attendance.objects.filter(enrolment=OuterRef("pk"), mark__in=ATTENDED), "enrolment")
    sessions = _count(CourseSession.objects.held_or_planned().filter(run=OuterRef("run")), "run")
    seats = Enrolment.objects.filter(
        case=OuterRef("case"), run__module=OuterRef("module"), state=EnrolmentState.ENROLLED
    ).annotate(attended=attended, sessions=sessions, hundredfold=F("attended") * 100)
    completed = seats.filter(
        sessions__gt=0, hundredfold__gte=F("sessions") * Coalesce("run__module__completion_percent", percent)
    )
    newest = seats.order_by("-run__starts_on", "-pk")
    waits = Enrolment.objects.filter(
        case=OuterRef("case"), run__module=OuterRef("module"), state=EnrolmentState.WAITING
    ).order_by("waiting_since", "pk")
    return (
        ModuleGrant.objects.filter(case__in=CaseFile.objects.live().open())
        .exclude(Exists(completed))
        .annotate(
            run_id=Subquery(newest.values("run")[:1]),
            run_starts_on=Subquery(newest.values("run__starts_on")[:1]),
            run_ends_on=Subquery(newest.values("run__ends_on")[:1]),
            attended=Subquery(newest.values("attended")[:1]),
            sessions=Subquery(newest.values("sessions")[:1]),
            waits_on=Subquery(waits.values("run")[:1]),
        )
        .select_related("case__citizen", "case__coach", "case__cohort", "module")
        .order_by("module__order", "module__title", "granted_on", "case__citizen__name", "pk")
    )


def without_a_seat(module: CourseModule, on: date) -> QuerySet[ModuleGrant]:
    """Grants of a module that nothing is done about by a day: not completed, and no seat on a run that lasts beyond it or on
    which no attendance has been taken yet."""
    seats = Enrolment.objects.filter(case=OuterRef("case"), run__module=module, state=EnrolmentState.ENROLLED)
    marks = Attendance.objects.filter(session__run=OuterRef("run"))
    provided = seats.filter(Q(run__ends_on__gte=on) | ~Exists(marks))
    return missing_modules(rule_set_on(on).completion_percent).filter(module=module).exclude(Exists(provided))


def _count(rows: QuerySet, group: str) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(group).annotate(number=Count("pk")).values("number")), 0)
