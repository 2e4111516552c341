"""A municipality of about sixty invented citizens: at least one in every phase, and every trouble of domain.md §1.

Built by the same services as real data, over simulated time up to today; dates are relative to today.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice

from cases.enums import ClosedBy, ClosingReason, ContactKind, ContactState, Livelihood, Phase
from cases.models import CaseFile, Cohort, LivelihoodPeriod
from courses.enums import EnrolmentState
from courses.models import CourseModule, CourseRun
from courses.services import ensure_catalogue
from loans import services as loans
from loans.enums import DefermentKind, LoanOutcome, PlanChangeKind
from loans.queries import position_of
from microloan.accounts.demo import ensure_demo_users
from microloan.core import clock
from microloan.core.jobs import run_jobs
from microloan.core.months import add_months, month_start
from microloan.policy.models import LegalBasis, Municipality
from microloan.policy.services import ensure_defaults
from reports.demo import arrears as late
from reports.demo import worklist
from reports.demo.around import put_people_around, sharpen_criteria, sit_in, stand_in
from reports.demo.meetings import lay_the_ground, network
from reports.demo.papers import add_papers
from reports.demo.participants import fill_a_course, round_off_the_cohort
from reports.demo.payments import add_payments
from reports.demo.people import people
from reports.demo.plans import (
    detailed_plan,
    evaluated,
    form_waiting,
    forms_that_do_not_fit,
    profile_and_plan,
)
from reports.demo.referrals import keep_partners, read_old_news, refer_again, write_down_inquiry
from reports.demo.story import POSTCODE, Cast, Person, Story, plan_run
from screening.enums import Outcome
from screening.services import ensure_criteria

# Days between the conversations of a case that is looked after (domain.md §3.5).
RHYTHM = {
    Phase.RECRUITMENT: 9,
    Phase.BUSINESS_DEVELOPMENT: 11,
    Phase.COURSES: 12,
    Phase.APPROVAL: 8,
    Phase.MAIN_COURSE: 7,
    Phase.AFTERCARE: 60,
}
# The daily jobs are run for this many days up to today, so that reminders and tasks are there.
JOB_DAYS = 30
# What the municipality has set aside for loans this year, in kroner.
FRAME = Decimal("750000.00")


def ensure_reference_data() -> None:
    """Rules, legal bases, criteria and catalogue of the demo. The local basis is the municipality's own (domain.md §7.1)."""
    ensure_defaults()
    ensure_criteria()
    ensure_catalogue()
    LegalBasis.objects.filter(code="local_basis", reference="").update(
        title="Kommunens vedtægt om mikrolån",
        reference="kommunens vedtægt om mikrolån §\u00a04",
        support_reference="kommunens vedtægt om mikrolån §\u00a07",
        allows_loan=True,
        allows_grant=True,
        allows_support=True,
    )
    Municipality.objects.filter(pk=1, name="Kommunen").update(
        name="Testkommune", street="Prøvevej 1", postcode=POSTCODE, city="Prøveby", website="testkommune.example"
    )
    Municipality.objects.filter(pk=1, loan_account="").update(
        loan_account="Udlån 0-000-001",
        grant_account="Tilskud 0-000-002",
        payment_accounts="0040 0440116243",
    )


def clock_day(moment: datetime) -> date:
    return moment.astimezone(clock.COPENHAGEN).date()


