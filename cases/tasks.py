"""Thin: the queue calls the services."""

from celery import shared_task

from cases.services.exports import make_lost_case_files, make_ordered_case_file
from cases.services.notices import send_waiting

# Less than the broker's visibility time-out, so that a file at work is not given to a second worker.
GIVES_UP, KILLED = 780, 840


@shared_task(soft_time_limit=GIVES_UP, time_limit=KILLED)
def make_case_file(export_id: int) -> None:
    make_ordered_case_file(export_id)


@shared_task(soft_time_limit=GIVES_UP, time_limit=KILLED)
def make_lost() -> None:
    """Every ten minutes."""
    make_lost_case_files()


@shared_task
def send_notices(case_id: int, user_id: int) -> None:
    send_waiting(case_id, user_id)
