from datetime import date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from cases import services as cases
from cases.enums import ClosedBy, ClosingReason
from cases.models import CaseFile
from courses import queries, services
from courses.enums import AttendanceMark, EnrolmentState, WithdrawalReason
from courses.models import Attendance, CourseModule, Enrolment, ModuleGrant
from microloan.core import clock
from microloan.core.clock import COPENHAGEN
from microloan.core.errors import Refused
from microloan.core.history import changes_of
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run

pytestmark = pytest.mark.django_db


def test_screening_2_grants_the_chosen_modules_and_always_the_residential_course(granted: Story):
    codes = set(granted.case.module_grants.values_list("module__code", flat=True))
    assert "residential_course" in codes


def test_a_module_is_granted_once(granted: Story):
    grant = granted.case.module_grants.first()
    with pytest.raises(IntegrityError, match="module_granted_once"), transaction.atomic():
        ModuleGrant.objects.create(
            case=granted.case, module=grant.module, screening=grant.screening, granted_on=grant.granted_on
        )


def test_a_seat_takes_a_grant(town, granted: Story):
    run = make_run(town, "marketing")
    assert not granted.case.module_grants.filter(module=run.module).exists()
    with pytest.raises(Refused, match="har ikke bevilget") as refusal:
        services.enrol(run=run, case=granted.case, by=town.casts[0].coach, today=granted.day)
    assert refusal.value.field == "case"
    assert not Enrolment.objects.exists()


def test_a_voluntary_module_takes_none(town, granted: Story):
    run = make_run(town, "network_day")
    services.enrol(run=run, case=granted.case, by=town.casts[0].coach, today=granted.day)
    assert Enrolment.objects.count() == 1


def test_the_same_seat_twice_is_one(town, granted: Story):
    run = make_run(town)
    granted.enrol(run).enrol(run)
    assert Enrolment.objects.count() == 1


def test_a_full_run_refuses(town, granted: Story):
    run = make_run(town)
    run.capacity = 1
    run.save()
    granted.enrol(run)
    other = municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START))
    with pytest.raises(Refused, match="fuldt"):
        services.enrol(run=run, case=other.case, by=town.casts[0].coach, today=other.day)


def test_a_seat_is_given_up_with_a_reason_and_is_free_again(town, granted: Story):
    run = make_run(town)
    granted.enrol(run)
    enrolment = Enrolment.objects.get()
    with pytest.raises(Refused):
        services.withdraw(enrolment=enrolment, why="other", reason=" ", by=town.casts[0].coach, today=granted.day)
    with pytest.raises(Refused, match="CPR"):  # it stands on the page of the run
        services.withdraw(
            enrolment=enrolment, why="illness", reason="Se 010180-1234", by=town.casts[0].coach, today=granted.day
        )
    services.withdraw(
        enrolment=enrolment, why="illness", reason="Er blevet syg", by=town.casts[0].coach, today=granted.day
    )
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.withdrawn_reason) == (EnrolmentState.WITHDRAWN, "Er blevet syg")
    granted.enrol(run)
    assert Enrolment.objects.filter(state=EnrolmentState.ENROLLED).count() == 1


def test_attendance_is_not_taken_before_the_session(town, granted: Story):
    run = make_run(town)
    granted.enrol(run)
    session = run.sessions.first()
    minute_before = session.starts_at - timedelta(minutes=1)
    with clock.at(minute_before), pytest.raises(Refused, match="endnu"):
        services.mark_attendance(
            session=session,
            marks={Enrolment.objects.get().pk: AttendanceMark.PRESENT},
            by=town.casts[0].coach,
            today=run.starts_on,
        )


def test_a_correction_keeps_the_earlier_value(town, granted: Story):
    run = make_run(town)
    granted.enrol(run).attend(run)
    session, enrolment = run.sessions.first(), Enrolment.objects.get()
    with clock.at(run.ends_on):
        services.mark_attendance(
            session=session, marks={enrolment.pk: AttendanceMark.ABSENT}, by=town.casts[0].coach, today=run.ends_on
        )
    row = Attendance.objects.get(session=session, enrolment=enrolment)
    assert row.mark == AttendanceMark.ABSENT
    assert any(
        (change.field, change.before, change.after) == ("mark", "present", "absent") for change in changes_of(row)
    )


@pytest.mark.parametrize("mark", ["", "maybe"])
def test_marks_of_others_and_unknown_marks_are_refused(town, granted: Story, mark):
    run = make_run(town)
    granted.enrol(run)
    with pytest.raises(Refused):
        services.mark_attendance(
            session=run.sessions.first(),
            marks={Enrolment.objects.get().pk: mark},
            by=town.casts[0].coach,
            today=run.ends_on,
        )
    with pytest.raises(Refused):
        services.mark_attendance(
            session=run.sessions.first(), marks={0: AttendanceMark.PRESENT}, by=town.casts[0].coach, today=run.ends_on
        )
    assert not Attendance.objects.exists()


