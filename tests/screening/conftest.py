from collections.abc import Iterator

import pytest

from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.policy.models import RuleSet
from tests.screening.builders import TODAY
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    """The clock stands at Friday 20 November 2026."""
    with clock.at(TODAY):
        yield


@pytest.fixture
def world(db: None) -> World:
    world = World()
    RuleSet.objects.update(instalments=12)  # short letters, made quickly
    return world


@pytest.fixture
def coach(world, client_for):
    return client_for(world.user(Role.COACH))


@pytest.fixture
def lead(world, client_for):
    return client_for(world.user(Role.PROJECT_LEAD))
