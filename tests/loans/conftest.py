from collections.abc import Iterator

import pytest
from django.db import connection

from microloan.core import clock
from tests.loans.builders import TODAY, paid_out, small_world
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    """The clock stands at Friday 20 November 2026, 09.00."""
    with clock.at(TODAY):
        yield


@pytest.fixture(scope="module")
def stock(kept_rows: None) -> World:
    """For modules in which many tests begin with a loan that has been paid out today: it is made once."""
    with clock.at(TODAY):
        world = small_world()
        world.ready = {"paid_out": paid_out(world).pk}
    connection.check_constraints()  # what a commit would look at is not left to the tests
    return world


@pytest.fixture
def world(db: None) -> World:
    """Everybody, and rules with twelve instalments, so that letters are short and made quickly."""
    return small_world()
