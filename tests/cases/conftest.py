from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from microloan.accounts.enums import Role
from microloan.accounts.models import Centre, User
from microloan.core import clock
from microloan.policy.services import ensure_defaults
from tests.cases import builders
from tests.support.stages import reach


@dataclass
class Cast:
    """The people of the tests: two centres, one of each role, and colleagues of those who refer."""

    north: Centre
    south: Centre
    caseworker: User
    colleague: User
    specialist: User
    coach: User
    other_coach: User
    lead: User
    officer: User
    manager: User
    administrator: User
    auditor: User


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    """The clock stands at Friday 20 November 2026, 09.00."""
    with clock.at(builders.TODAY):
        yield


@pytest.fixture
def cast(db: None) -> Cast:
    return reach("cast", _cast)


def _cast() -> Cast:
    ensure_defaults()
    north, south = builders.centre("Center Nord"), builders.centre("Center Syd")
    return Cast(
        north=north,
        south=south,
        caseworker=builders.user(Role.CASEWORKER, "Jens Jobkonsulent", centre=north),
        colleague=builders.user(Role.CASEWORKER, "Kirsten Kollega", centre=south),
        specialist=builders.user(Role.REFERRAL_SPECIALIST, "Viggo Vidensperson", centre=north),
        coach=builders.user(Role.COACH, "Mette Medarbejder"),
        other_coach=builders.user(Role.COACH, "Bo Coach"),
        lead=builders.user(Role.PROJECT_LEAD, "Petra Projektleder"),
        officer=builders.user(Role.BENEFITS_OFFICER, "Yrsa Ydelse"),
        manager=builders.user(Role.MANAGER, "Lars Leder"),
        administrator=builders.user(Role.ADMINISTRATOR, "Ada Administrator"),
        auditor=builders.user(Role.AUDITOR, "Dina Databeskytter"),
    )
