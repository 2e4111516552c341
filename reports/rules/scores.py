"""Ratings of the screenings against what came of them (domain.md §4; issue: statistics kept for learning). Pure.

Who sees the cases anyway is told every number. People who read only aggregates are told one split into disjoint groups of people:
outcomes that contain one another (a loan, and living of it) could be subtracted (docs/decisions/134-ratings-and-outcomes.md).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from microloan.core.money import round_half_up
from reports.rules.suppression import THRESHOLD, Cell, Hidden

RATINGS = (1, 2, 3, 4, 5)
# From fine to coarse: each rating alone; low, middle, high; low and middle against high.
GROUPINGS: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((1,), (2,), (3,), (4,), (5,)),
    ((1, 2), (3,), (4, 5)),
    ((1, 2, 3), (4, 5)),
)
# What came of it, each person in one; then those with a loan or a living together.
SELF_SUPPORTING, LOAN, NEITHER = "self_supporting", "loan", "neither"
Columns = tuple[tuple[str, ...], ...]
RESULTS: tuple[Columns, ...] = (
    ((SELF_SUPPORTING,), (LOAN,), (NEITHER,)),
    ((SELF_SUPPORTING, LOAN), (NEITHER,)),
)


# --- Every number ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rated:
    """One person's rating on one criterion, and whether the outcome came."""

    code: str
    value: int
    has_outcome: bool


@dataclass(frozen=True)
class Group:
    """The people with one rating: how many, and how many of them with the outcome."""

    rating: int
    rated: int
    with_outcome: int

    @property
    def percent(self) -> int | None:
        """Share with the outcome; none under ten people (ui-guide.md §3.6)."""
        if self.rated < 2 * THRESHOLD:
            return None
        return int(round_half_up(Decimal(100 * self.with_outcome) / self.rated, 0))


@dataclass(frozen=True)
class Line:
    """One criterion: how many were rated, their mean, and each rating."""

    code: str
    rated: int
    mean_tenths: int | None
    groups: tuple[Group, ...]


def lines(rows: Iterable[Rated], codes: Sequence[str]) -> list[Line]:
    """The criteria in the order of `codes`, with every number."""
    by_code: dict[str, list[Rated]] = {code: [] for code in codes}
    for row in rows:
        by_code[row.code].append(row)
    return [
        Line(code, len(found), _mean(found), tuple(_group(found, rating) for rating in RATINGS))
        for code, found in by_code.items()
    ]


def _group(rows: Sequence[Rated], rating: int) -> Group:
    found = [row for row in rows if row.value == rating]
    return Group(rating, len(found), sum(row.has_outcome for row in found))


def _mean(rows: Sequence[Rated]) -> int | None:
    """In tenths, rounded half up."""
    if not rows:
        return None
    total = sum(row.value for row in rows)
    return (20 * total + len(rows)) // (2 * len(rows))


# --- Without small numbers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """So many people with these ratings, of whom came one of these results. Five or more, always."""

    ratings: tuple[int, ...]
    results: tuple[str, ...]
    people: int

    @property
    def words(self) -> str:
        """`4`, or `1–3`."""
        return str(self.ratings[0]) if len(self.ratings) == 1 else f"{self.ratings[0]}–{self.ratings[-1]}"


@dataclass(frozen=True)
class SafeLine:
    """One criterion in disjoint parts; none where every split gives someone away."""

    code: str
    rated: Cell
    mean_halves: int | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Safe:
    people: Cell
    lines: list[SafeLine]


Ratings = Mapping[int, int]  # person → rating
People = Mapping[int, str]  # person → result


def safe(ratings: Mapping[str, Ratings], results: People, *, earlier: Sequence[frozenset[int]] = ()) -> Safe:
    """The criteria of a screening in their order. `earlier`: who was rated at the screenings before, whose figures can be
    read as well: nobody can be found by taking one from the other."""
    everybody = frozenset(person for rated in ratings.values() for person in rated)
    columns = next((found for found in RESULTS if _is_apart(everybody, earlier, results, found)), None)
    if columns is None or len(everybody) < THRESHOLD:
        return Safe(Hidden.SMALL if len(everybody) < THRESHOLD else Hidden.OTHER, [_hidden(code) for code in ratings])
    shown: list[frozenset[int]] = [everybody]
    found = []
    for code, rated in ratings.items():
        people = frozenset(rated)
        if len(people) < THRESHOLD or not _is_apart(people, shown, results, columns):
            found.append(_hidden(code))
            continue
        shown.append(people)
        coarser = RESULTS[RESULTS.index(columns) :]
        found.append(SafeLine(code, len(people), _mean_halves(rated), _parts(rated, results, coarser)))
    return Safe(len(everybody), found)


def _hidden(code: str) -> SafeLine:
    return SafeLine(code, Hidden.OTHER, None, ())


def _is_apart(people: frozenset[int], others: Iterable[frozenset[int]], results: People, columns: Columns) -> bool:
    """Whether, for each result, nobody or at least five are here and not there, and the other way round."""
    return all(_none_or_many(rest, results, columns) for other in others for rest in (people - other, other - people))


def _none_or_many(people: Iterable[int], results: People, columns: Columns) -> bool:
    counts = Counter(results[person] for person in people)
    return all(sum(counts[result] for result in column) not in range(1, THRESHOLD) for column in columns)


def _parts(rated: Ratings, results: People, choices: Sequence[Columns]) -> tuple[Part, ...]:
    """The finest split in which each part holds at least five."""
    for columns in choices:
        for grouping in GROUPINGS:
            parts = tuple(_part(rated, results, group, column) for group in grouping for column in columns)
            if all(part.people >= THRESHOLD for part in parts):
                return parts
    return ()


def _part(rated: Ratings, results: People, group: tuple[int, ...], column: tuple[str, ...]) -> Part:
    count = sum(value in group and results[person] in column for person, value in rated.items())
    return Part(group, column, count)


def _mean_halves(rated: Ratings) -> int | None:
    """The mean in halves; never at the ends, where it would say what each one got, and none under ten people."""
    if len(rated) < 2 * THRESHOLD:
        return None
    halves = int(round_half_up(Decimal(2 * sum(rated.values())) / len(rated), 0))
    return min(max(halves, 3), 9)
