"""Whose the services of the courses are."""

from datetime import datetime, timedelta

from cases.enums import Phase
from courses import services
from courses.models import CourseModule, CourseRun, Enrolment, Guest
from microloan.core.clock import COPENHAGEN
from screening.models import Screening
from screening.services import open_screening
from tests.cases.builders import put_in_phase
from tests.support.acting import act
from tests.support.routes.courses import make_cohort, make_holiday, make_run, make_seat, make_teacher
from tests.support.routing import ADMINISTRATOR, LEAD, TEAM, Role
from tests.support.world import World


def full_run(world: World) -> CourseRun:
    """One seat, and a guest has it."""
    run = make_run(world)
    services.update_run(run=run, place="Huset", capacity=1, teacher=None, cohort=None, by=world.user(Role.COACH))
    services.enrol_guest(run=run, guest=make_guest(world), by=world.user(Role.COACH), today=world.today)
    return run


def make_guest(world: World) -> Guest:
    coach = world.user(Role.COACH)
    return services.add_guest(name="Gerda Gæst", phone="00000000", email="", sent_by="Kvindecentret", by=coach)


def first_in_line(world: World) -> Enrolment:
    """… and the seat has fallen free."""
    coach = world.user(Role.COACH)
    run = full_run(world)
    place = services.join_waiting_list(run=run, case=world.case, by=coach, today=world.today)
    services.withdraw(enrolment=run.enrolments.get(case=None), why="time", reason="", by=coach, today=world.today)
    return place


def ungranted_run(world: World) -> CourseRun:
    """A run of a module that takes a grant."""
    services.ensure_catalogue()
    return services.plan_run(
        module=CourseModule.objects.get(code="marketing"),
        place="Huset",
        capacity=12,
        sessions=sessions(world),
        teacher=None,
        cohort=None,
        by=world.user(Role.COACH),
    )


def network_day(world: World) -> CourseModule:
    services.ensure_catalogue()
    return CourseModule.objects.get(code="network_day")


def coming_meeting(world: World) -> CourseRun:
    plan = services.MeetingPlan(network_day(world), "Huset", 12, "both")
    return services.plan_meetings(plan=plan, times=sessions(world), by=world.user(Role.COACH))[0]


def invited(world: World) -> Enrolment:
    run = coming_meeting(world)
    return services.invite_to_meeting(run=run, people=[world.case], by=world.user(Role.COACH), today=world.today)[0]


def sessions(world: World) -> list[tuple[datetime, datetime]]:
    start = datetime.combine(world.today + timedelta(days=3), datetime.min.time(), tzinfo=COPENHAGEN)
    return [(start + timedelta(hours=9), start + timedelta(hours=12))]


def make_screening(world: World) -> Screening:
    services.ensure_catalogue()
    case = put_in_phase(world.case, Phase.BUSINESS_DEVELOPMENT, on=world.today)
    return open_screening(case=case, number=2, by=world.user(Role.COACH), today=world.today)


