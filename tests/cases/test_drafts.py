"""Drafts: the writer's own, encrypted, kept over a log-out, gone when they expire or are sent."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.http import QueryDict

from cases import referral_draft, services
from cases.forms.referral import referral_form_for
from cases.models import Draft
from microloan.core import clock
from tests.cases import builders
from tests.cases.builders import TODAY

CPR = builders.fictitious_cpr(901)
ADDRESS = "/drafts/referral/"


def keep(owner, content=None, *, page="one", key="", now=None):
    content = {"name": "Amina", "cpr": CPR} if content is None else content
    return services.save_draft(
        owner=owner, kind="referral", key=key, content=content, page=page, now=now or clock.now()
    )


def read(owner, **more):
    return services.open_draft(owner=owner, kind="referral", today=clock.today(), **more).content


def test_a_draft_is_kept_and_is_the_writers_own(cast):
    keep(cast.caseworker)
    assert read(cast.caseworker) == {"name": "Amina", "cpr": CPR}
    assert read(cast.colleague) == {}


def test_the_later_text_replaces_the_earlier(cast):
    keep(cast.caseworker)
    keep(cast.caseworker, {"name": "Amina Testesen"})
    assert read(cast.caseworker) == {"name": "Amina Testesen"}
    assert Draft.objects.count() == 1


def test_an_empty_form_makes_no_draft_but_empties_one(cast):
    assert keep(cast.caseworker, {}) is None
    assert not Draft.objects.exists()
    keep(cast.caseworker)
    keep(cast.caseworker, {})
    assert read(cast.caseworker) == {}


def test_the_content_is_unreadable_in_the_database(cast):
    keep(cast.caseworker)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content, key, kind, page FROM cases_draft")
        row = str(cursor.fetchone())
    assert CPR not in row
    assert "Amina" not in row


def test_a_key_cannot_hold_a_cpr_number(cast):
    with pytest.raises(IntegrityError):
        keep(cast.caseworker, key=f"x{CPR[:6]}-{CPR[6:]}")


def test_what_comes_late_from_a_page_that_was_sent_is_not_kept(cast):
    keep(cast.caseworker, page="one")
    services.finish_draft(owner=cast.caseworker, kind="referral", page="one", now=clock.now())
    assert keep(cast.caseworker, page="one") is None
    assert read(cast.caseworker) == {}
    assert keep(cast.caseworker, {"name": "Bo"}, page="two") is not None
    assert read(cast.caseworker) == {"name": "Bo"}


def test_drafts_live_thirty_days_from_the_last_word(cast):
    keep(cast.caseworker, now=clock.now() - timedelta(days=30))
    keep(cast.colleague, now=clock.now() - timedelta(days=31))
    assert read(cast.caseworker)
    assert read(cast.colleague) == {}
    assert services.delete_expired_drafts(clock.today()).created == 1
    assert services.delete_expired_drafts(clock.today()).created == 0
    assert Draft.objects.get().owner == cast.caseworker


def test_only_the_fields_of_the_kind_are_kept():
    posted = QueryDict("name=Bo&csrfmiddlewaretoken=x&step=check&idea=%20&livelihood=a&livelihood=b")
    assert services.draft_content("referral", posted) == {"name": "Bo", "livelihood": ["a", "b"]}


def test_the_address_keeps_what_is_typed(cast, client_for):
    client = client_for(cast.caseworker)
    answer = client.post(ADDRESS, {"name": "Bo", "draft_page": "p"}, headers={"HX-Request": "true"})
    assert "Kladde gemt kl." in answer.content.decode()
    assert read(cast.caseworker) == {"name": "Bo"}
    assert client.post(ADDRESS, {"name": "Bo"}).url == "/referrals/new/"
    assert client.get(ADDRESS).url == "/referrals/new/"


def test_a_nul_that_was_pasted_in_is_left_out(cast, client_for):
    client = client_for(cast.caseworker)
    for address in (ADDRESS, "/referrals/new/"):
        given = {"name": "B\0o", "draft_page": "p\0", "step": "send"}
        assert client.post(address, given, headers={"HX-Request": "true"}).status_code == 200
        assert read(cast.caseworker) == {"name": "Bo"}
    client.post(f"{ADDRESS}delete/", {"draft_page": "\0"})
    assert read(cast.caseworker) == {}


def test_a_draft_that_is_not_yours_to_write_does_not_exist(cast, client_for):
    assert client_for("manager").post(ADDRESS, {"name": "Bo"}).status_code == 404
    client = client_for(cast.caseworker)
    assert client.post("/drafts/something/", {"name": "Bo"}).status_code == 404
    assert client.post("/drafts/referral/key/", {"name": "Bo"}).status_code == 404


def test_a_draft_can_be_thrown_away(cast, client_for):
    keep(cast.caseworker)
    client = client_for(cast.caseworker)
    assert client.get(f"{ADDRESS}delete/").url == "/referrals/new/"
    assert read(cast.caseworker)
    client.post(f"{ADDRESS}delete/")
    assert read(cast.caseworker) == {}


def test_after_the_log_out_the_page_stays_and_says_so(client):
    answer = client.post(ADDRESS, {"name": "Bo"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "HX-Redirect" not in answer
    assert "Du er logget ud" in answer.content.decode()
    assert client.post(ADDRESS, {"name": "Bo"}).status_code == 302


@pytest.mark.django_db
def test_every_field_of_the_referral_and_the_inquiry_is_kept(cast):
    """Questions are asked under names of their own; the draft knows those too."""
    for user in (cast.caseworker, cast.coach):
        form = referral_form_for(user)(user=user, today=TODAY)
        assert set(form.fields) <= set(referral_draft.FIELDS)
    assert "same_as" in referral_draft.FIELDS
