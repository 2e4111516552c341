"""Referral specialists: trained-on date, start meetings, and the centre that lacks a trained one (domain.md §2)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from microloan.accounts import specialists as services
from microloan.accounts.enums import Role
from microloan.accounts.models import StartMeeting
from microloan.core import clock
from microloan.core.errors import Refused
from tests.support.people import make_centre, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def lead():
    return make_user(Role.PROJECT_LEAD)


@pytest.fixture
def specialist():
    return make_user(Role.REFERRAL_SPECIALIST, full_name="Viggo Testesen", centre=make_centre(name="Center Nord"))


def train(specialist, by, on=None):
    today = clock.today()
    return services.record_training(specialist=specialist, trained_on=on or today, by=by, today=today)


def attend(specialist, by, on=None):
    today = clock.today()
    return services.record_start_meeting(specialist=specialist, held_on=on or today, by=by, today=today)


def test_a_centre_without_a_trained_specialist_shows(lead, specialist, client_for):
    make_centre(name="Center Tom")
    client = client_for(lead)
    page = client.get("/specialists/").content.decode()
    assert page.count("Ingen oplært vidensperson") == 2
    assert services.centres_without(lead, clock.today()) == 2
    train(specialist, lead)
    assert client.get("/specialists/").content.decode().count("Ingen oplært vidensperson") == 1
    specialist.refresh_from_db()
    specialist.is_active = False
    specialist.save()
    assert services.centres_without(lead, clock.today()) == 2


def test_the_lead_writes_training_and_meetings(lead, specialist, client_for):
    client, address = client_for(lead), f"/specialists/{specialist.pk}/"
    assert client.post(address, {"what": "training", "trained_on": "03-11-2026"}).url == address
    assert client.post(address, {"what": "meeting", "held_on": "02-11-2026"}).url == address
    specialist.refresh_from_db()
    assert specialist.specialist_trained_on.isoformat() == "2026-11-03"
    page = client.get(address).content.decode()
    assert "2. november 2026" in page
    meeting = specialist.start_meetings.get()
    assert client.get(f"{address}meetings/{meeting.pk}/remove/").url == address
    client.post(f"{address}meetings/{meeting.pk}/remove/")
    assert not StartMeeting.objects.exists()
    assert "Fejl:" in client.post(address, {"what": "meeting", "held_on": ""}).content.decode()
    assert client.post(address, {"what": "noget andet"}).status_code == 200


def test_dates_to_come_are_refused(lead, specialist):
    with pytest.raises(Refused):
        train(specialist, lead, clock.today() + DAY)
    with pytest.raises(Refused):
        attend(specialist, lead, clock.today() + DAY)


def test_the_same_meeting_is_noted_once(lead, specialist):
    assert attend(specialist, lead) == attend(specialist, lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        StartMeeting.objects.create(specialist=specialist, held_on=clock.today(), noted_by=lead)


@pytest.mark.parametrize("role", [role for role in Role if role not in services.KEEPERS])
def test_other_roles_are_refused(lead, specialist, role):
    meeting = attend(specialist, lead)
    other = make_user(role)
    with pytest.raises(Refused):
        train(specialist, other)
    with pytest.raises(Refused):
        attend(specialist, other)
    with pytest.raises(Refused):
        services.remove_start_meeting(meeting=meeting, by=other)


def test_only_a_specialist_is_trained(lead):
    with pytest.raises(Refused):
        train(make_user(Role.CASEWORKER), lead)


@pytest.mark.parametrize("number", [2, 20])
def test_the_list_takes_the_same_queries(lead, client_for, django_assert_num_queries, number):
    for place in range(number):
        person = make_user(Role.REFERRAL_SPECIALIST, centre=make_centre(name=f"Center {place:02d}"))
        attend(person, lead)
    client = client_for(lead)
    client.get("/specialists/")
    with django_assert_num_queries(16):
        client.get("/specialists/")
