"""Closing with reason and choice, what is still open, the letter, and reopening (domain.md §3.4)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases import closing, registry, services
from cases.enums import (
    HISTORIC_LIVELIHOODS,
    ClosedBy,
    ClosingReason,
    ContactKind,
    ContactState,
    Holder,
    Livelihood,
    Phase,
)
from cases.letters.models import Letter
from cases.models import CaseFile, Contact, PhaseChange
from cases.registry import NextStep
from microloan.core import clock
from microloan.core.calendars import add_working_days
from microloan.core.errors import Refused
from microloan.core.history import changes_of_rows
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.letters.reading import text_of
from tests.support.pages import text


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach, name="Amina Testesen")


def close(cast, case, reason=ClosingReason.FOUND_JOB, choice_of="", **more):
    values = {"reason": reason, "choice_of": choice_of, "text": "", "send_letter": False, **more}
    return services.close_case(case=case, by=cast.coach, today=TODAY, **values)


@pytest.mark.parametrize("reason", [reason for reason in ClosingReason if reason != ClosingReason.COMPLETED])
def test_the_choice_follows_the_reason_where_it_is_obvious(cast, case, reason):
    usual = closing.usual_choice(reason)
    text = "Flere ting" if reason == ClosingReason.OTHER else ""
    if not usual:
        with pytest.raises(Refused) as refusal:
            close(cast, case, reason, text=text)
        assert refusal.value.field == "choice_of"
        usual = ClosedBy.TEAM
    closed = close(cast, case, reason, usual, text=text)
    assert closed.closed_by_choice_of == usual


def test_whoever_closes_may_say_otherwise(cast, case):
    assert close(cast, case, ClosingReason.NO_CONTACT, ClosedBy.CITIZEN).closed_by_choice_of == ClosedBy.CITIZEN


def test_every_reason_has_words_for_the_citizen():
    assert set(closing.TO_THE_CITIZEN) == set(ClosingReason)


def test_what_is_open_is_shown_and_dealt_with(cast, case):
    meeting = services.plan_contact(
        case=case,
        kind=ContactKind.COACHING,
        at=clock.now() + timedelta(days=3),
        place="",
        staff=[cast.coach],
        by=cast.coach,
        today=TODAY,
    )
    services.add_task(case=case, title="Ring", due_on=TODAY, holder=Holder.TEAM, owner=None, by=cast.coach)
    services.raise_flag(case=case, reason="Banken svarer ikke", by=cast.coach)
    exemption = services.exempt(
        case=case,
        from_on=TODAY - timedelta(days=9),
        to_on=None,
        begun_before="",
        useful="",
        consultant=cast.caseworker,
        by=cast.coach,
        today=TODAY,
    )
    keys = [thing.key for thing in closing.open_at_closing(case, TODAY)]
    assert keys == ["contacts", "tasks", "exemption", "flags"]
    close(cast, case)
    meeting.refresh_from_db()
    exemption.refresh_from_db()
    assert meeting.state == ContactState.CANCELLED
    assert exemption.to_on == TODAY
    assert not case.tasks.filter(done_at__isnull=True).exists()
    assert case.flags.open().exists()


def test_a_contact_that_has_passed_is_not_cancelled_but_registered_still(cast, case, client_for):
    passed = Contact.objects.create(case=case, kind=ContactKind.COACHING, at=clock.now() - timedelta(days=2))
    client = client_for(cast.coach)
    page = text(client.get(reverse("cases:close", args=[case.number])))
    assert "1 kontakt, der er overstået, er ikke registreret, 18. november 2026" in page
    close(cast, case)
    passed.refresh_from_db()
    assert passed.state == ContactState.PLANNED
    how = {"case": case, "kind": passed.kind, "at": passed.at, "staff": [cast.coach], "by": cast.coach, "today": TODAY}
    with pytest.raises(Refused, match="afsluttet"):
        services.register_contact(**how, state=ContactState.ATTENDED)  # another one, not planned before
    later = {**how, "at": clock.now() + timedelta(days=1)}
    with pytest.raises(Refused, match="afsluttet"):
        services.register_contact(**later, contact=passed, state=ContactState.PLANNED)
    services.register_contact(**how, contact=passed, state=ContactState.ATTENDED)
    passed.refresh_from_db()
    assert passed.state == ContactState.ATTENDED
    with pytest.raises(Refused, match="afsluttet"):
        services.register_contact(**how, contact=passed, state=ContactState.NO_SHOW)


def test_an_exemption_to_come_never_begins(cast, case):
    values = {"to_on": None, "begun_before": "", "useful": "", "consultant": cast.caseworker}
    start = TODAY + timedelta(days=9)
    exemption = services.exempt(case=case, from_on=start, by=cast.coach, today=TODAY, **values)
    assert [thing.key for thing in closing.open_at_closing(case, TODAY)] == ["exemption_to_come"]
    close(cast, case)
    assert not case.exemptions.exists()
    letter = Letter.objects.get(kind="exemption_notice", key__endswith=":never")
    assert "begynder ikke" in text_of(letter.read_pdf())
    assert case.journal.filter(title="Fritagelsen for andre tilbud begynder ikke", text__contains="29. nov").exists()
    changes = changes_of_rows(type(exemption), [exemption.pk])
    assert ("delete", "from_on", start) in {(c.label, c.field, c.before) for c in changes}


def test_the_citizen_gets_a_letter_once_for_each_closing(cast, case):
    close(cast, case, send_letter=True)
    letter = Letter.objects.get(kind="closing")
    assert "Du har fået et arbejde." in text_of(letter.read_pdf())
    services.reopen_case(case=case, reason="Jobbet blev ikke til noget", by=cast.lead, today=TODAY)
    close(cast, case, send_letter=True)
    assert Letter.objects.filter(kind="closing").count() == 2


def test_a_letter_that_cannot_be_made_is_refused_at_its_field(cast, case):
    services.update_citizen(case=case, values={"letter_preference": "paper"}, by=cast.coach, today=TODAY)
    case.refresh_from_db()
    with pytest.raises(Refused, match="adresse") as refusal:
        close(cast, case, send_letter=True)
    assert refusal.value.field == "send_letter"
    case.refresh_from_db()
    assert case.is_open


# --- The database --------------------------------------------------------------------------------------------------------


def test_blank_words_are_no_reason(cast, case):
    values = {"phase": Phase.CLOSED, "closed_on": TODAY, "closing_reason": "other", "closed_by_choice_of": "team"}
    with pytest.raises(IntegrityError, match="case_other_reason_in_words"), transaction.atomic():
        CaseFile.objects.filter(pk=case.pk).update(**values, closing_text=" \n")
    CaseFile.objects.filter(pk=case.pk).update(**values, closing_text="Flere ting")


@pytest.mark.parametrize(("before", "after"), [(Phase.CLOSED, Phase.COURSES), (Phase.COURSES, Phase.CLOSED)])
def test_the_history_says_why_a_case_closed_or_opened_again(case, before, after):
    row = {"case": case, "from_phase": before, "to_phase": after, "on": TODAY}
    closing = {"closing_reason": "found_job", "closed_by_choice_of": "citizen"}
    whole, other = (row | closing, row) if after == Phase.CLOSED else (row, row | closing)
    with pytest.raises(IntegrityError, match="phase_change_with_reason"), transaction.atomic():
        PhaseChange.objects.create(**whole, reason=" ")
    with pytest.raises(IntegrityError, match="phase_change_closing_whole"), transaction.atomic():
        PhaseChange.objects.create(**other, reason="Fik job")
    PhaseChange.objects.create(**whole, reason="Fik job")


def test_what_a_closing_was_stays_in_the_history_when_the_case_opens_again(cast, case):
    """The drop-out of that day is counted with its reason, whatever became of the case later (domain.md §10)."""
    closed = close(cast, case, ClosingReason.MOVED_AWAY, ClosedBy.CITIZEN)
    services.reopen_case(case=closed, reason="Flyttet tilbage", by=cast.lead, today=TODAY)
    change = PhaseChange.objects.get(case=case, to_phase=Phase.CLOSED)
    assert (change.closing_reason, change.closed_by_choice_of) == ("moved_away", "citizen")


# --- Reopening -----------------------------------------------------------------------------------------------------------


def test_only_the_lead_reopens_and_says_why(cast, case):
    close(cast, case, text="Job på havnen")
    with pytest.raises(Refused, match="projektlederen"):
        services.reopen_case(case=case, reason="Nyt job", by=cast.coach, today=TODAY)
    with pytest.raises(Refused) as refusal:
        services.reopen_case(case=case, reason=" ", by=cast.lead, today=TODAY)
    assert refusal.value.field == "reason"
    opened = services.reopen_case(case=case, reason="Jobbet blev ikke til noget", by=cast.lead, today=TODAY)
    assert (opened.phase, opened.closing_reason, opened.closing_text) == (Phase.RECRUITMENT, "", "")
    assert case.phase_changes.last().reason == "Jobbet blev ikke til noget"


def test_a_case_closed_twice_comes_back_to_where_it_was_the_last_time(cast, case):
    close(cast, case)
    services.reopen_case(case=case, reason="Jobbet blev ikke til noget", by=cast.lead, today=TODAY)
    close(cast, builders.put_in_phase(case, Phase.COURSES))
    opened = services.reopen_case(case=case, reason="Borgeren er rask igen", by=cast.lead, today=TODAY)
    assert opened.phase == Phase.COURSES


def test_a_case_is_not_reopened_beside_another_that_is_open(cast, case):
    close(cast, case)
    builders.refer(cast.caseworker, cpr=case.citizen.cpr.digits, name="Amina Testesen")
    with pytest.raises(Refused, match="allerede en åben sag"):
        services.reopen_case(case=case, reason="Jobbet blev ikke til noget", by=cast.lead, today=TODAY)


def test_nobody_was_late_while_the_case_was_closed(cast, case):
    close(cast, case)
    later = TODAY + timedelta(days=200)
    with clock.at(later):
        services.reopen_case(case=case, reason="Jobbet hørte op", by=cast.lead, today=later)
    due = dict(case.tasks.filter(done_at=None).values_list("kind", "due_on"))
    assert due["next_contact"] == later + timedelta(days=14)
    assert due["three_month_follow_up"] == later + timedelta(days=21)
    assert min(due.values()) >= later


@pytest.mark.parametrize("is_promise", [False, True])
def test_what_was_due_while_the_case_was_closed_is_due_the_day_it_comes_back(cast, case, monkeypatch, is_promise):
    def steps(case, today):
        yield NextStep("test", "no_contact", Holder.TEAM, TODAY + timedelta(days=9), is_promise=is_promise)

    monkeypatch.setattr(registry.next_steps, "_entries", {})
    registry.next_steps.register("test", steps)
    close(cast, case)
    later = TODAY + timedelta(days=200)
    services.reopen_case(case=case, reason="Jobbet hørte op", by=cast.lead, today=later)
    due_on = case.tasks.get(key="test", done_at=None).due_on
    assert due_on == (TODAY + timedelta(days=9) if is_promise else later)


def test_a_referral_that_comes_back_is_answered_within_new_days(cast):
    case = builders.refer(cast.caseworker)
    close(cast, case, ClosingReason.NO_CONTACT)
    later = TODAY + timedelta(days=200)
    services.reopen_case(case=case, reason="Borgeren ringede", by=cast.lead, today=later)
    assert case.tasks.get(key="accept_referral", done_at=None).due_on == add_working_days(later, 5)


def test_a_case_comes_back_without_a_coach_who_has_left(cast, case):
    close(cast, case)
    cast.coach.is_active = False
    cast.coach.save()
    opened = services.reopen_case(case=case, reason="Jobbet hørte op", by=cast.lead, today=TODAY)
    assert opened.coach is None
    assert case.journal.filter(title__contains=cast.coach.full_name).exists()
    assert not case.tasks.filter(done_at=None, owner=cast.coach).exists()


# --- The screen ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_open_and_fills_in_whose_choice(cast, case, client_for):
    services.raise_flag(case=case, reason="Banken svarer ikke", by=cast.coach)
    client = client_for(cast.coach)
    address = reverse("cases:close", args=[case.number])
    page = client.get(address).content.decode()
    assert "1 flag" in page
    data = {"reason": "found_job", "version": CaseFile.objects.get(pk=case.pk).version, "send_letter": "on"}
    check = client.post(address, data).content.decode()
    assert "Borgerens valg" in check
    assert client.post(address, {**data, "step": "close"}).status_code == 302
    assert Letter.objects.filter(kind="closing").exists()
    case.refresh_from_db()
    assert not case.is_open


def test_the_page_asks_where_the_reason_does_not_say_whose_choice(cast, case, client_for):
    page = client_for(cast.coach).post(reverse("cases:close", args=[case.number]), {"reason": "illness"})
    assert "Vælg, hvis beslutning det var." in page.content.decode()


def test_a_closed_case_shows_no_form_for_a_new_task(cast, case, client_for):
    client = client_for(cast.coach)
    address = reverse("cases:case_task_new", args=[case.number])
    assert client.get(address).status_code == 200
    close(cast, case)
    page = client.get(address, follow=True)
    assert page.redirect_chain[-1][0] == reverse("cases:detail", args=[case.number])
    assert "Sagen er afsluttet, så der kan ikke lægges nye opgaver på den." in text(page)


def test_nobody_begins_to_live_on_a_benefit_that_has_ended(cast, case, client_for):
    page = client_for(cast.coach).get(reverse("cases:close", args=[case.number]))
    offered = dict(page.context["form"].fields["livelihood"].choices)
    assert Livelihood.EMPLOYMENT in offered
    assert not HISTORIC_LIVELIHOODS & set(offered)
