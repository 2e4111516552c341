"""The screens in Chromium: a screening from start to decision, a budget, without a finding of axe at both widths."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from microloan.accounts.enums import Role
from screening import services
from screening.enums import LineKind, Outcome
from screening.models import Screening
from tests.screening.builders import (
    BACK,
    NO,
    TEXTS,
    another_coach,
    budget,
    case_for,
    decided,
    draft_of,
    drafted,
    line,
    opened,
    recommended,
)
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None, reference_data: None) -> World:
    return World()


@pytest.fixture
def look(axe, shot):
    """Nothing for axe to find, and a picture."""

    def check(page, name):
        axe(page)
        shot(page, f"screening-{name}")

    return check


def address(name, case, **more):
    return reverse(f"screening:{name}", kwargs={"number": case.number, **more})


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_a_screening_from_start_to_decision(world, page_for, look):
    case = case_for(world, 3)
    coach, lead = page_for(world.user(Role.COACH)), page_for(world.user(Role.PROJECT_LEAD))
    coach.goto(address("list", case))
    look(coach, "list-empty")
    button(coach, "Start screening 3").click()
    look(coach, "edit")
    coach.get_by_label("Carla Testesen").check()
    coach.get_by_label("Det taler for").fill(TEXTS["strengths"])
    coach.get_by_role("group", name=re.compile("Marked: kunder og salg")).get_by_label("5", exact=True).check()
    coach.get_by_label("Begrundelse for »Marked: kunder og salg«").fill("To kunder har sagt ja.")
    button(coach, "Gem kladde").click()
    expect(coach.get_by_text("Kladde gemt kl.")).to_be_visible()
    button(coach, "Til kontrolside").click()
    look(coach, "check-missing")
    button(coach, "Send til projektleder").click()
    expect(coach.locator("[data-error-summary]")).to_be_focused()
    look(coach, "check-error")
    coach.get_by_role("link", name="Skriv om planen.").first.click()
    expect(coach).to_have_url(re.compile("/edit/#id_plan$"))
    for label in ("Personen", "Pengene", "Planen"):
        coach.get_by_label(label, exact=True).fill(TEXTS["plan"])
    for answer in coach.locator("textarea[name^=answer_]").all():
        answer.fill("Borgeren har lagt det selv.")
    for group in coach.locator("fieldset.mk-criterion").all():
        group.get_by_label("4", exact=True).check()
    button(coach, "Til kontrolside").click()
    coach.get_by_label("Gul: ret planen").check()
    look(coach, "check")
    button(coach, "Send til projektleder").click()
    look(coach, "detail-recommended")
    screening = Screening.objects.get()
    lead.goto(address("decide", case, pk=screening.pk))
    look(lead, "decide")
    lead.get_by_label("Gul: ret planen").check()
    button(lead, "Til kontrolside").click()
    expect(lead).to_have_title(re.compile("^Fejl:"))
    look(lead, "decide-error")
    lead.get_by_label("Begrundelse", exact=True).fill("Der mangler kunder.")
    lead.get_by_label("Det skal rettes").fill("Find to faste kunder.\nSæt prisen op.")
    lead.get_by_label("Borgeren kommer igen senest").fill("18/12-26")
    button(lead, "Til kontrolside").click()
    look(lead, "decide-check")
    button(lead, "Lås afgørelsen").click(timeout=30_000)  # the letter is made meanwhile
    expect(lead.get_by_text("Screeningen er afgjort og låst.")).to_be_visible()
    look(lead, "detail-decided")
    lead.goto(address("list", case))
    look(lead, "list-yellow")


def test_only_what_belongs_to_the_choice_is_shown(world, page_for, look):
    screening = recommended(world, 1, recommendation=Outcome.STOP)
    lead = page_for(world.user(Role.PROJECT_LEAD))
    lead.goto(address("decide", screening.case, pk=screening.pk))
    hearing, back = lead.get_by_role("group", name="Partshøring"), lead.get_by_label("Borgeren kommer igen senest")
    expect(hearing).to_be_hidden()
    expect(back).to_be_hidden()
    lead.get_by_label("Stop", exact=True).check()
    expect(hearing).to_be_visible()
    expect(back).to_be_hidden()
    look(lead, "decide-stop")
    lead.get_by_label("Begrundelse", exact=True).fill(NO.reasons)
    hearing.get_by_label("Ikke nødvendig, fordi …").check()
    lead.get_by_label("Borgerens svar, eller hvorfor").fill("Afgørelsen bygger på det, du selv har sagt.")
    button(lead, "Til kontrolside").click()
    look(lead, "decide-stop-check")
    button(lead, "Lås afgørelsen").click(timeout=30_000)  # the letter is made meanwhile
    look(lead, "detail-stopped")


def test_an_extension_is_decided_without_scripts(world, page_for, look, browser, live_server):
    screening = recommended(world, 4, case=case_for(world, 4))
    with_scripts = page_for(world.user(Role.PROJECT_LEAD))
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(with_scripts.context.cookies())
    page = context.new_page()
    page.goto(address("decide", screening.case, pk=screening.pk))
    page.get_by_label("Forlæng tilskuddet").check()
    offered = page.get_by_label("Forlængelse i måneder").locator("option")
    expect(offered).to_have_text(["Vælg måneder", "1 måned", "2 måneder", "3 måneder"])
    page.get_by_label("Forlængelse i måneder").select_option("2")
    button(page, "Til kontrolside").click()
    button(page, "Lås afgørelsen").click(timeout=30_000)  # the letter is made meanwhile
    expect(page.get_by_text("2 måneder")).to_be_visible()
    context.close()
    with_scripts.goto(address("list", screening.case))
    look(with_scripts, "list-extension")


def test_two_people_in_one_screening(world, page_for, look):
    screening = opened(world)
    page = page_for(world.user(Role.COACH))
    page.goto(address("edit", screening.case, pk=screening.pk))
    draft = draft_of(world, screening, held_on=world.today, strengths="Den andens ord.")
    services.save_draft(screening=screening, draft=draft, version=1, by=another_coach(), today=world.today)
    page.get_by_label("Det taler for").fill("Mine ord.")
    button(page, "Gem kladde").click()
    expect(page.get_by_role("radio", name="Den andens ord.")).to_be_visible()
    look(page, "conflict")


def test_the_budget(world, page_for, look):
    case = case_for(world, 2)
    coach, lead = page_for(world.user(Role.COACH)), page_for(world.user(Role.PROJECT_LEAD))
    coach.goto(address("budget", case))
    look(coach, "budget-empty")
    coach.get_by_role("link", name="Skriv den første version").click()
    coach.get_by_label("Linje 1: Hvad").fill("Industrisymaskine")
    coach.get_by_label("Linje 1: Beløb i kroner").fill("1.23")
    coach.get_by_label("Linje 2: Beløb i kroner").fill("500")
    button(coach, "Gem budget").click()
    expect(coach.locator("[data-error-summary]")).to_be_focused()
    look(coach, "budget-edit-error")
    coach.get_by_label("Linje 1: Beløb i kroner").fill("12.000")
    coach.get_by_label("Linje 2: Hvad").fill("Egen opsparing")
    coach.get_by_label("Linje 2: Art").select_option(LineKind.OWN_FUNDS)
    button(coach, "Tilføj linjer").click()
    expect(coach.get_by_label("Linje 1: Hvad")).to_have_value("Industrisymaskine")
    look(coach, "budget-edit")
    button(coach, "Gem budget").click()
    expect(coach.get_by_text("Budgettet er gemt som version 1.")).to_be_visible()
    lead.goto(address("budget", case))
    look(lead, "budget")
    lead.get_by_role("link", name="Godkend budget").click()
    look(lead, "budget-approve")
    button(lead, "Godkend budget").click()
    expect(lead.get_by_text("Budgettet er godkendt og låst.")).to_be_visible()
    coach.goto(address("budget_edit", case))
    budget(world, case, line("Kageovn", "30000.00"), by=another_coach())
    coach.get_by_label("Linje 3: Hvad").fill("Skilt")
    coach.get_by_label("Linje 3: Beløb i kroner").fill("800")
    button(coach, "Gem budget").click()
    look(coach, "budget-conflict")


def test_what_was_decided_earlier_is_read(world, page_for, look):
    first = decided(world, 1, BACK)
    drafted(world, 1, case=first.case, staff=[])
    page = page_for(world.user(Role.COACH))
    page.goto(address("list", first.case))
    look(page, "list-rounds")
    page.get_by_role("link", name="Screening 1, runde 1").click()
    look(page, "detail-first-round")
