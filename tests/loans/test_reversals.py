"""Reversals and refunds by two people: the state before comes back, and the database refuses one person alone (§7.4, §7.5)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.models import Task
from loans import services
from loans.enums import EntryKind
from loans.models import IncomingPayment, LedgerEntry, Loan, Refund, Reversal
from loans.payment_enums import IncomingState, MoneyAfter, ProposalState
from loans.queries import balance_of, position_of
from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.loans.payment_files import csv_file
from tests.loans.test_imports import attack, own, states, take_in
from tests.support.world import World

OFFICER, LEAD = Role.BENEFITS_OFFICER, Role.PROJECT_LEAD
LATER = TODAY + timedelta(days=60)


def fresh(loan: Loan) -> Loan:
    return Loan.objects.select_related("case__citizen", "rule_set").get(pk=loan.pk)


def propose(world: World, entry: LedgerEntry, *, by: str = OFFICER, money: str = "") -> Reversal:
    return services.propose_reversal(
        entry=entry, reason="Forkert lån", money=money, by=world.user(by), today=world.today
    )


def overpaid(world: World) -> Loan:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "30000", TODAY)
    builders.pay(world, loan, "5250.50", TODAY)
    return fresh(loan)


def refund(world: World, loan: Loan, amount: str = "250.50", **changes: Any) -> Refund:
    values = {
        "paid_on": TODAY,
        "voucher": "T-1",
        "reason": "Betalt for meget",
        "by": world.user(OFFICER),
        "today": TODAY,
        **changes,
    }
    return services.propose_refund(loan=loan, amount=Decimal(amount), **values)


def test_apply_and_reverse_is_the_state_before(world: World) -> None:
    """A back-dated payment between others is taken back as if it had never been; what came after is replayed."""
    loan = builders.paid_out(world)
    builders.pay(world, loan, "3000", TODAY)
    builders.pay(world, loan, "4000", LATER)
    before = position_of(fresh(loan)), balance_of(fresh(loan))
    entry = builders.pay(world, loan, "1234.56", TODAY + timedelta(days=30), today=LATER)
    assert position_of(fresh(loan)) != before[0]
    found = services.propose_reversal(entry=entry, reason="Dobbelt", money="", by=world.user(OFFICER), today=LATER)
    assert position_of(fresh(loan)) != before[0], "nothing happens before another person has confirmed"
    services.confirm_reversal(reversal=found, by=world.user(LEAD), today=LATER)
    assert (position_of(fresh(loan)), balance_of(fresh(loan))) == before
    assert loan.case.journal.filter(title__contains="tilbageført").exists()


def test_one_person_alone_reverses_nothing(world: World) -> None:
    found = propose(world, builders.pay(world, builders.paid_out(world), "3000", TODAY))
    with pytest.raises(Refused):
        services.confirm_reversal(reversal=found, by=world.user(OFFICER), today=TODAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reversal.objects.filter(pk=found.pk).update(
            state=ProposalState.CONFIRMED, decided_by=world.user(OFFICER), decided_on=TODAY, entry=found.target
        )
    services.confirm_reversal(reversal=found, by=builders.another(OFFICER), today=TODAY)


def test_an_entry_is_reversed_once(world: World) -> None:
    entry = builders.pay(world, builders.paid_out(world), "3000", TODAY)
    found = propose(world, entry)
    with pytest.raises(Conflict):
        propose(world, entry)
    services.confirm_reversal(reversal=found, by=world.user(LEAD), today=TODAY)
    for again in (
        lambda: services.confirm_reversal(reversal=found, by=world.user(LEAD), today=TODAY),
        lambda: propose(world, entry),
        lambda: propose(world, LedgerEntry.objects.get(kind=EntryKind.PAYOUT)),
    ):
        with pytest.raises(Conflict):
            again()


@pytest.mark.parametrize(("money", "state"), [(MoneyAfter.PARK, "parked"), (MoneyAfter.GONE, "returned")])
def test_a_payment_from_a_file_keeps_a_place(world: World, money: str, state: str) -> None:
    wrong, right = builders.paid_out(world), builders.paid_out(world)
    row = take_in(world, csv_file([own(wrong, "500")])).payments.get()
    with pytest.raises(Refused):
        propose(world, row.entry)
    services.confirm_reversal(reversal=propose(world, row.entry, money=money), by=world.user(LEAD), today=TODAY)
    row.refresh_from_db()
    assert (row.state, row.entry, position_of(fresh(wrong)).paid) == (state, None, 0)
    if state == IncomingState.PARKED:
        services.match_payment(incoming=row, loan=right, by=world.user(OFFICER), today=TODAY)
        assert position_of(fresh(right)).paid == 500
    assert states(take_in(world, csv_file([own(wrong, "500"), own(wrong, "1")]))) == ["counted", "booked"]


def test_declined_or_taken_back_with_a_reason(world: World) -> None:
    entry = builders.pay(world, builders.paid_out(world), "3000", TODAY)
    found = propose(world, entry)
    with pytest.raises(Refused):
        services.decline_reversal(reversal=found, answer=" ", by=world.user(LEAD), today=TODAY)
    services.decline_reversal(reversal=found, answer="Den er rigtig", by=world.user(OFFICER), today=TODAY)
    propose(world, entry, by=LEAD)
    assert not LedgerEntry.objects.filter(kind=EntryKind.REVERSAL).exists()


def test_what_is_too_much_is_refunded_by_two_people(world: World) -> None:
    loan = overpaid(world)
    with pytest.raises(Refused):
        refund(world, loan, "250.51")
    found = refund(world, loan)
    with pytest.raises(Conflict):
        refund(world, loan, "1")
    with pytest.raises(Refused):
        services.confirm_refund(refund=found, by=world.user(OFFICER), today=TODAY)
    services.confirm_refund(refund=found, by=world.user(LEAD), today=TODAY)
    position = position_of(fresh(loan))
    assert (position.overpaid, position.outstanding, position.is_settled) == (0, 0, True)
    assert not Task.objects.filter(case=loan.case, kind="loan_overpaid", done_at=None).exists()
    entry = Refund.objects.get().entry
    assert (entry.kind, entry.amount, entry.voucher) == (EntryKind.REFUND, Decimal("250.50"), "T-1")


def test_a_refund_that_is_no_longer_owed_is_not_booked(world: World) -> None:
    loan = overpaid(world)
    found = refund(world, loan)
    payment = LedgerEntry.objects.get(amount=Decimal("-5250.50"))
    services.confirm_reversal(reversal=propose(world, payment), by=world.user(LEAD), today=TODAY)
    with pytest.raises(Refused):
        services.confirm_refund(refund=found, by=world.user(LEAD), today=TODAY)
    services.decline_refund(refund=found, answer="Ikke længere for meget", by=world.user(LEAD), today=TODAY)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE loans_refund SET amount = 1",
        "DELETE FROM loans_refund",
        "TRUNCATE loans_refund CASCADE",
        "UPDATE loans_refund SET state = 'confirmed', decided_on = now(), decided_by_id = proposed_by_id, "
        "entry_id = (SELECT max(id) FROM loans_ledgerentry)",
        "UPDATE loans_refund SET state = 'confirmed', decided_on = now(), "
        "decided_by_id = (SELECT max(id) FROM accounts_user WHERE id <> proposed_by_id), "
        "entry_id = (SELECT max(id) FROM loans_ledgerentry)",
        "UPDATE loans_reversal SET reason = 'x'",
        "DELETE FROM loans_reversal",
        "UPDATE loans_reversal SET state = 'confirmed', decided_on = now(), "
        "decided_by_id = (SELECT max(id) FROM accounts_user WHERE id <> proposed_by_id), entry_id = target_id",
    ],
)
def test_the_database_guards_what_two_people_do(world: World, statement: str) -> None:
    loan = overpaid(world)
    refund(world, loan)
    propose(world, LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).first())
    with pytest.raises(IntegrityError):
        attack(statement)


def test_the_screens_of_a_reversal_and_a_refund(world: World, client_for: Callable[..., Any]) -> None:
    loan = overpaid(world)
    officer, lead = client_for(world.user(OFFICER)), client_for(world.user(LEAD))
    page = officer.get(reverse("loans:loan", args=[loan.case.number])).text
    address = reverse("loans:refund", args=[loan.case.number])
    assert address in page
    assert "Skriv bilagsnummeret" in officer.post(address, {"amount": "250,50"}).text
    data = {"amount": "250,50", "paid_on": TODAY.strftime("%d-%m-%Y"), "voucher": "T-1", "reason": "For meget"}
    assert officer.post(address, data).status_code == 302
    found = Refund.objects.get()
    answer = reverse("loans:refund_answer", args=[found.pk])
    assert answer in lead.get(reverse("loans:proposals")).text
    assert "Bekræft tilbagebetaling" not in officer.get(answer).text
    officer.post(answer, {"step": "confirm"})
    assert Refund.objects.get().state == ProposalState.OPEN
    lead.post(answer, {"step": "confirm"})
    assert Refund.objects.get().state == ProposalState.CONFIRMED
    entry = Refund.objects.get().entry
    address = reverse("loans:reverse_entry", args=[loan.case.number, entry.pk])
    assert address in officer.get(reverse("loans:loan", args=[loan.case.number])).text
    officer.post(address, {"reason": "Pengene kom tilbage"})
    answer = reverse("loans:reversal", args=[Reversal.objects.get().pk])
    assert "Pengene kom tilbage" in lead.get(answer).text
    lead.post(answer, {"step": "confirm"})
    assert position_of(fresh(loan)).overpaid == Decimal("250.50")
    assert not IncomingPayment.objects.exists()
