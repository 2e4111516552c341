"""What courses add to a case: next steps, journey, facts, what screening 2 grants, what the main course demands."""

from collections.abc import Iterator
from datetime import date, timedelta

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry as cases
from cases.enums import ContactKind, ContactState, Holder, Phase
from cases.models import CaseFile
from cases.registry import JourneyDetail, Missing, NextStep, OpenThing
from courses import queries
from courses.enums import HOLDS_A_PLACE, EnrolmentState
from courses.models import CourseModule, Enrolment, ResidentialException
from courses.registry import late_starts
from courses.rules import latest_main_course_start
from courses.services import give_up_seats, grant_from_decision
from microloan.accounts.models import User
from microloan.core import danish
from microloan.core.calendars import add_working_days
from microloan.policy.services import rule_set_on
from screening import registry as screening
from screening.enums import Outcome, ScreeningNumber
from screening.registry import Clock, DecisionPart, Fact

COURSES_STEP = 6
# Days after screening 2 within which a granted module should have a course run.
ENROL_DAYS = 21
# Working days within which a seat that has fallen free is offered to the first in line.
OFFER_DAYS = 2
# Working days after the second missed session within which somebody rings, in the phases in which courses are held.
RING_DAYS = 1
COURSE_PHASES = (Phase.BUSINESS_DEVELOPMENT, Phase.COURSES)


def register() -> None:
    cases.attendance.register("courses", queries.attendance_counts)
    cases.occasions.register("courses", queries.taught_by)
    cases.feeds.register("teacher", queries.calendar_of_teacher)
    cases.feeds.register("run", queries.calendar_of_run)
    cases.occasions_of_case.register("courses", queries.taken_by)
    cases.next_steps.register("courses", next_steps, order=30)
    cases.next_step_relations.register("course grants", "module_grants__module")
    cases.next_step_relations.register("course seats", "enrolments__run__module")
    cases.meetings_offered.register("courses", queries.meetings_of)
    cases.phase_entered.register("courses", free_seats, order=30)
    for relation in queries.read_ahead():
        cases.next_step_relations.register(relation.to_attr, relation)
    cases.open_at_closing.register("courses", open_seats, order=30)
    cases.journey.register("courses", journey, order=30)
    cases.requires(Phase.MAIN_COURSE, "residential_course", main_course_needs)
    cases.next_steps.register("missed sessions", missed_sessions, order=32)
    cases.register_task_kind(
        "course_missed_twice",
        gettext_lazy("Ring the citizen: missed two course sessions in a row"),
        gettext_lazy("Register contact"),
        beside=True,
    )
    cases.next_steps.register("waiting lists", seats_fallen_free, order=31)
    cases.register_task_kind("course_enrol", gettext_lazy("Find a course run"), gettext_lazy("Open courses"))
    cases.register_task_kind(
        "course_seat_free",
        gettext_lazy("Give the free seat: first on the waiting list"),
        gettext_lazy("Open course run"),
    )
    screening.facts.register("courses", facts, order=20)
    screening.clocks.register("courses", clocks, order=20)
    screening.decision_parts.register(
        "modules",
        DecisionPart(
            number=ScreeningNumber.TWO,
            outcomes=frozenset({Outcome.CONTINUE}),
            fields=decision_fields,
            apply=grant_from_decision,
            words=lambda gives: [(_("Course modules granted"), ", ".join(gives.get("modules", [])))],
        ),
    )


def decision_fields(case: CaseFile, today: date) -> dict[str, forms.Field]:
    """Which modules screening 2 grants; the mandatory ones are always among them."""
    modules = CourseModule.objects.filter(is_active=True, is_voluntary=False).order_by("order", "title")
    return {
        "modules": forms.ModelMultipleChoiceField(
            queryset=modules,
            required=False,
            initial=[module.pk for module in modules if module.is_mandatory],
            widget=forms.CheckboxSelectMultiple,
            label=_("Course modules granted"),
            help_text=_("The residential course is for everyone and is always granted."),
        )
    }


def next_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Every granted module gets a course run (domain.md §5)."""
    if case.phase != Phase.COURSES:
        return
    seated = {seat.run.module_id for seat in case.enrolments.all() if _is_provided(seat, today)}
    for grant in case.module_grants.all():
        if grant.module_id not in seated:
            yield NextStep(
                key=f"course-{grant.module.code}",
                kind="course_enrol",
                holder=Holder.TEAM,
                due_on=grant.granted_on + timedelta(days=ENROL_DAYS),
                why=grant.module.title,
                link={"name": "courses:case", "kwargs": {"number": case.number}},
            )


def _is_provided(seat: Enrolment, today: date) -> bool:
    """Whether a seat is taken, or waited for on a run that has not begun."""
    waits = seat.state == EnrolmentState.WAITING and seat.run.starts_on >= today
    return waits or seat.state == EnrolmentState.ENROLLED


def seats_fallen_free(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Whoever is first in line is offered the seat: a proposal, which one click on the run takes up (domain.md §5)."""
    for place in queries.lines_of(case):
        if place.ahead < place.free and place.run.ends_on >= today:
            freed = add_working_days(place.freed_on, OFFER_DAYS) if place.freed_on else place.run.starts_on
            yield NextStep(
                key=f"seat-free-{place.pk}",
                kind="course_seat_free",
                holder=Holder.TEAM,
                due_on=min(freed, place.run.starts_on),
                why=f"{place.run.module.title}, {danish.short_date(place.run.starts_on)}",
                link={"name": "courses:run", "kwargs": {"pk": place.run_id}},
            )


