"""What the scheduler starts. Thin."""

from celery import shared_task

from microloan.accounts import operations
from microloan.core import clock, jobs, watch
from microloan.core.tasks import run_daily_jobs


@shared_task
def watch_the_jobs() -> None:
    """Every five minutes: the worker is alive, what is wrong is told, and a day that nobody has begun is begun."""
    now = clock.now()
    watch.beats(watch.WORKER, now)
    if now.time() >= jobs.START and jobs.untried(now.date()):
        run_daily_jobs.delay()
    operations.look(now)
