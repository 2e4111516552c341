"""Does it pay? CASA's idea as a calculation: what the programme costs, against the benefits saved. Pure.

The programme pays when enough of the participants live without benefits for the years that are looked at: CASA found 6 %,
that is 1.2 of 20, over five years (E, A). Every assumption stands in `Assumptions`, nothing is built in. Amounts are whole
kroner of the municipality's money in the prices of the year of calculation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from reports.rules import uncertainty
from reports.rules.uncertainty import Range

MONTHS = 12
HUNDRED = Decimal(100)
SENSITIVITY_PERCENT = 20


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the calculation rests on. Amounts ≥ 0 in kroner; percentages 0–100; `years` 1–10; `participants` ≥ 1."""

    participants: int
    programme_cost: Decimal  # staff, rooms, administration, for these participants
    course_cost: Decimal
    support_cost: Decimal  # living support during the main course
    support_instead_percent: Decimal  # of the support, what would have been paid as another benefit anyway
    loans_lost: Decimal  # written off, and what is not expected back from recovery
    benefit_per_month: Decimal  # what one person on benefits costs a month
    municipal_percent: Decimal  # the municipality's part of the benefit after the state's refund
    years: int = 5
    discount_percent: Decimal = Decimal(0)  # per year, on what is saved later


@dataclass(frozen=True, slots=True)
class Counted:
    """What the cases say at a cut-off: participants, and how many of them support themselves."""

    participants: int
    self_supporting: int


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the calculation: a code for its words, and the amount."""

    code: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Result:
    """`break_even_people` may be a fraction (1.2 of 20), and more than there are: then it cannot pay. None: nothing is
    saved by anybody. `break_even_share` is 0–1 and above."""

    costs: tuple[Line, ...]
    cost: Decimal
    saved_per_person: Decimal
    break_even_people: Decimal | None
    break_even_share: Decimal | None


@dataclass(frozen=True, slots=True)
class Swing:
    """How far the break-even share moves when one assumption is lower or higher by `SENSITIVITY_PERCENT`."""

    name: str
    when_lower: Decimal
    when_higher: Decimal

    @property
    def width(self) -> Decimal:
        return abs(self.when_higher - self.when_lower)


def calculate(given: Assumptions) -> Result:
    """The whole calculation, step by step. Raises ValueError for assumptions outside their bounds."""
    _check(given)
    extra_support = given.support_cost * (HUNDRED - given.support_instead_percent) / HUNDRED
    costs = (
        Line("programme", given.programme_cost),
        Line("courses", given.course_cost),
        Line("support", extra_support),
        Line("loans_lost", given.loans_lost),
    )
    cost = sum((line.amount for line in costs), Decimal(0))
    saved = saved_per_person(given)
    people = cost / saved if saved else None
    return Result(costs, cost, saved, people, people / given.participants if people is not None else None)


def saved_per_person(given: Assumptions) -> Decimal:
    """What one person without benefits saves the municipality over the years; what is saved later counts for less."""
    a_year = given.benefit_per_month * MONTHS * given.municipal_percent / HUNDRED
    rate = 1 + given.discount_percent / HUNDRED
    return sum((a_year / rate**year for year in range(given.years)), Decimal(0))


def result_for(given: Assumptions, self_supporting: Decimal | int) -> Decimal:
    """Saved less spent, if this many live without benefits for all the years. Below zero: it did not pay."""
    return saved_per_person(given) * self_supporting - calculate(given).cost


def actual(given: Assumptions, self_supporting: int) -> Range | None:
    """The share that is self-supporting, with its uncertainty, to stand beside the break-even share."""
    return uncertainty.share(self_supporting, given.participants)


def sensitivity(given: Assumptions) -> list[Swing]:
    """One assumption at a time, widest swing first. Those that are nothing, or move nothing, are left out."""
    swings = [swing for swing in _swings(given) if swing.width]
    return sorted(swings, key=lambda swing: (-swing.width, swing.name))


def _swings(given: Assumptions) -> Iterator[Swing]:
    step = Decimal(SENSITIVITY_PERCENT) / HUNDRED
    for field in fields(Assumptions):
        value = getattr(given, field.name)
        if field.name == "participants" or not value:
            continue
        shares = []
        for factor in (1 - step, 1 + step):
            changed = value * factor
            if field.name == "years":
                changed = max(1, int(changed.to_integral_value()))
            elif field.name.endswith("_percent"):
                changed = min(changed, HUNDRED)
            shares.append(calculate(replace(given, **{field.name: changed})).break_even_share)
        lower, higher = shares
        if lower is not None and higher is not None:
            yield Swing(field.name, lower, higher)


def _check(given: Assumptions) -> None:
    amounts = (given.programme_cost, given.course_cost, given.support_cost, given.loans_lost, given.benefit_per_month)
    percentages = (given.support_instead_percent, given.municipal_percent, given.discount_percent)
    if given.participants < 1 or not 1 <= given.years <= 12:  # noqa: PLR2004  ten, and a fifth more for the swing
        raise ValueError("participants or years out of bounds")
    if any(amount < 0 for amount in amounts) or any(not 0 <= part <= HUNDRED for part in percentages):
        raise ValueError("an amount or a percentage is out of bounds")
