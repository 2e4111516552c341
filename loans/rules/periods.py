"""Months of living support (*tilskud til forsørgelse*): ends, extensions, months used.

Periods are dates `[from, to]`, both ends counted. Every end is computed from the *original* start, never from the end
before: end = (start + months, day cut to the month) - 1 day. So three extensions of one month end on the same day as
one of three, also from a 31st. Source: domain.md §6; the limits are the rule set's (H, §7.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from loans.rules.errors import RuleError
from microloan.core.money import ZERO
from microloan.core.months import add_months, full_months_between

ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From `starts_on` to `ends_on`, both days counted."""

    starts_on: date
    ends_on: date

    @property
    def days(self) -> int:
        """How many days, both ends counted."""
        return (self.ends_on - self.starts_on).days + 1


@dataclass(frozen=True, slots=True)
class SupportLimits:
    """Months allowed by the rule set: the first period at most `base`, an extension `extension_min` to
    `extension_max`, all extensions `extensions_total`, everything together `total`."""

    base: int = 6
    extension_min: int = 1
    extension_max: int = 3
    extensions_total: int = 6
    total: int = 12


DEFAULT_LIMITS: Final = SupportLimits()


def support_end(start: date, months: int) -> date:
    """The last day of `months` (1 or more) months of support from the original start.

    1 March and 6 months end on 31 August; 31 August 2026 and 6 months on 27 February 2027.
    """
    if months < 1:
        raise ValueError("support lasts at least a month")
    return add_months(start, months) - ONE_DAY


def base_period(start: date, months: int | None = None, limits: SupportLimits = DEFAULT_LIMITS) -> Period:
    """The first period of support, by default as long as the rule set allows.

    Raises `RuleError` with the code `base_length` for no month or more than `limits.base`.
    """
    length = limits.base if months is None else months
    if not 1 <= length <= min(limits.base, limits.total):
        raise RuleError(
            "base_length",
            _("The first period of living support lasts from 1 to %(most)s months.") % {"most": limits.base},
        )
    return Period(start, support_end(start, length))


def extension_period(
    start: date, base: int, extensions: Sequence[int], months: int, limits: SupportLimits = DEFAULT_LIMITS
) -> Period:
    """The period of one more extension of `months` after a base of `base` months and the `extensions` decided so far.

    `start` is the original start of the support. The period begins the day after the one before, so there is never a
    gap or an overlap. Raises `RuleError` with the code `extension_length` (one extension too short or too long),
    `extensions_total` or `support_total` (too many months together).
    """
    if not limits.extension_min <= months <= limits.extension_max:
        raise RuleError(
            "extension_length",
            _("An extension lasts from %(least)s to %(most)s months.")
            % {"least": limits.extension_min, "most": limits.extension_max},
        )
    extended = sum(extensions) + months
    if extended > limits.extensions_total:
        raise RuleError(
            "extensions_total",
            _("Extensions would add up to %(months)s months; the rule set allows %(most)s in all.")
            % {"months": extended, "most": limits.extensions_total},
        )
    if base + extended > limits.total:
        raise RuleError(
            "support_total",
            _("Living support would last %(months)s months; the rule set allows %(most)s in all.")
            % {"months": base + extended, "most": limits.total},
        )
    so_far = base + sum(extensions)
    return Period(support_end(start, so_far) + ONE_DAY, support_end(start, so_far + months))


def longest_extension(base: int, extensions: Sequence[int], limits: SupportLimits = DEFAULT_LIMITS) -> int:
    """The most months that one more extension may have; 0 when none is possible."""
    used = sum(extensions)
    room = min(limits.extension_max, limits.extensions_total - used, limits.total - base - used)
    return room if room >= limits.extension_min else 0


def months_used(start: date, months: int, today: date) -> int:
    """How many of the `months` months of support decided so far have begun by `today`: 0 before the start, 1 on it."""
    if today < start:
        return 0
    return min(full_months_between(start, today) + 1, months)


def months_left(start: date, months: int, today: date) -> int:
    """How many of the `months` decided so far have not begun by `today`."""
    return months - months_used(start, months, today)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the support came to so far. `unknown`: months that no amount is known for; they are not in `amount`."""

    months: int
    amount: Decimal
    unknown: int


def support_cost(start: date, months: int, amounts: Sequence[tuple[date, Decimal]], until: date) -> Cost:
    """The months of support that have begun by `until`, each at the amount that is in force on its first day.

    `months` are all months decided from the original `start`; `amounts` are kroner a month from a day on, in the order
    they were recorded: of two from the same day the later counts. For what the programme costs (domain.md §10).
    """
    begun = months_used(start, months, until)
    in_force = dict(amounts)
    total, unknown = ZERO, 0
    for month in range(begun):
        first = add_months(start, month)
        known = [day for day in in_force if day <= first]
        total += in_force[max(known)] if known else ZERO
        unknown += not known
    return Cost(begun, total, unknown)
