"""Payments: oldest instalment first, replayed by value date, once per key, settled and overpaid (domain.md §7.4, §7.5)."""

import io
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import queries
from cases import services as cases
from cases.enums import ClosedBy, ClosingReason, Holder
from cases.letters.models import Letter
from cases.models import CaseFile, Task
from loans import rules
from loans.enums import EntryKind, SupportKind
from loans.models import LedgerEntry, Loan
from loans.queries import balance_of, current_plan, position_of
from loans.services import write_entry
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases.builders import put_in_phase
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World

PART = Decimal("2917.00")  # 35,000 over 12


def fresh(loan: Loan) -> Loan:
    return Loan.objects.select_related("case__citizen", "rule_set").get(pk=loan.pk)


def states(loan: Loan) -> list[Decimal]:
    return [line.paid for line in position_of(fresh(loan)).lines]


def test_the_oldest_instalment_is_paid_first(world: World) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, PART + 100, TODAY)
    assert states(loan)[:3] == [PART, Decimal("100.00"), Decimal("0.00")]
    assert balance_of(fresh(loan)) == loan.principal - PART - 100


def test_a_backdated_payment_gives_the_same_state_in_whatever_order(world: World) -> None:
    one, two = builders.paid_out(world), builders.paid_out(world)
    days = [TODAY, TODAY + timedelta(days=40), TODAY + timedelta(days=80)]
    later = TODAY + timedelta(days=90)
    for day in days:
        builders.pay(world, one, "3000", day, today=later)
    for day in reversed(days):
        builders.pay(world, two, "3000", day, today=later)
    assert position_of(fresh(one)) == position_of(fresh(two))


def test_the_same_key_counts_once(world: World) -> None:
    loan = builders.paid_out(world)
    first = builders.pay(world, loan, PART, TODAY, key="payment:a", voucher="B-7")
    again = builders.pay(world, loan, PART, TODAY, key="payment:a", voucher="B-7")
    assert first.pk == again.pk
    assert loan.case.journal.filter(title__startswith="Indbetaling modtaget").count() == 1


@pytest.mark.parametrize("changes", [{"amount": "1"}, {"on": TODAY + timedelta(days=1)}, {"voucher": "B-8"}], ids=str)
def test_a_key_used_again_with_other_content_is_a_conflict(world: World, changes: dict) -> None:
    loan = builders.paid_out(world)
    values = {"amount": PART, "on": TODAY, "voucher": "B-7", "today": TODAY + timedelta(days=1)}
    builders.pay(world, loan, key="payment:a", **values)
    with pytest.raises(Conflict):
        builders.pay(world, loan, key="payment:a", **{**values, **changes})
    assert LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.BENEFITS_OFFICER])
def test_only_a_benefits_officer_registers_payments(world: World, role: str) -> None:
    loan = builders.paid_out(world)
    with pytest.raises(Refused):
        builders.pay(world, loan, PART, TODAY, by=world.user(role))


