from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from courses.models import CourseModule, CourseRun
from microloan.accounts.models import User
from reports.demo import municipality
from reports.demo.people import people
from reports.demo.story import Cast, Story, plan_run
from tests.support.stages import reach

START = date(2026, 3, 2)


def _settle() -> dict[str, User]:
    municipality.ensure_reference_data()
    return municipality.ensure_demo_users()


@pytest.fixture
def town(db: None) -> Iterator[municipality.Town]:
    """The demo's people and rules, without any case."""
    users = reach("town", _settle)
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
    person = next(town.crowd)
    return reach("granted", lambda: municipality.in_courses(town, Story(town.casts[0], person, START)))


def make_run(town: municipality.Town, code: str = "residential_course", first: date = date(2026, 6, 15)) -> CourseRun:
    return plan_run(town.casts[0], CourseModule.objects.get(code=code), first)
