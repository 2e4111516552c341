"""Every open case has a next action, whose it is and by when, always (domain.md §3.6): over the whole journey of the demo."""

from datetime import date, timedelta
from random import Random

import pytest

from cases import integrity, services, turns
from cases.enums import Holder
from cases.models import CaseFile, Task
from microloan.accounts.demo import ensure_demo_users
from microloan.core import clock
from reports.demo import municipality
from reports.demo.people import people
from reports.demo.story import Cast, Story
from screening.enums import Outcome

START = date(2026, 1, 5)


@pytest.fixture
def town(db: None) -> municipality.Town:
    municipality.ensure_reference_data()
    users = ensure_demo_users()
    cast = Cast(
        caseworker=users["sagsbehandler"],
        coach=users["coach"],
        second_coach=users["coach2"],
        lead=users["projektleder"],
        benefits_officer=users["ydelse"],
    )
    return municipality.Town(today=START + timedelta(days=500), casts=[cast], crowd=people())


def revise(town: municipality.Town, story: Story) -> Story:
    return municipality.in_development(town, story).development().wait(5).screen(2, Outcome.REVISE)


PARTS = (
    lambda town, story: story.refer(),
    municipality.in_recruitment,
    municipality.in_development,
    revise,
    municipality.in_courses,
    municipality.with_courses_done,
    municipality.in_approval,
    municipality.in_queue,
    municipality.in_main_course,
    municipality.in_aftercare,
)


def complaints() -> list[str]:
    found = [*integrity.without_next_action(), *integrity.turns_not_written()]
    return [f"{case.number} in {case.phase}: {words}" for case, words in found]


def test_every_open_case_has_a_next_action_wherever_it_stands_and_however_long_nothing_happens(town):
    chance = Random(20261120)
    last = START
    for part in PARTS:
        story = part(town, Story(town.casts[0], next(town.crowd), START))
        last = max(last, story.day)
        assert complaints() == []
    day = last
    for _ in range(8):
        day += timedelta(days=chance.choice((1, 3, 7, 15, 40, 120)))
        with clock.at(day):
            services.reconcile_all(day)
        assert complaints() == []
    for case in CaseFile.objects.live().open():
        action = Task.objects.filter(case=case, done_at__isnull=True).order_by("due_on", "pk").first()
        assert action.label
        assert action.holder in Holder.values
        assert action.due_on
    times = turns.time_in_phases(CaseFile.objects.values_list("pk", flat=True), day)
    for case in CaseFile.objects.live():
        began = case.phase_changes.order_by("pk").first().on
        assert sum(time.total for time in times[case.pk]) == (day - began).days
