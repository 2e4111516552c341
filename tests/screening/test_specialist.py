"""The referral specialist holds the first screening for the own centre; the project lead decides (domain.md §2)."""

import pytest

from cases import services as cases
from cases.models import CaseFile
from microloan.accounts.enums import Role
from microloan.core.errors import Refused
from screening import services
from screening.enums import Outcome, ScreeningState
from tests.support.routes.screening import make_recommended, make_screening
from tests.support.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def specialist(world):
    return world.user(Role.REFERRAL_SPECIALIST)


def filled(world, screening, **changes):
    values = {
        "held_on": world.today,
        "staff": [world.user(Role.REFERRAL_SPECIALIST), world.user(Role.COACH)],
        "strengths": "Du kan dit fag.",
        "person": "Du er vedholdende.",
        "money": "Du kender dine udgifter.",
        "plan": "Du har kunder i sigte.",
        "scores": {score.criterion_id: (4, "") for score in screening.scores.all()},
    }
    return services.ScreeningDraft(**{**values, **changes})


def test_the_specialist_drafts_and_recommends_and_the_lead_decides(world, specialist):
    screening = services.open_screening(case=world.case, number=1, by=specialist, today=world.today)
    draft = filled(world, screening)
    screening = services.save_draft(screening=screening, draft=draft, version=None, by=specialist, today=world.today)
    screening = services.recommend(
        screening=screening, recommendation=Outcome.CONTINUE, by=specialist, today=world.today
    )
    assert (screening.state, screening.recommended_by) == (ScreeningState.RECOMMENDED, specialist)
    decision = services.ScreeningDecision(outcome=Outcome.CONTINUE)
    with pytest.raises(Refused, match="projektlederen"):
        services.decide(screening=screening, decision=decision, by=specialist, today=world.today)
    lead = world.user(Role.PROJECT_LEAD)
    assert services.decide(screening=screening, decision=decision, by=lead, today=world.today).is_decided


def test_a_specialist_of_another_centre_and_a_caseworker_do_not_screen(world):
    others = [*world.strangers.values(), world.user(Role.CASEWORKER), world.user(Role.MANAGER)]
    for other in others:
        with pytest.raises(Refused):
            services.open_screening(case=world.case, number=1, by=other, today=world.today)
    screening = world.of(make_screening)
    for other in others:
        with pytest.raises(Refused):
            services.save_draft(
                screening=screening, draft=filled(world, screening), version=None, by=other, today=world.today
            )
    recommended = world.of(make_recommended)
    for other in others:
        with pytest.raises(Refused):
            services.take_back(screening=recommended, by=other, today=world.today)


def test_a_case_without_centre_is_the_teams(world, specialist):
    CaseFile.objects.filter(pk=world.case.pk).update(centre=None)
    with pytest.raises(Refused):
        services.open_screening(case=world.case, number=1, by=specialist, today=world.today)


def test_the_later_screenings_and_the_budget_are_the_teams(world, specialist):
    with pytest.raises(Refused, match="den første"):
        services.open_screening(case=world.case, number=2, by=specialist, today=world.today)
    with pytest.raises(Refused):
        services.save_budget(case=world.case, lines=[], note="", by=specialist, today=world.today)


def test_the_specialist_begins_from_the_referral_and_sees_the_first_screening_only(world, specialist, client_for):
    client, number = client_for(specialist), world.case.number
    page = client.get(f"/referrals/{number}/").content.decode()
    assert "Start screening 1" in page
    opened = client.post(f"/cases/{number}/screenings/open/", {"screening": "1"})
    assert opened.url.endswith("/edit/")
    assert client.post(f"/cases/{number}/screenings/open/", {"screening": "2"}).status_code == 404
    page = client.get(opened.url).content.decode()
    assert f"/cases/{number}/budget/" not in page
    assert f"/cases/{number}/reveal/" not in page
    page = client.get(f"/cases/{number}/screenings/").content.decode()
    assert "Screening 1" in page
    assert 'id="screening-2"' not in page
    assert "Udfyld screening 1" in client.get(f"/referrals/{number}/").content.decode()


def test_by_get_one_comes_to_the_screenings(world, client_for):
    client, number = client_for(world.user(Role.COACH)), world.case.number
    assert client.get(f"/cases/{number}/screenings/open/").url == f"/cases/{number}/screenings/"
    assert client.get("/search/").status_code == 200


def test_an_own_referral_of_another_centre_shows_no_screening(world, specialist, client_for):
    data = cases.ReferralData(
        cpr="7803801234",
        name="Eva Testesen",
        phone="00000000",
        livelihood="cash_benefit",
        own_wish=True,
        idea="Café",
        citizen_informed=True,
        centre=world.other_centre,
    )
    case = cases.refer(data=data, by=specialist, today=world.today)
    client = client_for(specialist)
    assert "Screening 1" not in client.get(f"/referrals/{case.number}/").content.decode()
    assert client.get(f"/cases/{case.number}/screenings/").status_code == 404


def test_a_draft_is_kept_for_those_who_may_screen(world, specialist, client_for):
    screening = world.of(make_screening)
    there = f"/drafts/screening/{screening.case.number}.{screening.pk}/"
    typed = {"strengths": "Halvt skrevet", "draft_page": "side-1"}

    def keep(user):
        return client_for(user).post(there, typed, headers={"HX-Request": "true"}).status_code

    assert keep(specialist) == 200
    for other in (world.user(Role.CASEWORKER), *world.strangers.values(), world.user(Role.BENEFITS_OFFICER)):
        assert keep(other) in (403, 404)