@pytest.mark.parametrize(
    ("amount", "on", "field"),
    [
        ("0", TODAY, "amount"),
        ("-5", TODAY, "amount"),
        ("99999999", TODAY, "amount"),
        ("35000.01", TODAY, "amount"),
        ("417", TODAY + timedelta(days=1), "value_date"),
        ("417", TODAY - timedelta(days=1), "value_date"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(world: World, amount: str, on: date, field: str) -> None:
    loan = builders.paid_out(world)
    with pytest.raises(Refused) as refusal:
        builders.pay(world, loan, amount, on, today=TODAY)
    assert refusal.value.field == field
    assert LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).count() == 0


def test_nothing_is_paid_on_a_loan_that_is_not_out_nor_on_a_grant(world: World) -> None:
    with pytest.raises(Refused):
        builders.pay(world, builders.granted(world), PART, TODAY)
    with pytest.raises(Refused):
        builders.pay(world, builders.paid_out(world, kind=SupportKind.GRANT), PART, TODAY)


def test_paying_all_settles_the_loan_with_a_receipt_and_a_task_to_close(world: World) -> None:
    loan = builders.paid_out(world)
    put_in_phase(CaseFile.objects.get(pk=loan.case_id), "aftercare", on=TODAY)
    builders.pay(world, loan, loan.principal, TODAY)
    assert position_of(fresh(loan)).is_settled
    letter = Letter.objects.get(kind="loan_repaid")
    assert (letter.context["paid"], letter.context["overpaid"]) == ("35000.00", None)
    assert Task.objects.filter(case=loan.case, kind="loan_settled", done_at=None).exists()


def test_what_is_too_much_is_held_apart_and_becomes_a_task(world: World) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "30000", TODAY)
    builders.pay(world, loan, "5250.50", TODAY)
    position = position_of(fresh(loan))
    assert (position.outstanding, position.overpaid) == (Decimal("0.00"), Decimal("250.50"))
    assert balance_of(fresh(loan)) == Decimal("-250.50")
    assert Letter.objects.get(kind="loan_repaid").context["overpaid"] == "250.50"
    task = Task.objects.get(case=loan.case, kind="loan_overpaid", done_at=None)
    assert "250,50" in task.why


def test_money_owed_to_a_citizen_stays_a_task_when_the_case_is_closed(world: World, client_for: Any) -> None:
    loan = builders.paid_out(world)
    case = put_in_phase(CaseFile.objects.get(pk=loan.case_id), "aftercare", on=TODAY)
    builders.pay(world, loan, "35000", TODAY)
    builders.pay(world, loan, "100", TODAY)
    open_tasks = Task.objects.filter(case=case, done_at=None)
    coach = world.user(Role.COACH)
    cases.close_case(
        case=case,
        reason=ClosingReason.COMPLETED,
        choice_of=ClosedBy.CITIZEN,
        text="",
        answers={"support": "Stoppet"},
        by=coach,
        today=TODAY,
    )
    assert [(task.kind, task.why) for task in open_tasks] == [("loan_overpaid", "100\xa0kr.")]
    assert open_tasks.get() in queries.open_tasks(coach)
    builders.pay(world, loan, "50", TODAY + timedelta(days=1))
    assert open_tasks.get().why == "150\xa0kr."
    open_tasks.update(done_at=clock.now())
    cases.reconcile_all(TODAY)  # nothing is forgotten: the job finds it again
    assert open_tasks.get().holder == Holder.BENEFITS_OFFICER
    page = client_for(world.user(Role.BENEFITS_OFFICER)).get(reverse("loans:payments")).content.decode()
    assert "1 borger har betalt for meget" in page
    with builders.past_the_gates():
        write_entry(loan=loan, kind=EntryKind.REFUND, amount=Decimal("150"), value_date=TODAY, key="r", by=None)
    cases.reconcile_tasks(case=case, today=TODAY)
    assert not open_tasks.exists()


def test_money_that_has_come_is_booked_when_the_receipt_cannot_be_made(world: World) -> None:
    loan = builders.paid_out(world)
    citizen = loan.case.citizen
    citizen.letter_preference, citizen.street = "paper", ""
    citizen.save()
    builders.pay(world, loan, loan.principal, TODAY)
    assert position_of(fresh(loan)).is_settled
    assert loan.case.journal.filter(title="Et brev om lånet kunne ikke laves").exists()


def test_money_from_recovery_counts_once(world: World) -> None:
    """The hand-over has taken it off the balance; what recovery brings in does not take it off again."""
    loan = builders.paid_out(world)
    later = TODAY + timedelta(days=200)
    for kind, amount, day in (
        (EntryKind.HANDOVER, "-10000", TODAY + timedelta(days=100)),
        (EntryKind.RECOVERY_PAYMENT, "-4000", later),
    ):
        with builders.past_the_gates():
            write_entry(loan=loan, kind=kind, amount=Decimal(amount), value_date=day, key=f"t:{kind}", by=None)
    assert balance_of(fresh(loan)) == Decimal("25000.00")
    position = position_of(fresh(loan))
    assert (position.paid, position.handed_over) == (Decimal("4000.00"), Decimal("6000.00"))


def test_the_stored_plan_is_the_one_the_command_prints(world: World) -> None:
    case = builders.in_approval(world)

    @settings(max_examples=8)
    @given(
        principal=st.integers(100_000, 5_000_000).map(lambda ore: Decimal(ore) / 100),
        payout=st.dates(TODAY, date(2031, 12, 31)),
    )
    def agrees(principal: Decimal, payout: date) -> None:
        world.today = payout
        with clock.at(payout), transaction.atomic():
            loan = builders.granted(world, case, amount=principal, planned_payout_on=payout)
            lines = current_plan(loan).instalments.order_by("number")
            stored = [
                (str(line.number), line.nominal_due_on.isoformat(), line.due_on.isoformat(), f"{line.amount:.2f}")
                for line in lines
            ]
            transaction.set_rollback(True)
        assert stored == printed(principal, payout)

    agrees()


def printed(principal: Decimal, payout: date) -> list[tuple[str, ...]]:
    out = io.StringIO()
    arguments = {"principal": f"{principal:.2f}", "payout": payout.isoformat(), "instalments": "12", "format": "json"}
    call_command("repayment_plan", *[f"--{name}={value}" for name, value in arguments.items()], stdout=out)
    lines = json.loads(out.getvalue())["instalments"]
    return [(str(line["number"]), line["nominal_due"], line["due"], line["amount"]) for line in lines]


def test_the_position_of_the_service_is_that_of_the_rules(world: World) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "5000", TODAY)
    expected = rules.position(
        rules.Terms(principal=loan.principal, payout=TODAY, instalments=12),
        [rules.Entry(1, EntryKind.PAYMENT, TODAY, Decimal("-5000"))],
    )
    assert position_of(fresh(loan)) == expected
