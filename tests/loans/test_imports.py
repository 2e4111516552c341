"""Payment files from upload to ledger: matched, parked, counted once, told apart; booked entry by entry (domain.md §7.5)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases import services as cases
from cases.models import Task
from loans import services
from loans.enums import EntryKind
from loans.models import IncomingPayment, LedgerEntry, Loan, PaymentImport
from loans.payment_enums import ImportState, IncomingState
from loans.queries import position_of
from loans.services.imports import book_incoming, fingerprint_of, judge
from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from microloan.policy.models import Municipality
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.loans.payment_files import IBAN, camt, csv_file, details, line, ntry
from tests.support.world import World

PART = Decimal("2917.00")
State = IncomingState


def upload(
    world: World, data: bytes, name: str = "bank.csv", role: str = Role.BENEFITS_OFFICER, **more: Any
) -> PaymentImport:
    return services.upload_payments(data=data, name=name, by=world.user(role), today=world.today, **more)[0]


def seen(found: PaymentImport) -> str:
    return fingerprint_of(judge(found.payments.all()))


def take_in(world: World, data: bytes, **more: Any) -> PaymentImport:
    """Upload, confirm and book, as three people's clicks do."""
    found = upload(world, data, **more)
    services.confirm_import(payment_import=found, seen=seen(found), by=world.user(Role.BENEFITS_OFFICER))
    services.book_waiting(found.pk, today=world.today)
    found.refresh_from_db()
    return found


def states(found: PaymentImport) -> list[str]:
    return [row.state for row in found.payments.order_by("position", "pk")]


def paid(loan: Loan) -> Decimal:
    return position_of(Loan.objects.get(pk=loan.pk)).paid


def own(loan: Loan, amount: Any = PART, **more: Any) -> dict[str, Any]:
    return line(amount, TODAY, **{"Betalings-id": loan.payment_reference, **more})


