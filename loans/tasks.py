"""The daily jobs of loans. Thin: the work is in services and `loans.reminders`."""

from datetime import date

from loans import reminders, self_evaluation
from microloan.core.jobs import Counts


def instalment_reminders(today: date) -> Counts:
    """Remind of each instalment some days before it is due (rule set; domain.md §7.6), once per loan and due date."""
    return reminders.send_due(today)


def self_evaluation_reminders(today: date) -> Counts:
    """Remind of each self-evaluation that has not come a week before it is due, once (domain.md §9)."""
    return self_evaluation.send_reminders(today)
