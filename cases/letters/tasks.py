"""Thin: the queue and the daily run call the same services."""

from datetime import date

from celery import shared_task

from cases.letters import services
from cases.letters.enums import LetterStatus
from microloan.core.jobs import Counts


@shared_task
def dispatch(letter_id: str) -> None:
    services.dispatch_letter(letter_id)


@shared_task
def retry_waiting_letters() -> None:
    """Every few minutes by the scheduler, so that neither a lost queue nor a full disk loses a letter."""
    _send_waiting()


def dispatch_waiting(today: date) -> Counts:
    """The daily job: sends what the queue lost or what failed before. A second run finds nothing to do."""
    return _send_waiting()


def _send_waiting() -> Counts:
    sent = skipped = 0
    for letter_id in services.letters_to_retry():
        if services.dispatch_letter(letter_id).status == LetterStatus.DISPATCHED:
            sent += 1
        else:
            skipped += 1
    return Counts(created=sent, skipped=skipped)
