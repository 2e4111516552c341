"""Mit arbejde in Chromium: a preset, filters, a saved view, many tasks at once with undo, a list as a file."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from cases import services
from cases.enums import Holder
from cases.letters.models import BulkLetter
from cases.models import CaseFile, SavedView, Task
from microloan.core import clock
from tests.cases import builders

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def _friday():
    """In the browser the real clock counts."""


@pytest.fixture
def town(cast):
    """Three cases of two coaches, one of them without, and a protected citizen."""
    today = clock.today()
    with clock.at(today - 12 * DAY):
        amina = builders.accepted(cast.caseworker, cast.coach, on=clock.today(), name="Amina Testesen")
        bo = builders.accepted(
            cast.caseworker,
            cast.coach,
            on=clock.today(),
            name="Bo Prøvesen",
            citizen={"street": "Hemmeligvej 4", "postcode": "8000", "city": "Aarhus C", "protected_address": True},
        )
        carla = builders.accepted(cast.colleague, cast.other_coach, on=clock.today(), name="Carla Eksempel")
        builders.refer(cast.caseworker, on=clock.today(), name="Dan Demo")
    CaseFile.objects.filter(pk=carla.pk).update(coach=None)
    for case, title, days in ((amina, "Find prøvebager", 1), (bo, "Ring til banken", 3), (carla, "Find lokale", 9)):
        services.add_task(
            case=case, title=title, due_on=today + days * DAY, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
        )
    services.add_task(
        case=bo, title="Send momstal", due_on=today, holder=Holder.CITIZEN, owner=cast.coach, by=cast.coach
    )
    services.reconcile_all(today)
    return today


def test_my_work(cast, town, page_for, axe, shot):
    page = page_for(cast.lead)
    page.goto("/work/")
    axe(page)
    page.get_by_role("link", name="Hele teamet").first.click()
    page.locator("summary", has_text="Filtrér opgaverne").click()
    page.get_by_label("Ansvarlig").select_option(label="Mette Medarbejder")
    page.get_by_role("button", name="Filtrér opgaverne").click()
    expect(page.get_by_role("link", name="Ansvarlig: Mette Medarbejder")).to_be_visible()
    expect(page.get_by_role("link", name="Find prøvebager")).to_be_visible()
    axe(page)
    shot(page, "work-filtered")

    # The view under a name.
    page.get_by_role("link", name="Gem denne visning").click()
    axe(page)
    shot(page, "work-view-new")
    page.get_by_label("Hvad skal visningen hedde?").fill("Mettes opgaver")
    page.get_by_label("Hele teamet må bruge den").check()
    page.get_by_role("button", name="Gem visning").click()
    expect(page.get_by_text("Visningen »Mettes opgaver« er gemt.")).to_be_visible()
    expect(page.get_by_role("link", name="Mettes opgaver")).to_have_attribute("aria-current", "page")
    assert SavedView.objects.get().is_shared

    # Many at once, with undo.
    bar = page.locator(".mk-bulk")
    expect(bar).to_be_hidden()
    page.get_by_label("Vælg Find prøvebager, Amina Testesen").check()
    page.get_by_label("Vælg Ring til banken, Bo Prøvesen").check()
    expect(bar).to_contain_text("2 valgt")
    axe(page)
    shot(page, "work-ticked")
    page.get_by_role("button", name="Tildel opgaver").click()
    axe(page)
    shot(page, "work-assign")
    page.get_by_role("button", name="Kontrollér opgaverne").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Hvem skal have opgaverne?").select_option(label="Bo Coach")
    page.get_by_role("button", name="Kontrollér opgaverne").click()
    expect(page.get_by_role("heading", name="Disse 2 opgaver bliver ændret")).to_be_visible()
    axe(page)
    shot(page, "work-assign-check")
    page.get_by_role("button", name="Tildel opgaver").click()
    expect(page.get_by_text("2 opgaver er tildelt.").first).to_be_visible()
    assert Task.objects.filter(owner=cast.other_coach, done_at__isnull=True, key="").count() == 2
    axe(page)
    shot(page, "work-assigned")
    page.get_by_role("button", name="Fortryd").click()
    expect(page.get_by_text("2 opgaver er, som de var.")).to_be_visible()
    assert not Task.objects.filter(owner=cast.other_coach, done_at__isnull=True, key="").exists()

    # Moving, where a promise stays.
    page.goto("/work/?view=team")
    page.get_by_label("Vælg alle opgaver").check()
    page.get_by_role("button", name="Flyt frister").click()
    page.get_by_label("Ny frist").fill((town + 20 * DAY).strftime("%d-%m-%Y"))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="1 opgave bliver, som den er")).to_be_visible()
    axe(page)
    shot(page, "work-move-check")
    page.get_by_role("button", name="Ret").or_(page.get_by_role("button", name="Gå tilbage og ret")).first.click()
    expect(page.get_by_label("Ny frist")).not_to_have_value("")

    # A letter to the same citizens.
    page.goto("/work/?view=team")
    page.get_by_label("Vælg Find prøvebager, Amina Testesen").check()
    page.get_by_label("Vælg Ring til banken, Bo Prøvesen").check()
    page.get_by_role("button", name="Skriv til alle").click()
    axe(page)
    page.get_by_label("Overskrift").fill("Netværksmøde i februar")
    page.get_by_label("Brev", exact=True).fill("Vi mødes den 3. februar.\n\nSkriv, hvis du ikke kan komme.")
    page.get_by_role("button", name="Kontrollér brevet").click()
    expect(page.get_by_text("Send brevet til 2 borgere?")).to_be_visible()
    axe(page)
    shot(page, "work-letter-check")
    page.get_by_role("button", name="Send brev").click()
    expect(page.get_by_text("Brevet bliver sendt til 2 borgere.")).to_be_visible()
    assert len(BulkLetter.objects.get().case_ids) == 2

    # What became of it, then tidying up the views.
    axe(page)
    shot(page, "work-letter-report")
    page.get_by_role("link", name="Mit arbejde").first.click()
    page.get_by_role("link", name="Ryd op i visningerne").click()
    axe(page)
    shot(page, "work-views")
    page.get_by_role("button", name="Fjern visningen Mettes opgaver").click()
    page.get_by_role("button", name="Fortryd").click()
    expect(page.get_by_role("link", name="Mettes opgaver")).to_be_visible()


def test_the_list_as_a_file_and_time_on_the_case(cast, town, page_for, axe, shot):
    page = page_for(cast.coach)
    page.goto("/cases/?phase=recruitment&flag=no")
    expect(page.get_by_text("Beskyttet adresse")).to_be_visible()
    axe(page)
    shot(page, "list-filtered")
    page.get_by_role("link", name="Hent listen").click()
    axe(page)
    page.get_by_role("button", name="Hent listen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    axe(page)
    shot(page, "list-export")
    page.get_by_label("Hvad skal listen bruges til?").select_option("results")
    page.get_by_label("Tekst (CSV)").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Hent listen").click()
    assert download.value.suggested_filename == f"sager-{town.isoformat()}.csv"
    page.goto(f"/cases/{CaseFile.objects.get(citizen__name='Bo Prøvesen').number}/")
    expect(page.get_by_role("heading", name="Tid i faserne")).to_be_visible()
    axe(page)
    shot(page, "case-time")


def test_enter_on_a_tick_box_does_nothing(cast, town, page_for):
    page = page_for(cast.coach)
    page.goto("/work/?view=team")
    page.get_by_label("Vælg Find prøvebager, Amina Testesen").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(page.locator(".mk-bulk")).to_contain_text("1 valgt")
    assert not Task.objects.get(title="Find prøvebager").is_done
