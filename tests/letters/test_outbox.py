"""Letters in the outbox: frozen, sent once, sent again from the stored file."""

import json
import threading
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from kombu import pools

from cases.enums import EntryKind, LetterPreference
from cases.letters import bulk, channels, print_queue, queries, services, tasks
from cases.letters.enums import Channel, LetterStatus
from cases.letters.models import Letter, LetterFileChanged, LetterPrint, source_of
from cases.letters.registry import LetterError, MissingBlock, send_checks
from cases.models import JournalEntry, ReferrerNotice
from cases.services import add_journal_entry, notices, order_case_file
from microloan.accounts.enums import Role
from microloan.celery import app
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.policy.services import ensure_defaults
from tests.letters import reading, samples
from tests.letters.conftest import make_case, make_citizen, make_user
from tests.support.queue import not_eager


@pytest.fixture(autouse=True)
def _only_the_outbox():
    """Whether a reminder is still right is asked by a higher room; here it is the outbox that is tried."""
    entry = send_checks._entries.pop("instalment_reminder", None)
    yield
    if entry is not None:
        send_checks._entries["instalment_reminder"] = entry


def prepare(town, kind="instalment_reminder", key="reminder:1", **options):
    values = {"case": town.case, "context": samples.CONTEXTS[kind], "by": town.coach, "today": town.today}
    return services.prepare_letter(kind=kind, key=key, **{**values, **options})


def outbox_files(folders):
    return sorted(path.relative_to(folders.outbox).as_posix() for path in folders.outbox.rglob("*.*"))


def test_letter_is_rendered_once_and_frozen(town, folders):
    letter = prepare(town)
    assert letter.status == LetterStatus.READY
    assert letter.subject == "Husk dit afdrag på 596 kr.".replace(" kr", "\u00a0kr") or "596" in letter.subject
    assert letter.context["amount"] == "596.00"
    assert letter.context["due"] == "2027-03-01"
    assert letter.dated == town.today
    assert "ML-2026-0042" not in letter.path
    text = reading.text_of(letter.read_pdf())
    assert "3. maj 2027" in text
    assert "Amina Testesen" in text
    assert "Eksempelgade 12, 3. tv" in text
    assert "Mette Medarbejder" in text


def test_same_reason_gives_the_same_letter(town):
    first = prepare(town)
    again = prepare(town, context={**samples.CONTEXTS["instalment_reminder"], "amount": Decimal(1)})
    assert again == first
    assert again.sha256 == first.sha256
    assert Letter.objects.count() == 1
    with pytest.raises(Conflict):
        prepare(town, kind="closing")
    other = make_case(make_citizen(name="Bo Testesen"), "ML-2026-0043")
    with pytest.raises(Conflict):
        prepare(town, case=other)


def test_missing_block_stores_nothing(town, folders):
    with pytest.raises(MissingBlock):
        prepare(town, kind="loan_refusal", context={**samples.CONTEXTS["loan_refusal"], "facts": ()})
    assert not Letter.objects.exists()
    assert not list(folders.documents.rglob("*.pdf"))


def test_sending_writes_file_and_manifest_and_journal(town, folders):
    letter = services.dispatch_letter(prepare(town).pk, today=clock.today())
    assert (letter.status, letter.channel, letter.attempts) == (LetterStatus.DISPATCHED, Channel.DIGITAL_POST, 1)
    assert letter.dispatched_on == clock.today()
    assert outbox_files(folders) == [f"digital_post/{letter.pk}.{kind}" for kind in ("json", "pdf", "xml")]
    manifest = json.loads((folders.outbox / f"digital_post/{letter.pk}.json").read_text())
    assert manifest["sha256"] == letter.sha256
    assert "Eksempelgade" not in json.dumps(manifest)
    assert (folders.outbox / f"digital_post/{letter.pk}.pdf").read_bytes() == letter.read_pdf()
    entry = JournalEntry.objects.get(case=town.case, kind=EntryKind.LETTER)
    assert letter.subject in entry.title
    assert entry.link["kwargs"] == {"letter_id": str(letter.pk)}


