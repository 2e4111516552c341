"""Network meetings: planned month by month, people asked, their answers; never compulsory (domain.md §3.5, §5)."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse

from cases import queries as cases
from cases import services as case_services
from cases.enums import ContactKind, Phase
from cases.letters.models import Letter
from cases.models import CaseFile, Mentor, Task
from courses import letters, planning, services
from courses.enums import AttendanceMark, EnrolmentState
from courses.models import CourseModule, CourseRun, Enrolment, Meeting, Teacher
from courses.services import MeetingPlan
from courses.services.invitations import make_letters
from microloan.accounts.models import AccessLog
from microloan.core import clock
from microloan.core.errors import Refused
from reports.demo import municipality
from tests.cases import builders
from tests.courses.test_views import _queries
from tests.letters.reading import reader, text_of
from tests.support.stages import reach

pytestmark = pytest.mark.django_db
THURSDAY = date(2027, 5, 13)


@pytest.mark.parametrize(
    ("first", "closed", "days"),
    [
        # The second Thursday; Ascension Day 2027 is the first one of May.
        (THURSDAY, {}, [(5, 13), (6, 10), (7, 8), (8, 12)]),
        (THURSDAY, {"july": True}, [(5, 13), (6, 10), (8, 12), (9, 9)]),
        # A closed week: the same weekday a week later.
        (THURSDAY, {"periods": ((date(2027, 6, 7), date(2027, 6, 13)),)}, [(5, 13), (6, 17), (7, 8), (8, 12)]),
        # The fifth Monday is the last where a month has four.
        (date(2027, 8, 30), {}, [(8, 30), (9, 27), (10, 25), (11, 29)]),
        # Maundy Thursday is the fourth and last of March 2027: the one before it.
        (date(2027, 2, 25), {}, [(2, 25), (3, 18), (4, 22), (5, 27)]),
    ],
)
def test_one_meeting_a_month_on_the_same_weekday(first, closed, days):
    found = planning.monthly_days(first, 4, planning.Closed(**closed))
    assert [(day.month, day.day) for day in found] == days


@pytest.fixture
def people(town: municipality.Town) -> list[CaseFile]:
    """Two in the main course, one in aftercare, one who is still in courses."""
    cast = town.casts[0]
    phases = (Phase.MAIN_COURSE, Phase.MAIN_COURSE, Phase.AFTERCARE, Phase.COURSES)

    def make() -> list[CaseFile]:
        return [
            builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach, name=f"Person {number}"), phase)
            for number, phase in enumerate(phases)
        ]

    return reach("people of a meeting", make)


def plan(town: municipality.Town, count: int = 1, **more) -> list[CourseRun]:
    first = clock.today() + timedelta(days=10)
    days = [first + timedelta(days=28 * number) for number in range(count)]
    values = {"theme": "Priser", "programme": "17.00 Velkommen\n17.15 Priser", "capacity": 20, **more}
    plan = MeetingPlan(CourseModule.objects.get(code="network_meeting"), "Huset", audience="both", **values)
    return services.plan_meetings(plan=plan, times=planning.times(days, time(17), Decimal(2)), by=town.casts[0].coach)


def test_a_row_of_meetings_is_planned_in_the_browser_and_people_are_asked(town, people, client_for):
    client = client_for(town.casts[0].coach)
    form = {
        "step": "check", "module": CourseModule.objects.get(code="network_meeting").pk, "starts_on": "13-05-2027",
        "count": "3", "place": "Huset", "audience": "both", "capacity": "20", "july": "on", "theme": "Priser",
        "programme": "17.00 Velkommen",
    }  # fmt: skip
    url = reverse("courses:meetings_new")
    wrong = client.post(url, {**form, "count": "13", "starts_on": "30-02-2027"})
    assert set(wrong.context["form"].errors) == {"count", "starts_on"}
    check = client.post(url, form)
    typed = {f"{one.prefix}-{name}": one[name].value() for one in check.context["sessions"] for name in one.fields}
    assert client.post(url, {**form, **typed, "step": "save"}).status_code == 302
    assert list(CourseRun.objects.order_by("starts_on").values_list("starts_on", flat=True)) == [
        THURSDAY, date(2027, 6, 10), date(2027, 8, 12),
    ]  # fmt: skip
    run = CourseRun.objects.earliest("starts_on")
    url = reverse("courses:meeting_invite", kwargs={"pk": run.pk})
    page = client.get(url)
    assert "Svar senest" not in page.text  # no such day is written
    assert [row["case"] for row in page.context["rows"]] == [people[2], *people[:2]]
    assert client.post(url, {"people": [people[0].pk, people[3].pk]}).status_code == 200  # somebody it is not for
    client.post(url, {"people": [case.pk for case in people[:2]]})
    assert set(run.enrolments.values_list("case", "state")) == {(case.pk, "invited") for case in people[:2]}
    for name, kwargs in (("meetings", {}), ("run", {"pk": run.pk}), ("meeting_edit", {"pk": run.pk})):
        assert client.get(reverse(f"courses:{name}", kwargs=kwargs)).status_code == 200


def test_the_invitation_goes_once_and_says_that_it_is_voluntary(town, people):
    run = plan(town)[0]
    coach, today = town.casts[0].coach, clock.today()
    for _twice in range(2):
        services.invite_to_meeting(run=run, people=people[:2], by=coach, today=today)
        make_letters()
    letter = Letter.objects.get(kind=letters.MEETING, case=people[0])
    pdf = letter.read_pdf()
    text = text_of(pdf)
    for words in ("Priser", "17.00 Velkommen", "frivilligt", "Huset", "Venlig hilsen"):
        assert words in text, words
    assert (text.count("kl. 17.00"), len(reader(pdf).pages)) == (1, 1)  # said once, on one page
    assert Letter.objects.filter(kind=letters.MEETING).count() == 2


def test_yes_takes_a_seat_and_no_gives_it_back(town, people):
    run = plan(town, capacity=1)[0]
    coach, today = town.casts[0].coach, clock.today()
    first, second = services.invite_to_meeting(run=run, people=people[:2], by=coach, today=today)
    services.answer(enrolment=first, comes=True, by=coach, today=today)
    with pytest.raises(Refused, match="fyldt"):
        services.answer(enrolment=second, comes=True, by=coach, today=today)
    services.answer(enrolment=first, comes=False, by=coach, today=today)
    services.answer(enrolment=second, comes=True, by=coach, today=today)
    assert [row.state for row in (Enrolment.objects.get(pk=first.pk), Enrolment.objects.get(pk=second.pk))] == [
        EnrolmentState.DECLINED, EnrolmentState.ENROLLED,
    ]  # fmt: skip
    with pytest.raises(IntegrityError, match="enrolment_no_was_said"), transaction.atomic():
        Enrolment.objects.filter(pk=first.pk).update(answered_on=None)
    # Who was asked and takes a seat on the page of the run keeps the one row.
    with pytest.raises(Refused, match="fuldt"):
        services.enrol(run=run, case=people[0], by=coach, today=today)
    services.withdraw(enrolment=second, why="time", reason="", by=coach, today=today)
    assert services.enrol(run=run, case=people[0], by=coach, today=today).pk == first.pk


def test_a_meeting_is_never_compulsory(town, people):
    """Neither the meeting nor what is written down of one counts in reliability; the month's task is done when asked."""
    coach, case = town.casts[0].coach, people[0]
    open_tasks = Task.objects.filter(case=case, kind="network_meeting", done_at=None)
    assert open_tasks.exists()
    run = plan(town)[0]
    seat = services.invite_to_meeting(run=run, people=[case], by=coach, today=clock.today())[0]
    assert not open_tasks.exists()
    services.answer(enrolment=seat, comes=True, by=coach, today=clock.today())
    before = cases.reliability([case.pk])[case.pk]
    with clock.at(run.starts_on + timedelta(days=1)) as now:
        session = run.sessions.get()
        services.mark_attendance(session=session, marks={seat.pk: AttendanceMark.ABSENT}, by=coach, today=now.date())
        with pytest.raises(Refused, match="fremmøde"):
            services.answer(enrolment=seat, comes=False, by=coach, today=now.date())
        builders.held(case, ContactKind.NETWORK_MEETING, [coach])
        assert cases.reliability([case.pk])[case.pk] == before


