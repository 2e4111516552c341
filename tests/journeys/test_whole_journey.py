"""The whole way of one citizen, from referral to a loan repaid, in Chromium (domain.md §3.1)."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from playwright.sync_api import Page, expect

from microloan.core.danish import long_date, short_date
from tests.journeys.journey import BOTH, RESIDENTIAL, Journey
from tests.journeys.stage import AUDITOR, BENEFITS, CASEWORKER, COACH, LEAD, MANAGER, Citizen, Stage


def test_from_referral_to_the_last_payment(stage: Stage, citizen: Citizen) -> None:
    journey = Journey(stage.thoroughly(), citizen)
    admission(journey)
    plan_and_courses(journey)
    payout_on = loan_and_support(journey)
    instalments(journey)
    end = extension(journey, payout_on)
    end_of_support(journey, end)
    the_rest(journey)
    what_the_others_see(journey)


def told_to_the_caseworker(journey: Journey, words: str) -> None:
    """Under "Mine henvisninger", in plain words and nothing more."""
    page = journey.stage.page(CASEWORKER)
    page.goto("/referrals/mine/")
    expect(page.get_by_role("row").filter(has_text=journey.citizen.name)).to_contain_text(words)
    journey.look(page, "my-referrals")


def has_letters(journey: Journey, *titles: str) -> None:
    page = journey.at(COACH, "letters/")
    for title in titles:
        expect(page.get_by_role("link", name=title).first).to_be_visible()


def loan_says(journey: Journey, *words: str, username: str = COACH) -> Page:
    page = journey.at(username, "loan/")
    for text in words:
        expect(page.get_by_role("main")).to_contain_text(text)
    return page


def admission(journey: Journey) -> None:
    journey.refer()
    told_to_the_caseworker(journey, "Venter på den første samtale")
    journey.accept()
    journey.recruitment()
    page = journey.stands_at(2, "Samtaler")
    expect(page.get_by_text("3 af 3")).to_be_visible()
    journey.look(page, "case-overview")
    journey.screening(1, "Fortsæt", staff=BOTH)
    has_letters(journey, "Du er med i forløbet om mikrolån")
    page = journey.stands_at(4, "Plan og budget")
    told_to_the_caseworker(journey, "Arbejder på plan og budget")


def plan_and_courses(journey: Journey) -> None:
    journey.budget()
    expect(journey.at(COACH, "budget/").get_by_role("main")).to_contain_text("30.000 kr.")
    journey.stage.wait(10)
    journey.contact("Coachsamtale", notes="Vi arbejdede med priser.")
    journey.recommend(2, "Fortsæt")
    page = journey.to_decide(2)
    page.get_by_role("radio", name="Fortsæt").check()
    page.get_by_role("checkbox", name="Moms og skat").check()
    journey.lock_decision(page, 2)
    words = journey.letter("Du får 2 kurser hos os")
    assert "Moms og skat" in words
    assert RESIDENTIAL in words
    journey.stands_at(6, "Kurser")
    journey.course("Moms og skat", sessions=2)
    journey.course(RESIDENTIAL, sessions=4)
    page = journey.at(COACH, "courses/")
    expect(page.get_by_role("main")).to_contain_text("6 af 6 mødegange.")
    expect(page.get_by_text("Gennemført", exact=True)).to_have_count(2)
    journey.look(page, "case-courses-done")
    journey.screening(3, "Grøn")
    page = journey.stands_at(8, "Lån og start")
    expect(page.get_by_role("list", name="Sagens trin").first).to_contain_text("Grøn")
    told_to_the_caseworker(journey, "Lånet bliver behandlet")


def loan_and_support(journey: Journey) -> date:
    stage = journey.stage
    journey.business().approve_budget()
    stage.wait(1)
    payout_on = stage.day + timedelta(days=9)
    journey.propose(payout_on=payout_on).grant()
    words = journey.letter("Aftale om dit lån på 30.000 kr.")
    for expected in ("30.000 kr.", "358 kr.", "286 kr.", journey.citizen.cvr, "kommunens vedtægt om mikrolån § 4"):
        assert expected in words
    has_letters(journey, "Du får et lån på 30.000 kr.")
    loan_says(journey, "Bevilget, ikke klar til udbetaling")
    journey.sign().support()
    end = payout_on + relativedelta(months=6) - timedelta(days=1)
    words = journey.letter("Du får tilskud til forsørgelse i 6 måneder")
    assert long_date(payout_on) in words
    assert long_date(end) in words
    assert "klage" in words
    stage.until(payout_on)
    journey.payout()
    page = stage.page(BENEFITS)
    for expected in ("30.000 kr.", long_date(payout_on), "B-00017", "Palle Testesen", "Yrsa Prøvesen"):
        expect(page.get_by_role("main")).to_contain_text(expected)
    page = loan_says(journey, "Restgæld30.000 kr.", "358 kr. × 83 + 286 kr.", f"{short_date(end)} (6 måneder)")
    journey.look(page, "loan-paid-out")
    page = journey.stands_at(8, "Lån og start")
    journey.look(page, "case-main-course")
    told_to_the_caseworker(journey, "Er gået i gang med virksomheden")
    return payout_on


def instalments(journey: Journey) -> None:
    """Reminded before the first, paid by the citizen, registered by the benefits officer."""
    journey.stage.wait(62)
    has_letters(journey, "Husk dit afdrag på 358 kr.")
    journey.pay("358").pay("716,00")
    page = loan_says(journey, "Betalt1.074 kr.", "Restgæld28.926 kr.", "Betalt 3 %", username=BENEFITS)
    expect(page.get_by_role("region", name="Posteringer").get_by_role("cell", name="Indbetaling")).to_have_count(2)
    journey.look(page, "loan-with-payments")
    page.get_by_role("link", name="Kun restancer").click()
    expect(page.get_by_role("region", name="Tilbagebetalingsplan")).to_contain_text("Ingen afdrag passer")


def extension(journey: Journey, payout_on: date) -> date:
    """Screening 4 gives two months more, counted from the original start."""
    end = payout_on + relativedelta(months=6) - timedelta(days=1)
    journey.stage.until(end - timedelta(days=35))
    journey.contact("Coachsamtale", notes="Vi så på salget.")
    journey.recommend(4, "Forlæng tilskuddet")
    page = journey.to_decide(4)
    page.get_by_role("radio", name="Forlæng tilskuddet").check()
    page.get_by_label("Forlængelse i måneder").select_option("2")
    journey.lock_decision(page, 4)
    end = payout_on + relativedelta(months=8) - timedelta(days=1)
    assert long_date(end) in journey.letter("Dit tilskud bliver forlænget med 2 måneder")
    loan_says(journey, f"{short_date(end)} (2 måneder)", "Højst 4 måneder mere")
    return end


def end_of_support(journey: Journey, end: date) -> None:
    """Screening 4 again: the end is told in time, with how to appeal; aftercare begins the day after."""
    journey.stage.until(end - timedelta(days=30))
    journey.recommend(4, "Afslut tilskuddet")
    page = journey.to_decide(4)
    page.get_by_role("radio", name="Afslut tilskuddet").check()
    page.get_by_label("Begrundelse").fill("Virksomheden kan nu bære dig.")
    journey.lock_decision(page, 4)
    words = journey.letter(f"Dit tilskud stopper den {long_date(end)}")
    for expected in ("Virksomheden kan nu bære dig.", "klage", "kommunens vedtægt om mikrolån § 7"):
        assert expected in words
    page = journey.at(COACH, "next-phase/")
    expect(page.get_by_role("main")).to_contain_text(f"løber til {short_date(end)}")
    expect(page.get_by_role("button", name="Flyt sagen")).to_have_count(0)
    journey.look(page, "next-phase-missing")
    journey.stage.until(end + timedelta(days=1))
    journey.aftercare()
    page = journey.stands_at(10, "Tilbagebetaling")
    journey.look(page, "case-aftercare")


def the_rest(journey: Journey) -> None:
    """The loan is paid back at once; then the case can be closed as completed."""
    page = journey.at(COACH, "close/")
    reasons = page.get_by_label("Hvorfor afsluttes sagen?").locator("option")
    expect(reasons.filter(has_text="Gennemført")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("28.926 kr.")
    journey.pay("28.926,00")
    loan_says(journey, "Tilbagebetalt", "Restgæld0 kr.")
    has_letters(journey, "Dit lån er betalt")
    page = journey.stage.page(COACH)
    page.goto("/")
    expect(page.get_by_role("link", name="Lånet er betalt tilbage")).to_be_visible()
    journey.look(page, "work")
    page = journey.close("Gennemført", choice="Borgerens valg", livelihood="Egen virksomhed")
    expect(page.get_by_role("region", name="Afsluttet")).to_contain_text("Gennemført")
    told_to_the_caseworker(journey, "Har gennemført forløbet")


def what_the_others_see(journey: Journey) -> None:
    """The project lead finds the case by name, the manager counts, the auditor sees who has looked."""
    page = journey.stage.page(LEAD)
    page.goto("/")
    page.get_by_role("searchbox").fill(journey.citizen.name)
    page.get_by_role("search").get_by_role("link", name=journey.citizen.name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(journey.citizen.name)
    page.get_by_role("link", name="Journal").first.click()
    expect(page.get_by_role("main")).to_contain_text("Indbetaling modtaget: 28.926 kr.")
    journey.look(page, "journal")
    page = journey.stage.page(MANAGER)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    journey.look(page, "overview")
    page = journey.stage.page(AUDITOR)
    page.goto("/")
    page.get_by_label("Alt om én sag").fill(journey.number)
    page.get_by_role("button", name="Åbn sag").click()
    expect(page.get_by_role("main")).to_contain_text("Mette Eksempelsen")
    journey.look(page, "access-log")
