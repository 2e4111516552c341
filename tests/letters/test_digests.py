"""The summary of each worker's tasks: on the right days, once, by a real mail server, with case numbers alone."""

from datetime import date, timedelta

import pytest
from django.core import mail

from cases.enums import Holder
from cases.letters import digests
from cases.letters.models import Digest
from cases.services import add_task
from microloan.accounts.enums import DigestChoice
from microloan.accounts.models import User
from microloan.core import clock
from tests.letters.test_channels_out import certificate, post  # noqa: F401  (fixtures)

MONDAY = date(2027, 5, 3)


@pytest.fixture
def worker(town):
    User.objects.filter(pk=town.coach.pk).update(email="mette@example.org")
    town.coach.refresh_from_db()
    for days, title in ((-3, "Ring til Amina"), (2, "Mød Amina"), (30, "Langt væk")):
        due_on = town.today + timedelta(days=days)
        add_task(case=town.case, title=title, due_on=due_on, holder=Holder.TEAM, owner=town.coach, by=town.coach)
    return town.coach


def choose(worker, choice):
    User.objects.filter(pk=worker.pk).update(digest=choice)


@pytest.mark.parametrize(
    ("choice", "day", "planned"),
    [
        (DigestChoice.OFF, MONDAY, 0),
        (DigestChoice.WEEKLY, MONDAY, 1),
        (DigestChoice.WEEKLY, MONDAY + timedelta(days=1), 0),
        (DigestChoice.WEEKLY, date(2027, 5, 18), 1),  # the Monday before is Whit Monday
        (DigestChoice.DAILY, MONDAY + timedelta(days=1), 1),
        (DigestChoice.DAILY, MONDAY + timedelta(days=5), 0),
    ],
)
def test_comes_on_the_days_that_were_chosen(worker, choice, day, planned):
    choose(worker, choice)
    assert digests.plan_digests(day).created == planned
    assert digests.plan_digests(day).created == 0


def test_says_what_is_late_and_what_comes_without_a_name(worker, town, post):  # noqa: F811
    digests.plan_digests(town.today)
    assert digests.send_waiting(town.today) == 1
    assert digests.send_waiting(town.today) == 0
    (message,) = post.got
    assert message.tls
    text = message.text
    assert "ML-2026-0042" in text
    for secret in ("Amina", "Testesen", "Ring", town.case.citizen.cpr.digits):
        assert secret not in text
    made = digests.message_for(worker, 1, town.today)
    assert [line for line in made.body.splitlines() if line.startswith("-")] == [
        "- ML-2026-0042: 30. april 2027 (3 dage over)",
        "- ML-2026-0042: 5. maj 2027 (om 2 dage)",
    ]
    assert ("Over fristen: 1 opgave" in made.body, "De næste 7 dage: 1 opgave" in made.body) == (True, True)


def test_days_caught_up_are_one_mail(worker, town):
    choose(worker, DigestChoice.DAILY)
    for days in range(4):
        digests.plan_digests(town.today + timedelta(days=days))
    digests.send_waiting(town.today + timedelta(days=3))
    assert len(mail.outbox) == 1
    assert not Digest.objects.filter(sent_at=None).exists()


def test_nothing_to_tell_and_a_server_that_is_away(worker, town, settings):
    worker.tasks.update(done_at=clock.now())
    digests.plan_digests(town.today)
    assert digests.send_waiting(town.today) == 0
    assert (mail.outbox, Digest.objects.filter(sent_at=None).count()) == ([], 0)
    worker.tasks.update(done_at=None)
    choose(worker, DigestChoice.DAILY)
    day = town.today + timedelta(days=1)
    digests.plan_digests(day)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for _attempt in range(5):
        digests.send_waiting(day)
    assert (Digest.objects.get(day=day).sent_at, Digest.objects.get(day=day).attempts) == (None, 3)
