"""The pure rules of courses (domain.md §5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

# How long we know who a guest was, counted from the end of the last course.
GUEST_KEPT = timedelta(days=365)


def attended_enough(attended: int, sessions: int, percent: int) -> bool:
    """Whether a run is completed: at least `percent` per cent of all its `sessions` were attended."""
    return sessions > 0 and attended * 100 >= sessions * percent


def latest_main_course_start(residential_end: date, max_days: int) -> date:
    """The last day a main course may start: at most `max_days` days after the residential course ended (R)."""
    return residential_end + timedelta(days=max_days)


def seats_left(capacity: int, enrolled: int) -> int:
    return max(capacity - enrolled, 0)


@dataclass(frozen=True)
class Outlook:
    """What is needed to complete a run: sessions `still` to attend of those that are `left`."""

    needed: int
    still: int
    left: int

    @property
    def is_completed(self) -> bool:
        return self.still == 0

    @property
    def is_possible(self) -> bool:
        return self.still <= self.left


def outlook(attended: int, sessions: int, left: int, percent: int) -> Outlook:
    """`left` of the `sessions` have no mark yet; at least `percent` per cent of all have to be attended."""
    needed = -(-sessions * percent // 100) if sessions else 1
    return Outlook(needed, max(needed - attended, 0), left)


ORE = Decimal("0.01")


def per_head(cost: Decimal, people: int) -> Decimal | None:
    """What a run costs for each participant, to the øre; None where nobody takes part."""
    return (cost / people).quantize(ORE, ROUND_HALF_UP) if people else None


def shares(cost: Decimal, people: int) -> list[Decimal]:
    """The cost shared out to the øre so that the shares add up to it: the first bear what cannot be divided."""
    if not people:
        return []
    each, rest = divmod(int(cost / ORE), people)
    return [(each + (number < rest)) * ORE for number in range(people)]
