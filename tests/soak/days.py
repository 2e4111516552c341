"""`make days`: 400 days of the demo municipality, day by day and in ten random gaps, leave the same rows (decision 182).

Both begin with a copy of the seeded database. Prints one JSON document; status 1 when a row differs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from tests.soak.programs import ROOT

SETTINGS = {"DJANGO_SETTINGS_MODULE": "microloan.settings", "DEMO": "1", "LOG_LEVEL": "ERROR"}


def walk(days: Sequence[date]) -> None:
    """In a process of its own: the daily jobs on these days, each as if it were that day; letters are sent on their day."""
    import django
    from django.conf import settings

    django.setup()
    from microloan.celery import app
    from microloan.core import jobs

    app.conf.task_always_eager = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    for day in days:
        jobs.run_jobs(day)


def manage(*arguments: str) -> None:
    environment = {**os.environ, **SETTINGS}
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)


def copy_to(name: str) -> str:
    """A copy of the demo's database, and its address."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(dbname="postgres", autocommit=True) as connection:
        source = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return url.replace(f"/{source}?", f"/{name}?")


def start(name: str, url: str, days: Sequence[date], folder: Path) -> "subprocess.Popen[bytes]":
    folder.mkdir(parents=True)
    environment = {**os.environ, **SETTINGS, "DATABASE_URL": url}
    environment |= {"DOCUMENT_ROOT": str(folder / "documents"), "OUTBOX_ROOT": str(folder / "outbox")}
    command = [sys.executable, "-m", "tests.soak.days", "--walk", ",".join(day.isoformat() for day in days)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def rows_of(urls: Sequence[str]) -> list[Any]:
    import django

    os.environ |= {**SETTINGS, "DATABASE_URL": urls[0]}
    django.setup()
    from django.db import connection

    from tests.support import rows

    found = []
    for url in urls:
        connection.close()
        connection.settings_dict["NAME"] = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        found.append(rows.read())
    connection.close()
    return found


def compare(days: int, gaps: int, seed: int) -> dict[str, Any]:
    began = time.monotonic()
    manage("migrate", "--noinput", "-v", "0")
    manage("seed_demo")
    folder = Path(os.environ["STATE_ROOT"]) / "days"
    shutil.rmtree(folder, ignore_errors=True)
    first = date.today() + timedelta(days=1)  # noqa: DTZ011  after all that the demo holds
    every = [first + timedelta(days=day) for day in range(days)]
    chance = Random(seed)  # noqa: S311
    some = sorted({every[0], every[-1], *chance.sample(every[1:-1], gaps - 2)})
    walks = {"days_in_a_row": every, "days_in_gaps": some}
    urls = {name: copy_to(name) for name in walks}
    running = [start(name, urls[name], walks[name], folder / name) for name in walks]
    failed = [program.args for program in running if program.wait()]
    if failed:
        raise SystemExit(f"the jobs failed; see {folder}/*/log")
    from tests.support import rows

    daily, in_gaps = rows_of(list(urls.values()))
    counted = {table: len(found) for table, found in daily.rows.items()}
    return {
        "seed": seed, "days": days, "runs_in_gaps": len(some), "rows": sum(counted.values()), "tables": len(counted),
        "letters": counted["letters_letter"], "tasks": counted["cases_task"], "job_runs": counted["core_jobrun"],
        "seconds": round(time.monotonic() - began), "differences": rows.differences(daily, in_gaps),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.days", description=__doc__)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--gaps", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--walk", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.walk:
        walk([date.fromisoformat(day) for day in asked.walk.split(",")])
        return 0
    result = compare(asked.days, asked.gaps, asked.seed)
    sys.stdout.write(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return 1 if result["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())
