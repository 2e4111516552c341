"""Plays one invented citizen through the programme with the real services, each step on its own day by the right role.

Used by `seed_demo` and by the tests that need a case at a certain point. A story stops where it is told to.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from cases import services as cases
from cases.closing import open_at_closing
from cases.enums import BusinessForm, Channel, ClosedBy, ClosingReason, ContactKind, ContactState, Livelihood, Phase
from cases.models import CaseFile, Cohort
from courses import services as courses
from courses.enums import AttendanceMark
from courses.models import CourseModule, CourseRun
from loans import services as loans
from loans.enums import Charge, LoanOutcome, SupportKind
from loans.models import Loan, LoanDecision
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.calendars import is_working_day, next_banking_day
from microloan.core.clock import COPENHAGEN
from microloan.core.months import add_months, month_start
from microloan.policy.services import bases_for_loans
from reports.demo.budgets import year_budget_rows
from reports.demo.referrals import partner_for
from screening import services as screening
from screening.enums import Hearing, LineKind, Outcome, VatPeriod
from screening.models import HearingRecord, Screening
from screening.rules import usual_answer

POSTCODE = "9999"  # no place has it, and every form takes it


SEAT_ALL_THE_SAME = "Borgeren kender begge tider og vælger kurset."


@dataclass(frozen=True)
class Cast:
    """Who does what: each step is taken by the role that may take it."""

    caseworker: User
    coach: User
    second_coach: User
    lead: User
    benefits_officer: User


@dataclass(frozen=True)
class Person:
    """An invented citizen and business. CPR numbers use day + 60 (danish-rules.md §7)."""

    cpr: str
    name: str
    idea: str
    business: str
    trade: str
    cvr: str
    livelihood: str = Livelihood.CASH_BENEFIT
    phone: str = "00000000"
    street: str = "Eksempelgade 12, 3. tv"
    loan: Decimal = Decimal("35000.00")
    channel: str = Channel.CASEWORKER
    answers: dict[str, str] = field(default_factory=dict)
    protected: bool = False


# Words for screenings, written for a reader who is the citizen (ui-guide.md §3.3).
STRENGTHS = "Du kender dit fag godt.\nDu kommer til tiden og har lyst til at lære."
PERSON = "Du er vedholdende, og du tager imod råd."
MONEY = "Du har et nøgternt billede af, hvad det koster at starte."
PLAN = "Planen beskriver kunder, priser og de første måneder."
# The same where it does not hold yet.
MONEY_SHORT = "Budgettet viser ikke endnu, hvor salget skal komme fra."
PLAN_SHORT = "Planen mangler kunder, som har sagt ja."
RATED = {
    1: "Det mangler. Vi har aftalt, hvad du gør først.",
    2: "Det skal du arbejde videre med.",
    3: "Det er på vej.",
    4: "Det går godt.",
    5: "Det er en klar styrke.",
}
SHOWN = "Du har ikke fundet kunder endnu.\nBudgettet viser, at lånet ikke kan betales tilbage."
ANSWER = "Du har sagt, at du har brug for mere tid til at finde kunder."
END = "Virksomheden har fået kunder nok til at klare sig uden tilskuddet."
NO = loans.Answer(
    LoanOutcome.REFUSED,
    reasons="Virksomheden kan ikke bære gælden.",
    hearing=Hearing.ANSWERED,
    hearing_note="Du har set budgettet og fik en uge til at svare. Du skrev, at du håber på flere kunder til foråret.",
)
CHATS = (
    "Vi gik regningerne igennem og aftalte, hvad der skal betales først.",
    "To nye kunder siden sidst. Vi talte om priser.",
    "Vi øvede, hvordan man siger nej til en opgave, der ikke kan betale sig.",
    "Regnskabet er ført til dato. Næste gang ser vi på momsen.",
    "En stille uge. Vi lagde en plan for, hvem der skal ringes til.",
)


def next_working_day(day: date) -> date:
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


class Story:
    """One case on its way. Every method takes the days it needs and leaves the clock at the last of them."""

    def __init__(self, cast: Cast, person: Person, start: date) -> None:
        self.cast, self.person = cast, person
        self.day = start
        self.case: CaseFile

    def wait(self, days: int) -> "Story":
        self.day += timedelta(days=days)
        return self

    def until(self, day: date) -> "Story":
        self.day = max(self.day, day)
        return self

    def _at(self, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(self.day, time(hour, minute), tzinfo=COPENHAGEN)

    @contextmanager
    def _stretch(self) -> Iterator[None]:
        """Many steps of one kind: the tasks are worked out once, after the last."""
        with cases.tasks_held_back():
            yield
        with clock.at(self._at(16)):
            cases.reconcile_tasks(case=self.case, today=self.day)

    # --- Referred and recruitment ------------------------------------------------------------------------------------

    def refer(self) -> "Story":
        person = self.person
        with clock.at(self._at(10, 15)):
            self.case = cases.refer(
                data=cases.ReferralData(
                    cpr=person.cpr,
                    name=person.name,
                    phone=person.phone,
                    livelihood=person.livelihood,
                    own_wish=True,
                    idea=person.idea,
                    citizen_informed=True,
                    best_time="formiddag",
                    channel=person.channel,
                    partner=partner_for(person.channel, int(person.cpr[-2:])),
                    centre=self.cast.caseworker.centre,
                    answers=person.answers,
                    citizen={
                        "street": person.street,
                        "postcode": POSTCODE,
                        "city": "Prøveby",
                        "protected_address": person.protected,
                        "sex": "M" if int(person.cpr[-1]) % 2 else "K",
                    },
                ),
                by=self.cast.caseworker if person.channel == Channel.CASEWORKER else self.cast.coach,
                today=self.day,
            )
        return self

    def accept(self) -> "Story":
        with clock.at(self._at(9, 30)):
            self.case = cases.accept(case=self.case, coach=self.cast.coach, by=self.cast.lead, today=self.day)
        return self

    def without_coach(self) -> "Story":
        """Taken into recruitment by the project lead, who has not found a coach yet."""
        with clock.at(self._at(9, 40)):
            self.case = cases.enter_phase(case=self.case, phase=Phase.RECRUITMENT, by=self.cast.lead, today=self.day)
        return self

    def contact(
        self,
        kind: ContactKind,
        state: ContactState = ContactState.ATTENDED,
        *,
        notes: str = "",
        staff: Sequence[User] = (),
    ) -> "Story":
        hour = 8 + self.case.pk % 4  # not everybody at ten o'clock
        at = self._at(hour)
        with clock.at(self._at(hour + 1)):
            cases.register_contact(
                case=self.case,
                kind=kind,
                at=at,
                state=state,
                staff=list(staff) or [self.cast.coach],
                place="Café Torvet" if kind == ContactKind.FIRST_MEETING else "",
                notes=notes,
                by=self.cast.coach,
                today=self.day,
            )
        return self

    def recruitment(self) -> "Story":
        both = [self.cast.coach, self.cast.second_coach]
        self.wait(4).contact(ContactKind.TELEPHONE_INTERVIEW, notes="Vi talte om idéen og om, hvad forløbet kræver.")
        self.wait(7).contact(
            ContactKind.FIRST_MEETING, staff=both, notes="Første møde. Skemaet til planen er udleveret."
        )
        return self.wait(10).contact(ContactKind.SECOND_MEETING, notes="Personprofilen er gennemgået.")

    def keep_in_touch(
        self, today: date, *, every: int, kind: ContactKind = ContactKind.COACHING, since: date | None = None
    ) -> "Story":
        """Talk every so many days from the story's day (or `since`) up to today, on working days."""
        day = since or max(self.day, self.case.phase_entered_on)
        with self._stretch():
            while (day := next_working_day(day + timedelta(days=every))) <= today:
                self.day = day
                self.contact(kind, notes=CHATS[(day.toordinal() // every) % len(CHATS)])
        return self

    def plan_next(self, day: date, hour: int) -> "Story":
        """Agree on the next meeting."""
        at = datetime.combine(next_working_day(day), time(hour, 0), tzinfo=COPENHAGEN)
        with clock.at(self._at(11, 30)):
            cases.plan_contact(
                case=self.case,
                kind=ContactKind.COACHING,
                at=at,
                place="Café Torvet",
                staff=[self.cast.coach],
                by=self.cast.coach,
                minutes=90,
                today=self.day,
            )
        return self

    # --- Screenings --------------------------------------------------------------------------------------------------

    def recommend(self, number: int, recommendation: Outcome = Outcome.CONTINUE, *, value: int = 4) -> Screening:
        staff = [self.cast.coach, self.cast.second_coach]
        with clock.at(self._at(13, 0)):
            row = screening.open_screening(case=self.case, number=number, by=self.cast.coach, today=self.day)
            warnings = screening.current_warnings(row, self.day)
            draft = screening.ScreeningDraft(
                held_on=self.day,
                staff=staff,
                strengths=STRENGTHS,
                person=PERSON,
                money=MONEY if value > 2 else MONEY_SHORT,
                plan=PLAN if value > 2 else PLAN_SHORT,
                scores=self._ratings(row, value),
                answers=dict.fromkeys(warnings, "Vi har talt om det og fundet en løsning."),
            )
            row = screening.save_draft(
                screening=row, draft=draft, version=row.version, by=self.cast.coach, today=self.day
            )
            return screening.recommend(screening=row, recommendation=recommendation, by=self.cast.coach, today=self.day)

    def _ratings(self, row: Screening, usual: int) -> dict[int, tuple[int | None, str]]:
        """Around the usual one: people are good at different things."""
        ratings = {}
        for place, score in enumerate(row.scores.all()):
            value = usual + (0, 1, 0, -1, 0)[(self.case.pk + 2 * place + row.number) % 5]
            ratings[score.criterion_id] = (value, RATED[value])
        return ratings

    def screen(self, number: int, outcome: Outcome = Outcome.CONTINUE, **values: object) -> "Story":
        """Hold and decide a screening; `values` fill what the decision gives (modules, months)."""
        row = self.recommend(number, outcome, value=4 if outcome == Outcome.CONTINUE else 2)
        if outcome == Outcome.STOP and number < 4:
            self.wait(1).hear(row)
        self.wait(3)
        with clock.at(self._at(14, 0)):
            screening.decide(
                screening=row,
                decision=screening.ScreeningDecision(
                    outcome=outcome,
                    reasons=""
                    if outcome == Outcome.CONTINUE
                    else END
                    if number == 4
                    else "Planen kan ikke bære et lån endnu.",
                    improvements="Find to faste kunder, før du kommer igen." if outcome == Outcome.REVISE else "",
                    return_by=self.day + timedelta(days=28) if outcome == Outcome.REVISE else None,
                    hearing=Hearing.ANSWERED if outcome == Outcome.STOP and number < 4 else "",
                    hearing_note=ANSWER if outcome == Outcome.STOP and number < 4 else "",
                    values=values,
                ),
                by=self.cast.lead,
                today=self.day,
            )
        return self.refresh()

    def ask(self, row: Screening) -> HearingRecord:
        """What a stop would rest on is shown to the citizen, who has a fortnight to answer."""
        with clock.at(self._at(15, 10)):
            return screening.hold_hearing(
                screening=row,
                shown=SHOWN,
                answer_by=usual_answer(self.day),
                by=self.cast.coach,
                today=self.day,
            )

    def hear(self, row: Screening) -> "Story":
        record = self.ask(row)
        self.wait(5)
        with clock.at(self._at(11, 5)):
            screening.record_answer(
                record=record, answer=ANSWER, answered_on=self.day, by=self.cast.coach, today=self.day
            )
        return self

    def refresh(self) -> "Story":
        self.case = CaseFile.objects.get(pk=self.case.pk)
        return self

    def budget(self, *, extra: Decimal = Decimal("0")) -> "Story":
        own = Decimal("5000")
        with clock.at(self._at(11, 30)):
            screening.save_budget(
                case=self.case,
                lines=[
                    screening.LineData(
                        LineKind.EXPENSE, "Udstyr og værktøj", self.person.loan - Decimal("5000") + extra
                    ),
                    screening.LineData(LineKind.EXPENSE, "Varelager", Decimal("7000")),
                    screening.LineData(LineKind.EXPENSE, "Hjemmeside og skilt", Decimal("3000")),
                    screening.LineData(LineKind.OWN_FUNDS, "Egen opsparing", own),
                ],
                note="",
                by=self.cast.coach,
                today=self.day,
            )
        return self

    def year_budgets(self, *, first_sales: int = 1) -> "Story":
        """An operating and a liquidity budget from the month to come; the sales begin in month `first_sales`."""
        starts_on = add_months(month_start(self.day), 2)
        data = screening.FrameData(starts_on, VatPeriod.QUARTER.value, opening=Decimal("4000"), b_tax=Decimal("6000"))
        with clock.at(self._at(11, 45)):
            for kind, rows in year_budget_rows(first_sales).items():
                screening.save_year_budget(
                    case=self.case, kind=kind, rows=rows, data=data, note="", by=self.cast.coach, today=self.day
                )
        return self

    def development(self) -> "Story":
        self.wait(10).contact(ContactKind.COACHING, notes="Vi arbejdede med priser og kunder.")
        self.wait(12).budget().contact(ContactKind.COACHING, notes="Første budget er lagt.")
        return self.wait(14).contact(ContactKind.COACHING, ContactState.EXCUSED)

    # --- Courses -----------------------------------------------------------------------------------------------------

    def enrol(self, *runs: CourseRun) -> "Story":
        for run in runs:
            with clock.at(self._at(9, 0)):
                courses.enrol(run=run, case=self.case, by=self.cast.coach, today=self.day, overruled=SEAT_ALL_THE_SAME)
        return self

    def attend(self, run: CourseRun, *, missed: Sequence[int] = ()) -> "Story":
        """Take part in every session of a run but those whose index is in `missed`."""
        enrolment = self.case.enrolments.get(run=run)
        with self._stretch():
            for index, session in enumerate(run.sessions.order_by("starts_at")):
                held = session.starts_at.astimezone(COPENHAGEN)
                self.day = max(self.day, held.date())
                mark = AttendanceMark.ABSENT if index in missed else AttendanceMark.PRESENT
                with clock.at(held + timedelta(hours=3)):
                    courses.mark_attendance(
                        session=session, marks={enrolment.pk: mark}, by=self.cast.coach, today=held.date()
                    )
        return self

    # --- Loan --------------------------------------------------------------------------------------------------------

    def register_business(self) -> "Story":
        person = self.person
        with clock.at(self._at(10, 0)):
            cases.save_business(
                case=self.case,
                name=person.business,
                form=BusinessForm.SOLE_PROPRIETORSHIP,
                trade=person.trade,
                cvr=person.cvr,
                started_on=self.day,
                by=self.cast.coach,
                today=self.day,
            )
        return self.refresh()

    def approve_budget(self) -> "Story":
        with clock.at(self._at(12, 0)):
            screening.approve_budget(budget=screening.latest_budget(self.case), by=self.cast.lead, today=self.day)
        return self

    def propose(self, kind: str = SupportKind.LOAN) -> LoanDecision:
        pensioner = self.case.is_pensioner
        with clock.at(self._at(10, 45)):
            return loans.propose(
                case=self.case,
                proposal=loans.Proposal(
                    kind=kind,
                    amount=self.person.loan,
                    purpose="Udstyr, varelager og hjemmeside",
                    planned_payout_on=next_banking_day(self.day + timedelta(days=10)),
                    late_start_reason="Udstyret bliver først leveret da.",
                    legal_basis=bases_for_loans(self.day)[0],
                    over_maximum_reason="Maskinen kan ikke fås billigere." if self.person.loan > 50000 else "",
                    rehabilitation_on=None if pensioner else self.day - timedelta(days=2),
                    rehabilitation_reference="Kommunens praksis for pensionister"
                    if pensioner
                    else "Afgørelse om revalidering",
                    declared_fit_on=self.day if self.case.livelihood == Livelihood.SICKNESS_BENEFIT else None,
                    charge=Charge.NOT_POSSIBLE,
                    charge_note="Udstyret er for lille til pant",
                ),
                by=self.cast.coach,
                today=self.day,
            )

    def decide(self, outcome: str = LoanOutcome.GRANTED) -> "Story":
        decision = LoanDecision.objects.get(case=self.case, decided_at=None)
        with clock.at(self._at(13, 15)):
            loans.decide_loan(
                decision=decision,
                answer=loans.Answer(outcome) if outcome == LoanOutcome.GRANTED else NO,
                by=self.cast.lead,
                today=self.day,
            )
        return self

    @property
    def loan(self) -> Loan:
        return Loan.objects.get(case=self.case)

    def support(self) -> "Story":
        with clock.at(self._at(13, 30)):
            loans.decide_support(
                case=self.case,
                starts_on=self.loan.planned_payout_on,
                reasons="",
                by=self.cast.lead,
                today=self.day,
            )
        return self

    def sign(self) -> "Story":
        with clock.at(self._at(9, 45)):
            loans.register_agreement(loan=self.loan, signed_on=self.day, by=self.cast.coach, today=self.day)
        return self

    def approval(self) -> "Story":
        """From screening 3 to an order in the benefits officer's queue."""
        self.wait(2).register_business().approve_budget()
        self.wait(2).propose()
        self.wait(2).decide()
        if not self.case.is_pensioner:
            self.support()
        return self.wait(3).sign()

    def payout(self) -> "Story":
        self.until(self.loan.planned_payout_on)
        with clock.at(self._at(9, 10)):
            loans.register_payout(
                order=self.loan.order,
                paid_on=self.day,
                voucher=f"B-{self.loan.pk:05d}",
                booked=True,
                by=self.cast.benefits_officer,
                today=self.day,
            )
        return self.refresh()

    def pay(self, amount: Decimal, on: date, key: str) -> "Story":
        self.until(on)
        with clock.at(self._at(8, 30)):
            loans.register_payment(
                loan=self.loan,
                amount=amount,
                value_date=on,
                key=key,
                by=self.cast.benefits_officer,
                today=self.day,
                voucher=key,
            )
        return self

    def pay_until(self, end: date, *, skip: Sequence[int] = ()) -> "Story":
        """Pay each instalment on its due date up to a day, but those whose number is in `skip`."""
        plan = self.loan.plan_versions.order_by("-version").first()
        with self._stretch():
            for line in plan.instalments.filter(due_on__lte=end).order_by("number"):
                if line.number not in skip:
                    self.pay(line.amount, line.due_on, f"demo-{self.loan.pk}-{line.number}")
        return self

    def change_plan(self, wanted: loans.Wanted, asked: str, *, decided: bool = True) -> "Story":
        """A change of plan proposed by the coach, and granted by the project lead or left to be decided."""
        with clock.at(self._at(11, 0)):
            change = loans.propose_change(
                loan=self.loan, wanted=wanted, asked=asked, by=self.cast.coach, today=self.day
            )
            if decided:
                answer = loans.Answer(LoanOutcome.GRANTED)
                loans.decide_change(change=change, answer=answer, by=self.cast.lead, today=self.day)
        return self

    # --- Main course and on ------------------------------------------------------------------------------------------

    def self_evaluation(self) -> "Story":
        with clock.at(self._at(10, 30)):
            loans.request_self_evaluation(case=self.case, by=self.cast.coach, today=self.day)
        return self

    def coaching_weekly(self, weeks: int) -> "Story":
        with self._stretch():
            for _week in range(weeks):
                self.wait(7).contact(ContactKind.COACHING, notes="Ugentlig samtale: kunder, regninger og næste skridt.")
        return self

    def aftercare(self) -> "Story":
        with clock.at(self._at(9, 0)):
            cases.enter_phase(case=self.case, phase=Phase.AFTERCARE, by=self.cast.coach, today=self.day)
        return self.refresh()

    def close(self, reason: str, choice_of: str = ClosedBy.CITIZEN, text: str = "") -> "Story":
        with clock.at(self._at(15, 0)):
            cases.close_case(
                case=self.case,
                reason=reason,
                choice_of=choice_of,
                text=text,
                answers={thing.key: "Talt igennem ved afslutningen." for thing in open_at_closing(self.case, self.day)},
                by=self.cast.coach,
                today=self.day,
            )
        return self.refresh()

    def complete(self) -> "Story":
        return self.close(ClosingReason.COMPLETED)

    def join(self, cohort: Cohort) -> "Story":
        with clock.at(self._at(14, 30)):
            cases.set_cohort(case=self.case, cohort=cohort, by=self.cast.coach)
        return self.refresh()


def plan_run(
    cast: Cast, module: CourseModule, first: date, *, cohort: Cohort | None = None, place: str = "Kursuscentret"
) -> CourseRun:
    """Plan a run from its format: weekly for eight meetings, else on consecutive days."""
    step = 7 if module.sessions > 4 else 1
    sessions = []
    for index in range(module.sessions):
        day = first + timedelta(days=index * step)
        start = datetime.combine(day, time(9, 0), tzinfo=COPENHAGEN)
        sessions.append((start, start + timedelta(minutes=int(module.hours_per_session * 60))))
    with clock.at(first - timedelta(days=30)):
        return courses.plan_run(
            module=module,
            place=place,
            capacity=12,
            sessions=sessions,
            teacher=None,
            cohort=cohort,
            by=cast.coach,
            overruled="Der er flere lokaler på stedet.",
        )
