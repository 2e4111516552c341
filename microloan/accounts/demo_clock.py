from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from microloan.core import clock, jobs
from microloan.core.errors import Refused

MOST_DAYS = 92  # the page answers when all those days are worked through


@transaction.atomic
def move_clock_to(day: date, *, today: date) -> dict[str, jobs.Counts]:
    """Let the demo's clock show a later day, after running the daily jobs of every day on the way. Says what they made."""
    days = (day - today).days
    if days < 1:
        raise Refused(_("Choose a later day: the clock only moves forward."), field="until")
    if days > MOST_DAYS:
        raise Refused(_("Move the clock three months at most at a time."), field="until")
    clock.move_demo_clock(days)
    return jobs.run_day_by_day([today + timedelta(days=step) for step in range(1, days + 1)])
