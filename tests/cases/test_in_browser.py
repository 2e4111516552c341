"""The screens of a case in Chromium: they work, axe-core finds nothing, and pictures can be looked at (PICTURES=1)."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from cases import services
from cases.enums import ContactKind, ContactState, EntryKind, Holder, Phase
from cases.models import CaseFile, Cohort, Task
from microloan.core import clock
from tests.cases import builders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(cast):
    """A few cases with some history, today by the real clock: the server runs in a thread of its own."""
    today = clock.today()
    day = timedelta(days=1)
    Cohort.objects.create(code="M6", start_on=today - 90 * day, end_on=today + 90 * day)
    with clock.at(today - 40 * day):
        amina = builders.accepted(
            cast.caseworker,
            cast.coach,
            on=clock.today(),
            name="Amina Testesen",
            idea="Et lille bageri med surdejsbrød og kaffe",
            citizen={
                "street": "Rådhusvej 4, 2. tv.",
                "postcode": "8000",
                "city": "Aarhus C",
                "email": "amina@example.org",
            },
        )
    with clock.at(today - 12 * day):
        builders.refer(cast.caseworker, on=clock.today(), name="Bo Prøvesen")
        builders.held(amina, ContactKind.TELEPHONE_INTERVIEW, [cast.coach])
        builders.held(amina, ContactKind.COACHING, [cast.coach], state=ContactState.NO_SHOW, days_ago=2)
        services.write_note(
            case=amina,
            by=cast.coach,
            text="Amina har fundet et lokale på timebasis. " * 9,
            kind=EntryKind.NOTE,
        )
    builders.refer(cast.colleague, on=today, name="Åse Eksempel", answers={})
    services.plan_contact(
        case=amina,
        kind=ContactKind.FIRST_MEETING,
        at=clock.now() + 3 * day,
        place="Café Torvet",
        staff=[cast.coach, cast.lead],
        by=cast.coach,
        today=today,
    )
    for title, days in (("Find prøvebager", 1), ("Bestil lokale", 9)):
        services.add_task(
            case=amina, title=title, due_on=today + days * day, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
        )
    Task.objects.filter(title="Find prøvebager").update(due_on=today - 2 * day)
    with clock.at(today - 100 * day):
        builders.put_in_phase(
            builders.accepted(cast.caseworker, cast.coach, on=clock.today(), name="Carla Eksempel"),
            Phase.MAIN_COURSE,
            on=clock.today(),
        )
    services.reconcile_all(today)
    return amina


@pytest.fixture
def _friday():
    """In the browser the real clock counts."""


def test_a_caseworker_refers_and_follows(cast, town, page_for, axe, shot):
    page = page_for(cast.caseworker)
    page.goto("/referrals/new/")
    axe(page)
    shot(page, "referral-form")
    page.get_by_role("button", name="Kontrollér henvisningen").click()
    axe(page)
    shot(page, "referral-errors")
    assert page.title().startswith("Fejl:")
    number = builders.fictitious_cpr(900)
    page.get_by_label("Borgerens CPR-nummer").fill(number)
    page.get_by_label("Borgerens navn").fill("Dan Demo")
    page.get_by_label("Borgerens telefon").fill("12 34 56 78")
    page.get_by_label("Dagpenge", exact=True).check()
    page.get_by_label("Ja, borgeren har sagt det til mig").check()
    page.get_by_label("Hvad er idéen?").fill("Cykelværksted i baggården")
    page.get_by_label("Borgeren ved, at jeg henviser").check()
    page.get_by_role("button", name="Kontrollér henvisningen").click()
    axe(page)
    shot(page, "referral-question")
    page.get_by_label("Hvorfor er tilbuddet rigtigt?").fill("Aftalt med teamet.")
    page.get_by_role("button", name="Kontrollér henvisningen").click()
    axe(page)
    shot(page, "referral-check")
    page.get_by_role("button", name="Ret Hvad er idéen").click()
    assert page.get_by_label("Hvad er idéen?").input_value() == "Cykelværksted i baggården"
    page.get_by_role("button", name="Kontrollér henvisningen").click()
    page.get_by_role("button", name="Send henvisning").dblclick()
    page.get_by_text("Tak. Henvisningen er sendt.").wait_for()
    axe(page)
    shot(page, "referral-receipt")
    assert number not in page.url
    assert CaseFile.objects.filter(citizen__name="Dan Demo").count() == 1
    page.goto("/referrals/mine/")
    axe(page)
    shot(page, "my-referrals")
    page.get_by_role("link", name="Amina Testesen").click()
    page.get_by_role("textbox", name="Skriv til teamet").fill("Har I aftalt et møde?")
    page.get_by_role("button", name="Send besked").click()
    page.get_by_text("Har I aftalt et møde?").wait_for()
    axe(page)
    shot(page, "referral-detail")


def test_on_a_phone_the_tab_of_the_page_is_in_view(cast, town, page_for):
    page = page_for(cast.coach)
    page.set_viewport_size({"width": 420, "height": 800})
    page.goto(f"/cases/{town.number}/journal/")
    expect(page.locator(".mk-tabs [aria-current]")).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("window.scrollY") == 0


def test_a_coach_works(cast, town, page_for, axe, shot):
    page = page_for(cast.coach)
    page.goto("/work/")
    axe(page)
    shot(page, "my-work")
    page.get_by_role("button", name="Markér Find prøvebager som løst").click()
    page.get_by_text("Opgaven er løst.").wait_for()
    axe(page)
    page.get_by_role("button", name="Fortryd").click()
    page.get_by_role("link", name="Find prøvebager").wait_for()
    page.goto("/work/?view=team")
    shot(page, "my-work-team")
    page.goto("/cases/")
    axe(page)
    shot(page, "case-list")
    page.goto("/cases/?phase=recruitment&sort=-citizen")
    axe(page)
    shot(page, "case-list-filtered")
    page.keyboard.press("/")
    page.keyboard.type("aase")
    page.get_by_role("link", name="Åse Eksempel").first.wait_for()
    axe(page)
    page.get_by_role("search").get_by_role("link").first.click()
    page.get_by_role("heading", name="Åse Eksempel").wait_for()
    axe(page)
    shot(page, "case-new")
    page.goto(f"/cases/{town.number}/")
    axe(page)
    shot(page, "case")
    page.get_by_role("button", name="Vis CPR-nummeret").click()
    page.get_by_text(town.citizen.cpr.formatted).wait_for()
    page.get_by_label("Nyt notat").fill("Ringede og aftalte mødet.")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Ringede og aftalte mødet.").wait_for()
    for name, address in (
        ("journal", "journal/"),
        ("journal-correct", f"journal/{town.journal.first().pk}/correct/"),
        ("tasks", "tasks/"),
        ("task-new", "tasks/new/"),
        ("contact", "contacts/new/?kind=first_meeting"),
        ("contact-planned", f"contacts/{town.contacts.get(state='planned').pk}/"),
        ("citizen", "citizen/"),
        ("coach", "coach/"),
        ("cohort", "cohort/"),
        ("business", "business/"),
        ("next-phase", "next-phase/"),
        ("close", "close/"),
    ):
        page.goto(f"/cases/{town.number}/{address}")
        axe(page)
        shot(page, f"case-{name}")
    page.get_by_label("Hvorfor afsluttes sagen?").select_option("found_job")
    page.get_by_label("Borgerens valg").check()
    page.get_by_role("button", name="Kontrollér afslutningen").click()
    page.get_by_role("heading", name="Kontrollér afslutningen").wait_for()
    axe(page)
    shot(page, "case-close-check")
    page.get_by_role("button", name="Afslut sagen").click()
    page.get_by_text("Sagen er afsluttet.", exact=True).wait_for()
    axe(page)
    shot(page, "case-closed")


def test_an_answer_to_a_referral_and_two_people_in_one_form(cast, town, page_for, axe, shot):
    new = CaseFile.objects.get(citizen__name="Bo Prøvesen")
    page = page_for(cast.lead)
    page.goto(f"/cases/{new.number}/accept/")
    axe(page)
    shot(page, "case-accept")
    page.get_by_label("Hvem tager sagen?").select_option(label="Mette Medarbejder")
    page.get_by_role("button", name="Tag imod henvisningen").click()
    page.get_by_text("Sagen er i rekruttering.").wait_for()
    page.goto(f"/cases/{town.number}/citizen/")
    services.update_citizen(
        case=town,
        values={"phone": "87654321", "protected_address": True},
        by=cast.coach,
        today=clock.today(),
    )
    page.get_by_label("Adresse", exact=False).first.fill("Nygade 1")
    page.get_by_role("button", name="Gem borgerens oplysninger").click()
    page.get_by_role("heading", name="To versioner").wait_for()
    axe(page)
    shot(page, "case-conflict")
    town.citizen.refresh_from_db()
    assert town.citizen.street == "Rådhusvej 4, 2. tv."
    page.goto(f"/cases/{town.number}/")
    shot(page, "case-protected")
    assert page.get_by_text("Rådhusvej 4").count() == 0
    page.get_by_role("button", name="Vis adressen").click()
    page.get_by_text("Rådhusvej 4").wait_for()


def test_the_pages_work_without_scripts(cast, town, page_for, browser, live_server):
    cookies = page_for(cast.coach).context.cookies()
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"/cases/{town.number}/")
    page.get_by_role("button", name="Vis CPR-nummeret").click()
    page.get_by_text(town.citizen.cpr.formatted).wait_for()
    page.get_by_role("searchbox").fill("amina")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Amina Testesen").wait_for()
    context.close()
