"""The case page and its sub-pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import queries, registry, services
from cases.enums import ContactKind, ContactState, EntryKind, Holder, Phase
from cases.models import Business, Cohort, Contact, JournalEntry
from cases.registry import JourneyDetail, Missing
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from microloan.core import clock
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.support.forms import seen


@pytest.fixture
def case(cast):
    return builders.accepted(
        cast.caseworker,
        cast.coach,
        name="Amina Testesen",
        citizen={"street": "Rådhusvej 4", "postcode": "8000", "city": "Aarhus C"},
    )


@pytest.fixture
def coach(cast, client_for):
    return client_for(cast.coach)


def url(name, case, *more):
    return reverse(f"cases:{name}", args=[case.number, *more])


def text(response):
    return response.content.decode()


# --- Header and overview -----------------------------------------------------------------------------------------------


def test_the_page_shows_who_and_what_comes_next(coach, case):
    page = coach.get(url("detail", case))
    assert "Amina Testesen" in text(page)
    assert case.citizen.cpr.masked in text(page)
    assert case.citizen.cpr.formatted not in text(page)
    assert "Trin 2: Samtaler" in text(page)
    assert page.context["deadline"].kind == "telephone_interview"


def test_the_cpr_number_is_shown_on_request_and_logged(coach, cast, case):
    for headers in ({}, {"HX-Request": "true"}):
        response = coach.post(url("reveal", case), {"what": "cpr"}, headers=headers)
        assert case.citizen.cpr.formatted in text(response)
        assert "no-store" in response["Cache-Control"]
    lines = AccessLog.objects.filter(action=AccessAction.REVEAL)
    assert [line.what for line in lines] == ["cases:reveal_cpr"] * 2
    assert coach.post(url("reveal", case), {"what": "shoe-size"}).status_code == 404


def test_a_protected_address_is_hidden_until_asked_for(coach, cast, case):
    assert "Rådhusvej 4" in text(coach.get(url("detail", case)))
    services.update_citizen(case=case, values={"protected_address": True}, by=cast.coach, today=TODAY)
    page = text(coach.get(url("detail", case)))
    assert "Rådhusvej 4" not in page
    assert "Beskyttet adresse" in page
    assert "Rådhusvej 4" in text(coach.post(url("reveal", case), {"what": "address"}))


def test_protection_ends_with_its_date(coach, cast, case):
    services.update_citizen(
        case=case,
        values={"protected_address": True, "protected_until": TODAY - timedelta(days=1)},
        by=cast.coach,
        today=TODAY,
    )
    assert "Rådhusvej 4" in text(coach.get(url("detail", case)))


def test_the_deadline_is_the_earliest_promise_else_the_earliest_task(cast, case):
    tasks = list(queries.case_tasks(case))
    assert queries.next_deadline(tasks) == tasks[0]
    services.plan_contact(
        case=case,
        kind=ContactKind.SECOND_MEETING,
        at=clock.now() + timedelta(days=30),
        place="",
        staff=[],
        by=cast.coach,
        today=TODAY,
    )
    assert queries.next_deadline(queries.case_tasks(case)).kind == "contact_second_meeting"
    assert queries.next_deadline([]) is None


def test_overdue_tasks_are_counted(coach, cast, case):
    task = services.add_task(case=case, title="Ring", due_on=TODAY, holder=Holder.TEAM, owner=cast.coach, by=cast.coach)
    type(task).objects.filter(pk=task.pk).update(due_on=TODAY - timedelta(days=3))
    assert "1 opgave er over fristen" in text(coach.get(url("detail", case)))


@pytest.mark.parametrize("name", ["detail", "journal", "tasks"])
def test_the_same_queries_for_a_short_and_a_long_case(coach, cast, case, name):
    def count():
        with CaptureQueriesContext(connection) as caught:
            coach.get(url(name, case))
        return len(caught)

    def grow(number):
        for _ in range(number):
            services.write_note(case=case, text="Notat", by=cast.coach)
            builders.held(case, ContactKind.COACHING, [cast.coach])
            services.add_task(
                case=case, title="Ring", due_on=TODAY, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
            )

    grow(2)
    few = count()
    grow(9)
    assert count() == few


# --- Journey -------------------------------------------------------------------------------------------------------------


def states(case):
    return [step["state"] for step in queries.journey(case, TODAY)]


@pytest.mark.parametrize(
    ("phase", "step"),
    [
        (Phase.REFERRED, 1),
        (Phase.RECRUITMENT, 2),
        (Phase.BUSINESS_DEVELOPMENT, 4),
        (Phase.COURSES, 6),
        (Phase.APPROVAL, 8),
        (Phase.MAIN_COURSE, 8),
        (Phase.AFTERCARE, 10),
    ],
)
def test_each_phase_has_its_step(case, phase, step):
    case = builders.put_in_phase(case, phase)
    assert states(case).index("current") == step - 1
    assert states(case)[: step - 1] == ["done"] * (step - 1)


def test_a_stopped_case_shows_where_and_when(cast, case):
    case = services.close_case(case=case, reason="illness", choice_of="citizen", text="", by=cast.coach, today=TODAY)
    step = queries.journey(case, TODAY)[1]
    assert (step["state"], step["detail"]) == ("stopped", "Stoppet 20. nov.")


def test_a_higher_room_puts_words_and_states_into_the_journey(case, monkeypatch):
    monkeypatch.setattr(registry.journey, "_entries", {})
    monkeypatch.setattr(registry.steps, "_entries", {})
    registry.journey.register(
        "test", lambda case, today: {9: JourneyDetail(state="skipped"), 3: JourneyDetail("Videre")}
    )
    registry.steps.register("test", lambda ids: dict.fromkeys(ids, 3))
    steps = queries.journey(case, TODAY)
    assert (steps[2]["state"], steps[2]["detail"]) == ("current", "Videre")
    assert steps[8]["state"] == "skipped"


# --- Journal -------------------------------------------------------------------------------------------------------------


def test_a_note_keeps_both_times(coach, case):
    coach.post(url("detail", case), {"text": "Mødte en kunde", "kind": "note", "date": "18/11-26", "time": "14.30"})
    entry = JournalEntry.objects.filter(kind=EntryKind.NOTE).latest("pk")
    assert f"{entry.event_at.astimezone(clock.COPENHAGEN):%d.%m %H.%M}" == "18.11 14.30"
    assert entry.entered_late
    assert "skrevet" in text(coach.get(url("journal", case)))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x", "date": "1/1-30"}, "date"),
        ({"text": "x", "time": "10.15"}, "date"),
        ({"text": "x", "kind": "phase"}, "kind"),
    ],
)
def test_a_wrong_note_says_why_and_keeps_what_was_written(coach, case, values, field):
    before = case.journal.count()
    page = coach.post(url("journal", case), {"kind": "note", **values})
    assert page.context["form"].errors[field]
    assert case.journal.count() == before


def test_the_journal_is_filtered_by_kind_and_paginated(coach, cast, case):
    for number in range(30):
        services.write_note(case=case, text=f"Notat {number}", by=cast.coach)
    page = coach.get(url("journal", case))
    assert len(page.context["entries"]) == 25
    only = coach.get(url("journal", case) + "?kind=phase")
    assert {entry["kind"] for entry in only.context["entries"]} == {"phase"}


def test_a_correction_stands_beside_the_old_entry(coach, cast, case):
    note = services.write_note(case=case, text="Mødet var mandag", by=cast.coach)
    address = url("journal_correct", case, note.pk)
    assert coach.post(address, {"text": "Mødet var tirsdag"}).status_code == 302
    page = text(coach.get(url("journal", case)))
    assert "Mødet var mandag" in page
    assert "Mødet var tirsdag" in page
    assert "Rettet" in page
    other = builders.refer(cast.caseworker)
    assert coach.get(reverse("cases:journal_correct", args=[other.number, note.pk])).status_code == 404


# --- Contacts ------------------------------------------------------------------------------------------------------------


def contact_values(**changes):
    values = {"kind": "coaching", "state": "attended", "date": "19/11-26", "time": "10.15", "place": "Café Torvet"}
    return {**values, **changes}


def test_a_contact_is_planned_and_then_registered(coach, cast, case):
    coach.post(url("contact_new", case), contact_values(state="planned", date="27/11-26", staff=[cast.coach.pk]))
    contact = Contact.objects.get(case=case)
    assert contact.state == ContactState.PLANNED
    with clock.at(TODAY + timedelta(days=8)):
        page = coach.get(url("contact", case, contact.pk))
        assert page.context["form"].initial["place"] == "Café Torvet"
        assert page.context["form"].initial["state"] == ""
        done = contact_values(date="27/11-26", staff=[cast.coach.pk], state="no_show") | seen(page)
        assert coach.post(url("contact", case, contact.pk), done).status_code == 302
        conflict = coach.post(url("contact", case, contact.pk), {**done, "state": "attended"})
        assert "imens" in text(conflict)
        assert [rival.label for rival in conflict.context["form"].rivals] == ["Hvordan gik det?"]
    contact.refresh_from_db()
    assert contact.state == ContactState.NO_SHOW


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "first_meeting"}, "staff"),
        ({"staff": []}, "staff"),
        ({"date": "1/12-26"}, "date"),
        ({"state": "planned"}, "date"),
        ({"state": ""}, "state"),
        ({"time": "klokken ti"}, "time"),
    ],
)
def test_a_wrong_contact_is_refused_at_its_field(coach, cast, case, changes, field):
    page = coach.post(url("contact_new", case), contact_values(**{"staff": [cast.coach.pk], **changes}))
    assert page.context["form"].errors[field]
    assert not Contact.objects.exists()


def test_reliability_shows_both_numbers(coach, cast, case):
    for state in ("attended", "attended", "no_show", "excused"):
        builders.held(case, "coaching", [cast.coach], state=state)
    assert queries.reliability([case.pk])[case.pk].percent == 67
    assert "mødte 2 af 3 gange" in text(coach.get(url("detail", case)))


# --- Editing: two people in one form -------------------------------------------------------------------------------------


def citizen_page(client, case):
    """The page and what a browser would send back from it."""
    page = client.get(url("citizen", case))
    values = {name: value or "" for name, value in page.context["form"].initial.items()}
    return page, values | {"protected_address": "", "digital_post_exempt": ""} | seen(page)


def test_a_later_save_sees_both_versions_and_chooses(coach, cast, case, client_for):
    _page, values = citizen_page(coach, case)
    lead = client_for(cast.lead)
    _theirs, other = citizen_page(lead, case)
    lead.post(url("citizen", case), {**other, "phone": "87654321", "city": "Odense"})
    page = coach.post(url("citizen", case), {**values, "phone": "11223344", "street": "Nygade 1"})
    rivals = {rival.label: (rival.stored, rival.mine, rival.choice) for rival in page.context["form"].rivals}
    assert rivals == {
        "Telefon": ("87 65 43 21", "11 22 33 44", ""),
        "Adresse": ("Rådhusvej 4", "Nygade 1", "mine"),
        "By": ("Odense", "Aarhus C", "stored"),
    }
    assert "Petra Projektleder gemte" in text(page)
    case.citizen.refresh_from_db()
    assert (case.citizen.phone, case.citizen.street) == ("87654321", "Rådhusvej 4")
    again = {**values, "phone": "11223344", "street": "Nygade 1", **seen(page)}
    unanswered = coach.post(url("citizen", case), again)
    assert "Vælg for hvert felt" in text(unanswered)
    chosen = {"choose_phone": "mine", "choose_street": "mine", "choose_city": "stored"}
    assert coach.post(url("citizen", case), {**again, **seen(unanswered), **chosen}).status_code == 302
    case.citizen.refresh_from_db()
    assert (case.citizen.phone, case.citizen.street, case.citizen.city) == ("11223344", "Nygade 1", "Odense")


def test_the_stored_version_may_be_chosen(coach, cast, case):
    _page, values = citizen_page(coach, case)
    services.update_citizen(case=case, values={"phone": "87654321"}, by=cast.lead, today=TODAY)
    page = coach.post(url("citizen", case), {**values, "phone": "11223344"})
    answer = {**values, "phone": "11223344", **seen(page), "choose_phone": "stored"}
    assert coach.post(url("citizen", case), answer).status_code == 302
    case.citizen.refresh_from_db()
    assert case.citizen.phone == "87654321"


def test_a_third_save_while_one_chooses_is_seen_too(coach, cast, case):
    _page, values = citizen_page(coach, case)
    services.update_citizen(case=case, values={"phone": "87654321"}, by=cast.lead, today=TODAY)
    page = coach.post(url("citizen", case), {**values, "phone": "11223344"})
    services.update_citizen(case=case, values={"phone": "55555555"}, by=cast.lead, today=TODAY)
    answer = {**values, "phone": "11223344", **seen(page), "choose_phone": "mine"}
    again = coach.post(url("citizen", case), answer)
    assert [rival.stored for rival in again.context["form"].rivals] == ["55 55 55 55"]
    case.citizen.refresh_from_db()
    assert case.citizen.phone == "55555555"


def test_two_people_may_correct_two_different_things(coach, cast, case):
    """What somebody else did to the case, but not to this form, is no conflict; the same correction twice is none either."""
    _page, values = citizen_page(coach, case)
    services.assign_coach(case=case, coach=cast.other_coach, by=cast.lead, today=TODAY)
    services.update_citizen(case=case, values={"phone": "87654321"}, by=cast.lead, today=TODAY)
    assert coach.post(url("citizen", case), {**values, "phone": "87 65 43 21"}).status_code == 302


def test_a_note_that_is_not_ours_asks_for_every_field_that_differs(coach, case):
    _page, values = citizen_page(coach, case)
    page = coach.post(url("citizen", case), {**values, "street": "Nygade 1", "seen": "opdigtet"})
    assert [(rival.label, rival.choice) for rival in page.context["form"].rivals] == [("Adresse", "")]


def test_after_other_errors_the_note_of_the_first_page_still_counts(coach, cast, case):
    _page, values = citizen_page(coach, case)
    wrong = coach.post(url("citizen", case), {**values, "phone": "11"})
    services.update_citizen(case=case, values={"phone": "87654321"}, by=cast.lead, today=TODAY)
    page = coach.post(url("citizen", case), {**values, **seen(wrong), "phone": "11223344"})
    assert [rival.stored for rival in page.context["form"].rivals] == ["87 65 43 21"]


def test_coach_cohort_and_business_are_saved(coach, cast, case):
    cohort = Cohort.objects.create(code="M6", start_on=TODAY, end_on=TODAY + timedelta(days=180))
    coach.post(url("cohort", case), {"cohort": cohort.pk})
    coach.post(url("coach", case), {"coach": cast.other_coach.pk})
    firm = {"name": "Bageriet", "form": "sole_proprietorship", "cvr": "12345674", "started_on": "1/12-26"}
    coach.post(url("business", case), firm)
    case.refresh_from_db()
    assert (case.cohort, case.coach) == (cohort, cast.other_coach)
    assert Business.objects.get(case=case).cvr == "12345674"
    refused = coach.post(url("business", case), {**firm, "form": "partnership"})
    assert refused.context["form"].errors["form"]
    assert coach.post(url("business", case), {**firm, "cvr": "12345678"}).context["form"].errors["cvr"]


# --- Phases --------------------------------------------------------------------------------------------------------------


def test_a_referral_is_accepted_or_was_already(coach, cast):
    new = builders.refer(cast.caseworker)
    assert coach.post(url("accept", new), {"coach": ""}).context["form"].errors["coach"]
    assert coach.post(url("accept", new), {"coach": cast.coach.pk}).status_code == 302
    new.refresh_from_db()
    assert (new.phase, new.coach) == (Phase.RECRUITMENT, cast.coach)
    assert coach.get(url("accept", new)).status_code == 302


def test_what_is_missing_is_listed_with_its_source(coach, case, monkeypatch):
    monkeypatch.setattr(registry.requirements[Phase.AFTERCARE], "_entries", {})
    case = builders.put_in_phase(case, Phase.MAIN_COURSE)
    missing = [Missing("Screening 4 er ikke afgjort.", source="programmets regler")]
    registry.requires(Phase.AFTERCARE, "test", lambda case, today: missing)
    page = text(coach.get(url("next_phase", case)))
    assert "Screening 4 er ikke afgjort." in page
    assert "programmets regler" in page
    refused = coach.post(url("next_phase", case), {})
    assert "Screening 4 er ikke afgjort. (programmets regler)" in text(refused)
    missing.clear()
    assert coach.post(url("next_phase", case), {}).status_code == 302
    case.refresh_from_db()
    assert case.phase == Phase.AFTERCARE


def test_a_phase_left_by_a_step_of_its_own_is_not_moved_by_hand(coach, case):
    assert "Screening 1 er afgjort" in text(coach.get(url("next_phase", case)))
    coach.post(url("next_phase", case), {})
    case.refresh_from_db()
    assert case.phase == Phase.RECRUITMENT


CLOSING = {"reason": "found_job", "choice_of": "citizen", "text": "Ansat i et bageri", "livelihood": "employment"}


def test_closing_is_checked_first(coach, case):
    check = coach.post(url("close", case), CLOSING)
    assert "Afslut sagen for Amina Testesen" in text(check)
    case.refresh_from_db()
    assert case.is_open
    assert coach.post(url("close", case), {**CLOSING, "edit": "1"}).context["form"]["text"].value() == CLOSING["text"]
    assert coach.post(url("close", case), {**CLOSING, "step": "close"}).status_code == 302
    case.refresh_from_db()
    assert case.closing_text == "Ansat i et bageri"
    assert case.citizen.livelihood_periods.get().kind == "employment"
    assert coach.get(url("close", case)).status_code == 302
    assert "Fik job" in text(coach.get(url("detail", case)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "illness", "choice_of": ""}, "choice_of"),
        ({"reason": "other", "text": " "}, "text"),
        ({"reason": "completed"}, "reason"),
    ],
)
def test_a_case_does_not_close_without_what_is_asked(coach, case, changes, field):
    page = coach.post(url("close", case), {**CLOSING, "step": "close", **changes})
    assert page.context["form"].errors[field]
    case.refresh_from_db()
    assert case.is_open


def test_completing_asks_what_the_higher_rooms_demand(coach, case, monkeypatch):
    monkeypatch.setattr(registry.requirements[Phase.CLOSED], "_entries", {})
    case = builders.put_in_phase(case, Phase.AFTERCARE)
    missing = [Missing("Lånet er ikke betalt tilbage.")]
    registry.requires(Phase.CLOSED, "test", lambda case, today: missing)
    values = {**CLOSING, "reason": "completed", "step": "close"}
    assert "Lånet er ikke betalt tilbage." in text(coach.post(url("close", case), values))
    missing.clear()
    assert coach.post(url("close", case), values).status_code == 302
    case.refresh_from_db()
    assert [step["state"] for step in queries.journey(case, TODAY)] == ["done"] * 10


def test_an_old_tab_does_not_close_what_changed_since(coach, cast, case):
    services.set_cohort(case=case, cohort=None, by=cast.lead)
    version = case.version
    services.assign_coach(case=case, coach=cast.other_coach, by=cast.lead, today=TODAY)
    page = coach.post(url("close", case), {**CLOSING, "step": "close", "version": version - 1})
    assert "En anden har ændret sagen imens" in text(page)
    case.refresh_from_db()
    assert case.is_open


def test_only_the_lead_reopens(coach, cast, case, client_for):
    services.close_case(case=case, reason="illness", choice_of="citizen", text="", by=cast.coach, today=TODAY)
    assert coach.get(url("reopen", case)).status_code == 403
    lead = client_for(cast.lead)
    page = lead.post(url("reopen", case), {"reason": ""})
    assert page.context["form"].errors["reason"]
    assert case.get_closing_reason_display() in page.content.decode()
    assert lead.post(url("reopen", case), {"reason": "Rask igen"}).status_code == 302
    assert lead.get(url("reopen", case)).url == url("detail", case)  # there is nothing to reopen any more
    case.refresh_from_db()
    assert case.phase == Phase.RECRUITMENT


# --- Log -----------------------------------------------------------------------------------------------------------------


def test_reading_and_changing_leave_their_lines(coach, cast, case):
    coach.get(url("detail", case))
    coach.post(url("journal", case), {"text": "Et notat", "kind": "note"})
    lines = AccessLog.objects.filter(user=cast.coach).order_by("pk").values_list("action", "what", "case_numbers")
    assert list(lines) == [
        (AccessAction.VIEW, "cases:detail", [case.number]),
        (AccessAction.CHANGE, "cases:journal", [case.number]),
    ]
