from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses import journey, queries, services
from courses.models import Attendance, CourseModule, CourseRun, Enrolment
from microloan.accounts.models import AccessLog
from microloan.core import clock, danish
from microloan.core.errors import Refused
from reports.demo import municipality
from reports.demo.story import Story
from screening.enums import ScreeningNumber
from tests.courses.conftest import START, make_run
from tests.support.forms import seen

pytestmark = pytest.mark.django_db


def run_data(**changes):
    return {
        "step": "check",
        "module": CourseModule.objects.get(code="accounting").pk,
        "starts_on": "26-03-2026",
        "starts": "17.00",
        "place": "Kursuscentret",
        "capacity": "12",
        "cost": "",
        "teacher": "",
        "cohort": "",
        "school_holidays": "on",
        "july": "on",
        **changes,
    }


def checked(page) -> dict[str, str]:
    """What the check page sends back when nothing is changed on it."""
    return {
        form[name].html_name: str(form.fields[name].prepare_value(form[name].value()))
        for form in page.context["sessions"]
        for name in form.fields
    }


def test_a_run_is_planned_from_its_format_in_one_step(town, client_for):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:run_new")
    page = client.post(url, run_data())
    assert not CourseRun.objects.exists()
    times = checked(page)
    assert (times["session-0-day"], times["session-0-starts"], times["session-0-ends"]) == (
        "26-03-2026",
        "17.00",
        "20.00",
    )
    # The second is moved by hand, the last is left out.
    moved = {**times, "session-1-day": "10-04-2026", "session-7-day": ""}
    response = client.post(url, run_data(**moved, step="save"))
    run = CourseRun.objects.get()
    assert response.url == reverse("courses:run", kwargs={"pk": run.pk})
    days = [danish.local_date(session.starts_at) for session in run.sessions.all()]
    assert len(days) == 7
    assert days[:3] == [date(2026, 3, 26), date(2026, 4, 10), date(2026, 4, 16)]  # 2 April is Maundy Thursday
    assert client.post(url, run_data(**times, step="back")).context["form"]["place"].value() == "Kursuscentret"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("starts_on", "30-02-2027", "dato"),
        ("starts", "25.00", "klokkeslæt"),
        ("place", "", "Sted"),
        ("module", "", "Modul"),
        ("capacity", "31", "30"),
    ],
)
def test_bad_input_gets_words_at_the_field_and_keeps_what_was_typed(town, client_for, field, typed, words):
    client = client_for(town.casts[0].coach)
    response = client.post(reverse("courses:run_new"), run_data(**{field: typed}))
    form = response.context["form"]
    assert words.lower() in str(form.errors[field]).lower()
    assert form[field].value() == typed
    assert not CourseRun.objects.exists()


def test_attendance_on_the_phone_keeps_what_is_left_unanswered(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run)
    session = run.sessions.first()
    with clock.at(run.ends_on):
        client = client_for(town.casts[0].coach)
        url = reverse("courses:session", kwargs={"pk": session.pk})
        client.post(url, {})
        assert not Attendance.objects.exists()
        client.post(url, {f"mark_{Enrolment.objects.get().pk}": "late"})
    assert Attendance.objects.get().mark == "late"


def test_the_case_shows_what_is_granted_and_enrols(town, granted: Story, client_for):
    run = make_run(town, first=granted.day + timedelta(days=14))
    with clock.at(granted.day):
        client = client_for(town.casts[0].coach)
        url = reverse("courses:case", kwargs={"number": granted.case.number})
        assert "Internat" in client.get(url).content.decode()
        client.post(reverse("courses:case_enrol", kwargs={"number": granted.case.number, "pk": run.pk}))
    assert Enrolment.objects.get().case_id == granted.case.pk


def test_runs_to_come_and_runs_held_stand_in_their_own_order(town, client_for):
    first, second = make_run(town), make_run(town, "vat_tax", date(2026, 8, 24))
    client = client_for(town.casts[0].coach)
    url = reverse("courses:runs")
    with clock.at(date(2026, 6, 1)):
        assert list(client.get(url).context["page"]) == [first, second]
        assert list(client.get(url, {"over": "1"}).context["page"]) == []
    with clock.at(date(2026, 12, 1)):
        assert list(client.get(url).context["page"]) == []
        assert list(client.get(url, {"over": "1"}).context["page"]) == [second, first]


def test_a_teacher_is_added_once(town, client_for):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:teachers")
    client.post(url, {"name": "Tove Testesen", "phone": "12 34 56 78", "email": "tove@example.org"})
    again = client.post(url, {"name": "tove testesen", "phone": "", "email": ""})
    assert again.context["form"].errors["name"] == ["Der er allerede en underviser med det navn."]
    wrong = client.post(url, {"name": "Ny Testesen", "phone": "123", "email": "ny"})
    assert set(wrong.context["form"].errors) == {"phone", "email"}
    assert "12 34 56 78" in client.get(url).content.decode()