@dataclass
class Town:
    """Who is there, and the courses planned so far."""

    today: date
    casts: list[Cast]
    crowd: Iterator[Person]
    runs: list[CourseRun] = field(default_factory=list)
    made: int = 0
    kept: list[Story] = field(default_factory=list)

    def story(self, days_ago: int, *, neglected: bool = False, **changes: object) -> Story:
        """The next citizen's story, begun that many days ago; on a working day. A neglected one shows what is late."""
        start = self.today - timedelta(days=days_ago)
        while start.weekday() > 4:
            start -= timedelta(days=1)
        cast = self.casts[self.made % len(self.casts)]
        self.made += 1
        story = Story(cast, replace(next(self.crowd), **changes), start)  # type: ignore[arg-type]
        if not neglected:
            self.kept.append(story)
        return story

    def catch_up(self) -> None:
        """The team has kept in touch with everybody but the neglected, up to the last days (domain.md §3.5)."""
        for index, story in enumerate(self.kept):
            case = story.refresh().case
            if case.phase not in RHYTHM:
                continue
            story.day = max([case.phase_entered_on, *(clock_day(contact.at) for contact in case.contacts.all())])
            self._rhythms(story, case)
            story.keep_in_touch(self.today, every=RHYTHM[Phase(case.phase)])
            if index % 3:
                story.plan_next(self.today + timedelta(days=index % 10), hour=9 + index % 6)

    def _rhythms(self, story: Story, case: CaseFile) -> None:
        """The caseworker's follow-up each quarter, and the network meeting each month of the main course."""
        meetings = [(ContactKind.FOLLOW_UP, case.opened_on, 85)] if case.phase != Phase.AFTERCARE else []
        if case.phase == Phase.MAIN_COURSE:
            meetings.append((ContactKind.NETWORK_MEETING, case.phase_entered_on, 29))
        for kind, since, every in meetings:
            rhythm = Story(story.cast, story.person, since)
            rhythm.case = case
            rhythm.keep_in_touch(self.today, every=every, kind=kind, since=since)

    def run(self, code: str, after: date) -> CourseRun:
        """A run of a module that begins soon after a day and has a seat; planned where there is none."""
        for run in self.runs:
            taken = run.enrolments.filter(state=EnrolmentState.ENROLLED).count()
            if run.module.code == code and timedelta(2) <= run.starts_on - after <= timedelta(14) and taken < 11:
                return run
        first = after + timedelta(days=3)
        while first.weekday() != 0:
            first += timedelta(days=1)
        run = plan_run(
            self.casts[0],
            CourseModule.objects.get(code=code),
            first,
            cohort=self.cohort(first),
            place="Kursuscentret ved søen",
        )
        self.runs.append(run)
        return run

    def cohort(self, day: date) -> Cohort:
        """The cohort of a half year, numbered on from the former ones."""
        half = (day.year - 2024) * 2 + (day.month > 6)
        start = date(day.year, 7 if day.month > 6 else 1, 1)
        end = date(day.year, 12, 31) if day.month > 6 else date(day.year, 6, 30)
        return Cohort.objects.get_or_create(code=f"M{10 + half}", defaults={"start_on": start, "end_on": end})[0]


# --- Parts of a journey, each ending where its name says ---------------------------------------------------------------


def in_recruitment(town: Town, story: Story) -> Story:
    return story.refer().wait(3).accept()


def in_development(town: Town, story: Story) -> Story:
    return in_recruitment(town, story).recruitment().wait(5).screen(1)


def in_courses(town: Town, story: Story) -> Story:
    story = in_development(town, story).development().wait(5)
    modules = [CourseModule.objects.get(code="vat_tax")] if town.made % 2 else []
    story.screen(2, modules=modules)
    return story.join(town.cohort(story.day))


def with_courses_done(town: Town, story: Story, *, missed: Sequence[int] = ()) -> Story:
    """The courses are held. Some miss a day of a course that they chose; `missed`: days of the residential course."""
    story = in_courses(town, story)
    if town.made % 2:
        run = town.run("vat_tax", story.day)
        story.enrol(run).attend(run, missed=(1,) if town.made % 3 == 0 else ())
    run = town.run("residential_course", story.day)
    return story.enrol(run).attend(run, missed=missed)


def in_approval(town: Town, story: Story) -> Story:
    return with_courses_done(town, story).wait(2).screen(3)


def in_queue(town: Town, story: Story) -> Story:
    return in_approval(town, story).approval()


def in_main_course(town: Town, story: Story) -> Story:
    return in_queue(town, story).payout()


def support_end(story: Story) -> date:
    last = story.case.support_periods.order_by("starts_on").last()
    return last.ends_on if last else story.day + timedelta(weeks=26)