def test_ideas_reach_the_next_meeting_and_the_script_is_not_sent(town, people, client_for):
    first, second = plan(town, 2)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:meeting_edit", kwargs={"pk": first.pk})
    data = {"theme": "Salg", "programme": "17.00 Start", "audience": "main", "script": "Mette åbner døren",
            "ideas": "Inviter banken", "reply_by": "01-01-2099"}  # fmt: skip
    assert "reply_by" in client.post(url, data).context["form"].errors
    assert client.post(url, {**data, "reply_by": ""}).status_code == 302
    assert "Inviter banken" in client.get(reverse("courses:run", kwargs={"pk": second.pk})).text
    assert "Mette" not in str(letters.programme_now(CourseRun.objects.get(pk=first.pk), clock.today()))


def test_only_voluntary_modules_have_meetings(town):
    coach = town.casts[0].coach
    with pytest.raises(Refused, match="frivilligt"):
        services.plan_meetings(
            plan=MeetingPlan(CourseModule.objects.get(code="marketing"), "Huset", 12, "both"),
            times=planning.times([THURSDAY], time(17), Decimal(2)),
            by=coach,
        )
    plan(town)
    with pytest.raises(Refused, match="Huset har allerede"):
        plan(town)
    assert Meeting.objects.count() == 1


