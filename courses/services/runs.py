"""Runs planned and put right."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import perms
from cases.models import Cohort
from courses.enums import EnrolmentState
from courses.models import CourseModule, CourseRun, CourseSession, Teacher
from microloan.accounts.models import User
from microloan.core.errors import Refused


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
