"""One citizen's way through the programme: each method is one act, on the screens of whoever may do it."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from microloan.core.danish import input_date
from tests.journeys.stage import BENEFITS, CASEWORKER, COACH, LEAD, Citizen, Stage, dates_in, said

NUMBER = re.compile(r"ML-\d{4}-\d{4}")
BOTH = ("Mette Eksempelsen", "Jens Demosen")
ONE = BOTH[:1]
STRENGTHS = "Du kender dit fag godt.\nDu kommer til tiden og tager imod råd."
OWN_MONEY = "Egne midler og anden finansiering"
RESIDENTIAL = "Internat: personlig udvikling og ledelse"


class Journey:
    def __init__(self, stage: Stage, citizen: Citizen, *, coach: str = COACH) -> None:
        self.stage, self.citizen, self.look, self.coach = stage, citizen, stage.look, coach
        self.number = ""

    def at(self, username: str, path: str = "") -> Page:
        """A page of this case in somebody's window."""
        page = self.stage.page(username)
        page.goto(f"/cases/{self.number}/{path}")
        return page

    def stands_at(self, step: int, label: str, *, username: str = COACH) -> Page:
        """The case page names the step of the journey."""
        page = self.at(username)
        current = page.get_by_role("list", name="Sagens trin").first.locator("[aria-current=step]")
        expect(current).to_contain_text(label)
        expect(page.get_by_text(f"Trin {step}: {label}", exact=True)).to_be_visible()
        return page

    # --- Referred and recruitment ------------------------------------------------------------------------------------

    def refer(self) -> "Journey":
        page, citizen = self.stage.page(CASEWORKER), self.citizen
        page.goto("/")
        page.get_by_role("link", name="Henvis en borger").first.click()
        self.look(page, "referral-form")
        page.get_by_label("Borgerens CPR-nummer").fill(citizen.cpr)
        page.get_by_label("Borgerens navn").fill(citizen.name)
        page.get_by_label("Borgerens telefon").fill(citizen.phone)
        page.get_by_role("radio", name=citizen.livelihood, exact=True).check()
        page.get_by_role("group", name=re.compile("ønske")).get_by_role("radio", name="Ja, borgeren").check()
        page.get_by_label("Hvad er idéen?").fill(citizen.idea)
        page.get_by_label("Borgeren ved, at jeg henviser").check()
        page.get_by_role("button", name="Kontrollér henvisningen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Kontrollér henvisningen")
        expect(page.get_by_text(citizen.idea)).to_be_visible()
        self.look(page, "referral-check")
        page.get_by_role("button", name="Send henvisning").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tak. Henvisningen er sendt.")
        self.look(page, "referral-receipt")
        found = NUMBER.search(page.get_by_role("main").inner_text())
        assert found
        self.number = found.group()
        return self

    def accept(self) -> "Journey":
        page = self.stage.page(self.coach)
        page.goto("/")
        page.get_by_role("link", name="Fordel henvisninger").click()
        self.look(page, "work-new-referrals")
        page.get_by_role("link", name=self.citizen.name, exact=True).first.click()
        page.get_by_role("link", name="Besvar henvisning").first.click()
        self.look(page, "accept")
        page.get_by_label("Hvem tager sagen?").select_option(label=ONE[0])
        page.get_by_role("button", name="Tag imod henvisningen").click()
        said(page, "Sagen er i rekruttering.")
        return self

    def contact(self, kind: str, *, staff: Sequence[str] = ONE, notes: str = "") -> "Journey":
        """A conversation held yesterday, registered today."""
        page = self.at(self.coach)
        page.locator("summary").filter(has_text="Flere").click()
        page.get_by_role("link", name="Registrér kontakt").last.click()
        page.get_by_label("Art", exact=True).select_option(label=kind)
        page.get_by_role("radio", name="Borgeren mødte").check()
        page.get_by_label("Dato").fill(input_date(self.stage.day - timedelta(days=1)))
        page.get_by_label("Klokken").fill("10.00")
        for person in BOTH:
            page.get_by_role("checkbox", name=person).set_checked(person in staff)
        page.get_by_label("Notat til journalen").fill(notes)
        self.look(page, "contact")
        page.get_by_role("button", name="Gem kontakt").click()
        expect(page.get_by_role("heading", name="Opgaver")).to_be_visible()
        return self

    def recruitment(self) -> "Journey":
        self.stage.wait(2)
        self.contact("Telefonsamtale", notes="Vi talte om idéen.")
        self.stage.wait(5)
        self.contact("Første møde", staff=BOTH, notes="Skemaet til planen er udleveret.")
        self.stage.wait(9)
        return self.contact("Andet møde", notes="Personprofilen er gennemgået.")

    # --- Screenings --------------------------------------------------------------------------------------------------

    def start_screening(self, number: int) -> Page:
        page = self.at(self.coach, "screenings/")
        self.look(page, "screenings")
        page.get_by_role("button", name=f"Start screening {number}").click()
        return page

    def fill_screening(self, page: Page, *, staff: Sequence[str] = ONE, rating: int = 4) -> None:
        page.wait_for_load_state()  # a tick made before the page is whole may be lost
        for person in BOTH:
            page.get_by_role("checkbox", name=person).set_checked(person in staff)
        page.get_by_label("Det taler for").fill(STRENGTHS)
        for choice in page.get_by_role("radio", name=str(rating), exact=True).all():
            choice.check()
        for note in page.get_by_label(re.compile("^Begrundelse for")).all():
            note.fill("Talt igennem ved mødet.")
        for warning in page.get_by_role("region", name="Advarsler").get_by_role("textbox").all():
            warning.fill("Vi har talt om det og fundet en løsning.")
        page.get_by_label("Personen", exact=True).fill("Du er vedholdende, og du tager imod råd.")
        page.get_by_label("Pengene", exact=True).fill("Du har et nøgternt billede af, hvad det koster at starte.")
        page.get_by_label("Planen", exact=True).fill("Planen beskriver kunder, priser og de første måneder.")

    def recommend(self, number: int, recommendation: str, *, staff: Sequence[str] = ONE, rating: int = 4) -> "Journey":
        """The coach holds the screening and sends it to the project lead."""
        page = self.start_screening(number)
        self.look(page, f"screening-{number}-empty")
        self.fill_screening(page, staff=staff, rating=rating)
        page.get_by_role("button", name="Til kontrolside").click()
        self.look(page, f"screening-{number}-check")
        page.get_by_role("radio", name=re.compile(f"^{recommendation}")).check()
        page.get_by_role("button", name="Send til projektleder").click()
        said(page, "Screeningen er sendt til projektlederen.")
        self.look(page, f"screening-{number}-sent")
        return self

    def to_decide(self, number: int) -> Page:
        """The project lead opens a screening that waits for a decision, from the list of all screenings."""
        page = self.at(LEAD, "screenings/")
        page.get_by_role("link", name=f"Afgør Screening {number}").click()
        self.look(page, f"screening-{number}-decide")
        return page

    def lock_decision(self, page: Page, number: int) -> Page:
        page.get_by_role("button", name="Til kontrolside").click()
        expect(page.get_by_role("button", name="Lås afgørelsen")).to_be_visible()
        self.look(page, f"screening-{number}-decide-check")
        page.get_by_role("button", name="Lås afgørelsen").click()
        said(page, "Screeningen er afgjort og låst.")
        self.look(page, f"screening-{number}-decided")
        return page

    def screening(self, number: int, outcome: str, *, staff: Sequence[str] = ONE, wait: int = 1) -> "Journey":
        self.recommend(number, outcome, staff=staff)
        self.stage.wait(wait)
        page = self.to_decide(number)
        page.get_by_role("radio", name=re.compile(f"^{outcome}")).check()
        self.lock_decision(page, number)
        return self

    # --- Plan, budget and courses ------------------------------------------------------------------------------------

    def budget(self, loan: str = "28.000") -> "Journey":
        page = self.at(self.coach, "budget/")
        self.look(page, "budget-none")
        page.get_by_role("link", name="Skriv den første version").click()
        lines = (("Udstyr", "Udgift", loan), ("Varelager", "Udgift", "7.000"), ("Opsparing", OWN_MONEY, "5.000"))
        for number, (what, kind, amount) in enumerate(lines, start=1):
            page.get_by_label(f"Linje {number}: Hvad").fill(what)
            page.get_by_label(f"Linje {number}: Art").select_option(label=kind)
            page.get_by_label(f"Linje {number}: Beløb").fill(amount)
        self.look(page, "budget-edit")
        page.get_by_role("button", name="Gem budget").click()
        self.look(page, "budget")
        return self

    def approve_budget(self) -> "Journey":
        page = self.at(LEAD, "budget/")
        page.get_by_role("link", name="Godkend budget").click()
        self.look(page, "budget-approve")
        page.get_by_role("button", name="Godkend budget").click()
        expect(page.get_by_text("Godkendt", exact=True).first).to_be_visible()
        return self

    def course(self, module: str, *, sessions: int) -> "Journey":
        """A run is planned, the citizen gets a seat, and each session's attendance is taken after the last."""
        page = self.stage.page(self.coach)
        page.goto("/courses/")
        page.get_by_role("link", name="Planlæg kursushold").first.click()
        page.get_by_label("Modul").select_option(label=module)
        page.get_by_label("Første mødegang").fill(input_date(self.stage.day + timedelta(days=3)))
        page.get_by_label("Fra").fill("9.00")
        page.get_by_label("Sted").fill("Kursuscentret ved søen")
        self.look(page, "course-plan")
        page.get_by_role("button", name="Foreslå mødegange").click()
        expect(page.get_by_role("group", name=re.compile("^Mødegang"))).to_have_count(sessions)
        self.look(page, "course-check")
        page.get_by_role("button", name="Planlæg kursushold").click()
        said(page, "Kursusholdet er planlagt.")
        run = page.url
        self.at(self.coach, "courses/")
        self.look(page, "case-courses")
        page.get_by_role("button", name=re.compile(f"Tilmeld borger.*{module}")).click()
        said(page, "Borgeren har fået en plads.")
        page.goto(run)
        panel = page.get_by_role("region", name="Mødegange")
        last = max(dates_in(panel.inner_text()))
        self.stage.until(last + timedelta(days=1))  # at whatever hour this is played
        for index in range(sessions):
            page.goto(run)
            panel.get_by_role("link", name=re.compile("^(Man|Tirs|Ons|Tors|Fre|Lør)dag")).nth(index).click()
            seat = page.get_by_role("group", name=self.citizen.name)
            seat.get_by_text("Til stede", exact=True).click()
            expect(seat).to_contain_text("Gemt kl.")
            self.look(page, "course-attendance")
        self.look(page, "course-run")
        return self

    # --- Stretches of the way ----------------------------------------------------------------------------------------

    def until_business_development(self) -> "Journey":
        return self.refer().accept().recruitment().screening(1, "Fortsæt", staff=BOTH)

    def until_courses(self) -> "Journey":
        """With the residential course alone, which is for everyone."""
        return self.until_business_development().budget().screening(2, "Fortsæt")

    def until_approval(self) -> "Journey":
        return self.until_courses().course(RESIDENTIAL, sessions=4).screening(3, "Grøn")

    def until_payout(self) -> "Journey":
        """An order in the queue, to be paid out today."""
        payout_on = self.stage.day + timedelta(days=1)
        self.business().approve_budget().propose(payout_on=payout_on).grant()
        if not self.citizen.is_pensioner:
            self.support()
        self.sign()
        self.stage.until(payout_on)
        return self

    # --- Loan and living support -------------------------------------------------------------------------------------

    def business(self) -> "Journey":
        page = self.at(self.coach)
        page.locator("summary").filter(has_text="Flere").click()
        page.get_by_role("link", name="Ret virksomhed").click()
        page.get_by_label("Virksomhedens navn").fill(self.citizen.business)
        page.get_by_label("Virksomhedsform").select_option(label="Enkeltmandsvirksomhed")
        page.get_by_label("Branche").fill(self.citizen.trade)
        page.get_by_label("CVR-nummer").fill(self.citizen.cvr)
        page.get_by_label("Startet").fill(input_date(self.stage.day))
        self.look(page, "business")
        page.get_by_role("button", name="Gem virksomhed").click()
        said(page, "Virksomheden er gemt.")
        return self

    def propose(self, *, payout_on: date, kind: str = "Lån") -> "Journey":
        page = self.at(self.coach, "loan/")
        self.look(page, "loan-none")
        page.get_by_role("link", name="Foreslå lån eller tilskud").click()
        page.get_by_role("radio", name=re.compile(f"^{kind}:")).check()
        page.get_by_role("radio", name=re.compile("^Kommunens vedtægt om mikrolån")).check()
        page.get_by_label("Hvad skal pengene bruges til?").fill("Symaskine og varelager")
        page.get_by_label("Planlagt udbetaling").fill(input_date(payout_on))
        late = page.get_by_label("Hvorfor så længe efter internatet?")
        if late.count():
            late.fill("Symaskinen bliver først leveret da.")
        if self.citizen.is_pensioner:
            page.get_by_label("Hvilken praksis for").fill("Kommunens praksis for pensionister")
        else:
            page.get_by_label("Hvornår blev revalideringen besluttet?").fill(input_date(self.stage.day))
            page.get_by_label("Henvisning til den afgørelse").fill("Afgørelse om revalidering")
        page.get_by_role("radio", name="Ikke muligt").check()
        page.get_by_label("Hvilket aktiv, eller hvorfor ikke?").fill("Udstyret er for lille til pant")
        self.look(page, "loan-propose")
        page.get_by_role("button", name="Send forslag").click()
        said(page, "Forslaget er sendt til projektlederen.")
        self.look(page, "loan-proposed")
        return self

    def grant(self) -> "Journey":
        page = self.at(LEAD, "loan/")
        page.get_by_role("link", name="Afgør forslaget").click()
        page.get_by_role("radio", name="Bevilget").check()
        self.look(page, "loan-decide")
        page.get_by_role("button", name="Kontrollér afgørelsen").click()
        self.look(page, "loan-decide-check")
        page.get_by_role("button", name="Bevilg, og send brev").click()
        said(page, "Afgørelsen er truffet")
        self.look(page, "loan-granted")
        return self

    def sign(self) -> "Journey":
        page = self.at(self.coach, "loan/")
        page.get_by_role("link", name="Registrér underskrevet aftale").click()
        page.get_by_label("Hvornår blev aftalen underskrevet?").fill(input_date(self.stage.day))
        self.look(page, "loan-agreement")
        page.get_by_role("button", name="Registrér låneaftale").click()
        said(page, "Aftalen er registreret.")
        return self

    def support(self) -> "Journey":
        """The living support, from the planned payout."""
        page = self.at(LEAD, "loan/")
        page.get_by_role("link", name="Bevilg tilskud til forsørgelse").click()
        self.look(page, "support")
        page.get_by_role("button", name="Vis perioden").click()
        self.look(page, "support-check")
        page.get_by_role("button", name=re.compile("^Bevilg tilskud.*send brev")).click()
        said(page, "Tilskud til forsørgelse er bevilget til og med")
        return self

    def to_payout(self, username: str = BENEFITS) -> Page:
        """The payout of this citizen, from the queue."""
        page = self.stage.page(username)
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Udbetalinger")
        self.look(page, "disbursements")
        page.get_by_role("link", name=self.citizen.name).first.click()
        self.look(page, "disbursement")
        return page

    def fill_payout(self, page: Page) -> None:
        page.get_by_label("Bilagsnummer").fill("B-00017")
        page.get_by_label("Jeg har bogført beløbet som lån").check()

    def payout(self) -> "Journey":
        page = self.to_payout()
        self.fill_payout(page)
        page.get_by_role("button", name="Registrér udbetaling").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Udbetalingen er registreret")
        self.look(page, "disbursement-receipt")
        return self

    def to_payment(self, amount: str, on: date | None = None) -> Page:
        page = self.at(BENEFITS, "loan/")
        page.get_by_role("link", name="Registrér indbetaling").click()
        page.get_by_label("Beløb").fill(amount)
        page.get_by_label("Hvornår kom pengene?").fill(input_date(on or self.stage.day))
        page.get_by_label("Bilagsnummer").fill("I-1")
        self.look(page, "payment")
        page.get_by_role("button", name="Vis før og efter").click()
        return page

    def pay(self, amount: str, on: date | None = None) -> "Journey":
        page = self.to_payment(amount, on)
        self.look(page, "payment-check")
        page.get_by_role("button", name="Registrér indbetaling").click()
        said(page, re.compile(r"Indbetalingen på .* er registreret"))
        return self

    # --- The end -----------------------------------------------------------------------------------------------------

    def letter(self, title: str, username: str = COACH) -> str:
        """The words of the newest letter of that name, read from the PDF behind its link under Breve."""
        page = self.at(username, "letters/")
        self.look(page, "letters")
        address = page.get_by_role("link", name=title).first.get_attribute("href")
        reader = PdfReader(BytesIO(page.request.get(str(address)).body()))
        return " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split())

    def aftercare(self) -> "Journey":
        page = self.at(self.coach)
        page.locator("summary").filter(has_text="Flere").click()
        page.get_by_role("link", name="Se den næste fase").click()
        self.look(page, "next-phase")
        page.get_by_role("button", name="Flyt sagen til »Fortsat støtte«").click()
        expect(page.get_by_role("heading", name="Opgaver")).to_be_visible()
        return self

    def close(self, reason: str, *, choice: str, text: str = "", livelihood: str = "") -> Page:
        page = self.at(self.coach)
        page.locator("summary").filter(has_text="Flere").click()
        page.get_by_role("link", name="Afslut sagen").last.click()
        page.get_by_label("Hvorfor afsluttes sagen?").select_option(label=reason)
        page.get_by_role("radio", name=choice).check()
        page.get_by_label("Med ord").fill(text)
        if livelihood:
            page.get_by_label("Hvad lever borgeren af nu?").select_option(label=livelihood)
        self.look(page, "close")
        page.get_by_role("button", name="Kontrollér afslutningen").click()
        expect(page.get_by_role("heading", name="Kontrollér afslutningen")).to_be_visible()
        self.look(page, "close-check")
        page.get_by_role("button", name="Afslut sagen").click()
        said(page, "Sagen er afsluttet.")
        self.look(page, "closed")
        return page
