"""Ratings of the screenings against what came of them (domain.md §4; issue: statistics kept for learning). Pure.

People who read only aggregates see a split by outcome where every group has at least five with the outcome and five without;
else coarser groups are tried, and then only how many were rated (docs/decisions/042-small-numbers.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from microloan.core.money import round_half_up
from reports.rules.suppression import THRESHOLD, Cell, Hidden, is_safe_share

# From fine to coarse: each rating alone; low, middle, high; low and middle against high.
GROUPINGS: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((1,), (2,), (3,), (4,), (5,)),
    ((1, 2), (3,), (4, 5)),
    ((1, 2, 3), (4, 5)),
)


@dataclass(frozen=True)
class Rated:
    """One person's rating on one criterion, and whether the outcome came."""

    code: str
    value: int
    has_outcome: bool


@dataclass(frozen=True)
class Group:
    """Some ratings taken together: how many people, and how many of them with the outcome."""

    ratings: tuple[int, ...]
    rated: int
    with_outcome: int

    @property
    def words(self) -> str:
        """`4`, or `1–3`."""
        return str(self.ratings[0]) if len(self.ratings) == 1 else f"{self.ratings[0]}–{self.ratings[-1]}"

    @property
    def percent(self) -> int | None:
        """Share with the outcome; none under ten people (ui-guide.md §3.6)."""
        if self.rated < 2 * THRESHOLD:
            return None
        return int(round_half_up(Decimal(100 * self.with_outcome) / self.rated, 0))


@dataclass(frozen=True)
class Line:
    """One criterion: how many were rated, and the groups of its ratings; none where every grouping gives someone away.

    Without groups the ratings are not counted one by one either: another outcome may show sums of the same people.
    """

    code: str
    rated: Cell
    mean_tenths: int | None
    groups: tuple[Group, ...]


def lines(rows: Iterable[Rated], codes: Sequence[str], *, suppress: bool) -> list[Line]:
    """The criteria in the order of `codes`."""
    by_code: dict[str, list[Rated]] = {code: [] for code in codes}
    for row in rows:
        by_code[row.code].append(row)
    return [_line(code, found, suppress=suppress) for code, found in by_code.items()]


def _line(code: str, rows: Sequence[Rated], *, suppress: bool) -> Line:
    if not suppress:
        return Line(code, len(rows), _mean(rows), tuple(_group(rows, ratings) for ratings in GROUPINGS[0]))
    if len(rows) < THRESHOLD:
        return Line(code, Hidden.SMALL, None, ())
    for grouping in GROUPINGS:
        groups = tuple(_group(rows, ratings) for ratings in grouping)
        if all(is_safe_share(group.with_outcome, group.rated) for group in groups):
            return Line(code, len(rows), _mean(rows), groups)
    return Line(code, len(rows), None, ())


def _group(rows: Sequence[Rated], ratings: tuple[int, ...]) -> Group:
    found = [row for row in rows if row.value in ratings]
    return Group(ratings, len(found), sum(row.has_outcome for row in found))


def _mean(rows: Sequence[Rated]) -> int | None:
    """In tenths, rounded half up."""
    if not rows:
        return None
    total = sum(row.value for row in rows)
    return (20 * total + len(rows)) // (2 * len(rows))
