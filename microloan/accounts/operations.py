"""What the administrators are told of the daily jobs: on a page, and once per incident by e-mail (docs/decisions/183)."""

import smtplib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.core.mail import EmailMessage
from django.db import Error as DatabaseFailure
from django.db import close_old_connections
from django.utils import translation
from django.utils.translation import gettext as _

from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock, jobs, watch
from microloan.core.models import Heartbeat, Incident, JobFailure, JobRun

log = structlog.get_logger(__name__)
OLD_INCIDENTS = timedelta(days=30)


def look(now: datetime) -> list[watch.Alarm]:
    """Note what is wrong, and tell the administrators of what is new. Outside a transaction: it sends mail."""
    with translation.override("da"):
        found = watch.alarms(now)
        watch.note_incidents(found, now)
        if untold := watch.claim_untold(now):
            _tell(untold, {alarm.key: alarm for alarm in found}, now)
    return found


def _tell(incidents: list[Incident], found: dict[str, watch.Alarm], now: datetime) -> None:
    administrators = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(email="").order_by("pk")
    addresses = list(administrators.values_list("email", flat=True))
    news = [found[one.key] for one in incidents if one.key in found]
    if not addresses or not news:
        return
    try:
        EmailMessage(subject=_("Mikrolån needs attention"), body=_body(news), bcc=addresses).send()
    except (OSError, smtplib.SMTPException) as failure:
        log.error("alarm_not_sent", error=type(failure).__name__)
        watch.untell(incidents)


def _body(news: list[watch.Alarm]) -> str:
    lines = "\n\n".join(f"- {alarm.title}.\n  {alarm.advice}" for alarm in news)
    return _("%(lines)s\n\nLog in to Mikrolån and open “Operations”. You get one e-mail for each incident.") % {
        "lines": lines
    }


# --- The web processes look too: they notice when beat, worker or queue are dead --------------------------------------------


def look_now() -> None:
    """Once, by a web process. A server that does not answer is logged; the next look comes."""
    try:
        look(clock.now())
    except DatabaseFailure as failure:
        log.error("watch_failed", error=type(failure).__name__)


def look_for_ever() -> None:
    while True:
        time.sleep(watch.EVERY.total_seconds())
        close_old_connections()
        look_now()
        close_old_connections()


def start_looking() -> threading.Thread:
    """A thread of a web process, ended with it (gunicorn.conf.py)."""
    thread = threading.Thread(target=look_for_ever, name="watch", daemon=True)
    thread.start()
    return thread


# --- The page ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JobLine:
    """A job as the page shows it."""

    name: str
    label: str
    run: JobRun | None
    last_on: date | None
    is_running: bool
    is_behind: bool
    left: list[JobFailure]

    @property
    def seconds(self) -> int | None:
        if self.run is None or self.run.finished_at is None or self.run.finished_at < self.run.started_at:
            return None
        return round((self.run.finished_at - self.run.started_at).total_seconds())


def job_lines(now: datetime) -> Iterator[JobLine]:
    """Each job with its newest run; a fixed number of queries."""
    runs = {run.job: run for run in JobRun.objects.order_by("job", "-started_at", "-date").distinct("job")}
    last, expected, running = watch.finished_days(), watch.expected_day(now), jobs.running()
    left: dict[str, list[JobFailure]] = {}
    failures = JobFailure.objects.filter(run__date__gte=now.date() - jobs.TRIED_FOR).select_related("run")
    for failure in failures.order_by("-run__date", "case_number"):
        left.setdefault(failure.run.job, []).append(failure)
    for name in jobs.registry.names():
        yield JobLine(
            name=name,
            label=str(jobs.labels.get(name, name)),
            run=runs.get(name),
            last_on=last.get(name),
            is_running=name in running,
            is_behind=name not in last or last[name] < expected,
            left=left.get(name, []),
        )


def all_signs(now: datetime) -> list[watch.Sign]:
    waiting = watch.queue_length()
    queue = [] if waiting is None else [watch.Sign(_("Tasks in the queue"), waiting)]
    return [*queue, *(sign for provider in watch.signs for sign in provider(now))]


@dataclass(frozen=True)
class Part:
    label: str
    at: datetime | None
    is_alive: bool


def parts(now: datetime) -> list[Part]:
    seen = dict(Heartbeat.objects.values_list("part", "at"))
    return [
        Part(
            label=str(watch.PART_WORDS[part]),
            at=seen.get(part),
            is_alive=part in seen and now - seen[part] <= watch.LATE,
        )
        for part in watch.PARTS
    ]


def recent_incidents(now: datetime) -> list[Incident]:
    """Newest first; those that are over, too."""
    return list(Incident.objects.filter(opened_at__gte=now - OLD_INCIDENTS, closed_at__isnull=False)[:20])
