"""Three Danish calendars. Which one a rule uses is part of the rule.

| calendar | closed on | used for |
|---|---|---|
| public holidays | the statutory *helligdage* | display, and as the base of the two others |
| deadline days | weekends, public holidays, 5 June, 24 and 31 December | deadlines in law; our working days |
| banking days | the same and the Friday after Ascension Day | due dates of instalments |

A deadline that ends on a closed day ends on the next deadline day (forældelsesloven § 27; Ministry of Justice guidance
9533 of 26 June 2018). Banks also keep the Friday after Ascension Day (Danmarks Nationalbank's list of closed days).
Store bededag (Great Prayer Day) is no public holiday from 2024 on; the `holidays` library knows.

Days are looked up in one frozen set per year, so a check costs a set membership. Years 1990–2100; `CalendarError` outside.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Final

import holidays
from dateutil.easter import easter

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
ONE_DAY: Final = timedelta(days=1)


class CalendarError(ValueError):
    """A day outside the years that the calendars cover."""


@cache
def public_holidays(year: int) -> frozenset[date]:
    """The Danish public holidays of a year (1990–2100), weekends included only where a holiday falls on one."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarError(f"the calendar covers {FIRST_YEAR}–{LAST_YEAR}, not {year}")
    return frozenset(day for day in holidays.country_holidays("DK", years=year) if day.year == year)


@cache
def _deadline_closed(year: int) -> frozenset[date]:
    return public_holidays(year) | {date(year, 6, 5), date(year, 12, 24), date(year, 12, 31)}


@cache
def _bank_closed(year: int) -> frozenset[date]:
    friday_after_ascension = easter(year) + timedelta(days=40)
    return _deadline_closed(year) | {friday_after_ascension}


def is_public_holiday(day: date) -> bool:
    """Whether `day` is a Danish public holiday (*helligdag*). A plain Sunday is not."""
    return _plain(day) in public_holidays(day.year)


def is_deadline_day(day: date) -> bool:
    """Whether a legal deadline may end on `day`: no weekend, public holiday, 5 June, 24 or 31 December."""
    return day.weekday() < 5 and _plain(day) not in _deadline_closed(day.year)


def is_working_day(day: date) -> bool:
    """Whether `day` counts as a working day in the product's own targets; the same days as `is_deadline_day`."""
    return is_deadline_day(day)


def is_banking_day(day: date) -> bool:
    """Whether Danish banks settle on `day`: Monday–Friday, no public holiday, nor 5 June, 24 or 31 December or the
    Friday after Ascension Day."""
    return day.weekday() < 5 and _plain(day) not in _bank_closed(day.year)


def next_banking_day(day: date) -> date:
    """`day` itself if it is a banking day, else the first after it. It moves due dates (domain.md §7.3)."""
    return _next(day, is_banking_day)


def next_deadline_day(day: date) -> date:
    """`day` itself if a deadline may end on it, else the first such day after it (forældelsesloven § 27)."""
    return _next(day, is_deadline_day)


def add_working_days(day: date, days: int) -> date:
    """The working day that lies `days` working days after `day` (before it, if negative); `day` itself never counts.

    With 0: `day` itself if it is a working day, else the next one. Monday plus 5 is the next Monday when no holiday
    lies between.
    """
    if days == 0:
        return next_deadline_day(day)
    step = ONE_DAY if days > 0 else -ONE_DAY
    left = abs(days)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`: how long something that came on `start` has waited.

    Negative, counted the other way, if `end` is before `start`.
    """
    if end < start:
        return -working_days_between(end, start)
    count = 0
    day = start
    while day < end:
        day += ONE_DAY
        count += is_working_day(day)
    return count


def _next(day: date, is_open: Callable[[date], bool]) -> date:
    while not is_open(day):
        day += ONE_DAY
    return day


def _plain(day: date) -> date:
    """Refuse a datetime: whose day it is depends on a time zone, and that is settled at the edge."""
    if type(day) is not date:
        raise TypeError("a plain date is needed")
    return day