def test_lists_cost_the_same_at_any_size(town, client_for):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:runs")
    with clock.at(START):
        make_run(town)
        small = _queries(client, url)
        for week in range(25):
            make_run(town, "vat_tax", START + timedelta(days=7 * week))
        assert _queries(client, url) == small


def test_a_run_costs_the_same_with_more_participants(town, client_for):
    run = make_run(town)
    stories = [municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)) for _ in range(4)]
    client = client_for(town.casts[0].coach)
    url = reverse("courses:run", kwargs={"pk": run.pk})
    stories[0].enrol(run)
    few = _queries(client, url)
    stories[1].enrol(run)
    stories[2].enrol(run)
    assert _queries(client, url) == few


def test_engagement_stands_at_the_participant_in_the_journal_and_beside_screening_3(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run)
    seat = Enrolment.objects.get()
    client = client_for(town.casts[0].coach)
    url = reverse("courses:engagement", kwargs={"pk": seat.pk})
    response = client.post(url, {"text": "Hjælper de andre.\r\nSpørger til regnskabet."})
    assert response.url == reverse("courses:run", kwargs={"pk": run.pk})
    assert "Hjælper de andre." in client.get(response.url).content.decode()
    entry = granted.case.journal.get(text__startswith="Hjælper")
    assert entry.title == "Engagement: Internat: personlig udvikling og ledelse"
    facts = {fact.code: fact.value for fact in journey.facts(granted.case, ScreeningNumber.THREE, granted.day)}
    assert facts["engagement_residential_course"] == "Hjælper de andre.\nSpørger til regnskabet."


def test_the_later_of_two_writers_sees_both_texts(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run)
    seat = Enrolment.objects.get()
    client = client_for(town.casts[0].coach)
    url = reverse("courses:engagement", kwargs={"pk": seat.pk})
    note = seen(client.get(url))
    client.post(url, {"text": "Første tekst.", **note})
    page = client.post(url, {"text": "Anden tekst.", **note})
    assert "Første tekst." in page.content.decode()
    assert "Anden tekst." in page.content.decode()
    seat.refresh_from_db()
    assert seat.engagement == "Første tekst."
    client.post(url, {"text": "Begge dele.", **seen(page), "choose_text": "mine"})
    seat.refresh_from_db()
    assert seat.engagement == "Begge dele."


def test_two_people_who_take_attendance_choose_where_they_disagree(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run)
    seat, first = Enrolment.objects.get(), run.sessions.first()
    client = client_for(town.casts[0].coach)
    url = reverse("courses:session", kwargs={"pk": first.pk})
    with clock.at(danish.local_date(first.starts_at)):
        note = seen(client.get(url))
        client.post(url, {f"mark_{seat.pk}": "present", **note})
        page = client.post(url, {f"mark_{seat.pk}": "absent", **note})
        assert [rival.choice for rival in page.context["form"].rivals] == [""]
        assert seat.attendance.get().mark == "present"
        # Who says nothing of a participant overwrites nothing.
        assert client.post(url, note).status_code == 302
        answer = {f"mark_{seat.pk}": "absent", **seen(page), f"choose_mark_{seat.pk}": "mine"}
        assert client.post(url, answer).status_code == 302
        assert seat.attendance.get().mark == "absent"


def test_two_people_who_correct_a_run_see_both(town, client_for):
    run = make_run(town)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:run_edit", kwargs={"pk": run.pk})
    note = seen(client.get(url))
    services.update_run(run=run, place="Salen", capacity=10, teacher=None, cohort=run.cohort, by=town.casts[0].lead)
    typed = {"place": "Kantinen", "cost": "0", "capacity": run.capacity, "teacher": "", "cohort": run.cohort_id or ""}
    page = client.post(url, {**typed, **note})
    choices = {rival.control: rival.choice for rival in page.context["form"].rivals}
    assert choices == {"choose_place": "", "choose_capacity": "stored"}
    chosen = {"choose_place": "mine", "choose_capacity": "stored"}
    assert client.post(url, {**typed, **seen(page), **chosen}).status_code == 302
    run.refresh_from_db()
    assert (run.place.name, run.capacity) == ("Kantinen", 10)


