"""The course screens in a real browser: nothing for axe to find, in both widths."""

import pytest
from django.urls import reverse

from reports.demo.story import Story
from tests.courses.conftest import make_run

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
        ("run", {"pk": run.pk}),
        ("session", {"pk": run.sessions.first().pk}),
        ("withdraw", {"pk": seat.pk}),
        ("case", {"number": granted.case.number}),
    ):
        page.goto(reverse(f"courses:{name}", kwargs=kwargs))
        axe(page)
        shot(page, f"courses-{name}")
    page.goto(reverse("courses:run_new"))
    page.get_by_role("button", name="Planlæg kursushold").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    axe(page)
    shot(page, "courses-error")
