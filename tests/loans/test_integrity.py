"""`check_integrity` finds what was damaged behind the guards' back (interfaces.md)."""

import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from cases.enums import Livelihood, Phase, Source
from cases.letters.models import Letter
from cases.models import CaseFile, Citizen
from cases.services import Upload, add_document
from loans import services
from loans.enums import DefermentKind, EntryKind, PlanChangeKind, SupportKind
from loans.integrity import BEING_MADE
from loans.models import LedgerEntry, LimitationEvent, Loan, YearlyFrame
from loans.services import write_entry
from microloan.accounts.enums import Role
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support import files as real
from tests.support.world import World


def check() -> dict[str, Any]:
    """The document; where there are problems the command also ends with status 1 and says them on standard error."""
    out = io.StringIO()
    refused: CommandError | None = None
    try:
        call_command("check_integrity", format="json", stdout=out)
    except CommandError as error:
        refused = error
    document = json.loads(out.getvalue())
    said = str(refused) if refused else ""
    assert said == "\n".join(document["problems"])
    assert refused is None or refused.returncode == 1
    return document


def problems() -> str:
    return "\n".join(check()["problems"])


@contextmanager
def unguarded() -> Iterator[Callable[[str], None]]:
    """SQL past every trigger, as somebody with the keys of the database could run it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        try:
            yield cursor.execute
        finally:
            cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def loan(world: World) -> Loan:
    """With two versions of its plan, since it was paid out on another day than planned."""
    loan = builders.paid_out(world, planned_payout_on=date(2026, 12, 10))
    builders.pay(world, loan, "5000", TODAY)
    return loan


def test_all_is_well(world: World, loan: Loan) -> None:
    builders.paid_out(world, kind=SupportKind.GRANT)
    builders.paid_out(world, builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION))
    builders.proposed(world)
    builders.extend(world, loan.case, 2)
    document = check()
    assert document["problems"] == []
    checked = document["checked"]
    assert (checked["loans"], checked["entries"], checked["allocations"], checked["plans"]) == (3, 4, 2, 3)
    assert checked["instalments"] == 36
    assert checked["support_periods"] == 3
    assert checked["cases"] == 4
    assert checked["letters"] == Letter.objects.count() > 0
    assert checked["guards"] > 50
    assert checked["tracked_rows"] > 50


def test_an_imported_loan_has_no_plan_and_is_checked_by_its_ledger(world: World) -> None:
    citizen = Citizen.objects.create(sex="K", birth_year=1980)
    case = CaseFile.objects.create(
        number="H-000001", citizen=citizen, phase=Phase.CLOSED, phase_entered_on=TODAY, opened_on=TODAY,
        source=Source.HISTORY, external_ref="M3-1", closed_on=TODAY, closing_reason="completed",
        closed_by_choice_of="team",
    )  # fmt: skip
    loan = Loan.objects.create(case=case, number=case.number, principal=Decimal("20000"))
    for kind, amount in (
        (EntryKind.PAYOUT, "20000"),
        (EntryKind.PAYMENT, "-5000"),
        (EntryKind.HANDOVER, "-15000"),
        (EntryKind.RECOVERY_PAYMENT, "-6000"),
    ):
        LedgerEntry.objects.create(
            loan=loan, kind=kind, amount=Decimal(amount), value_date=TODAY, key=f"history:{kind}", content_hash="x"
        )
    assert check()["problems"] == []
    write_entry(
        loan=loan, kind=EntryKind.RECOVERY_PAYMENT, amount=Decimal("-9000.01"), value_date=TODAY, key="more", by=None
    )
    assert problems() == "H-000001: inddrivelsen har indbragt mere, end der blev overdraget"


DAMAGE = {
    "an amount in the ledger": "UPDATE loans_ledgerentry SET amount = -5001 WHERE kind = 'payment'",
    "a day in the ledger": "UPDATE loans_ledgerentry SET value_date = '2026-11-19' WHERE kind = 'payment'",
    "a payout that is not the principal": "UPDATE loans_ledgerentry SET amount = 34000 WHERE kind = 'payout'",
    "a payout that went missing": "DELETE FROM loans_ledgerentry WHERE kind = 'payout'",
    "an instalment": "UPDATE loans_instalment SET amount = amount + 1 WHERE number = 1",
    "a due date": "UPDATE loans_instalment SET due_on = due_on + 1 WHERE number = 2",
    "an instalment gone": "DELETE FROM loans_instalment WHERE number = 12",
    "a version gone": "UPDATE loans_planversion SET version = 5 WHERE version = 2",
    "the principal": "UPDATE loans_loan SET principal = 36000",
    "the order": "UPDATE loans_disbursementorder SET amount = 1",
    "the day of the order": "UPDATE loans_disbursementorder SET paid_on = '2026-11-21'",
    "the end of living support": "UPDATE loans_supportperiod SET ends_on = ends_on + 1",
    "months of living support": "UPDATE loans_supportperiod SET months = 7",
    "a pensioner with living support": "UPDATE cases_casefile SET livelihood = 'disability_pension'",
    "who paid out": "UPDATE loans_ledgerentry SET by_id = NULL WHERE kind = 'payout'",
    "the voucher of a payment": "UPDATE loans_ledgerentry SET voucher = 'B-9' WHERE kind = 'payment'",
    "a payment that went missing": "DELETE FROM loans_ledgerentry WHERE kind = 'payment'",
    "a payment that nobody made": "INSERT INTO loans_ledgerentry (loan_id, kind, amount, value_date, booked_at, by_id,"
    " voucher, reason, key, content_hash) SELECT loan_id, kind, amount, value_date, booked_at, by_id, '', '', 'x',"
    " content_hash FROM loans_ledgerentry WHERE kind = 'payment'",
    "living support that went missing": "DELETE FROM loans_supportperiod",
    "an attempt to reach the citizen": "UPDATE loans_contactattempt SET made_on = made_on - 1",
    "an attempt that went missing": "DELETE FROM loans_contactattempt",
    "a frame": "UPDATE loans_yearlyframe SET amount = 1",
    "an interruption of limitation": "UPDATE loans_limitationevent SET years = 10",
    "a change of plan that went missing": "DELETE FROM loans_planchange",
    "the phase of a case": "UPDATE cases_casefile SET phase = 'aftercare'",
    "a step of the history of phases": "DELETE FROM cases_phasechange WHERE to_phase = 'approval'",
    "the hash of a letter": "UPDATE letters_letter SET sha256 = repeat('0', 64)",
    "a decision": "UPDATE loans_loandecision SET reasons = 'Noget andet'",
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(damageable: Loan, what: str) -> None:
    with unguarded() as execute:
        execute(DAMAGE[what])
    assert problems()


@pytest.fixture
def damageable(world: World, loan: Loan) -> Loan:
    """With a row of everything that is told below."""
    lead, coach = world.user(Role.PROJECT_LEAD), world.user(Role.COACH)
    builders.reached(world, loan, TODAY)
    YearlyFrame.objects.create(year=2026, amount=Decimal(9), note="Udvalget", by=lead)
    LimitationEvent.objects.create(
        loan=loan, kind="acknowledgement", happened_on=TODAY, years=3, note="Skrev under", by=coach
    )
    wanted = services.Wanted(PlanChangeKind.DEFERMENT, date(2027, 3, 1), 3, DefermentKind.GRANTED)
    services.propose_change(loan=loan, wanted=wanted, asked="Vinter", by=coach, today=TODAY)
    return loan


def test_nothing_is_found_before_it_is_damaged(damageable: Loan) -> None:
    assert problems() == ""


def test_that_the_approver_paid_out_is_said_even_where_all_copies_agree(loan: Loan) -> None:
    with unguarded() as execute:
        for table in ("loans_ledgerentry", "loans_ledgerentryevent"):
            execute(f"UPDATE {table} SET by_id = {loan.approved_by_id} WHERE kind = 'payout'")
    assert f"{loan.number}: den, der godkendte lånet, har udbetalt det" in problems()


def test_a_reversal_that_reverses_nothing_of_the_loan_is_found(world: World, loan: Loan) -> None:
    other = builders.paid_out(world)
    payment = builders.pay(world, other, "100", TODAY)
    with unguarded() as execute:
        execute(
            f"INSERT INTO loans_ledgerentry (loan_id, kind, amount, value_date, booked_at, voucher, reason, reverses_id,"
            f" key, content_hash) VALUES ({loan.pk}, 'reversal', 100, '2026-11-20', now(), '', 'Fejl', {payment.pk},"
            f" 'r', 'x')"
        )
    assert loan.number in problems()


def test_a_changed_and_a_missing_file_are_found(loan: Loan) -> None:
    changed, missing = Letter.objects.order_by("created_at")[:2]
    default_storage.delete(changed.path)
    default_storage.save(changed.path, ContentFile(b"%PDF-1.7 noget andet"))
    default_storage.delete(missing.path)
    found = check()["problems"]
    assert len(found) == 2
    assert all(str(letter.pk) in "\n".join(found) for letter in (changed, missing))


def test_a_file_that_no_row_knows_is_found_when_it_is_no_longer_being_made(loan: Loan) -> None:
    """A process that is killed after the file and before the commit leaves one; it holds citizens' data."""
    path = default_storage.save("letters/00/forladt.pdf", ContentFile(b"%PDF-1.7"))
    assert check()["problems"] == []
    before = time.time() - 2 * BEING_MADE
    os.utime(default_storage.path(path), (before, before))
    assert "letters/00/forladt.pdf" in problems()
    default_storage.delete(path)


