"""The only place that asks what time it is, in Europe/Copenhagen (architecture.md §3).

Views, tasks and commands ask once and pass the answer down; `clock.now` is the default of timestamps.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import request_started
from django.db import connection

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
UTC = ZoneInfo("UTC")
START_OF_WORK = time_of_day(9, 0)
# A process that serves no requests (a worker) looks up the demo clock again after this many seconds.
DEMO_CLOCK_SECONDS = 5.0

_held: ContextVar[datetime | None] = ContextVar("microloan_clock", default=None)


def now() -> datetime:
    """This moment, aware, in Danish time."""
    held = _held.get()
    if held is not None:
        return held
    moment = datetime.now(COPENHAGEN)
    return moment + timedelta(days=_demo.days()) if settings.DEMO_CLOCK else moment


def today() -> date:
    """Today's date in Denmark, which around midnight is not the date in UTC."""
    return now().date()


def real_today() -> date:
    """Today, also while the clock is held at a day that is caught up (`at`)."""
    token = _held.set(None)
    try:
        return today()
    finally:
        _held.reset(token)


def end_of(day: date) -> datetime:
    """The first moment after a day."""
    return datetime.combine(day + timedelta(days=1), time_of_day.min, tzinfo=COPENHAGEN)


@contextmanager
def at(moment: date | datetime) -> Iterator[datetime]:
    """Hold the clock at a date (09.00) or a moment, in this thread: for `run_jobs --date` and for building the demo."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, START_OF_WORK, tzinfo=COPENHAGEN)
    elif moment.tzinfo is None:
        raise ValueError("The clock needs an aware moment")
    moment = moment.astimezone(COPENHAGEN)
    token = _held.set(moment)
    try:
        yield moment
    finally:
        _held.reset(token)


def demo_days() -> int:
    """How many days the demo clock has been moved forward; 0 in production."""
    return _demo.days() if settings.DEMO_CLOCK else 0


def move_demo_clock(days: int) -> int:
    """Move the demo clock forward by some days (never back: what is written cannot be unwritten). Returns the sum."""
    if days < 0:
        raise ValueError("The demo clock only moves forward")
    return _demo.store(lambda current: current + days)


def reset_demo_clock() -> int:
    """Let the demo clock show the real time again."""
    return _demo.store(lambda current: 0)


class _DemoClock:
    """The stored offset, read once per request and else every few seconds."""

    def __init__(self) -> None:
        self._days = 0
        self._good_until = 0.0

    def days(self) -> int:
        if time.monotonic() >= self._good_until:
            self._days = self._read()
            self._good_until = time.monotonic() + DEMO_CLOCK_SECONDS
        return self._days

    def store(self, change) -> int:
        if not settings.DEMO_CLOCK:
            raise ImproperlyConfigured("The clock can be moved in demo mode only")
        model = apps.get_model("core", "DemoClock")
        row, _created = model.objects.select_for_update().get_or_create(pk=1)
        row.days = change(row.days)
        row.save(update_fields=["days"])
        self.forget()
        return row.days

    def forget(self, **_signal) -> None:
        self._good_until = 0.0

    @staticmethod
    def _read() -> int:
        with connection.cursor() as cursor:
            # Before the first migration there is no table, and a failed query would break the transaction.
            cursor.execute("SELECT to_regclass('core_democlock') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute("SELECT days FROM core_democlock WHERE id = 1")
            row = cursor.fetchone()
            return row[0] if row else 0


_demo = _DemoClock()
request_started.connect(_demo.forget, dispatch_uid="microloan.core.clock")
