"""What no code path escapes: the database itself refuses, by name (architecture.md §3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cases.enums import Livelihood
from cases.models import CaseFile
from loans.enums import EntryKind, LoanOutcome, OrderState, PeriodKind, SupportKind
from loans.models import DisbursementOrder, Instalment, LedgerEntry, Loan, LoanDecision, PlanVersion, SupportPeriod
from microloan.accounts.enums import Role
from microloan.core import clock
from screening.enums import Hearing
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World


@contextmanager
def refused(name: str) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        yield


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def entry(loan: Loan, kind: str = EntryKind.PAYMENT, amount: str = "-417", **changes: Any) -> LedgerEntry:
    values = {
        "loan": loan,
        "kind": kind,
        "amount": Decimal(amount),
        "value_date": TODAY,
        "key": f"test-{LedgerEntry.objects.count()}",
        "content_hash": "x",
        **changes,
    }
    return LedgerEntry.objects.create(**values)


# --- Ledger and plan --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["loans_ledgerentry", "loans_planversion", "loans_instalment"])
def test_ledger_and_plan_only_grow(world: World, table: str) -> None:
    builders.paid_out(world)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for sql in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with refused("append_only|no_truncate"):
            run(sql)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "table",
    [
        "letters_letter",
        "loans_disbursementorder",
        "loans_loandecision",
        "loans_supportperiod",
        "screening_budget",
        "screening_budgetline",
        "screening_score",
        "screening_screening",
        "screening_screening_staff",
    ],
)
def test_what_locks_row_by_row_is_not_emptied_at_once(table: str) -> None:
    with refused("no_truncate"):
        run(f"TRUNCATE {table} CASCADE")


def test_querysets_do_not_get_round_it(world: World) -> None:
    builders.paid_out(world)
    with refused("ledger_append_only"):
        LedgerEntry.objects.update(amount=Decimal("1"))
    with refused("instalment_append_only"):
        Instalment.objects.filter(number=1).delete()
    with refused("plan_version_append_only"):
        PlanVersion.objects.update(version=9)


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        (EntryKind.PAYMENT, "1"),
        (EntryKind.HANDOVER, "1"),
        (EntryKind.RECOVERY_PAYMENT, "1"),
        (EntryKind.WRITE_OFF, "1"),
        (EntryKind.REFUND, "-1"),
    ],
)
def test_the_sign_fits_the_kind(world: World, kind: str, amount: str) -> None:
    loan = builders.paid_out(world)
    with builders.past_the_gates(), refused("entry_sign_fits_kind"):
        entry(loan, kind, amount)


def test_a_payout_is_positive_and_not_nothing(world: World) -> None:
    loan = builders.granted(world)
    with builders.past_the_gates():
        with refused("entry_sign_fits_kind"):
            entry(loan, EntryKind.PAYOUT, "-1")
        with refused("entry_not_zero"):
            entry(loan, EntryKind.CORRECTION, "0")


def test_a_loan_is_paid_out_once(world: World) -> None:
    loan = builders.paid_out(world)
    with builders.past_the_gates(), refused("entry_payouts_within_principal"):
        entry(loan, EntryKind.PAYOUT, "35000")


def test_who_approved_pays_out_no_part_of_it_and_only_what_waits_is_paid_out(world: World) -> None:
    order = builders.in_queue(world)
    officer = world.user(Role.BENEFITS_OFFICER)
    for by in (order.approved_by, None):
        with refused("entry_payout_by_another"):
            entry(order.loan, EntryKind.PAYOUT, "1", by=by)
    builders.sent_back(world, order)
    with refused("entry_payout_by_another"):
        entry(order.loan, EntryKind.PAYOUT, "1", by=officer)
    with refused("entry_payout_by_another"):  # there is no order yet
        entry(builders.granted(world), EntryKind.PAYOUT, "1", by=officer)


def test_nothing_is_corrected_but_by_a_reversal(world: World) -> None:
    loan = builders.paid_out(world)
    for amount in ("-1", "1"):
        with refused("entry_by_two"):
            entry(loan, EntryKind.CORRECTION, amount, by=world.user(Role.PROJECT_LEAD), reason="Fejl")


def test_a_reversal_takes_back_one_whole_entry_of_its_loan(world: World) -> None:
    loan, other = builders.paid_out(world), builders.paid_out(world)
    payment = entry(loan)
    back = {"reverses": payment, "reason": "Fejl"}
    with builders.past_the_gates():
        for of, amount, changes in (
            (loan, "416", back),
            (other, "417", back),
            (loan, "417", {**back, "value_date": TODAY - timedelta(days=1)}),
        ):
            with refused("entry_reversal_fits"):
                entry(of, EntryKind.REVERSAL, amount, **changes)
        reversal = entry(loan, EntryKind.REVERSAL, "417", **back)
        with refused("entry_reversal_fits"):
            entry(loan, EntryKind.REVERSAL, "-417", reverses=reversal, reason="Fejl")


def test_a_key_is_used_once(world: World) -> None:
    loan = builders.paid_out(world)
    entry(loan, key="same")
    with refused("key"):
        entry(loan, key="same")


def test_a_reversal_names_its_entry_and_a_reason_and_comes_once(world: World) -> None:
    loan = builders.paid_out(world)
    payment = entry(loan)
    with builders.past_the_gates():
        for changes in ({"reason": "Fejl"}, {"reverses": payment}):
            with refused("entry_reversal_names_entry"):
                entry(loan, EntryKind.REVERSAL, "417", **changes)
        entry(loan, EntryKind.REVERSAL, "417", reverses=payment, reason="Fejl")
        with refused("reverses"):
            entry(loan, EntryKind.REVERSAL, "417", reverses=payment, reason="Fejl")
    with refused("entry_reversal_names_entry"):
        entry(loan, reverses=payment)


def test_a_grant_is_not_repaid(world: World) -> None:
    loan = builders.paid_out(world, kind=SupportKind.GRANT)
    with refused("entry_grant_is_not_repaid"):
        entry(loan)


# --- Orders and decisions ---------------------------------------------------------------------------------------------


def test_who_approved_never_disburses(world: World) -> None:
    order = builders.in_queue(world)
    with refused("order_approver_is_not_disburser"):
        DisbursementOrder.objects.filter(pk=order.pk).update(
            state=OrderState.PAID, disbursed_by=order.approved_by_id, paid_on=TODAY, voucher="B-1"
        )


def test_a_paid_order_is_whole_and_locked(world: World) -> None:
    order = builders.in_queue(world)
    with refused("order_paid_whole"):
        DisbursementOrder.objects.filter(pk=order.pk).update(state=OrderState.PAID)
    with refused("order_sent_back_with_reason"):
        DisbursementOrder.objects.filter(pk=order.pk).update(state=OrderState.SENT_BACK)
    builders.pay_out(world, order)
    with refused("order_locked"):
        DisbursementOrder.objects.filter(pk=order.pk).update(voucher="B-2")


def test_what_was_ordered_is_not_changed(world: World) -> None:
    order = builders.in_queue(world)
    for changes in ({"amount": Decimal("1")}, {"approved_by": world.user(Role.COACH)}):
        with refused("order_frozen"):
            DisbursementOrder.objects.filter(pk=order.pk).update(**changes)


def test_a_decided_proposal_is_locked(world: World) -> None:
    loan = builders.granted(world)
    with refused("loan_decision_locked"):
        LoanDecision.objects.filter(pk=loan.decision_id).update(amount=Decimal("1"))
    with refused("loan_decision_locked"):
        LoanDecision.objects.filter(pk=loan.decision_id).update(outcome="", decided_at=None)


@pytest.mark.parametrize(
    "changes",
    [{"principal": Decimal("1")}, {"kind": SupportKind.GRANT}, {"payment_reference": ""}, {"approved_by": None}],
    ids=str,
)
def test_a_loan_stays_what_was_decided(world: World, changes: dict) -> None:
    loan = builders.granted(world)
    with refused("loan_frozen"):
        Loan.objects.filter(pk=loan.pk).update(**changes)


def test_a_loan_is_what_was_granted(world: World) -> None:
    """Inserted behind the services: of a refusal, as a grant, of more money, or approved by somebody else."""
    granted = builders.granted(world)
    waiting = builders.proposed(world)
    values = {
        "case": granted.case, "decision": granted.decision, "number": "L-1", "kind": granted.kind,
        "principal": granted.principal, "rule_set": granted.rule_set, "legal_basis": granted.legal_basis,
        "approved_by": granted.approved_by,
    }  # fmt: skip
    for changes in (
        {"kind": SupportKind.GRANT},
        {"principal": granted.principal + 1},
        {"approved_by": world.user(Role.COACH)},
        {"case": waiting.case},
        {"decision": waiting, "case": waiting.case},
    ):
        with refused("loan_fits_decision"):
            Loan.objects.create(**{**values, **changes})


def test_an_order_is_for_the_loan_and_names_who_approved_it(world: World) -> None:
    loan = builders.granted(world)
    values = {
        "loan": loan, "amount": loan.principal, "approved_by": loan.approved_by, "ordered_on": TODAY, "due_on": TODAY,
    }  # fmt: skip
    for changes in (
        {"amount": loan.principal - 1},
        {"approved_by": world.user(Role.COACH)},
        {
            "state": OrderState.PAID, "disbursed_by": world.user(Role.BENEFITS_OFFICER), "paid_on": TODAY, "voucher": "B",
        },
    ):  # fmt: skip
        with refused("order_fits_loan"):
            DisbursementOrder.objects.create(**{**values, **changes})


def test_a_loan_is_kept(world: World) -> None:
    loan = builders.granted(world)
    with refused("loan_kept"):
        run(f"DELETE FROM loans_loan WHERE id = {loan.pk}")


def test_a_refusal_has_reasons_and_hearing(world: World) -> None:
    decision = builders.proposed(world)
    values = {
        "outcome": LoanOutcome.REFUSED,
        "decided_at": clock.now(),
        "decided_on": TODAY,
        "decided_by": world.user(Role.PROJECT_LEAD),
        "rule_set": 1,
        "appeal_variant": "standard_4_weeks",
        "reasons": "Nej",
        "hearing": Hearing.ANSWERED,
        "hearing_note": "Hørt",
    }
    row = LoanDecision.objects.filter(pk=decision.pk)
    values["rule_set"] = builders.rule_set().pk
    with refused("loan_refusal_has_reasons"):
        row.update(**{**values, "reasons": ""})
    for missing in ("hearing", "hearing_note"):
        with refused("loan_refusal_has_hearing"):
            row.update(**{**values, missing: ""})
    with refused("loan_decision_whole"):
        row.update(**{**values, "rule_set": None})
    row.update(**values)


def test_there_is_one_open_proposal(world: World) -> None:
    decision = builders.proposed(world)
    decision.pk = None
    with refused("loan_decision_one_open"):
        decision.save(force_insert=True)


# --- Living support ---------------------------------------------------------------------------------------------------


def period(
    world: World, case: CaseFile, kind: str, months: int, start: date, end: date, **changes: Any
) -> SupportPeriod:
    loan = case.loans.get()
    values = {
        "case": case,
        "kind": kind,
        "months": months,
        "starts_on": start,
        "ends_on": end,
        "legal_basis": loan.legal_basis,
        "rule_set": loan.rule_set,
        "decided_by": world.user(Role.PROJECT_LEAD),
        "decided_at": clock.now(),
        "decided_on": TODAY,
        **changes,
    }
    return SupportPeriod.objects.create(**values)


@pytest.fixture
def case(world: World) -> CaseFile:
    """With six months of support from 1 December 2026."""
    loan = builders.granted(world)
    builders.supported(world, loan, starts_on=date(2026, 12, 1))
    return loan.case


def extension(world: World, case: CaseFile, months: int, start: date, end: date, **changes: Any) -> SupportPeriod:
    changes = {"screening": builders.screening_4(world, case, case.screenings.count() + 1), **changes}
    return period(world, case, PeriodKind.EXTENSION, months, start, end, **changes)


def test_periods_do_not_overlap(world: World, case: CaseFile) -> None:
    with refused("support_no_overlap|support_gap"):
        extension(world, case, 1, date(2027, 5, 31), date(2027, 6, 30))


def test_the_exclusion_alone_refuses_an_overlap(world: World, case: CaseFile) -> None:
    import pgtrigger

    with pgtrigger.ignore("loans.SupportPeriod:support_period_limits"), refused("support_no_overlap"):
        extension(world, case, 1, date(2027, 5, 31), date(2027, 6, 30))


def test_there_is_no_gap(world: World, case: CaseFile) -> None:
    with refused("support_gap"):
        extension(world, case, 1, date(2027, 6, 2), date(2027, 7, 1))


def test_the_first_period_is_no_longer_than_the_rules_allow(world: World) -> None:
    loan = builders.granted(world)
    with refused("support_base_over_limit"):
        period(world, loan.case, PeriodKind.BASE, 7, date(2026, 12, 1), date(2027, 6, 30))


@pytest.mark.parametrize(("months", "end"), [(4, date(2027, 9, 30)), (7, date(2027, 12, 31))])
def test_an_extension_is_no_longer_than_the_rules_allow(world: World, case: CaseFile, months: int, end: date) -> None:
    with refused("support_extension_length"):
        extension(world, case, months, date(2027, 6, 1), end)


def test_extensions_stay_within_the_limit_in_all(world: World, case: CaseFile) -> None:
    extension(world, case, 3, date(2027, 6, 1), date(2027, 8, 31))
    extension(world, case, 3, date(2027, 9, 1), date(2027, 11, 30))
    with refused("support_over_limit"):
        extension(world, case, 1, date(2027, 12, 1), date(2027, 12, 31))


def test_no_period_for_a_pensioner(world: World) -> None:
    loan = builders.granted(world, builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION))
    with refused("support_not_for_pensioners"):
        period(world, loan.case, PeriodKind.BASE, 6, date(2026, 12, 1), date(2027, 5, 31))


@pytest.mark.parametrize("end", [date(2027, 5, 30), date(2027, 6, 1)])
def test_the_end_is_the_computed_one(world: World, end: date) -> None:
    loan = builders.granted(world)
    with refused("support_wrong_end"):
        period(world, loan.case, PeriodKind.BASE, 6, date(2026, 12, 1), end)


def test_every_end_is_computed_from_the_original_start(world: World) -> None:
    """From 31 August: six months end on 27 February, and another month on 30 March, not on the 27th."""
    loan = builders.granted(world)
    period(world, loan.case, PeriodKind.BASE, 6, date(2027, 8, 31), date(2028, 2, 28))
    with refused("support_wrong_end"):
        extension(world, loan.case, 1, date(2028, 2, 29), date(2028, 3, 28))
    extension(world, loan.case, 1, date(2028, 2, 29), date(2028, 3, 30))


def test_there_is_one_first_period(world: World, case: CaseFile) -> None:
    with refused("support_second_base|support_one_base"):
        period(world, case, PeriodKind.BASE, 6, date(2027, 6, 1), date(2027, 11, 30))


def test_an_extension_rests_on_a_screening(world: World, case: CaseFile) -> None:
    with refused("support_extension_from_screening"):
        extension(world, case, 1, date(2027, 6, 1), date(2027, 6, 30), screening=None)


def test_the_screening_is_the_fourth_of_the_case(world: World, case: CaseFile) -> None:
    other = builders.screening_4(world, builders.granted(world).case)
    for screening in (other, case.screenings.get(number=3)):
        with refused("support_screening_fits"):
            extension(world, case, 1, date(2027, 6, 1), date(2027, 6, 30), screening=screening)


def test_a_screening_extends_once(world: World, case: CaseFile) -> None:
    first = extension(world, case, 1, date(2027, 6, 1), date(2027, 6, 30))
    with refused("support_one_extension_per_screening"):
        extension(world, case, 1, date(2027, 7, 1), date(2027, 7, 31), screening=first.screening)


def test_an_extension_needs_a_first_period(world: World) -> None:
    loan = builders.granted(world)
    with refused("support_gap"):
        extension(world, loan.case, 1, date(2026, 12, 1), date(2026, 12, 31))


def test_a_decided_period_is_locked(world: World, case: CaseFile) -> None:
    with refused("support_period_locked"):
        case.support_periods.update(ends_on=date(2027, 6, 30))
    with refused("support_period_locked"):
        run("DELETE FROM loans_supportperiod")


def test_a_period_is_decided_by_somebody(world: World) -> None:
    loan = builders.granted(world)
    with refused("support_period_decided"):
        period(world, loan.case, PeriodKind.BASE, 6, date(2026, 12, 1), date(2027, 5, 31), decided_by=None)
