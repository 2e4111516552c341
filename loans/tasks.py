"""The daily jobs and the queue of loans. Thin: the work is in services and `loans.reminders`."""

from datetime import date

from celery import shared_task

from loans import arrears, reminders, self_evaluation
from loans.services import imports
from microloan.core import clock
from microloan.core.jobs import Counts


def instalment_reminders(today: date) -> Counts:
    """Remind of each instalment some days before it is due (rule set; domain.md §7.6), once per loan and due date."""
    return reminders.send_due(today)


def arrears_letters(today: date) -> Counts:
    """The reminder letters after a missed instalment (rule set; domain.md §7.6), once per loan, due date and letter."""
    return arrears.send_letters(today)


def self_evaluation_reminders(today: date) -> Counts:
    """Remind of each self-evaluation that has not come a week before it is due, once (domain.md §9)."""
    return self_evaluation.send_reminders(today)


# What one task books: well within the time limit also on a slow machine. The rest is another task.
AT_ONCE = 500


@shared_task
def book_import(import_id: int) -> None:
    """Book what waits in a payment file; where much waits, another task goes on."""
    if imports.book_waiting(import_id, today=clock.today(), most=AT_ONCE) == AT_ONCE:
        book_import.delay(import_id)


@shared_task
def continue_imports() -> None:
    """Every ten minutes: files whose booking stopped."""
    for import_id in imports.unfinished_imports():
        imports.book_waiting(import_id, today=clock.today(), most=AT_ONCE)
