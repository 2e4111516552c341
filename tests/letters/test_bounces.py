"""Mail that came back becomes a task, once; everything else in the folder is left alone."""

import mailbox

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.letters import bounces, services
from cases.letters.models import Bounce
from cases.models import Task
from microloan.core import clock
from tests.letters import samples


@pytest.fixture
def sent(town):
    letter = services.prepare_letter(
        kind="referral_receipt",
        case=town.case,
        key="receipt",
        context=samples.CONTEXTS["referral_receipt"],
        by=town.coach,
        today=town.today,
        to_user=town.caseworker,
    )
    return services.dispatch_letter(letter.pk, today=town.today)


def report(message_id, action="failed", status="5.1.1", *, headers_only=False):
    """As a mail server writes it."""
    original = ["Content-Type: text/rfc822-headers"] if headers_only else ["Content-Type: message/rfc822"]
    lines = [
        "From: MAILER-DAEMON@example.org",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        *("--b", "Content-Type: text/plain", "", "The mail could not be delivered.", ""),
        *("--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.org", ""),
        *("Final-Recipient: rfc822; sanne@example.org", f"Action: {action}", f"Status: {status}", ""),
        *("--b", *original, "", "Subject: Du har et nyt brev", f"Message-ID: {message_id}", "", "Log ind", ""),
        "--b--",
    ]
    return "\n".join(lines).encode()


@pytest.fixture
def folder(settings, tmp_path):
    settings.BOUNCE_FOLDER = str(tmp_path / "back")
    return mailbox.Maildir(tmp_path / "back", create=True)


def test_letter_that_came_back_becomes_a_task_once(town, sent, folder, client_for):
    folder.add(report(f"<{sent.pk}@mikrolaan>"))
    folder.add(report(f"<{sent.pk}@mikrolaan>", "delayed", "4.4.1"))
    folder.add(report("<somebody@elsewhere.example.org>"))
    folder.add(b"Subject: Hej\n\nHej med dig")
    assert bounces.read_bounces(clock.today()).created == 1
    assert bounces.read_bounces(clock.today()).created == 0
    bounce = Bounce.objects.get()
    assert (bounce.letter, bounce.to, bounce.status) == (sent, town.caseworker, "5.1.1")
    task = Task.objects.get()
    assert (task.case, task.owner, "Sanne Testesen" in task.title) == (town.case, town.coach, True)
    page = client_for(town.coach).get(reverse("letters:case_letters", kwargs={"number": town.case.number}))
    assert "Mailen kom retur" in page.content.decode()
    folder.add(report(f"<{sent.pk}@mikrolaan>", headers_only=True))
    assert bounces.read_bounces(clock.today()).created == 1
    assert Task.objects.count() == 1  # the same address, and the task stands open


def test_mbox_is_read_too_and_not_written_to(town, sent, settings, tmp_path):
    settings.BOUNCE_FOLDER = str(tmp_path / "box")
    box = mailbox.mbox(tmp_path / "box")
    box.add(report(f"<{sent.pk}@mikrolaan>"))
    box.close()
    before = (tmp_path / "box").read_bytes()
    assert bounces.read_bounces(clock.today()).created == 1
    assert bounces.read_bounces(clock.today()).created == 0
    assert (tmp_path / "box").read_bytes() == before


def test_what_came_back_stays_noted(town, sent, folder):
    folder.add(report(f"<{sent.pk}@mikrolaan>"))
    bounces.read_bounces(clock.today())
    with pytest.raises(IntegrityError, match="bounce_append_only"), transaction.atomic():
        Bounce.objects.all().delete()


def test_no_folder_no_mails(settings):
    settings.BOUNCE_FOLDER = "/nowhere/at/all"
    assert bounces.read_bounces(clock.today()).created == 0
