"""What the scheduler starts. Thin: the work is in `jobs` and in the services it calls."""

from datetime import date

import structlog
from celery import shared_task

from microloan.core import clock, jobs

log = structlog.get_logger(__name__)


@shared_task
def run_daily_jobs() -> list[str]:
    """Start each job that is not finished for today; one that fails does not hold up the others.

    Beat calls it every hour from 06:00, so a lost queue or a machine that was down is made good within the hour.
    """
    today = clock.today()
    waiting = jobs.unfinished(today)
    for name in waiting:
        run_job.delay(name, today.isoformat())
    return waiting


@shared_task
def run_job(name: str, until: str) -> None:
    try:
        jobs.run_job(name, date.fromisoformat(until))
    except jobs.JobIsRunning:
        log.info("job_is_running_elsewhere", job=name)
