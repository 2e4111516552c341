"""Invitations: once for each seat, anew only when days or place change; who cannot get one is told of (domain.md §8)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases.enums import LetterPreference
from cases.letters.models import Letter
from cases.models import Citizen
from courses import letters, services
from courses.models import CourseRun, CourseSession, Invitation
from courses.services.invitations import make_letters
from microloan.core import clock
from microloan.core.errors import Refused
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run
from tests.letters.reading import reader, text_of

pytestmark = pytest.mark.django_db
BRING = "Noget at skrive med\nSkiftetøj"


@pytest.fixture
def run(town, granted: Story) -> CourseRun:
    """Two citizens and a guest, two weeks before the course."""
    coach = town.casts[0].coach
    run = make_run(town, first=granted.day + timedelta(days=14))
    granted.enrol(run)
    municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)).enrol(run)
    guest = services.add_guest(name="Gerda Gæst", phone="00000000", email="", sent_by="Huset", by=coach)
    services.enrol_guest(run=run, guest=guest, by=coach, today=START)
    return run


def invite(run: CourseRun, town: municipality.Town) -> list[Invitation]:
    day = run.starts_on - timedelta(days=10)
    with clock.at(day):
        made = services.invite(run=run, bring=BRING, by=town.casts[0].coach, today=day)
        make_letters()
    return made


def test_everybody_is_invited_once_with_programme_place_and_what_to_bring(run, town, granted: Story):
    place = run.place
    place.address, place.directions = "Søvej 1, 9999 Prøveby", "Bus 12 kører til døren."
    place.save()
    assert len(invite(run, town)) == 2
    assert invite(run, town) == []
    assert Letter.objects.filter(kind=letters.INVITATION).count() == 2
    pdf = granted.case.letters.get(kind=letters.INVITATION).read_pdf()
    *_pages, last = reader(pdf).pages
    assert "Venlig hilsen" in last.extract_text()
    assert "udeblivelse" in last.extract_text()  # never a page with the greeting alone
    text = text_of(pdf)
    for words in (
        str(run.place),
        "Søvej 1",
        "Bus 12",
        "Noget at skrive med",
        "Skiftetøj",
        "kl. 09.00–17.00",
        "Program",
    ):
        assert words in text, words
    assert "Gerda" not in text


def test_changed_days_are_told_once_to_those_who_were_invited(run, town, granted: Story):
    invite(run, town)
    last = run.sessions.order_by("starts_at").last()
    CourseSession.objects.filter(pk=last.pk).update(
        starts_at=last.starts_at + timedelta(days=7), ends_at=last.ends_at + timedelta(days=7)
    )
    late = municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START))
    late.enrol(run)
    invite(run, town)
    invite(run, town)
    kinds = granted.case.letters.filter(kind__in=letters.LABELS).values_list("kind", flat=True)
    assert sorted(kinds) == [letters.CHANGED, letters.INVITATION]
    assert late.case.letters.filter(kind=letters.INVITATION).count() == 1
    # Back again: that, too, is a change for who was told.
    CourseSession.objects.filter(pk=last.pk).update(starts_at=last.starts_at, ends_at=last.ends_at)
    assert {made.number for made in invite(run, town)} == {2, 3}


def test_who_was_invited_is_told_once_that_the_course_is_cancelled(run, town, granted: Story, client_for):
    coach, late = town.casts[0].coach, municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START))
    invite(run, town)
    late.enrol(run)
    for session in run.sessions.all():
        services.cancel_session(session=session, reason="For få tilmeldte", by=coach)
    client, url = client_for(coach), reverse("courses:invitations", kwargs={"pk": run.pk})
    with clock.at(run.starts_on - timedelta(days=10)):
        found = client.get(url).context["round"]
        told = len(found.changed)
        assert (told > 0, len(found.first)) == (True, 0)
        assert late.case.pk in {one.enrolment.case_id for one in found.unable}
        assert client.post(url, {"preview": "1"})["Content-Type"] == "application/pdf"
    assert len(invite(run, town)) == told
    with pytest.raises(Refused, match="ingen mødegange"):
        invite(run, town)
    letter = granted.case.letters.get(kind=letters.CANCELLED)
    assert "er aflyst, så du skal ikke møde op" in " ".join(text_of(letter.read_pdf()).split())
    assert letters.why_not(granted.case.letters.get(kind=letters.INVITATION))  # what has not left yet does not leave


def test_nobody_is_invited_to_what_is_over(run, town):
    day = run.ends_on + timedelta(days=1)
    with pytest.raises(Refused, match="slut"):
        services.invite(run=run, bring="", by=town.casts[0].coach, today=day)
    assert not Invitation.objects.exists()


def test_the_check_page_says_who_gets_what_and_sends(run, town, granted: Story, client_for):
    Citizen.objects.filter(pk=granted.case.citizen_id).update(
        letter_preference=LetterPreference.PAPER, street="", postcode=""
    )
    client = client_for(town.casts[0].coach)
    url = reverse("courses:invitations", kwargs={"pk": run.pk})
    with clock.at(run.starts_on - timedelta(days=10)):
        page = client.get(url)
        found = page.context["round"]
        assert (len(found.first), len(found.unable)) == (1, 2)
        shown = page.content.decode()
        assert "Gerda Gæst" in shown
        assert "har ingen adresse" in shown or "ingen adresse" in shown
        assert client.post(url, {"bring": BRING, "preview": "1"})["Content-Type"] == "application/pdf"
        assert not Invitation.objects.exists()
        assert client.post(url, {"bring": "CPR 010180-1234", "confirm": "1"}).context["form"].errors["bring"]
        for _ in range(2):
            assert client.post(url, {"bring": BRING, "confirm": "1"}).status_code == 302
    assert Invitation.objects.count() == 1


def test_a_protected_address_stands_in_no_invitation(run, town, granted: Story):
    citizen = granted.case.citizen
    citizen.street, citizen.postcode, citizen.city = str(run.place), "2450", "Gemmested"
    citizen.protected_address = True
    citizen.save()
    invite(run, town)
    for letter in Letter.objects.filter(kind=letters.INVITATION):
        text = text_of(letter.read_pdf())
        assert citizen.street not in text
        assert "Gemmested" not in text
        assert "fortæller jeg dig, hvor vi mødes" in text


def test_a_letter_is_held_where_the_seat_was_given_up_before_it_left(run, town, granted: Story):
    invite(run, town)
    letter = granted.case.letters.get(kind=letters.INVITATION)
    assert letters.why_not(letter) == ""
    seat = granted.case.enrolments.get()
    services.withdraw(enrolment=seat, why="illness", reason="", by=town.casts[0].coach, today=granted.day)
    assert "givet pladsen tilbage" in letters.why_not(letter)


def test_what_cannot_be_made_becomes_a_task(run, town, granted: Story):
    day = run.starts_on - timedelta(days=10)
    with clock.at(day):
        services.invite(run=run, bring=BRING, by=town.casts[0].coach, today=day)
        Citizen.objects.filter(pk=granted.case.citizen_id).update(name="")
        assert make_letters() == 1
        assert make_letters() == 0
    assert Invitation.objects.exclude(problem="").count() == 1
    assert granted.case.tasks.filter(title__startswith="Ikke sendt").count() == 1


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE courses_invitation SET bring = 'Penge'", "invitation_frozen"),
        ("UPDATE courses_invitation SET letter_id = NULL", "invitation_sent"),
        ("DELETE FROM courses_invitation", "invitation_kept"),
        ("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE courses_invitation", "invitation_no_truncate"),
    ],
)
def test_the_database_keeps_what_was_sent(run, town, statement, guard):
    invite(run, town)
    with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
