"""Bring the database up to date, load the demo municipality into an empty one, write the demo logins to stdout."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microloan.settings")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from say import SetupError, say  # noqa: E402

# There while the demo is being loaded: a database that has this table holds half a municipality.
UNFINISHED = "demo_loading_unfinished"


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def clear_away_an_unfinished_demo() -> None:
    if UNFINISHED in connection.introspection.table_names():
        say("the demo was only half loaded; beginning afresh")
        execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def load_demo_into_an_empty_database() -> None:
    if get_user_model().objects.exists():
        return
    say("loading the demo municipality of sixty citizens, which takes some minutes")
    execute(f"CREATE TABLE {UNFINISHED} ()")
    call_command("seed_demo", stdout=sys.stderr)
    execute(f"DROP TABLE {UNFINISHED}")


def main() -> None:
    if not settings.DEMO:
        raise SetupError("make run shows the demo; DEMO=0 is for production (docs/drift.md)")
    clear_away_an_unfinished_demo()
    say("bringing the database up to date")
    call_command("migrate", interactive=False, verbosity=0, stdout=sys.stderr)
    load_demo_into_an_empty_database()
    call_command("demo_logins", stdout=sys.stdout)


if __name__ == "__main__":
    try:
        main()
    except SetupError as problem:
        say(str(problem))
        sys.exit(1)
