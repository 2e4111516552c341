"""Who may open the pages of payments and the portfolio."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from loans import services
from loans.models import IncomingPayment, LedgerEntry, Loan, PaymentImport, Refund, Reversal
from loans.services.imports import fingerprint_of, judge
from tests.loans import builders
from tests.loans.payment_files import csv_file, line
from tests.support.people import make_user
from tests.support.routes.loans import OFFICER, make_paid_out
from tests.support.routing import LEAD, TEAM, Role, row
from tests.support.world import World

MONEY = OFFICER | LEAD
NUMBERS = iter(range(1, 1000))


def make_overpaid(world: World) -> Loan:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "35000", world.today)
    builders.pay(world, loan, "25", world.today)
    return loan


def upload(world: World) -> PaymentImport:
    data = csv_file([line(next(NUMBERS), world.today)])
    by = world.user(Role.BENEFITS_OFFICER)
    return services.upload_payments(data=data, name="bank.csv", by=by, today=world.today)[0]


def make_preview(world: World) -> PaymentImport:
    return upload(world)


def make_booking(world: World) -> PaymentImport:
    """A file that is being booked: nothing of it has been yet."""
    found = upload(world)
    data = csv_file([line(next(NUMBERS), world.today, **{"Betalings-id": world.of(make_paid_out).payment_reference})])
    by = world.user(Role.BENEFITS_OFFICER)
    found = services.upload_payments(data=data, name="bank.csv", by=by, today=world.today)[0]
    PaymentImport.objects.filter(pk=found.pk).update(state="booking", confirmed_by=by, confirmed_at=found.uploaded_at)
    loan = world.of(make_paid_out)
    found.payments.update(state="waiting", loan=loan)
    return found


def _row(world: World, **values: Any) -> IncomingPayment:
    found = upload(world).payments.get()
    for name, value in {"state": "parked", "why": "unknown", **values}.items():
        setattr(found, name, value)
    found.save()
    return found


def make_parked(world: World) -> IncomingPayment:
    return _row(world)


def make_returning(world: World) -> IncomingPayment:
    return _row(world, state="returning", return_reason="x", return_proposed_by=make_user(Role.BENEFITS_OFFICER))


def make_conflict(world: World) -> IncomingPayment:
    return _row(world, state="conflict", why="repeated", same_as=world.of(make_parked))


def entry(world: World) -> dict[str, Any]:
    loan = world.of(make_overpaid)
    return {"number": loan.case.number, "pk": LedgerEntry.objects.filter(loan=loan, kind="payment").first().pk}


def make_reversal(world: World) -> Reversal:
    loan = world.of(make_overpaid)
    target = LedgerEntry.objects.filter(loan=loan, kind="payment").last()
    by = make_user(Role.BENEFITS_OFFICER)
    return services.propose_reversal(entry=target, reason="x", money="", by=by, today=world.today)


def make_refund_loan(world: World) -> Loan:
    return make_overpaid(world)


def make_refund(world: World) -> Refund:
    return services.propose_refund(
        loan=world.of(make_refund_loan),
        amount=25,
        paid_on=world.today,
        voucher="T-1",
        reason="x",
        by=make_user(Role.BENEFITS_OFFICER),
        today=world.today,
    )


class SentAgain(SimpleUploadedFile):
    """A file that each role sends: read from the beginning every time."""

    def read(self, *args: Any) -> bytes:
        self.seek(0)
        return bytes(super().read(*args))


def of(make: Any) -> Any:
    return lambda world: {"pk": world.of(make).pk}


def seen(world: World) -> dict[str, str]:
    return {"seen": fingerprint_of(judge(world.of(make_preview).payments.all()))}


def refund_data(world: World) -> dict[str, str]:
    return {"amount": "25", "paid_on": world.today.strftime("%d-%m-%Y"), "voucher": "T-1", "reason": "x"}


ROWS = [
    row("loans:portfolio", allow=TEAM | OFFICER, logs=True),
    row("loans:frame", allow=MONEY),
    row("loans:portfolio_export", allow=TEAM | OFFICER),
    row("loans:payments", allow=MONEY, logs=True),
    row(
        "loans:imports",
        allow=MONEY,
        method="post",
        get=200,
        data=lambda w: {"file": SentAgain("b.csv", csv_file([line("1", w.today)]))},
    ),
    row("loans:import", allow=MONEY, kwargs=of(make_preview), logs=True),
    row("loans:import_book", allow=MONEY, kwargs=of(make_preview), method="post", data=seen),
    row("loans:import_discard", allow=MONEY, kwargs=of(make_preview), method="post"),
    row("loans:import_continue", allow=MONEY, kwargs=of(make_booking), method="post"),
    row("loans:proposals", allow=MONEY, logs=True),
    row("loans:incoming", allow=MONEY, kwargs=of(make_parked), logs=True),
    row(
        "loans:incoming_match",
        allow=MONEY,
        kwargs=of(make_parked),
        method="post",
        data=lambda w: {"loan": w.of(make_paid_out).number, "step": "book"},
        logs=True,
    ),
    row(
        "loans:incoming_return", allow=MONEY, kwargs=of(make_parked), method="post", data={"reason": "x"}, logs=True
    ),
    row(
        "loans:incoming_return_answer",
        allow=MONEY,
        kwargs=of(make_returning),
        method="post",
        data={"answer": "confirm"},
        logs=True,
    ),
    row(
        "loans:incoming_settle",
        allow=MONEY,
        kwargs=of(make_conflict),
        method="post",
        data={"answer": "same"},
        logs=True,
    ),
    row(
        "loans:reverse_entry",
        allow=MONEY,
        kwargs=entry,
        method="post",
        get=200,
        data={"reason": "x"},
        logs=True,
        codes={Role.COACH: 403},
    ),
    row(
        "loans:reversal", allow=MONEY, kwargs=of(make_reversal), method="post", get=200, data={"step": "confirm"},
        logs=True,
    ),
    row(
        "loans:refund",
        allow=OFFICER,
        kwargs=lambda w: {"number": w.of(make_overpaid).case.number},
        method="post",
        get=200,
        data=refund_data,
        logs=True,
    ),
    row(
        "loans:refund_answer", allow=MONEY, kwargs=of(make_refund), method="post", get=200, data={"step": "confirm"},
        logs=True,
    ),
]  # fmt: skip
