"""Whoever tries to break it on the screens is told politely what to do instead, and nothing is done (domain.md §1, §2)."""

import re
from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from playwright.sync_api import Page, expect

from reports.demo import municipality as demo
from reports.demo.story import Story
from tests.journeys.journey import BOTH, ONE, Journey
from tests.journeys.prepared import journey_of, together
from tests.journeys.stage import (
    ADMINISTRATOR,
    AUDITOR,
    BENEFITS,
    CASEWORKER,
    COACH,
    LEAD,
    MANAGER,
    OTHER_BENEFITS,
    SECOND_COACH,
    Stage,
    said,
)

AT_THE_SAME_MOMENT = """([name, moment]) => {
    const button = [...document.querySelectorAll("button")].find(one => one.textContent.trim() === name);
    setTimeout(() => { button.click(); button.click(); }, moment - Date.now());
}"""
SEND_AS_IF_THERE_WERE_A_FORM = """([fields]) => {
    const form = document.querySelector("form[action$='/send-back/']");
    form.action = location.pathname;
    for (const [name, value] of Object.entries(fields)) {
        form.insertAdjacentHTML("beforeend", `<input type="hidden" name="${name}">`);
        form.lastElementChild.value = value;
    }
    form.submit();
}"""


def refused(page: Page, *words: str) -> None:
    """The summary of what has to be put right stands first on the page and has the focus."""
    summary = page.locator("[data-error-summary]")
    for text in words:
        expect(summary).to_contain_text(text)
    expect(summary).to_be_focused()


def test_before_the_loan(stage: Stage, town: demo.Town) -> None:
    story = demo.in_recruitment(town, town.story(30)).recruitment()
    together(stage, story)
    journey = journey_of(stage, story)
    screening_1_with_one_of_the_team(journey)
    two_write_in_the_same_screening(journey)
    story.refresh().development().screen(2)
    run = town.run("residential_course", story.day)
    together(stage, story.enrol(run).attend(run))
    a_loan_without_green_screening(journey)
    closing_without_a_reason(journey)
    addresses_of_other_roles(journey)
    tabs_that_were_left_open(journey)


def screening_1_with_one_of_the_team(journey: Journey) -> None:
    page = journey.start_screening(1)
    journey.fill_screening(page, staff=ONE)
    page.get_by_role("button", name="Til kontrolside").click()
    expect(page.get_by_role("main")).to_contain_text("Vælg mindst to medarbejdere, der var til stede ved screening 1.")
    page.get_by_role("radio", name="Fortsæt").check()
    page.get_by_role("button", name="Send til projektleder").click()
    refused(page, "Vælg mindst to medarbejdere, der var til stede ved screening 1.")
    journey.look(page, "screening-1-one-staff")


def two_write_in_the_same_screening(journey: Journey) -> None:
    """The later of two sees both versions, and chooses."""
    mine, theirs = (journey.at(who, "screenings/") for who in (COACH, SECOND_COACH))
    for page in (mine, theirs):
        page.get_by_role("link", name="Udfyld Screening 1").click()
    theirs.get_by_label("Planen", exact=True).fill("Planen er vokset.")
    theirs.get_by_role("button", name="Gem kladde").click()
    said(theirs, "Kladde gemt")
    mine.get_by_label("Planen", exact=True).fill("Planen er klar.")
    for person in BOTH:
        mine.get_by_role("checkbox", name=person).check()
    mine.get_by_role("button", name="Til kontrolside").click()
    refused(mine, "Jens Demosen gemte")
    both = mine.get_by_role("region", name="To versioner").get_by_role("group", name="Planen")
    for text in ("Planen er vokset.", "Planen er klar."):
        expect(both).to_contain_text(text)
    journey.look(mine, "screening-1-conflict")
    both.get_by_role("radio", name="Det, du skrev:").check()
    mine.get_by_role("button", name="Til kontrolside").click()
    mine.get_by_role("radio", name="Fortsæt").check()
    mine.get_by_role("button", name="Send til projektleder").click()
    said(mine, "Screeningen er sendt til projektlederen.")
    a_decision_that_was_made_meanwhile(journey)


def a_decision_that_was_made_meanwhile(journey: Journey) -> None:
    page, old = journey.to_decide(1), journey.stage.another_window(LEAD)
    old.goto(page.url)
    for window in (page, old):
        window.get_by_role("radio", name="Fortsæt").check()
        window.get_by_role("button", name="Til kontrolside").click()
    page.get_by_role("button", name="Lås afgørelsen").click()
    said(page, "Screeningen er afgjort og låst.")
    old.get_by_role("button", name="Lås afgørelsen").click()
    said(old, "Palle Testesen har allerede afgjort denne screening")


