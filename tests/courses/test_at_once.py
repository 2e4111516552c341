"""Two people at once: what they lock, they lock in one order (case, run, session, seat), so that neither gets an error."""

from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep

import pytest
from django.db import connection, transaction
from django.urls import reverse

from cases import services as cases
from cases.models import CaseFile
from courses import services
from courses.models import CourseRun, Enrolment
from courses.services import Tap
from microloan.core import clock
from microloan.core.errors import Refused
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run
from tests.support.stages import reach

pytestmark = pytest.mark.django_db(transaction=True)
IS_ANY_WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


@pytest.fixture
def pair(town: municipality.Town) -> list[Story]:
    people = [next(town.crowd) for _ in range(2)]
    return reach("pair", lambda: [municipality.in_courses(town, Story(town.casts[0], one, START)) for one in people])


def while_it_waits(case: CaseFile, job: Callable[[], object], then: Callable[[], object]) -> list[object]:
    """We hold the case; `job`, in a transaction of its own, comes to wait for it. `then` must not have to wait for `job`."""
    outcomes: list[object] = []

    def work() -> None:
        try:
            outcomes.append(job())
        finally:
            connection.close()

    thread = Thread(target=work)
    with transaction.atomic():
        cases.lock_case(case)
        thread.start()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            give_up = monotonic() + 20
            while not cursor.execute(IS_ANY_WAITING) or not cursor.fetchone()[0]:
                assert monotonic() < give_up, "the other one never came"
                sleep(0.02)
        then()
    thread.join()
    return outcomes


def test_who_gives_many_seats_waits_before_taking_hold_of_the_run(town, pair):
    coach, run = town.casts[0].coach, make_run(town)
    last = max((story.case for story in pair), key=lambda case: case.pk)
    with clock.at(pair[0].day):
        [made] = while_it_waits(
            last,
            lambda: services.enrol_many(run=run, people=[one.case for one in pair], by=coach, today=START),
            lambda: services.enrol(run=run, case=last, by=coach, today=START),
        )
    assert len(made) == 2
    assert run.enrolments.count() == 2


@pytest.mark.parametrize("saved", ["session", "engagement"])
def test_a_tap_and_a_page_that_is_saved_do_not_wait_for_each_other(town, pair, client_for, saved):
    coach, run = town.casts[0].coach, make_run(town)
    for story in pair:
        story.enrol(run)
    session, seat = run.sessions.order_by("starts_at")[0], Enrolment.objects.get(case=pair[1].case)
    with clock.at(run.ends_on):
        client = client_for(coach)
        key, data = (session.pk, {f"mark_{seat.pk}": "late"}) if saved == "session" else (seat.pk, {"text": "Spørger"})
        [answer] = while_it_waits(
            pair[1].case,
            lambda: client.post(reverse(f"courses:{saved}", kwargs={"pk": key}), data),
            lambda: services.tap_attendance(session=session, tap=Tap(seat.pk, "present"), by=coach, today=run.ends_on),
        )
    assert answer.status_code in (200, 302)
    assert seat.entries.filter(mark="present").exists()


def test_a_session_that_is_just_being_cancelled_gets_no_mark(town, pair):
    """The tap waits for the one who cancels, and is refused then; nothing stands in a session that counts for nothing."""
    coach, run = town.casts[0].coach, make_run(town)
    pair[0].enrol(run)
    session, seat = run.sessions.order_by("starts_at")[0], Enrolment.objects.get()
    refused: list[str] = []

    def tap() -> None:
        try:
            services.tap_attendance(session=session, tap=Tap(seat.pk, "present"), by=coach, today=run.ends_on)
        except Refused as refusal:
            refused.extend(refusal.messages)
        finally:
            connection.close()

    with clock.at(run.ends_on):
        thread = Thread(target=tap)
        with transaction.atomic():
            services.cancel_session(session=session, reason="Sygdom", by=coach)
            thread.start()
            sleep(0.5)
        thread.join()
    assert refused == ["Mødegangen er aflyst."]
    assert not seat.entries.exists()


def test_a_plan_that_is_sent_twice_is_one_run(town, client_for):
    """The second press would pass: the reason that overrules the clash comes along."""
    coach, first = town.casts[0].coach, make_run(town)
    data = {
        "step": "save", "module": first.module_id, "starts_on": "15-06-2026", "place": str(first.place), "capacity": "12",
        "overruled": "Huset har to sale",
    }  # fmt: skip
    for number, day in enumerate(("15", "16", "17", "18")):
        data |= {
            f"session-{number}-{name}": text
            for name, text in (("day", f"{day}-06-2026"), ("starts", "9"), ("ends", "12"))
        }
    with clock.at(START):
        client = client_for(coach)
        answers = [client.post(reverse("courses:run_new"), data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert CourseRun.objects.exclude(pk=first.pk).count() == 1