ROWS = [
    act(
        "courses.grant_modules",
        allow=LEAD,
        call=lambda w, by: services.grant_modules(screening=w.of(make_screening), modules=[], by=by, today=w.today),
    ),
    act(
        "courses.plan_run",
        allow=TEAM,
        call=lambda w, by: services.plan_run(
            module=w.of(network_day),
            place="Huset",
            capacity=12,
            sessions=sessions(w),
            teacher=None,
            cohort=None,
            by=by,
        ),
    ),
    act(
        "courses.update_run",
        allow=TEAM,
        call=lambda w, by: services.update_run(
            run=w.of(make_run), place="Salen", capacity=12, teacher=None, cohort=None, by=by
        ),
    ),
    act(
        "courses.move_session",
        allow=TEAM,
        call=lambda w, by: services.move_session(
            session=w.of(make_run).sessions.get(),
            starts_at=sessions(w)[0][0],
            ends_at=sessions(w)[0][1],
            reason="",
            by=by,
        ),
    ),
    act(
        "courses.cancel_session",
        allow=TEAM,
        call=lambda w, by: services.cancel_session(session=w.of(make_run).sessions.get(), reason="Sne", by=by),
    ),
    act(
        "courses.add_session",
        allow=TEAM,
        call=lambda w, by: services.add_session(
            run=w.of(make_run), starts_at=sessions(w)[0][0], ends_at=sessions(w)[0][1], by=by
        ),
    ),
    act(
        "courses.save_module",
        allow=LEAD | ADMINISTRATOR,
        call=lambda w, by: services.save_module(module=w.of(network_day), values={"order": 5}, by=by),
    ),
    act(
        "courses.save_place",
        allow=TEAM,
        call=lambda w, by: services.save_place(place=None, name="Salen", address="", directions="", by=by),
    ),
    act(
        "courses.add_school_holiday",
        allow=LEAD | ADMINISTRATOR,
        call=lambda w, by: services.add_school_holiday(name="Jul", first_on=w.today, last_on=w.today, by=by),
    ),
    act(
        "courses.remove_school_holiday",
        allow=LEAD | ADMINISTRATOR,
        call=lambda w, by: services.remove_school_holiday(holiday=w.of(make_holiday), by=by),
    ),
    act(
        "courses.save_cohort",
        allow=TEAM,
        call=lambda w, by: services.save_cohort(
            cohort=None, code="M8", start_on=w.today, end_on=w.today, target_size=11, main_course_on=None, by=by
        ),
    ),
    act(
        "courses.plan_pre_course",
        allow=TEAM,
        call=lambda w, by: services.plan_pre_course(
            cohort=w.of(make_cohort),
            main_course_on=w.today + timedelta(days=30),
            runs=[services.RunPlan(w.of(network_day), "Salen", None, 12, sessions(w))],
            with_seats=True,
            by=by,
            today=w.today,
        ),
    ),
    act(
        "courses.except_from_residential",
        allow=LEAD,
        call=lambda w, by: services.except_from_residential(
            case=w.case, reason="Holdt i foråret", by=by, today=w.today
        ),
    ),
    act(
        "courses.enrol",
        allow=TEAM,
        call=lambda w, by: services.enrol(run=w.of(make_run), case=w.case, by=by, today=w.today),
    ),
    act(
        "courses.enrol_by_exception",
        allow=LEAD,
        call=lambda w, by: services.enrol_by_exception(
            run=w.of(ungranted_run), case=w.case, reason="Eneste hold i år", by=by, today=w.today
        ),
    ),
    act(
        "courses.enrol_guest",
        allow=TEAM,
        call=lambda w, by: services.enrol_guest(run=w.of(make_run), guest=w.of(make_guest), by=by, today=w.today),
    ),
    act(
        "courses.join_waiting_list",
        allow=TEAM,
        call=lambda w, by: services.join_waiting_list(run=w.of(full_run), case=w.case, by=by, today=w.today),
    ),
    act(
        "courses.take_seat",
        allow=TEAM,
        call=lambda w, by: services.take_seat(enrolment=w.of(first_in_line), by=by, today=w.today),
    ),
    act(
        "courses.invite",
        allow=TEAM,
        call=lambda w, by: services.invite(run=w.of(ungranted_run), bring="Papir", by=by, today=w.today),
    ),
    act(
        "courses.add_guest",
        allow=TEAM,
        call=lambda w, by: services.add_guest(name="Gerda Gæst", phone="00000000", email="", sent_by="Huset", by=by),
    ),
    act(
        "courses.update_guest",
        allow=TEAM,
        call=lambda w, by: services.update_guest(
            guest=w.of(make_guest), name="Gerda Gæst", phone="00000000", email="", sent_by="Jobhuset", by=by
        ),
    ),
    act(
        "courses.withdraw",
        allow=TEAM,
        call=lambda w, by: services.withdraw(
            enrolment=w.of(make_seat), why="illness", reason="Syg", by=by, today=w.today
        ),
    ),
    act(
        "courses.give_up_seats",
        allow=TEAM,
        call=lambda w, by: services.give_up_seats(case=w.case, reason="Syg", by=by, today=w.today),
    ),
    act(
        "courses.mark_attendance",
        allow=TEAM,
        call=lambda w, by: services.mark_attendance(
            session=w.of(make_run).sessions.get(), marks={w.of(make_seat).pk: "present"}, by=by, today=w.today
        ),
    ),
    act(
        "courses.tap_attendance",
        allow=TEAM,
        call=lambda w, by: services.tap_attendance(
            session=w.of(make_run).sessions.get(),
            tap=services.Tap(w.of(make_seat).pk, "late"),
            by=by,
            today=w.today,
        ),
    ),
    act(
        "courses.save_engagement",
        allow=TEAM,
        call=lambda w, by: services.save_engagement(enrolment=w.of(make_seat), text="Spørger godt", by=by),
    ),
    act(
        "courses.add_teacher",
        allow=TEAM,
        call=lambda w, by: services.add_teacher(name="Tove Testesen", phone="", email="", by=by),
    ),
    act(
        "courses.update_teacher",
        allow=TEAM,
        call=lambda w, by: services.update_teacher(
            teacher=w.of(make_teacher),
            name="Tove Testesen",
            phone="",
            email="",
            former_case=None,
            is_mentor=True,
            is_active=True,
            by=by,
        ),
    ),
    act(
        "courses.enrol_many",
        allow=TEAM,
        call=lambda w, by: services.enrol_many(run=w.of(make_run), people=[w.case], by=by, today=w.today),
    ),
    act(
        "courses.undo_session",
        allow=TEAM,
        call=lambda w, by: services.undo_session(
            session=w.of(make_run).sessions.get(), reason="Forkert dag", by=by, today=w.today
        ),
    ),
    act(
        "courses.plan_meetings",
        allow=TEAM,
        call=lambda w, by: services.plan_meetings(
            plan=services.MeetingPlan(w.of(network_day), "Huset", 12, "both"), times=sessions(w), by=by
        ),
    ),
    act(
        "courses.save_meeting",
        allow=TEAM,
        call=lambda w, by: services.save_meeting(
            run=w.of(make_run), audience="main", theme="", programme="", script="", ideas="", reply_by=None, by=by
        ),
    ),
    act(
        "courses.invite_to_meeting",
        allow=TEAM,
        call=lambda w, by: services.invite_to_meeting(run=w.of(coming_meeting), people=[w.case], by=by, today=w.today),
    ),
    act(
        "courses.answer",
        allow=TEAM,
        call=lambda w, by: services.answer(enrolment=w.of(invited), comes=True, by=by, today=w.today),
    ),
    act(
        "courses.grant_from_decision",
        allow=LEAD,
        call=lambda w, by: services.grant_from_decision(
            screening=w.of(make_screening), values={}, by=by, today=w.today
        ),
    ),
]

PARTS = {
    "courses.lock_seat": "locks",
    "courses.lock_session": "locks",
    "courses.ensure_catalogue": "reference data, put in at set-up",
    "courses.forget_guest": "run by the clock",
    "courses.forget_guests": "run by the clock",
    "courses.free_seats": "only reads",
    "courses.seat_clashes": "only reads",
    "courses.has_grant": "only reads",
    "courses.in_the_way": "only reads",
    "courses.locked_place": "locks",
    "courses.locked_run": "locks",
    "courses.make_letters": "the worker's part of courses.invite",
    "courses.plan_invitations": "only reads",
    "courses.reconcile": "part of what changes a seat",
    "courses.tell": "part of what changes a seat",
    "courses.place_called": "part of planning and correcting a run",
}
