"""Two people at once: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pgtrigger
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from cases import services
from cases.models import CaseFile, Citizen, Task
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.once import WITHIN, forget_sent_forms
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.cases.test_referral_screens import answers
from tests.support import files as real

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
    with pgtrigger.ignore("cases.Task:task_kept"):
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


# --- One form, sent twice at once ----------------------------------------------------------------------------------------


def sent_twice(client_for, user, address, values):
    clients = [client_for(user) for _ in range(2)]
    first, second = together(*(lambda c=c: c.post(address, values) for c in clients))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]


def test_a_note_sent_twice_is_written_once(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    sent_twice(client_for, cast.coach, f"/cases/{case.number}/journal/", {"text": "Ringede i dag.", "kind": "note"})
    assert case.journal.filter(text="Ringede i dag.").count() == 1


def test_a_task_sent_twice_is_one_task(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    values = {"title": "Ring til banken", "due_on": "01-12-2026", "holder": "team"}
    sent_twice(client_for, cast.coach, f"/cases/{case.number}/tasks/new/", values)
    assert case.tasks.filter(title="Ring til banken").count() == 1


def test_a_contact_sent_twice_is_one_contact(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    values = {"kind": "coaching", "state": "planned", "date": "01-12-2026", "time": "10.00", "staff": [cast.coach.pk]}
    sent_twice(client_for, cast.coach, f"/cases/{case.number}/contacts/new/", values)
    assert case.contacts.count() == 1


def test_a_representative_sent_twice_gets_each_letter_once(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    values = {"name": "Rasmus Repræsentant", "scope": "Alt", "street": "Vej 1", "postcode": "8000", "city": "Aarhus C"}
    values |= {"from_on": "01-11-2026", "to_on": "01-11-2027"}
    sent_twice(client_for, cast.coach, f"/cases/{case.number}/people/representative/new/", values)
    assert case.representatives.count() == 1


def test_a_document_sent_twice_is_stored_once(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    clients = [client_for(cast.coach) for _ in range(2)]

    def send(client):
        file = SimpleUploadedFile("lejeaftale.pdf", real.pdf(), content_type="application/pdf")
        values = {"file": file, "kind": "other", "title": "Lejeaftale", "dated": "01-11-2026"}
        return client.post(f"/cases/{case.number}/documents/new/", values)

    together(*(lambda c=c: send(c) for c in clients))
    assert case.documents.count() == 1


def test_a_message_sent_twice_reaches_the_team_once(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    sent_twice(client_for, cast.caseworker, f"/referrals/{case.number}/", {"text": "Borgeren er flyttet."})
    assert case.journal.filter(text="Borgeren er flyttet.").count() == 1


def test_what_was_refused_or_is_written_later_is_no_double(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    client, address = client_for(cast.coach), f"/cases/{case.number}/journal/"
    assert [client.post(address, {"text": "", "kind": "note"}).status_code for _ in range(2)] == [200, 200]
    note = {"text": "Ringede, intet svar.", "kind": "note"}
    client.post(address, note)
    assert "kun gemt én gang" in client.post(address, note, follow=True).text
    with clock.at(clock.now() + WITHIN + timedelta(seconds=1)):
        client.post(address, note)
        assert forget_sent_forms(clock.today()).created == 0
    assert case.journal.filter(text="Ringede, intet svar.").count() == 2
    with clock.at(clock.now() + 3 * WITHIN):
        assert forget_sent_forms(clock.today()).created == 1
