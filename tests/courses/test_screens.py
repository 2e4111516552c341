"""The course screens in a real browser: nothing for axe to find, in both widths."""

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Locator

from cases import services as cases
from cases.enums import Phase
from cases.models import Cohort
from courses import services
from courses.models import CourseModule, CourseRun, Enrolment, ModuleGrant, Teacher
from microloan.core import clock, danish
from reports.demo import municipality
from reports.demo.story import Story
from screening.models import Screening
from tests.cases import builders
from tests.courses.conftest import START, make_run

pytestmark = pytest.mark.django_db(transaction=True)


def test_course_screens(town, granted: Story, page_for, axe, shot):
    run = make_run(town)
    granted.enrol(run).attend(run, missed=(2,))
    make_run(town, "accounting")
    page = page_for(town.casts[0].coach)
    seat = run.enrolments.get()
    for name, kwargs in (
        ("runs", {}),
        ("catalogue", {}),
        ("teachers", {}),
        ("month", {}),
        ("cohorts", {}),
        ("cohort_new", {}),
        ("cohort", {"pk": granted.case.cohort_id}),
        ("places", {}),
        ("school_holidays", {}),
        ("run_new", {}),
        ("missing", {}),
        ("figures", {}),
        ("meetings_new", {}),
        ("enrol_many", {"pk": run.pk}),
        ("session_undo", {"pk": run.sessions.first().pk}),
        ("run_calendar", {"pk": run.pk}),
        ("invitations", {"pk": run.pk}),
        ("run", {"pk": run.pk}),
        ("run_edit", {"pk": run.pk}),
        ("session", {"pk": run.sessions.first().pk}),
        ("session_move", {"pk": run.sessions.first().pk}),
        ("session_cancel", {"pk": run.sessions.first().pk}),
        ("session_add", {"pk": run.pk}),
        ("engagement", {"pk": seat.pk}),
        ("withdraw", {"pk": seat.pk}),
        ("case", {"number": granted.case.number}),
    ):
        page.goto(reverse(f"courses:{name}", kwargs=kwargs))
        axe(page)
        shot(page, f"courses-{name}")
    lead = page_for(town.casts[0].lead)
    for name, kwargs in (("module_new", {}), ("module_edit", {"pk": run.module_id})):
        lead.goto(reverse(f"courses:{name}", kwargs=kwargs))
        axe(lead)
        shot(lead, f"courses-{name}")
    lead.goto(reverse("courses:run_new"))
    lead.get_by_label("Modul").select_option(label="Markedsføring og salg")
    lead.get_by_label("Første mødegang").fill(danish.input_date(clock.today() + timedelta(days=30)))
    lead.get_by_label("Sted").fill("Huset")
    lead.get_by_role("button", name="Foreslå mødegange").click()
    lead.get_by_role("heading", name="Kontrollér kursushold").wait_for()
    axe(lead)
    shot(lead, "courses-run-check")
    lead.goto(reverse("courses:run_exception", kwargs={"pk": run.pk}))
    lead.get_by_role("button", name="Giv plads ved undtagelse").click()
    lead.locator("[aria-invalid=true]").first.wait_for()
    axe(lead)
    shot(lead, "courses-exception")
    page.goto(f"{reverse('courses:runs')}?over=1")
    axe(page)
    shot(page, "courses-held")
    services.add_teacher(name="Tove Testesen", phone="00000000", email="tove@example.org", by=town.casts[0].coach)
    teacher = Teacher.objects.get()
    for name, kwargs in (
        ("teachers", {}),
        ("teacher_edit", {"pk": teacher.pk}),
        ("teacher_calendar", {"pk": teacher.pk}),
    ):
        page.goto(reverse(f"courses:{name}", kwargs=kwargs))
        axe(page)
        shot(page, f"courses-{name}-some")
    page.get_by_role("button").filter(has_text="adresse").first.click()
    page.wait_for_load_state()
    axe(page)
    shot(page, "courses-address-made")
    meeting_screens(town, granted, page, axe, shot)
    for _ in range(2):
        municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)).enrol(run)
    page.goto(reverse("courses:session", kwargs={"pk": run.sessions.last().pk}))
    page.get_by_role("group", name=str(seat.case.citizen)).get_by_text("Afbud").click()
    page.get_by_text("Gemt kl.").wait_for()
    axe(page)
    shot(page, "courses-attendance")
    services.save_engagement(enrolment=seat, text="Spørger meget og hjælper de andre.", by=town.casts[0].coach)
    page.goto(reverse("courses:run", kwargs={"pk": run.pk}))
    axe(page)
    shot(page, "courses-run-engagement")
    people_screens(town, page, axe, shot)
    clash_screens(town, granted, page, axe, shot)
    page.goto(reverse("courses:run_new"))
    page.get_by_role("button", name="Foreslå mødegange").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    axe(page)
    shot(page, "courses-error")


