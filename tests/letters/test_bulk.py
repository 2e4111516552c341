"""A letter in own words to many citizens: written once, one letter each, none twice."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.letters import bulk
from cases.letters.models import BulkLetter, Letter
from cases.models import CaseFile, Citizen, Task
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.policy.services import ensure_defaults
from tests.cases import builders

WORDS = {"subject": "Netværksmøde i februar", "text": "Vi mødes den 3. februar.\n\nSkriv, hvis du ikke kan komme."}


@pytest.fixture
def coach(db):
    ensure_defaults()
    with clock.at(builders.TODAY):
        yield builders.user(Role.COACH, "Mette Medarbejder")


@pytest.fixture
def cases(coach):
    caseworker = builders.user(Role.CASEWORKER, "Jens Jobkonsulent", centre=builders.centre("Center Nord"))
    address = {"street": "Prøvevej 1", "postcode": "8000", "city": "Aarhus C"}
    return [
        builders.accepted(caseworker, coach, name=name, citizen=address) for name in ("Amina Testesen", "Bo Prøvesen")
    ]


def write(cases, by, **changes):
    return bulk.write_to_many(cases=cases, by=by, **{"key": uuid4(), **WORDS, **changes})


def test_everybody_gets_one_letter_and_nobody_two(cases, coach, django_capture_on_commit_callbacks):
    key = uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        sent = write(cases, coach, key=key)
        assert write(cases, coach, key=key) == sent
    assert Letter.objects.filter(kind="message").count() == 2
    BulkLetter.objects.filter(pk=sent.pk).update(prepared_at=None)
    bulk.prepare(sent.pk)
    assert Letter.objects.filter(kind="message").count() == 2
    assert BulkLetter.objects.get().prepared_at is not None
    assert {letter.subject for letter in Letter.objects.all()} == {"Netværksmøde i februar"}


def test_another_letter_under_the_same_key_is_a_conflict(cases, coach):
    key = uuid4()
    write(cases, coach, key=key)
    with pytest.raises(Conflict):
        write(cases, coach, key=key, text="Noget andet")


def test_who_cannot_get_it_is_named_before_and_after(cases, coach):
    Citizen.objects.filter(pk=cases[1].citizen_id).update(letter_preference="paper", street="")
    cases[1].citizen.refresh_from_db()
    found = bulk.addressees(cases)
    assert [bool(one.why_not) for one in found] == [False, True]
    sent = write(cases, coach)
    assert sent.case_ids == [cases[0].pk]
    Citizen.objects.filter(pk=cases[0].citizen_id).update(letter_preference="paper", street="")
    assert bulk.prepare(sent.pk) == 0
    task = Task.objects.get(title="Ikke sendt: Netværksmøde i februar")
    assert (task.owner, "adresse" in task.why) == (coach, True)
    with pytest.raises(Refused, match="Ingen af borgerne"):
        write(cases[1:], coach)


def test_report_says_who_did_not_get_it_and_why(cases, coach, client_for, django_capture_on_commit_callbacks):
    Citizen.objects.filter(pk=cases[1].citizen_id).update(letter_preference="paper", street="")
    cases[1].citizen.refresh_from_db()
    sent = write(cases, coach)
    client = client_for(coach)
    url = reverse("letters:bulk_report", args=[sent.pk])
    page = client.get(url)
    assert page.context["counts"] == {"sent": 0, "made": 0, "waiting": 1, "not": 1}
    assert (page.context["is_at_work"], "hx-trigger" in page.content.decode()) == (True, True)
    with django_capture_on_commit_callbacks(execute=True):
        bulk.prepare(sent.pk)
    page = client.get(url)
    assert page.context["counts"] == {"sent": 1, "made": 0, "waiting": 0, "not": 1}
    assert [row.case for row in page.context["rows"]] == [cases[1], cases[0]]
    assert "adresse" in page.content.decode()
    report = client.get(reverse("letters:bulk_report_file", args=[sent.pk])).content.decode()
    assert (cases[1].number in report, "adresse" in report, "Testesen" in report) == (True, True, False)
    for attack in (lambda: sent.recipients.update(case=cases[0]), lambda: sent.recipients.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()


def test_group_is_written_to_from_one_link(cases, coach, client_for):
    bulk.groups.register("tried", bulk.Group("Alle", lambda user, today: CaseFile.objects.filter(pk=cases[0].pk)))
    try:
        client = client_for(coach)
        assert {"key": "tried", "label": "Alle", "number": 1} in client.get(reverse("letters:bulk_list")).context[
            "groups"
        ]
        page = client.get(reverse("letters:bulk"), {"group": "tried"})
        assert [one.case for one in page.context["able"]] == cases[:1]
    finally:
        bulk.groups._entries.pop("tried")


def test_what_the_queue_forgot_is_made_later(cases, coach):
    write(cases, coach)
    bulk.prepare_forgotten()
    assert not Letter.objects.exists()
    with clock.at(builders.TODAY + timedelta(days=1)):
        bulk.prepare_forgotten()
    assert Letter.objects.filter(kind="message").count() == 2


def test_what_was_written_stays(cases, coach):
    sent = write(cases, coach)
    for attack in (
        lambda: BulkLetter.objects.filter(pk=sent.pk).update(text="Andet"),
        lambda: BulkLetter.objects.filter(pk=sent.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()


def test_only_the_team_writes(cases):
    with pytest.raises(Refused):
        write(cases, builders.user(Role.CASEWORKER, "Kirsten Kollega"))


def test_from_the_ticked_tasks_to_the_outbox(cases, coach, client_for, django_capture_on_commit_callbacks):
    client = client_for(coach)
    tasks = [Task.objects.filter(case=case).first().pk for case in cases]
    chosen = client.post(reverse("cases:bulk"), {"task": [*tasks, tasks[0]], "do": "letter", "next": "/work/"})
    page = client.get(chosen.url)
    assert [one.case for one in page.context["able"]] == cases
    assert client.post(chosen.url, {"subject": "", "text": ""}).context["form"].errors["text"]
    named = client.post(chosen.url, {**WORDS, "subject": "Om 010190-1234"})
    assert (named.context["checked"], list(named.context["form"].errors)) == (False, ["subject"])
    check = client.post(chosen.url, WORDS)
    assert check.context["paragraphs"] == ("Vi mødes den 3. februar.", "Skriv, hvis du ikke kan komme.")
    assert not BulkLetter.objects.exists()
    pdf = client.post(chosen.url, {**WORDS, "preview": "1"})
    assert (pdf["Content-Type"], pdf.content[:4]) == ("application/pdf", b"%PDF")
    assert not Letter.objects.exists()
    hidden = {name: str(value) for name, value in check.context["hidden"].items()}
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(chosen.url, {**hidden, "confirm": "1"}, follow=True)
        client.post(chosen.url, {**hidden, "confirm": "1"})
    assert "Brevet bliver sendt til 2 borgere." in page.content.decode()
    assert Letter.objects.filter(kind="message").count() == 2


def test_one_citizen_is_written_to_from_the_case(cases, coach, client_for):
    page = client_for(coach).get(reverse("letters:bulk"), {"case": cases[0].pk})
    assert [one.case for one in page.context["able"]] == cases[:1]
