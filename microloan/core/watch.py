"""Whether the daily jobs run, and who notices when they do not (docs/decisions/183).

Two signs of life are written down: `beat` when it puts the watch into the queue, every five minutes, and `worker` when it
takes it out again. What should have happened and did not is an `Alarm`, worked out from the rows whenever somebody asks:
the operations page, `/metrics`, the watch itself, and each web process once in five minutes. The last is what notices that
beat, worker or queue are dead. An alarm that begins opens an incident, of which the administrators are told once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import structlog
from celery.signals import beat_init, before_task_publish
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models import Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError as BrokerError

from microloan.celery import app
from microloan.core import clock, jobs
from microloan.core.models import Heartbeat, Incident, JobRun
from microloan.core.registry import Registry

log = structlog.get_logger(__name__)
EVERY = timedelta(minutes=5)
LATE = timedelta(minutes=15)
DONE_BY = time(9, 0)  # the jobs of a day begin at six
BEAT, WORKER = "beat", "worker"
PARTS = (BEAT, WORKER)
WATCH_TASK = "microloan.accounts.tasks.watch_the_jobs"


@dataclass(frozen=True)
class Alarm:
    """Something that is not as it should be, and what to do about it. `key` is the same for as long as it lasts."""

    key: str
    title: str
    advice: str


@dataclass(frozen=True)
class Sign:
    """A number on the operations page. With a limit it is an alarm above it."""

    label: str
    value: int
    limit: int | None = None
    advice: str = ""

    @property
    def is_bad(self) -> bool:
        return self.limit is not None and self.value > self.limit


Signs = Callable[[datetime], Iterable[Sign]]
signs: Registry[Signs] = Registry("signs of the operations page")
PART_WORDS: dict[str, str | Promise] = {
    BEAT: gettext_lazy("the scheduler (beat)"),
    WORKER: gettext_lazy("the worker"),
}


# --- Signs of life -----------------------------------------------------------------------------------------------------


def beats(part: str, now: datetime) -> None:
    """A part is alive."""
    Heartbeat.objects.update_or_create(part=part, defaults={"at": now})


@beat_init.connect
def listen_to_beat(**_signal: object) -> None:
    """In the process of beat: each time the watch is put into the queue, beat is alive."""
    before_task_publish.connect(beat_is_alive, sender=WATCH_TASK, dispatch_uid="microloan.core.watch")


def beat_is_alive(**_signal: object) -> None:
    try:
        beats(BEAT, clock.now())
    except DatabaseFailure as failure:
        log.warning("heartbeat_not_written", part=BEAT, error=type(failure).__name__)


def queue_length() -> int | None:
    """How many tasks wait; None when the broker does not answer."""
    try:
        with app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
            try:
                return int(
                    broker.default_channel.queue_declare(app.conf.task_default_queue, passive=True).message_count
                )
            except broker.channel_errors:  # a queue in which nothing waits does not exist
                return 0
    except broker_errors() as failure:
        log.warning("queue_not_counted", error=type(failure).__name__)
        return None


def broker_errors() -> tuple[type[BaseException], ...]:
    connection = app.connection_for_read()
    return (BrokerError, OSError, *connection.connection_errors, *connection.channel_errors)


# --- What is wrong -----------------------------------------------------------------------------------------------------


def alarms(now: datetime) -> list[Alarm]:
    """All that is not as it should be at a moment."""
    return [*_silent_parts(now), *_jobs_behind(now), *_jobs_failed(), *_cases_left(now.date()), *_bad_signs(now)]


def _silent_parts(now: datetime) -> Iterable[Alarm]:
    seen = dict(Heartbeat.objects.values_list("part", "at"))
    for part in PARTS:
        if part not in seen or now - seen[part] > LATE:
            yield Alarm(
                f"silent:{part}",
                _("No sign of life from %(part)s") % {"part": PART_WORDS[part]},
                _("Start it again. The missed days are caught up by themselves, and nothing is sent twice."),
            )


def expected_day(now: datetime) -> date:
    """The last day whose jobs should be finished."""
    return now.date() if now.time() >= DONE_BY else now.date() - timedelta(days=1)


def finished_days() -> dict[str, date]:
    finished = JobRun.objects.filter(finished_at__isnull=False).order_by().values("job").annotate(last=Max("date"))
    return {row["job"]: row["last"] for row in finished}


def _jobs_behind(now: datetime) -> Iterable[Alarm]:
    last, expected = finished_days(), expected_day(now)
    for name in jobs.registry.names():
        if name not in last or last[name] < expected:
            yield Alarm(
                f"behind:{name}",
                _("The job “%(job)s” has not run") % {"job": jobs.labels.get(name, name)},
                _(
                    "It runs again each hour from 6 to 22. Start worker and beat, if they are silent, or run it by hand."
                ),
            )


def _jobs_failed() -> Iterable[Alarm]:
    failed = JobRun.objects.filter(finished_at__isnull=True).exclude(error="").order_by("job", "date")
    for run in failed.distinct("job"):
        if run.job in jobs.registry:
            yield Alarm(
                f"failed:{run.job}",
                _("The job “%(job)s” failed (%(error)s)")
                % {"job": jobs.labels.get(run.job, run.job), "error": run.error},
                _("It is tried again each hour. If it fails again, find “job_failed” in the log and ask the supplier."),
            )


def left_since(today: date) -> Q:
    return Q(failed__gt=0, date__gte=today - jobs.TRIED_FOR)


def _cases_left(today: date) -> Iterable[Alarm]:
    left = JobRun.objects.filter(left_since(today)).order_by("job").values_list("job", flat=True).distinct()
    for name in left:
        yield Alarm(
            f"cases:{name}",
            _("The job “%(job)s” could not do all cases") % {"job": jobs.labels.get(name, name)},
            _("The others are done. The cases stand below by number; let the project lead look at them."),
        )


def _bad_signs(now: datetime) -> Iterable[Alarm]:
    for name, provider in signs.items():
        for place, sign in enumerate(provider(now)):
            if sign.is_bad:
                yield Alarm(f"sign:{name}:{place}", f"{sign.label}: {sign.value}", sign.advice)


# --- Incidents ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def note_incidents(found: Sequence[Alarm], now: datetime) -> None:
    """Open an incident for each alarm that is new, and close those that are over. Two at once open one."""
    Incident.objects.bulk_create(
        [Incident(key=alarm.key, title=str(alarm.title)[:200], opened_at=now) for alarm in found], ignore_conflicts=True
    )
    over = Incident.objects.filter(closed_at__isnull=True).exclude(key__in=[alarm.key for alarm in found])
    over.update(closed_at=now)


def claim_untold(now: datetime) -> list[Incident]:
    """The incidents nobody has been told of; taken by one of those who ask at once."""
    with transaction.atomic():
        untold = Incident.objects.select_for_update(skip_locked=True).filter(
            told_at__isnull=True, closed_at__isnull=True
        )
        taken = list(untold)
        Incident.objects.filter(pk__in=[one.pk for one in taken]).update(told_at=now)
    return taken


def untell(incidents: Iterable[Incident]) -> None:
    """The message did not go: whoever looks next tries again."""
    Incident.objects.filter(pk__in=[one.pk for one in incidents]).update(told_at=None)