def missed_sessions(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Two sessions missed in a row without a word: somebody rings. Done when a contact has been held since (domain.md §3.5)."""
    if case.phase not in COURSE_PHASES:
        return
    held = [contact.at for contact in case.contacts.all() if contact.state == ContactState.ATTENDED]
    for seat in queries.missed_twice(case):
        if not any(at > seat.last_session for at in held):
            missed_on = danish.local_date(seat.last_session)
            yield NextStep(
                key=f"missed-{seat.pk}-{missed_on.isoformat()}",
                kind="course_missed_twice",
                holder=Holder.TEAM,
                due_on=add_working_days(missed_on, RING_DAYS),
                why=seat.run.module.title,
                link={
                    "name": "cases:contact_new",
                    "kwargs": {"number": case.number},
                    "query": {"kind": ContactKind.COACHING.value},
                },
            )


def free_seats(*, case: CaseFile, from_phase: str, by: User, today: date) -> None:
    """Who leaves the programme takes no seat from others (domain.md §3.1: drop-out in any phase)."""
    if case.phase == Phase.CLOSED:
        give_up_seats(case=case, reason="", by=by, today=today)


def open_seats(case: CaseFile, today: date) -> Iterator[OpenThing]:
    """Seats on runs that are not over: closing gives them to others."""
    seats = case.enrolments.filter(state__in=HOLDS_A_PLACE, run__ends_on__gte=today).select_related("run__module")
    for seat in seats.order_by("run__starts_on", "pk"):
        waits = seat.state == EnrolmentState.WAITING
        text = (_("Waiting list of a course: %(module)s") if waits else _("Seat on a course: %(module)s")) % {
            "module": seat.run.module.title
        }
        link = {"name": "courses:case", "kwargs": {"number": case.number}}
        yield OpenThing(f"seat-{seat.pk}", text, _("Given up, so that others can have it."), link=link)


def journey(case: CaseFile, today: date) -> dict[int, JourneyDetail]:
    statuses = queries.modules_of(case, today)
    if not statuses:
        return {}
    done = sum(status.completed for status in statuses)
    return {
        COURSES_STEP: JourneyDetail(
            detail=_("%(done)s of %(all)s") % {"done": done, "all": len(statuses)},
            url=reverse("courses:case", kwargs={"number": case.number}),
        )
    }


def facts(case: CaseFile, number: int, today: date) -> Iterator[Fact]:
    """Course attendance beside screenings 3 and 4 (domain.md §4)."""
    if number < ScreeningNumber.THREE:
        return
    statuses = queries.modules_of(case, today)
    attended, sessions = queries.overall(statuses)
    yield Fact(
        "course_attendance",
        _("Course attendance"),
        _("%(attended)s of %(total)s sessions") % {"attended": attended, "total": sessions},
    )
    for status in statuses:
        if status.enrolment and status.enrolment.engagement:
            code = f"engagement_{status.grant.module.code}"
            yield Fact(code, _("Engagement: %(module)s") % {"module": status.grant.module}, status.enrolment.engagement)


def clocks(case: CaseFile, today: date) -> Iterator[Clock]:
    """Days since the residential course, against the target for the payout (domain.md §1, §9)."""
    ended = queries.residential_end(case, today)
    if ended is not None:
        yield Clock(_("Since the residential course"), (today - ended).days, rule_set_on(today).payout_target_days)


def main_course_needs(case: CaseFile, today: date) -> Iterator[Missing]:
    """The residential course comes at most so many days before the main course, unless the project lead has said why not
    (R; domain.md §5)."""
    ended = queries.residential_end(case, today)
    days = rule_set_on(today).residential_max_days
    if ended is not None and today <= latest_main_course_start(ended, days):
        return
    if ResidentialException.objects.filter(case=case).exists():
        return
    link = {"name": "courses:case", "kwargs": {"number": case.number}}
    if ended is None:
        text = _("The citizen has not completed the residential course.")
        yield Missing(text, source=_("programme: the residential course is mandatory"), link=link)
    elif not any(reason(case) for reason in late_starts):
        text = _(
            "The residential course ended on %(day)s. The project lead has to say why the main course starts so late."
        )
        source = _("programme: at most %(days)s days after the residential course") % {"days": days}
        yield Missing(text % {"day": danish.long_date(ended)}, source=source, link=link)
