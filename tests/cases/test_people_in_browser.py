"""Hand-over and absence played in Chromium; people, flags and closing looked at by axe-core in both widths."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from cases import services
from cases.enums import ContactKind, Holder
from cases.models import Absence, CaseFile, HandOver
from microloan.core import clock
from microloan.core.danish import input_date
from tests.cases import builders

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def _friday():
    """In the browser the real clock counts."""


@pytest.fixture
def case(cast):
    today = clock.today()
    for n, name in enumerate(("Bo Testesen", "Carla Testesen")):
        builders.accepted(cast.caseworker, cast.coach, on=today - n * DAY, name=name)
    amina = builders.accepted(cast.caseworker, cast.coach, on=today, name="Amina Testesen")
    services.plan_contact(
        case=amina,
        kind=ContactKind.FIRST_MEETING,
        at=clock.now() + 3 * DAY,
        place="Café Torvet",
        staff=[cast.coach, cast.lead],
        by=cast.coach,
        today=today,
    )
    services.add_task(
        case=amina, title="Ring til banken", due_on=today, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
    )
    return amina


def test_a_coach_goes_on_leave(cast, case, page_for, axe, shot):
    """First a week away with a substitute, then everything to a colleague, with a receipt."""
    today = clock.today()
    page = page_for(cast.coach)
    page.goto("/work/")
    page.get_by_role("link", name="Overdragelse og fravær").click()
    axe(page)
    shot(page, "handover-empty")
    page.get_by_role("link", name="Registrér fravær").click()
    page.get_by_label("Sidste dag").fill(input_date(today + 6 * DAY))
    page.get_by_role("button", name="Gem fravær").click()
    axe(page)
    shot(page, "absence-errors")
    page.get_by_label("Hvem er vikar?").select_option(label="Bo Coach")
    page.get_by_label("Besked til vikaren").fill("Nøglen ligger hos Petra.")
    page.get_by_role("button", name="Gem fravær").click()
    page.get_by_text("Fraværet er registreret.").wait_for()
    axe(page)
    shot(page, "handover-absence")
    assert Absence.objects.get().substitute == cast.other_coach

    substitute = page_for(cast.other_coach)
    substitute.goto("/work/")
    row = substitute.get_by_role("row").filter(has_text="Ring til banken")
    expect(row).to_contain_text("Vikar for Mette Medarbejder")
    expect(substitute.get_by_role("main")).to_contain_text("Nøglen ligger hos Petra.")
    axe(substitute)
    shot(substitute, "work-substitute")

    lead = page_for(cast.lead)
    lead.goto("/work/handover/")
    lead.get_by_role("link", name="Overdrag sager").click()
    axe(lead)
    shot(lead, "handover-form")
    lead.get_by_label("Hvis sager?").select_option(label="Mette Medarbejder")
    lead.get_by_label("Hvem overtager?").select_option(label="Bo Coach")
    lead.get_by_label("Besked til den, der overtager").fill("Barsel fra mandag. Amina skal have svar fra banken.")
    lead.get_by_role("button", name="Kontrollér overdragelsen").click()
    expect(lead.get_by_role("main")).to_contain_text("Flyt alt fra Mette Medarbejder til Bo Coach?")
    axe(lead)
    shot(lead, "handover-check")
    assert not HandOver.objects.exists()
    lead.get_by_role("button", name="Gå tilbage og ret").click()
    assert lead.get_by_label("Besked til den, der overtager").input_value().startswith("Barsel")
    lead.get_by_role("button", name="Kontrollér overdragelsen").click()
    lead.get_by_role("button", name="Overdrag 3 sager").dblclick()
    lead.get_by_role("heading", name="Kvittering for overdragelse").wait_for()
    axe(lead)
    shot(lead, "handover-receipt")
    assert HandOver.objects.count() == 1
    assert CaseFile.objects.filter(coach=cast.other_coach).count() == 3
    lead.get_by_role("link", name="Amina Testesen").click()
    expect(lead.get_by_role("main")).to_contain_text("Overdraget fra Mette Medarbejder til Bo Coach")

    substitute.goto("/work/")
    expect(substitute.get_by_role("row").filter(has_text="Ring til banken")).not_to_contain_text("Vikar for")
    page.goto("/work/")
    expect(page.get_by_role("main")).not_to_contain_text("Ring til banken")


def test_people_consents_and_exemption(cast, case, page_for, axe, shot):
    page = page_for(cast.lead)
    address = f"/cases/{case.number}"
    page.goto(f"{address}/people/")
    axe(page)
    shot(page, "people-empty")
    page.get_by_role("link", name="Tilføj partsrepræsentant").click()
    page.get_by_role("button", name="Gem partsrepræsentant").click()
    axe(page)
    shot(page, "people-representative-errors")
    today = clock.today()
    page.get_by_label("Navn", exact=True).fill("Rita Testesen")
    page.get_by_label("Hvad dækker fuldmagten?").fill("Hele sagen")
    page.get_by_label("Fuldmagt fra").fill(input_date(today))
    page.get_by_label("Fuldmagt til og med").fill(input_date(today + 90 * DAY))
    page.get_by_label("Adresse", exact=True).fill("Fuldmagtsvej 3")
    page.get_by_label("Postnummer").fill("9999")
    page.get_by_label("By", exact=True).fill("Prøveby")
    page.get_by_role("button", name="Gem partsrepræsentant").click()
    page.get_by_role("link", name="Ret Rita Testesen").wait_for()
    services.give_consent(
        case=case, kind="bank_view", scope="Bankrådgiveren", given_on=today, by=cast.coach, today=today
    )
    page.goto(f"{address}/exemptions/new/")
    axe(page)
    shot(page, "exemption")
    page.get_by_label("Noget nyttigt ved siden af forløbet").fill("Ordblindetest")
    page.get_by_role("button", name="Gem fritagelsen og send brev").click()
    page.get_by_text("Fritagelsen er registreret").wait_for()
    axe(page)
    shot(page, "people")
    page.goto(f"{address}/consents/new/")
    axe(page)
    shot(page, "consent")
    page.goto(f"{address}/flags/")
    page.get_by_label("Hvorfor får sagen et flag?").fill("Banken svarer ikke")
    page.get_by_role("button", name="Sæt flag").click()
    page.get_by_text("Sagen har fået et flag.").wait_for()
    axe(page)
    shot(page, "case-flagged")
    page.goto(f"{address}/flags/")
    axe(page)
    shot(page, "flags")
    page.get_by_role("link", name="Løs flag").click()
    axe(page)
    page.goto(f"{address}/close/")
    axe(page)
    shot(page, "close-open-things")
    page.get_by_label("Hvorfor afsluttes sagen?").select_option("illness")
    page.get_by_role("button", name="Kontrollér afslutningen").click()
    axe(page)
    shot(page, "close-errors")
    page.get_by_label("Hvorfor afsluttes sagen?").select_option("moved_away")
    page.get_by_role("button", name="Kontrollér afslutningen").click()
    expect(page.get_by_role("main")).to_contain_text("Borgerens valg")
    axe(page)
    shot(page, "close-check")