def in_aftercare(town: Town, story: Story, *, extend: int = 0) -> Story:
    in_main_course(town, story).coaching_weekly(4)
    if extend:
        story.until(support_end(story) - timedelta(weeks=5)).screen(4, months=extend)
    end = support_end(story)
    story.until(end - timedelta(weeks=5)).screen(4, Outcome.CONTINUE if story.case.is_pensioner else Outcome.STOP)
    story.until(end + timedelta(days=1)).aftercare()
    now = CaseFile.objects.get(pk=story.case.pk)
    LivelihoodPeriod.objects.create(citizen=now.citizen, kind=Livelihood.OWN_BUSINESS, from_on=story.day)
    return story


# --- The sixty ---------------------------------------------------------------------------------------------------------


def _referred(town: Town) -> None:
    for days_ago in (1, 2, 6, 13):
        town.story(days_ago).refer()


def _recruitment(town: Town) -> None:
    in_recruitment(town, town.story(6))
    in_recruitment(town, town.story(12)).wait(4).contact(ContactKind.TELEPHONE_INTERVIEW)
    # No contact for more than 14 days.
    in_recruitment(town, town.story(40, neglected=True)).wait(4).contact(ContactKind.TELEPHONE_INTERVIEW)
    # Did not come to the first meeting.
    story = in_recruitment(town, town.story(24)).wait(4).contact(ContactKind.TELEPHONE_INTERVIEW)
    story.wait(7).contact(ContactKind.FIRST_MEETING, ContactState.NO_SHOW)
    in_recruitment(town, town.story(31, livelihood=Livelihood.DISABILITY_PENSION)).recruitment()
    # Taken in, and nobody has been made the coach yet.
    town.story(9, neglected=True).refer().without_coach()
    # Screening 1 waits for the project lead.
    profile_and_plan(in_recruitment(town, town.story(34)).recruitment().wait(3)).recommend(1)


def _development(town: Town) -> None:
    for days_ago in (34, 41):
        in_development(town, town.story(days_ago))
    story = profile_and_plan(in_development(town, town.story(60)).wait(10).budget().year_budgets())
    form_waiting(detailed_plan(story.contact(ContactKind.COACHING)))
    forms_that_do_not_fit(profile_and_plan(in_development(town, town.story(52))))
    # A stop is recommended; the citizen has been asked, and has some days left to answer.
    story = in_development(town, town.story(80)).development().until(town.today - timedelta(days=7))
    story.ask(story.recommend(2, Outcome.STOP, value=2))
    in_development(town, town.story(86)).development().wait(5).screen(2, Outcome.REVISE)
    in_development(town, town.story(80)).development().wait(3).recommend(2)


def _courses(town: Town) -> None:
    for days_ago in (80, 84):
        in_courses(town, town.story(days_ago))
    for days_ago in (86, 92):
        story = in_courses(town, town.story(days_ago))
        story.enrol(town.run("residential_course", town.today))
    with_courses_done(town, town.story(122)).year_budgets()
    # Was away for half of the residential course.
    with_courses_done(town, town.story(116), missed=(1, 2))
    # The money runs out before the first sale.
    with_courses_done(town, town.story(126)).year_budgets(first_sales=7).wait(2).screen(3, Outcome.REVISE)
    with_courses_done(town, town.story(124)).year_budgets().wait(2).recommend(3)


def _approval(town: Town) -> None:
    # Yellow first: no money before the first sale. Green with the budget that came back.
    story = with_courses_done(town, town.story(142)).year_budgets(first_sales=7).wait(2).screen(3, Outcome.REVISE)
    story.wait(9).year_budgets().wait(2).screen(3)
    in_approval(town, town.story(130)).wait(2).register_business().approve_budget().wait(2).propose()
    # Waits for the signature.
    story = in_approval(town, town.story(134)).wait(2).register_business().approve_budget().wait(2)
    story.propose()
    story.wait(2).decide().support()
    # In the queue, on time and late (the old fault: two months instead of one).
    in_queue(town, town.story(136))
    in_queue(town, town.story(170, neglected=True))
    # Sent back by the benefits officer.
    story = in_queue(town, town.story(140)).wait(1)
    with clock.at(story.day):
        loans.send_back(
            order=story.loan.order,
            reason="Der mangler kontering på bilaget.",
            by=story.cast.benefits_officer,
            today=story.day,
        )


