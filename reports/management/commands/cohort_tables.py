from typing import Any

from django.core.management.base import CommandError, CommandParser

from cases.models import Cohort
from microloan.core import clock
from microloan.core.commands import WRONG_ARGUMENTS, ReportingCommand, date_argument
from reports.queries import cohort_figures


class Command(ReportingCommand):
    help = "Tables 1–8 of the programme's review, for any cohorts and any cut-off date."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cohorts", help="codes with commas between, such as M3,M4; all cohorts if left out")
        parser.add_argument("--as-of", type=date_argument, help="cut-off date YYYY-MM-DD, today if left out")

    def run(self, **options: Any) -> dict[str, Any]:
        return cohort_figures(self._cohorts(options["cohorts"]), as_of=options["as_of"] or clock.today())

    def _cohorts(self, text: str | None) -> list[Cohort]:
        """In the order asked for, each once."""
        if text is None:
            return list(Cohort.objects.order_by("start_on", "code"))
        codes = list(dict.fromkeys(code.strip() for code in text.split(",") if code.strip()))
        if not codes:
            raise CommandError("--cohorts: name at least one cohort", returncode=WRONG_ARGUMENTS)
        found = Cohort.objects.in_bulk(codes, field_name="code")
        if missing := [code for code in codes if code not in found]:
            raise CommandError(f"There is no cohort {', '.join(missing)}", returncode=WRONG_ARGUMENTS)
        return [found[code] for code in codes]

    def as_text(self, document: dict[str, Any]) -> str:
        """Every table with its rows, values by name."""
        lines = [f"Cohorts {', '.join(document['cohorts'])}, cut-off {document['as_of']}"]
        for name, value in document.items():
            if name in ("as_of", "cohorts"):
                continue
            rows = value if isinstance(value, list) and value and isinstance(value[0], dict) else [value]
            lines += ["", name, *(f"  {_words(row)}" for row in rows)]
        return "\n".join(lines)


def _words(row: Any) -> str:
    if isinstance(row, dict):
        return ", ".join(f"{key}: {_words(value)}" for key, value in row.items())
    if isinstance(row, list):
        return "; ".join(_words(part) for part in row)
    return "–" if row is None else str(row)