def test_a_changed_document_is_found(world: World, loan: Loan) -> None:
    upload = Upload("bilag.pdf", real.pdf())
    document = add_document(
        case=loan.case,
        upload=upload,
        kind="other",
        title="Bilag",
        dated=TODAY,
        others_data=False,
        by=world.user(Role.COACH),
        today=TODAY,
    )
    version = document.versions.get()
    assert check()["checked"]["documents"] == 1
    default_storage.delete(version.path)
    assert version.download_name in problems()


def test_a_guard_that_is_switched_off_or_gone_is_found(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_ledger_append_only%'")
        (name,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE loans_ledgerentry DISABLE TRIGGER {name}")
    assert "ledger_append_only" in problems()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name} ON loans_ledgerentry")
    assert "ledger_append_only" in problems()


def test_no_name_and_no_cpr_number_in_what_is_found(loan: Loan) -> None:
    with unguarded() as execute:
        for damage in DAMAGE.values():
            execute(damage)
    text = problems()
    assert loan.case.citizen.name not in text
    assert "7203" not in text


def test_for_people_it_says_how_many(loan: Loan) -> None:
    out = io.StringIO()
    call_command("check_integrity", stdout=out)
    assert "loans: 1" in out.getvalue()
    assert out.getvalue().rstrip().endswith("0")


def test_a_batch_ends_and_the_next_begins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from loans import integrity

    monkeypatch.setattr(integrity, "BATCH", 1)
    for _loan in range(3):
        builders.granted(world)
    assert check()["checked"]["loans"] == 3
