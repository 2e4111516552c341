"""Thin: the queue and the daily run call the same services."""

from datetime import date

from celery import shared_task

from courses.services import guests, invitations
from microloan.core.jobs import Counts


@shared_task
def make_invitations(run_id: int) -> None:
    invitations.make_letters(run_id)


def forget_guests(today: date) -> Counts:
    """The daily job: guests whose last course is a year ago (docs/decisions/150)."""
    return guests.forget_guests(today)


def make_forgotten_invitations(today: date) -> Counts:
    """The daily job: what the queue lost."""
    return Counts(created=invitations.make_letters())
