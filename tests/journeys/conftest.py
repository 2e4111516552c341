"""One municipality in the browser for each test: reference data, the demo's people, and a clock that can be moved."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import expect

from microloan.accounts.demo import ensure_demo_users
from microloan.core import clock
from reports.demo.municipality import ensure_reference_data
from reports.demo.people import cvr_numbers, fictitious_cpr
from tests.journeys.stage import PATIENCE_MS, Citizen, Stage
from tests.support import browser

_pictured: set[str] = set()
_serials = count(1)


def put_the_clock_right() -> None:
    with transaction.atomic():
        clock.reset_demo_clock()


@pytest.fixture
def stage(transactional_db: None, watched: Callable[[], Any], axe: Any, shot: Any, settings: Any) -> Iterator[Stage]:
    """The empty municipality. Everything else is done on its screens."""
    settings.DEMO_CLOCK = True
    put_the_clock_right()
    ensure_reference_data()
    ensure_demo_users()

    def look(page: Any, name: str) -> None:
        if name not in _pictured:
            _pictured.add(name)
            if browser.pictures_folder():
                axe(page)
                shot(page, f"journey-{name}")
            else:
                browser.assert_accessible(page)  # the tests of each room look at its screens in both widths

    expect.set_options(timeout=PATIENCE_MS)
    yield Stage(watched, look)
    expect.set_options(timeout=5_000)
    put_the_clock_right()


@pytest.fixture
def citizen() -> Citizen:
    """Somebody who wants to start; another one in every test."""
    return Citizen(cpr=fictitious_cpr(date(1985, 12, 6), 4000 + 2 * next(_serials)), cvr=next(cvr_numbers()))
