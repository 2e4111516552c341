"""What calendar programs are told of runs, teachers and coaches who teach: moves and cancellations too."""

from datetime import date, timedelta

import pytest
import vobject
from django.db import IntegrityError, transaction
from django.urls import reverse
from icalendar import Calendar, Event

from cases.calendars import occasions_between
from cases.models import CalendarFeed
from cases.services import close_feed_of, renew_feed, renew_feed_of
from courses import services
from microloan.accounts.models import AccessLog
from microloan.core import clock
from reports.demo.story import Story
from tests.courses.conftest import make_run
from tests.support.strict import StrictClient

pytestmark = pytest.mark.django_db


def answer(token: str):
    return StrictClient().get(reverse("cases:calendar_feed", kwargs={"token": token}))


def events(token: str) -> dict[str, Event]:
    response = answer(token)
    assert response.status_code == 200
    calendar = Calendar.from_ical(response.content)
    assert calendar["version"] == "2.0"
    found = {str(event["uid"]): event for event in calendar.walk("VEVENT")}
    summer, winter = calendar.walk("DAYLIGHT")[0], calendar.walk("STANDARD")[0]
    assert (summer["rrule"]["bymonth"], winter["rrule"]["bymonth"]) == ([3], [10])
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    return found


def test_a_moved_and_a_cancelled_session_keep_their_uid_and_count_up(town, granted: Story):
    coach = town.casts[0].coach
    run = make_run(town)
    granted.enrol(run)
    teacher = services.add_teacher(name="Tove Testesen", phone="", email="", by=coach, user=coach)
    services.update_run(run=run, place="Salen", capacity=12, teacher=teacher, cohort=run.cohort, by=coach)
    with clock.at(run.starts_on - timedelta(days=5)):
        tokens = [
            renew_feed_of(subject=f"run-{run.pk}", by=coach),
            renew_feed_of(subject=f"teacher-{teacher.pk}", by=coach),
            renew_feed(user=coach),
        ]
        first, second = run.sessions.all()[:2]
        before = [events(token) for token in tokens]
        later = first.starts_at - timedelta(days=1)
        services.move_session(session=first, starts_at=later, ends_at=later + timedelta(hours=2), reason="", by=coach)
        services.cancel_session(session=second, reason="Syg", by=coach)
        for token, was in zip(tokens, before, strict=True):
            now = events(token)
            assert set(was) <= set(now)
            moved, off = now[f"session-{first.pk}@mikrolaan"], now[f"session-{second.pk}@mikrolaan"]
            assert moved["dtstart"].dt == later
            assert int(moved["sequence"]) > int(was[f"session-{first.pk}@mikrolaan"]["sequence"])
            assert (str(moved["status"]), str(off["status"])) == ("CONFIRMED", "CANCELLED")
            assert "last-modified" in off
        text = answer(tokens[0]).content.decode() + answer(tokens[1]).content.decode()
        assert granted.case.number not in text
        assert granted.case.citizen.name.split()[0] not in text
    # On screen, what is cancelled takes no time.
    assert not [o for o in _occasions(coach, run.starts_on) if o.is_cancelled]


def _occasions(coach, day: date):
    return occasions_between(coach, day - timedelta(days=7), day + timedelta(days=7))


def test_an_address_is_made_renewed_and_closed_on_its_page(town, client_for):
    coach = town.casts[0].coach
    run = make_run(town)
    client = client_for(coach)
    url = reverse("courses:run_calendar", kwargs={"pk": run.pk})
    old = client.post(url, {"action": "renew"}).context["address"]
    new = client.post(url, {"action": "renew"}).context["address"]
    assert StrictClient().get(old).status_code == 404
    logged = AccessLog.objects.filter(what="cases:calendar_feed").count()
    assert StrictClient().get(new).status_code == 200
    assert AccessLog.objects.filter(what="cases:calendar_feed").count() == logged  # nobody's data is in it
    assert "sidst hentet" in client.get(url).content.decode()
    client.post(url, {"action": "close"})
    assert StrictClient().get(new).status_code == 404


def test_who_has_left_the_register_has_no_calendar(town):
    coach = town.casts[0].coach
    teacher = services.add_teacher(name="Tove Testesen", phone="", email="", by=coach)
    token = renew_feed_of(subject=f"teacher-{teacher.pk}", by=coach)
    assert answer(token).status_code == 200
    teacher.is_active = False
    teacher.save()
    assert answer(token).status_code == 404
    close_feed_of(subject=f"teacher-{teacher.pk}", by=coach)
    assert not CalendarFeed.objects.exists()
    for owner in ({"user": None, "subject": None}, {"user": coach, "subject": "run-1"}):
        with pytest.raises(IntegrityError, match="calendar_feed_of_one"), transaction.atomic():
            CalendarFeed.objects.create(token_hash="a" * 64, **owner)


def test_another_program_reads_moves_and_cancellations(town):
    """By a parser that shares no code with what writes it."""
    coach = town.casts[0].coach
    run = make_run(town)
    first, second = run.sessions.all()[:2]
    later = first.starts_at + timedelta(days=14)
    services.move_session(session=first, starts_at=later, ends_at=later + timedelta(hours=2), reason="", by=coach)
    services.cancel_session(session=second, reason="Syg", by=coach)
    token = renew_feed_of(subject=f"run-{run.pk}", by=coach)
    calendar = vobject.readOne(answer(token).content.decode())
    calendar.validate(raiseException=True)
    found = {event.uid.value: event for event in calendar.vevent_list}
    assert len(found) == run.sessions.count()
    moved, off = found[f"session-{first.pk}@mikrolaan"], found[f"session-{second.pk}@mikrolaan"]
    assert moved.dtstart.value == later
    assert (moved.sequence.value, moved.status.value) == ("1", "CONFIRMED")
    assert (off.sequence.value, off.status.value) == ("1", "CANCELLED")
    assert "Kursuscentret" in moved.location.value


def test_a_name_cannot_break_the_calendar(town):
    """Neither the name of the calendar nor the title and place of an event end a line of it."""
    coach, run, evil = town.casts[0].coach, make_run(town), "Tove; A, B\\\r\nEND:VEVENT\r\nBEGIN:VEVENT"
    teacher = services.add_teacher(name=evil, phone="", email="", by=coach)
    services.update_run(run=run, place="Salen", capacity=12, teacher=teacher, cohort=None, by=coach)
    type(run.place).objects.filter(name="Salen").update(name=evil)
    type(run.module).objects.filter(pk=run.module_id).update(title=evil)
    with clock.at(run.starts_on):
        token = renew_feed_of(subject=f"teacher-{teacher.pk}", by=coach)
        assert len(events(token)) == run.sessions.count()
        content = answer(token).content.decode()
    assert "X-WR-CALNAME:Tove\\; A\\, B" in content
    assert vobject.readOne(content).vevent_list[0].location.value.startswith("Tove; A, B")


def test_another_place_is_told_of_the_sessions_to_come(town):
    run = make_run(town)
    with clock.at(run.sessions.order_by("starts_at")[0].ends_at):
        values = {"place": "Et andet hus", "capacity": 12, "teacher": None, "cohort": run.cohort}
        services.update_run(run=run, **values, by=town.casts[0].coach)
        services.update_run(run=run, **values, by=town.casts[0].coach)
    assert list(run.sessions.order_by("starts_at").values_list("sequence", flat=True)) == [0, 1, 1, 1]
