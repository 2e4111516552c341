"""Documents, journal, case file, and two people in one form, in Chromium: they work, axe-core finds nothing."""

import re

import pytest
from playwright.sync_api import expect

from cases import services
from cases.enums import Holder
from cases.services import Upload
from microloan.core import clock
from tests.cases import builders
from tests.support import files as real

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _friday():
    """The server runs in a thread of its own, where the real clock counts."""


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach, on=clock.today(), name="Amina Testesen")


def upload(name, data):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_the_later_of_two_people_sees_both_versions_and_chooses(cast, case, page_for, axe, shot):
    mette, petra = page_for(cast.coach), page_for(cast.lead)
    for page in (mette, petra):
        page.goto(f"/cases/{case.number}/citizen/")
    petra.get_by_label("Telefon").fill("87 65 43 21")
    petra.locator("#id_city").fill("Odense")
    petra.get_by_role("button", name="Gem borgerens oplysninger").click()
    petra.get_by_text("Borgerens oplysninger er gemt.").wait_for()
    mette.get_by_label("Telefon").fill("11 22 33 44")
    mette.get_by_label("Adresse", exact=False).first.fill("Nygade 1")
    mette.get_by_role("button", name="Gem borgerens oplysninger").click()
    both = mette.get_by_role("region", name="To versioner")
    expect(both).to_be_visible()
    expect(mette.get_by_text("Petra Projektleder gemte")).to_be_visible()
    case.citizen.refresh_from_db()
    assert case.citizen.phone == "87654321"
    axe(mette)
    shot(mette, "two-versions")
    phone, street, city = (both.get_by_role("group", name=name) for name in ("Telefon", "Adresse", "By"))
    expect(phone.get_by_role("radio", checked=True)).to_have_count(0)
    expect(street.get_by_role("radio", name="Nygade 1")).to_be_checked()
    expect(city.get_by_role("radio", name="Odense")).to_be_checked()
    mette.get_by_role("button", name="Gem borgerens oplysninger").click()
    expect(mette.get_by_text("Vælg for hvert felt, hvilken udgave der skal stå.").first).to_be_visible()
    axe(mette)
    mette.get_by_role("group", name="Telefon").get_by_role("radio", name="87 65 43 21").check()
    mette.get_by_role("button", name="Gem borgerens oplysninger").click()
    mette.get_by_text("Borgerens oplysninger er gemt.").wait_for()
    case.citizen.refresh_from_db()
    assert (case.citizen.phone, case.citizen.street, case.citizen.city) == ("87654321", "Nygade 1", "Odense")


def test_a_document_is_uploaded_renewed_and_read(cast, case, page_for, axe, shot):
    page = page_for(cast.coach)
    page.goto(f"/cases/{case.number}/documents/")
    axe(page)
    page.get_by_role("link", name="Læg dokument på sagen").click()
    axe(page)
    page.get_by_label("Fil", exact=True).set_input_files(upload("plan.pdf", real.png()))
    page.get_by_label("Hvad er det?").select_option("business_plan")
    page.get_by_label("Titel").fill("Forretningsplan")
    page.get_by_role("button", name="Gem dokument").click()
    expect(page.get_by_text("hedder .pdf, men det er en PNG-fil").first).to_be_visible()
    axe(page)
    shot(page, "document-refused")
    page.get_by_label("Fil", exact=True).set_input_files(upload("plan.pdf", real.pdf()))
    page.get_by_label("Indeholder oplysninger om en anden person").check()
    page.get_by_role("button", name="Gem dokument").click()
    page.get_by_text("Dokumentet er gemt.").wait_for()
    axe(page)
    shot(page, "documents")
    page.get_by_role("link", name="Forretningsplan", exact=True).click()
    page.get_by_role("link", name="Læg ny version på").click()
    axe(page)
    page.get_by_label("Fil", exact=True).set_input_files(upload("plan.docx", real.docx()))
    page.get_by_role("button", name="Gem ny version").click()
    page.get_by_text("Version 2 er gemt.").wait_for()
    axe(page)
    shot(page, "document")
    with page.expect_download() as download:
        page.get_by_role("link", name="Version 2").click()
    assert re.fullmatch(rf"dokument-{case.number}-\d+-v2\.docx", download.value.suggested_filename)
    page.get_by_role("link", name="Ret dokument").click()
    axe(page)


