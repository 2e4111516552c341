"""The referral in Chromium: a draft that survives the log-out, an inquiry, the specialist's first screening, the lists."""

import time
from datetime import date, timedelta

import pytest

from cases import services
from cases.models import CaseFile, Draft
from microloan.accounts import specialists
from microloan.core import clock
from tests.cases import builders

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = builders.fictitious_cpr(970)


@pytest.fixture
def _friday():
    """In the browser the real clock counts."""


def wait_until(holds):
    """What the page has sent is in the database."""
    for _time in range(100):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("It did not come to hold")


def log_out_and_in(page, cast):
    """As when the session ends: the cookie is gone, and the next page asks for the password."""
    cast.caseworker.set_password("Lange-Lyse-Naetter-42")
    cast.caseworker.save()
    page.context.clear_cookies()
    page.goto("/referrals/new/")
    page.get_by_label("Brugernavn").fill(cast.caseworker.username)
    page.get_by_label("Adgangskode").fill("Lange-Lyse-Naetter-42")
    page.get_by_role("button", name="Log ind").click()


def test_a_draft_survives_the_log_out_and_goes_when_it_is_sent(cast, page_for, axe, shot):
    page = page_for(cast.caseworker)
    page.goto("/referrals/new/")
    page.get_by_label("Borgerens CPR-nummer").fill(NUMBER)
    page.get_by_label("Borgerens navn").fill("Dan Demo")
    page.get_by_label("Hvad er idéen?").fill("Cykelværksted")
    page.get_by_label("Borgerens telefon").fill("12345678")
    page.get_by_label("Borgerens telefon").blur()
    page.get_by_text("Kladde gemt kl.").wait_for()
    wait_until(lambda: Draft.objects.get(owner=cast.caseworker).content.get("phone") == "12345678")
    log_out_and_in(page, cast)
    page.get_by_text("Din kladde fra").wait_for()
    assert page.get_by_label("Borgerens navn").input_value() == "Dan Demo"
    axe(page)
    shot(page, "referral-draft")
    page.get_by_label("Kontanthjælp", exact=True).check()
    page.get_by_label("Ja, jeg har det fra en anden").check()
    page.get_by_label("Borgeren ved, at jeg henviser").check()
    page.get_by_role("button", name="Kontrollér henvisningen").click()
    page.get_by_label("Hvem har sagt").fill("Hendes mentor, 3. november")
    page.get_by_role("button", name="Kontrollér henvisningen").click()
    axe(page)
    page.get_by_role("button", name="Send henvisning").click()
    page.get_by_text("Tak. Henvisningen er sendt.").wait_for()
    case = CaseFile.objects.get()
    assert case.referral.warnings["own_wish_heard"]["answer"] == "Hendes mentor, 3. november"
    page.goto("/referrals/new/")
    assert page.get_by_label("Borgerens navn").input_value() == ""
    services.accept(case=case, coach=cast.coach, by=cast.coach, today=clock.today())
    page.goto("/referrals/mine/")
    page.get_by_text("Nyt", exact=True).first.wait_for()
    axe(page)
    shot(page, "my-referrals-news")


def test_the_team_writes_down_an_inquiry_and_meets_a_name_it_knows(cast, page_for, axe, shot):
    today = clock.today()
    for name in ("Kvindernes Værksted", "Foreningen Fælles Fremad"):
        services.save_partner(partner=None, name=name, is_active=True, by=cast.administrator)
    first = builders.refer(cast.coach, on=today, cpr="", birth_date=date(1985, 3, 12), channel="inquiry")
    services.close_case(case=first, reason="illness", choice_of="citizen", text="", by=cast.coach, today=today)
    page = page_for(cast.coach)
    page.goto("/referrals/new/")
    axe(page)
    shot(page, "inquiry-form")
    page.get_by_label("Hvordan fandt borgeren os?").select_option("partner")
    page.get_by_label("Hvilken organisation?").select_option(label="Kvindernes Værksted")
    page.get_by_label("Fødselsdato").fill("12-03-1985")
    page.get_by_label("Borgerens navn").fill("Amina Testesen")
    page.get_by_label("Borgerens telefon").fill("12345678")
    page.get_by_label("Kontanthjælp", exact=True).check()
    page.get_by_label("Ja, borgeren har sagt det til mig").check()
    page.get_by_label("Hvad er idéen?").fill("Syværksted")
    page.get_by_label("Borgeren ved, at vi").check()
    page.get_by_role("button", name="Kontrollér henvendelsen").click()
    axe(page)
    shot(page, "inquiry-known")
    page.get_by_label(first.number).check()
    page.get_by_role("button", name="Kontrollér henvendelsen").click()
    page.get_by_text("Borgeren har været i forløb før").wait_for()
    axe(page)
    shot(page, "inquiry-check")
    page.get_by_role("button", name="Registrér henvendelse").click()
    page.get_by_role("link", name="Åbn sagen").click()
    page.get_by_role("heading", name="Borgerens andre sager").wait_for()
    axe(page)
    shot(page, "case-of-somebody-who-came-back")
    case = CaseFile.objects.exclude(pk=first.pk).get()
    page.goto(f"/cases/{case.number}/cpr/")
    axe(page)
    shot(page, "case-cpr")


def test_the_specialist_begins_the_first_screening(cast, page_for, axe, shot):
    today = clock.today()
    case = builders.accepted(cast.caseworker, cast.coach, on=today)
    page = page_for(cast.specialist)
    page.goto(f"/referrals/{case.number}/")
    axe(page)
    shot(page, "specialist-referral")
    page.get_by_role("button", name="Start screening 1").click()
    page.get_by_role("heading", name="Screening 1").first.wait_for()
    axe(page)
    shot(page, "specialist-screening")
    page.get_by_role("link", name="Alle screeninger").click()
    axe(page)
    page.get_by_role("link", name="Henvisningen").click()
    page.get_by_role("link", name="Udfyld screening 1").wait_for()


def test_lists_of_the_administrator_and_the_project_lead(cast, page_for, axe, shot):
    today = clock.today()
    page = page_for(cast.administrator)
    page.goto("/partners/")
    axe(page)
    page.get_by_role("link", name="Ny organisation").click()
    page.get_by_label("Organisationens navn").fill("Kvindernes Værksted")
    axe(page)
    page.get_by_role("button", name="Sæt på listen").click()
    page.get_by_role("link", name="Kvindernes Værksted").wait_for()
    axe(page)
    shot(page, "partners")
    page = page_for(cast.lead)
    specialists.record_start_meeting(
        specialist=cast.specialist, held_on=today - timedelta(days=9), by=cast.lead, today=today
    )
    page.goto("/specialists/")
    axe(page)
    shot(page, "specialists")
    page.get_by_role("link", name="Viggo Vidensperson").click()
    axe(page)
    shot(page, "specialist")
    page.goto("/overview/")
    axe(page)
    shot(page, "overview-channels")
