"""The portfolio list: filters, order, own loans of a coach, and the list as a file (domain.md §7)."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loans import portfolio
from loans.arrears import standing_of
from loans.enums import EntryKind
from loans.models import Loan
from loans.overview import money_of
from loans.queries import position_of
from loans.services import write_entry
from microloan.accounts.enums import Role
from microloan.accounts.models import AccessLog
from microloan.core import clock
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.loans.test_plan_changes import decide, propose
from tests.support.people import make_user
from tests.support.world import World

LATER = TODAY + timedelta(days=100)  # three instalments of 2,917 have fallen due


def found(world: World, view: str, today: Any = LATER, role: str = Role.PROJECT_LEAD) -> list[int]:
    loans = portfolio.chosen(portfolio.portfolio(world.user(role), today), view, today)
    return list(portfolio.ordered(loans, "-balance").values_list("pk", flat=True))


@pytest.fixture
def loans(world: World) -> dict[str, Loan]:
    """One on time, one late, one ahead of the plan, one settled and paid too much, one with recovery, one not paid out."""
    made = {name: builders.paid_out(world) for name in ("on_time", "late", "overpaid", "handed_over", "ahead")}
    builders.pay(world, made["on_time"], "9000", LATER)
    builders.pay(world, made["ahead"], "12000", TODAY)
    builders.pay(world, made["late"], "3000", TODAY)
    builders.pay(world, made["overpaid"], "35000", TODAY)
    builders.pay(world, made["overpaid"], "10", TODAY)
    handover = {"kind": EntryKind.HANDOVER, "amount": Decimal("-35000"), "value_date": LATER}
    with builders.past_the_gates():
        write_entry(loan=made["handed_over"], key="t", by=None, **handover)
    builders.granted(world)
    return made


def test_each_list_holds_its_loans(world: World, loans: dict[str, Loan]) -> None:
    pk = {name: loan.pk for name, loan in loans.items()}
    assert found(world, "") == [pk["late"], pk["on_time"], pk["ahead"], pk["handed_over"], pk["overpaid"]]
    assert found(world, "late") == [pk["late"]]
    assert found(world, "overpaid") == [pk["overpaid"]]
    assert found(world, "handed_over") == [pk["handed_over"]]
    assert found(world, "ending") == []
    assert found(world, "ending", TODAY + timedelta(days=300)) == [pk["late"], pk["on_time"], pk["ahead"]]


@pytest.mark.parametrize("days", [0, 11, 40, 100, 250, 500])
def test_the_figures_are_those_of_the_rules(world: World, loans: dict[str, Loan], days: int) -> None:
    """The database and the replay say the same of every loan, whatever the day."""
    today = TODAY + timedelta(days=days)
    for row in portfolio.with_figures([loan.pk for loan in loans.values()], today):
        position = position_of(row)
        money = money_of(row, position, today)
        assert row.late == money.late == standing_of(row, today).total, row
        assert row.balance == money.balance - money.overpaid
        assert row.handed_over == money.handed_over
        unpaid = [line.due for line in position.unpaid]
        assert row.last_due == (unpaid[-1] if unpaid else None)
        assert row.next_due == next((due for due in unpaid if due >= today), None)


def test_deferred_are_those_whose_deferment_runs(world: World) -> None:
    loan = builders.paid_out(world)
    change = decide(world, propose(world, loan))  # March to May 2027
    days = [date(2027, 2, 28), date(2027, 3, 1), date(2027, 5, 31), date(2027, 6, 1)]
    assert [len(found(world, "deferred", day)) for day in days] == [0, 1, 1, 0]
    (row,) = portfolio.with_figures([loan.pk], days[2])
    position = position_of(row)
    assert (row.late, row.last_due) == (money_of(row, position, days[2]).late, position.lines[-1].due)
    assert change.loan_id == loan.pk
    assert ("henstand", "info") in portfolio.words_of(row)


def test_a_coach_sees_the_own_loans(world: World, loans: dict[str, Loan]) -> None:
    assert len(found(world, "", role=Role.COACH)) == 5
    world.users[Role.COACH] = make_user(Role.COACH)
    assert found(world, "", role=Role.COACH) == []


def test_the_page_costs_the_same_for_few_and_many(
    world: World, loans: dict[str, Loan], client_for: Callable[..., Any]
) -> None:
    client = client_for(world.user(Role.BENEFITS_OFFICER))
    counts = []
    for view in ("", "overpaid"):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(reverse("loans:portfolio"), {"view": view, "sort": "-late"})
        assert response.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_list_as_a_file_is_logged_with_its_purpose(
    world: World, loans: dict[str, Loan], client_for: Callable[..., Any]
) -> None:
    with clock.at(LATER):
        client = client_for(world.user(Role.PROJECT_LEAD))
        address = reverse("loans:portfolio_export") + "?view=late"
        response = client.post(address, {"purpose": "payment", "format": "csv"})
        if response.status_code == 200 and not response.streaming:
            response = client.post(address, {"purpose": "casework", "format": "csv"})
        text = b"".join(response.streaming_content).decode()
    assert text.count("\r\n") == 2
    assert loans["late"].number in text
    log = AccessLog.objects.filter(what="loans:portfolio_export", action="export").get()
    assert log.case_numbers == [loans["late"].case.number]
