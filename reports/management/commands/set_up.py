from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from courses.services import ensure_catalogue
from microloan.accounts.services import create_first_administrator
from microloan.core.commands import ReportingCommand
from microloan.core.errors import Refused
from microloan.policy.services import ensure_defaults
from screening.services import ensure_criteria


class Command(ReportingCommand):
    help = "Makes a new installation ready: rules, legal bases, criteria, course catalogue and the first administrator."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--administrator", required=True, help="user name of the first administrator")
        parser.add_argument("--name", required=True, help="the administrator's full name")

    @transaction.atomic
    def run(self, **options: Any) -> dict[str, Any]:
        ensure_defaults()
        ensure_criteria()
        ensure_catalogue()
        try:
            user, password = create_first_administrator(username=options["administrator"], full_name=options["name"])
        except (Refused, ValidationError) as error:
            raise CommandError(" ".join(error.messages)) from error
        return {"administrator": user.username, "password": password}

    def as_text(self, document: dict[str, Any]) -> str:
        return (
            f"Ready. Log in as {document['administrator']} with the password {document['password']}"
            " (it must be changed at the first log-in)."
        )
