import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from microloan.core import clock
from microloan.core.commands import REFUSED, jsonable
from microloan.core.errors import Refused
from reports.bench.run import measure


class Command(BaseCommand):
    help = "Measures pages, jobs and letters in two temporary databases and prints the ratios as one JSON document."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--large", type=int, default=100_000, help="cases of the large municipality")
        parser.add_argument("--small", type=int, default=1_000, help="cases of the small municipality")
        parser.add_argument("--runs", type=int, default=9, help="runs of each; the median counts")
        parser.add_argument(
            "--letters", type=int, default=2_000, help="letters that a worker makes while its memory is watched"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--template",
            default="",
            help="a migrated database to copy that nobody uses, instead of migrating an empty one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = measure(
                large=options["large"],
                small=options["small"],
                runs=options["runs"],
                letters=options["letters"],
                seed_number=options["seed"],
                today=clock.today(),
                template=options["template"],
                say=self.stderr.write,
            )
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        self.stdout.write(json.dumps(document, default=jsonable, ensure_ascii=False, indent=2))
