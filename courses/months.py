"""The sessions of a month, day by day (domain.md §5)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q

from courses.enums import EnrolmentState
from courses.models import CourseSession
from courses.planning import is_in_reach
from microloan.core import danish
from microloan.core.calendars import is_public_holiday
from microloan.core.clock import COPENHAGEN

DAY, WEEKDAYS = timedelta(days=1), 7


@dataclass
class Day:
    date: date
    in_month: bool
    is_holiday: bool
    sessions: list[Any] = field(default_factory=list)


def name(first: date) -> str:
    """`2026-11`, as it stands in the address."""
    return f"{first:%Y-%m}"


def read_month(text: str, today: date) -> date:
    """The first day of a month written `2026-11`; of the present one where the text says nothing."""
    try:
        first = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month has no time zone
    except ValueError:
        return today.replace(day=1)
    return first if is_in_reach(first) else today.replace(day=1)


def shift(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def month_of(first: date) -> list[list[Day]]:
    """The weeks of a month from Monday to Sunday, in two queries."""
    start = first - timedelta(days=first.weekday())
    end = shift(first, 1)
    end += timedelta(days=-end.weekday() % WEEKDAYS)
    found = _sessions(start, end)
    days = [start + index * DAY for index in range((end - start).days)]
    cells = [Day(day, day.month == first.month, is_public_holiday(day), found[day]) for day in days]
    return [cells[index : index + WEEKDAYS] for index in range(0, len(cells), WEEKDAYS)]


def _sessions(start: date, end: date) -> dict[date, list[Any]]:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=COPENHAGEN)

    seats = Count("run__enrolments", filter=Q(run__enrolments__state=EnrolmentState.ENROLLED))
    sessions = CourseSession.objects.held_or_planned().filter(
        starts_at__gte=midnight(start), starts_at__lt=midnight(end)
    )
    found: dict[date, list[Any]] = defaultdict(list)
    for session in (
        sessions.select_related("run__module", "run__place", "run__cohort")
        .annotate(taken=seats)
        .order_by("starts_at", "pk")
    ):
        found[danish.local_date(session.starts_at)].append(session)
    return found
