"""The daily jobs: a registry and a runner, used by the scheduler and by `manage.py run_jobs` alike (interfaces.md).

A job is a function `run(today) -> Counts` that is idempotent: a second run for a date creates nothing. Apps register
theirs in `AppConfig.ready()`::

    jobs.register("instalment_reminders", tasks.instalment_reminders, order=50)

Days that were missed are caught up in order. Two runners never run the same job at once. A job that fails leaves its
day unfinished, so that the next run begins there.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import structlog
from django.db import connection
from django.db.models import F, Max
from psycopg.pq import TransactionStatus

from microloan.core import clock
from microloan.core.models import JobRun
from microloan.core.registry import Registry

log = structlog.get_logger(__name__)
START = time(6, 0)
LOCK_NAMESPACE = 0x6D6C  # first key of the advisory locks of jobs


@dataclass(frozen=True)
class Counts:
    """What a job made, and what it left because it was made already or must not be."""

    created: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.skipped + other.skipped)


Job = Callable[[date], Counts]
registry: Registry[Job] = Registry("daily jobs")
register = registry.register


class UnknownJob(LookupError):
    """There is no job of that name."""


class JobIsRunning(RuntimeError):
    """Another runner has the job in hand."""


def run_jobs(until: date, *, only: str | None = None) -> dict[str, Counts]:
    """Run every job (or one) for `until` and the days missed before it. The counts are sums over those days."""
    if only is not None and only not in registry:
        raise UnknownJob(only)
    names = [only] if only else registry.names()
    return {name: run_job(name, until) for name in names}


def run_day_by_day(days: Sequence[date]) -> dict[str, Counts]:
    """Every job for each of these days in turn, as on the days themselves: what one made, the next finds the same day."""
    names = registry.names()
    total = dict.fromkeys(names, Counts())
    with ExitStack() as locks:
        for name in names:
            locks.enter_context(_lock(name))
        last = {name: last_finished(name) for name in names}
        for day in days:
            for name in names:
                for due in days_to_run(last[name], day):
                    total[name] += _run_day(name, due)
                last[name] = max(day, last[name] or day)
    return total


def run_job(name: str, until: date) -> Counts:
    """One job for a date and the days missed before it, under its lock."""
    total = Counts()
    with _lock(name):
        for day in days_to_run(last_finished(name), until):
            total += _run_day(name, day)
    return total


def days_to_run(last: date | None, until: date) -> list[date]:
    """From the day after the last finished one; a first or a repeated run takes just the date asked for."""
    if last is None or last >= until:
        return [until]
    return [last + timedelta(days=step) for step in range(1, (until - last).days + 1)]


def last_finished(name: str) -> date | None:
    return JobRun.objects.filter(job=name, finished_at__isnull=False).aggregate(last=Max("date"))["last"]


def unfinished(today: date) -> list[str]:
    """The jobs that have not been finished for today."""
    done = set(JobRun.objects.filter(date=today, finished_at__isnull=False).values_list("job", flat=True))
    return [name for name in registry.names() if name not in done]


def _run_day(name: str, day: date) -> Counts:
    JobRun.objects.bulk_create([JobRun(job=name, date=day)], ignore_conflicts=True)
    with clock.at(datetime.combine(day, START, tzinfo=clock.COPENHAGEN)):
        counts = registry[name](day)
    JobRun.objects.filter(job=name, date=day).update(
        created=F("created") + counts.created, skipped=counts.skipped, finished_at=clock.now()
    )
    log.info("job_finished", job=name, date=day.isoformat(), created=counts.created, skipped=counts.skipped)
    return counts


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """A lock of the database session, so it goes away with a runner that dies."""
    key = [LOCK_NAMESPACE, zlib.crc32(name.encode()) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            raise JobIsRunning(name)
    try:
        yield
    finally:
        if connection.connection.info.transaction_status != TransactionStatus.INERROR:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
