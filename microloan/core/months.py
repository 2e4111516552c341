"""Months counted from an anchor.

Every series of dates (instalments, support months) is computed from its first date, never from the previous line, so a
31st that is cut to 28 February comes back on 31 March. A month without the wanted day uses its last day.
"""

import calendar
from datetime import date


def last_day_of_month(day: date) -> date:
    """The last day of the month that `day` lies in."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_start(day: date) -> date:
    """The first day of the month that `day` lies in."""
    return day.replace(day=1)


def add_months(anchor: date, months: int, day: int | None = None) -> date:
    """`anchor` plus `months` calendar months (may be negative), on day `day` (1–31; default the anchor's own).

    A month without that day gives its last day: 31 January plus 1 is 28 or 29 February, plus 2 is 31 March. Raises
    `ValueError` for a day outside 1–31 or a year outside 1–9999.
    """
    wanted = anchor.day if day is None else day
    if not 1 <= wanted <= 31:
        raise ValueError("the day of the month must be between 1 and 31")
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError("the date lies outside the calendar")
    return date(year, month0 + 1, min(wanted, calendar.monthrange(year, month0 + 1)[1]))


def months_between(earlier: date, later: date) -> int:
    """Calendar months from the month of `earlier` to the month of `later`; days do not count, may be negative.

    31 January to 1 February is 1; 1 to 31 January is 0.
    """
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def full_months_between(start: date, end: date) -> int:
    """How many whole months have passed from `start` to `end`: the largest n with `add_months(start, n) <= end`.

    From 31 January, one month has passed on 28 February (29 in a leap year). Negative if `end` is before `start`.
    """
    months = months_between(start, end)
    return months if add_months(start, months) <= end else months - 1
