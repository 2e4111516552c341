from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from microloan.core import clock, jobs
from microloan.core.commands import REFUSED, WRONG_ARGUMENTS, ReportingCommand, date_argument


class Command(ReportingCommand):
    help = "Runs the daily jobs as if it were the date, as the scheduler does, and catches up missed days."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=date_argument, help="YYYY-MM-DD, today if left out")
        parser.add_argument("--job", help="only this job")

    def run(self, **options: Any) -> dict[str, Any]:
        day = options["date"] or clock.today()
        if day > clock.today() and not settings.DEMO:
            # A slip of the pen would send the reminders of years, and leave their days done when they come.
            raise CommandError(f"{day} has not come yet; only the demo looks ahead", returncode=REFUSED)
        try:
            counts = jobs.run_jobs(day, only=options["job"])
        except jobs.UnknownJob as error:
            known = ", ".join(jobs.registry.names())
            raise CommandError(f"There is no job {error}, only {known}", returncode=WRONG_ARGUMENTS) from error
        except jobs.JobIsRunning as error:
            raise CommandError(f"{error} is running already", returncode=REFUSED) from error
        made = {name: {"created": count.created, "skipped": count.skipped} for name, count in counts.items()}
        return {"date": day, "jobs": made}

    def as_text(self, document: dict[str, Any]) -> str:
        lines = [f"{name}: {c['created']} created, {c['skipped']} skipped" for name, c in document["jobs"].items()]
        return "\n".join([f"Jobs for {document['date']}", *lines])
