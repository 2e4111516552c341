"""The course screens in a real browser: nothing for axe to find, in both widths."""

import pytest
from django.urls import reverse

from courses import services
from reports.demo import municipality
from reports.demo.story import Story
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
        ("run_new", {}),
        ("missing", {}),
        ("invitations", {"pk": run.pk}),
        ("run", {"pk": run.pk}),
        ("run_edit", {"pk": run.pk}),
        ("session", {"pk": run.sessions.first().pk}),
        ("engagement", {"pk": seat.pk}),
        ("withdraw", {"pk": seat.pk}),
        ("case", {"number": granted.case.number}),
    ):
        page.goto(reverse(f"courses:{name}", kwargs=kwargs))
        axe(page)
        shot(page, f"courses-{name}")
    lead = page_for(town.casts[0].lead)
    lead.goto(reverse("courses:run_exception", kwargs={"pk": run.pk}))
    lead.get_by_role("button", name="Giv plads ved undtagelse").click()
    lead.locator("[aria-invalid=true]").first.wait_for()
    axe(lead)
    shot(lead, "courses-exception")
    page.goto(f"{reverse('courses:runs')}?over=1")
    axe(page)
    shot(page, "courses-held")
    services.add_teacher(name="Tove Testesen", phone="00000000", email="tove@example.org", by=town.casts[0].coach)
    page.goto(reverse("courses:teachers"))
    axe(page)
    shot(page, "courses-teachers-some")
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
    page.goto(reverse("courses:run_new"))
    page.get_by_role("button", name="Planlæg kursushold").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    axe(page)
    shot(page, "courses-error")


def people_screens(town, page, axe, shot) -> None:
    """A full run with somebody in line and a guest who has left; then the pages behind it."""
    coach = town.casts[0].coach
    run = make_run(town, "network_day", START)
    services.update_run(run=run, place=run.place, capacity=1, teacher=None, cohort=run.cohort, by=coach)
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
