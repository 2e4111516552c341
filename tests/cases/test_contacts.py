"""Contacts: planned, moved, cancelled, held, missed; and how reliably a citizen comes (domain.md §3.5)."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import queries, registry, services
from cases.clashes import clashes
from cases.enums import ClosedBy, ClosingReason, ContactKind, ContactState, EntryKind
from cases.models import Contact, Task
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.support.pages import source


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach)


@pytest.fixture
def planned(cast, case):
    return services.plan_contact(
        case=case,
        kind=ContactKind.COACHING,
        at=clock.now() + timedelta(days=3, hours=1),
        place="Café Torvet",
        staff=[cast.coach],
        by=cast.coach,
        today=TODAY,
    )


@pytest.fixture
def coach(client_for, cast):
    return client_for(cast.coach)


def url(name, contact):
    return reverse(f"cases:{name}", kwargs={"number": contact.case.number, "pk": contact.pk})


# --- Moving and cancelling ---------------------------------------------------------------------------------------------


def test_moving_keeps_both_times_in_the_journal_and_moves_the_task(cast, case, planned):
    later = planned.at + timedelta(days=4)
    services.move_contact(
        contact=planned, at=later, place="Biblioteket", reason="Borgeren er til læge.", by=cast.coach, today=TODAY
    )
    planned.refresh_from_db()
    assert (planned.at, planned.place, planned.state) == (later, "Biblioteket", ContactState.PLANNED)
    entry = case.journal.filter(kind=EntryKind.CONTACT).get()
    assert "23. nov. 2026" in entry.text
    assert "27. nov. 2026" in entry.text
    assert "Borgeren er til læge." in entry.text
    assert Task.objects.get(case=case, key=f"contact-{planned.pk}").due_on == TODAY + timedelta(days=7)


def test_a_new_time_on_the_form_of_the_contact_is_told_too(cast, case, planned):
    services.register_contact(
        case=case,
        contact=planned,
        kind=ContactKind.COACHING,
        at=planned.at + timedelta(days=1),
        state=ContactState.PLANNED,
        staff=[cast.coach],
        by=cast.coach,
        today=TODAY,
    )
    assert case.journal.filter(kind=EntryKind.CONTACT).count() == 1


@pytest.mark.parametrize("days", [-10, 0])
def test_moving_needs_another_time_that_lies_ahead(cast, planned, days):
    with pytest.raises(Refused):
        services.move_contact(
            contact=planned,
            at=planned.at + timedelta(days=days),
            place="Café Torvet",
            by=cast.coach,
            today=TODAY,
        )


def test_the_second_mover_hears_of_the_first(cast, planned):
    seen = planned.at
    common = {"contact": planned, "place": "", "today": TODAY, "seen_at": seen}
    services.move_contact(at=seen + timedelta(days=1), by=cast.coach, **common)
    with pytest.raises(Conflict):
        services.move_contact(at=seen + timedelta(days=2), by=cast.lead, **common)
    with pytest.raises(Conflict):
        services.cancel_contact(
            contact=planned, state=ContactState.EXCUSED, reason="", by=cast.lead, today=TODAY, seen_at=seen
        )


@pytest.mark.parametrize("state", [ContactState.EXCUSED, ContactState.CANCELLED])
def test_what_is_cancelled_counts_neither_for_nor_against(cast, case, planned, state):
    services.cancel_contact(contact=planned, state=state, reason="Sygdom", by=cast.coach, today=TODAY)
    planned.refresh_from_db()
    assert planned.state == state
    assert queries.reliability([case.pk])[case.pk].total == 0
    assert not Task.objects.filter(key=f"contact-{planned.pk}", done_at=None).exists()
    assert "Sygdom" in case.journal.filter(kind=EntryKind.CONTACT).get().text


def test_the_team_says_why_it_cancels_and_nobody_cancels_into_attended(cast, planned):
    for state, reason in ((ContactState.CANCELLED, " "), (ContactState.ATTENDED, "x"), (ContactState.NO_SHOW, "x")):
        with pytest.raises(Refused):
            services.cancel_contact(contact=planned, state=state, reason=reason, by=cast.coach, today=TODAY)


def test_only_what_is_planned_is_moved_or_cancelled(cast, case):
    held = builders.held(case, ContactKind.COACHING, [cast.coach])
    later = clock.now() + timedelta(days=1)
    with pytest.raises(Conflict):
        services.move_contact(contact=held, at=later, place="", by=cast.coach, today=TODAY)
    with pytest.raises(Conflict):
        services.cancel_contact(contact=held, state=ContactState.EXCUSED, reason="", by=cast.coach, today=TODAY)


def test_who_calls_off_ahead_of_time_is_registered_at_once(cast, case, planned):
    services.register_contact(
        case=case,
        contact=planned,
        kind=ContactKind.COACHING,
        at=planned.at,
        state=ContactState.EXCUSED,
        staff=[],
        by=cast.coach,
        today=TODAY,
    )
    entry = case.journal.filter(kind=EntryKind.CONTACT).get()
    assert entry.event_at == clock.now()  # nothing has happened in the future


@pytest.mark.parametrize("role", ["caseworker", "specialist", "officer", "manager", "administrator", "auditor"])
def test_the_services_refuse_whoever_is_not_of_the_team(cast, case, planned, role):
    by = getattr(cast, role)
    later = clock.now() + timedelta(days=9)
    with pytest.raises(Refused):
        services.plan_contact(case=case, kind=ContactKind.COACHING, at=later, place="", staff=[], by=by, today=TODAY)
    with pytest.raises(Refused):
        services.register_contact(
            case=case,
            kind=ContactKind.COACHING,
            at=clock.now(),
            state=ContactState.ATTENDED,
            staff=[cast.coach],
            by=by,
            today=TODAY,
        )
    with pytest.raises(Refused):
        services.move_contact(contact=planned, at=later, place="", by=by, today=TODAY)
    with pytest.raises(Refused):
        services.cancel_contact(contact=planned, state=ContactState.EXCUSED, reason="", by=by, today=TODAY)


def test_nothing_is_moved_on_a_closed_case(cast, case, planned):
    services.close_case(
        case=case, reason=ClosingReason.FOUND_JOB, choice_of=ClosedBy.CITIZEN, text="", by=cast.coach, today=TODAY
    )
    with pytest.raises(Refused):
        services.move_contact(contact=planned, at=clock.now() + timedelta(days=9), place="", by=cast.coach, today=TODAY)


@pytest.mark.parametrize("values", [{"minutes": 0}, {"minutes": 1000}, {"state": "maybe"}, {"kind": "party"}])
def test_the_database_refuses_what_no_contact_is(planned, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.filter(pk=planned.pk).update(**values)


def test_a_length_that_cannot_be_is_refused(cast, case):
    for minutes in (4, 721):
        with pytest.raises(Refused):
            services.plan_contact(
                case=case,
                kind=ContactKind.COACHING,
                at=clock.now() + timedelta(days=1),
                place="",
                staff=[],
                minutes=minutes,
                by=cast.coach,
                today=TODAY,
            )


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (400, ContactState.PLANNED, "kommende år"),
        (400, ContactState.EXCUSED, "kommende år"),
        (-365, ContactState.ATTENDED, "Sagen blev åbnet"),
        (-365, ContactState.NO_SHOW, "Sagen blev åbnet"),
        (-20, ContactState.ATTENDED, ""),  # talked with before somebody wrote it down
    ],
)
def test_a_contact_in_the_wrong_year_is_refused(cast, case, days, state, words):
    values = {"case": case, "kind": ContactKind.COACHING, "at": clock.now() + timedelta(days=days), "state": state}
    common = {"staff": [cast.coach], "by": cast.coach, "today": TODAY}
    if not words:
        assert services.register_contact(**values, **common).pk
        return
    with pytest.raises(Refused, match=words) as refusal:
        services.register_contact(**values, **common)
    assert refusal.value.field == "date"


def test_a_contact_is_not_moved_out_of_sight(cast, planned):
    with pytest.raises(Refused, match="kommende år"):
        services.move_contact(
            contact=planned, at=planned.at + timedelta(days=365), place="", by=cast.coach, today=TODAY
        )


# --- Reliability -------------------------------------------------------------------------------------------------------


def test_reliability_adds_contacts_and_course_sessions_and_shows_both_numbers(cast, case, coach, monkeypatch):
    monkeypatch.setattr(registry.attendance, "_entries", {})
    registry.attendance.register("courses", lambda ids: dict.fromkeys(ids, (3, 1)))
    for days_ago, state in enumerate(["attended", "attended", "no_show", "excused"], start=1):
        builders.held(case, ContactKind.COACHING, [cast.coach], days_ago=days_ago, state=state)
    builders.held(case, ContactKind.MESSAGE, [cast.coach])  # nobody comes to a message
    reliability = queries.reliability([case.pk])[case.pk]
    assert (reliability.attended, reliability.no_show) == (5, 2)
    page = source(coach.get(reverse("cases:contacts", kwargs={"number": case.number})))
    assert "Kom til 5 af 7 møder" in page
    assert "2 af 3" in page
    assert "3 af 4" in page


def test_every_kind_of_the_domain_can_be_planned_and_held(cast, case):
    staff = [cast.coach, cast.lead]
    for kind in ContactKind:
        services.plan_contact(
            case=case,
            kind=kind,
            at=clock.now() + timedelta(days=1),
            place="",
            staff=staff,
            by=cast.coach,
            today=TODAY,
        )
        builders.held(case, kind, staff)
    assert case.contacts.count() == 2 * len(ContactKind) == 18


# --- Screens -----------------------------------------------------------------------------------------------------------


def test_a_coach_moves_and_cancels_on_the_screen(cast, coach, case, planned):
    page = coach.get(url("contact_move", planned))
    values = {"seen": page.context["form"].seen_note, "date": "27-11-2026", "time": "13.00", "place": ""}
    assert coach.post(url("contact_move", planned), {**values, "reason": "Læge"}).status_code == 302
    planned.refresh_from_db()
    assert planned.at.astimezone(clock.COPENHAGEN).hour == 13
    page = coach.get(url("contact_cancel", planned))
    values = {**page.context["form"].initial, "state": "cancelled", "reason": ""}
    page = coach.post(url("contact_cancel", planned), values)
    assert page.context["form"].errors["reason"]
    assert coach.post(url("contact_cancel", planned), {**values, "reason": "Coachen er syg"}).status_code == 302
    page = coach.get(reverse("cases:contacts", kwargs={"number": case.number}))
    assert "Aflyst af teamet" in source(page)
    for name in ("contact_move", "contact_cancel"):  # opened again from an old page
        assert coach.get(url(name, planned), follow=True).redirect_chain[-1][0] == url("contact", planned)


def test_the_second_of_two_movers_sees_both_times_and_chooses(cast, coach, planned):
    note = coach.get(url("contact_move", planned)).context["form"].seen_note
    services.move_contact(
        contact=planned, at=planned.at + timedelta(days=1), place="Café Torvet", by=cast.lead, today=TODAY
    )
    values = {"date": "27-11-2026", "time": "10.00", "place": "Café Torvet", "reason": "", "seen": note}
    page = coach.post(url("contact_move", planned), values)
    assert "mens du skrev" in source(page)
    planned.refresh_from_db()
    assert planned.at.astimezone(clock.COPENHAGEN).day == 24
    values |= {"seen": page.context["form"].seen_note, "choose_date": "mine"}
    assert coach.post(url("contact_move", planned), values).status_code == 302
    planned.refresh_from_db()
    assert planned.at.astimezone(clock.COPENHAGEN).day == 27


def test_who_cancels_what_has_been_moved_meanwhile_is_told(cast, coach, planned):
    seen = coach.get(url("contact_cancel", planned)).context["form"].initial["seen_at"]
    services.move_contact(contact=planned, at=planned.at + timedelta(days=1), place="", by=cast.lead, today=TODAY)
    page = coach.post(url("contact_cancel", planned), {"state": "excused", "reason": "", "seen_at": seen}, follow=True)
    assert "har flyttet kontakten" in source(page)
    planned.refresh_from_db()
    assert planned.is_planned


def contact_values(**changes):
    values = {"kind": "coaching", "state": "planned", "date": "23-11-2026", "time": "10.00", "minutes": "60"}
    return {**values, "place": "", "others": "", "notes": "", **changes}


def test_saving_a_contact_says_so(cast, coach, case):
    address = reverse("cases:contact_new", kwargs={"number": case.number})
    page = source(coach.post(address, contact_values(staff=[cast.coach.pk]), follow=True))
    assert "Kontakten er planlagt til 23. nov. 2026" in page
    values = contact_values(state="attended", date="18-11-2026", staff=[cast.coach.pk])
    assert "Kontakten er registreret: mødt" in source(coach.post(address, values, follow=True))


@pytest.mark.parametrize(("kind", "staff"), [("coaching", []), ("first_meeting", ["coach"])])
def test_who_took_part_is_asked_for_where_it_was_held(cast, coach, case, kind, staff):
    address = reverse("cases:contact_new", kwargs={"number": case.number})
    blank = source(coach.get(address))
    assert "Skal udfyldes, når kontakten er holdt" in blank
    assert "Hvem fra teamet var med? (frivilligt)" not in " ".join(re.sub("<[^>]+>", " ", blank).split())
    who = [getattr(cast, name).pk for name in staff]
    page = coach.post(address, contact_values(kind=kind, state="attended", date="18-11-2026", staff=who))
    assert page.context["form"].errors["staff"]
    assert not case.contacts.exists()


def test_a_time_that_is_taken_is_told_and_may_be_chosen_all_the_same(cast, coach, case, planned):
    other = builders.accepted(cast.caseworker, cast.coach, name="Bo Testesen")
    address = reverse("cases:contact_new", kwargs={"number": other.number})
    at = planned.at.astimezone(clock.COPENHAGEN) + timedelta(minutes=30)
    values = contact_values(date=f"{at:%d-%m-%Y}", time=f"{at:%H.%M}", staff=[cast.coach.pk])
    page = coach.post(address, values)
    assert f"{cast.coach.full_name} har allerede: Coachsamtale" in source(page)
    assert "Amina" not in source(page).split("<main")[1]
    assert not other.contacts.exists()
    assert coach.post(address, {**values, "time": "23.00"}).status_code == 302  # another time is free
    again = {**values, "overrule": page.context["form"].overrule}
    assert coach.post(address, again).status_code == 302
    assert other.contacts.count() == 2


def test_the_citizen_is_in_one_place_at_a_time(cast, coach, case, planned, monkeypatch):
    line = planned.at + timedelta(hours=5)
    occasion = registry.Occasion("session-1", "Kursus: Moms", line, line + timedelta(hours=2))
    monkeypatch.setattr(registry.occasions_of_case, "_entries", {})
    registry.occasions_of_case.register(
        "courses", lambda case, start, end: [occasion] if start < line + timedelta(hours=2) and end > line else []
    )
    times = {"kind": ContactKind.COACHING, "minutes": 60, "staff": [cast.lead]}
    assert clashes(case, at=planned.at, **times)[0].startswith("Borgeren har allerede: Coachsamtale")
    assert clashes(case, at=line, **times)[0].startswith("Borgeren har allerede: Kursus: Moms")
    assert clashes(case, at=planned.at, but=planned, **times) == []
    assert clashes(case, at=planned.at + timedelta(hours=1), **times) == []


def test_moving_to_a_time_that_is_taken_is_told_too(cast, coach, case, planned):
    services.plan_contact(
        case=case,
        kind=ContactKind.COACHING,
        at=planned.at + timedelta(days=1),
        place="",
        staff=[],
        by=cast.coach,
        today=TODAY,
    )
    page = coach.get(url("contact_move", planned))
    at = planned.at.astimezone(clock.COPENHAGEN) + timedelta(days=1)
    values = {
        "seen": page.context["form"].seen_note,
        "date": f"{at:%d-%m-%Y}",
        "time": f"{at:%H.%M}",
        "place": "",
        "reason": "",
    }
    page = coach.post(url("contact_move", planned), values)
    assert "Tidspunktet er optaget" in source(page)
    assert (
        coach.post(url("contact_move", planned), {**values, "overrule": page.context["form"].overrule}).status_code
        == 302
    )


def test_a_time_that_is_kept_is_not_asked_about_again_but_for_those_who_come_to_it(cast, coach, case, planned):
    """Only the place is another: no warning. Somebody else comes along, who is taken: a warning about that person."""
    other = builders.accepted(cast.caseworker, cast.coach, name="Bo Testesen")
    for staff in ([cast.coach], [cast.lead]):
        services.plan_contact(
            case=other, kind=ContactKind.COACHING, at=planned.at, place="", staff=staff, by=cast.coach, today=TODAY
        )
    at = planned.at.astimezone(clock.COPENHAGEN)
    times = {"date": f"{at:%d-%m-%Y}", "time": f"{at:%H.%M}"}
    seen = coach.get(url("contact_move", planned)).context["form"].seen_note
    moved = coach.post(url("contact_move", planned), {**times, "seen": seen, "place": "Biblioteket", "reason": ""})
    assert moved.status_code == 302
    seen = coach.get(url("contact", planned)).context["form"].seen_note
    values = contact_values(**times, seen=seen, minutes=planned.minutes, staff=[cast.coach.pk, cast.lead.pk])
    page = coach.post(url("contact", planned), values)
    (line,) = page.context["form"].clashes
    assert line.startswith(f"{cast.lead.full_name} har allerede: Coachsamtale")


def test_the_list_takes_as_many_queries_for_many_contacts(coach, cast, case):
    def count():
        with CaptureQueriesContext(connection) as caught:
            coach.get(reverse("cases:contacts", kwargs={"number": case.number}))
        return len(caught)

    builders.held(case, ContactKind.COACHING, [cast.coach])
    count()
    few = count()
    for days_ago in range(2, 12):
        builders.held(case, ContactKind.COACHING, [cast.coach, cast.lead], days_ago=days_ago)
    assert count() == few
