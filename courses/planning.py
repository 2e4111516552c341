"""The planner of courses: which days the sessions of a run lie on, and the order of a whole pre-course (domain.md §5).

Pure: what is closed comes as plain values, and the same question gets the same answer.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from courses.enums import Rhythm
from microloan.core.calendars import FIRST_YEAR, LAST_YEAR, is_public_holiday
from microloan.core.clock import COPENHAGEN

DAY, WEEK = timedelta(days=1), timedelta(days=7)
JULY, SUNDAY, WORKDAYS = 7, 6, 5
# A plan that finds no room in so many days is given up.
FURTHEST = timedelta(days=3 * 366)
# How long before the main course the residential course ends where nothing else decides.
BEFORE_MAIN_COURSE = timedelta(days=7)

Days = tuple[date, date]


class NoRoom(ValueError):
    """Everything is closed for as far as the planner looks."""


def is_in_reach(day: date) -> bool:
    """Whether the calendars know the day and the deadlines that follow it."""
    return FIRST_YEAR < day.year < LAST_YEAR


@dataclass(frozen=True)
class Closed:
    """The days on which no session is planned. Public holidays always; a Sunday only where that is wished."""

    periods: tuple[Days, ...] = ()
    july: bool = False
    sundays: bool = True
    taken: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        if not is_in_reach(day) or is_public_holiday(day) or day in self.taken:
            return False
        if self.july and day.month == JULY or self.sundays and day.weekday() == SUNDAY:
            return False
        return not any(first <= day <= last for first, last in self.periods)


@dataclass(frozen=True)
class Format:
    """How the sessions of a module lie."""

    rhythm: str
    sessions: int
    hours: Decimal

    @property
    def is_in_a_row(self) -> bool:
        return self.rhythm == Rhythm.CONSECUTIVE


def session_days(first: date, form: Format, closed: Closed) -> list[date]:
    """The days of a run from `first` on.

    Days in a row stay together: the first stretch in which all are open. A single session takes the first open day.
    Other sessions are held once a week, on the weekday of the first; weeks in which it is closed are passed over.
    """
    if form.is_in_a_row:
        return _stretch(first, form.sessions, closed)
    if form.sessions == 1:
        return [_next_open(first, DAY, closed)]
    days: list[date] = []
    day = first + DAY if closed.sundays and first.weekday() == SUNDAY else first
    for _number in range(form.sessions):
        day = _next_open(day, WEEK, closed)
        days.append(day)
        day += WEEK
    return days


def _next_open(day: date, step: timedelta, closed: Closed) -> date:
    furthest = day + FURTHEST
    while not closed.is_open(day):
        day += step
        if day > furthest:
            raise NoRoom
    return day


def _stretch(first: date, count: int, closed: Closed) -> list[date]:
    """More than six days in a row cannot do without Sundays: the stretch then goes on after each closed day."""
    if closed.sundays and count > SUNDAY:
        days: list[date] = []
        for _number in range(count):
            days.append(_next_open(days[-1] + DAY if days else first, DAY, closed))
        return days
    furthest = first + FURTHEST
    while first <= furthest:
        days = [first + index * DAY for index in range(count)]
        if all(closed.is_open(day) for day in days):
            return days
        first += DAY
    raise NoRoom


def monthly_days(first: date, count: int, closed: Closed) -> list[date]:
    """One day a month: the weekday of `first` in its week of the month (the second Thursday; the fifth is the last).

    Where that is closed, the same weekday of another week of the month, a later one before an earlier; a month in which
    all of them are closed is passed over.
    """
    week = (first.day - 1) // 7
    days: list[date] = []
    month = first.replace(day=1)
    while len(days) < count:
        weekdays = [day for day in _days_of_month(month) if day.weekday() == first.weekday()]
        wished = min(week, len(weekdays) - 1)
        in_order = [*weekdays[wished:], *weekdays[:wished][::-1]]
        days += [day for day in in_order if day >= first and closed.is_open(day)][:1]
        month = _next_month(month)
        if month - first > FURTHEST:
            raise NoRoom
    return days


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _days_of_month(month: date) -> list[date]:
    return _range(month, _next_month(month))


def times(days: Iterable[date], starts: time, hours: Decimal) -> list[tuple[datetime, datetime]]:
    """The days as moments in Danish time."""
    length = timedelta(minutes=int(hours * 60))
    moments = [datetime.combine(day, starts, tzinfo=COPENHAGEN) for day in days]
    # By the clock on the wall, also on the night when it is changed.
    return [(moment, (moment.replace(tzinfo=None) + length).replace(tzinfo=COPENHAGEN)) for moment in moments]


# --- A whole pre-course ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """A module that a pre-course is to hold. `first`: a date that somebody has chosen."""

    key: int
    form: Format
    is_residential: bool = False
    first: date | None = None


@dataclass(frozen=True)
class Planned:
    key: int
    days: tuple[date, ...]


@dataclass(frozen=True)
class PreCourse:
    """What is proposed, in the order asked for, and what is not as it should be with it."""

    runs: tuple[Planned, ...]
    main_course_on: date
    warnings: tuple[str, ...] = field(default=())

    def days_of(self, key: int) -> tuple[date, ...]:
        return next(run.days for run in self.runs if run.key == key)


# What can be wrong with a proposal.
RESIDENTIAL_MISSING = "residential_missing"
RESIDENTIAL_NOT_LAST = "residential_not_last"
RESIDENTIAL_TOO_EARLY = "residential_too_early"
RESIDENTIAL_TOO_LATE = "residential_too_late"
MODULE_TOO_LATE = "module_too_late"


def propose_pre_course(
    wanted: Sequence[Wanted], *, first: date, main_course_on: date, max_days: int, closed: Closed
) -> PreCourse:
    """Stair-step (domain.md §5): each module begins a week after the one before it began, or once its days in a row are
    over; no two share a day. The residential course comes last and ends at most `max_days` before the main course.

    A date that somebody has chosen stays, as far as it is open.
    """
    taken: set[date] = set()
    planned: dict[int, Planned] = {}
    earliest = first
    for module in (one for one in wanted if not one.is_residential):
        days = _module_days(module, earliest, _but(closed, taken))
        planned[module.key] = Planned(module.key, tuple(days))
        taken.update(days)
        earliest = _next_step(days, module.form, earliest)
    for module in (one for one in wanted if one.is_residential):
        days = _residential_days(module, planned.values(), first, main_course_on, max_days, _but(closed, taken))
        planned[module.key] = Planned(module.key, tuple(days))
        taken.update(days)
    runs = tuple(planned[module.key] for module in wanted)
    return PreCourse(runs, main_course_on, tuple(check_pre_course(wanted, runs, main_course_on, max_days)))


def _but(closed: Closed, taken: Collection[date]) -> Closed:
    return Closed(closed.periods, closed.july, closed.sundays, closed.taken | frozenset(taken))


def _module_days(module: Wanted, earliest: date, closed: Closed) -> list[date]:
    """From the chosen date; else on the weekday of the coming week with which the module is over first."""
    if module.first:
        return session_days(module.first, module.form, closed)
    week = [day for day in _range(earliest, earliest + WEEK) if day.weekday() < WORKDAYS]
    return min((session_days(day, module.form, closed) for day in week), key=lambda days: (days[-1], days[0]))


def _next_step(days: Sequence[date], form: Format, earliest: date) -> date:
    """The Monday after the step was taken: after the first of weekly meetings, after the last of days in a row."""
    taken = days[-1] if form.is_in_a_row else days[0]
    return max(earliest, taken + timedelta(days=7 - taken.weekday()))


def _residential_days(
    module: Wanted, others: Collection[Planned], first: date, main_course_on: date, max_days: int, closed: Closed
) -> list[date]:
    """After all the others, and as near to a week before the main course as the closed days let it be."""
    if module.first:
        return session_days(module.first, module.form, closed)
    after = max([first, *(run.days[-1] + DAY for run in others)])
    length = timedelta(days=module.form.sessions - 1)
    wished = main_course_on - BEFORE_MAIN_COURSE - length
    lowest = main_course_on - timedelta(days=max_days) - length
    for begin in sorted(_range(max(after, lowest), main_course_on), key=lambda day: (abs(day - wished), day)):
        days = session_days(begin, module.form, closed)
        if days[0] == begin and days[-1] < main_course_on:
            return days
    return session_days(after, module.form, closed)


def _range(first: date, end: date) -> list[date]:
    return [first + index * DAY for index in range(max((end - first).days, 0))]


def check_pre_course(
    wanted: Sequence[Wanted], runs: Iterable[Planned], main_course_on: date, max_days: int
) -> Iterable[str]:
    """What is wrong with a plan, whoever made it: codes in a fixed order."""
    by_key = {run.key: run.days for run in runs}
    residential = [by_key[module.key] for module in wanted if module.is_residential]
    others = [by_key[module.key] for module in wanted if not module.is_residential]
    if not residential:
        yield RESIDENTIAL_MISSING
    for days in residential:
        if any(other[-1] >= days[0] for other in others):
            yield RESIDENTIAL_NOT_LAST
        if days[-1] >= main_course_on:
            yield RESIDENTIAL_TOO_LATE
        elif (main_course_on - days[-1]).days > max_days:
            yield RESIDENTIAL_TOO_EARLY
    if any(other[-1] >= main_course_on for other in others):
        yield MODULE_TOO_LATE
