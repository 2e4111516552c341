"""One citizen's way through the programme: each method is one act, on the screens of whoever may do it."""

import re
from collections.abc import Sequence
from datetime import timedelta

from playwright.sync_api import Page, expect

from microloan.core.danish import input_date
from tests.journeys.stage import (
    CASEWORKER,
    COACH,
    LEAD,
    Citizen,
    Stage,
    dates_in,
    said,
)

NUMBER = re.compile(r"ML-\d{4}-\d{4}")
BOTH = ("Mette Eksempelsen", "Jens Demosen")
ONE = BOTH[:1]
STRENGTHS = "Du kender dit fag godt.\nDu kommer til tiden og tager imod råd."
OWN_MONEY = "Egne midler og anden finansiering"
RESIDENTIAL = "Internat: personlig udvikling og ledelse"


class Journey:
    def __init__(self, stage: Stage, citizen: Citizen) -> None:
        self.stage, self.citizen, self.look = stage, citizen, stage.look
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
        page.get_by_role("group", name=re.compile("ønske")).get_by_role("radio", name="Ja").check()
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
        page = self.stage.page(COACH)
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
        page = self.at(COACH)
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
        page = self.at(COACH, "screenings/")
        self.look(page, "screenings")
        page.get_by_role("button", name=f"Start Screening {number}").click()
        return page

    def fill_screening(self, page: Page, *, staff: Sequence[str] = ONE, rating: int = 4) -> None:
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

    def recommend(
        self, number: int, recommendation: str, *, staff: Sequence[str] = ONE, rating: int = 4
    ) -> "Journey":
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

    def screening(self, number: int, outcome: str, *, staff: Sequence[str] = ONE) -> "Journey":
        self.recommend(number, outcome, staff=staff)
        self.stage.wait(1)
        page = self.to_decide(number)
        page.get_by_role("radio", name=re.compile(f"^{outcome}")).check()
        self.lock_decision(page, number)
        return self

    # --- Plan, budget and courses ------------------------------------------------------------------------------------

    def budget(self, loan: str = "28.000") -> "Journey":
        page = self.at(COACH, "budget/")
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
        page = self.stage.page(COACH)
        page.goto("/courses/")
        page.get_by_role("link", name="Planlæg kursushold").first.click()
        page.get_by_label("Modul").select_option(label=module)
        page.get_by_label("Første mødegang").fill(input_date(self.stage.day + timedelta(days=3)))
        page.get_by_label("Antal mødegange").fill(str(sessions))
        page.get_by_role("radio", name="dage i træk").check()
        page.get_by_label("Fra", exact=True).fill("9.00")
        page.get_by_label("Til", exact=True).fill("15.00")
        page.get_by_label("Sted").fill("Kursuscentret ved søen")
        self.look(page, "course-plan")
        page.get_by_role("button", name="Planlæg kursushold").click()
        said(page, "Kursusholdet er planlagt.")
        run = page.url
        self.at(COACH, "courses/")
        self.look(page, "case-courses")
        page.get_by_role("button", name=re.compile(rf"Tilmeld borger\s*: {module}")).click()
        said(page, "Borgeren har fået en plads.")
        page.goto(run)
        panel = page.get_by_role("region", name="Mødegange")
        last = max(dates_in(panel.inner_text()))
        self.stage.until(last)
        for index in range(sessions):
            page.goto(run)
            panel.get_by_role("link").nth(index).click()
            page.get_by_role("group", name=self.citizen.name).get_by_role("radio", name="Mødt").check()
            self.look(page, "course-attendance")
            page.get_by_role("button", name="Gem fremmøde").click()
            said(page, "Fremmødet er gemt for 1 af 1.")
        self.look(page, "course-run")
        return self
