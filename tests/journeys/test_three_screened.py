"""Two coaches and the project lead take three citizens through the screenings: green, yellow then green, and red.

What lies between the screenings (meetings, courses, the loan) is played by the services as the demo does; every
screening is held, sent, looked at and decided on the screens.
"""

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from cases.models import CaseFile
from microloan.core.danish import input_date
from reports.demo import municipality as demo
from reports.demo.story import Story
from tests.journeys.journey import BOTH, Journey
from tests.journeys.prepared import journey_of, together
from tests.journeys.stage import COACH, LEAD, SECOND_COACH, Stage, said

BETTER = "Find to faste kunder.\nSæt prisen op."
SHOWN = "Du er kommet til 3 af 9 møder.\nDer er ingen kunder i planen."
ANSWER = "Jeg har været syg, men jeg kan godt se det."
REASONS = "Der er ingen kunder, der vil købe."


def test_three_citizens_through_the_screenings(stage: Stage, town: demo.Town) -> None:
    stories = [demo.in_recruitment(town, town.story(30)).recruitment() for _citizen in range(3)]
    green, yellow, red = (
        journey_of(stage, story, coach=coach)
        for story, coach in zip(stories, (COACH, SECOND_COACH, COACH), strict=True)
    )
    together(stage, *stories)
    for journey in (green, yellow, red):
        journey.screening(1, "Fortsæt", staff=BOTH, wait=0)
    for story in stories:
        story.refresh().development()
    together(stage, *stories)
    for journey in (green, yellow, red):
        journey.screening(2, "Fortsæt", wait=0)
    for story in stories:
        story.refresh()
        run = town.run("residential_course", story.day)
        story.enrol(run).attend(run)
    together(stage, *stories)
    green.screening(3, "Grøn", wait=0)
    yellow_then_green(yellow, stories[1])
    red_after_a_hearing(red)
    for story in stories[:2]:
        story.refresh().approval().payout()
        story.until(demo.support_end(story) - timedelta(weeks=5))
    together(stage, *stories[:2])
    extended(green)
    ended(yellow)
    the_file_of_ratings(stage)


def yellow_then_green(journey: Journey, story: Story) -> None:
    """The budget goes back with what is to be better, and the clock stays in sight; a newer budget makes it green."""
    journey.recommend(3, "Gul", rating=3)
    page = journey.to_decide(3)
    page.get_by_role("radio", name=re.compile("^Gul")).check()
    page.get_by_label("Begrundelse", exact=True).fill("Vi tror på dig, men der mangler kunder.")
    page.get_by_label("Det skal rettes").fill(BETTER)
    page.get_by_label("Borgeren kommer igen senest").fill(input_date(journey.stage.day + timedelta(days=21)))
    journey.lock_decision(page, 3)
    page = journey.at(journey.coach, "screenings/")
    expect(page.get_by_role("main")).to_contain_text("Sendt tilbage: Borgeren kommer igen senest")
    expect(page.get_by_role("main")).to_contain_text("Siden internatkurset")
    journey.look(page, "screenings-yellow")
    assert "Find to faste kunder." in assessment(journey, 3, 1)
    page.get_by_role("button", name="Start Screening 3, runde 2").click()
    expect(page.get_by_role("region", name="Aftalt i runde 1")).to_contain_text("Sæt prisen op.")
    expect(page.get_by_label(re.compile("blev sendt tilbage som gul"))).to_be_visible()
    story.refresh().budget(extra=Decimal("500"))
    page.reload()
    expect(page.get_by_label(re.compile("blev sendt tilbage som gul"))).to_have_count(0)
    journey.fill_screening(page)
    journey.look(page, "screening-3-round-2")
    page.get_by_role("button", name="Til kontrolside").click()
    page.get_by_role("radio", name=re.compile("^Grøn")).check()
    page.get_by_role("button", name="Send til projektleder").click()
    said(page, "Screeningen er sendt til projektlederen.")
    page = journey.to_decide(3)
    page.get_by_role("radio", name=re.compile("^Grøn")).check()
    journey.lock_decision(page, 3)
    expect(page.get_by_role("main")).to_contain_text("Etableringsbudget v2")