def _main_course(town: Town) -> None:
    for days_ago, weeks in ((150, 2), (165, 4), (190, 6), (220, 4)):
        story = in_main_course(town, town.story(days_ago)).coaching_weekly(weeks)
        story.pay_until(town.today)
    # A pensioner: no living support, the same loan.
    story = in_main_course(town, town.story(200, livelihood=Livelihood.DISABILITY_PENSION)).coaching_weekly(5)
    story.pay_until(town.today)
    # The first instalments were missed.
    in_main_course(town, town.story(230, neglected=True)).coaching_weekly(6).pay_until(town.today, skip=(2, 3))
    # The self-evaluation waits for its answer; extended by two months, with a goal that is late; the end is decided.
    story = in_main_course(town, town.story(258)).coaching_weekly(8)
    story.until(support_end(story) - timedelta(weeks=8)).self_evaluation().pay_until(town.today)
    story = in_main_course(town, town.story(345)).coaching_weekly(8)
    story.until(support_end(story) - timedelta(weeks=8)).self_evaluation()
    evaluated(story.wait(9))
    story.until(support_end(story) - timedelta(weeks=5)).screen(4, months=2).pay_until(town.today)
    story = in_main_course(town, town.story(318)).coaching_weekly(8)
    story.until(support_end(story) - timedelta(weeks=5)).screen(4, Outcome.STOP).pay_until(town.today)


def _aftercare(town: Town) -> None:
    in_aftercare(town, town.story(400)).pay_until(town.today)
    # A pause in force, and a lower instalment that the project lead has still to decide.
    story = in_aftercare(town, town.story(460)).pay_until(town.today)
    pause = loans.Wanted(PlanChangeKind.DEFERMENT, _month(story.day, 2), months=3, deferment_kind=DefermentKind.GRANTED)
    story.change_plan(pause, "Butikken er lukket de tre måneder, hvor der ikke er turister.")
    story = in_aftercare(town, town.story(520)).pay_until(town.today)
    lower = loans.Wanted(PlanChangeKind.NEW_AMOUNT, _month(story.day, 2), amount=Decimal(400))
    story.change_plan(lower, "Huslejen er steget. Borgeren vil gerne betale lidt mindre hver måned.", decided=False)
    in_aftercare(town, town.story(540), extend=3).pay_until(town.today)
    # The ladder of domain.md §7.6. Late with one instalment; with two, and paused; with three, and nobody answers; with
    # recovery.
    late.pay_but_the_last(in_aftercare(town, town.story(420)), 1, town.today)
    story = in_aftercare(town, town.story(470))
    late.pay_but_the_last(story, 2, town.today)
    late.pause(story, town.today)
    story = in_aftercare(town, town.story(430, livelihood=Livelihood.DISABILITY_PENSION))
    late.write_and_call(story, late.pay_but_the_last(story, 3, town.today))
    story = in_aftercare(town, town.story(530))
    due = late.pay_but_the_last(story, 4, town.today)
    late.write_and_call(story, due)
    late.hand_over(story, due, town.today)
    # Lives on an address that is protected.
    in_aftercare(town, town.story(480, protected=True)).pay_until(town.today)


def _month(day: date, later: int) -> date:
    """The first of the month so many months later."""
    return add_months(month_start(day), later)


def _completed(town: Town) -> None:
    for days_ago in (640, 660, 700, 720):
        story = in_aftercare(town, town.story(days_ago)).pay_until(town.today - timedelta(days=60))
        rest = position_of(story.loan)
        story.wait(5)
        story.pay(rest.outstanding, story.day, f"demo-{story.loan.pk}-rest").wait(7).complete()


