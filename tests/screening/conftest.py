from collections.abc import Iterator

import pytest

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