def test_attendance_feeds_reliability_and_the_residential_clock(town, granted: Story):
    run = make_run(town)
    granted.enrol(run).attend(run)
    assert queries.attendance_counts([granted.case.pk]) == {granted.case.pk: (4, 0)}
    assert queries.residential_end(granted.case, run.ends_on) == run.ends_on
    case = CaseFile.objects.get(pk=granted.case.pk)
    assert [
        status.completed for status in queries.modules_of(case, run.ends_on) if status.grant.module.is_residential
    ] == [True]


def test_late_is_there_and_excused_counts_neither_way(town, granted: Story):
    run = make_run(town)
    seat = granted.enrol(run).case.enrolments.get(run=run)
    marks = [AttendanceMark.PRESENT, AttendanceMark.LATE, AttendanceMark.EXCUSED, AttendanceMark.ABSENT]
    for session, mark in zip(run.sessions.order_by("starts_at"), marks, strict=True):
        services.mark_attendance(session=session, marks={seat.pk: mark}, by=town.casts[0].coach, today=run.ends_on)
    assert queries.attendance_counts([granted.case.pk]) == {granted.case.pk: (2, 1)}
    [status] = [row for row in queries.modules_of(granted.case, run.ends_on) if row.enrolment == seat]
    assert (status.attended, status.sessions, status.completed) == (2, 4, False)


def test_no_seat_on_a_case_that_was_closed_in_another_tab(town, granted: Story):
    seen = CaseFile.objects.get(pk=granted.case.pk)
    granted.close(ClosingReason.FOUND_JOB)
    with pytest.raises(Refused, match="afsluttet"):
        services.enrol(run=make_run(town), case=seen, by=town.casts[0].coach, today=granted.day)
    assert not Enrolment.objects.exists()


def test_a_closed_case_frees_its_seats_on_runs_to_come(town, granted: Story):
    past, coming = make_run(town), make_run(town, "network_day", date(2026, 9, 1))
    granted.enrol(past).attend(past).enrol(coming)
    with clock.at(coming.starts_on - timedelta(days=30)):
        cases.close_case(
            case=granted.case,
            reason=ClosingReason.FOUND_JOB,
            choice_of=ClosedBy.CITIZEN,
            text="",
            by=town.casts[0].lead,
            today=coming.starts_on - timedelta(days=30),
        )
    states = dict(Enrolment.objects.values_list("run", "state"))
    assert states == {past.pk: EnrolmentState.ENROLLED, coming.pk: EnrolmentState.WITHDRAWN}
    assert Enrolment.objects.get(run=coming).withdrawn_why == WithdrawalReason.CASE_CLOSED


def test_every_granted_module_without_a_seat_is_a_task(town, granted: Story):
    def tasks() -> list[str]:
        keys = granted.case.tasks.filter(done_at__isnull=True).values_list("key", flat=True)
        return [key for key in keys if key.startswith("course-")]

    assert tasks() == ["course-residential_course"]
    granted.enrol(make_run(town))
    assert tasks() == []


def test_what_is_completed_stays_so_when_a_later_run_is_joined(town, granted: Story):
    first, later = make_run(town), make_run(town, first=date(2026, 8, 17))
    granted.enrol(first).attend(first).enrol(later)
    assert queries.residential_end(granted.case, later.ends_on) == first.ends_on


def test_a_missed_residential_course_starts_no_clock(town, granted: Story):
    run = make_run(town)
    granted.enrol(run).attend(run, missed=(0, 1))
    assert queries.residential_end(granted.case, run.ends_on) is None


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_cannot_sell_the_last_seat(town):
    """Real transactions in two threads: one gets the seat, the other is refused."""
    stories = [municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)) for _ in range(2)]
    run = make_run(town)
    run.capacity = 1
    run.save()
    barrier, outcomes = Barrier(2), []

    def enrol(case: CaseFile) -> None:
        barrier.wait()
        try:
            services.enrol(run=run, case=case, by=town.casts[0].coach, today=START)
            outcomes.append("seat")
        except Refused:
            outcomes.append("full")
        finally:
            connection.close()

    threads = [Thread(target=enrol, args=(story.case,)) for story in stories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["full", "seat"]
    assert Enrolment.objects.filter(run=run, state=EnrolmentState.ENROLLED).count() == 1


def test_the_database_refuses_a_session_that_ends_before_it_starts(town):
    run = make_run(town)
    start = datetime(2026, 7, 1, 9, tzinfo=COPENHAGEN)
    with pytest.raises(IntegrityError, match="session_starts_before_end"), transaction.atomic():
        run.sessions.create(starts_at=start, ends_at=start)


def test_a_run_needs_sessions(town):
    with pytest.raises(Refused):
        services.plan_run(
            module=CourseModule.objects.first(), place="Huset", capacity=12, sessions=[], teacher=None, cohort=None,
            by=town.casts[0].coach,
        )  # fmt: skip


def test_the_catalogue_is_put_in_once(db):
    services.ensure_catalogue()
    services.ensure_catalogue()
    assert CourseModule.objects.filter(is_residential=True, is_mandatory=True).count() == 1
    assert date(2026, 1, 1) < START
