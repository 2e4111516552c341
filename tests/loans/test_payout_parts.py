"""Payout in parts by the rule set, and a payout taken back on its day by a second person (domain.md §2, §7.3)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.enums import Phase
from cases.models import CaseFile
from loans import services
from loans.enums import EntryKind, OrderState
from loans.integrity import check_everything
from loans.models import DisbursementOrder, Loan
from loans.queries import balance_of, current_plan, payout_date, payouts_of, position_of
from loans.services import write_entry
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.policy.models import RuleSet
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World

OFFICER, LEAD = Role.BENEFITS_OFFICER, Role.PROJECT_LEAD
LATER = TODAY + timedelta(days=20)


def fresh(loan: Loan) -> Loan:
    return Loan.objects.select_related("rule_set", "order", "case").get(pk=loan.pk)


def undo(world: World, order: DisbursementOrder, *, by: Any = None, today: date = TODAY) -> DisbursementOrder:
    return services.undo_payout(order=order, reason="Forkert konto", by=by or world.user(LEAD), today=today)


def problems() -> list[str]:
    return [one for one in check_everything().problems if "filen" not in one.lower()]


def part(world: World, order: DisbursementOrder, amount: str | None, on: date = TODAY) -> DisbursementOrder:
    with clock.at(on):
        return builders.pay_out(
            world, order, amount=Decimal(amount) if amount else None, paid_on=on, today=on, voucher=f"B-{on}"
        )


def test_taken_back_on_its_day_it_waits_again_and_is_paid_out_anew(world: World) -> None:
    loan = fresh(builders.paid_out(world))
    undo(world, loan.order)
    loan = fresh(loan)
    assert (loan.order.state, loan.case.phase, payout_date(loan)) == (OrderState.READY, Phase.APPROVAL, None)
    assert (balance_of(loan), position_of(loan)) == (0, None)
    assert problems() == []
    part(world, loan.order, None)
    loan = fresh(loan)
    assert (loan.order.state, loan.case.phase, balance_of(loan)) == (OrderState.PAID, Phase.MAIN_COURSE, 35000)
    assert problems() == []


def test_not_by_the_same_person_not_another_day_and_not_past_a_payment(world: World) -> None:
    loan = fresh(builders.paid_out(world))
    with pytest.raises(Refused, match="En anden"):
        undo(world, loan.order, by=world.user(OFFICER))
    with clock.at(TODAY + timedelta(days=1)), pytest.raises(Refused, match="den dag"):
        undo(world, loan.order, today=TODAY + timedelta(days=1))
    builders.pay(world, loan, "100", TODAY)
    with pytest.raises(Refused, match="bogført"):
        undo(world, loan.order)


def test_neither_does_the_database(world: World) -> None:
    loan = fresh(builders.paid_out(world))
    payout = loan.entries.get()

    def reverse(by: str) -> None:
        write_entry(
            loan=loan, kind=EntryKind.REVERSAL, amount=-payout.amount, value_date=TODAY, key="r", by=world.user(by),
            reason="Fejl", reverses=payout,
        )  # fmt: skip

    with pytest.raises(IntegrityError, match="entry_by_two"), transaction.atomic():
        reverse(OFFICER)
    with (
        clock.at(TODAY + timedelta(days=1)),
        pytest.raises(IntegrityError, match="entry_by_two"),
        transaction.atomic(),
    ):
        reverse(LEAD)
    with pytest.raises(IntegrityError, match="order_locked"), transaction.atomic():
        DisbursementOrder.objects.update(state="ready", disbursed_by=None, paid_on=None)


@pytest.mark.parametrize("start", ["first_part", "last_part"])
def test_in_parts_the_plan_is_made_when_the_rule_set_says(world: World, start: str) -> None:
    RuleSet.objects.update(schedule_start=start)
    order = builders.in_queue(world)
    with pytest.raises(Refused, match="35.000"):
        part(world, order, "35000.01")
    part(world, order, "20000")
    loan = fresh(order.loan)
    assert (loan.order.state, loan.case.phase) == (OrderState.READY, Phase.MAIN_COURSE)
    assert balance_of(loan) == 20000
    assert payout_date(loan) == (TODAY if start == "first_part" else None)
    assert problems() == []
    part(world, loan.order, None, LATER)
    loan = fresh(loan)
    assert (loan.order.state, loan.order.paid_on, balance_of(loan)) == (OrderState.PAID, LATER, 35000)
    first = date(2027, 1, 4) if start == "first_part" else date(2027, 2, 1)
    assert current_plan(loan).instalments.order_by("number")[0].due_on == first
    assert problems() == []
    with (
        builders.past_the_gates(),
        pytest.raises(IntegrityError, match="entry_payouts_within_principal"),
        transaction.atomic(),
    ):
        write_entry(
            loan=loan, kind=EntryKind.PAYOUT, amount=Decimal("0.01"), value_date=LATER, key="x", by=world.user(OFFICER)
        )


def test_pressed_twice_one_part_is_paid_out_and_one_taken_back(world: World, client_for: Any) -> None:
    order = builders.in_queue(world)
    url = reverse("loans:disbursement", args=[order.pk])
    officer = client_for(world.user(OFFICER))

    def press(*, at: str, by: Any, form: Any, **values: str) -> str:
        data = {"seen": form["seen"].value(), **values}
        first = by.post(at, data, follow=True)
        assert first.status_code == 200
        return by.post(at, data, follow=True).content.decode()

    for count in (1, 2):
        form = officer.get(url).context["form"]
        html = press(at=url, by=officer, form=form, paid_on="20-11-2026", voucher="B-1", amount="10000", booked="on")
        assert "Intet er bogført" in html
        assert len(payouts_of(fresh(order.loan))) == count
    at = reverse("loans:payout_undo", args=[order.pk])
    lead = client_for(world.user(LEAD))
    html = press(at=at, by=lead, form=lead.get(at).context["form"], reason="Forkert konto")
    assert "taget tilbage allerede" in html
    assert len(payouts_of(fresh(order.loan))) == 1


def test_only_the_last_part_is_taken_back(world: World) -> None:
    order = part(world, builders.in_queue(world), "20000")
    part(world, fresh(order.loan).order, None, LATER)
    with clock.at(LATER):
        undo(world, fresh(order.loan).order, today=LATER)
    loan = fresh(order.loan)
    assert (loan.order.state, loan.case.phase, balance_of(loan)) == (OrderState.READY, Phase.MAIN_COURSE, 20000)
    assert problems() == []
    assert CaseFile.objects.get(pk=loan.case_id).phase == Phase.MAIN_COURSE
