"""A disability pensioner keeps the pension: a loan, but no living support, and a screening 4 that only takes stock."""

import re
from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import expect

from tests.journeys.journey import Journey
from tests.journeys.stage import COACH, LEAD, Citizen, Stage


def test_a_loan_without_living_support(stage: Stage, citizen: Citizen) -> None:
    journey = Journey(stage, replace(citizen, name="Carla Prøvesen", livelihood="Førtidspension"))
    journey.until_approval().until_payout()
    no_support_is_offered(journey)
    journey.payout()
    page = journey.stands_at(8, "Lån og start")
    expect(page.get_by_text("Førtidspension").first).to_be_visible()
    stage.day_by_day(stage.day + timedelta(days=120))
    status_only(journey)
    journey.aftercare()
    journey.stands_at(10, "Tilbagebetaling")
    page = journey.at(COACH, "letters/")
    expect(page.get_by_role("link", name="Du får et lån på 30.000 kr.", exact=True)).to_be_visible()
    expect(page.get_by_text("Tilskud til forsørgelse")).to_have_count(0)


def no_support_is_offered(journey: Journey) -> None:
    """Neither a button nor, for whoever writes the address, a form."""
    page = journey.at(LEAD, "loan/")
    support = page.get_by_role("region", name="Tilskud til forsørgelse")
    expect(support).to_contain_text("Intet: Borgeren beholder sin førtidspension.")
    expect(page.get_by_role("link", name=re.compile("tilskud til forsørgelse"))).to_have_count(0)
    page = journey.at(LEAD, "loan/support/")
    expect(page.get_by_role("main")).to_contain_text("Borgeren får førtidspension og beholder den.")
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)
    journey.look(page, "support-none")


def status_only(journey: Journey) -> None:
    """Screening 4 has one outcome and no months; the citizen is told what was seen."""
    journey.recommend(4, "Status registreret")
    page = journey.to_decide(4)
    expect(page.get_by_role("radio")).to_have_count(1)
    expect(page.get_by_label("Forlængelse i måneder")).to_have_count(0)
    journey.lock_decision(page, 4)
    expect(page.get_by_text("Status registreret").first).to_be_visible()
    assert "Samtalen ændrer ikke din pension." in journey.letter("Tak for samtalen om din virksomhed")
