"""The test databases are copies of a template that is migrated once: some 15 seconds saved per worker and run.

The template's name holds a digest of all migrations and what they import, so that a change makes a new one. It stays in
the server between runs; older ones are dropped.
"""

import hashlib
from pathlib import Path

from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
PREFIX = "mikrolaan_template_"
LOCK = 20260302
SOURCES = ("*/migrations/*.py", "*/*/migrations/*.py", "*/defaults.py", "*/*/defaults.py", "*/*/fields.py")


def template_name() -> str:
    """The name of the template of today's migrations, made if it is missing."""
    name = PREFIX + _digest()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # other workers wait until it is there
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        known = [row[0] for row in cursor.fetchall()]
        if name not in known:
            for old in known:
                cursor.execute(f"DROP DATABASE {old} WITH (FORCE)")
            unfinished = f"{PREFIX}unfinished"
            cursor.execute(f"CREATE DATABASE {unfinished}")
            _migrate(unfinished)
            cursor.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")
    return name


def _digest() -> str:
    files = sorted({path for pattern in SOURCES for path in ROOT.glob(pattern) if ".venv" not in path.parts})
    files.append(ROOT / "requirements/run.txt")
    content = b"\0".join(str(path.relative_to(ROOT)).encode() + path.read_bytes() for path in files)
    return hashlib.sha256(content).hexdigest()[:16]


def _migrate(database: str) -> None:
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours
