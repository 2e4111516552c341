"""A worker's week, and the calendar behind a secret address (domain.md §3.5; docs/decisions/121)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from cases import calendars, services
from cases.enums import ContactKind, ContactState, Holder
from cases.models import CalendarFeed, Contact
from microloan.accounts.models import AccessLog, User
from microloan.core import clock
from microloan.core.errors import Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.support.pages import source
from tests.support.strict import StrictClient

MONDAY = date(2026, 11, 16)


@pytest.fixture
def case(cast):
    return builders.accepted(
        cast.caseworker, cast.coach, name="Amina Testesen", citizen={"street": "Rådhusvej 4", "email": "a@example.org"}
    )


def plan(cast, case, *, days=0, hours=2, kind=ContactKind.COACHING, staff=None, **more):
    return services.plan_contact(
        case=case,
        kind=kind,
        at=clock.now() + timedelta(days=days, hours=hours),
        place=more.pop("place", "Café Torvet"),
        staff=[cast.coach] if staff is None else staff,
        by=cast.coach,
        today=TODAY,
        **more,
    )


def week(client, **query):
    return client.get(reverse("cases:calendar"), query)


def feed(user):
    address = reverse("cases:calendar_feed", kwargs={"token": services.renew_feed(user=user)})
    response = StrictClient().get(address)
    assert response.status_code == 200
    return response.content.decode()


# --- The week ------------------------------------------------------------------------------------------------------------


def test_the_week_holds_contacts_and_due_dates_of_its_worker(client_for, cast, case):
    plan(cast, case)
    services.add_task(
        case=case, title="Ring til banken", due_on=TODAY, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
    )
    plan(cast, case, days=1, kind=ContactKind.HOME_VISIT, place="Søvej 1")  # a Saturday
    page = source(week(client_for(cast.coach)))
    assert "Kalender, uge 47" in page
    assert "kl. 11.00–12.00" in page
    assert "Coachsamtale: Amina Testesen" in page
    assert "Ring til banken: Amina Testesen" in page
    assert "Lørdag 21. nov." in page
    assert "Søndag" not in page
    other = source(week(client_for(cast.other_coach)))
    assert "Amina Testesen" not in other
    assert "Amina Testesen" in source(week(client_for(cast.other_coach), worker=cast.coach.pk))


def test_weeks_before_and_after_are_a_link_away(client_for, cast, case):
    plan(cast, case, days=7)
    client = client_for(cast.coach)
    page = week(client)
    assert "Amina" not in source(page)
    assert "Amina" in source(client.get(page.context["following"]))
    assert week(client, week="2026-W46").context["week"].monday == date(2026, 11, 9)
    assert week(client, week="2027-W01").context["week"].monday == date(2027, 1, 4)
    for nonsense in ("2026-W60", "x", "2026-W47-3", ""):
        assert week(client, week=nonsense).context["week"].monday == MONDAY


def test_a_worker_who_is_not_of_the_team_has_no_calendar(client_for, cast):
    client = client_for(cast.coach)
    assert week(client, worker=cast.caseworker.pk).status_code == 404
    assert week(client, worker="x").status_code == 404


def test_a_contact_without_named_staff_stands_with_the_coach_and_one_of_two_with_both(cast, case):
    plan(cast, case, staff=[])
    both = plan(cast, case, hours=5, staff=[cast.coach, cast.lead])
    assert len(calendars.week_of(cast.coach, MONDAY, TODAY).days[4].items) == 2
    assert [i.contact for i in calendars.week_of(cast.lead, MONDAY, TODAY).days[4].items] == [both]


def test_two_at_the_same_time_are_told_but_not_beside_a_cancelled_one(cast, case):
    first = plan(cast, case, minutes=90)
    plan(cast, case, hours=3)
    items = calendars.week_of(cast.coach, MONDAY, TODAY).days[4].items
    assert [item.clashes for item in items] == [True, True]
    services.cancel_contact(contact=first, state=ContactState.EXCUSED, reason="", by=cast.coach, today=TODAY)
    items = calendars.week_of(cast.coach, MONDAY, TODAY).days[4].items
    assert [item.clashes for item in items] == [False, False]


def test_the_place_of_a_protected_citizen_is_not_in_the_calendar(client_for, cast, case):
    plan(cast, case, kind=ContactKind.HOME_VISIT, place="Rådhusvej 4")
    services.update_citizen(case=case, values={"protected_address": True}, by=cast.coach, today=TODAY)
    page = source(week(client_for(cast.coach)))
    assert "Rådhusvej" not in page
    assert "Beskyttet adresse" in page


def test_looking_at_a_week_is_logged_with_the_citizens_in_it(client_for, cast, case):
    plan(cast, case)
    client = client_for(cast.other_coach)
    week(client, worker=cast.coach.pk)
    line = AccessLog.objects.get(what="cases:calendar")
    assert (line.user, line.citizen_ids) == (cast.other_coach, [case.citizen_id])


def test_a_full_week_takes_as_many_queries_as_an_empty_one(client_for, cast):
    client = client_for(cast.coach)

    def count():
        with CaptureQueriesContext(connection) as caught:
            week(client)
        return len(caught)

    count()
    few = count()
    for number in range(5):
        one = builders.accepted(cast.caseworker, cast.coach, name=f"Borger {number} Testesen")
        plan(cast, one, hours=number)
    assert count() == few


# --- The feed ------------------------------------------------------------------------------------------------------------


def test_the_feed_is_a_calendar_in_danish_time(cast, case):
    contact = plan(cast, case, minutes=90)
    plan(cast, case, days=220)  # far ahead: not yet
    calendar = Calendar.from_ical(feed(cast.coach))
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    assert calendar["PRODID"]
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Copenhagen"]
    events = calendar.walk("VEVENT")
    timed = [event for event in events if str(event["UID"]).startswith("contact-")]
    assert [event["UID"] for event in timed] == [f"contact-{contact.pk}@mikrolaan"]
    event = timed[0]
    assert event["DTSTART"].params["TZID"] == "Europe/Copenhagen"
    assert event.decoded("DTSTART") == contact.at
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=90)
    assert str(event["SUMMARY"]) == f"Coachsamtale: A.T. ({case.number})"
    assert event["LOCATION"] == "Café Torvet"
    for event in events:
        assert event["UID"]
        assert event["DTSTAMP"]
        assert event["CLASS"] == "PRIVATE"
    assert len({event["UID"] for event in events}) == len(events)


def test_the_lines_of_the_feed_are_as_the_standard_wants_them(cast, case):
    plan(cast, case, place="Et sted med et meget langt navn, med komma; semikolon og \\ skråstreg, så linjen må foldes")
    lines = feed(cast.coach).encode().split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line for line in lines)


def test_due_dates_are_whole_days_that_leave_one_free_and_tell_no_words_of_ours(cast, case):
    services.add_task(
        case=case, title="Ring til Amina om gælden", due_on=TODAY, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
    )
    content = feed(cast.coach)
    events = [e for e in Calendar.from_ical(content).walk("VEVENT") if str(e["UID"]).startswith("task-")]
    assert {event["TRANSP"] for event in events} == {"TRANSPARENT"}
    assert f"Frist: Opgave: A.T. ({case.number})" in {str(event["SUMMARY"]) for event in events}
    assert events[0].decoded("DTEND") - events[0].decoded("DTSTART") == timedelta(days=1)


@pytest.mark.parametrize("protected", [False, True])
def test_the_feed_tells_nothing_that_the_house_keeps(cast, case, protected):
    services.update_citizen(case=case, values={"protected_address": protected}, by=cast.coach, today=TODAY)
    plan(cast, case, kind=ContactKind.HOME_VISIT, place="Rådhusvej 4")
    contact = plan(cast, case, hours=5, place="Mødested", others="Mentor Olesen")
    Contact.objects.filter(pk=contact.pk).update(notes="Om helbred og gæld")
    content = feed(cast.coach).replace("\r\n ", "")
    case.citizen.refresh_from_db()
    for secret in ("Amina", "Testesen", "Rådhusvej", "12345678", "Olesen", "helbred", "a@example.org"):
        assert secret not in content
    assert case.citizen.cpr.formatted not in content
    assert ("A.T." in content) is not protected
    assert ("Mødested" in content) is not protected
    assert case.number in content


def test_what_is_cancelled_leaves_the_feed(cast, case):
    contact = plan(cast, case)
    services.cancel_contact(contact=contact, state=ContactState.EXCUSED, reason="", by=cast.coach, today=TODAY)
    assert f"contact-{contact.pk}@" not in feed(cast.coach)


# --- The secret ----------------------------------------------------------------------------------------------------------


def answer(token):
    return StrictClient().get(reverse("cases:calendar_feed", kwargs={"token": token}))


def test_the_secret_is_long_by_chance_and_kept_as_a_hash_only(cast):
    token, other = services.renew_feed(user=cast.coach), services.renew_feed(user=cast.other_coach)
    assert len(token) >= 43
    assert token != other
    kept = CalendarFeed.objects.get(user=cast.coach)
    assert token not in {str(value) for value in kept.__dict__.values()}
    assert len(kept.token_hash) == 64
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarFeed.objects.filter(pk=kept.pk).update(token_hash=token)


def test_a_new_address_ends_the_old_one_and_a_closed_one_answers_no_more(cast):
    old = services.renew_feed(user=cast.coach)
    new = services.renew_feed(user=cast.coach)
    assert answer(old).status_code == 404
    assert answer(new).status_code == 200
    services.close_feed(user=cast.coach)
    assert answer(new).status_code == 404
    assert answer("x").status_code == 404


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "caseworker"}])
def test_who_has_left_the_team_has_no_feed(cast, change):
    token = services.renew_feed(user=cast.coach)
    User.objects.filter(pk=cast.coach.pk).update(**change)
    assert answer(token).status_code == 404


@pytest.mark.parametrize("role", ["caseworker", "officer", "manager", "administrator", "auditor"])
def test_others_than_the_team_get_no_secret(cast, role):
    with pytest.raises(Refused):
        services.renew_feed(user=getattr(cast, role))


def test_the_address_is_shown_once(client_for, cast):
    client = client_for(cast.coach)
    page = client.post(reverse("cases:calendar_address"), {"action": "renew"})
    address = page.context["address"]
    assert address in source(page)
    assert "no-store" in page["Cache-Control"]
    assert answer(address.rsplit("/", 1)[1].removesuffix(".ics")).status_code == 200
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    assert token not in source(client.get(reverse("cases:calendar_address")))
    client.post(reverse("cases:calendar_address"), {"action": "close"})
    assert not CalendarFeed.objects.exists()


def test_the_log_has_a_line_a_day_and_one_for_new_content(cast, case):
    token = services.renew_feed(user=cast.coach)
    lines = AccessLog.objects.filter(what="cases:calendar_feed", user=cast.coach)
    for _ in range(3):
        answer(token)
    assert lines.count() == 1
    assert CalendarFeed.objects.get().read_at == clock.now()
    plan(cast, case)
    answer(token)
    answer(token)
    assert lines.count() == 2
    assert case.number in lines.order_by("-pk")[0].case_numbers
    with clock.at(TODAY + timedelta(days=1)):
        answer(token)
    assert lines.count() == 3


def test_the_answer_is_kept_by_nobody_on_the_way(cast):
    response = answer(services.renew_feed(user=cast.coach))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in response["Cache-Control"]
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_initials():
    assert calendars.initials("Åse-Marie  von Eksempel") == "Å.V.E."
    assert calendars.initials("") == ""


@pytest.mark.parametrize("asked", ["9999-W52", "0001-W01", "1900-W01", "2199-W52", "2026-W99", "x"])
def test_a_week_outside_all_time_is_the_present_one(client_for, cast, asked):
    assert week(client_for(cast.coach), week=asked).context["week"].monday == MONDAY