def attack(statement: str) -> None:
    """Somebody's own SQL."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def test_a_file_is_matched_by_reference_and_the_rest_is_parked(world: World) -> None:
    loan = builders.paid_out(world)
    written = f"+71<{loan.payment_reference}+80000000<"
    wrong = loan.payment_reference[:-1] + str((int(loan.payment_reference[-1]) + 1) % 10)
    found = take_in(
        world,
        csv_file(
            [
                own(loan, Bankreference="B1"),
                line("100", TODAY, Tekst=f"afdrag {written}", Bankreference="B2"),
                line("200", TODAY, Indbetaler="Ukendt Person", Bankreference="B3"),
                line("300", TODAY, **{"Betalings-id": wrong, "Bankreference": "B4"}),
                line("-50", TODAY, Tekst="Gebyr", Bankreference="B5"),
            ]
        ),
    )
    assert states(found) == [State.BOOKED, State.BOOKED, State.PARKED, State.PARKED, State.ASIDE]
    assert found.state == ImportState.DONE
    assert paid(loan) == PART + 100
    assert list(found.payments.filter(state=State.PARKED).values_list("why", flat=True)) == ["unknown", "mistyped"]
    entry = LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).first()
    assert (entry.by, entry.value_date) == (world.user(Role.BENEFITS_OFFICER), TODAY)


def test_the_same_file_counts_once_whatever_it_is_called(world: World) -> None:
    loan = builders.paid_out(world)
    data = csv_file([own(loan)])
    first = take_in(world, data)
    again, is_new = services.upload_payments(data=data, name="kopi.csv", by=world.user(Role.PROJECT_LEAD), today=TODAY)
    assert (again, is_new) == (first, False)
    with pytest.raises(Conflict):
        services.confirm_import(payment_import=first, seen=seen(first), by=world.user(Role.BENEFITS_OFFICER))
    assert paid(loan) == PART


@pytest.mark.parametrize("version", ["02", "08"])
def test_the_same_entry_in_statement_and_notification_counts_once(world: World, version: str) -> None:
    loan = builders.paid_out(world)
    told = details(version=version, ref="T1", payer="Bo Prøvesen", reference=loan.payment_reference)
    entry = ntry(PART, TODAY, version=version, ref="A1", details=[told])
    take_in(world, camt([entry], message="camt.054", version=version))
    found = take_in(world, camt([entry, ntry("5", TODAY, version=version, ref="A2")], version=version))
    assert states(found) == [State.COUNTED, State.PARKED]
    assert paid(loan) == PART


def test_the_same_key_with_another_content_is_a_conflict_for_a_person(world: World) -> None:
    loan = builders.paid_out(world)
    take_in(world, csv_file([own(loan, Bankreference="B1")]))
    found = take_in(world, csv_file([own(loan, PART + 1, Bankreference="B1")]))
    assert states(found) == [State.CONFLICT]
    assert paid(loan) == PART
    row = found.payments.get()
    services.settle_conflict(incoming=row, is_payment=True, by=world.user(Role.BENEFITS_OFFICER))
    services.match_payment(incoming=row, loan=loan, by=world.user(Role.BENEFITS_OFFICER), today=TODAY)
    assert paid(loan) == 2 * PART + 1


def test_two_equal_lines_without_a_bank_reference_are_asked_about_and_known_again(world: World) -> None:
    loan = builders.paid_out(world)
    found = take_in(world, csv_file([own(loan), own(loan)]))
    assert states(found) == [State.BOOKED, State.CONFLICT]
    row = found.payments.get(state=State.CONFLICT)
    services.settle_conflict(incoming=row, is_payment=True, by=world.user(Role.BENEFITS_OFFICER))
    services.match_payment(incoming=row, loan=loan, by=world.user(Role.BENEFITS_OFFICER), today=TODAY)
    later = take_in(world, csv_file([own(loan), own(loan), line("7", TODAY)]))
    assert states(later) == [State.COUNTED, State.COUNTED, State.PARKED]
    assert paid(loan) == 2 * PART


def test_an_entry_that_comes_as_one_and_then_in_parts_is_not_counted_twice(world: World) -> None:
    loan = builders.paid_out(world)
    parts = [
        details(amount="1000", ref="T1", reference=loan.payment_reference),
        details(amount="500", ref="T2", reference=loan.payment_reference),
    ]
    take_in(world, camt([ntry("1500", TODAY, ref="A1")]))
    found = take_in(world, camt([ntry("1500", TODAY, ref="A1", details=parts)], message="camt.054"))
    assert states(found) == [State.CONFLICT, State.CONFLICT]
    assert set(found.payments.values_list("why", flat=True)) == {"part_of_known"}


def test_what_is_no_payment_to_us_is_told_apart(world: World) -> None:
    loan = builders.paid_out(world)
    Municipality.objects.update(payment_accounts="0040 0440116243")
    told = [details(reference=loan.payment_reference)]
    found = take_in(
        world,
        camt(
            [
                ntry("1", TODAY, ref="A1", side="DBIT", details=told),
                ntry("2", TODAY, ref="A2", reversal=True, side="DBIT", details=told),
                ntry("3", TODAY, ref="A3", currency="EUR", details=told),
                ntry("4", TODAY, ref="A4", status="PDNG", details=told),
                ntry("5", TODAY, ref="A5", details=told),
            ]
        ),
    )
    assert list(found.payments.order_by("position").values_list("aside", flat=True)) == [
        "debit", "reversal", "currency", "pending", "",
    ]  # fmt: skip
    other = take_in(world, camt([ntry("6", TODAY, ref="A6", details=told)], iban="DK3400000000000001"))
    row = other.payments.get()
    assert row.aside == "account"
    services.settle_aside(incoming=row, is_payment=True, by=world.user(Role.BENEFITS_OFFICER))
    back = found.payments.get(aside="reversal")
    with pytest.raises(Refused):
        services.settle_aside(incoming=back, is_payment=True, by=world.user(Role.BENEFITS_OFFICER))
    services.settle_aside(incoming=back, is_payment=False, by=world.user(Role.BENEFITS_OFFICER))
    assert IncomingPayment.objects.filter(state=State.PARKED).get() == row
    booked = take_in(world, camt([ntry("4", TODAY, ref="A4", details=told)]))
    assert states(booked) == [State.BOOKED]
    assert paid(loan) == Decimal("9.00")
    assert IBAN.endswith("0440116243")


def test_too_much_is_held_as_overpaid_and_what_the_loan_cannot_take_is_parked(world: World) -> None:
    loan = builders.paid_out(world)
    found = take_in(
        world,
        csv_file(
            [
                own(loan, loan.principal + 250),
                line("9", TODAY - timedelta(days=1), **{"Betalings-id": loan.payment_reference}),
            ]
        ),
    )
    assert states(found) == [State.BOOKED, State.PARKED]
    assert position_of(Loan.objects.get(pk=loan.pk)).overpaid == Decimal("250.00")


def test_nothing_is_booked_that_was_not_seen(world: World) -> None:
    loan = builders.paid_out(world)
    one, two = (
        upload(world, csv_file([own(loan, Bankreference="B1")])),
        upload(world, csv_file([own(loan, Bankreference="B1"), line("7", TODAY)])),
    )
    looked_at = seen(two)
    services.confirm_import(payment_import=one, seen=seen(one), by=world.user(Role.BENEFITS_OFFICER))
    with pytest.raises(Conflict):
        services.confirm_import(payment_import=two, seen=looked_at, by=world.user(Role.BENEFITS_OFFICER))
    assert set(states(two)) == {State.NEW}


def test_a_discarded_file_may_come_again(world: World) -> None:
    data = csv_file([line("7", TODAY)])
    services.discard_import(payment_import=upload(world, data), by=world.user(Role.BENEFITS_OFFICER))
    assert states(take_in(world, data)) == [State.PARKED]


def test_booking_goes_on_where_it_stopped_and_gives_up_after_three_tries(world: World) -> None:
    loan = builders.paid_out(world)
    found = upload(world, csv_file([own(loan, f"{number}", Bankreference=f"B{number}") for number in range(1, 6)]))
    services.confirm_import(payment_import=found, seen=seen(found), by=world.user(Role.BENEFITS_OFFICER))
    assert services.book_waiting(found.pk, today=TODAY, most=2) == 2
    found.refresh_from_db()
    assert (found.state, paid(loan)) == (ImportState.BOOKING, Decimal("3.00"))
    last = found.payments.get(position=6)
    IncomingPayment.objects.filter(pk=last.pk).update(attempts=3)
    services.book_waiting(found.pk, today=TODAY)
    found.refresh_from_db()
    assert (found.state, paid(loan)) == (ImportState.DONE, Decimal("10.00"))
    last.refresh_from_db()
    assert (last.state, last.why) == (State.PARKED, "failed")


def test_queries_per_entry_do_not_grow(world: World, django_assert_max_num_queries: Callable[..., Any]) -> None:
    from django.test.utils import CaptureQueriesContext

    loan = builders.paid_out(world)
    counts = []
    for size in (2, 7, 12):
        rows = [own(loan, f"{number}", Bankreference=f"{size}-{number}") for number in range(1, size + 1)]
        found = upload(world, csv_file(rows))
        with CaptureQueriesContext(
            connection,
        ) as judged:
            judge(found.payments.all())
        services.confirm_import(payment_import=found, seen=seen(found), by=world.user(Role.BENEFITS_OFFICER))
        with CaptureQueriesContext(connection) as booked:
            services.book_waiting(found.pk, today=TODAY)
        counts.append((len(judged), len(booked)))
    few, some, many = counts
    assert few[0] == some[0] == many[0]
    assert many[1] - some[1] == some[1] - few[1]


def test_the_tasks_of_the_cases_are_worked_out_when_the_file_is_booked(world: World) -> None:
    loan = builders.paid_out(world)
    found = upload(world, csv_file([own(loan, "35000", Bankreference="1"), own(loan, "100", Bankreference="2")]))
    services.confirm_import(payment_import=found, seen=seen(found), by=world.user(Role.BENEFITS_OFFICER))
    tasks = Task.objects.filter(case=loan.case, kind="loan_overpaid", done_at=None)
    with cases.tasks_held_back():  # a run that dies when all is booked, and before the tasks
        for pk in found.payments.values_list("pk", flat=True):
            book_incoming(pk, today=TODAY)
    assert not tasks.exists()
    assert services.book_waiting(found.pk, today=TODAY) == 0
    assert tasks.get().why == "100\xa0kr."


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM loans_incomingpayment",
        "TRUNCATE loans_incomingpayment CASCADE",
        "UPDATE loans_incomingpayment SET amount = 1",
        "UPDATE loans_incomingpayment SET state = 'counted'",
        "UPDATE loans_incomingpayment SET state = 'discarded'",
        "UPDATE loans_incomingpayment SET state = 'returned', return_reason = 'x'",
        "UPDATE loans_incomingpayment SET state = 'returned', return_reason = 'x', returned_on = now(), "
        "return_proposed_by_id = (SELECT min(id) FROM accounts_user), returned_by_id = (SELECT min(id) FROM accounts_user)",
        "UPDATE loans_incomingpayment SET state = 'booked', loan_id = (SELECT min(id) FROM loans_loan)",
        "UPDATE loans_incomingpayment SET state = 'booked', loan_id = (SELECT min(id) FROM loans_loan), "
        "entry_id = (SELECT min(id) FROM loans_ledgerentry)",
        "DELETE FROM loans_paymentimport",
        "UPDATE loans_paymentimport SET sha256 = 'x'",
    ],
)
def test_the_database_never_loses_a_parked_payment(world: World, statement: str) -> None:
    builders.paid_out(world)
    take_in(world, csv_file([line("7", TODAY)]))
    with pytest.raises(IntegrityError):
        attack(statement)


def test_a_booked_payment_leaves_the_ledger_only_by_a_reversal(world: World) -> None:
    loan = builders.paid_out(world)
    take_in(world, csv_file([own(loan)]))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE loans_incomingpayment SET state = 'parked', entry_id = NULL")


def test_not_ours_takes_two_people(world: World) -> None:
    row = take_in(world, csv_file([line("7", TODAY)])).payments.get()
    officer, lead = world.user(Role.BENEFITS_OFFICER), world.user(Role.PROJECT_LEAD)
    services.propose_return(incoming=row, reason="Til biblioteket, ført tilbage", by=officer)
    with pytest.raises(Refused):
        services.confirm_return(incoming=row, by=officer, today=TODAY)
    services.confirm_return(incoming=row, by=lead, today=TODAY)
    row.refresh_from_db()
    assert (row.state, row.returned_by) == (State.RETURNED, lead)
    again = take_in(world, csv_file([line("7", TODAY), line("8", TODAY)]))
    assert states(again) == [State.COUNTED, State.PARKED]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.BENEFITS_OFFICER, Role.PROJECT_LEAD)])
def test_others_do_nothing_with_payments(world: World, role: str) -> None:
    by = world.user(role)
    found = upload(world, csv_file([line("7", TODAY)]))
    row = found.payments.get()
    for attempt in (
        lambda: upload(world, csv_file([line("8", TODAY)]), role=role),
        lambda: services.confirm_import(payment_import=found, seen=seen(found), by=by),
        lambda: services.discard_import(payment_import=found, by=by),
        lambda: services.continue_import(payment_import=found, by=by),
        lambda: services.propose_return(incoming=row, reason="x", by=by),
        lambda: services.settle_conflict(incoming=row, is_payment=True, by=by),
    ):
        with pytest.raises(Refused):
            attempt()


# --- Screens -----------------------------------------------------------------------------------------------------------


def test_the_screens_from_upload_to_booked(world: World, client_for: Callable[..., Any]) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    loan = builders.paid_out(world)
    client = client_for(world.user(Role.BENEFITS_OFFICER))
    bad = client.post(reverse("loans:imports"), {"file": SimpleUploadedFile("x.csv", b"Dato;Belob\n1;2\n")})
    assert "Mangler: beløb" in bad.text
    assert not PaymentImport.objects.exists()
    payer = loan.case.citizen.name
    data = csv_file([own(loan), line("45", TODAY, Indbetaler=payer), line("-3", TODAY)])
    sent = client.post(reverse("loans:imports"), {"file": SimpleUploadedFile("bank.csv", data)}, follow=True)
    assert "Bogfør 1 indbetaling" in sent.text
    found = PaymentImport.objects.get()
    client.post(reverse("loans:import_book", args=[found.pk]), {"seen": seen(found)})
    services.book_waiting(found.pk, today=TODAY)
    assert "Filen er bogført" in client.get(reverse("loans:import", args=[found.pk])).text
    listed = client.get(reverse("loans:payments")).text
    assert payer in listed
    row = IncomingPayment.objects.get(state=State.PARKED)
    page = client.get(reverse("loans:incoming", args=[row.pk])).text
    assert "betaleren har borgerens navn" in page
    check = client.post(reverse("loans:incoming_match", args=[row.pk]), {"loan": loan.number})
    assert "Før" in check.text
    client.post(reverse("loans:incoming_match", args=[row.pk]), {"loan": loan.number, "step": "book"})
    assert paid(loan) == PART + 45


def test_check_integrity_finds_a_payment_that_is_not_what_was_booked(world: World) -> None:
    from tests.loans.test_integrity import problems, unguarded

    loan = builders.paid_out(world)
    take_in(world, csv_file([own(loan)]))
    assert "incoming" not in problems()
    with unguarded() as run:
        run("UPDATE loans_incomingpayment SET amount = amount + 1 WHERE state = 'booked'")
    assert "incoming" in problems()