def red_after_a_hearing(journey: Journey) -> None:
    """The decision waits for the citizen's answer, and the letter says why and how to appeal."""
    journey.recommend(3, "Rød", rating=2)
    page = journey.stage.page(journey.coach)
    page.get_by_role("link", name="Hold partshøring").click()
    page.get_by_label("Det ville afgørelsen bygge på").fill(SHOWN)
    journey.look(page, "hearing")
    page.get_by_role("button", name="Til kontrolside").click()
    journey.look(page, "hearing-check")
    page.get_by_role("button", name="Send partshøringen").click()
    said(page, "Partshøringen er sendt.")
    journey.look(page, "hearing-running")
    assert "3 af 9 møder" in journey.letter("før vi beslutter")
    assert "Borgeren har til og med" in tried_too_early(journey)
    page = journey.at(journey.coach, f"screenings/{newest(journey)}/hearing/answer/")
    page.get_by_label("Det har borgeren svaret").fill(ANSWER)
    journey.look(page, "hearing-answer")
    page.get_by_role("button", name="Registrér svar").click()
    said(page, "Svaret er registreret.")
    page = journey.to_decide(3)
    expect(page.get_by_label("Borgerens svar, eller hvorfor")).to_have_value(ANSWER)
    page.get_by_role("radio", name=re.compile("^Rød")).check()
    page.get_by_label("Begrundelse", exact=True).fill(REASONS)
    journey.lock_decision(page, 3)
    words = journey.letter("Du kan ikke få et mikrolån nu")
    for expected in (REASONS, ANSWER, "klage"):
        assert expected in words


def tried_too_early(journey: Journey) -> str:
    page = journey.to_decide(3)
    page.get_by_role("radio", name=re.compile("^Rød")).check()
    page.get_by_label("Begrundelse", exact=True).fill(REASONS)
    page.get_by_role("radio", name="Ikke nødvendig").check()
    page.get_by_label("Borgerens svar, eller hvorfor").fill("Det haster.")
    page.get_by_role("button", name="Til kontrolside").click()
    return page.get_by_role("alert").inner_text()


def extended(journey: Journey) -> None:
    journey.recommend(4, "Forlæng")
    page = journey.to_decide(4)
    page.get_by_role("radio", name=re.compile("^Forlæng")).check()
    page.get_by_label("Forlængelse i måneder").select_option("2")
    page.get_by_label("Begrundelse", exact=True).fill("To måneder er afgørende, før sæsonen begynder.")
    journey.lock_decision(page, 4)
    expect(page.get_by_role("main")).to_contain_text("2 måneder")


def ended(journey: Journey) -> None:
    journey.recommend(4, "Afslut")
    page = journey.to_decide(4)
    page.get_by_role("radio", name=re.compile("^Afslut")).check()
    page.get_by_label("Begrundelse", exact=True).fill("Virksomheden klarer sig uden tilskuddet.")
    journey.lock_decision(page, 4)


def the_file_of_ratings(stage: Stage) -> None:
    page = stage.page(LEAD)
    page.goto("/overview/ratings/?screening=3&came=loan")
    expect(page.get_by_role("table")).to_contain_text("Forretningsplan i detaljer")
    stage.look(page, "ratings")


def newest(journey: Journey) -> int:
    case = CaseFile.objects.get(number=journey.number)
    return int(case.screenings.order_by("-number", "-round").values_list("pk", flat=True)[0])


def assessment(journey: Journey, number: int, round_number: int) -> str:
    """The words of the assessment behind its link."""
    page: Page = journey.at(journey.coach, "screenings/")
    page.get_by_role("link", name=f"Screening {number}, runde {round_number}").click()
    link = page.get_by_role("link", name="Vurdering og indstilling").get_attribute("href")
    reader = PdfReader(BytesIO(page.request.get(str(link)).body()))
    page.go_back()
    return " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split())