def test_a_former_borrower_in_the_register_is_named_to_those_who_may_see_the_case(town, people, client_for):
    coach, case = town.casts[0].coach, people[2]
    teacher = services.add_teacher(name="Tove Testesen", phone="", email="", by=coach)
    client = client_for(coach)
    url = reverse("courses:teacher_edit", kwargs={"pk": teacher.pk})
    data = {"name": "Tove Testesen", "is_active": "on", "is_mentor": "on"}
    for number in (people[0].number, "ML-1999-0001"):  # still in the main course; no such case
        assert "former_case" in client.post(url, {**data, "former_case": number}).context["form"].errors
    assert client.post(url, {**data, "former_case": case.number}).status_code == 302
    assert "Tidligere låntager" in client.get(reverse("courses:teachers")).text
    assert AccessLog.objects.filter(what="courses:teachers", case_numbers__contains=[case.number]).exists()


def test_a_mentor_is_chosen_from_the_register_and_both_pages_tell(town, people, client_for):
    coach, helped, former = town.casts[0].coach, people[0], people[2]
    client = client_for(coach)
    new = reverse("cases:person_new", kwargs={"number": helped.number, "kind": "mentor"})
    assert "known" not in client.get(new).context["form"].fields  # nobody to choose
    form = {"name": "Tove Testesen", "phone": "00000012", "is_mentor": "on", "former_case": former.number}
    assert client.post(reverse("courses:teachers"), form).status_code == 302
    teacher = Teacher.objects.get()
    assert (teacher.is_mentor, teacher.former_case) == (True, former)
    data = {"trade": "Bager", "from_on": "01-12-2026"}
    assert "name" in client.post(new, data).context["form"].errors  # neither chosen nor written
    chosen = {**data, "known": f"courses:{teacher.pk}"}
    own = reverse("cases:person_new", kwargs={"number": former.number, "kind": "mentor"})
    if former.is_open:
        assert "known" in client.post(own, chosen).context["form"].errors
    assert client.post(new, chosen).status_code == 302
    mentor = helped.mentors.get()
    assert (mentor.name, mentor.phone, mentor.in_register.teacher) == ("Tove Testesen", "00000012", teacher)
    page = reverse("courses:teacher_edit", kwargs={"pk": teacher.pk})
    assert page in client.get(reverse("cases:people", kwargs={"number": helped.number})).text
    assert str(helped.citizen) in client.get(page).text
    assert AccessLog.objects.filter(what="courses:teacher_edit", case_numbers__contains=[helped.number]).exists()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE courses_registermentor SET teacher_id = teacher_id", "DELETE FROM courses_registermentor"],
)
def test_the_database_keeps_who_was_chosen_from_the_register(town, people, statement):
    coach, today = town.casts[0].coach, clock.today()
    teacher = services.add_teacher(name="Tove Testesen", phone="", email="", by=coach, is_mentor=True)
    values = {"name": "Tove Testesen", "trade": "Bager", "from_on": today}
    known = ("courses", str(teacher.pk))
    case_services.add_person(case=people[0], kind=Mentor, values=values, by=coach, today=today, known=known)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_yes_goes_past_nobody_in_line(town, people):
    run = plan(town, capacity=1)[0]
    coach, today = town.casts[0].coach, clock.today()
    seated, asked = services.invite_to_meeting(run=run, people=people[:2], by=coach, today=today)
    services.answer(enrolment=seated, comes=True, by=coach, today=today)
    first, second = (
        services.join_waiting_list(run=run, case=case, by=coach, today=today) for case in (people[2], asked.case)
    )
    services.answer(enrolment=seated, comes=False, by=coach, today=today)
    for place in (second, seated):
        with pytest.raises(Refused, match="venter"):
            services.answer(enrolment=place, comes=True, by=coach, today=today)
    services.answer(enrolment=first, comes=True, by=coach, today=today)
    assert Enrolment.objects.get(pk=first.pk).state == EnrolmentState.ENROLLED


def test_the_pages_of_a_meeting_cost_the_same_with_more_people(town, people, client_for):
    coach, client = town.casts[0].coach, client_for(town.casts[0].coach)
    run = plan(town, capacity=12)[0]
    session = run.sessions.get()
    of_run = [
        reverse(f"courses:{name}", kwargs={"pk": run.pk})
        for name in ("run", "invitations", "enrol_many", "meeting_invite")
    ]
    pages = [*of_run, reverse("courses:session", kwargs={"pk": session.pk}), reverse("courses:meetings")]
    found = []
    for asked in (people[:1], people[1:3]):
        with clock.at(run.starts_on - timedelta(days=20)):
            for seat in services.invite_to_meeting(run=run, people=asked, by=coach, today=clock.today()):
                services.answer(enrolment=seat, comes=True, by=coach, today=clock.today())
        with clock.at(run.starts_on + timedelta(days=1)):
            marks = dict.fromkeys(run.enrolments.values_list("pk", flat=True), "present")
            services.mark_attendance(session=session, marks=marks, by=coach, today=clock.today())
            found.append(
                [_queries(client, page) for page in [*pages, f"{reverse('courses:month')}?month={run.starts_on:%Y-%m}"]]
            )
    assert found[0] == found[1]
