"""Files from the bank in the demo: matched, parked, counted twice, a conflict; a reversal that waits for a second person."""

import csv
import io
from datetime import date, timedelta

from loans import services
from loans.enums import EntryKind
from loans.models import Loan
from loans.queries import with_ledger
from loans.services.imports import fingerprint_of, judge
from microloan.accounts.models import User
from microloan.core import clock

HEADINGS = ("Dato", "Beløb", "Betalings-id", "Indbetaler", "Tekst", "Bankreference")
Line = tuple[str, ...]


def _file(lines: list[Line]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([HEADINGS, *lines])
    return text.getvalue().encode()


def _line(on: date, amount: object, reference: str, payer: str, text: str, bank: str) -> Line:
    return (on.strftime("%d-%m-%Y"), str(amount).replace(".", ","), reference, payer, text, bank)


def add_payments(today: date, *, officer: User) -> None:
    """Two files that overlap, read by the benefits officer; for loans that are being repaid."""
    loans = _running(today)
    if len(loans) < 4:
        return
    days = [today - timedelta(days=number) for number in (4, 3, 2, 1)]
    part = [loan.plan_versions.first().instalments.first().amount for loan in loans]
    names = [loan.case.citizen.name for loan in loans]
    mistyped = _one_figure_wrong(loans[2].payment_reference)
    first = [
        _line(days[0], part[0], loans[0].payment_reference, names[0], "Afdrag", "BNK-1001"),
        _line(days[0], part[1], loans[1].payment_reference, names[1], "Afdrag", "BNK-1002"),
        _line(days[1], part[2], mistyped, "", "Indbetalingskort", "BNK-1003"),
        _line(days[1], part[3], "", names[3], "mit afdrag", "BNK-1004"),
        _line(days[1], "1250.00", "", "Foreningen Prøvevej", "Leje af mødelokale", "BNK-1005"),
        _line(days[1], "-35.00", "", "Banken", "Gebyr", "BNK-1006"),
    ]
    second = [
        *first[1:3],
        _line(days[0], part[0] + 100, loans[0].payment_reference, names[0], "Afdrag", "BNK-1001"),
        _line(days[2], part[1], loans[1].payment_reference, names[1], "Afdrag", "BNK-1010"),
    ]
    for number, lines in enumerate((first, second), 1):
        _take_in(f"indbetalinger-{number}.csv", _file(lines), officer, today)
    payment = loans[1].entries.filter(kind=EntryKind.PAYMENT).order_by("pk").last()
    reason = "Borgeren ville betale et andet lån med denne indbetaling."
    services.propose_reversal(entry=payment, reason=reason, money="park", by=officer, today=today)


def _running(today: date) -> list[Loan]:
    """Loans with months of repayment left, from which nothing is late or was paid ahead."""
    loans = with_ledger(Loan.objects.filter(case__phase="aftercare", case__citizen__protected_address=False))
    return list(loans.exclude(payment_reference="").order_by("pk")[:4])


def _one_figure_wrong(reference: str) -> str:
    return reference[:-1] + str((int(reference[-1]) + 1) % 10)


def _take_in(name: str, data: bytes, officer: User, today: date) -> None:
    with clock.at(today):
        found, _is_new = services.upload_payments(data=data, name=name, by=officer, today=today)
        seen = fingerprint_of(judge(found.payments.all()))
        services.confirm_import(payment_import=found, seen=seen, by=officer)
        services.book_waiting(found.pk, today=today)
