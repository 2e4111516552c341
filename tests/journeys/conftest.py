"""One municipality in the browser for each test: reference data, the demo's people, and a clock that can be moved."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import expect

from microloan.accounts.demo import ensure_demo_users
from microloan.core import clock
from reports.demo.municipality import Town, ensure_reference_data
from reports.demo.people import cvr_numbers, fictitious_cpr, people
from reports.demo.story import Cast
from tests.journeys.stage import BENEFITS, CASEWORKER, COACH, LEAD, PATIENCE_MS, SECOND_COACH, Citizen, Stage
from tests.support import browser

_serials = count(1)
# Two processes take a half each, in this order, and need about the same time for it.
IN_ORDER = (
    "from_referral",
    "before_the_loan",
    "with_the_money",
    "three_citizens",
    "without_living_support",
    "stopped_at",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if all(Path(__file__).parent in item.path.parents for item in items):
        items.sort(key=lambda item: [name in item.name for name in IN_ORDER], reverse=True)


def put_the_clock_right() -> None:
    with transaction.atomic():
        clock.reset_demo_clock()


@pytest.fixture(scope="session")
def first_time(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bool]:
    """Whether a name is heard for the first time, by any of the processes."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent  # which they share
    folder /= "looked-at"
    folder.mkdir(exist_ok=True)

    def ask(name: str) -> bool:
        try:
            (folder / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    return ask


@pytest.fixture
def stage(
    transactional_db: None,
    watched: Callable[[], Any],
    live_server: Any,
    axe: Any,
    shot: Any,
    settings: Any,
    first_time: Callable[[str], bool],
) -> Iterator[Stage]:
    """The empty municipality. Everything else is done on its screens."""
    settings.DEMO_CLOCK = True
    put_the_clock_right()
    ensure_reference_data()
    ensure_demo_users()

    def look(page: Any, name: str) -> None:
        if first_time(name):
            if browser.pictures_folder():
                axe(page)
                shot(page, f"journey-{name}")
            else:
                browser.assert_accessible(page)  # the tests of each room look at its screens in both widths

    expect.set_options(timeout=PATIENCE_MS)
    yield Stage(watched, look, live_server.url)
    expect.set_options(timeout=5_000)
    put_the_clock_right()


@pytest.fixture
def town(stage: Stage) -> Town:
    """For citizens who have come a part of the way already."""
    users = ensure_demo_users()
    cast = Cast(
        caseworker=users[CASEWORKER],
        coach=users[COACH],
        second_coach=users[SECOND_COACH],
        lead=users[LEAD],
        benefits_officer=users[BENEFITS],
    )
    return Town(today=stage.day, casts=[cast], crowd=islice(people(), 3))


@pytest.fixture
def citizen() -> Citizen:
    """Somebody who wants to start; another one in every test."""
    return Citizen(cpr=fictitious_cpr(date(1985, 12, 6), 4000 + 2 * next(_serials)), cvr=next(cvr_numbers()))
