"""The daily jobs: a registry and a runner, used by the scheduler and by `manage.py run_jobs` alike (interfaces.md).

A job is a function `run(today) -> Counts` that is idempotent: a second run for a date creates nothing. Apps register
theirs in `AppConfig.ready()`::

    jobs.register("instalment_reminders", tasks.instalment_reminders, order=50, label=_("Reminders before instalments"))

Days that were missed are caught up one at a time, every job of a day before the next day, so that they leave what they
would have left on the days themselves (docs/decisions/182). Two runners never run the same job at once. A job that fails
leaves its day unfinished, so that the next run begins there, and holds up no other. What goes wrong with one case inside
`apart(case.number)` stops that case alone; the day is tried again until it has gone well.
"""

import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import TypeVar

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Max, Q
from django.utils.functional import Promise
from kombu.exceptions import OperationalError as BrokerError
from psycopg.pq import TransactionStatus

from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.models import JobFailure, JobRun
from microloan.core.registry import Registry

log = structlog.get_logger(__name__)
START = time_of_day(6, 0)
LOCK_NAMESPACE = 0x6D6C  # first key of the advisory locks of jobs
# A day on which a case was left is tried again for so long; after that a person has to look.
TRIED_FOR = timedelta(days=14)
PROGRESS_SECONDS = 2.0
# What data can bring about. A server that is gone (OperationalError, OSError) is no fault of a case: it ends the job.
BROKEN = (
    Refused,
    Conflict,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    ObjectDoesNotExist,
    RuntimeError,
    TypeError,
    ValueError,
    DatabaseError,
)
ENDS_A_JOB = (*BROKEN, OSError, BrokerError)
T = TypeVar("T")


@dataclass(frozen=True)
class Counts:
    """What a job made, and what it left because it was made already or must not be."""

    created: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.skipped + other.skipped)


Job = Callable[[date], Counts]
registry: Registry[Job] = Registry("daily jobs")
labels: dict[str, str | Promise] = {}


def register(name: str, job: Job, *, order: int = 100, label: str | Promise = "") -> Job:
    """Add a daily job; `label` is what the operations page calls it."""
    labels[name] = label or name
    return registry.register(name, job, order=order)


class UnknownJob(LookupError):
    """There is no job of that name."""


class JobIsRunning(RuntimeError):
    """Another runner has the job in hand."""


def run_jobs(until: date, *, only: str | None = None) -> dict[str, Counts]:
    """Run every job (or one) for `until` and the days missed before it. The counts are sums over those days.

    A job that fails holds up no other; the first failure is raised when the rest is done.
    """
    if only is not None and only not in registry:
        raise UnknownJob(only)
    names = [only] if only else registry.names()
    return _run_days(lambda name: days_to_run(name, until), names)


def run_day_by_day(days: Sequence[date]) -> dict[str, Counts]:
    """Every job for each of these days, and for what was missed before them: for a clock that is moved forward."""
    return _run_days(lambda name: sorted({due for day in days for due in days_to_run(name, day)}), registry.names())


def run_job(name: str, until: date) -> Counts:
    """One job for a date and the days missed before it, under its lock."""
    return run_jobs(until, only=name)[name]


def _run_days(days_of: Callable[[str], Sequence[date]], names: Sequence[str]) -> dict[str, Counts]:
    total = dict.fromkeys(names, Counts())
    failures: dict[str, BaseException] = {}
    with ExitStack() as locks:
        for name in names:
            locks.enter_context(_lock(name))
        wanted = {name: days_of(name) for name in names}
        for day in sorted({day for days in wanted.values() for day in days}):
            for name in names:
                if day not in wanted[name] or name in failures:
                    continue
                try:
                    total[name] += _run_day(name, day)
                except ENDS_A_JOB as failure:
                    if isinstance(failure, OperationalError | InterfaceError) and not connection.is_usable():
                        raise
                    failures[name] = failure
    if failures:
        raise next(iter(failures.values()))
    return total


def days_to_run(name: str, until: date) -> list[date]:
    """What was left on days gone by, the days since the last finished one, and the date asked for."""
    runs = JobRun.objects.filter(job=name, finished_at__isnull=False)
    last = runs.aggregate(last=Max("date"))["last"]
    again = runs.filter(failed__gt=0, date__gte=until - TRIED_FOR, date__lt=until).values_list("date", flat=True)
    return sorted({*again, *missed_days(last, until)})


def missed_days(last: date | None, until: date) -> list[date]:
    """From the day after the last finished one; a first or a repeated run takes just the date asked for."""
    if last is None or last >= until:
        return [until]
    return [last + timedelta(days=step) for step in range(1, (until - last).days + 1)]


def last_finished(name: str) -> date | None:
    return JobRun.objects.filter(job=name, finished_at__isnull=False).aggregate(last=Max("date"))["last"]


def unfinished(today: date) -> list[str]:
    """The jobs that have not been finished for today, or that have left a case behind."""
    done = set(JobRun.objects.filter(date=today, finished_at__isnull=False).values_list("job", flat=True))
    recent = Q(failed__gt=0, date__gte=today - TRIED_FOR, date__lte=today)
    left = set(JobRun.objects.filter(recent).values_list("job", flat=True))
    return [name for name in registry.names() if name not in done or name in left]