def test_a_run_never_has_fewer_seats_than_are_taken(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:run_edit", kwargs={"pk": run.pk})
    typed = {"place": "Salen", "capacity": "0", "teacher": "", "cohort": ""}
    assert client.post(url, typed).context["form"].errors["capacity"]
    assert client.post(url, {**typed, "capacity": "1"}).status_code == 302
    with pytest.raises(Refused, match="pladser"):
        services.update_run(run=run, place="Salen", capacity=0, teacher=None, cohort=None, by=town.casts[0].coach)


def test_an_empty_note_is_refused_at_the_field(town, granted: Story, client_for):
    granted.enrol(make_run(town))
    url = reverse("courses:engagement", kwargs={"pk": Enrolment.objects.get().pk})
    response = client_for(town.casts[0].coach).post(url, {"text": "  "})
    assert response.context["form"].errors["text"] == ["Udfyld »Hvordan deltager borgeren«."]


def test_a_held_session_says_that_attendance_is_missing(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:run", kwargs={"pk": run.pk})
    with clock.at(run.starts_on - timedelta(days=1)):
        assert "Mangler fremmøde" not in client.get(url).content.decode()
    with clock.at(run.starts_on):
        assert client.get(url).content.decode().count("Mangler fremmøde") == 1
    granted.attend(run)
    with clock.at(run.ends_on):
        assert "Mangler fremmøde" not in client.get(url).content.decode()


def test_marks_of_who_left_do_not_count_among_those_missing(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run).attend(run)
    left = Enrolment.objects.get()
    services.withdraw(enrolment=left, why="other", reason="Flytter", by=town.casts[0].coach, today=run.ends_on)
    granted.enrol(run)
    with clock.at(run.ends_on):
        url = reverse("courses:session", kwargs={"pk": run.sessions.first().pk})
        assert "<strong data-marked>0</strong> af 1" in client_for(town.casts[0].coach).get(url).content.decode()


def test_a_protected_address_is_on_no_page_of_the_courses(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run)
    citizen = granted.case.citizen
    citizen.street, citizen.postcode, citizen.city = "Hemmelig Vej 7", "2450", "Skjulested"
    citizen.protected_address = True
    citizen.save()
    seat = Enrolment.objects.get()
    client = client_for(town.casts[0].coach)
    pages = [
        reverse("courses:run", kwargs={"pk": run.pk}),
        reverse("courses:session", kwargs={"pk": run.sessions.first().pk}),
        reverse("courses:engagement", kwargs={"pk": seat.pk}),
        reverse("courses:withdraw", kwargs={"pk": seat.pk}),
        reverse("courses:case", kwargs={"number": granted.case.number}),
    ]
    with clock.at(run.ends_on):
        for url in pages:
            shown = client.get(url).content.decode()
            assert "Hemmelig" not in shown
            assert "2450" not in shown
            assert "Skjulested" not in shown
            assert citizen.cpr.formatted not in shown


def test_the_tab_counts_completed_of_granted_modules(town, granted: Story, client_for):
    assert queries.tab_count(granted.case) == f"0/{granted.case.module_grants.count()}"
    run = make_run(town)
    granted.enrol(run).attend(run)
    with clock.at(run.ends_on):
        page = client_for(town.casts[0].coach).get(reverse("courses:case", kwargs={"number": granted.case.number}))
    tab = next(tab for tab in page.context["tabs"] if tab["current"])
    assert tab["count"] == f"1/{granted.case.module_grants.count()}"


def test_who_reads_the_names_is_logged(town, granted: Story, client_for):
    run = make_run(town)
    client = client_for(town.casts[0].coach)
    client.get(reverse("courses:run", kwargs={"pk": run.pk}))
    line = AccessLog.objects.latest("pk")
    assert (line.action, granted.case.number in line.case_numbers) == ("list", True)


def _queries(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("year", ["0001", "1950", "2100", "2150", "9999"])
def test_a_year_far_away_is_refused_in_words(town, client_for, year):
    """Neither the month, the planner nor a session moved by hand falls over what the calendars do not know."""
    client, run = client_for(town.casts[0].coach), make_run(town)
    session = run.sessions.first()
    assert client.get(reverse("courses:month"), {"month": f"{year}-12"}).status_code == 200
    page = client.post(reverse("courses:run_new"), run_data(starts_on=f"28-12-{year}"))
    assert "starts_on" in page.context["form"].errors
    typed = {"day": f"28-12-{year}", "starts": "9", "ends": "12"}
    for url in (
        reverse("courses:session_move", kwargs={"pk": session.pk}),
        reverse("courses:session_add", kwargs={"pk": run.pk}),
    ):
        assert client.post(url, typed).context["form"].errors
    cohort = services.save_cohort(
        cohort=None, code="X9", start_on=START, end_on=START + timedelta(days=300), target_size=11, main_course_on=None,
        by=town.casts[0].coach,
    )  # fmt: skip
    url = reverse("courses:pre_course", kwargs={"pk": cohort.pk})
    data = {"step": "propose", "first_on": f"01-02-{year}", "main_course_on": f"01-09-{year}", "place": "Huset"}
    assert client.post(url, data).context["form"].errors
    module = CourseModule.objects.get(is_residential=True)
    row = {"included": "on", "first_on": "", "starts": "9", "place": "Huset", "capacity": "12"}
    typed = {f"m{module.pk}-{name}": text for name, text in {**row, "proposed": f"{year}-12-28"}.items()}
    data |= {"step": "save", "first_on": "01-02-2027", "main_course_on": "01-09-2027", **typed}
    assert client.post(url, data).status_code == 200
    assert not cohort.runs.exists()
