"""The clock of a demo moves forward only, and the days on the way are worked through."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from microloan.accounts.demo_clock import move_clock_to
from microloan.core import clock, jobs
from microloan.core.errors import Refused
from microloan.core.registry import Registry
from tests.support.strict import StrictClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> Iterator[None]:
    settings.DEMO_CLOCK = True
    yield
    clock._demo.forget()


@pytest.fixture
def days_worked(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The daily jobs are one job that notes the day."""
    worked: list[date] = []
    registry: Registry[jobs.Job] = Registry("jobs of the test")

    def note(day: date) -> jobs.Counts:
        worked.append(day)
        return jobs.Counts(created=2)

    registry.register("note", note)
    monkeypatch.setattr(jobs, "registry", registry)
    return worked


def test_each_day_on_the_way_is_worked_once(days_worked: list[date]) -> None:
    today = clock.today()
    counts = move_clock_to(today + timedelta(days=3), today=today)
    assert days_worked == [today + timedelta(days=n) for n in (1, 2, 3)]
    assert counts["note"].created == 6
    assert clock.today() == today + timedelta(days=3)


@pytest.mark.parametrize("days", [0, -1, 93])
def test_the_clock_does_not_go_back_nor_too_far(days_worked: list[date], days: int) -> None:
    today = clock.today()
    with pytest.raises(Refused):
        move_clock_to(today + timedelta(days=days), today=today)
    assert (days_worked, clock.today()) == ([], today)


def test_on_screen(client_for: Callable[..., StrictClient], days_worked: list[date]) -> None:
    client = client_for("project_lead")
    start = clock.today()
    page = client.post("/demo/clock/", {"days": "7"}, follow=True).content.decode()
    assert clock.today() == start + timedelta(days=7)
    assert "De daglige job gjorde 14 ting." in page
    until = start + timedelta(days=9)
    client.post("/demo/clock/", {"until": until.strftime("%d-%m-%Y")})
    assert clock.today() == until
    for wrong in ({}, {"until": "i morgen"}, {"until": start.strftime("%d-%m-%Y")}, {"days": "-1"}, {"days": "9999"}):
        response = client.post("/demo/clock/", wrong)
        assert (response.status_code, clock.today()) == (200, until)
        assert response.context["form"].errors


@pytest.mark.parametrize(("role", "linked"), [("project_lead", True), ("administrator", True), ("coach", False)])
def test_only_who_may_move_the_clock_is_shown_the_way(
    client_for: Callable[..., StrictClient], role: str, linked: bool
) -> None:
    assert ('href="/demo/clock/"' in client_for(role).get("/profile/").content.decode()) is linked
