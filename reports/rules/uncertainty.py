"""How sure a figure is: intervals for shares, means of change, medians. Pure; what is too few is said to be too few.

Programmes of ten to forty people are small numbers. A share is never shown without its range, and below `FEW` people no
share at all (ui-guide.md §3.6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

# 95 of 100 such ranges hold the true share.
Z = Decimal("1.959964")
# The quantiles of Student's t for 95 %, by degrees of freedom; beyond the last, the normal one is near enough.
T_QUANTILES = (
    "12.706", "4.303", "3.182", "2.776", "2.571", "2.447", "2.365", "2.306", "2.262", "2.228",
    "2.201", "2.179", "2.160", "2.145", "2.131", "2.120", "2.110", "2.101", "2.093", "2.086",
    "2.080", "2.074", "2.069", "2.064", "2.060", "2.056", "2.052", "2.048", "2.045", "2.042",
)  # fmt: skip
FEW = 10


@dataclass(frozen=True, slots=True)
class Range:
    """A figure and the range that it may lie in with 95 % confidence. `value` within `low`–`high`."""

    value: Decimal
    low: Decimal
    high: Decimal


def share(part: int, whole: int) -> Range | None:
    """`part` of `whole` as a share 0–1 with Wilson's interval, which holds for few people and near 0 and 1.

    None when nobody was counted. Raises ValueError when the part is not within the whole.
    """
    if not 0 <= part <= whole:
        raise ValueError("the part must be within the whole")
    if whole == 0:
        return None
    n, p, square = Decimal(whole), Decimal(part) / whole, Z * Z
    middle = p + square / (2 * n)
    spread = Z * (p * (1 - p) / n + square / (4 * n * n)).sqrt()
    scale = 1 + square / n
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Range(p, min(max(low, Decimal(0)), p), max(min(high, Decimal(1)), p))


def mean_change(changes: Iterable[Decimal | int]) -> Range | None:
    """The mean of paired changes with its 95 % interval by Student's t. None for fewer than two."""
    values = [Decimal(change) for change in changes]
    n = len(values)
    if n < 2:  # noqa: PLR2004  one change has no spread
        return None
    mean = sum(values, Decimal(0)) / n
    variance = sum(((value - mean) ** 2 for value in values), Decimal(0)) / (n - 1)
    quantile = Decimal(T_QUANTILES[n - 2]) if n - 1 <= len(T_QUANTILES) else Z
    spread = quantile * (variance / n).sqrt()
    return Range(mean, mean - spread, mean + spread)


def percentile(histogram: Mapping[int, int], wanted: int) -> int | None:
    """The smallest value that at least `wanted` percent of the counted do not exceed; None when nobody was counted.

    `histogram` is value → how many, such as days → cases. 50 is the median (the lower of two middle ones).
    """
    counted = sum(histogram.values())
    if not counted:
        return None
    needed = max(1, -(-wanted * counted // 100))
    seen = 0
    for value in sorted(histogram):
        seen += histogram[value]
        if seen >= needed:
            return value
    raise AssertionError("the counts do not add up")


def rounded(number: Decimal, places: str = "0.01") -> Decimal:
    with localcontext() as context:
        context.prec = 40
        return number.quantize(Decimal(places), rounding=ROUND_HALF_UP)
