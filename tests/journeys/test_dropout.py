"""The programme ends at screening 2: decided with reasons and a hearing, told by letter, closed with a reason."""

from playwright.sync_api import expect

from tests.journeys.journey import Journey
from tests.journeys.stage import CASEWORKER, COACH, Citizen, Stage

REASONS = "Planen har endnu ingen kunder."
ANSWER = "Du har sagt, at du hellere vil tage et kursus først."


def test_stopped_at_screening_2(stage: Stage, citizen: Citizen) -> None:
    journey = Journey(stage, citizen)
    journey.until_business_development().budget()
    stage.wait(14)
    journey.contact("Coachsamtale", notes="Vi talte om, hvad der mangler i planen.")
    journey.recommend(2, "Stop", rating=2)
    the_lead_stops(journey)
    the_letter_explains(journey)
    page = journey.close("Stoppet ved screening 2", choice="Teamets beslutning", text="Vi talte sammen om afgørelsen.")
    expect(page.get_by_role("region", name="Afsluttet")).to_contain_text("Stoppet ved screening 2")
    expect(page.get_by_role("region", name="Afsluttet")).to_contain_text("Teamets beslutning")
    the_lists_show_it_as_closed(journey)
    the_caseworker_reads_plain_words(journey)


def the_lead_stops(journey: Journey) -> None:
    """Neither without reasons nor without a hearing."""
    page = journey.to_decide(2)
    page.get_by_role("radio", name="Stop").check()
    page.get_by_role("button", name="Til kontrolside").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Skriv begrundelsen for afgørelsen.")
    expect(summary).to_contain_text("Vælg, hvordan borgeren er blevet hørt, eller at det ikke er nødvendigt.")
    journey.look(page, "screening-2-stop-errors")
    page.get_by_label("Begrundelse").fill(REASONS)
    page.get_by_role("radio", name="Svar modtaget").check()
    page.get_by_label("Borgerens svar").fill(ANSWER)
    page.get_by_role("button", name="Til kontrolside").click()
    expect(page.get_by_role("main")).to_contain_text(REASONS)
    expect(page.get_by_role("main")).to_contain_text(ANSWER)
    journey.look(page, "screening-2-stop-check")
    page.get_by_role("button", name="Lås afgørelsen").click()
    expect(page.get_by_role("link", name="Afslut sagen").last).to_be_visible()
    journey.look(page, "screening-2-stopped")


def the_letter_explains(journey: Journey) -> None:
    words = journey.letter("Du kan ikke fortsætte")
    for expected in (REASONS, ANSWER, "klage", "Du kan ikke fortsætte i forløbet om mikrolån"):
        assert expected in words


def the_lists_show_it_as_closed(journey: Journey) -> None:
    page = journey.stage.page(COACH)
    page.goto("/cases/")
    expect(page.get_by_role("link", name=journey.citizen.name)).to_have_count(0)
    page.get_by_label("Fase").select_option(label="Afsluttet")
    page.get_by_role("button", name="Filtrér sager").click()
    row = page.get_by_role("row").filter(has_text=journey.citizen.name)
    expect(row).to_contain_text("Afsluttet")
    journey.look(page, "case-list-closed")


def the_caseworker_reads_plain_words(journey: Journey) -> None:
    page = journey.stage.page(CASEWORKER)
    page.goto("/referrals/mine/")
    row = page.get_by_role("row").filter(has_text=journey.citizen.name)
    expect(row).to_contain_text("Er ude af forløbet")
    row.get_by_role("link").click()
    for words in ("Er ude af forløbet", "Screening 2 er afgjort: Stop", REASONS):
        expect(page.get_by_role("main")).to_contain_text(words)
    journey.look(page, "referral-closed")
