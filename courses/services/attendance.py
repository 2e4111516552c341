"""Attendance taken, and how a participant takes part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind
from courses.enums import AttendanceMark, EnrolmentState
from courses.models import Attendance, AttendanceEntry, CourseSession, Enrolment
from courses.services.enrolments import lock_seat
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused


@dataclass(frozen=True)
class Tap:
    """A mark as it was made, perhaps long before it arrived. `key` tells a tap that is sent twice from two taps."""

    enrolment_id: int
    mark: str
    key: UUID = field(default_factory=uuid4)
    marked_at: datetime | None = None


@transaction.atomic
def mark_attendance(*, session: CourseSession, marks: Mapping[int, str], by: User, today: date) -> list[Attendance]:
    """Take attendance of one session: enrolment id → mark. A mark that stands already is not made again."""
    perms.check_team(by)
    session = lock_session(session)
    known = dict(session.attendance.values_list("enrolment_id", "mark"))
    new = {pk: mark for pk, mark in marks.items() if known.get(pk) != mark}
    for pk, mark in new.items():
        tap_attendance(session=session, tap=Tap(pk, mark), by=by, today=today)
    return list(session.attendance.filter(enrolment__in=marks).order_by("pk"))


def lock_session(session: CourseSession) -> CourseSession:
    """The session, after the cases of its participants. Two who take attendance in it, and whoever cancels it, wait for each
    other; what refers to it need not wait."""
    seats = Enrolment.objects.filter(run=session.run_id, state=EnrolmentState.ENROLLED, case__isnull=False)
    cases.lock_cases(seats.values_list("case_id", flat=True))
    return _locked(session)


def _locked(session: CourseSession) -> CourseSession:
    rows = CourseSession.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("run__module").get(pk=session.pk)


@transaction.atomic
def tap_attendance(*, session: CourseSession, tap: Tap, by: User, today: date) -> Attendance:
    """One mark of one participant. The history keeps every mark; the one that was made last stands, whenever it arrived.

    The same key again changes nothing; with another content it is a Conflict. Only after the session has begun.
    """
    perms.check_team(by)
    if tap.mark not in AttendanceMark.values:
        raise Refused(_not_a_mark())
    session, enrolment = _locked_seat(session, tap.enrolment_id)
    now = clock.now()
    _check_begun(session, now)
    entry, is_new = AttendanceEntry.objects.get_or_create(
        key=tap.key,
        defaults={
            "session": session,
            "enrolment": enrolment,
            "mark": tap.mark,
            "marked_at": min(max(tap.marked_at or now, session.starts_at), now),
            "received_at": now,
            "marked_by": by,
        },
    )
    if (entry.session_id, entry.enrolment_id, entry.mark) != (session.pk, enrolment.pk, tap.mark):
        raise Conflict(_("Another mark has been sent under the same key."))
    row = _stands(session, enrolment)
    if is_new and enrolment.case is not None:
        cases.reconcile_tasks(case=enrolment.case, today=today)
    return row


def _not_a_mark() -> str:
    return _("Choose present, late, excused or absent for a participant of this course run.")


def _locked_seat(session: CourseSession, enrolment_id: int) -> tuple[CourseSession, Enrolment]:
    """Case, session, seat: locked in this order."""
    seats = Enrolment.objects.filter(run=session.run_id, state=EnrolmentState.ENROLLED)
    found = seats.filter(pk=enrolment_id).select_related("case").first()
    if found is None:
        raise Refused(_not_a_mark())
    if found.case is not None:
        cases.lock_case(found.case)
    session = _locked(session)
    seat = seats.select_for_update(of=("self",)).filter(pk=enrolment_id).select_related("case").first()
    if seat is None:
        raise Refused(_not_a_mark())
    return session, seat


def _check_begun(session: CourseSession, now: datetime) -> None:
    if session.is_cancelled:
        raise Refused(_("The session is cancelled."))
    if session.starts_at > now:
        raise Refused(_("The session has not begun yet."))


def _stands(session: CourseSession, enrolment: Enrolment) -> Attendance:
    """Bring the attendance in line with the mark that was made last."""
    last = AttendanceEntry.objects.filter(session=session, enrolment=enrolment).order_by("-marked_at", "-pk")[0]
    values = {"mark": last.mark, "marked_at": last.marked_at, "marked_by": last.marked_by}
    row, created = Attendance.objects.get_or_create(session=session, enrolment=enrolment, defaults=values)
    if not created and (row.mark, row.marked_at, row.marked_by_id) != (last.mark, last.marked_at, last.marked_by_id):
        row.mark, row.marked_at, row.marked_by = last.mark, last.marked_at, last.marked_by
        row.save(update_fields=list(values))
    return row


@transaction.atomic
def save_engagement(*, enrolment: Enrolment, text: str, by: User, seen: str | None = None) -> Enrolment:
    """Note how a participant takes part; screening 3 reads it (domain.md §5).

    `seen` is the text that the form was opened with: a Conflict where somebody saved another since.
    """
    perms.check_team(by)
    lock_seat(enrolment.pk)
    enrolment = Enrolment.objects.select_related("case", "run__module").get(pk=enrolment.pk)
    text = _plain(text)
    if not text:
        raise Refused(_("Write how the citizen takes part."), field="text")
    if text == enrolment.engagement:
        return enrolment
    if seen is not None and _plain(seen) != enrolment.engagement:
        raise Conflict(_("Somebody else has written in the meantime. Compare, correct the text, and save again."))
    enrolment.engagement = text
    enrolment.save(update_fields=["engagement"])
    if enrolment.case is not None:
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
