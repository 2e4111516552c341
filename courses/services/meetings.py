"""Voluntary meetings: planned month by month, people asked to them, their answers (domain.md §3.5, §5; docs/decisions/154)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.models import CaseFile, Cohort
from cases.services.tasks import reconcile_cases
from courses import clashes
from courses.enums import ON_THE_LIST, Audience, EnrolmentState
from courses.models import CourseModule, CourseRun, Enrolment, Meeting, Place, Teacher
from courses.services.enrolments import free_seats, locked_place, locked_run, reconcile, tell
from courses.services.invitations import invite
from courses.services.runs import Times, plan_run
from microloan.accounts.models import User
from microloan.core.errors import Conflict, Refused

MOST_MEETINGS = 12


@dataclass(frozen=True)
class MeetingPlan:
    """What all meetings of a row have in common."""

    module: CourseModule
    place: str
    capacity: int
    audience: str
    teacher: Teacher | None = None
    cohort: Cohort | None = None
    theme: str = ""
    programme: str = ""
    cost: Decimal | None = None


@transaction.atomic
def plan_meetings(*, plan: MeetingPlan, times: Sequence[Times], by: User, overruled: str = "") -> list[CourseRun]:
    """Plan a row of meetings, or none: each is a run of its own with one session."""
    perms.check_team(by)
    _check_plan(plan, times)
    _refuse_clashes(plan, times, overruled)
    made = []
    for one in sorted(times):
        run = plan_run(
            module=plan.module,
            place=plan.place,
            capacity=plan.capacity,
            sessions=[one],
            teacher=plan.teacher,
            cohort=plan.cohort,
            cost=plan.cost,
            by=by,
            overruled=overruled,
        )
        Meeting.objects.create(
            run=run, audience=plan.audience, theme=plan.theme.strip(), programme=plan.programme.strip()
        )
        made.append(run)
    return made


def _check_plan(plan: MeetingPlan, times: Sequence[Times]) -> None:
    if not plan.module.is_voluntary:
        raise Refused(_("A meeting is of a voluntary module. Other modules are planned as courses."), field="module")
    if plan.audience not in Audience.values:
        raise Refused(_("Choose whom the meetings are for."), field="audience")
    if not times:
        raise Refused(_("Plan at least one meeting."))
    if len(times) > MOST_MEETINGS:
        raise Refused(_("Plan at most %(count)s meetings at a time.") % {"count": MOST_MEETINGS})
    for field in ("theme", "programme"):
        perms.check_shown(getattr(plan, field), field=field)


def in_the_way(plan: MeetingPlan, times: Sequence[Times]) -> list[clashes.Clash]:
    """What teacher and place have at the same time already."""
    place = Place.objects.filter(name__iexact=" ".join(plan.place.split())).first()
    return clashes.of_run(module=plan.module, place=place, teacher=plan.teacher, sessions=times, cases=())


def _refuse_clashes(plan: MeetingPlan, times: Sequence[Times], overruled: str) -> None:
    """All that stands in the way of the whole row at once, not meeting by meeting."""
    if not overruled.strip() and (found := in_the_way(plan, times)):
        raise Refused(*clashes.lines(found, named=True), _("Write why it is planned all the same."), field="overruled")


@transaction.atomic
def save_meeting(
    *,
    run: CourseRun,
    audience: str,
    theme: str,
    programme: str,
    script: str,
    ideas: str,
    reply_by: date | None,
    by: User,
) -> Meeting:
    """Programme, script and ideas of one meeting; of a run of a voluntary module it makes a meeting."""
    perms.check_team(by)
    run = locked_run(run)
    if not run.module.is_voluntary:
        raise Refused(_("Only a run of a voluntary module is a meeting."))
    if audience not in Audience.values:
        raise Refused(_("Choose whom the meetings are for."), field="audience")
    if reply_by and reply_by > run.ends_on:
        raise Refused(_("Write a date before the meeting."), field="reply_by")
    texts = {"theme": theme, "programme": programme, "script": script, "ideas": ideas}
    for field, text in texts.items():
        perms.check_shown(text, field=field)
    values = {name: "\n".join(text.strip().splitlines()) for name, text in texts.items()}
    meeting, _created = Meeting.objects.select_for_update().get_or_create(run=run)
    for name, value in {**values, "audience": audience, "reply_by": reply_by}.items():
        setattr(meeting, name, value)
    meeting.save()
    return meeting


@transaction.atomic
def invite_to_meeting(*, run: CourseRun, people: Iterable[CaseFile], by: User, today: date) -> list[Enrolment]:
    """Ask citizens to a voluntary meeting: one letter each. Pressed twice, nobody is asked twice."""
    perms.check_team(by)
    with cases.tasks_held_back():
        held = cases.lock_cases(case.pk for case in people)
        run = locked_run(run)
        if not Meeting.objects.filter(run=run).exists():
            raise Refused(_("Only a run of a voluntary module is a meeting."))
        on_the_list = set(run.enrolments.filter(state__in=ON_THE_LIST).values_list("case_id", flat=True))
        made = [
            Enrolment.objects.create(
                run=run, case=case, state=EnrolmentState.INVITED, enrolled_on=today, enrolled_by=by
            )
            for pk, case in held.items()
            if pk not in on_the_list and case.is_open
        ]
        invite(run=run, bring="", by=by, today=today)
    reconcile_cases([seat.case_id for seat in made if seat.case_id], today=today)
    return made


@transaction.atomic
def answer(*, enrolment: Enrolment, comes: bool, by: User, today: date) -> Enrolment:
    """Yes or no to a meeting, as the citizen has told us. A yes takes a seat; either may be changed."""
    perms.check_team(by)
    enrolment, case, run = locked_place(enrolment)
    if not Meeting.objects.filter(run=run).exists():
        raise Refused(_("Only a run of a voluntary module is a meeting."))
    if enrolment.state not in ON_THE_LIST:
        raise Conflict(_("The place has been given up in the meantime."))
    state = EnrolmentState.ENROLLED if comes else EnrolmentState.DECLINED
    if enrolment.state == state:
        return enrolment
    if case is not None and not case.is_open:
        raise Refused(_("The case is closed."))
    if comes and not free_seats(run):
        raise Refused(_("The meeting is full. Give it more seats, or say that there is no room."))
    if comes and _ahead_of(enrolment).count() >= free_seats(run):
        raise Refused(_("Others wait for the free seat. Put the citizen on the waiting list."))
    if not comes and enrolment.attendance.exists():
        raise Refused(_("Attendance has been taken of this participant."))
    enrolment.state, enrolment.answered_on, enrolment.answered_by = state, today, by
    enrolment.save(update_fields=["state", "answered_on", "answered_by"])
    title = _("Comes to: %(module)s") if comes else _("Does not come to: %(module)s")
    tell(case, title % {"module": run.module.title}, by)
    reconcile(run, case, today)
    return enrolment


def _ahead_of(place: Enrolment) -> QuerySet[Enrolment]:
    """Those in line who come before this person: of who does not wait, all of them."""
    line = Enrolment.objects.filter(run=place.run_id, state=EnrolmentState.WAITING).exclude(pk=place.pk)
    if place.state != EnrolmentState.WAITING:
        return line
    return line.filter(Q(waiting_since__lt=place.waiting_since) | Q(waiting_since=place.waiting_since, pk__lt=place.pk))
