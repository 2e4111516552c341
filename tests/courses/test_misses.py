"""Two sessions missed in a row: a task to ring, which closes itself; and who still misses a granted module."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from cases import services as cases
from cases.enums import ContactKind, ContactState
from courses import services
from courses.rules import outlook
from microloan.core import clock
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("numbers", "needed", "still", "possible"),
    [
        ((0, 8, 8, 80), 7, 7, True),
        ((5, 8, 2, 80), 7, 2, True),
        ((5, 8, 1, 80), 7, 2, False),
        ((4, 5, 1, 80), 4, 0, True),
        ((0, 0, 0, 80), 1, 1, False),
    ],
)
def test_the_outlook_says_what_is_needed_and_whether_it_can_be_reached(numbers, needed, still, possible):
    found = outlook(*numbers)
    assert (found.needed, found.still, found.is_possible) == (needed, still, possible)


def tasks(story: Story) -> list[str]:
    found = story.case.tasks.filter(kind="course_missed_twice", done_at__isnull=True)
    return list(found.values_list("why", flat=True))


def test_two_missed_sessions_make_a_task_that_a_contact_closes(town, granted: Story):
    run = make_run(town, first=granted.day + timedelta(days=7))
    granted.enrol(run).attend(run, missed=(2,))
    assert tasks(granted) == []
    seat = granted.case.enrolments.get()
    last = run.sessions.order_by("starts_at").last()
    after = last.starts_at + timedelta(hours=4)
    with clock.at(after):
        services.mark_attendance(session=last, marks={seat.pk: "absent"}, by=town.casts[0].coach, today=after.date())
    assert tasks(granted) == [run.module.title]
    cases.reconcile_tasks(case=granted.case, today=after.date())
    assert len(tasks(granted)) == 1
    with clock.at(after + timedelta(days=1)):
        cases.register_contact(
            case=granted.case,
            kind=ContactKind.COACHING,
            at=after + timedelta(hours=20),
            state=ContactState.ATTENDED,
            staff=[town.casts[0].coach],
            by=town.casts[0].coach,
            today=after.date() + timedelta(days=1),
        )
    assert tasks(granted) == []


def test_an_excused_session_neither_counts_nor_breaks_the_row(town, granted: Story):
    run = make_run(town, first=granted.day + timedelta(days=7))
    seat = granted.enrol(run).case.enrolments.get()
    with clock.at(run.ends_on + timedelta(days=1)):
        for session, mark in zip(
            run.sessions.order_by("starts_at"), ("present", "absent", "excused", "absent"), strict=True
        ):
            services.mark_attendance(
                session=session, marks={seat.pk: mark}, by=town.casts[0].coach, today=clock.today()
            )
    assert tasks(granted) == [run.module.title]


def test_the_list_of_misses_says_what_each_lacks(town, granted: Story, client_for):
    run = make_run(town, first=granted.day + timedelta(days=7))
    client = client_for(town.casts[0].lead)
    url = reverse("courses:missing")

    def shown(**query: str) -> list[tuple[str, str]]:
        page = client.get(url, query).context["page"]
        return [(row.case.number, row.module.code) for row in page]

    number = granted.case.number
    every = {(number, grant.module.code) for grant in granted.case.module_grants.select_related("module")}
    assert set(shown()) == every
    assert shown(module="residential_course") == [(number, "residential_course")]
    granted.enrol(run)
    with clock.at(granted.day):
        assert "Tilmeldt, begynder" in client.get(url, {"module": "residential_course"}).content.decode()
    granted.attend(run, missed=(0, 1))
    with clock.at(run.ends_on):
        assert "2 af 4 mødegange" in client.get(url, {"module": "residential_course"}).content.decode()
    seat = granted.case.enrolments.get()
    with clock.at(run.ends_on + timedelta(days=1)):
        first, second = run.sessions.order_by("starts_at")[:2]
        for session in (first, second):
            services.mark_attendance(
                session=session, marks={seat.pk: "present"}, by=town.casts[0].coach, today=run.ends_on
            )
    assert shown(module="residential_course") == []
    assert shown(mine="1") == []


def test_the_list_costs_the_same_at_any_size(town, granted: Story, client_for, django_assert_max_num_queries):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:missing")
    with clock.at(date(2026, 6, 1)):
        client.get(url)
        with django_assert_max_num_queries(15):
            client.get(url)
        for _ in range(3):
            municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START))
        with django_assert_max_num_queries(15):
            client.get(url)


def test_the_page_of_the_case_says_what_it_means_for_screening_3(town, granted: Story, client_for):
    run = make_run(town, first=granted.day + timedelta(days=7))
    granted.enrol(run).attend(run, missed=(0, 1))
    with clock.at(run.ends_on):
        url = reverse("courses:case", kwargs={"number": granted.case.number})
        page = client_for(town.casts[0].coach).get(url).content.decode()
    assert "2 af 4 mødegange" in page
    assert "kan ikke længere gennemføres" in page
    assert "Screening 3" in page