def a_loan_without_green_screening(journey: Journey) -> None:
    page = journey.at(COACH, "loan/")
    expect(page.get_by_role("link", name="Foreslå lån eller tilskud")).to_have_count(0)
    journey.at(COACH, "loan/propose/")
    said(page, "Et lån foreslås i fasen »Godkendelse«")
    journey.recommend(3, "Gul")
    page = journey.to_decide(3)
    page.get_by_role("radio", name=re.compile("^Gul")).check()
    page.get_by_label("Begrundelse").fill("Budgettet er for lyst.")
    page.get_by_label("Det skal rettes").fill("Regn med færre kunder.")
    page.get_by_label("Borgeren kommer igen senest").fill("ikke en dato")
    page.get_by_role("button", name="Til kontrolside").click()
    refused(page, "Skriv datoen som")
    journey.look(page, "screening-3-date-error")
    page.get_by_label("Borgeren kommer igen senest").fill(in_days(journey.stage, 21))
    journey.lock_decision(page, 3)
    for path in ("loan/propose/", "loan/decide/"):
        page = journey.at(LEAD, path)
        expect(page).to_have_url(re.compile("/loan/$"))
        expect(page.locator("#messages")).not_to_be_empty()
    expect(page.get_by_role("link", name="Foreslå lån eller tilskud")).to_have_count(0)


def closing_without_a_reason(journey: Journey) -> None:
    page = journey.at(COACH, "close/")
    page.get_by_role("button", name="Kontrollér afslutningen").click()
    refused(page, "Hvorfor afsluttes sagen")
    journey.look(page, "close-errors")
    page.get_by_label("Hvorfor afsluttes sagen?").select_option(label="Andet")
    page.get_by_role("radio", name="Borgerens valg").check()
    page.get_by_role("button", name="Kontrollér afslutningen").click()
    refused(page, "Skriv årsagen med ord.")


def addresses_of_other_roles(journey: Journey) -> None:
    """Words and a way back, never a bare error; and nothing is let out about what one may not see."""
    case = f"/cases/{journey.number}/"
    closed, hidden = "Du har ikke adgang", "Vi kan ikke finde siden"
    for username, path, heading in (
        (CASEWORKER, case, closed),
        (CASEWORKER, f"{case}loan/", closed),
        (BENEFITS, f"{case}loan/", hidden),
        (BENEFITS, f"{case}screenings/", closed),
        (COACH, "/users/", closed),
        (COACH, "/disbursements/", closed),
        (MANAGER, case, closed),
        (ADMINISTRATOR, case, closed),
        (AUDITOR, "/work/", closed),
        (LEAD, "/cases/ML-2020-9999/", hidden),
    ):
        page = journey.stage.page(username)
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        journey.look(page, "no-access" if heading == closed else "not-found")
        page.get_by_role("link", name="Gå til forsiden").click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text(heading)


def tabs_that_were_left_open(journey: Journey) -> None:
    """Eleven months later: the log-in is over, the form's token does not count, the case has moved on."""
    stage = journey.stage
    out, token, late = (stage.another_window(COACH) for _window in range(3))
    for page in (out, token, late):
        page.goto(f"/cases/{journey.number}/close/")
        page.get_by_label("Hvorfor afsluttes sagen?").select_option(label="Fik job")
        page.get_by_role("radio", name="Borgerens valg").check()
    stage.wait(335)
    journey.business()
    out.context.clear_cookies(name="sessionid")
    out.get_by_role("button", name="Kontrollér afslutningen").click()
    expect(out.locator("#messages")).to_contain_text("Du var blevet logget ud, så intet blev gemt.")
    journey.look(out, "logged-out")
    out.get_by_role("button", name="Log ind som coach", exact=True).click()
    expect(out.get_by_role("heading", name="Afslut sagen")).to_be_visible()
    token.context.clear_cookies(name="csrftoken")
    token.get_by_role("button", name="Kontrollér afslutningen").click()
    expect(token.get_by_role("heading", level=1)).to_have_text("Siden har været åben for længe")
    journey.look(token, "token-too-old")
    token.get_by_role("link", name="Åbn siden igen").click()
    expect(token.get_by_role("heading", name="Afslut sagen")).to_be_visible()
    late.get_by_role("button", name="Kontrollér afslutningen").click()
    late.get_by_role("button", name="Afslut sagen").click()
    refused(late, "En anden har ændret sagen imens. Intet er gemt endnu.")
    journey.look(late, "close-conflict")
    expect(journey.at(COACH).get_by_text("Trin 7: Screening 3", exact=True)).to_be_visible()


def test_with_the_money(stage: Stage, town: demo.Town) -> None:
    story = demo.in_queue(town, town.story(90, loan=Decimal("30000")))
    stage.until(story.loan.planned_payout_on)
    journey = journey_of(stage, story)
    paying_out_what_one_approved(journey)
    paying_out_twice(journey)
    payments_that_are_none(journey)
    paying_in_twice(journey)
    too_many_months(journey, story)


