"""Databases of the measurement's own, in the server that `DATABASE_URL` names: made, filled, used in turn, dropped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

from django.core.cache import caches
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from reports.scale.seeding import seed

Say = Callable[[str], None]
PREFIX = "bench"


class Town:
    """One filled database. Within `with town:` the whole program works on it, with a cache of its own."""

    def __init__(self, name: str, cases: int) -> None:
        self.name, self.cases = name, cases
        usual = connections["default"]
        self.connection: BaseDatabaseWrapper = type(usual)({**usual.settings_dict, "NAME": name}, alias="default")

    def __enter__(self) -> "Town":
        self._usual = connections["default"], {cache: cache.key_prefix for cache in caches.all()}
        connections["default"] = self.connection
        for cache in caches.all():
            cache.key_prefix = self.name
        return self

    def __exit__(self, *error: object) -> None:
        connections["default"], prefixes = self._usual
        for cache, prefix in prefixes.items():
            cache.key_prefix = prefix

    def fill(self, today: date, seed_number: int, say: Say) -> None:
        with self:
            seed(cases=self.cases, seed=seed_number, today=today, say=say)
            with self.connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
                cursor.execute("VACUUM")  # as it is after a night of autovacuum
            self.connection.close()


@contextmanager
def towns(
    sizes: dict[str, int], *, today: date, seed_number: int, template: str, say: Say
) -> Iterator[dict[str, Town]]:
    """A filled database of each size by its label, copied from `template` or from one that is migrated for it."""
    run = f"{PREFIX}_{uuid4().hex[:8]}"
    made: list[str] = []
    found: dict[str, Town] = {}
    try:
        if not template:
            template = f"{run}_empty"
            say("migrating an empty database")
            _create(template, made)
            _migrate(template)
        for label, cases in sizes.items():
            say(f"{label}: {cases} cases")
            name = f"{run}_{label}"
            _create(name, made, template)
            found[label] = Town(name, cases)
            found[label].fill(today, seed_number, say)
        yield found
    finally:
        for town in found.values():
            town.connection.close()
        for name in reversed(made):
            _server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _create(name: str, made: list[str], template: str = "") -> None:
    _server(f"CREATE DATABASE {name}" + (f" TEMPLATE {connection.ops.quote_name(template)}" if template else ""))
    made.append(name)


def _server(command: str) -> None:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(command)


def _migrate(name: str) -> None:
    with Town(name, 0) as town:
        call_command("migrate", interactive=False, verbosity=0)
        town.connection.close()
