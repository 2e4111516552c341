"""Two people at once: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from cases import services
from cases.models import CaseFile, Citizen, Task
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.cases.test_referral_screens import answers

pytestmark = pytest.mark.django_db(transaction=True)


def together(*actions):
    """Run the actions at the same moment; the outcome of each, an exception included."""
    start = Barrier(len(actions))

    def run(action):
        try:
            with clock.at(TODAY):
                start.wait()
                return action()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_two_referrals_of_one_citizen_open_one_case(cast):
    data = builders.referral_data()
    outcomes = together(
        lambda: services.refer(data=data, by=cast.caseworker, today=TODAY),
        lambda: services.refer(data=data, by=cast.colleague, today=TODAY),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CaseFile", "Refused"]
    assert (CaseFile.objects.count(), Citizen.objects.count()) == (1, 1)


def test_a_referral_sent_twice_at_once_gives_its_receipt_twice(cast, client_for):
    clients = [client_for(cast.caseworker) for _ in range(2)]
    first, second = together(*(lambda c=c: c.post("/referrals/new/", answers(step="send")) for c in clients))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]


def test_case_numbers_have_no_doubles_and_no_gaps(cast):
    together(*(lambda: builders.refer(cast.caseworker) for _ in range(4)))
    numbers = sorted(CaseFile.objects.values_list("number", flat=True))
    assert numbers == [f"ML-2026-{number:04d}" for number in range(1, 5)]


def test_two_saves_from_the_same_version_are_one_save_and_one_conflict(cast):
    case = builders.refer(cast.caseworker)

    def save(phone, by):
        return services.update_citizen(case=case, values={"phone": phone}, by=by, today=TODAY, version=case.version)

    outcomes = together(lambda: save("11111111", cast.coach), lambda: save("22222222", cast.lead))
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1


def test_the_daily_job_and_a_service_do_not_make_a_task_twice(cast):
    case = builders.refer(cast.caseworker)
    Task.objects.filter(case=case).delete()
    together(
        lambda: services.reconcile_all(TODAY),
        lambda: services.reconcile_tasks(case=case, today=TODAY),
    )
    assert Task.objects.filter(case=case, done_at__isnull=True).count() == 1


def test_a_case_closes_once(cast):
    case = builders.accepted(cast.caseworker, cast.coach)

    def close(by):
        return services.close_case(case=case, reason="illness", choice_of="citizen", text="", by=by, today=TODAY)

    outcomes = together(lambda: close(cast.coach), lambda: close(cast.lead))
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert case.phase_changes.filter(to_phase="closed").count() == 1
