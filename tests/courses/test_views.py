from datetime import timedelta

import pytest
from django.urls import reverse

from courses.models import Attendance, CourseModule, CourseRun, Enrolment
from microloan.core import clock
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run

pytestmark = pytest.mark.django_db


def run_data(**changes):
    return {
        "module": CourseModule.objects.get(code="accounting").pk,
        "starts_on": "26-03-2026",
        "sessions": "8",
        "cadence": "7",
        "starts": "17.00",
        "ends": "20.00",
        "place": "Kursuscentret",
        "capacity": "12",
        "teacher": "",
        "cohort": "",
        **changes,
    }


def test_a_run_is_planned_from_its_format_in_one_step(town, client_for):
    client = client_for(town.casts[0].coach)
    response = client.post(reverse("courses:run_new"), run_data())
    run = CourseRun.objects.get()
    assert response.url == reverse("courses:run", kwargs={"pk": run.pk})
    assert run.sessions.count() == 8
    assert "2. apr" not in client.get(response.url).content.decode()  # Maundy Thursday


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("starts_on", "30-02-2027", "dato"),
        ("sessions", "0", "1"),
        ("ends", "16.00", "slutte"),
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


def test_lists_cost_the_same_at_any_size(town, client_for, django_assert_max_num_queries):
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
    stories = [municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)) for _ in range(3)]
    client = client_for(town.casts[0].coach)
    url = reverse("courses:run", kwargs={"pk": run.pk})
    stories[0].enrol(run)
    few = _queries(client, url)
    stories[1].enrol(run)
    stories[2].enrol(run)
    assert _queries(client, url) == few


def _queries(client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