DROPOUTS: tuple[tuple[int, Callable[[Town, Story], Story], ClosingReason, ClosedBy, str], ...] = (
    (120, in_recruitment, ClosingReason.NO_CONTACT, ClosedBy.TEAM, ""),
    (150, in_recruitment, ClosingReason.LARGER_LOAN, ClosedBy.CITIZEN, "Vil hellere låne i en bank."),
    (180, in_development, ClosingReason.FOUND_JOB, ClosedBy.CITIZEN, "Fik fast arbejde."),
    (210, in_development, ClosingReason.IDEA_NOT_REALISABLE, ClosedBy.CITIZEN, "Kunne ikke få tilladelse."),
    (260, in_courses, ClosingReason.ILLNESS, ClosedBy.CITIZEN, ""),
)


def _dropped_out(town: Town) -> None:
    for days_ago, journey, reason, choice_of, text in DROPOUTS:
        journey(town, town.story(days_ago)).wait(6).close(reason, choice_of, text)
    story = in_development(town, town.story(240)).development().wait(5).screen(2, Outcome.STOP)
    story.wait(4).close(ClosingReason.REJECTED_SCREENING_2, ClosedBy.TEAM)
    story = with_courses_done(town, town.story(300)).wait(2).screen(3, Outcome.STOP)
    story.wait(4).close(ClosingReason.REJECTED_SCREENING_3, ClosedBy.TEAM)
    story = in_approval(town, town.story(280)).wait(2).register_business().approve_budget().wait(2)
    story.propose()
    story.wait(3).decide(LoanOutcome.REFUSED).wait(5).close(ClosingReason.LOAN_REFUSED, ClosedBy.TEAM)


def _new_criteria(town: Town) -> None:
    """Rounds of screening 1 that begin from here on use the second version of its criteria."""
    with clock.at(town.today - timedelta(days=35)):
        sharpen_criteria(by=ensure_demo_users()["administrator"])


CHAPTERS = (
    _completed,
    _aftercare,
    _main_course,
    _dropped_out,
    _approval,
    _courses,
    _development,
    _new_criteria,
    _recruitment,
    _referred,
)


def build(today: date, *, say: Callable[[str], None] = lambda line: None) -> int:
    """Build the demo municipality. Returns the number of cases; does nothing where there are cases already."""
    ensure_reference_data()
    users = ensure_demo_users()
    if CaseFile.objects.exists():
        return 0
    keep_partners(users["administrator"])
    lay_the_ground(today, lead=users["projektleder"])
    first, second = users["coach"], users["coach2"]
    shared = {"lead": users["projektleder"], "benefits_officer": users["ydelse"]}
    casts = [
        Cast(caseworker=users["sagsbehandler"], coach=first, second_coach=second, **shared),
        Cast(caseworker=users["sagsbehandler2"], coach=second, second_coach=first, **shared),
        Cast(caseworker=users["sagsbehandler"], coach=first, second_coach=second, **shared),
    ]
    town = Town(today=today, casts=casts, crowd=islice(people(), 500))
    for chapter in CHAPTERS:
        chapter(town)
        say(f"{town.made} citizens")
    write_down_inquiry(coach=first, today=today)
    refer_again(caseworker=users["sagsbehandler"], today=today)
    town.catch_up()
    fill_a_course(today, lead=users["projektleder"], coach=first)
    round_off_the_cohort(today, coach=first)
    network(today, lead=users["projektleder"], coach=first)
    add_papers(town.kept, today)
    worklist.work(today, lead=users["projektleder"], coach=first, second_coach=second)
    worklist.calendars(town.runs, today, lead=users["projektleder"], coach=first)
    for day in (today - timedelta(days=JOB_DAYS), today):
        with clock.at(day):
            run_jobs(day)
    note = "Social- og Beskæftigelsesudvalget, budgetmødet"
    loans.set_frame(year=today.year, amount=FRAME, note=note, by=users["projektleder"], today=today)
    add_payments(today, officer=users["ydelse"])
    read_old_news(today)
    put_people_around(coach=first, today=today)
    sit_in(specialists=[users["vidensperson"], users["vidensperson2"]], lead=users["projektleder"], today=today)
    stand_in(worker=second, substitute=first, today=today)
    return town.made


def phases_missing() -> list[str]:
    """Phases without a case: none, in a demo that shows every phase."""
    present = set(CaseFile.objects.values_list("phase", flat=True))
    return [phase.value for phase in Phase if phase.value not in present]
