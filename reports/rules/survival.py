"""How long people stay self-supporting: Kaplan and Meier's estimate, with the number still followed. Pure.

A stretch begins on the first self-supporting day. Where it ended, the event is the first day without; where it still runs
at the cut-off, the person was followed to the cut-off and no longer (censored). So somebody who became self-supporting last
month counts for one month, and neither as a success nor as a failure after that (domain.md §10).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# A month on the axis, in days: a twelfth of 365.25.
MONTH = Decimal("30.4375")


@dataclass(frozen=True, slots=True)
class Stretch:
    """`count` people with the same length. `days`: from the first day (0) to the first day without, or to the cut-off."""

    days: int
    ended: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Point:
    """The share still self-supporting after `month` months, its 95 % range, and how many were followed so long."""

    month: int
    share: Decimal
    low: Decimal
    high: Decimal
    at_risk: int


def curve(stretches: Iterable[Stretch], *, months: int) -> list[Point]:
    """A point for each month from 0 on, as long as anybody was followed so long; at most to `months`."""
    rows = list(stretches)
    followed = sum(row.count for row in rows)
    events: dict[int, int] = {}
    leaving: dict[int, int] = {}
    for row in rows:
        leaving[row.days] = leaving.get(row.days, 0) + row.count
        if row.ended:
            events[row.days] = events.get(row.days, 0) + row.count
    points = []
    days = sorted(leaving)
    share, variance, index = Decimal(1), Decimal(0), 0
    for month in range(months + 1):
        until = last_day(month)
        while index < len(days) and days[index] <= until:
            day = days[index]
            share, variance = _step(share, variance, events.get(day, 0), followed)
            followed -= leaving[day]
            index += 1
        # Followed for so long: who left on that very day was there until then.
        at_risk = followed + (leaving[days[index - 1]] if index and days[index - 1] == until else 0)
        if at_risk == 0:
            break
        points.append(Point(month, share, *_range(share, variance), at_risk))
    return points


def last_day(month: int) -> int:
    """The day on which a month of the axis is full."""
    return int((MONTH * month).to_integral_value(rounding="ROUND_CEILING"))


def _step(share: Decimal, variance: Decimal, ended: int, at_risk: int) -> tuple[Decimal, Decimal]:
    """One day on which stretches ended. The variance is Greenwood's sum."""
    if not ended:
        return share, variance
    if ended == at_risk:
        return Decimal(0), variance
    return share * (at_risk - ended) / at_risk, variance + Decimal(ended) / (at_risk * (at_risk - ended))


def _range(share: Decimal, variance: Decimal) -> tuple[Decimal, Decimal]:
    """95 % by the log-log transformation, which stays within 0–1."""
    if share in (0, 1):
        return share, share
    exponent = (Decimal("1.959964") * variance.sqrt() / share.ln()).exp()
    # share^exponent and share^(1/exponent); the logarithm is below zero, so the first is the upper one.
    bounds = sorted((share**exponent, share ** (1 / exponent)))
    return bounds[0], bounds[1]