def paying_out_what_one_approved(journey: Journey) -> None:
    """The administrator makes the project lead a benefits officer; the loan approved before stays out of reach."""
    give_role(journey.stage, "Palle Testesen", "Ydelsessagsbehandler")
    page = journey.to_payout(LEAD)
    words = "Du har godkendt lånet. En anden skal udbetale."
    expect(page.get_by_role("main")).to_contain_text(words)
    expect(page.get_by_role("button", name="Registrér udbetaling")).to_have_count(0)
    journey.look(page, "disbursement-own-approval")
    fields = {"paid_on": in_days(journey.stage, 0), "voucher": "B-1", "booked": "on"}
    page.evaluate(SEND_AS_IF_THERE_WERE_A_FORM, [fields])
    refused(page, words)
    give_role(journey.stage, "Palle Testesen", "Projektleder")


def give_role(stage: Stage, name: str, role: str) -> None:
    page = stage.page(ADMINISTRATOR)
    page.goto("/users/")
    page.get_by_role("link", name=name).click()
    page.get_by_label("Rolle").select_option(label=role)
    page.get_by_role("button", name="Gem bruger").click()
    said(page, "Ændringerne er gemt.")


def paying_out_twice(journey: Journey) -> None:
    """Two officers in two browsers press at the same moment, both of them twice: one payout."""
    windows = [journey.to_payout(BENEFITS), journey.to_payout(OTHER_BENEFITS)]
    for page in windows:
        journey.fill_payout(page)
    moment = windows[0].evaluate("Date.now()") + 500
    for page in windows:
        page.evaluate(AT_THE_SAME_MOMENT, ["Registrér udbetaling", moment])
    for page in windows:
        expect(page.get_by_role("heading", level=1)).to_have_text("Udbetalingen er registreret")
    told = [page.locator("#messages").inner_text() for page in windows]
    assert sorted("allerede registreret" in words for words in told) == [False, True]
    page = journey.at(BENEFITS, "loan/")
    expect(page.get_by_role("region", name="Posteringer").get_by_role("cell", name="Udbetaling")).to_have_count(1)


def payments_that_are_none(journey: Journey) -> None:
    limits = "Skriv et beløb over 0 og højst 30.000 kr."
    for amount, words in (
        ("0", limits),
        ("−5", limits),
        ("-5", limits),
        ("abc", "Skriv et beløb i tal, fx 35.000 eller 416,67."),
        ("1.234", "Skriv 1234 eller 1.234,00, så punktummet ikke kan misforstås."),
        ("99999999", limits),
        ("", "Beløb"),
    ):
        page = journey.to_payment(amount)
        refused(page, words)
        expect(page.get_by_label("Beløb")).to_have_value(amount)
    journey.look(page, "payment-errors")
    page = journey.to_payment("500", on=journey.stage.day + timedelta(days=1))
    refused(page, "Skriv en dato, der ikke er efter")
    page = journey.at(BENEFITS, "loan/")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"Restgæld\s*30\.000\s*kr\."))


def paying_in_twice(journey: Journey) -> None:
    """A double click, and the button of a check page that was kept and pressed again, count once."""
    page = journey.to_payment("358")
    button = page.get_by_role("button", name="Registrér indbetaling")
    address, kept = page.url, button.evaluate("button => Object.fromEntries(new FormData(button.form, button))")
    button.dblclick()
    said(page, "er registreret")
    page.request.post(address, form=kept)
    page.reload()
    expect(page.get_by_role("region", name="Posteringer").get_by_role("cell", name="Indbetaling")).to_have_count(1)
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"Restgæld\s*29\.642\s*kr\."))


def too_many_months(journey: Journey, story: Story) -> None:
    """Never four at once, and never seven in all."""
    stage, payout_on = journey.stage, story.loan.planned_payout_on
    for given, tried, words in ((0, "4", "1 til 3"), (3, "0", "1 til 3"), (6, "1", "6 i alt")):
        end = payout_on + relativedelta(months=6 + given) - timedelta(days=1)
        stage.until(end - timedelta(days=30))
        story.refresh().until(stage.day).recommend(4)
        page = journey.to_decide(4)
        page.get_by_role("radio", name="Forlæng tilskuddet").check()
        page.get_by_label("Forlængelse i måneder").evaluate(
            "(list, months) => list.add(new Option(months, months, true, true))", tried
        )  # a page that somebody has tampered with: the list offers none of these
        page.get_by_role("button", name="Til kontrolside").click()
        refused(page, words)
        journey.look(page, "screening-4-too-many-months")
        if given < 6:
            page.get_by_label("Forlængelse i måneder").select_option("3")
            journey.lock_decision(page, 4)
    expect(page.locator("[data-error-summary]")).to_contain_text(
        "Der er ingen måneder tilbage at give: regelsættet tillader 6 i alt."
    )


def in_days(stage: Stage, days: int) -> str:
    return f"{stage.day + timedelta(days=days):%d-%m-%Y}"
