from typing import Any

from django.core.management.base import CommandError, CommandParser

from microloan.core import clock
from microloan.core.commands import REFUSED, ReportingCommand, date_argument
from microloan.core.errors import Refused
from reports.scale.seeding import seed


class Command(ReportingCommand):
    help = "Fills an empty demo database with a synthetic municipality, for measuring. The same seed gives the same."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=100_000, help="how many cases (default: 100000)")
        parser.add_argument(
            "--seed", type=int, default=1, help="another number gives another municipality (default: 1)"
        )
        parser.add_argument("--date", type=date_argument, help="the day it is as of (default: today)")

    def run(self, **options: Any) -> dict[str, Any]:
        today = options["date"] or clock.today()
        try:
            rows = seed(cases=options["cases"], seed=options["seed"], today=today, say=self.stderr.write)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        return {"cases": options["cases"], "seed": options["seed"], "date": today, "rows": rows}

    def as_text(self, document: dict[str, Any]) -> str:
        return "\n".join(f"{count:>12,} {table}" for table, count in document["rows"].items())
