"""Seats, attendance and cost over a period, and what a run costs for each (domain.md §5; docs/decisions/155)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from courses import figures, rules, services
from courses.models import CourseRun
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run

pytestmark = pytest.mark.django_db


@given(st.integers(0, 10**9), st.integers(1, 30))
def test_the_shares_of_a_cost_add_up_to_it(ore, people):
    cost = Decimal(ore) / 100
    found = rules.shares(cost, people)
    assert sum(found) == cost
    assert len(found) == people
    assert max(found) - min(found) <= Decimal("0.01")


def test_attendance_and_cost_of_each_module_and_run(town: municipality.Town, granted: Story, client_for):
    run = make_run(town)
    CourseRun.objects.filter(pk=run.pk).update(cost=Decimal("10000.01"))
    granted.enrol(run).attend(run, missed=(1,))
    other = municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)).enrol(run)
    url = reverse("courses:figures")
    client = client_for(town.casts[0].coach)
    page = client.get(url, {"first_on": "01-06-2026", "last_on": "30-06-2026"})
    ((module, found),) = page.context["modules"]
    assert module == run.module
    assert (found.runs, found.seats, found.taken, found.attended, found.missed, found.percent) == (1, 12, 2, 3, 1, 75)
    assert found.per_participant == Decimal("5000.01")
    assert page.context["rows"][0].figures == found == page.context["total"]
    ids = [granted.case.pk, other.case.pk]
    assert sum(figures.cost_of_cases(ids).values()) == Decimal("10000.01")
    assert "3 af 4 (75\xa0%)" in page.text
    assert "5.000,01\xa0kr." in page.text
    wrong = client.get(url, {"first_on": "30-02-2026", "last_on": "01-01-2020"})
    assert "first_on" in wrong.context["form"].errors
    assert client.get(url, {"first_on": "01-01-2020", "last_on": "02-01-2020"}).context["modules"] == []
    file = client.get(reverse("courses:figures_csv"), {"first_on": "01-06-2026", "last_on": "30-06-2026"})
    heading, line = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert heading.startswith("Modul;Hold;")
    assert line.startswith(f"{run.module.title};;{run.starts_on};{run.ends_on};")
    assert line.endswith(";12;2;3;1;0;75;10000,01;5000,01")
    assert AccessLog.objects.filter(action=AccessAction.EXPORT, what="courses:figures_csv").exists()


def test_who_gave_up_the_seat_counts_in_neither_rate_nor_cost(town: municipality.Town, granted: Story):
    run = make_run(town)
    CourseRun.objects.filter(pk=run.pk).update(cost=Decimal("1000"))
    granted.enrol(run).attend(run, missed=(1, 2))
    other = municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)).enrol(run)
    seat = granted.case.enrolments.get()
    services.withdraw(enrolment=seat, why="illness", reason="", by=town.casts[0].coach, today=granted.day)
    other.attend(run)
    [(_module, found)] = figures.by_module(run.starts_on, run.ends_on)
    assert (found.taken, found.attended, found.missed, found.percent) == (1, 4, 0, 100)
    assert figures.with_figures([run])[0].figures.attended == 4
    assert figures.cost_of_cases([granted.case.pk, other.case.pk]) == {
        granted.case.pk: Decimal(0),
        other.case.pk: Decimal(1000),
    }


def test_the_overview_costs_the_same_with_more_runs(town, client_for, django_assert_num_queries):
    client = client_for(town.casts[0].coach)
    address = f"{reverse('courses:figures')}?first_on=01-01-2026&last_on=31-12-2026"
    make_run(town)
    client.get(address)
    for more in (1, 24):
        for number in range(more):
            make_run(town, "marketing", date(2026, 3, 2) + timedelta(days=7 * number))
        with django_assert_num_queries(FIGURES_QUERIES):
            client.get(address)


FIGURES_QUERIES = 18
