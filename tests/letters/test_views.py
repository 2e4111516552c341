"""The letters of a case on screen: who sees what, the file, and the ways out of trouble."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.letters import services
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from microloan.core import clock
from tests.letters import samples
from tests.letters.conftest import make_case, make_citizen

MOST_QUERIES = 14  # of which 4 for the list, the rest for session, user, log and the top bar


def prepare(town, key="closing:1", kind="closing", **options):
    values = {"case": town.case, "context": samples.CONTEXTS[kind], "by": town.coach, "today": town.today}
    return services.prepare_letter(kind=kind, key=key, **{**values, **options})


def address(name, letter):
    return reverse(f"letters:{name}", kwargs={"letter_id": letter.pk})


def page_of(town):
    return reverse("letters:case_letters", kwargs={"number": town.case.number})


def test_download_has_a_neutral_name_and_is_logged(town, client_for):
    letter = prepare(town)
    response = client_for(town.coach).get(address("download", letter))
    assert response.content == letter.read_pdf()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="brev-ML-2026-0042-2027-05-03.pdf"'
    assert "no-store" in response["Cache-Control"]
    entry = AccessLog.objects.get(what="letters:download")
    assert (entry.action, entry.citizen_ids) == (AccessAction.DOWNLOAD, [town.case.citizen_id])
    assert str(letter.pk) not in entry.what + entry.purpose


def test_changed_file_is_not_shown(town, client_for, folders):
    letter = prepare(town)
    (folders.documents / letter.path).write_bytes(b"%PDF-1.7 something else")
    response = client_for(town.coach).get(address("download", letter))
    assert response.status_code == 409
    assert b"something else" not in response.content


def test_colleague_reads_only_what_is_addressed_to_him_or_her(town, client_for):
    receipt = prepare(town, "receipt", "referral_receipt", to_user=town.caseworker)
    letter = prepare(town)
    client = client_for(town.caseworker)
    assert client.get(address("download", receipt)).status_code == 200
    assert client.get(address("download", letter)).status_code == 404
    other = client_for("caseworker", username="another")
    assert other.get(address("download", receipt)).status_code == 404


def test_bad_number_and_stranger_is_404(town, client_for):
    client = client_for(town.coach)
    assert client.get("/letters/00000000-0000-0000-0000-000000000000/").status_code == 404
    assert client.get("/letters/not-a-uuid/").status_code == 404


def queries_of(client, url):
    client.get(url)  # warms what is read once per process
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_list_takes_the_same_number_of_queries(town, client_for):
    client = client_for(town.coach)
    prepare(town, "closing:0")
    one = queries_of(client, page_of(town))
    for number in range(1, 6):
        prepare(town, f"closing:{number}")
    assert queries_of(client, page_of(town)) == one


def test_unsent_list_takes_the_same_number_of_queries(town, client_for):
    client = client_for(town.coach)
    url = reverse("letters:unsent")
    prepare(town, "closing:0", send=False)
    one = queries_of(client, url)
    assert one <= MOST_QUERIES
    for number in range(1, 6):
        case = make_case(make_citizen(), f"ML-2026-1{number:03}", coach=town.coach)
        prepare(town, f"closing:{number}", case=case, send=False)
    assert queries_of(client, url) == one
    assert len(AccessLog.objects.filter(what="letters:unsent").latest("pk").case_numbers) == 6


def test_lists_are_paginated(town, client_for):
    for number in range(26):
        prepare(town, f"closing:{number}", send=False)
    client = client_for(town.coach)
    assert len(client.get(page_of(town)).context["page"]) == 25
    assert len(client.get(page_of(town), {"page": "2"}).context["page"]) == 1
    assert len(client.get(reverse("letters:unsent"), {"page": "x"}).context["page"]) == 25


def test_held_letter_is_released_on_screen(town, client_for):
    letter = prepare(town, send=False)
    client = client_for(town.coach)
    assert "3. maj 2027" in client.get(address("release", letter)).content.decode()
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.HELD
    response = client.post(address("release", letter))
    assert response.status_code == 302
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.DISPATCHED


def test_released_twice_says_so(town, client_for):
    letter = services.dispatch_letter(prepare(town).pk, today=clock.today())
    response = client_for(town.coach).post(address("release", letter), follow=True)
    assert "Brevet er allerede sendt." in response.content.decode()


def test_sent_letter_is_sent_again_after_a_check(town, client_for):
    letter = services.dispatch_letter(prepare(town).pk, today=clock.today())
    client = client_for(town.coach)
    assert "Amina Testesen" in client.get(address("resend", letter)).content.decode()
    assert Letter.objects.count() == 1
    client.post(address("resend", letter))
    assert Letter.objects.filter(copy_of=letter).count() == 1


def test_stuck_letter_is_marked_as_sent_by_hand(town, client_for):
    letter = prepare(town)
    hour_ago = clock.now() - timedelta(hours=1)
    Letter.objects.filter(pk=letter.pk).update(status=LetterStatus.CLAIMED, claimed_at=hour_ago)
    client = client_for(town.coach)
    assert "Vælg, hvordan brevet blev sendt." in client.post(address("sent_by_hand", letter)).content.decode()
    wrong = client.post(address("sent_by_hand", letter), {"channel": "print", "on": "30-02-2027"})
    assert wrong.context["form"].errors["on"]
    client.post(address("sent_by_hand", letter), {"channel": "print", "on": "03-05-2027"})
    letter = Letter.objects.get(pk=letter.pk)
    assert (letter.status, letter.channel) == (LetterStatus.DISPATCHED, "print")


def test_letter_is_left_unsent_with_the_reason(town, client_for):
    letter = prepare(town, send=False)
    client = client_for(town.coach)
    assert client.post(address("drop", letter), {"why": " "}).context["form"].errors["why"]
    client.post(address("drop", letter), {"why": "Skrevet to gange"})
    assert "Skrevet to gange" in client.get(page_of(town)).content.decode()
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.DROPPED
