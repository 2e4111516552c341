"""The referrer is told of each decision: once, by an e-mail without names, and in "Mine henvisninger" until it is read."""

import pytest
from django.core import mail
from django.db import IntegrityError

from cases import queries, services
from cases.enums import EntryKind
from cases.models import ReferrerNotice
from microloan.accounts.models import User
from microloan.core import clock
from tests.cases import builders


@pytest.fixture
def caseworker(cast):
    User.objects.filter(pk=cast.caseworker.pk).update(email="jens@example.org")
    cast.caseworker.refresh_from_db()
    return cast.caseworker


@pytest.fixture
def case(cast, caseworker):
    return builders.refer(caseworker)


def accept(cast, case):
    return services.accept(case=case, coach=cast.coach, by=cast.coach, today=builders.TODAY)


def test_a_decision_is_told_by_one_mail_without_names(cast, case, django_capture_on_commit_callbacks):
    assert not ReferrerNotice.objects.exists()  # the referrer's own doing
    with django_capture_on_commit_callbacks(execute=True):
        accept(cast, case)
    assert [message.to for message in mail.outbox] == [["jens@example.org"]]
    text = mail.outbox[0].subject + mail.outbox[0].body
    assert case.number in text
    assert "Sagen er gået videre" in text
    for secret in (case.citizen.name.split()[0], case.citizen.cpr.digits, case.citizen.phone, "Rekruttering"):
        assert secret not in text
    assert ReferrerNotice.objects.get().sent_at
    assert services.send_waiting(case.pk, case.referral.referred_by_id) == 0
    assert services.send_lost_notices(builders.TODAY).created == 0
    assert len(mail.outbox) == 1


def test_several_things_at_once_are_one_mail(cast, case, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        accept(cast, case)
        for kind in (EntryKind.SCREENING, EntryKind.LOAN, EntryKind.SUPPORT, EntryKind.COURSE):
            services.add_journal_entry(case=case, kind=kind, title="Besluttet", by=cast.lead, for_referrer=True)
    assert len(mail.outbox) == 1
    assert mail.outbox[0].body.count("\n- ") == 5


def test_what_is_not_a_decision_or_not_for_the_referrer_is_not_told(cast, case):
    services.write_to_team(case=case, text="Hej", by=case.referral.referred_by, today=builders.TODAY)
    services.write_note(case=case, text="Internt", by=cast.coach)
    services.add_journal_entry(case=case, kind=EntryKind.SCREENING, title="Kladde", by=cast.coach)
    assert not ReferrerNotice.objects.exists()


def test_who_has_left_is_not_told(cast, case, caseworker):
    User.objects.filter(pk=caseworker.pk).update(is_active=False)
    accept(cast, type(case).objects.get(pk=case.pk))
    assert not ReferrerNotice.objects.exists()


def test_a_team_member_who_wrote_down_an_inquiry_is_not_told(cast):
    case = builders.refer(cast.coach)
    services.accept(case=case, coach=cast.other_coach, by=cast.lead, today=builders.TODAY)
    assert not ReferrerNotice.objects.exists()


def test_a_mail_that_fails_is_tried_again_and_then_left(cast, case, settings, monkeypatch):
    accept(cast, case)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for _time in range(4):
        assert services.send_lost_notices(builders.TODAY).created == 0
    notice = ReferrerNotice.objects.get()
    assert (notice.attempts, notice.sent_at) == (3, None)


def test_news_stands_in_my_referrals_until_it_is_read(cast, case, client_for):
    client = client_for(case.referral.referred_by)
    assert "Nyt" not in client.get("/referrals/mine/").content.decode()
    accept(cast, case)
    assert "Nyt" in client.get("/referrals/mine/").content.decode()
    client_for(cast.specialist).get(f"/referrals/{case.number}/")
    assert ReferrerNotice.objects.filter(seen_at__isnull=True).exists()
    client.get(f"/referrals/{case.number}/")
    assert "Nyt" not in client.get("/referrals/mine/").content.decode()


def test_the_news_of_another_are_not_counted(cast, case, caseworker):
    accept(cast, case)
    assert queries.news_count(caseworker, builders.TODAY) == 1
    assert queries.news_count(cast.colleague, builders.TODAY) == 0


def test_the_database_keeps_one_notice_per_line(cast, case):
    accept(cast, case)
    notice = ReferrerNotice.objects.get()
    with pytest.raises(IntegrityError):
        ReferrerNotice.objects.create(case=case, entry=notice.entry, to=notice.to, created_at=clock.now())
