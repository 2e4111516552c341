"""Limitation (*forældelse*): when the right to claim an instalment lapses.

Each instalment runs by itself, from its own due date: 3 years, or 10 where a debt instrument or a written
acknowledgement stands behind it. Acknowledgement, judgement and settlement start a new period; a reminder does not. A
period that ends on a weekend, a public holiday, 5 June, 24 or 31 December ends on the next deadline day.
Source: forældelsesloven §§ 3, 5, 27; danish-rules.md §3.3. The lengths are data; these are the defaults.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from microloan.core.calendars import next_deadline_day
from microloan.core.months import add_months

ORDINARY_YEARS: Final = 3
DEBT_INSTRUMENT_YEARS: Final = 10
WARNING_MONTHS: Final = 6


@dataclass(frozen=True, slots=True)
class Interruption:
    """An event that starts a new period of `years` (1 or more) on the day `on`."""

    on: date
    years: int = DEBT_INSTRUMENT_YEARS


def limitation_date(due: date, years: int = ORDINARY_YEARS, interruptions: Iterable[Interruption] = ()) -> date:
    """The last day on which the claim for an instalment due on `due` stands.

    Interruptions count in order of date. One before the due date does nothing, and one after the claim has lapsed does
    not revive it. An interruption never shortens a period. Raises `ValueError` for years below 1.
    """
    last = _end(due, years)
    for event in sorted(interruptions, key=lambda one: (one.on, one.years)):
        if due <= event.on <= last:
            last = max(last, _end(event.on, event.years))
    return last


def limitation_warning(last: date, months: int = WARNING_MONTHS) -> date:
    """The day from which a warning is given: `months` before the limitation date (domain.md §7.6)."""
    return add_months(last, -months)


def _end(start: date, years: int) -> date:
    if years < 1:
        raise ValueError("a limitation period lasts at least a year")
    return next_deadline_day(add_months(start, 12 * years))
