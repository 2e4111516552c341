from collections.abc import Callable, Iterator

import pytest

from microloan.core import clock
from tests.loans.builders import TODAY, small_world
from tests.support.strict import StrictClient
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    """The clock stands at Friday 20 November 2026, 09.00."""
    with clock.at(TODAY):
        yield


@pytest.fixture
def world(db: None) -> World:
    """Everybody, and rules with twelve instalments, so that letters are short and made quickly."""
    return small_world()


@pytest.fixture
def by(world: World, client_for: Callable[..., StrictClient]) -> Callable[[str], StrictClient]:
    """`by(Role.COACH)`: a client of the world's coach."""
    return lambda role: client_for(world.user(role))
