"""The demo municipality holds nothing that its own screens refuse."""

from datetime import timedelta
from itertools import islice

import pytest

from cases.models import CalendarFeed
from courses.models import CourseModule
from courses.queries import taught_by
from microloan.accounts.demo import ensure_demo_users
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.forms import PhoneField, PostcodeField
from reports.demo import worklist
from reports.demo.municipality import ensure_reference_data
from reports.demo.people import people
from reports.demo.story import POSTCODE, RATED, Cast, Story, plan_run
from screening.enums import Outcome
from tests.cases import builders
from tests.cases.builders import TODAY


def test_the_postcode_of_the_demo_can_be_saved_again():
    assert PostcodeField().clean(POSTCODE) == POSTCODE


def test_a_phone_number_of_the_demo_is_kept_as_a_form_keeps_it_so_that_search_finds_it():
    phones = [person.phone for person in islice(people(), 60)]
    assert phones == [PhoneField().clean(phone) for phone in phones]


@pytest.mark.django_db
def test_the_phones_of_the_demo_s_workers_are_kept_as_a_form_keeps_them():
    for user in ensure_demo_users().values():
        assert user.phone == PhoneField().clean(user.phone)


def test_a_citizen_of_the_demo_is_heard_after_the_recommendation_and_rated_point_by_point(db):
    ensure_reference_data()
    people_at_work = {
        "caseworker": builders.user(Role.CASEWORKER, centre=builders.centre()),
        "coach": builders.user(Role.COACH),
        "second_coach": builders.user(Role.COACH),
        "lead": builders.user(Role.PROJECT_LEAD),
        "benefits_officer": builders.user(Role.BENEFITS_OFFICER),
    }
    story = Story(Cast(**people_at_work), next(iter(people())), TODAY - timedelta(days=40))
    row = story.refer().accept().recruitment().recommend(1, Outcome.STOP, value=2)
    assert story.ask(row).created_at > row.recommended_at
    rated = set(row.scores.values_list("value", "note"))
    assert {note for _value, note in rated} == {RATED[value] for value, _note in rated}
    assert len(rated) > 1


def test_a_coach_of_the_demo_teaches_and_has_an_address_for_the_calendar(db):
    ensure_reference_data()
    lead, coach = builders.user(Role.PROJECT_LEAD), builders.user(Role.COACH, name="Mette Coach")
    shared = {"caseworker": lead, "second_coach": lead, "lead": lead, "benefits_officer": lead}
    module = CourseModule.objects.get(code="residential_course")
    run = plan_run(Cast(coach=coach, **shared), module, TODAY + timedelta(days=3))
    worklist.calendars([run], TODAY, lead=lead, coach=coach)
    start = clock.now()
    assert list(taught_by(coach, start, start + timedelta(days=14)))
    assert CalendarFeed.objects.filter(user=coach).exists()
