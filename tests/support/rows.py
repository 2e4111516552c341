"""All rows of the database, as they are compared between two ways to the same day: by what they say and what they point
to, not by their numbers."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What belongs to the machine, not to the municipality.
LEFT_OUT = {
    "django_session",
    "django_migrations",
    "core_sentform",
    "core_heartbeat",
    "core_incident",
    "pghistory_context",
}
# When the runner really worked; where a file lies, and its sum, which differs by the moment of writing.
COLUMNS_LEFT_OUT = {
    "core_jobrun": {"started_at", "finished_at"},
    "letters_letter": {"path", "sha256"},
}
EVERYWHERE_LEFT_OUT = {"pgh_created_at", "pgh_context_id", "pgh_id"}
FOREIGN_KEYS = """
    SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1 AND c.connamespace = 'public'::regnamespace
"""
PRIMARY_KEYS = """
    SELECT c.conrelid::regclass::text, a.attname
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'p' AND array_length(c.conkey, 1) = 1 AND c.connamespace = 'public'::regnamespace
"""
Row = dict[str, str | None]


@dataclass
class Database:
    """The rows of all tables, each with a name that says all it says."""

    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    points_to: dict[tuple[str, str], str] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def name(self, table: str, key: str) -> str:
        """The same for rows of the same content that point to rows of the same content."""
        place = (table, key)
        if place not in self.names:
            self.names[place] = "…"  # a row that points to itself, in a circle
            content = self.content(table, key)
            self.names[place] = hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()[:16]
        return self.names[place]

    def content(self, table: str, key: str) -> Row:
        found: Row = {}
        for column, value in self.rows[table][key].items():
            other = self.points_to.get((table, column))
            if other is None or value is None:
                found[column] = UUID.sub("<uuid>", value) if value else value
            else:
                found[column] = self.name(other, value) if value in self.rows.get(other, {}) else value
        return found

    def counted(self) -> dict[str, Counter[str]]:
        """Each table's rows, written out."""
        return {
            table: Counter(repr(sorted(self.content(table, key).items())) for key in rows)
            for table, rows in self.rows.items()
        }


def read() -> Database:
    found = Database()
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_KEYS)
        found.points_to = {(table, column): other for table, column, other in cursor.fetchall()}
        cursor.execute(PRIMARY_KEYS)
        keys = dict(cursor.fetchall())
        for table in sorted(keys.keys() - LEFT_OUT):
            found.rows[table] = _rows(cursor, table, keys[table])
            if keys[table] == "pgh_id":  # the history of a row points to it, without a foreign key
                found.points_to[table, "pgh_obj_id"] = table.removesuffix("event")
    return found


def _rows(cursor: Any, table: str, key: str) -> dict[str, Row]:
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [table]
    )
    columns = [row[0] for row in cursor.fetchall()]
    left_out = COLUMNS_LEFT_OUT.get(table, set()) | EVERYWHERE_LEFT_OUT
    left_out |= {"id"} if key == "pgh_id" else set()  # the number of the row that it is about
    wanted = ", ".join(f'"{name}"::text' for name in columns)
    cursor.execute(f"SELECT {wanted} FROM {table}")  # noqa: S608  names from the catalogue
    rows = {}
    for values in cursor.fetchall():
        row = dict(zip(columns, values, strict=True))
        number = row.pop(key) if key == "id" else row[key]
        rows[number] = {name: value for name, value in row.items() if name not in left_out}
    return rows


def differences(one: Database, other: Database, *, most: int = 10) -> list[str]:
    """What one of them has and the other has not, table by table."""
    mine, theirs = one.counted(), other.counted()
    found = []
    for table in sorted(mine.keys() | theirs.keys()):
        for sign, left, right in (("-", mine, theirs), ("+", theirs, mine)):
            only = left.get(table, Counter()) - right.get(table, Counter())
            found += [f"{sign} {table}: {row}" for row in sorted(only)[:most]]
    return found


# --- Putting a committed database back -------------------------------------------------------------------------------


def keep() -> dict[str, bytes]:
    """All rows that are committed now."""
    kept = {}
    with connection.cursor() as cursor:
        for table in _tables():
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
                kept[table] = b"".join(bytes(part) for part in copy)
    return kept


def put_back(kept: dict[str, bytes]) -> None:
    """As they were, past the triggers; new numbers go on from where they were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, rows in kept.items():
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608  names from the catalogue
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                copy.write(rows)


def _tables() -> list[str]:
    return sorted(connection.introspection.django_table_names(only_existing=True))
