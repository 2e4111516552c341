from collections.abc import Iterator

import pytest

from microloan.accounts.enums import Role
from microloan.core import clock
from tests.loans.builders import small_world
from tests.screening.builders import TODAY
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    """The clock stands at Friday 20 November 2026."""
    with clock.at(TODAY):
        yield


@pytest.fixture
def world(db: None) -> World:
    """Everybody, and rules with twelve instalments, so that letters are short and made quickly."""
    return small_world()


@pytest.fixture
def coach(world, client_for):
    return client_for(world.user(Role.COACH))


@pytest.fixture
def lead(world, client_for):
    return client_for(world.user(Role.PROJECT_LEAD))
