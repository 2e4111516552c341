"""Who may open the pages of the courses: the team."""

from datetime import date, datetime, timedelta

from cases.models import Cohort
from courses.models import CourseModule, CourseRun, Enrolment, SchoolHoliday, Teacher
from courses.services import (
    add_guest,
    add_school_holiday,
    enrol,
    enrol_guest,
    ensure_catalogue,
    plan_run,
    save_meeting,
)
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.clock import COPENHAGEN
from tests.support.routing import ADMINISTRATOR, LEAD, TEAM, case, row
from tests.support.world import World


def make_run(world: World) -> CourseRun:
    """A run of a voluntary module, held yesterday."""
    ensure_catalogue()
    start = datetime.combine(world.today - timedelta(days=1), datetime.min.time(), tzinfo=COPENHAGEN) + timedelta(
        hours=9
    )
    return plan_run(
        module=CourseModule.objects.get(code="network_day"),
        place="Huset",
        capacity=12,
        sessions=[(start, start + timedelta(hours=3))],
        teacher=None,
        cohort=None,
        by=world.user(Role.COACH),
    )


def make_holiday(world: World) -> SchoolHoliday:
    return add_school_holiday(
        name="Vinterferie",
        first_on=date(2027, 2, 13),
        last_on=date(2027, 2, 21),
        by=world.user(Role.PROJECT_LEAD),
    )


def make_teacher(world: World) -> Teacher:
    return Teacher.objects.create(name="Tove Testesen")


def make_cohort(world: World) -> Cohort:
    end = world.today + timedelta(days=180)
    return Cohort.objects.create(code="M9", start_on=world.today, end_on=end)


def make_seat(world: World) -> Enrolment:
    return enrol(run=world.of(make_run), case=world.case, by=world.user(Role.COACH), today=clock.today())


def make_meeting(world: World) -> CourseRun:
    run = world.of(make_run)
    coach = world.user(Role.COACH)
    save_meeting(run=run, audience="both", theme="", programme="", script="", ideas="", reply_by=None, by=coach)
    return run


def make_guest_seat(world: World) -> Enrolment:
    coach = world.user(Role.COACH)
    guest = add_guest(name="Gerda Gæst", phone="00000000", email="", sent_by="Kvindecentret", by=coach)
    return enrol_guest(run=world.of(make_run), guest=guest, by=coach, today=clock.today())


def run_pk(world: World) -> dict[str, int]:
    return {"pk": world.of(make_run).pk}


ROWS = [
    row("courses:runs", allow=TEAM),
    row("courses:catalogue", allow=TEAM | ADMINISTRATOR),
    row("courses:module_new", allow=LEAD | ADMINISTRATOR),
    row("courses:module_edit", allow=LEAD | ADMINISTRATOR, kwargs=lambda w: {"pk": w.of(make_run).module_id}),
    row("courses:month", allow=TEAM),
    row("courses:cohorts", allow=TEAM),
    row("courses:cohort_new", allow=TEAM),
    row("courses:cohort", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_cohort).pk}),
    row("courses:cohort_edit", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_cohort).pk}),
    row("courses:pre_course", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_cohort).pk}),
    row("courses:residential_exception", allow=LEAD, kwargs=case, logs=True),
    row("courses:places", allow=TEAM),
    row("courses:place_edit", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_run).place_id}),
    row("courses:school_holidays", allow=TEAM | ADMINISTRATOR),
    row(
        "courses:school_holiday_remove",
        allow=LEAD | ADMINISTRATOR,
        kwargs=lambda w: {"pk": w.of(make_holiday).pk},
        method="post",
    ),
    row("courses:teachers", allow=TEAM),
    row("courses:teacher_edit", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_teacher).pk}),
    row("courses:meetings", allow=TEAM),
    row("courses:figures", allow=TEAM),
    row("courses:figures_csv", allow=TEAM),
    row("courses:enrol_many", allow=TEAM, kwargs=run_pk),
    row("courses:guest_invitation", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_guest_seat).pk}),
    row("courses:session_undo", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_run).sessions.get().pk}),
    row("courses:meetings_new", allow=TEAM),
    row("courses:meeting_edit", allow=TEAM, kwargs=run_pk),
    row("courses:meeting_invite", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_meeting).pk}),
    row("courses:meeting_answer", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_seat).pk}, method="post"),
    row("courses:run_new", allow=TEAM),
    row("courses:run", allow=TEAM, kwargs=run_pk),
    row("courses:run_edit", allow=TEAM, kwargs=run_pk),
    row("courses:run_exception", allow=LEAD, kwargs=run_pk),
    row("courses:run_guest", allow=TEAM, kwargs=run_pk),
    row("courses:guest", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_guest_seat).guest_id}),
    row("courses:missing", allow=TEAM),
    row("courses:attendance_list", allow=TEAM, kwargs=run_pk),
    row("courses:name_badges", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_seat).run_id}),
    row("courses:certificates", allow=TEAM, kwargs=run_pk, ok=302),
    row("courses:certificate", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_seat).pk}, ok=302),
    row("courses:invitations", allow=TEAM, kwargs=run_pk),
    row("courses:take_seat", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_seat).pk}, method="post"),
    row("courses:run_calendar", allow=TEAM, kwargs=run_pk),
    row("courses:teacher_calendar", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_teacher).pk}),
    row("courses:session_add", allow=TEAM, kwargs=run_pk),
    row("courses:session_move", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_run).sessions.get().pk}),
    row("courses:session_cancel", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_run).sessions.get().pk}),
    row("courses:session", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_run).sessions.get().pk}),
    row(
        "courses:session_mark",
        allow=TEAM,
        kwargs=lambda w: {"pk": w.of(make_run).sessions.get().pk},
        method="post",
        data=lambda w: {
            "enrolment": w.of(make_seat).pk,
            "mark": "late",
            "key": "7e0a3e0c-3c0b-4b8e-9b41-2d5a4b6c7d8e",
            "age": "0",
        },
        ok=200,
    ),
    row("courses:engagement", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_seat).pk}),
    row("courses:withdraw", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_seat).pk}),
    row("courses:case", allow=TEAM, kwargs=case, logs=True),
    row(
        "courses:case_enrol",
        allow=TEAM,
        kwargs=lambda w: {"number": w.case.number, "pk": w.of(make_run).pk},
        method="post",
        logs=True,
    ),
]
