"""What the scheduler starts. Thin: the work is in `jobs` and in the services it calls."""

from datetime import date

import structlog
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from microloan.core import clock, jobs

log = structlog.get_logger(__name__)
# Less than the broker's visibility time-out, so that jobs in hand are not given to a second worker.
GIVES_UP, KILLED = 780, 840


@shared_task
def run_daily_jobs() -> list[str]:
    """Have the jobs run that are not finished for today, in one task: what one makes, the next finds the same day.

    Beat calls it every hour from 06:00, so a lost queue or a machine that was down is made good within the hour.
    """
    today = clock.today()
    waiting = jobs.unfinished(today)
    if waiting:
        run_jobs.delay(today.isoformat())
    return waiting


@shared_task(soft_time_limit=GIVES_UP, time_limit=KILLED)
def run_jobs(until: str) -> None:
    """All jobs. What does not get done in the time of one task goes on in another: each day that is done is written down."""
    try:
        jobs.run_jobs(date.fromisoformat(until))
    except jobs.JobIsRunning as busy:
        log.info("job_is_running_elsewhere", job=str(busy))
    except SoftTimeLimitExceeded:
        log.warning("jobs_go_on_in_another_task", until=until)
        run_jobs.delay(until)


@shared_task(soft_time_limit=GIVES_UP, time_limit=KILLED)
def run_job(name: str, until: str) -> None:
    """One job, asked for by a person."""
    try:
        jobs.run_job(name, date.fromisoformat(until))
    except jobs.JobIsRunning:
        log.info("job_is_running_elsewhere", job=name)
