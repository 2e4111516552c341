"""Papers, forms and goals in Chromium: written, compared, sent out, read back; without a finding of axe at both widths."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from microloan.accounts.enums import Role
from screening.papers.enums import PaperKind
from tests.screening.paper_builders import a_case, action_plan, came_back, evaluation, filled, form_of, paper
from tests.support.files import pdf
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None, reference_data: None) -> World:
    return World()


@pytest.fixture
def look(axe, shot):
    def check(page, name):
        axe(page)
        shot(page, f"papers-{name}")

    return check


def address(name, case, **more):
    return reverse(f"screening:{name}", kwargs={"number": case.number, **more})


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_a_plan_is_written_compared_and_kept_as_a_draft(world, page_for, look):
    case = a_case(world)
    coach = page_for(world.user(Role.COACH))
    coach.goto(address("papers", case))
    look(coach, "empty")
    coach.get_by_role("link", name="Skriv forretningsplan").click()
    look(coach, "edit")
    coach.get_by_label("Hvad vil du sælge?").fill("Kjoler efter mål")
    expect(coach.get_by_text("Kladde gemt")).to_be_visible()
    coach.reload()
    expect(coach.get_by_label("Hvad vil du sælge?")).to_have_value("Kjoler efter mål")
    coach.get_by_label("Hvor meget koster det cirka at begynde?").fill("mange penge")
    button(coach, "Gem forretningsplan").click()
    expect(coach.locator("[data-error-summary]")).to_be_focused()
    look(coach, "edit-error")
    coach.get_by_label("Hvor meget koster det cirka at begynde?").fill("15.000")
    button(coach, "Gem forretningsplan").click()
    expect(coach.get_by_text("Gemt som version 1.")).to_be_visible()
    coach.get_by_role("link", name="Skriv den detaljerede plan").click()
    coach.get_by_label("Kræver det en tilladelse?").fill("Nej")
    button(coach, "Gem forretningsplan").click()
    look(coach, "detail")
    coach.get_by_role("link", name="Sammenlign to versioner").click()
    expect(coach.get_by_text("1 svar er forskelligt.")).to_be_visible()
    look(coach, "compare")


def test_a_form_comes_back(world, page_for, look, tmp_path):
    case = a_case(world)
    paper(world, case)
    came_back(world, case, pdf())
    form = tmp_path / "skema.pdf"
    form.write_bytes(filled(form_of(case), {"why": "Mit eget liv", "future": "En butik", "background": ""}))
    coach = page_for(world.user(Role.COACH))
    coach.goto(address("form_upload", case))
    look(coach, "upload")
    coach.get_by_label("Fil").set_input_files(form)
    button(coach, "Læs skema").click()
    expect(coach).to_have_url(re.compile(r"/forms/received/\d+/$"))
    look(coach, "received")
    button(coach, "Gem valgte felter").click()
    expect(coach.locator("[data-error-summary]")).to_be_focused()
    look(coach, "received-error")
    coach.get_by_role("group", name="Hvorfor vil du have din egen virksomhed?").get_by_label("Overtag fra").check()
    button(coach, "Gem valgte felter").click()
    expect(coach.get_by_text("Felterne er gemt som en ny version.")).to_be_visible()
    coach.goto(address("papers", case))
    look(coach, "list")
    coach.get_by_role("link", name="Skema fra borgeren").click()
    expect(coach.get_by_text("Det er en skanning eller et billede")).to_be_visible()
    look(coach, "scanned")


def test_goals_are_followed_up(world, page_for, look):
    case = a_case(world)
    action_plan(world, case)
    coach = page_for(world.user(Role.COACH))
    coach.goto(address("goals", case))
    look(coach, "goals-no-meeting")
    evaluation(world, case)
    coach.reload()
    coach.get_by_role("group", name="Mål 1: Ti faste kunder").get_by_label("Nået").check()
    coach.get_by_label("Notat om mål 1").fill("Elleve kunder!")
    look(coach, "goals-form")
    button(coach, "Gem opfølgning").click()
    expect(coach.get_by_text("Opfølgningen er gemt.")).to_be_visible()
    look(coach, "goals")
    coach.goto(address("paper", case, kind=PaperKind.ACTION_PLAN.value))
    look(coach, "action-plan")
