"""Thin: the queue, the scheduler and the daily run call the same services."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from uuid import UUID

from celery import shared_task

from cases.letters import bounces, bulk, digests, print_queue, services, sms
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from microloan.accounts.models import User
from microloan.core import clock, jobs
from microloan.core.errors import Refused
from microloan.core.jobs import Counts


@shared_task
def dispatch(letter_id: str) -> None:
    services.dispatch_letter(letter_id, today=clock.today())


@shared_task
def make_print_batch(user_id: int) -> None:
    """What a person asked for; nothing to print, or a batch to decide on first, is seen on the page."""
    with suppress(Refused):
        print_queue.make_batch(by=User.objects.get(pk=user_id), today=clock.today())


@shared_task
def send_sms(notice_id: int) -> None:
    sms.send_notice(notice_id)


@shared_task
def prepare_many(bulk_id: int) -> None:
    bulk.prepare(bulk_id)


@shared_task
def send_lost_letters() -> None:
    """Every ten minutes: what the queue forgot goes out the same day, and what failed is tried again when it is due."""
    dispatch_waiting(clock.today())
    bulk.prepare_forgotten()
    bounces.read_bounces(clock.today())
    for notice_id in sms.notices_waiting():
        sms.send_notice(notice_id)


def dispatch_waiting(today: date) -> Counts:
    """The daily job: what the queue forgot, and what failed before and is due. A second run finds nothing to do."""
    digests.send_waiting(today)
    return _send([*services.letters_lost_by_the_queue(), *services.letters_to_try_again()], today)


def _send(letter_ids: Iterable[UUID], today: date) -> Counts:
    sent = skipped = 0
    ids = list(letter_ids)
    numbers = dict(Letter.objects.filter(pk__in=ids).values_list("pk", "case__number"))
    for letter_id in ids:
        with jobs.apart(numbers[letter_id]):
            if services.dispatch_letter(letter_id, today=today).status == LetterStatus.DISPATCHED:
                sent += 1
            else:
                skipped += 1
    return Counts(created=sent, skipped=skipped)
