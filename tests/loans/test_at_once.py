"""Fifty people at once on five loans: real threads, real transactions; afterwards everything adds up (domain.md §7.4)."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from random import Random
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from loans import services
from loans.enums import DefermentKind, EntryKind, LoanOutcome, PlanChangeKind
from loans.integrity import check_everything
from loans.models import LedgerEntry, Loan, PlanChange
from loans.queries import balance_of, position_of
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
# All fifty on the integration server; some of them elsewhere, since each loan takes its letters' time.
LOANS = 5 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 2
THREADS = 10 * LOANS
THREE = services.Wanted(PlanChangeKind.DEFERMENT, date(2027, 3, 1), 3, DefermentKind.GRANTED)


@pytest.fixture
def world(transactional_db: None) -> World:
    return builders.small_world()


def together(actions: list[Callable[[], Any]]) -> list[Any]:
    start = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        try:
            with clock.at(TODAY):
                start.wait()
                return action()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_fifty_pay_reverse_and_defer_on_five_loans(world: World) -> None:
    loans = [builders.paid_out(world) for _ in range(LOANS)]
    wrong = {
        loan.pk: [builders.pay(world, loan, "10", TODAY, key=f"w{loan.pk}{n}") for n in range(2)] for loan in loans
    }
    officer, lead, coach = (world.user(role) for role in (Role.BENEFITS_OFFICER, Role.PROJECT_LEAD, Role.COACH))

    def pay(loan: Loan, amount: int, key: str) -> Any:
        return builders.pay(world, loan, str(amount), TODAY, key=key)

    def reverse(entry: LedgerEntry) -> Any:
        found = services.propose_reversal(entry=entry, reason="Forkert lån", money="", by=officer, today=TODAY)
        return services.confirm_reversal(reversal=found, by=lead, today=TODAY)

    def defer(loan: Loan) -> Any:
        found = services.propose_change(loan=loan, wanted=THREE, asked="Vinter", by=coach, today=TODAY)
        return services.decide_change(change=found, answer=builders.YES, by=lead, today=TODAY)

    actions: list[Callable[[], Any]] = []
    for loan in loans:
        actions += [lambda loan=loan, n=n: pay(loan, 100 + n, f"{loan.pk}-{n}") for n in range(4)]
        actions += [lambda loan=loan: pay(loan, 500, f"{loan.pk}-twice")] * 2
        actions += [lambda entry=entry: reverse(entry) for entry in wrong[loan.pk]]
        actions += [lambda loan=loan: defer(loan)] * 2
    assert len(actions) == THREADS
    Random(1).shuffle(actions)  # noqa: S311  no secret
    outcomes = together(actions)
    assert {type(one) for one in outcomes if isinstance(one, Exception)} <= {Conflict, Refused}
    assert check_everything().problems == []
    for loan in Loan.objects.order_by("pk"):
        paid = Decimal(100 + 101 + 102 + 103 + 500)
        assert balance_of(loan) == loan.principal - paid
        assert position_of(loan).paid == paid
        assert LedgerEntry.objects.filter(loan=loan, kind=EntryKind.REVERSAL).count() == 2
        assert PlanChange.objects.filter(loan=loan, outcome=LoanOutcome.GRANTED).count() == 1
