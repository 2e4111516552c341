"""Attendance taken, and how a participant takes part."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind
from courses.enums import AttendanceMark, EnrolmentState
from courses.models import Attendance, CourseSession, Enrolment
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused


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
    held_by = [enrolments[row.enrolment_id].case for row in saved]
    for case in held_by:
        if case is not None:
            cases.reconcile_tasks(case=case, today=today)
    return saved


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
