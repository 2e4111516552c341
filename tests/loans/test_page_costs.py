"""What a page of a loan asks the database does not grow with the loan: 120 instalments and 300 entries (ui-guide.md §3.4)."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pgtrigger
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import CaseFile
from loans import statement
from loans.enums import EntryKind
from loans.models import LedgerEntry, Loan
from loans.queries import current_plan, loan_of
from loans.services.plans import store_current
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.policy.models import RuleSet
from microloan.policy.services import municipality
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World

LATER = TODAY + timedelta(days=730)
PAGES = ("loan", "arrears", "balance", "paid", "overdue", "line-1", "entry", "statement")


def filled(world: World, loan: Loan, entries: int) -> Loan:
    """A loan with so many entries in all; some instalments are late, with letters, attempts and a pause."""
    days = [TODAY + timedelta(days=number) for number in range(1, entries)]
    kind, amount = EntryKind.PAYMENT, Decimal("-10.00")
    LedgerEntry.objects.bulk_create(
        LedgerEntry(loan=loan, kind=kind, amount=amount, value_date=day, key=str(uuid4()), content_hash="x")
        for day in days
    )
    store_current(loan=loan_of(loan.case), cause="replay", by=None, today=TODAY)
    due: date = current_plan(loan).instalments.order_by("number").first().due_on
    for step, after in (("first_dunning", 10), ("second_dunning", 30)):
        builders.sent(loan, step, due, due + timedelta(days=after))
    for after in range(1, entries // 10 + 2):
        builders.reached(world, loan, due + timedelta(days=after), talked=False)
    assert loan.entries.count() == entries
    return loan


def address(loan: Loan, page: str) -> str:
    number = loan.case.number
    if page in ("loan", "arrears"):
        return reverse(f"loans:{page}", args=[number])
    what = f"entry-{loan.entries.latest('pk').pk}" if page == "entry" else page
    return reverse("loans:explain", args=[number, what])


def costs(loan: Loan, client: Any) -> dict[str, int]:
    found = {}
    for page in PAGES:
        url = "" if page == "statement" else address(loan, page)
        with CaptureQueriesContext(connection) as queries:
            if url:
                assert client.get(url).status_code == 200
            else:
                facts = statement.facts_of(loan_of(CaseFile.objects.get(pk=loan.case_id)), LATER)
                render_to_string("loans/papers/statement.html", {**facts, "municipality": municipality()})
        found[page] = len(queries)
    return found


def test_a_page_asks_as_much_of_a_long_loan_as_of_a_short_one(world: World, client_for: Callable[..., Any]) -> None:
    short = filled(world, builders.paid_out(world), entries=3)
    client = client_for(world.user(Role.COACH))
    with clock.at(LATER):
        costs(short, client)
        of_short = costs(short, client)
    with pgtrigger.ignore("policy.RuleSet:rule_set_locked_once_used"):  # the short loan is not looked at again
        RuleSet.objects.update(instalments=120)
    long = filled(world, builders.paid_out(world), entries=300)
    assert current_plan(long).instalments.count() == 120
    with clock.at(LATER):
        assert costs(long, client) == of_short