def test_sent_twice_leaves_the_house_once(town, folders):
    letter = prepare(town)
    services.dispatch_letter(letter.pk, today=clock.today())
    before = [(path, path.stat().st_mtime_ns) for path in folders.outbox.rglob("*.*")]
    assert services.dispatch_letter(letter.pk, today=clock.today()).attempts == 1
    assert [(path, path.stat().st_mtime_ns) for path in folders.outbox.rglob("*.*")] == before
    assert JournalEntry.objects.filter(kind=EntryKind.LETTER).count() == 1


def test_queued_when_the_transaction_commits(town, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        letter = prepare(town)
        assert Letter.objects.get(pk=letter.pk).status == LetterStatus.READY
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.DISPATCHED


# --- Frozen in the database -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'x'",
        "sha256 = 'x'",
        "path = 'x'",
        "context = '{}'",
        "recipient_name = 'x'",
        "recipient_address = 'x'",
        "dated = dated + 1",
        "key = 'x'",
    ],
)
def test_what_a_letter_says_cannot_be_changed_by_sql(town, change):
    prepare(town)
    with pytest.raises(IntegrityError, match="letter_frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE letters_letter SET {change}")


@pytest.mark.parametrize("change", ["status = 'ready', dispatched_at = NULL, dispatched_on = NULL", "error = 'x'"])
def test_sent_letter_cannot_be_changed_by_sql(town, change):
    services.dispatch_letter(prepare(town).pk, today=clock.today())
    with pytest.raises(IntegrityError, match="letter_locked"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE letters_letter SET {change}")


def test_letters_cannot_be_deleted(town):
    prepare(town)
    with pytest.raises(IntegrityError, match="letter_kept"), transaction.atomic():
        Letter.objects.all().delete()


def test_sent_needs_date_and_channel(town):
    prepare(town)
    with pytest.raises(IntegrityError, match="letter_sent_with_date_and_channel"), transaction.atomic():
        Letter.objects.update(status=LetterStatus.DISPATCHED)


def test_key_is_unique_in_the_database(town):
    prepare(town)
    twin = Letter(case=town.case, key="reminder:1", dated=town.today, page_count=1)
    with pytest.raises(IntegrityError, match="letters_letter_key"), transaction.atomic():
        twin.save(force_insert=True)


# --- The stored file --------------------------------------------------------------------------------------------------


def test_changed_file_is_not_sent_but_held(town, folders):
    letter = prepare(town)
    (folders.documents / letter.path).write_bytes(b"%PDF-1.7 something else")
    with pytest.raises(LetterFileChanged):
        letter.read_pdf()
    held = services.dispatch_letter(letter.pk, today=clock.today())
    assert held.status == LetterStatus.HELD
    assert held.error
    assert outbox_files(folders) == []


def test_missing_file_is_held(town):
    letter = prepare(town)
    default_storage.delete(letter.path)
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.HELD


def test_sent_again_is_the_same_file(town, folders):
    letter = services.dispatch_letter(prepare(town).pk, today=clock.today())
    copy = services.resend_letter(letter=letter, by=town.coach)
    assert (copy.path, copy.sha256, copy.copy_of) == (letter.path, letter.sha256, letter)
    services.dispatch_letter(copy.pk, today=clock.today())
    assert (folders.outbox / f"digital_post/{copy.pk}.pdf").read_bytes() == letter.read_pdf()
    second = services.resend_letter(letter=Letter.objects.get(pk=copy.pk), by=town.coach)
    assert second.copy_of == letter
    assert Letter.objects.count() == 3
    assert len(list(folders.documents.rglob("*.pdf"))) == 1


def test_pressed_twice_a_letter_is_sent_again_once(town):
    letter = services.dispatch_letter(prepare(town).pk, today=clock.today())
    copy = services.resend_letter(letter=letter, by=town.coach)
    with pytest.raises(Conflict):
        services.resend_letter(letter=letter, by=town.coach)
    services.dispatch_letter(copy.pk, today=clock.today())
    with pytest.raises(Conflict):
        services.resend_letter(letter=services.resend_letter(letter=copy, by=town.coach).copy_of, by=town.coach)
    assert letter.copies.count() == 2


def test_full_disk_refuses_the_letter_and_leaves_nothing_behind(town, folders):
    folders.documents.write_text("a file where the folder should be")
    with pytest.raises(LetterError, match="lagres|stored"):
        prepare(town)
    assert not Letter.objects.exists()
    folders.documents.unlink()
    assert prepare(town).read_pdf()


def test_unsent_letter_is_not_sent_again(town):
    with pytest.raises(Refused):
        services.resend_letter(letter=prepare(town), by=town.coach)


# --- Trouble ----------------------------------------------------------------------------------------------------------


def later(minutes):
    return clock.at(clock.now() + timedelta(minutes=minutes))


def test_outbox_that_cannot_be_written_is_tried_again_later_and_later(town, folders, settings):
    letter = prepare(town)
    folders.outbox.write_text("a file where the folder should be")
    failed = services.dispatch_letter(letter.pk, today=clock.today())
    assert (failed.status, failed.attempts) == (LetterStatus.FAILED, 1)
    assert failed.next_attempt_at == clock.now() + timedelta(minutes=10)
    assert tasks.dispatch_waiting(clock.today()).skipped == 0
    with later(11):
        assert tasks.dispatch_waiting(clock.today()).skipped == 1
    folders.outbox.unlink()
    with later(25):
        assert tasks.dispatch_waiting(clock.today()).created == 0
    with later(35):
        assert tasks.dispatch_waiting(clock.today()).created == 1
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.DISPATCHED
    assert tasks.dispatch_waiting(clock.today()).created == 0


def test_waiting_time_doubles_up_to_a_limit_and_then_a_person_decides(settings):
    now = clock.now()
    minutes = [(services.next_attempt(number, now) - now).seconds // 60 for number in range(1, 8)]
    assert minutes == [10, 20, 40, 80, 160, 320, 640]
    settings.LETTER_ATTEMPTS = 20
    assert services.next_attempt(19, now) == now + timedelta(hours=12)
    assert services.next_attempt(20, now) is None


def test_after_the_last_attempt_a_person_decides(town, folders, settings):
    settings.LETTER_ATTEMPTS = 2
    letter = prepare(town)
    folders.outbox.write_text("still a file")
    services.dispatch_letter(letter.pk, today=clock.today())
    for hours in range(1, 5):
        with later(hours * 60):
            tasks.dispatch_waiting(clock.today())
    assert Letter.objects.get(pk=letter.pk).attempts == 2
    folders.outbox.unlink()
    services.release_letter(letter=letter, by=town.coach)
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.DISPATCHED


def test_letter_stuck_after_a_crash_waits_for_a_person(town, folders):
    letter = prepare(town)
    Letter.objects.filter(pk=letter.pk).update(status=LetterStatus.CLAIMED, claimed_at=clock.now(), attempts=1)
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.CLAIMED
    assert tasks.dispatch_waiting(clock.today()).created == 0
    assert not queries.letters_for_a_person(town.coach)  # in a worker's hands right now
    with pytest.raises(Conflict):
        services.release_letter(letter=letter, by=town.coach)
    with later(60):
        assert list(queries.letters_for_a_person(town.coach)) == [letter]
        services.release_letter(letter=letter, by=town.coach)
        assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.DISPATCHED


def test_person_says_when_it_was_sent(town):
    letter = prepare(town)
    with clock.at(town.today + timedelta(days=3)):
        for wrong in (town.today - timedelta(days=1), town.today + timedelta(days=4)):
            with pytest.raises(Refused):
                services.confirm_sent(letter=letter, channel=Channel.PRINT, on=wrong, by=town.coach)
        went = town.today + timedelta(days=2)
        sent = services.confirm_sent(letter=letter, channel=Channel.PRINT, on=went, by=town.coach)
        assert (sent.status, sent.channel, sent.dispatched_on) == (LetterStatus.DISPATCHED, Channel.PRINT, went)
        assert sent.dated == town.today
        with pytest.raises(Conflict):
            services.confirm_sent(letter=letter, channel=Channel.PRINT, on=went, by=town.coach)


def test_person_decides_that_it_is_not_sent_and_thinks_again(town):
    letter = prepare(town, send=False)
    with pytest.raises(Refused):
        services.drop_letter(letter=letter, why=" ", by=town.coach)
    services.drop_letter(letter=letter, why="Skrevet to gange", by=town.coach)
    assert not queries.letters_for_a_person(town.coach)
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.DROPPED
    assert JournalEntry.objects.get(title__startswith="Brev ikke sendt").text == "Skrevet to gange"
    with pytest.raises(IntegrityError, match="letter_dropped_by_somebody_why"), transaction.atomic():
        Letter.objects.update(settled_by=None)
    services.release_letter(letter=letter, by=town.coach)
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.DISPATCHED


# --- The date printed is the day it goes ------------------------------------------------------------------------------


def test_letter_that_goes_another_day_is_printed_again_under_that_day(town, folders):
    letter = prepare(town, kind="closing", key="closing:1", send=False)
    before = letter.read_pdf()
    assert "3. maj 2027" in reading.text_of(before)
    services.release_letter(letter=letter, by=town.coach)
    with clock.at(town.today + timedelta(days=4)):
        sent = services.dispatch_letter(letter.pk, today=clock.today())
    assert sent.dated == sent.dispatched_on == town.today + timedelta(days=4)
    assert reading.text_of(sent.read_pdf()) == reading.text_of(before).replace("3. maj 2027", "7. maj 2027")
    earlier = sent.earlier_prints.get()
    assert (earlier.dated, earlier.path, earlier.sha256) == (town.today, letter.path, letter.sha256)
    assert (folders.documents / earlier.path).read_bytes() == before
    copy = services.resend_letter(letter=sent, by=town.coach)
    with clock.at(town.today + timedelta(days=9)):
        again = services.dispatch_letter(copy.pk, today=clock.today())
    assert (again.sha256, again.dated) == (sent.sha256, sent.dated)


def test_deadline_counted_from_the_letter_is_a_persons_to_shorten(town):
    kind = "first_dunning"
    context = {**samples.CONTEXTS[kind], "pay_by": town.today + timedelta(days=10)}
    letters = [prepare(town, kind=kind, key=f"{kind}:{n}", context=context, send=False) for n in (1, 2)]
    Letter.objects.update(status=LetterStatus.READY)
    entry = send_checks._entries.pop(kind)
    try:
        with clock.at(town.today + timedelta(days=1)):  # over midnight
            assert services.dispatch_letter(letters[0].pk, today=clock.today()).status == LetterStatus.DISPATCHED
        with clock.at(town.today + timedelta(days=2)):
            held = services.dispatch_letter(letters[1].pk, today=clock.today())
            assert (held.status, "regnet fra den 3. maj 2027" in held.error) == (LetterStatus.HELD, True)
            services.release_letter(letter=held, by=town.coach)
            sent = services.dispatch_letter(held.pk, today=clock.today())
    finally:
        send_checks._entries[kind] = entry
    assert (sent.status, sent.dated) == (LetterStatus.DISPATCHED, town.today + timedelta(days=2))


def test_letter_without_what_it_was_made_of_waits_for_a_person(town):
    letter = prepare(town)
    default_storage.delete(source_of(letter.pk))
    with clock.at(town.today + timedelta(days=1)):
        assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.HELD


def test_file_and_date_change_only_in_a_workers_hands_and_written_down(town):
    letter = prepare(town)
    with (
        pytest.raises(IntegrityError, match="letter_sent_as_dated"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE letters_letter SET status = 'dispatched', channel = 'print', dispatched_at = now(),"
            " dispatched_on = dated + 1"
        )
    Letter.objects.update(status=LetterStatus.CLAIMED)
    with pytest.raises(IntegrityError, match="letter_frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE letters_letter SET dated = dated + 1")
    LetterPrint.objects.create(letter=letter, dated=letter.dated, path=letter.path, sha256=letter.sha256, page_count=1)
    Letter.objects.update(dated=letter.dated + timedelta(days=1))
    with pytest.raises(IntegrityError, match="letter_print_append_only"), transaction.atomic():
        LetterPrint.objects.all().delete()


def test_letter_lost_by_the_queue_is_found(town):
    letter = prepare(town)
    tasks.send_lost_letters()
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.READY
    with clock.at(clock.now() + timedelta(hours=1)):
        tasks.send_lost_letters()
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.DISPATCHED


def test_schedule_names_a_task_that_exists():
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks


def test_rule_is_asked_again_at_the_moment_of_sending(town, folders):
    send_checks.register("closing", lambda letter: "Sagen er genåbnet.")
    try:
        held = services.dispatch_letter(prepare(town, kind="closing", key="closing:1").pk, today=clock.today())
    finally:
        send_checks._entries.pop("closing")
    assert (held.status, held.error) == (LetterStatus.HELD, "Sagen er genåbnet.")
    assert outbox_files(folders) == []


def test_held_letter_waits_for_release(town):
    letter = prepare(town, send=False)
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.HELD
    services.release_letter(letter=letter, by=town.coach)
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.DISPATCHED


@pytest.mark.django_db(transaction=True)
def test_what_was_done_stands_while_the_queue_is_away(folders):
    """The booking is committed: whoever pressed the button is not told that it failed. The letter goes later."""
    ensure_defaults()
    coach = make_user(Role.COACH)
    case = make_case(make_citizen(), coach=coach)
    context, today = samples.CONTEXTS["instalment_reminder"], clock.today()
    broker = app.conf.broker_url
    with not_eager():
        point_to("redis+socket:///nowhere/redis.sock")
        try:
            letter = services.prepare_letter(
                kind="instalment_reminder", case=case, key="away", context=context, by=coach, today=today
            )
        finally:
            point_to(broker)
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.READY
    with clock.at(clock.now() + services.WAITING_AFTER + timedelta(minutes=1)):
        assert services.letters_lost_by_the_queue() == [letter.pk]


@pytest.mark.django_db(transaction=True)
def test_case_file_letter_to_many_and_notice_stand_while_the_queue_is_away(folders):
    ensure_defaults()
    coach, caseworker = make_user(Role.COACH), make_user(Role.CASEWORKER, email="s@example.org")
    case = make_case(make_citizen(), coach=coach)
    entry = add_journal_entry(case=case, kind=EntryKind.PHASE, title="Ny fase", by=coach)
    ReferrerNotice.objects.create(case=case, entry=entry, to=caseworker)
    broker = app.conf.broker_url
    with not_eager():
        point_to("redis+socket:///nowhere/redis.sock")
        try:
            export = order_case_file(case=case, sections=["about"], leave_out=True, mask_cpr=True, by=coach)
            many = bulk.write_to_many(cases=[case], subject="Nyt", text="Hej", by=coach, key=uuid4())
            notices._queue(case.pk, caseworker.pk)
        finally:
            point_to(broker)
    assert export.is_at_work
    assert many.prepared_at is None


def point_to(broker: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = broker
    app.pool.force_close_all()
    app._pool = app.amqp._producer_pool = None
    pools.reset()


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_letter_once(folders, monkeypatch):
    ensure_defaults()
    coach = make_user(Role.COACH)
    case = make_case(make_citizen(), coach=coach)
    letter = services.prepare_letter(
        kind="instalment_reminder",
        case=case,
        key="race",
        context=samples.CONTEXTS["instalment_reminder"],
        by=coach,
        today=clock.today(),
        send=False,
    )
    Letter.objects.update(status=LetterStatus.READY)
    handed = []
    write = channels.adapters[Channel.DIGITAL_POST]
    monkeypatch.setitem(
        channels.adapters, Channel.DIGITAL_POST, lambda *args: (handed.append(args[0].pk), write(*args))
    )
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        services.dispatch_letter(letter.pk, today=clock.today())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert handed == [letter.pk]
    assert Letter.objects.get().attempts == 1


# --- Channels and addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({}, Channel.DIGITAL_POST),
        ({"digital_post_exempt": True}, Channel.PRINT),
        ({"letter_preference": LetterPreference.PAPER}, Channel.PRINT),
    ],
)
def test_channel_is_the_citizens(town, fields, channel):
    case = make_case(make_citizen(name="Bo Testesen", **fields), "ML-2026-0043", coach=town.coach)
    assert services.dispatch_letter(prepare(town, case=case).pk, today=clock.today()).channel == channel


def test_channel_is_asked_at_the_moment_of_sending(town):
    letter = prepare(town)
    citizen = town.case.citizen
    citizen.digital_post_exempt = True
    citizen.save()
    assert services.dispatch_letter(letter.pk, today=clock.today()).channel == Channel.PRINT


def test_paper_needs_an_address(town):
    citizen = make_citizen(name="Bo Testesen", street="", digital_post_exempt=True)
    with pytest.raises(Refused):
        prepare(town, case=make_case(citizen, "ML-2026-0043"))


def test_protected_address_stands_in_the_window_and_nowhere_else(town, folders):
    citizen = make_citizen(name="Bo Testesen", protected_address=True, street="Hemmeliggade 7")
    case = make_case(citizen, "ML-2026-0043", coach=town.coach)
    digital = services.dispatch_letter(prepare(town, case=case).pk, today=clock.today())
    assert "Hemmeliggade" not in reading.text_of(digital.read_pdf())
    assert digital.recipient_address == ""
    citizen.digital_post_exempt = True
    citizen.save()
    paper = services.dispatch_letter(prepare(town, case=case, key="reminder:2").pk, today=clock.today())
    print_queue.make_batch(by=town.coach, today=clock.today())
    assert reading.text_of(paper.read_pdf()).count("Hemmeliggade 7") == 1
    for path in folders.outbox.rglob("*.json"):
        assert "Hemmeliggade" not in path.read_text()
    assert "Hemmeliggade" not in "".join(JournalEntry.objects.values_list("text", flat=True))


def test_protected_address_made_for_digital_post_never_goes_blank_on_paper(town):
    citizen = make_citizen(name="Bo Testesen", protected_address=True)
    letter = prepare(town, case=make_case(citizen, "ML-2026-0043", coach=town.coach))
    citizen.digital_post_exempt = True
    citizen.save()
    assert services.dispatch_letter(letter.pk, today=clock.today()).status == LetterStatus.HELD


def test_receipt_to_a_colleague_goes_by_neutral_mail(town):
    letter = prepare(town, kind="referral_receipt", key="receipt:1", to_user=town.caseworker)
    sent = services.dispatch_letter(letter.pk, today=clock.today())
    assert sent.channel == Channel.EMAIL
    (message,) = mail.outbox
    assert message.to == ["sanne@example.org"]
    assert "Testesen" not in message.subject + message.body
    assert not message.attachments
    assert "Kære Sanne Testesen" in reading.text_of(letter.read_pdf())
    with pytest.raises(Refused):
        prepare(town, kind="referral_receipt", key="receipt:2")


def test_preview_stores_nothing(town, folders):
    shown = services.preview_letter(
        kind="closing", case=town.case, context=samples.CONTEXTS["closing"], by=town.coach, today=town.today
    )
    assert "Dit forløb hos os er slut" in reading.text_of(shown.pdf)
    assert not Letter.objects.exists()
    assert not list(folders.documents.rglob("*.pdf"))