def untried(today: date) -> list[str]:
    """The jobs that nobody has begun today."""
    begun = set(JobRun.objects.filter(date=today).values_list("job", flat=True))
    return [name for name in registry.names() if name not in begun]


# --- One job for one day -----------------------------------------------------------------------------------------------


@dataclass
class _Run:
    """The run in hand: what it left, and when its progress was last written down."""

    job: str
    date: date
    left: dict[str, str] = field(default_factory=dict)
    told_at: float = 0.0

    @property
    def row(self):
        return JobRun.objects.filter(job=self.job, date=self.date)


_current: ContextVar[_Run | None] = ContextVar("microloan_job", default=None)


def _run_day(name: str, day: date) -> Counts:
    run = _begin(name, day)
    token = _current.set(run)
    try:
        with clock.at(datetime.combine(day, START, tzinfo=clock.COPENHAGEN)), _undone_if_in_a_transaction():
            counts = registry[name](day)
    except ENDS_A_JOB as failure:
        log.error("job_failed", job=name, date=day.isoformat(), error=type(failure).__name__, at=_where(failure))
        if not isinstance(failure, OperationalError | InterfaceError) or connection.is_usable():
            run.row.update(error=type(failure).__name__[:80])
        raise
    finally:
        _current.reset(token)
    return _finish(run, counts)


def _begin(name: str, day: date) -> _Run:
    JobRun.objects.bulk_create([JobRun(job=name, date=day)], ignore_conflicts=True)
    run = _Run(name, day)
    run.row.update(started_at=clock.now(), attempts=F("attempts") + 1, error="", done=0, total=None)
    return run


@transaction.atomic
def _finish(run: _Run, counts: Counts) -> Counts:
    JobFailure.objects.filter(run__job=run.job, run__date=run.date).delete()
    if run.left:
        row = run.row.get()
        JobFailure.objects.bulk_create(
            [JobFailure(run=row, case_number=number, error=error[:80]) for number, error in sorted(run.left.items())]
        )
    run.row.update(
        created=F("created") + counts.created,
        skipped=counts.skipped,
        failed=len(run.left),
        finished_at=clock.now(),
    )
    done = {"created": counts.created, "skipped": counts.skipped, "left": len(run.left)}
    log.info("job_finished", job=run.job, date=run.date.isoformat(), **done)
    return counts


@contextmanager
def _undone_if_in_a_transaction() -> Iterator[None]:
    """A runner inside a transaction (the demo's clock) goes on after a job that failed; the others have none open."""
    if not connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        yield


@contextmanager
def apart(case_number: str) -> Iterator[None]:
    """What goes wrong in here stops this case alone: noted by number and kind of error, never by what it said.

    Outside a run (a screen, a test of the job's function) it is raised as usual.
    """
    run = _current.get()
    try:
        with _undone_if_in_a_transaction():
            yield
    except BROKEN as failure:
        gone = isinstance(failure, OperationalError | InterfaceError)
        if run is None or gone:
            raise
        run.left[case_number] = type(failure).__name__
        names = {"job": run.job, "date": run.date.isoformat(), "case": case_number}
        log.error("job_left_a_case", error=type(failure).__name__, at=_where(failure), **names)


def _where(failure: BaseException) -> str:
    """The line of code, not the words: those may hold what was typed of a citizen."""
    frames = traceback.extract_tb(failure.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 2)[-1]}:{frames[-1].lineno}" if frames else ""


def in_batches(ids: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Go through a job's work in batches and let the operations page see how far it is.

    Ids, not rows: what is done commits in between, and a later batch is read as it is by then.
    """
    for start in range(0, len(ids), size):
        tell_progress(start, len(ids))
        yield ids[start : start + size]


def tell_progress(done: int, total: int) -> None:
    run = _current.get()
    if run is None or time.monotonic() - run.told_at < PROGRESS_SECONDS:
        return
    run.told_at = time.monotonic()
    run.row.update(done=done, total=total)


# --- Locks -------------------------------------------------------------------------------------------------------------


def _key(name: str) -> tuple[int, int]:
    return LOCK_NAMESPACE, zlib.crc32(name.encode()) - 2**31


def running() -> set[str]:
    """The jobs that somebody has in hand just now, seen by their locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK_NAMESPACE],
        )
        held = {row[0] for row in cursor.fetchall()}
    return {name for name in registry.names() if _key(name)[1] % 2**32 in held}


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """A lock of the database session, so it goes away with a runner that dies."""
    key = list(_key(name))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            raise JobIsRunning(name)
    try:
        yield
    finally:
        _unlock(key)


def _unlock(key: list[int]) -> None:
    """Nothing to do where the session is gone (the lock went with it) or its transaction is broken (it will go)."""
    raw = connection.connection
    if raw is None or raw.closed or raw.info.transaction_status == TransactionStatus.INERROR:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