def meeting_screens(town, granted: Story, page, axe, shot) -> None:
    """Meetings planned in the browser with a wrong date on the way; then somebody is asked and says no."""
    builders.put_in_phase(granted.case, Phase.MAIN_COURSE)
    page.goto(reverse("courses:meetings_new"))
    page.get_by_label("Første møde").fill("30-02-2027")
    page.get_by_label("Sted").fill("Huset")
    page.get_by_role("button", name="Foreslå møder").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    axe(page)
    page.get_by_label("Første møde").fill(danish.input_date(clock.today() + timedelta(days=20)))
    page.get_by_role("button", name="Foreslå møder").click()
    page.get_by_role("heading", name="Kontrollér møder").wait_for()
    axe(page)
    shot(page, "meetings-check")
    page.get_by_role("button", name="Planlæg møder").click()
    page.get_by_text("6 møder er planlagt.").wait_for()
    axe(page)
    shot(page, "meetings")
    page.get_by_role("cell").get_by_role("link").first.click()
    page.get_by_role("link", name="Skriv program og drejebog").click()
    axe(page)
    page.get_by_label("Idéer til det næste").fill("Inviter banken")
    page.get_by_role("button", name="Gem møde").click()
    page.get_by_role("link", name="Invitér til mødet").click()
    axe(page)
    shot(page, "meeting-invite")
    page.get_by_role("button", name="Send invitationer").click()
    page.get_by_role("button", name="Kommer ikke").click()
    page.get_by_text("kommer ikke.").wait_for()
    axe(page)
    shot(page, "meeting")


def people_screens(town, page, axe, shot) -> None:
    """A full run with somebody in line and a guest who has left; then the pages behind it."""
    coach = town.casts[0].coach
    run = make_run(town, "network_day", START)
    services.update_run(run=run, place=run.place.name, capacity=1, teacher=None, cohort=run.cohort, by=coach)
    guests = [
        services.add_guest(name=name, phone="00000000", email="", sent_by="Kvindecentret", by=coach)
        for name in ("Gerda Gæst", "Gustav Gæst", "Gro Gæst")
    ]
    first, second, _third = [
        services.enrol_guest(run=run, guest=one, by=coach, today=START, wait=number > 0)
        for number, one in enumerate(guests)
    ]
    services.withdraw(enrolment=first, why="illness", reason="Har brækket benet", by=coach, today=START)
    page.goto(reverse("courses:run", kwargs={"pk": run.pk}))
    page.get_by_text("har givet pladsen tilbage").click()
    axe(page)
    shot(page, "courses-waiting")
    page.get_by_role("button", name="Giv den ledige plads").click()
    page.get_by_text(f"{second.person} har fået pladsen.").wait_for()
    for name, kwargs in (("run_guest", {"pk": run.pk}), ("guest", {"pk": guests[0].pk})):
        page.goto(reverse(f"courses:{name}", kwargs=kwargs))
        axe(page)
        shot(page, f"courses-{name}")


def clash_screens(town, granted: Story, page, axe, shot) -> None:
    """A seat on the first of two runs at the same time; the second asks why, and is given all the same."""
    begin = clock.today() + timedelta(days=40)
    first, second = make_run(town, first=begin), make_run(town, first=begin)
    coach, case = town.casts[0].coach, municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)).case
    page.goto(reverse("courses:case", kwargs={"number": case.number}))
    buttons = page.get_by_role("button", name="Tilmeld borger")
    assert buttons.count() == 2
    services.enrol(run=first, case=case, by=coach, today=clock.today())
    buttons.last.click()
    page.get_by_role("heading", name="alligevel?").wait_for()
    axe(page)
    shot(page, "courses-seat-clash")
    page.get_by_role("button", name="Giv pladsen alligevel").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    axe(page)
    page.get_by_label("Hvorfor").fill("Har valgt det ene hold")
    page.get_by_role("button", name="Giv pladsen alligevel").click()
    page.get_by_text("Borgeren har fået en plads.").wait_for()
    assert second.enrolments.filter(case=case).exists()


def members(town, cohort: Cohort, screening: Screening, count: int) -> None:
    """Citizens who have come as far as their courses, each granted the residential course and bookkeeping."""
    modules = list(CourseModule.objects.filter(code__in=("accounting", "vat_tax", "residential_course")))
    coach, day = town.casts[0].coach, START
    for number in range(count):
        case = builders.accepted(town.casts[0].caseworker, coach, on=day, name=f"Deltager {number} Testesen")
        case = builders.put_in_phase(case, Phase.COURSES, on=day)
        cases.set_cohort(case=case, cohort=cohort, by=coach)
        for module in modules:
            ModuleGrant.objects.create(case=case, module=module, screening=screening, granted_on=day)


