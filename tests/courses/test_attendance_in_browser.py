"""Attendance in a real browser that loses its connection: nothing is lost, everything is saved once, and failures are seen."""

from datetime import timedelta

import pytest
from django.urls import reverse

from courses.models import Attendance, AttendanceEntry
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run
from tests.support.browser import NARROW

pytestmark = pytest.mark.django_db(transaction=True)
FAILED = "Ikke gemt – prøver igen"


def test_taps_without_a_connection_are_kept_shown_and_saved_once(town, page_for, axe, shot):
    stories = [municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START)) for _ in range(3)]
    run = make_run(town)
    for story in stories:
        story.enrol(run)
    session = run.sessions.first()
    page = page_for(town.casts[0].coach)
    page.set_viewport_size(NARROW)
    page.goto(reverse("courses:session", kwargs={"pk": session.pk}))
    people = [page.get_by_role("group", name=str(story.case.citizen)) for story in stories]
    people[0].get_by_text("Til stede", exact=True).click()
    people[0].get_by_text("Gemt kl.").wait_for()
    assert not page.get_by_role("button", name="Gem fremmøde").is_visible()

    page.context.set_offline(True)
    people[1].get_by_text("Udeblevet", exact=True).click()
    people[1].get_by_text(FAILED).wait_for()
    people[1].get_by_text("Kom for sent", exact=True).click()
    people[2].get_by_text("Afbud", exact=True).click()
    people[2].get_by_text(FAILED).wait_for()
    axe(page)
    shot(page, "attendance-offline")
    kept = page.evaluate("() => JSON.stringify(window.localStorage)")
    assert not any(story.case.citizen.name in kept or story.case.number in kept for story in stories)
    assert AttendanceEntry.objects.count() == 1

    page.context.set_offline(False)
    page.locator("[data-saving]").get_by_text("Alt er gemt.").wait_for()
    people[2].get_by_text("Gemt kl.").wait_for()
    marks = {row.enrolment.case_id: row.mark for row in Attendance.objects.select_related("enrolment")}
    assert [marks[story.case.pk] for story in stories] == ["present", "late", "excused"]
    assert AttendanceEntry.objects.count() == 4  # the correction kept both marks; nothing was saved twice

    # An answer that is lost on its way: the server has the mark, the telephone sends it again.
    page.route("**/mark/", lambda route: (route.fetch(), route.abort()), times=1)
    people[0].get_by_text("Afbud", exact=True).click()
    people[0].get_by_text(FAILED).wait_for()
    people[0].get_by_text("Gemt kl.").wait_for()
    assert AttendanceEntry.objects.count() == 5
    shot(page, "attendance")


def test_what_was_not_saved_is_saved_when_the_page_is_opened_again(town, granted: Story, page_for):
    run = make_run(town)
    seat = granted.enrol(run).case.enrolments.get()
    page = page_for(town.casts[0].coach)
    page.goto(reverse("courses:session", kwargs={"pk": run.sessions.first().pk}))
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.set_offline(True)
    page.get_by_role("group", name=str(granted.case.citizen)).get_by_text("Til stede", exact=True).click()
    page.get_by_text(FAILED).wait_for()
    page.context.set_offline(False)
    page.goto(reverse("courses:run", kwargs={"pk": run.pk}))  # another page of the course sends it, too
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('mikrolaan-marks'))")
    assert seat.attendance.get().mark == "present"


def test_without_scripts_the_page_is_a_form(town, granted: Story, client_for):
    run = make_run(town)
    seat = granted.enrol(run).case.enrolments.get()
    url = reverse("courses:session", kwargs={"pk": run.sessions.first().pk})
    client = client_for(town.casts[0].coach)
    assert client.post(url, {f"mark_{seat.pk}": "late"}).status_code == 302
    assert seat.attendance.get().marked_at - run.sessions.first().starts_at > timedelta(0)
