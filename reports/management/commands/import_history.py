import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from microloan.core import clock
from microloan.core.commands import REFUSED, WRONG_ARGUMENTS, ReportingCommand
from reports.history_files import HistoryFileError
from reports.services import HistoryRefused, import_history

SHEETS = ("cohorts", "participants", "loans", "payments", "livelihoods")


class Command(ReportingCommand):
    help = "Loads former cohorts from a workbook, or a folder with the same sheets as CSV. All or nothing."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="an .xlsx file, or a folder with participants.csv, loans.csv …")
        parser.add_argument("--dry-run", action="store_true", help="report what would be done, and change nothing")

    def run(self, **options: Any) -> dict[str, Any]:
        path = options["path"]
        if not path.exists():
            raise CommandError(_("There is no file or folder %(path)s.") % {"path": path}, returncode=WRONG_ARGUMENTS)
        try:
            result = import_history(path=path, dry_run=options["dry_run"], by=None, today=clock.today())
        except HistoryFileError as problem:
            self._refuse(options, [str(problem)], [{"sheet": "", "row": 0, "column": "", "message": str(problem)}])
        except HistoryRefused as refusal:
            errors = [asdict(error) for error in refusal.errors]
            self._refuse(options, [str(error) for error in refusal.errors], errors)
        return {**asdict(result), "errors": []}

    def _refuse(self, options: dict[str, Any], lines: list[str], errors: list[dict[str, Any]]) -> None:
        """One line per mistake on standard error; the document, if asked for, on standard output."""
        if options["format"] == "json":
            document = {"dry_run": options["dry_run"], "errors": errors}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        last = _("Nothing has been loaded. Mistakes: %(count)d.") % {"count": len(lines)}
        raise CommandError("\n".join(["", *lines, last]), returncode=REFUSED)

    def as_text(self, document: dict[str, Any]) -> str:
        lines = [_("Would be loaded:") if document["dry_run"] else _("Loaded:")]
        for sheet in SHEETS:
            counts = {"sheet": sheet, **document[sheet]}
            lines.append(_("%(sheet)s: %(added)d new, %(unchanged)d already there") % counts)
        for warning in document["warnings"]:
            place = " ".join(str(part) for part in (warning["sheet"], warning["row"] or "", warning["column"]) if part)
            lines.append(_("Note: %(place)s: %(message)s") % {"place": place, "message": warning["message"]})
        return "\n".join(lines)
