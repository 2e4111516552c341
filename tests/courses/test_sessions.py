"""Sessions moved, cancelled and added, and what stands in the way of a plan."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases.enums import ContactKind
from cases.services import plan_contact
from courses import clashes, queries, services
from courses.clashes import Asked, Kind, Need, Taken, among, find
from courses.enums import Rhythm
from courses.models import CourseModule, CourseRun, CourseSession, OverruledClash, SchoolHoliday, SessionMove
from microloan.core import clock
from microloan.core.clock import COPENHAGEN
from microloan.core.errors import Refused
from reports.demo.story import Story
from tests.courses.conftest import make_run

pytestmark = pytest.mark.django_db
FIRST_DAY = date(2026, 6, 15)


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=COPENHAGEN)


def plan(town, *, place="Salen", teacher=None, day=FIRST_DAY, hour=9, overruled="", code="vat_tax", cohort=None):
    return services.plan_run(
        module=CourseModule.objects.get(code=code),
        place=place,
        capacity=12,
        sessions=[(at(day, hour), at(day, hour + 3))],
        teacher=teacher,
        cohort=cohort,
        by=town.casts[0].coach,
        overruled=overruled,
    )


MINUTES = st.integers(0, 600)


@given(st.lists(st.tuples(MINUTES, st.integers(1, 120), st.integers(1, 3)), max_size=6), MINUTES, st.integers(1, 120))
def test_two_stretches_clash_where_some_moment_is_in_both(taken, start, length):
    begin = at(FIRST_DAY, 8)
    rows = [
        Taken(begin + timedelta(minutes=s), begin + timedelta(minutes=s + m), Need(Kind.PLACE, key), "x")
        for s, m, key in taken
    ]
    asked = Asked(
        begin + timedelta(minutes=start), begin + timedelta(minutes=start + length), frozenset({Need(Kind.PLACE, 1)})
    )
    expected = sum(key == 1 and bool(set(range(s, s + m)) & set(range(start, start + length))) for s, m, key in taken)
    assert len(find([asked], rows)) == expected
    assert len(among([asked, asked])) == 1


def test_a_taken_teacher_or_place_is_refused_until_somebody_says_why(town):
    teacher = services.add_teacher(name="Tove Testesen", phone="", email="", by=town.casts[0].coach)
    plan(town, teacher=teacher)
    with pytest.raises(Refused, match=r"Salen har allerede.*Tove Testesen har allerede") as refused:
        plan(town, teacher=teacher, hour=11)
    assert refused.value.field == "overruled"
    plan(town, hour=12)  # ends that meet are no clash
    run = plan(town, teacher=teacher, hour=10, overruled="Salen kan deles")
    kept = OverruledClash.objects.get(run=run)
    assert (kept.reason, kept.overruled_by) == ("Salen kan deles", town.casts[0].coach)
    assert "Tove Testesen" in kept.clashes
    for sql in ("UPDATE courses_overruledclash SET reason = 'x'", "DELETE FROM courses_overruledclash"):
        with (
            pytest.raises(IntegrityError, match="overruled_clash"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_a_citizen_with_a_conversation_clashes_and_is_kept_by_number_alone(town, granted: Story):
    case = granted.case
    coach = town.casts[0].coach
    with clock.at(granted.day):
        plan_contact(
            case=case, kind=ContactKind.COACHING, at=at(FIRST_DAY, 10), minutes=60, place="Kontoret", staff=[coach],
            by=coach, today=granted.day,
        )  # fmt: skip
    args = {"code": "residential_course", "cohort": case.cohort}
    with pytest.raises(Refused, match=str(case.citizen)):
        plan(town, **args)
    kept = OverruledClash.objects.get(run=plan(town, **args, overruled="Samtalen flyttes"))
    assert case.number in kept.clashes
    assert case.citizen.name not in kept.clashes


def test_clashes_cost_the_same_for_many_citizens_and_sessions(town, granted: Story, django_assert_max_num_queries):
    run = make_run(town)
    granted.enrol(run)
    sessions = [(session.starts_at, session.ends_at) for session in run.sessions.all()]
    arguments = {"module": run.module, "place": run.place, "teacher": None, "cases": [granted.case]}
    with django_assert_max_num_queries(5):
        found = clashes.of_run(sessions=sessions, **arguments)
    assert {clash.need.kind for clash in found} == {Kind.PLACE, Kind.CITIZEN}


def test_a_moved_session_keeps_where_it_lay_and_moves_the_run(town):
    run = make_run(town)
    last = run.sessions.last()
    before = last.starts_at
    coach = town.casts[0].coach
    later = before + timedelta(days=7)
    services.move_session(session=last, starts_at=later, ends_at=later + timedelta(hours=8), reason="Sne", by=coach)
    last.refresh_from_db()
    run.refresh_from_db()
    assert (last.starts_at, last.sequence) == (later, 1)
    assert run.ends_on == timezone.localdate(later)
    move = SessionMove.objects.get()
    assert (move.starts_at, move.reason, move.moved_by) == (before, "Sne", coach)
    first = run.sessions.first()
    with pytest.raises(Refused, match="oven i hinanden"):
        services.move_session(session=first, starts_at=later, ends_at=later + timedelta(hours=1), reason="", by=coach)
    with pytest.raises(IntegrityError, match="session_move"), transaction.atomic():
        SessionMove.objects.update(reason="x")


def test_a_cancelled_session_says_why_and_counts_for_nothing(town, granted: Story):
    run = make_run(town)
    granted.enrol(run)
    coach = town.casts[0].coach
    last = run.sessions.last()
    with pytest.raises(Refused):
        services.cancel_session(session=last, reason=" ", by=coach)
    services.cancel_session(session=last, reason="Underviseren er syg", by=coach)
    run.refresh_from_db()
    assert run.ends_on == FIRST_DAY + timedelta(days=2)
    status = next(s for s in queries.modules_of(granted.case, granted.day) if s.grant.module_id == run.module_id)
    assert status.sessions == 3
    with pytest.raises(Refused, match="aflyst"):
        services.mark_attendance(
            session=CourseSession.objects.get(pk=last.pk),
            marks={run.enrolments.get().pk: "present"},
            by=coach,
            today=run.ends_on,
        )
    with pytest.raises(Refused, match="aflyst"):
        services.cancel_session(session=last, reason="Igen", by=coach)
    # Another in its place, at the same time.
    services.add_session(run=run, starts_at=last.starts_at, ends_at=last.ends_at, by=coach)
    assert run.sessions.held_or_planned().count() == 4
    with pytest.raises(IntegrityError, match="session_cancelled_with_reason"), transaction.atomic():
        CourseSession.objects.filter(pk=last.pk).update(cancelled_reason="")


def test_a_session_with_attendance_was_held(town, granted: Story):
    run = make_run(town)
    granted.enrol(run).attend(run)
    with pytest.raises(Refused, match="fremmøde"):
        services.cancel_session(session=run.sessions.first(), reason="Nej", by=town.casts[0].coach)


def test_a_session_is_moved_on_its_page_and_a_clash_asks_why(town, client_for):
    run = make_run(town)
    plan(town, place="Kursuscentret", day=date(2026, 7, 1))
    client = client_for(town.casts[0].coach)
    session = run.sessions.last()
    url = reverse("courses:session_move", kwargs={"pk": session.pk})
    typed = {"day": "01-07-2026", "starts": "10.00", "ends": "11.00", "reason": ""}
    page = client.post(url, typed)
    assert "Kursuscentret har allerede" in " ".join(page.context["form"].errors["overruled"])
    assert client.post(url, {**typed, "overruled": "Der er to lokaler"}).status_code == 302
    shown = client.get(reverse("courses:run", kwargs={"pk": run.pk})).content.decode()
    assert "Der er to lokaler" in shown
    assert "Flyttet fra 18. jun. 2026" in shown.replace("\xa0", " ")
    wrong = client.post(url, {**typed, "ends": "09.00", "day": "30-02-2027"})
    assert set(wrong.context["form"].errors) == {"day", "ends"}


def test_the_check_page_shows_a_clash_before_saving(town, client_for):
    plan(town, code="vat_tax")
    client = client_for(town.casts[0].coach)
    data = {
        "step": "check", "module": CourseModule.objects.get(code="marketing").pk, "starts_on": "15-06-2026",
        "starts": "10.00", "place": "salen", "capacity": "12",
    }  # fmt: skip
    page = client.post(reverse("courses:run_new"), data)
    assert [line.replace("\xa0", " ") for line in page.context["clashes"]] == [
        "Salen har allerede: Moms og skat, 15. jun. 2026 kl. 09.00–12.00."
    ]
    assert CourseRun.objects.count() == 1


def test_the_lead_keeps_the_catalogue(town, client_for):
    client = client_for(town.casts[0].lead)
    url = reverse("courses:module_new")
    typed = {
        "title": "Kundeservice", "rhythm": Rhythm.HALF_DAYS, "sessions": "3", "hours_per_session": "2,5",
        "usual_start": "9.00", "order": "45", "completion_percent": "50", "run_cost": "4500", "is_active": "on",
    }  # fmt: skip
    saved = client.post(url, typed)
    assert saved.status_code == 302, saved.context["form"].errors
    module = CourseModule.objects.get(code="kundeservice")
    assert module.format_shown == "3 halve dage, 2,5 timer"
    again = client.post(url, {**typed, "order": "46"})
    assert "title" in again.context["form"].errors
    wrong = client.post(url, {**typed, "title": "X", "sessions": "0", "hours_per_session": "x", "run_cost": "-1"})
    assert set(wrong.context["form"].errors) == {"sessions", "hours_per_session", "run_cost"}
    second = client.post(url, {**typed, "title": "Andet internat", "is_residential": "on"})
    assert "is_residential" in second.context["form"].errors


def test_a_module_of_its_own_share_is_completed_by_it(town, granted: Story):
    run = make_run(town)
    granted.enrol(run).attend(run, missed=(2, 3))
    assert queries.residential_end(granted.case, run.ends_on) is None
    services.save_module(module=run.module, values={"completion_percent": 50}, by=town.casts[0].lead)
    assert queries.residential_end(granted.case, run.ends_on) == run.ends_on
    assert queries.residential_ends([granted.case.pk], run.ends_on) == {granted.case.pk: run.ends_on}


def test_school_holidays_are_passed_over_where_that_is_ticked(town, client_for):
    client = client_for(town.casts[0].lead)
    url = reverse("courses:school_holidays")
    typed = {"name": "Vinterferie", "first_on": "13-02-2027", "last_on": "21-02-2027"}
    assert client.post(url, {**typed, "last_on": "12-02-2027"}).context["form"].errors
    assert client.post(url, typed).status_code == 302
    data = {"step": "check", "module": CourseModule.objects.get(code="accounting").pk, "starts_on": "11-02-2027",
            "place": "Salen", "capacity": "12"}  # fmt: skip
    plain = client.post(reverse("courses:run_new"), data).context["sessions"]
    passed = client.post(reverse("courses:run_new"), {**data, "school_holidays": "on"}).context["sessions"]
    assert [form.initial["day"].day for form in plain[:3]] == [11, 18, 25]
    assert [form.initial["day"].day for form in passed[:3]] == [11, 25, 4]
    client.post(reverse("courses:school_holiday_remove", kwargs={"pk": SchoolHoliday.objects.get().pk}))
    assert not SchoolHoliday.objects.exists()
