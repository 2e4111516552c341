"""The whole way of one citizen, from referral to a loan repaid, in Chromium (domain.md §3.1)."""

import re

from playwright.sync_api import expect

from tests.journeys.journey import BOTH, RESIDENTIAL, Journey
from tests.journeys.stage import CASEWORKER, Citizen, Stage


def test_from_referral_to_the_last_payment(stage: Stage, citizen: Citizen) -> None:
    journey = Journey(stage, citizen)
    journey.refer()
    journey.accept()
    journey.recruitment()
    journey.stands_at(2, "Samtaler")
    journey.screening(1, "Fortsæt", staff=BOTH)
    journey.stands_at(4, "Plan og budget")
    journey.budget()
    stage.wait(10)
    journey.contact("Coachsamtale")
    journey.recommend(2, "Fortsæt")
    page = journey.to_decide(2)
    page.get_by_role("radio", name="Fortsæt").check()
    page.get_by_role("checkbox", name="Moms og skat").check()
    journey.lock_decision(page, 2)
    journey.stands_at(6, "Kurser")
    journey.course("Moms og skat", sessions=2)
    journey.course(RESIDENTIAL, sessions=4)
    journey.screening(3, "Grøn")
    journey.stands_at(8, "Lån og start")
    page = journey.at(CASEWORKER)
    expect(page.get_by_text(re.compile("."))).not_to_have_count(0)
