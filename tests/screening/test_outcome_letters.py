"""What the letters of the screenings tell the citizen beside the outcome (domain.md §8)."""

from datetime import datetime, timedelta

import pytest

from cases.enums import ContactKind, ContactState, Livelihood
from cases.letters.models import Letter
from cases.models import Contact, Exemption
from courses.models import CourseModule
from courses.services import ensure_catalogue
from microloan.accounts.enums import Role
from microloan.core.clock import COPENHAGEN
from microloan.core.errors import Refused
from screening import letters
from tests.screening.builders import BACK, TEXTS, case_for, decided, recommended
from tests.screening.paper_builders import action_plan

pytestmark = pytest.mark.django_db


def admission(world):
    screening = recommended(world, 1)
    screening.outcome = "continue"
    return screening, letters._letter_of(screening, world.today)


def test_the_admission_names_the_day_of_the_next_talk_and_what_to_do_about_job_search(world):
    screening, (kind, told) = admission(world)
    assert kind == "screening_admission"
    assert told["next_contact_by"] == world.today + timedelta(days=14)  # the rule set's days without contact
    assert (told["exempt_from_activation"], told["ask_about_activation"]) == (False, True)
    at = datetime(2026, 11, 26, 10, 0, tzinfo=COPENHAGEN)
    Contact.objects.create(case=screening.case, kind=ContactKind.COACHING, at=at, state=ContactState.PLANNED)
    Exemption.objects.create(
        case=screening.case,
        from_on=world.today,
        begun_before="Danskkursus",
        consultant=world.user(Role.CASEWORKER),
        recorded_by=world.user(Role.COACH),
    )
    _kind, told = letters._letter_of(screening, world.today)
    assert told["next_contact_by"] == at.date()
    assert (told["exempt_from_activation"], told["ask_about_activation"]) == (True, False)
    assert told["exceptions"] == ["Danskkursus"]


def test_without_a_coach_the_admission_says_what_is_missing(world):
    screening, _letter = admission(world)
    screening.case.coach = None
    with pytest.raises(Refused) as refusal:
        letters._letter_of(screening, world.today)
    assert "coach" in refusal.value.messages[0]


def test_a_pensioner_is_not_told_about_job_search(world):
    screening, _letter = admission(world)
    screening.case.livelihood = Livelihood.DISABILITY_PENSION
    assert letters._letter_of(screening, world.today)[1]["ask_about_activation"] is False


def test_the_course_letter_says_which_courses_are_for_everyone(world):
    ensure_catalogue()
    chosen = CourseModule.objects.get(code="vat_tax")
    screening = decided(world, 2, values={"modules": [chosen]})
    told = Letter.objects.get(case=screening.case, kind="course_grant").context["modules"]
    everyone = CourseModule.objects.get(is_mandatory=True).title
    assert {module["title"]: module["mandatory"] for module in told} == {chosen.title: False, everyone: True}


def test_a_pensioner_is_told_what_was_seen_and_which_goals_are_open(world):
    case = case_for(world, 4, pensioner=True)
    action_plan(world, case)
    decided(world, 4, case=case)
    told = Letter.objects.get(case=case, kind="screening_status").context
    assert told["goals"] == ["Ti faste kunder", "Egen hjemmeside"]
    assert told["strengths"] == letters.lines_of(TEXTS["strengths"])


def test_who_has_living_support_is_told_by_the_letters_about_it(world):
    screening = decided(world, 4, values={"months": 1})
    assert not Letter.objects.filter(case=screening.case, kind="screening_status").exists()


def test_yellow_comes_back_with_its_colour_the_date_what_to_mend_and_why(world):
    screening = decided(world, 3, BACK)
    told = Letter.objects.get(case=screening.case, kind="screening_revise").context
    assert told["light"] == "yellow"
    assert told["back_on"] == screening.return_by.isoformat()
    assert told["improvements"] == letters.lines_of(screening.improvements)
    assert told["reasons"] == letters.lines_of(screening.reasons)
