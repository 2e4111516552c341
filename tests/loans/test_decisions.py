"""Proposal, decision, agreement: every guard of the services (domain.md §7.1, danish-rules.md §1.1, §2.1)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cases import services as cases
from cases.enums import BusinessForm, ClosedBy, ClosingReason, Livelihood, Phase
from cases.letters.models import Letter
from cases.models import Business, CaseFile, JournalEntry, Task
from loans import services
from loans.enums import LoanOutcome, OrderState, PlanCause, SupportKind
from loans.journey import REPAYMENT_STEP, journey
from loans.models import Loan, LoanDecision
from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from microloan.policy.models import LegalBasis
from screening import services as screening
from screening.enums import Hearing, LineKind, Outcome, ScreeningNumber
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World


def decide(world: World, decision: LoanDecision, answer: services.Answer = builders.YES, role: str = Role.PROJECT_LEAD):
    return services.decide_loan(decision=decision, answer=answer, by=world.user(role), today=world.today)


# --- Proposal ---------------------------------------------------------------------------------------------------------


def test_a_proposal_becomes_a_task_of_the_project_lead(world: World) -> None:
    decision = builders.proposed(world)
    assert (decision.amount, decision.budget.number, decision.screening.number) == (Decimal("35000.00"), 1, 3)
    assert Task.objects.filter(case=decision.case, kind="loan_decide", done_at=None).exists()


def test_a_second_proposal_replaces_the_open_one(world: World) -> None:
    first = builders.proposed(world)
    second = builders.proposed(world, first.case, amount=Decimal("20000"))
    assert second.pk == first.pk
    assert LoanDecision.objects.get(case=first.case).amount == Decimal("20000.00")


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.COACH, Role.PROJECT_LEAD)])
def test_only_the_team_proposes(world: World, role: str) -> None:
    case = builders.in_approval(world)
    with pytest.raises(Refused):
        services.propose(case=case, proposal=builders.proposal(world, case), by=world.user(role), today=world.today)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": Decimal("999.99")}, "amount"),
        ({"amount": Decimal("50000.01")}, "over_maximum_reason"),
        ({"planned_payout_on": TODAY - timedelta(days=1)}, "planned_payout_on"),
        ({"purpose": "  "}, "purpose"),
        ({"kind": "gift"}, "kind"),
        ({"charge_note": " "}, "charge_note"),
    ],
)
def test_a_proposal_outside_the_rules_is_refused_at_its_field(world: World, changes: dict, field: str) -> None:
    case = builders.in_approval(world)
    with pytest.raises(Refused) as refusal:
        builders.proposed(world, case, **changes)
    assert refusal.value.field == field
    assert not LoanDecision.objects.exists()


def test_more_than_the_maximum_needs_a_reason_and_gets_by_with_one(world: World) -> None:
    decision = builders.proposed(world, amount=Decimal("51000"), over_maximum_reason="Maskinen kan ikke fås billigere.")
    assert decide(world, decision).outcome == LoanOutcome.GRANTED


def test_nothing_is_proposed_outside_the_phase(world: World) -> None:
    case = builders.new_case(world)
    with pytest.raises(Refused):
        builders.proposed(world, case)


def test_there_is_one_loan_only(world: World) -> None:
    loan = builders.granted(world)
    with pytest.raises(Conflict):
        builders.proposed(world, loan.case)


# --- Decision ---------------------------------------------------------------------------------------------------------


def test_a_grant_of_a_loan_makes_loan_plan_and_letters(world: World) -> None:
    decision = decide(world, builders.proposed(world))
    loan = Loan.objects.get(decision=decision)
    assert (loan.principal, loan.approved_by, loan.kind) == (
        Decimal("35000.00"),
        world.user(Role.PROJECT_LEAD),
        SupportKind.LOAN,
    )
    assert loan.rule_set == decision.rule_set
    assert len(loan.payment_reference) == 15
    plan = loan.plan_versions.get()
    assert (plan.version, plan.cause, plan.instalments.count()) == (1, PlanCause.DECISION, 12)
    assert sum(line.amount for line in plan.instalments.all()) == loan.principal
    kinds = set(Letter.objects.filter(case=loan.case).values_list("kind", flat=True))
    assert kinds >= {"loan_grant", "loan_agreement"}
    assert [check["met"] for check in decision.facts["prerequisites"]] == [True] * 5


def test_letter_decision_and_plan_hold_the_same_numbers(world: World) -> None:
    loan = builders.granted(world)
    lines = list(loan.plan_versions.get().instalments.order_by("number"))
    grant = Letter.objects.get(kind="loan_grant", case=loan.case).context
    agreement = Letter.objects.get(kind="loan_agreement", case=loan.case).context
    assert grant["amount"] == agreement["total"] == str(loan.principal)
    assert [line["amount"] for line in agreement["lines"]] == [str(line.amount) for line in lines]
    assert [line["due"] for line in agreement["lines"]] == [line.due_on.isoformat() for line in lines]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROJECT_LEAD])
def test_only_the_project_lead_decides(world: World, role: str) -> None:
    decision = builders.proposed(world)
    with pytest.raises(Refused):
        decide(world, decision, role=role)
    decision.refresh_from_db()
    assert not decision.is_decided


def test_a_decision_is_made_once(world: World) -> None:
    decision = builders.proposed(world)
    decide(world, decision)
    with pytest.raises(Conflict):
        decide(world, decision)
    assert Loan.objects.count() == 1


def test_without_green_screening_it_is_refused_with_the_list_and_the_source(world: World) -> None:
    case = builders.put_in_phase(builders.new_case(world), Phase.APPROVAL, on=world.today)
    decision = builders.proposed(world, case, rehabilitation_on=None)
    with pytest.raises(Refused) as refusal:
        decide(world, decision)
    text = "\n".join(refusal.value.messages)
    assert len(refusal.value.messages) == 4
    assert all("kommunens vedtægt om mikrolån § 4" in message for message in refusal.value.messages), text
    assert not Loan.objects.exists()
    decision.refresh_from_db()
    assert not decision.is_decided


@pytest.mark.parametrize("outcome", [Outcome.REVISE, Outcome.STOP])
def test_a_later_round_that_is_not_green_counts(world: World, outcome: str) -> None:
    case = builders.in_approval(world)
    builders.decided_screening(world, case, ScreeningNumber.THREE, outcome, round_=2)
    with pytest.raises(Refused):
        decide(world, builders.proposed(world, case))


def test_a_partnership_gets_no_loan(world: World) -> None:
    case = builders.in_approval(world)
    Business.objects.filter(case=case).update(form=BusinessForm.PARTNERSHIP)
    with pytest.raises(Refused):
        decide(world, builders.proposed(world, case))


@pytest.mark.parametrize(("declared", "met"), [(None, False), (TODAY + timedelta(days=1), False), (TODAY, True)])
def test_a_citizen_on_sickness_benefit_is_declared_fit_first(world: World, declared: date | None, met: bool) -> None:
    case = builders.in_approval(world, livelihood=Livelihood.SICKNESS_BENEFIT)
    decision = builders.proposed(world, case, declared_fit_on=declared)
    if met:
        assert decide(world, decision).outcome == LoanOutcome.GRANTED
    else:
        with pytest.raises(Refused):
            decide(world, decision)


@pytest.mark.parametrize("decided", [None, TODAY + timedelta(days=1)])
def test_rehabilitation_is_decided_no_later_than_the_loan(world: World, decided: date | None) -> None:
    with pytest.raises(Refused):
        decide(world, builders.proposed(world, rehabilitation_on=decided))


def test_for_a_pensioner_the_practice_is_written_down(world: World) -> None:
    case = builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION)
    decision = builders.proposed(world, case, rehabilitation_reference="")
    with pytest.raises(Refused):
        decide(world, decision)
    builders.proposed(world, case)
    decide(world, decision)


def test_a_closed_basis_is_refused(world: World) -> None:
    old = LegalBasis.objects.get(code="lab_ch21_2020")
    decision = builders.proposed(world, legal_basis=old)
    with pytest.raises(Refused) as refusal:
        decide(world, decision)
    assert refusal.value.field == "legal_basis"


@pytest.mark.parametrize(
    ("granted_on", "reference", "allowed"),
    [
        (date(2026, 1, 31), "Afgørelse 17", True),
        (date(2026, 2, 1), "Afgørelse 17", False),
        (date(2026, 1, 31), "", False),
        (None, "Afgørelse 17", False),
    ],
)
def test_the_transition_covers_what_was_granted_in_time_with_a_reference(
    world: World, granted_on: date | None, reference: str, allowed: bool
) -> None:
    old = LegalBasis.objects.get(code="lab_ch21_2020")
    decision = builders.proposed(world, legal_basis=old, transition_on=granted_on, rehabilitation_reference=reference)
    if allowed:
        assert decide(world, decision).outcome == LoanOutcome.GRANTED
    else:
        with pytest.raises(Refused):
            decide(world, decision)


def test_a_basis_that_allows_no_grants_gives_none(world: World) -> None:
    LegalBasis.objects.filter(code="local_basis").update(allows_grant=False)
    with pytest.raises(Refused) as refusal:
        decide(world, builders.proposed(world, kind=SupportKind.GRANT))
    assert refusal.value.field == "legal_basis"


def test_what_was_planned_for_a_day_that_has_passed_is_proposed_anew(world: World) -> None:
    decision = builders.proposed(world)
    late = decision.planned_payout_on + timedelta(days=1)
    with pytest.raises(Refused):
        services.decide_loan(decision=decision, answer=builders.YES, by=world.user(Role.PROJECT_LEAD), today=late)


def test_nothing_is_decided_on_a_closed_case(world: World) -> None:
    decision = builders.proposed(world)
    cases.close_case(
        case=decision.case,
        reason=ClosingReason.FOUND_JOB,
        choice_of=ClosedBy.CITIZEN,
        text="",
        by=world.user(Role.COACH),
        today=world.today,
    )
    with pytest.raises(Refused):
        decide(world, decision)


# --- Refusal ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reasons": " "}, "reasons"),
        ({"hearing": ""}, "hearing"),
        ({"hearing": "perhaps"}, "hearing"),
        ({"hearing_note": "\n"}, "hearing_note"),
    ],
)
def test_a_refusal_needs_reasons_and_the_hearing(world: World, changes: dict, field: str) -> None:
    decision = builders.proposed(world)
    with pytest.raises(Refused) as refusal:
        decide(world, decision, replace(builders.REFUSAL, **changes))
    assert refusal.value.field == field


def test_a_refusal_keeps_the_hearing_and_tells_it_in_the_letter(world: World) -> None:
    decision = decide(world, builders.proposed(world), builders.REFUSAL)
    assert (decision.outcome, decision.hearing) == (LoanOutcome.REFUSED, Hearing.ANSWERED)
    letter = Letter.objects.get(kind="loan_refusal")
    assert letter.context["hearing"] == [decision.hearing_note]
    assert letter.context["considerations"] == [decision.reasons]
    assert not Loan.objects.exists()
    assert Task.objects.filter(case=decision.case, kind="screening_stopped", done_at=None).exists()


def test_why_no_hearing_is_needed_is_kept_but_not_put_in_the_citizens_mouth(world: World) -> None:
    answer = replace(builders.REFUSAL, hearing=Hearing.NOT_NEEDED, hearing_note="Bygger kun på borgerens egne tal.")
    decision = decide(world, builders.proposed(world), answer)
    assert decision.hearing_note == "Bygger kun på borgerens egne tal."
    assert Letter.objects.get(kind="loan_refusal").context["hearing"] == []


def test_a_refusal_needs_no_basis_in_force_and_no_prerequisites(world: World) -> None:
    case = builders.put_in_phase(builders.new_case(world), Phase.APPROVAL, on=world.today)
    decision = builders.proposed(world, case, legal_basis=LegalBasis.objects.get(code="lab_ch21_2020"))
    decide(world, decision, builders.REFUSAL)
    facts = Letter.objects.get(kind="loan_refusal").context["facts"]
    assert len(facts) > 1  # the amount, and what was missing


def test_after_a_refusal_the_citizen_may_be_proposed_again(world: World) -> None:
    first = builders.proposed(world)
    decide(world, first, builders.REFUSAL)
    second = builders.proposed(world, first.case, amount=Decimal("10000"))
    assert second.pk != first.pk
    assert decide(world, second).outcome == LoanOutcome.GRANTED


def test_the_referrer_is_told_of_the_decision(world: World) -> None:
    decision = decide(world, builders.proposed(world))
    assert JournalEntry.objects.filter(case=decision.case, for_referrer=True, title__contains="35.000").exists()


# --- A grant is not a loan --------------------------------------------------------------------------------------------


def test_a_grant_has_no_plan_no_agreement_and_a_letter_of_its_own(world: World) -> None:
    loan = builders.granted(world, kind=SupportKind.GRANT)
    assert loan.payment_reference == ""
    assert not loan.plan_versions.exists()
    kinds = set(Letter.objects.filter(case=loan.case).values_list("kind", flat=True))
    assert "grant_decision" in kinds
    assert not kinds & {"loan_grant", "loan_agreement"}
    with pytest.raises(Refused):
        builders.signed(world, loan)
    builders.supported(world, loan)
    assert loan.order.state == OrderState.READY


def test_a_refused_grant_gets_the_letter_of_a_grant(world: World) -> None:
    decide(world, builders.proposed(world, kind=SupportKind.GRANT), builders.REFUSAL)
    assert Letter.objects.filter(kind="grant_refusal").exists()
    assert not Letter.objects.filter(kind="loan_refusal").exists()


# --- Agreement and the way into the queue -------------------------------------------------------------------------------


def test_the_order_waits_for_agreement_and_support(world: World) -> None:
    loan = builders.granted(world)
    assert not hasattr(builders.signed(world, loan), "order")
    builders.supported(world, loan)
    order = Loan.objects.get(pk=loan.pk).order
    assert (order.state, order.amount, order.approved_by) == (
        OrderState.READY,
        loan.principal,
        world.user(Role.PROJECT_LEAD),
    )


def test_a_pensioners_order_waits_for_the_agreement_alone(world: World) -> None:
    case = builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION)
    loan = builders.signed(world, builders.granted(world, case))
    assert Loan.objects.get(pk=loan.pk).order.state == OrderState.READY


@pytest.mark.parametrize("days", [-1, 1])
def test_an_agreement_is_signed_between_the_decision_and_today(world: World, days: int) -> None:
    loan = builders.granted(world)
    with pytest.raises(Refused) as refusal:
        services.register_agreement(
            loan=loan, signed_on=TODAY + timedelta(days=days), by=world.user(Role.COACH), today=TODAY
        )
    assert refusal.value.field == "signed_on"


def test_the_same_agreement_registered_twice_is_registered_once(world: World) -> None:
    loan = builders.granted(world)
    builders.signed(world, loan)
    builders.signed(world, loan)
    assert JournalEntry.objects.filter(case=loan.case, title__contains="underskrevet").count() == 1
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Conflict):
        services.register_agreement(loan=loan, signed_on=tomorrow, by=world.user(Role.COACH), today=tomorrow)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.COACH, Role.PROJECT_LEAD)])
def test_only_the_team_registers_the_agreement(world: World, role: str) -> None:
    loan = builders.granted(world)
    with pytest.raises(Refused):
        services.register_agreement(loan=loan, signed_on=TODAY, by=world.user(role), today=TODAY)


def test_the_case_knows_its_loan_in_the_journey(world: World) -> None:
    loan = builders.paid_out(world)
    assert CaseFile.objects.get(pk=loan.case_id).phase == Phase.MAIN_COURSE
    details = journey(loan.case, TODAY)
    assert details[REPAYMENT_STEP].detail == "til 2027"
    builders.pay(world, loan, loan.principal, TODAY)
    assert journey(loan.case, TODAY)[REPAYMENT_STEP].detail == "Tilbagebetalt"


def test_the_loan_does_not_rest_on_an_older_version_of_the_budget(world: World) -> None:
    """After a yellow the approved version lies behind the one that came back (domain.md §4)."""
    case = builders.in_approval(world)
    line = screening.LineData(LineKind.EXPENSE, "Mindre udstyr", Decimal("30000"))
    screening.save_budget(case=case, lines=[line], note="", by=world.user(Role.COACH), today=world.today)
    decision = builders.proposed(world, case)
    with pytest.raises(Refused, match="Udgave 2|Version 2"):
        services.decide_loan(
            decision=decision, answer=builders.YES, by=world.user(Role.PROJECT_LEAD), today=world.today
        )
