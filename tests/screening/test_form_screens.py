"""The screening form with its material, drafts and clocks, the hearing, the criteria sets and the ratings, in Chromium."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cases.models import CaseFile
from microloan.accounts.enums import Role
from screening.enums import Outcome
from tests.screening.builders import BACK, budget, case_for, decided, drafted, line, recommended
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
        shot(page, f"screening-form-{name}")

    return check


def address(name, screening):
    return reverse(f"screening:{name}", kwargs={"number": screening.case.number, "pk": screening.pk})


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_what_is_typed_comes_back_after_leaving(world, page_for, look):
    case = case_for(world, 3)
    budget(world, case, line(amount="60000.00"))
    first = decided(world, 3, BACK, case=CaseFile.objects.get(pk=case.pk))
    page = page_for(world.user(Role.COACH))
    page.goto(reverse("screening:list", kwargs={"number": case.number}))
    look(page, "yellow")
    page.goto(address("detail", first))
    look(page, "yellow-round")
    again = drafted(world, 3, case=CaseFile.objects.get(pk=case.pk), answers={})
    page.goto(address("edit", again))
    page.get_by_label("Planen", exact=True).fill("Tre kunder har skrevet under.")
    page.get_by_label("blev sendt tilbage som gul").first.fill("To kunder er kommet til.")
    expect(page.get_by_text("Kladde gemt")).to_be_visible(timeout=10_000)
    page.goto(reverse("cases:detail", kwargs={"number": case.number}))
    page.goto(address("edit", again))
    expect(page.get_by_label("Planen", exact=True)).to_have_value("Tre kunder har skrevet under.")
    look(page, "own-draft")
    button(page, "Smid det væk, der ikke er gemt").click()
    expect(page.get_by_label("Planen", exact=True)).not_to_have_value("Tre kunder har skrevet under.")


def test_the_hearing_and_newer_material(world, page_for, look):
    case = case_for(world, 3)
    budget(world, case, line(amount="12000.00"))
    screening = recommended(world, 3, case=CaseFile.objects.get(pk=case.pk), recommendation=Outcome.STOP)
    budget(world, CaseFile.objects.get(pk=case.pk), line(amount="13000.00"))
    coach, lead = page_for(world.user(Role.COACH)), page_for(world.user(Role.PROJECT_LEAD))
    coach.goto(address("hearing", screening))
    look(coach, "hearing")
    coach.get_by_label("Det ville afgørelsen bygge på").fill("")
    button(coach, "Til kontrolside").click()
    look(coach, "hearing-error")
    coach.get_by_label("Det ville afgørelsen bygge på").fill("Du er kommet til 3 af 9 møder.\nDer er ingen kunder.")
    button(coach, "Til kontrolside").click()
    look(coach, "hearing-check")
    button(coach, "Send partshøringen").click(timeout=30_000)  # the letter is made meanwhile
    look(coach, "hearing-running")
    coach.get_by_role("link", name="Registrér svar").click()
    look(coach, "hearing-answer")
    lead.goto(address("decide", screening))
    look(lead, "decide-newer")


def test_the_criteria(world, page_for, look):
    page = page_for(world.user(Role.ADMINISTRATOR))
    page.goto(reverse("screening:criteria_sets"))
    look(page, "criteria-sets")
    page.get_by_role("link", name="Screening 3").click()
    page.get_by_role("link", name="Ret kriterier").click()
    button(page, "Lav ny version").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    look(page, "criteria-error")
    page.get_by_label("Kriterium", exact=True).first.fill("Deltagelse på kurserne")
    page.get_by_label("Hvorfor ændres kriterierne?").fill("Ordet fremmøde blev misforstået.")
    button(page, "Lav ny version").click()
    look(page, "criteria-set")


def test_the_ratings(world, page_for, look):
    decided(world, 1)
    for role in (Role.PROJECT_LEAD, Role.MANAGER):
        page = page_for(world.user(role))
        page.goto(reverse("reports:ratings") + "?screening=1&came=continued")
        look(page, f"ratings-{role}")
