"""Thin: the queue calls the services."""

from celery import shared_task

from cases.services.exports import make_ordered_case_file

# Less than the broker's visibility time-out, so that a file at work is not given to a second worker.
GIVES_UP, KILLED = 780, 840


@shared_task(soft_time_limit=GIVES_UP, time_limit=KILLED)
def make_case_file(export_id: int) -> None:
    make_ordered_case_file(export_id)
