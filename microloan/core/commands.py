"""The shape of every command that operators and scripts call (interfaces.md)."""

import json
from argparse import ArgumentTypeError
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from microloan.core.calendars import FIRST_YEAR, LAST_YEAR
from microloan.core.errors import Refused

REFUSED, WRONG_ARGUMENTS = 1, 2


def jsonable(value: Any) -> Any:
    """Amounts as strings with two decimals and a point, dates ISO (interfaces.md)."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not belong in a JSON document")


def date_argument(text: str) -> date:
    """`--date 2026-03-02`; wrong ones end the command with status 2."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text}: write the date as YYYY-MM-DD") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ArgumentTypeError(f"{text}: write a date of the years {FIRST_YEAR}-{LAST_YEAR}")
    return day


class ReportingCommand(BaseCommand):
    """Prints human-readable text, or with `--format json` exactly one JSON document on standard output.

    A subclass adds its own arguments in `add_own_arguments`, does its work in `run` and returns the document; `as_text`
    turns the document into lines for people. To refuse, raise CommandError (exit status 1, reason on standard error).
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text", help="text or one JSON document")
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: CommandParser) -> None:
        """Arguments beyond --format."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = self.run(**options)
        except Refused as refusal:
            raise CommandError("\n".join(refusal.messages), returncode=REFUSED) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps(document, default=jsonable, ensure_ascii=False))
        else:
            self.stdout.write(self.as_text(document))

    def run(self, **options: Any) -> Any:
        raise NotImplementedError

    def as_text(self, document: Any) -> str:
        return json.dumps(document, default=jsonable, ensure_ascii=False, indent=2)
