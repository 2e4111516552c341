"""`manage.py repayment_plan`: a repayment plan from its figures alone (interfaces.md). Touches no database."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from loans.enums import EntryKind, Extra
from loans.rules import Deferment, Entry, Position, RuleError, Terms, check_deferments, position
from loans.rules.deferment import DEFAULT_MAX_DEFERMENT
from loans.rules.preview import refuse_idle
from loans.rules.schedule import DEFAULT_DUE_DAY, DEFAULT_INSTALMENTS, MAX_INSTALMENTS, check_amount
from microloan.core.calendars import FIRST_YEAR, LAST_YEAR, CalendarError
from microloan.core.commands import ReportingCommand

AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,4}", re.ASCII)


class Command(ReportingCommand):
    """An argument that is wrong by itself (no number, a 13th month, a due day of 32) ends with status 2; one that the
    rules refuse (a deferment over the cap, a payment before the payout) with status 1."""

    help = "Calculates a repayment plan from its figures. Reads and writes no data."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--principal", type=amount_argument, required=True, help="kroner, such as 50000.00")
        parser.add_argument("--payout", type=day_argument, required=True, help="YYYY-MM-DD")
        parser.add_argument(
            "--instalments", type=whole_argument(1, MAX_INSTALMENTS), default=DEFAULT_INSTALMENTS, help="monthly lines"
        )
        parser.add_argument("--due-day", type=whole_argument(1, 31), default=DEFAULT_DUE_DAY, help="1-31")
        parser.add_argument(
            "--max-deferment", type=whole_argument(0, MAX_INSTALMENTS), default=DEFAULT_MAX_DEFERMENT, help="months"
        )
        parser.add_argument(
            "--defer", type=deferment_argument, action="append", default=[], metavar="YYYY-MM:N", help="may be repeated"
        )
        parser.add_argument(
            "--payment",
            type=payment_argument,
            action="append",
            default=[],
            metavar="YYYY-MM-DD:AMOUNT",
            help="may be repeated",
        )
        parser.add_argument(
            "--extra", choices=Extra.values, default=Extra.COVER.value, help="what a payment ahead of plan does"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        terms = Terms(
            principal=options["principal"],
            payout=options["payout"],
            instalments=options["instalments"],
            due_day=options["due_day"],
            max_deferment=options["max_deferment"],
        )
        try:
            return as_document(calculate(terms, options["defer"], options["payment"], Extra(options["extra"])))
        except RuleError as refused:
            raise CommandError(str(refused)) from refused

    def as_text(self, document: Any) -> str:
        rows = [
            (_("No."), _("Due"), _("Amount"), _("Paid")),
            *(
                (
                    str(line["number"]),
                    date_format(line["due"], "SHORT_DATE_FORMAT"),
                    money_text(line["amount"]),
                    money_text(line["paid"]),
                )
                for line in document["instalments"]
            ),
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        table = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        sums = [
            (_("Loan amount"), document["principal"]),
            (_("Instalments in all"), document["total"]),
            (_("Balance"), document["balance"]),
            (_("Overpaid"), document["overpaid"]),
        ]
        return "\n".join([*table, "", *(f"{label}: {money_text(amount)}" for label, amount in sums)])


def calculate(
    terms: Terms, deferments: list[Deferment], payments: list[tuple[date, Decimal]], extra: Extra
) -> Position:
    """The position of a loan on `terms`; raises `RuleError` for what the rules refuse."""
    check_deferments(deferments, terms.payout, terms.max_deferment)
    entries = [
        Entry(number, EntryKind.PAYMENT, day, -amount, extra=extra)
        for number, (day, amount) in enumerate(payments, start=1)
    ]
    try:
        plan = position(terms, entries, deferments)
    except CalendarError:
        raise RuleError("calendar", _("The plan would run beyond the year %(year)s.") % {"year": LAST_YEAR}) from None
    refuse_idle(plan, *deferments)
    return plan


def as_document(plan: Position) -> dict[str, Any]:
    """The document promised in interfaces.md; amounts and dates are written out by the command."""
    lines = plan.lines
    return {
        "principal": plan.principal,
        "total": sum((line.amount for line in lines), Decimal("0.00")),
        "first_due": lines[0].due,
        "last_due": lines[-1].due,
        "instalments": [
            {
                "number": line.number,
                "nominal_due": line.nominal_due,
                "due": line.due,
                "amount": line.amount,
                "paid": line.paid,
            }
            for line in lines
        ],
        "balance": plan.outstanding,
        "overpaid": plan.overpaid,
    }


def money_text(amount: Decimal) -> str:
    """Kroner as people read them in the active language."""
    return number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)


def amount_argument(text: str) -> Decimal:
    """Kroner above 0 with a decimal point and at most two decimals; no sign, exponent or grouping."""
    if not AMOUNT.fullmatch(text):
        raise ArgumentTypeError(f"{text}: write the amount as 50000 or 50000.00")
    amount = Decimal(text)
    try:
        check_amount(amount)
    except ValueError as wrong:
        raise ArgumentTypeError(f"{text}: {wrong}") from None
    return amount.quantize(Decimal("0.01"))


def day_argument(text: str) -> date:
    """A day between 1990 and 2100, as YYYY-MM-DD and nothing else that ISO 8601 allows."""
    if not DAY.fullmatch(text):
        raise ArgumentTypeError(f"{text}: write the date as YYYY-MM-DD")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text}: there is no such day") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ArgumentTypeError(f"{text}: the calendar covers {FIRST_YEAR}-{LAST_YEAR}")
    return day


def whole_argument(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    def whole(text: str) -> int:
        if not WHOLE.fullmatch(text) or not low <= int(text) <= high:
            raise ArgumentTypeError(f"{text}: write a whole number from {low} to {high}")
        return int(text)

    return whole


def deferment_argument(text: str) -> Deferment:
    """YYYY-MM:N, at least one month."""
    month, colon, months = text.partition(":")
    if not colon or not MONTH.fullmatch(month):
        raise ArgumentTypeError(f"{text}: write the deferment as YYYY-MM:N, such as 2027-03:6")
    return Deferment(day_argument(f"{month}-01"), whole_argument(1, MAX_INSTALMENTS)(months))


def payment_argument(text: str) -> tuple[date, Decimal]:
    """YYYY-MM-DD:AMOUNT."""
    day, colon, amount = text.partition(":")
    if not colon:
        raise ArgumentTypeError(f"{text}: write the payment as YYYY-MM-DD:AMOUNT, such as 2026-05-10:5000")
    return day_argument(day), amount_argument(amount)
