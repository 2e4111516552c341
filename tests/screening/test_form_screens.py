"""The screening form with its material, drafts and clocks, the hearing, the criteria sets and the ratings, in Chromium."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cases.enums import Livelihood, Phase
from cases.models import CaseFile, LivelihoodPeriod
from microloan.accounts.enums import Role
from microloan.core import clock
from screening import services
from screening.enums import Outcome, ScreeningState
from screening.models import Screening
from screening.rules import usual_answer
from tests.loans.builders import new_case, put_in_phase
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


def test_a_hearing_about_an_earlier_recommendation_and_one_that_runs(world, page_for, look):
    screening = recommended(world, 2, recommendation=Outcome.STOP)
    coach, today = world.user(Role.COACH), world.today
    heard = {"by": coach, "today": today, "answer_by": usual_answer(today)}
    services.hold_hearing(screening=screening, shown="Du er kommet til 3 af 9 møder.", **heard)
    again = services.take_back(screening=screening, by=coach, today=today)
    again = services.recommend(screening=again, recommendation=Outcome.STOP, by=coach, today=today)
    page = page_for(world.user(Role.PROJECT_LEAD))
    page.goto(address("detail", again))
    look(page, "hearing-anew")
    expect(page.get_by_text("Indstillingen er skrevet om, siden borgeren blev hørt.")).to_be_visible()
    services.hold_hearing(screening=again, shown="Der er ingen kunder.", **heard)
    page.reload()
    expect(page.get_by_role("link", name="Registrér svar")).to_have_count(2)
    look(page, "hearings")


def test_the_case_tells_what_was_sent_back(world, page_for, look):
    back = decided(world, 3, BACK)
    page = page_for(world.user(Role.COACH))
    page.goto(reverse("cases:detail", kwargs={"number": back.case.number}))
    panel = page.get_by_role("region", name="Sendt tilbage af Screening 3")
    expect(panel).to_contain_text("Tid i fasen")
    look(page, "case-panel")
    panel.get_by_role("link", name="Se, hvad der skal blive bedre").click()
    expect(page.get_by_role("heading", name="Advarsler og svar")).to_be_visible()


def test_the_ratings(world, page_for, look):
    """Twenty people of an earlier quarter, so that managers see groups as well."""
    for person in range(20):
        rated_in_august(world, 4 if person % 2 else 2, earns=person < 10)
    for role, told in ((Role.PROJECT_LEAD, "gennemsnit 3,0"), (Role.MANAGER, "Ingen af delene")):
        page = page_for(world.user(role))
        page.goto(reverse("reports:ratings") + "?screening=1&came=continued")
        expect(page.get_by_role("table")).to_contain_text(told)
        look(page, f"ratings-{role}")
    page.goto(reverse("reports:ratings") + "?screening=2")
    expect(page.get_by_text("Der er for få personer")).to_be_visible()
    look(page, "ratings-too-few")


def rated_in_august(world, value, *, earns):
    case = put_in_phase(new_case(world), Phase.RECRUITMENT, on=world.today)
    if earns:
        own = {"kind": Livelihood.OWN_BUSINESS, "from_on": date(2026, 9, 1), "to_on": date(2026, 10, 31)}
        LivelihoodPeriod.objects.create(citizen=case.citizen, **own)
    screening = services.open_screening(case=case, number=1, by=world.user(Role.COACH), today=world.today)
    screening.scores.update(value=value)
    Screening.objects.filter(pk=screening.pk).update(
        state=ScreeningState.DECIDED,
        outcome=Outcome.CONTINUE,
        decided_at=clock.now(),
        decided_on=date(2026, 8, 3),
        decided_by=world.user(Role.PROJECT_LEAD),
    )