def test_a_note_is_kept_over_a_log_out_and_marked(cast, case, page_for, axe, shot):
    page = page_for(cast.coach)
    page.goto(f"/cases/{case.number}/journal/")
    page.get_by_label("Nyt notat").fill("Svigerinden er syg, så")
    page.get_by_text("Kladde gemt").wait_for()
    axe(page)
    again = page_for(cast.coach)  # another session of the same person
    again.goto(f"/cases/{case.number}/journal/")
    assert again.get_by_label("Nyt notat").input_value() == "Svigerinden er syg, så"
    again.get_by_label("Nyt notat").fill("Svigerinden er syg, så mødet er flyttet.")
    again.get_by_label("Indeholder oplysninger om en anden person").check()
    shot(again, "journal-draft")
    again.keyboard.press("Tab")
    again.get_by_role("button", name="Gem notat").click()
    again.get_by_text("så mødet er flyttet.").wait_for()
    axe(again)
    shot(again, "journal")
    assert again.get_by_label("Nyt notat").input_value() == ""
    again.get_by_role("link", name="Fjern mærket").first.click()
    axe(again)
    shot(again, "journal-mark")
    again.get_by_role("button", name="Fjern mærket").click()
    again.get_by_text("Mærket er fjernet.").wait_for()
    again.get_by_text("Efter forfatter eller periode").click()
    again.get_by_label("Forfatter").select_option(label="Mette Medarbejder")
    again.get_by_role("button", name="Vis poster").click()
    axe(again)
    shot(again, "journal-filtered")
    again.emulate_media(media="print")
    expect(again.get_by_role("button", name="Gem notat")).to_be_hidden()
    expect(again.get_by_text("så mødet er flyttet.")).to_be_visible()
    shot(again, "journal-printed")


def test_the_case_file_is_ordered_and_fetched(cast, case, page_for, axe, shot, celery_worker):
    services.add_document(
        case=case,
        upload=Upload("plan.pdf", real.pdf(2)),
        kind="business_plan",
        title="Forretningsplan",
        dated=clock.today(),
        others_data=False,
        by=cast.coach,
        today=clock.today(),
    )
    page = page_for(cast.lead)
    page.goto(f"/cases/{case.number}/journal/")
    page.get_by_role("link", name="Sagsakter som én PDF").click()
    axe(page)
    page.get_by_role("button", name="Saml sagsakter").click()
    page.get_by_text("Sagsakterne bliver samlet.").wait_for()
    link = page.get_by_role("link", name="Hent filen fra")
    link.wait_for(timeout=90_000)  # the page asks by itself
    axe(page)
    shot(page, "case-file")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == f"sagsakter-{case.number}.pdf"


def test_a_task_is_put_right_and_a_page_for_forms_alone_is_not_blank(cast, case, page_for, axe, shot):
    services.add_task(
        case=case,
        title="Ring til banken",
        due_on=clock.today(),
        holder=Holder.TEAM,
        owner=cast.coach,
        by=cast.coach,
    )
    page = page_for(cast.coach)
    page.goto(f"/cases/{case.number}/")
    page.get_by_role("link", name="Ring til banken").click()
    axe(page)
    page.get_by_label("Hvad skal gøres?").fill("Ring til banken igen")
    page.get_by_role("button", name="Gem opgave").click()
    page.get_by_text("Opgaven er rettet.").wait_for()
    page.goto(f"/cases/{case.number}/reveal/")
    page.get_by_role("heading", name="Intet er ændret").wait_for()
    axe(page)
    shot(page, "only-by-form")
