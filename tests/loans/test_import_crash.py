"""The booking of a file is killed in the middle, and goes on where it stopped: nothing twice, nothing lost (§7.5)."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from loans import services
from loans.enums import EntryKind
from loans.models import LedgerEntry, PaymentImport
from loans.payment_enums import ImportState, IncomingState
from loans.services.imports import fingerprint_of, judge
from microloan.accounts.enums import Role
from tests.loans import builders
from tests.loans.payment_files import csv_file, line
from tests.support.queue import ROOT, wait_until
from tests.support.world import World

BOOKER = "import django; django.setup(); from loans.services import book_waiting; from microloan.core import clock; \
book_waiting({pk}, today=clock.today())"
ENTRIES = 60


@pytest.fixture(autouse=True)
def _friday() -> None:
    """The process that books has a clock of its own, which shows the real day; so does this file."""


@pytest.fixture
def world(transactional_db: None) -> World:
    return builders.small_world()


def booker(found: PaymentImport) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_NAME": connection.settings_dict["NAME"],
        "TEST_FOLDER": str(settings.TEMPORARY_FOLDER),
    }
    return subprocess.Popen([sys.executable, "-c", BOOKER.format(pk=found.pk)], cwd=Path(ROOT), env=environment)


def booked(found: PaymentImport) -> int:
    return found.payments.filter(state=IncomingState.BOOKED).count()


def test_a_booking_that_is_killed_goes_on_where_it_stopped(world: World) -> None:
    loan = builders.paid_out(world)
    rows = [
        line(number, world.today, **{"Betalings-id": loan.payment_reference, "Bankreference": f"B{number}"})
        for number in range(1, ENTRIES + 1)
    ]
    by = world.user(Role.BENEFITS_OFFICER)
    found, _new = services.upload_payments(data=csv_file(rows), name="b.csv", by=by, today=world.today)
    with transaction.atomic():
        services.confirm_import(payment_import=found, seen=fingerprint_of(judge(found.payments.all())), by=by)
        connection.run_on_commit.clear()  # nobody is asked to book: as when the queue has lost the task
    process = booker(found)
    try:
        wait_until(lambda: booked(found) >= 3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    stopped_at = booked(found)
    assert 3 <= stopped_at < ENTRIES
    found.refresh_from_db()
    assert found.state == ImportState.BOOKING
    wait_until(lambda: no_backend_of_the_dead(), seconds=10)
    assert services.book_waiting(found.pk, today=world.today) == ENTRIES - stopped_at
    found.refresh_from_db()
    payments = LedgerEntry.objects.filter(kind=EntryKind.PAYMENT)
    assert found.state == ImportState.DONE
    assert sorted(-entry.amount for entry in payments) == [Decimal(number) for number in range(1, ENTRIES + 1)]


def no_backend_of_the_dead() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone()[0] == 0)
