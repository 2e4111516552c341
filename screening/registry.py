"""Where higher rooms add to a screening: facts beside the form, warnings, and what a decision gives (domain.md §4)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.forms import Field

from microloan.core.registry import Registry


@dataclass(frozen=True)
class Fact:
    """Something the system knows, shown beside the form and frozen into the decision; not to be typed over."""

    code: str
    label: str
    value: str


@dataclass(frozen=True)
class DecisionPart:
    """What the decision of one screening gives, from a higher room: granted modules, months of extension.

    `fields(case, today)` are the form fields; `check(case, values, today)` raises Refused on bad values, before the
    check page is shown; `apply(screening, values, by, today)` does it in the transaction of the decision and returns
    what is kept in `Screening.gives`; `words(gives)` tells it as (label, value) pairs. `outcomes` are the decisions
    with which the part applies.
    """

    number: int
    outcomes: frozenset[str]
    fields: Callable[[Any, date], dict[str, Field]]
    apply: Callable[..., dict[str, Any]]
    check: Callable[[Any, Mapping[str, Any], date], None] = lambda case, values, today: None
    words: Callable[[Mapping[str, Any]], list[tuple[str, str]]] = lambda gives: []


FactProvider = Callable[[Any, int, date], Iterable[Fact]]
WarningProvider = Callable[[Any, date], dict[str, str]]

facts: Registry[FactProvider] = Registry("screening facts")
# Automatic warnings of screening 3, each to be answered in words before a decision: code → text.
warnings: Registry[WarningProvider] = Registry("screening warnings")
decision_parts: Registry[DecisionPart] = Registry("what a decision gives")


def parts_of(number: int) -> list[DecisionPart]:
    return [part for part in decision_parts if part.number == number]