class Hands:
    """Counts what a person does on a page: each field filled, choice made and button pressed."""

    def __init__(self) -> None:
        self.actions = 0

    def fill(self, field: Locator, text: str) -> None:
        self.actions += 1
        field.fill(text)

    def select(self, field: Locator, label: str) -> None:
        self.actions += 1
        field.select_option(label=label)

    def click(self, one: Locator) -> None:
        self.actions += 1
        one.click()


# What a whole pre-course for eleven takes (docs/performance.md): things done by hand, and seconds waited for the pages.
PRE_COURSE_ACTIONS = 9
PRE_COURSE_SECONDS = 60


def test_a_pre_course_for_eleven_takes_few_actions_and_little_waiting(town, granted: Story, page_for):
    """From the list of courses to seats for everybody; a teacher is chosen on the way."""
    coach, cohort = town.casts[0].coach, granted.case.cohort
    members(town, cohort, granted.case.module_grants.first().screening, 10)
    services.add_teacher(name="Tove Testesen", phone="", email="", by=coach)
    begin = clock.today() + timedelta(days=10)
    page, hands = page_for(coach), Hands()
    page.goto(reverse("courses:runs"))
    started = time.monotonic()
    hands.click(page.get_by_role("link", name="Hold", exact=True))
    hands.click(page.get_by_role("link", name=cohort.code))
    hands.click(page.get_by_role("link", name="Planlæg for-forløb"))
    hands.fill(page.get_by_label("For-forløbets første dag"), danish.input_date(begin))
    hands.fill(page.get_by_label("Hovedforløbets start"), danish.input_date(begin + timedelta(days=105)))
    hands.fill(page.get_by_label("Sted"), "Kursuscentret ved søen")
    hands.click(page.get_by_role("button", name="Foreslå for-forløb"))
    accounting = page.get_by_role("group", name="Regnskab")
    hands.select(accounting.get_by_label("Underviser"), "Tove Testesen")
    hands.click(page.get_by_role("button", name="Planlæg for-forløb"))
    page.get_by_text("For-forløbet er planlagt med 3 kursushold.").wait_for()
    waited = time.monotonic() - started
    planned = CourseRun.objects.filter(cohort=cohort)
    assert (planned.count(), Enrolment.objects.filter(run__in=planned).count()) == (3, 31)
    assert hands.actions <= PRE_COURSE_ACTIONS
    assert waited < PRE_COURSE_SECONDS


def test_a_pre_course_for_eleven_is_planned_in_the_browser(town, granted: Story, page_for, axe, shot):
    """Three pages: the cohort, the dates, the check. A wrong date on the way."""
    coach = town.casts[0].coach
    cohort = granted.case.cohort
    members(town, cohort, granted.case.module_grants.first().screening, 10)
    services.add_teacher(name="Tove Testesen", phone="", email="", by=coach)
    page = page_for(coach)
    page.goto(reverse("courses:cohort", kwargs={"pk": cohort.pk}))
    axe(page)
    shot(page, "cohort")
    page.get_by_role("link", name="Planlæg for-forløb").click()
    begin = clock.today() + timedelta(days=10)
    page.get_by_label("For-forløbets første dag").fill("30-02-2027")
    page.get_by_label("Hovedforløbets start").fill(danish.input_date(begin + timedelta(days=105)))
    page.get_by_label("Sted").fill("Kursuscentret ved søen")
    page.get_by_role("button", name="Foreslå for-forløb").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    axe(page)
    page.get_by_label("For-forløbets første dag").fill(danish.input_date(begin))
    page.get_by_role("button", name="Foreslå for-forløb").click()
    accounting = page.get_by_role("group", name="Regnskab")
    accounting.get_by_label("Underviser").select_option(label="Tove Testesen")
    axe(page)
    shot(page, "pre-course-check")
    page.get_by_role("button", name="Planlæg for-forløb").click()
    page.get_by_text("For-forløbet er planlagt med 3 kursushold.").wait_for()
    axe(page)
    shot(page, "cohort-planned")
    runs = CourseRun.objects.filter(cohort=cohort).order_by("starts_on")
    assert [run.enrolments.count() for run in runs] == [10, 10, 11]
    page.goto(f"{reverse('courses:month')}?month={runs[0].starts_on:%Y-%m}")
    axe(page)
    shot(page, "course-month")
