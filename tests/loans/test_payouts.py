"""The payout: by somebody who did not approve, once, as a loan (domain.md §1, §2)."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cases import services as cases
from cases.enums import ClosedBy, ClosingReason, Livelihood, Phase
from cases.letters.models import Letter
from cases.models import CaseFile, Task
from loans import services
from loans.enums import EntryKind, OrderState, PlanCause, SupportKind
from loans.models import DisbursementOrder, LedgerEntry, Loan
from loans.queries import balance_of, position_of
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.people import make_user
from tests.support.world import World

LATER = date(2026, 12, 10)


def test_a_payout_books_the_loan_and_starts_the_main_course(world: World) -> None:
    loan = builders.paid_out(world)
    entry = loan.entries.get()
    assert (entry.kind, entry.amount, entry.by) == (
        EntryKind.PAYOUT,
        loan.principal,
        world.user(Role.BENEFITS_OFFICER),
    )
    assert balance_of(loan) == loan.principal
    assert loan.order.state == OrderState.PAID
    assert CaseFile.objects.get(pk=loan.case_id).phase == Phase.MAIN_COURSE


def test_the_plan_follows_the_real_payout_and_the_citizen_gets_it(world: World) -> None:
    loan = builders.paid_out(world, planned_payout_on=LATER)  # but paid out today: another first instalment
    first, second = loan.plan_versions.order_by("version")
    assert (first.cause, second.cause) == (PlanCause.DECISION, PlanCause.PAYOUT)
    position = position_of(loan)
    assert [line.due for line in position.lines] == [line.due_on for line in second.instalments.order_by("number")]
    letters = Letter.objects.filter(kind="loan_agreement", case=loan.case)
    assert {letter.context["paid_on"] for letter in letters} == {None, TODAY.isoformat()}


def test_a_payout_on_the_planned_day_makes_no_new_plan(world: World) -> None:
    loan = builders.paid_out(world, planned_payout_on=TODAY)
    assert loan.plan_versions.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.BENEFITS_OFFICER])
def test_only_a_benefits_officer_pays_out(world: World, role: str) -> None:
    order = builders.in_queue(world)
    with pytest.raises(Refused):
        builders.pay_out(world, order, by=world.user(role))
    assert not LedgerEntry.objects.exists()


def test_who_approved_does_not_pay_out_even_in_a_new_role(world: World) -> None:
    order = builders.in_queue(world)
    lead = world.user(Role.PROJECT_LEAD)
    User.objects.filter(pk=lead.pk).update(role=Role.BENEFITS_OFFICER)
    lead.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        builders.pay_out(world, order, by=lead)
    assert refusal.value.messages == ["Du har godkendt lånet. En anden skal udbetale."]
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"paid_on": TODAY + timedelta(days=1)}, "paid_on"),
        ({"paid_on": TODAY - timedelta(days=1)}, "paid_on"),
        ({"voucher": "  "}, "voucher"),
        ({"booked": False}, "booked"),
    ],
)
def test_a_wrong_registration_is_refused_at_its_field(world: World, changes: dict, field: str) -> None:
    order = builders.in_queue(world)
    with pytest.raises(Refused) as refusal:
        builders.pay_out(world, order, **changes)
    assert refusal.value.field == field
    assert not LedgerEntry.objects.exists()


def test_a_second_registration_is_a_conflict_and_books_nothing(world: World) -> None:
    order = builders.in_queue(world)
    builders.pay_out(world, order)
    with pytest.raises(Conflict):
        builders.pay_out(world, order, voucher="B-2")
    assert LedgerEntry.objects.count() == 1


def test_nothing_is_paid_out_while_something_is_missing(world: World) -> None:
    order = builders.in_queue(world)
    case = order.loan.case
    case.enrolments.update(state="withdrawn", withdrawn_why="illness")  # the residential course no longer counts
    with pytest.raises(Refused):
        builders.pay_out(world, order)
    assert not LedgerEntry.objects.exists()
    assert CaseFile.objects.get(pk=case.pk).phase == Phase.APPROVAL


def test_nothing_is_paid_out_on_a_closed_case(world: World) -> None:
    order = builders.in_queue(world)
    cases.close_case(
        case=order.loan.case,
        reason=ClosingReason.FOUND_JOB,
        choice_of=ClosedBy.CITIZEN,
        text="",
        answers={"payout": "Borgeren ved det.", "support": "Ydelse stopper det."},
        by=world.user(Role.COACH),
        today=TODAY,
    )
    with pytest.raises(Refused):
        builders.pay_out(world, order)
    assert not LedgerEntry.objects.exists()


def test_a_grant_is_paid_out_without_a_debt(world: World) -> None:
    loan = builders.paid_out(world, kind=SupportKind.GRANT)
    assert position_of(loan) is None
    assert not loan.plan_versions.exists()


def test_a_pensioner_gets_the_loan_without_living_support(world: World) -> None:
    case = builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION)
    loan = builders.paid_out(world, case)
    assert balance_of(loan) == loan.principal
    assert not case.support_periods.exists()


def test_money_that_is_out_stays_booked_when_the_letter_cannot_be_made(world: World) -> None:
    order = builders.in_queue(world, planned_payout_on=LATER)
    citizen = order.loan.case.citizen
    citizen.letter_preference = "paper"
    citizen.street = ""
    citizen.save()
    builders.pay_out(world, order)
    loan = Loan.objects.get(pk=order.loan_id)
    assert loan.entries.count() == 1
    assert loan.case.journal.filter(title="Et brev om lånet kunne ikke laves").exists()


# --- Sent back --------------------------------------------------------------------------------------------------------


def test_an_order_goes_back_with_a_reason_and_comes_again(world: World) -> None:
    order = builders.sent_back(world)
    assert (order.state, order.sent_back_reason) == (OrderState.SENT_BACK, "Der mangler kontering på bilaget.")
    assert Task.objects.filter(case=order.loan.case, kind="loan_sent_back", done_at=None).exists()
    with pytest.raises(Conflict):
        builders.pay_out(world, order)
    again = services.send_again(order=order, by=world.user(Role.COACH), today=TODAY)
    assert (again.state, again.sent_back_reason) == (OrderState.READY, "")
    builders.pay_out(world, again)


def test_going_back_needs_a_reason_and_an_order_that_waits(world: World) -> None:
    order = builders.in_queue(world)
    officer = world.user(Role.BENEFITS_OFFICER)
    with pytest.raises(Refused):
        services.send_back(order=order, reason=" ", by=officer, today=TODAY)
    with pytest.raises(Refused):
        services.send_back(order=order, reason="Nej", by=world.user(Role.COACH), today=TODAY)
    with pytest.raises(Conflict):
        services.send_again(order=order, by=world.user(Role.COACH), today=TODAY)
    builders.pay_out(world, order)
    with pytest.raises(Conflict):
        services.send_back(order=order, reason="For sent", by=officer, today=TODAY)
    with pytest.raises(Refused):
        services.send_again(order=order, by=officer, today=TODAY)


# --- Two at once ------------------------------------------------------------------------------------------------------


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run each in a thread with a connection of its own, all let go together; what they returned or raised."""
    start = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def run(place: int, job: Callable[[], object]) -> None:
        try:
            with clock.at(TODAY):
                start.wait()
                results[place] = job()
        except (Refused, IntegrityError) as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_book_one_payout() -> None:
    world = builders.small_world()
    order = builders.in_queue(world)
    officers = [world.user(Role.BENEFITS_OFFICER), make_user(Role.BENEFITS_OFFICER)]
    results = at_once(
        *[
            lambda who=who: builders.pay_out(world, DisbursementOrder.objects.get(pk=order.pk), by=who)
            for who in officers
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "DisbursementOrder"]
    assert LedgerEntry.objects.filter(loan=order.loan, kind=EntryKind.PAYOUT).count() == 1
    assert DisbursementOrder.objects.get(pk=order.pk).disbursed_by in officers


@pytest.mark.django_db(transaction=True)
def test_paying_out_and_sending_back_at_once_does_one_of_them() -> None:
    world = builders.small_world()
    order = builders.in_queue(world)
    results = at_once(
        lambda: builders.pay_out(world, DisbursementOrder.objects.get(pk=order.pk)),
        lambda: builders.sent_back(world, DisbursementOrder.objects.get(pk=order.pk)),
    )
    state = DisbursementOrder.objects.get(pk=order.pk).state
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert LedgerEntry.objects.count() == (1 if state == OrderState.PAID else 0)


@pytest.mark.django_db(transaction=True)
def test_the_same_payment_from_two_browsers_counts_once() -> None:
    world = builders.small_world()
    loan = builders.paid_out(world)
    results = at_once(*[lambda: builders.pay(world, loan, "417.00", TODAY, key="payment:1") for _browser in range(2)])
    assert len({result.pk for result in results}) == 1
    assert LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).count() == 1


def test_a_payment_key_of_another_loan_is_a_conflict(world: World) -> None:
    first, second = builders.paid_out(world), builders.paid_out(world)
    builders.pay(world, first, "417", TODAY, key="payment:same")
    with transaction.atomic(), pytest.raises(Conflict):
        builders.pay(world, second, "417", TODAY, key="payment:same")
    assert LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).count() == 1
