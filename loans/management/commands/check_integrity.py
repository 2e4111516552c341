"""`manage.py check_integrity`: recomputes everything from the rows themselves (interfaces.md). Changes nothing."""

import json
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from loans import integrity
from microloan.core.commands import ReportingCommand, jsonable


class Command(ReportingCommand):
    """Exit status 1 where something does not fit; every problem then stands on standard error too."""

    help = "Recomputes balances, plans, allocations, support limits, letter hashes and the audit chain."

    def handle(self, *args: Any, **options: Any) -> None:
        document = self.run(**options)
        as_json = json.dumps(document, default=jsonable, ensure_ascii=False)
        self.stdout.write(as_json if options["format"] == "json" else self.as_text(document))
        if document["problems"]:
            raise CommandError("\n".join(document["problems"]))

    def run(self, **options: Any) -> dict[str, Any]:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # One look at everything: what is booked meanwhile is not half seen. Not inside a test's transaction.
                if not connection.savepoint_ids:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            report = integrity.check_everything()
        return {"checked": dict(sorted(report.checked.items())), "problems": report.problems}

    def as_text(self, document: Any) -> str:
        checked = [f"{name}: {count}" for name, count in document["checked"].items()]
        found = len(document["problems"])
        return "\n".join([*checked, _("Problems: %(count)s") % {"count": found}])
