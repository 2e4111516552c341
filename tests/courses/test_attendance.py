"""Attendance on the telephone: each tap once, in whatever order it arrives; nothing that was marked is lost (domain.md §5)."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases.models import CaseFile
from courses import services
from courses.models import Attendance, AttendanceEntry, CourseSession, Enrolment
from courses.services import Tap
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from reports.demo.story import Story
from screening import registry
from tests.courses.conftest import START, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(town, granted: Story) -> Enrolment:
    return granted.enrol(make_run(town)).case.enrolments.get()


def tap(
    session: CourseSession, seat: Enrolment, mark: str, at: datetime, by, key=None, arrives: datetime | None = None
):
    with clock.at(arrives or at):
        return services.tap_attendance(
            session=session, tap=Tap(seat.pk, mark, key or uuid4(), at), by=by, today=(arrives or at).date()
        )


def test_the_same_tap_twice_is_one_and_another_under_its_key_is_a_conflict(town, seat):
    session, coach, key = seat.run.sessions.first(), town.casts[0].coach, uuid4()
    at = session.starts_at + timedelta(minutes=5)
    for _ in range(2):
        tap(session, seat, "present", at, coach, key, arrives=at + timedelta(minutes=3))
    assert AttendanceEntry.objects.count() == 1
    with pytest.raises(Conflict):
        tap(session, seat, "absent", at, coach, key)
    assert Attendance.objects.get().mark == "present"


def test_the_later_tap_stands_whenever_it_arrives_and_all_are_kept(town, seat, client_for):
    session, coach, lead = seat.run.sessions.first(), town.casts[0].coach, town.casts[0].lead
    nine = session.starts_at
    tap(session, seat, "late", nine + timedelta(minutes=20), lead)
    stands = tap(session, seat, "absent", nine + timedelta(minutes=5), coach, arrives=nine + timedelta(hours=2))
    assert (stands.mark, stands.marked_by) == ("late", lead)
    tap(session, seat, "excused", nine + timedelta(hours=3), coach)
    assert Attendance.objects.get().mark == "excused"
    assert list(AttendanceEntry.objects.values_list("mark", flat=True)) == ["absent", "late", "excused"]
    with clock.at(nine + timedelta(hours=4)):
        shown = client_for(coach).get(reverse("courses:session", kwargs={"pk": session.pk})).content.decode()
    assert shown.count("Før:") == 2
    assert f"Registreret {danish.clock_time(nine + timedelta(hours=3))}" in shown
    day_after = nine + timedelta(days=1)
    tap(session, seat, "present", day_after, coach)
    with clock.at(day_after + timedelta(hours=1)):
        shown = client_for(coach).get(reverse("courses:session", kwargs={"pk": session.pk})).content.decode()
    assert f"Registreret {danish.date_and_time(day_after)}" in shown  # on another day: with the date


def test_a_telephone_with_a_wrong_clock_marks_neither_before_the_session_nor_in_the_future(town, seat):
    session, coach = seat.run.sessions.first(), town.casts[0].coach
    arrives = session.starts_at + timedelta(minutes=10)
    tap(session, seat, "present", session.starts_at - timedelta(days=2), coach, arrives=arrives)
    tap(session, seat, "late", arrives + timedelta(days=2), coach, arrives=arrives)
    assert list(AttendanceEntry.objects.values_list("marked_at", flat=True)) == [session.starts_at, arrives]


def test_no_mark_before_the_session_nor_of_who_has_left(town, seat):
    session, coach = seat.run.sessions.first(), town.casts[0].coach
    with pytest.raises(Refused, match="begyndt"):
        tap(session, seat, "present", session.starts_at - timedelta(minutes=1), coach)
    services.withdraw(enrolment=seat, why="illness", reason="", by=coach, today=START)
    with pytest.raises(Refused):
        tap(session, seat, "present", session.starts_at, coach)
    assert not AttendanceEntry.objects.exists()


def test_the_page_answers_each_tap_with_the_mark_that_stands(town, seat, client_for):
    session, coach = seat.run.sessions.first(), town.casts[0].coach
    url = reverse("courses:session_mark", kwargs={"pk": session.pk})
    client = client_for(coach)
    data = {"enrolment": seat.pk, "mark": "present", "key": str(uuid4()), "age": "60000"}
    with clock.at(session.starts_at - timedelta(hours=1)):
        assert client.post(url, data).status_code == 422
    with clock.at(session.starts_at + timedelta(minutes=10)):
        for _ in range(2):
            answer = client.post(url, data)
            assert (answer.status_code, answer.json()["mark"]) == (200, "present")
        assert AttendanceEntry.objects.get().marked_at == session.starts_at + timedelta(minutes=9)
        older = client.post(url, {**data, "mark": "absent", "key": str(uuid4()), "age": "300000"}).json()
        assert (older["mark"], "Til stede" in older["text"]) == ("present", True)
        assert client.post(url, {**data, "mark": "absent"}).status_code == 409
        for wrong in ({"mark": "maybe"}, {"key": "x"}, {"age": "-1"}, {"enrolment": ""}):
            assert client.post(url, {**data, **wrong}).status_code == 422
        assert client.post(url, {**data, "enrolment": "999999"}).status_code == 404


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE courses_attendanceentry SET mark = 'absent'", "attendance_entry_append_only"),
        ("DELETE FROM courses_attendanceentry", "attendance_entry_append_only"),
        ("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE courses_attendanceentry", "attendance_entry_no_truncate"),
        (
            "INSERT INTO courses_attendanceentry (session_id, enrolment_id, mark, key, marked_at, received_at, marked_by_id)"
            " SELECT session_id, enrolment_id, mark, gen_random_uuid(), marked_at - interval '1 day', received_at,"
            " marked_by_id FROM courses_attendanceentry",
            "mark_fits_session",
        ),
        (
            "INSERT INTO courses_attendanceentry (session_id, enrolment_id, mark, key, marked_at, received_at, marked_by_id)"
            " SELECT (SELECT max(id) FROM courses_coursesession), enrolment_id, mark, gen_random_uuid(),"
            " marked_at + interval '1 year', received_at, marked_by_id FROM courses_attendanceentry",
            "mark_fits_session",
        ),
        (
            "UPDATE courses_coursesession SET cancelled_at = now(), cancelled_reason = 'Syg',"
            " cancelled_by_id = (SELECT min(id) FROM accounts_user);"
            "INSERT INTO courses_attendanceentry (session_id, enrolment_id, mark, key, marked_at, received_at, marked_by_id)"
            " SELECT session_id, enrolment_id, mark, gen_random_uuid(), marked_at, received_at,"
            " marked_by_id FROM courses_attendanceentry",
            "mark_fits_session",
        ),
    ],
)
def test_the_database_keeps_every_mark_as_it_was_made(town, seat, statement, guard):
    session = seat.run.sessions.first()
    make_run(town, "vat_tax")
    tap(session, seat, "present", session.starts_at, town.casts[0].coach)
    with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE courses_attendance SET mark = 'absent'", "attendance_as_marked"),
        ("UPDATE courses_attendance SET marked_at = marked_at - interval '1 hour'", "attendance_as_marked"),
        (
            "UPDATE courses_attendance SET session_id = (SELECT max(id) FROM courses_coursesession)",
            "attendance_as_marked",
        ),
        ("DELETE FROM courses_attendance", "attendance_as_marked"),
        (
            "INSERT INTO courses_attendance (session_id, enrolment_id, mark, marked_at, marked_by_id)"
            " SELECT (SELECT max(id) FROM courses_coursesession), enrolment_id, mark, marked_at, marked_by_id"
            " FROM courses_attendance",
            "attendance_as_marked",
        ),
        (
            "INSERT INTO courses_attendanceentry (session_id, enrolment_id, mark, key, marked_at, received_at, marked_by_id)"
            " SELECT session_id, enrolment_id, 'absent', gen_random_uuid(), marked_at + interval '1 hour', received_at,"
            " marked_by_id FROM courses_attendanceentry LIMIT 1; SET CONSTRAINTS ALL IMMEDIATE",
            "mark_stands",
        ),
    ],
)
def test_the_database_keeps_the_attendance_as_it_was_marked_last(town, seat, statement, guard):
    session, coach = seat.run.sessions.first(), town.casts[0].coach
    tap(session, seat, "late", session.starts_at, coach)
    tap(session, seat, "present", session.starts_at + timedelta(minutes=1), coach)
    with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    services.undo_session(session=session, reason="Aldrig holdt", by=coach, today=START)
    assert not Attendance.objects.exists()
    assert AttendanceEntry.objects.count() == 2


def test_a_correction_is_what_screening_3_is_told(town, seat):
    """The screening form, the reliability of the case and the attendance page count the same marks (domain.md §3.5, §4)."""
    session, coach = seat.run.sessions.first(), town.casts[0].coach
    at = session.starts_at + timedelta(minutes=5)
    total = seat.run.sessions.count()

    def told() -> tuple[str, str]:
        case = CaseFile.objects.get(pk=seat.case_id)
        facts = {fact.code: str(fact.value) for provider in registry.facts for fact in provider(case, 3, at.date())}
        return facts["course_attendance"], facts["attendance_reliability"]

    tap(session, seat, "present", at, coach)
    attended, came = told()
    assert attended == f"1 af {total} mødegange"
    tap(session, seat, "absent", at + timedelta(days=1), coach)
    corrected, missed = told()
    assert corrected == f"0 af {total} mødegange"
    assert came != missed
