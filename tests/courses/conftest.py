from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from courses.models import CourseModule, CourseRun
from reports.demo import municipality
from reports.demo.people import people
from reports.demo.story import Cast, Story, plan_run

START = date(2026, 3, 2)


@pytest.fixture
def town(db: None) -> Iterator[municipality.Town]:
    """The demo's people and rules, without any case."""
    municipality.ensure_reference_data()
    users = municipality.ensure_demo_users()
    cast = Cast(
        caseworker=users["sagsbehandler"],
        coach=users["coach"],
        second_coach=users["coach2"],
        lead=users["projektleder"],
        benefits_officer=users["ydelse"],
    )
    return municipality.Town(today=START + timedelta(days=400), casts=[cast], crowd=people())


@pytest.fixture
def granted(town: municipality.Town) -> Story:
    """A citizen to whom screening 2 has granted modules."""
    return municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START))


def make_run(town: municipality.Town, code: str = "residential_course", first: date = date(2026, 6, 15)) -> CourseRun:
    return plan_run(town.casts[0], CourseModule.objects.get(code=code), first)
