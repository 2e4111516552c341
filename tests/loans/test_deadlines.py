"""Dates of the support period and of missed instalments that become tasks (domain.md §5, §7.6, §9)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from cases import queries
from cases import services as cases
from cases.enums import ClosedBy, ClosingReason, ContactKind, ContactState, Holder
from cases.letters.models import Letter
from cases.models import CaseFile, Task
from loans import services
from loans.enums import AttemptChannel
from loans.models import LoanDecision
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.policy.models import RuleSet
from tests.loans import builders
from tests.support.world import World


@pytest.fixture
def loan(world):
    return builders.paid_out(world)


def task(case, key, on):
    with clock.at(on):
        cases.reconcile_all(on)
    return Task.objects.filter(case=case, key__startswith=key, done_at=None).first()


# --- The residential course and the start of the main course ---------------------------------------------------------


def test_a_late_start_after_the_residential_course_has_to_be_explained(world: World) -> None:
    case = builders.in_approval(world)  # the residential course ended 15 November; 14 days are the 29th
    on_time = builders.proposal(world, case, late_start_reason="", planned_payout_on=date(2026, 11, 29))
    late = replace(on_time, planned_payout_on=date(2026, 11, 30))
    by = world.user(Role.COACH)
    with pytest.raises(Refused) as refusal:
        services.propose(case=case, proposal=late, by=by, today=world.today)
    assert refusal.value.field == "late_start_reason"
    assert "29. nov. 2026" in str(refusal.value)
    services.propose(case=case, proposal=on_time, by=by, today=world.today)
    explained = replace(late, late_start_reason="Ovnen kommer først da.")
    services.propose(case=case, proposal=explained, by=by, today=world.today)
    assert LoanDecision.objects.get(case=case).late_start_reason == "Ovnen kommer først da."


def test_the_days_stand_in_the_rule_set(world: World) -> None:
    case = builders.in_approval(world)
    RuleSet.objects.update(residential_max_days=30)
    assert services.latest_start(case, world.today) == date(2026, 12, 15)


def test_the_question_stands_in_the_form_with_its_day(world: World, client_for) -> None:
    case = builders.in_approval(world)
    page = client_for(world.user(Role.COACH)).get(reverse("loans:propose", kwargs={"number": case.number}))
    assert "29. november 2026" in page.content.decode()


# --- Self-evaluation and the letter before the end -----------------------------------------------------------------------


def test_the_self_evaluation_is_sent_eight_weeks_before_the_end(world: World, loan) -> None:
    period = loan.case.support_periods.get()
    found = task(loan.case, "self-evaluation", world.today)
    assert found.due_on == period.ends_on - timedelta(weeks=8)
    services.request_self_evaluation(case=loan.case, by=world.user(Role.COACH), today=world.today)
    services.request_self_evaluation(case=loan.case, by=world.user(Role.COACH), today=world.today)  # twice is once
    letter = Letter.objects.get(case=loan.case, kind="self_evaluation_request")
    assert period.ends_on.isoformat() in letter.key
    assert task(loan.case, "self-evaluation", world.today) is None


def test_an_extension_asks_for_a_new_self_evaluation(world: World, loan) -> None:
    services.request_self_evaluation(case=loan.case, by=world.user(Role.COACH), today=world.today)
    period = builders.extend(world, loan.case, 1)
    assert task(loan.case, "self-evaluation", world.today).due_on == period.starts_on


def test_the_citizen_is_told_two_weeks_before_the_end(world: World, loan) -> None:
    period = loan.case.support_periods.get()
    told_by = period.ends_on - timedelta(weeks=2)
    assert task(loan.case, "support_letter", told_by - timedelta(days=15)) is None
    found = task(loan.case, "support_letter", told_by - timedelta(days=14))
    assert (found.due_on, found.holder, found.is_promise) == (told_by, Holder.PROJECT_LEAD, True)


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.BENEFITS_OFFICER, Role.MANAGER])
def test_only_the_team_asks_for_a_self_evaluation(world: World, loan, role) -> None:
    with pytest.raises(Refused):
        services.request_self_evaluation(case=loan.case, by=world.user(role), today=world.today)


def test_there_is_none_before_the_main_course(world: World, client_for) -> None:
    case = builders.in_approval(world)
    with pytest.raises(Refused):
        services.request_self_evaluation(case=case, by=world.user(Role.COACH), today=world.today)
    url = reverse("loans:self_evaluation", kwargs={"number": case.number})
    assert client_for(world.user(Role.COACH)).get(url).status_code == 302


def test_the_check_page_sends_it_and_is_no_more_afterwards(world: World, loan, client_for) -> None:
    client = client_for(world.user(Role.COACH))
    url = reverse("loans:self_evaluation", kwargs={"number": loan.case.number})
    assert "Send selvevaluering" in client.get(url).content.decode()
    assert not Letter.objects.filter(kind="self_evaluation_request").exists()
    client.post(url)
    assert Letter.objects.filter(kind="self_evaluation_request").count() == 1
    assert client.get(url).status_code == 302


# --- A missed instalment -------------------------------------------------------------------------------------------------


def first_due(loan) -> date:
    return loan.plan_versions.get().instalments.order_by("number")[0].due_on


def test_somebody_calls_five_days_after_a_missed_instalment(world: World, loan) -> None:
    due = first_due(loan)
    assert task(loan.case, "call-", due) is None
    found = task(loan.case, "call-", due + timedelta(days=1))
    assert found.due_on == due + timedelta(days=5)
    assert found.holder == Holder.TEAM


def test_who_has_paid_is_not_called(world: World, loan) -> None:
    due = first_due(loan)
    line = loan.plan_versions.get().instalments.order_by("number")[0]
    builders.pay(world, loan, line.amount - 1, due)
    assert task(loan.case, "call-", due + timedelta(days=2)) is not None  # one krone is missing
    builders.pay(world, loan, 1, due + timedelta(days=2))
    assert task(loan.case, "call-", due + timedelta(days=3)) is None


def test_a_conversation_since_then_is_the_call(world: World, loan) -> None:
    due = first_due(loan)
    coach = world.user(Role.COACH)
    assert task(loan.case, "call-", due + timedelta(days=3)) is not None
    with clock.at(due + timedelta(days=4)):
        for state in (ContactState.NO_SHOW, ContactState.ATTENDED):
            cases.register_contact(
                case=loan.case,
                kind=ContactKind.COACHING,
                at=clock.now(),
                state=state,
                staff=[coach],
                by=coach,
                today=clock.today(),
            )
            is_open = Task.objects.filter(case=loan.case, key__startswith="call-", done_at=None).exists()
            assert is_open is (state == ContactState.NO_SHOW)


def test_a_claim_of_a_closed_case_is_warned_of_six_months_before_it_lapses(world: World, loan) -> None:
    closed = {
        "phase": "closed",
        "closed_on": world.today,
        "closing_reason": "found_job",
        "closed_by_choice_of": "citizen",
    }
    CaseFile.objects.filter(pk=loan.case_id).update(**closed)
    assert first_due(loan) == date(2027, 1, 4)
    assert task(loan.case, "limitation_near", date(2029, 7, 3)) is None
    assert "4. jan. 2030" in task(loan.case, "limitation_near", date(2029, 7, 4)).why
    builders.pay(world, loan, loan.principal, date(2029, 7, 5))
    assert task(loan.case, "limitation_near", date(2029, 7, 6)) is None


# --- What nothing reads says so --------------------------------------------------------------------------------------------


def test_the_rule_set_says_what_is_not_used_yet(world: World, client_for) -> None:
    client = client_for(world.user(Role.ADMINISTRATOR))
    page = client.get(reverse("policy:rule_set", kwargs={"pk": RuleSet.objects.get().pk})).content.decode()
    assert page.count("bruges endnu ikke") == 1


def test_a_debt_is_followed_up_as_before_when_the_case_is_closed(world: World, loan, client_for) -> None:
    """Nobody comes to debt collection without having been called, whatever became of the case (domain.md §7.6)."""
    due = first_due(loan)
    coach = world.user(Role.COACH)
    answers = {"loan": "Betaler videre efter planen", "support": "Stoppet"}
    cases.close_case(
        case=loan.case,
        reason=ClosingReason.FOUND_JOB,
        choice_of=ClosedBy.CITIZEN,
        text="",
        answers=answers,
        by=coach,
        today=due - timedelta(days=3),
    )
    assert task(loan.case, "call-", due) is None
    call = task(loan.case, "call-", due + timedelta(days=5))
    assert (call.kind, call.due_on) == ("call_about_payment", due + timedelta(days=5))
    with clock.at(due + timedelta(days=5)):
        assert call in queries.open_tasks(coach)
        assert client_for(coach).get(reverse("loans:arrears", args=[loan.case.number])).status_code == 200
        services.log_attempt(
            loan=loan,
            channel=AttemptChannel.CALL,
            reached=True,
            note="Betaler i morgen",
            made_on=clock.today(),
            by=coach,
            today=clock.today(),
        )
    assert task(loan.case, "call-", due + timedelta(days=6)) is None
