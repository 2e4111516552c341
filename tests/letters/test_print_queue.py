"""Letters on paper: one sorted file, each letter in it once, the same file when it is printed again."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from pypdf import PdfReader

from cases.letters import print_queue, services
from cases.letters.enums import Channel, LetterStatus
from cases.letters.models import Letter, PrintBatch, PrintedLetter
from cases.models import JournalEntry
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.letters import samples
from tests.letters.conftest import make_case, make_citizen

PLACES = (("9000", "Aalborg", "Bo Testesen"), ("0555", "Prøveby", "Åse Testesen"), ("0555", "Prøveby", "Anna Testesen"))


@pytest.fixture
def queued(town):
    """Three letters on paper, made in another order than their postcodes."""
    letters = []
    for number, (postcode, city, name) in enumerate(PLACES):
        citizen = make_citizen(name=name, postcode=postcode, city=city, digital_post_exempt=True)
        letter = services.prepare_letter(
            kind="closing",
            case=make_case(citizen, f"ML-2027-000{number}", coach=town.coach),
            key=f"closing:{number}",
            context=samples.CONTEXTS["closing"],
            by=town.coach,
            today=town.today,
        )
        letters.append(services.dispatch_letter(letter.pk, today=town.today))
    return letters


def texts(data):
    return [page.extract_text() for page in PdfReader(BytesIO(data)).pages]


def test_letters_wait_and_then_go_in_one_sorted_file(town, queued, folders):
    assert {(one.status, one.channel) for one in queued} == {(LetterStatus.QUEUED, Channel.PRINT)}
    assert not folders.outbox.exists()
    batch = print_queue.make_batch(by=town.coach, today=town.today)
    assert [place.letter.recipient_name for place in batch.places.all()] == [
        "Anna Testesen",
        "Åse Testesen",
        "Bo Testesen",
    ]
    pages = texts(batch.read_pdf())
    assert batch.page_count == len(pages) == 8  # the cover and three letters of one page, each with a back
    assert ["Anna" in pages[2], "Åse" in pages[4], "Bo" in pages[6]] == [True, True, True]
    assert [pages[number] for number in (1, 3, 5, 7)] == ["", "", "", ""]
    assert [place.first_page for place in batch.places.all()] == [3, 5, 7]
    assert "ML-2027-0002" in pages[0]
    for letter in Letter.objects.all():
        assert (letter.status, letter.channel, letter.dispatched_on) == (
            LetterStatus.DISPATCHED,
            Channel.PRINT,
            town.today,
        )
    assert JournalEntry.objects.filter(title__startswith="Brev sendt").count() == 3
    with pytest.raises(Refused):
        print_queue.make_batch(by=town.coach, today=town.today)


def test_cover_and_manifest_hold_no_name_and_no_number(town, queued, folders):
    batch = print_queue.make_batch(by=None, today=town.today)
    written = (folders.outbox / f"print/{batch.pk}.json").read_text() + texts(batch.read_pdf())[0]
    assert not [secret for secret in ("Testesen", "7203", "Eksempelgade", "0555") if secret in written]
    manifest = json.loads((folders.outbox / f"print/{batch.pk}.json").read_text())
    assert [(one["case_number"], one["first_page"]) for one in manifest["letters"]] == [
        ("ML-2027-0002", 3),
        ("ML-2027-0001", 5),
        ("ML-2027-0000", 7),
    ]
    assert (folders.outbox / f"print/{batch.pk}.pdf").read_bytes() == batch.read_pdf()


def test_one_side_without_cover_by_case(town, queued, settings):
    settings.PRINT_DUPLEX = settings.PRINT_COVER = False
    settings.PRINT_SORT = "case"
    batch = print_queue.make_batch(by=town.coach, today=town.today)
    assert [place.letter.case.number[-1] for place in batch.places.all()] == ["0", "1", "2"]
    assert [place.first_page for place in batch.places.all()] == [1, 2, 3]
    assert batch.page_count == 3


def test_batch_of_the_next_day_is_dated_that_day(town, queued):
    with clock.at(town.today + timedelta(days=1)):
        assert print_queue.daily_batch(clock.today()).created == 3
        assert print_queue.daily_batch(clock.today()).created == 0
    letter = Letter.objects.get(pk=queued[0].pk)
    assert letter.dated == letter.dispatched_on == town.today + timedelta(days=1)
    assert letter.earlier_prints.get().dated == town.today


def test_broken_off_batch_waits_for_a_person(town, queued, folders, monkeypatch):
    monkeypatch.setattr(print_queue, "_confirm", lambda batch: 1 / 0)  # falls over after the file was laid there
    with pytest.raises(ZeroDivisionError):
        print_queue.make_batch(by=town.coach, today=town.today)
    monkeypatch.undo()
    batch = PrintBatch.objects.get()
    assert print_queue.lies_in_outbox(batch)
    assert print_queue.waiting() == 0
    with pytest.raises(Conflict):
        print_queue.make_batch(by=town.coach, today=town.today)
    with pytest.raises(Conflict):
        services.release_letter(letter=queued[0], by=town.coach)
    with pytest.raises(Conflict):  # it may be at work this minute
        print_queue.finish_batch(batch=batch, was_handed_over=True, by=town.coach)
    with clock.at(clock.now() + timedelta(hours=1)):
        print_queue.finish_batch(batch=batch, was_handed_over=False, by=town.coach)
        assert print_queue.waiting() == 3
        again = print_queue.make_batch(by=town.coach, today=town.today)
        with pytest.raises(Conflict):
            print_queue.finish_batch(batch=again, was_handed_over=False, by=town.coach)
    assert Letter.objects.filter(status=LetterStatus.DISPATCHED).count() == 3


def test_batch_is_frozen_and_a_letter_is_in_one_only(town, queued):
    batch = print_queue.make_batch(by=town.coach, today=town.today)
    other = PrintBatch.objects.create(dated=town.today, path="x", sha256="x", page_count=1, letter_count=1)
    attacks = (
        ("print_batch_final", lambda: PrintBatch.objects.filter(pk=batch.pk).update(taken_apart_at=clock.now())),
        ("print_batch_frozen", lambda: PrintBatch.objects.filter(pk=other.pk).update(sha256="y")),
        ("print_batch_kept", lambda: PrintBatch.objects.filter(pk=other.pk).delete()),
        ("printed_letter_kept", lambda: PrintedLetter.objects.update(position=9)),
        ("printed_letter_gone", lambda: PrintedLetter.objects.all().delete()),
        ("letter_id", lambda: PrintedLetter.objects.create(batch=other, letter=queued[0], position=1, first_page=1)),
    )
    for name, attack in attacks:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            attack()


def test_from_the_page_to_the_file(town, queued, client_for, django_capture_on_commit_callbacks):
    client = client_for(town.coach)
    url = reverse("letters:print_queue")
    assert "3 breve venter på at blive printet" in client.get(url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url)
    batch = PrintBatch.objects.get()
    page = client.get(reverse("letters:print_file", args=[batch.pk]))
    assert page.content == batch.read_pdf()
    assert "Der venter ingen breve" in client.post(url, follow=True).content.decode()


def test_without_batches_each_letter_goes_by_itself(town, settings, folders):
    settings.PRINT_BATCHES = False
    case = make_case(make_citizen(digital_post_exempt=True), "ML-2027-0009", coach=town.coach)
    letter = services.prepare_letter(
        kind="closing", case=case, key="x", context=samples.CONTEXTS["closing"], by=town.coach, today=town.today
    )
    assert services.dispatch_letter(letter.pk, today=town.today).status == LetterStatus.DISPATCHED
    assert (folders.outbox / f"print/{letter.pk}.json").exists()
