"""Where higher rooms add to a screening: facts beside the form, warnings, and what a decision gives (domain.md §4)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
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
    check page is shown; `preview(case, values, today)` tells on that page what they come to; `apply(screening, values,
    by, today)` does it in the transaction of the decision and returns what is kept in `Screening.gives`; `words(gives)`
    tells it as (label, value) pairs. `outcomes` are the decisions with which the part applies.
    """

    number: int
    outcomes: frozenset[str]
    fields: Callable[[Any, date], dict[str, Field]]
    apply: Callable[..., dict[str, Any]]
    check: Callable[[Any, Mapping[str, Any], date], None] = lambda case, values, today: None
    words: Callable[[Mapping[str, Any]], list[tuple[str, str]]] = lambda gives: []
    preview: Callable[[Any, Mapping[str, Any], date], list[tuple[str, str]]] = lambda case, values, today: []


@dataclass(frozen=True)
class PlanMonth:
    """One month of a liquidity budget, in kroner. `paid_out` is everything that leaves the till, `living` with it."""

    first_day: date
    sales: Decimal
    paid_out: Decimal
    living: Decimal
    balance: Decimal


@dataclass(frozen=True)
class PlanFacts:
    """What is known about a plan, in plain values: all that the warnings look at. None: nothing is known about it.

    Gathered from `plan_facts`; each room fills the fields that it knows, and the later registered ones win.
    """

    loan_min: Decimal
    loan_max: Decimal
    pmv_most: Decimal
    vat_from: Decimal
    living_percent: int
    sudden_sales_from: Decimal
    sudden_sales_times: int
    # The establishment budget
    has_establishment: bool = False
    loan_need: Decimal | None = None
    # The budgets of a year, and the business plan with how far it is
    has_operating: bool = False
    has_liquidity: bool = False
    has_plan: bool = False
    is_plan_detailed: bool = False
    # The business: on the case, and in the newest version of the plan, which goes first
    case_form: str = ""
    plan_form: str = ""
    case_trade: str = ""
    plan_trade: str = ""
    difference: str | None = None  # what sets it apart from the others in the trade, in the words of the plan
    # The operating budget: the sales of its twelve months without VAT
    sales_of_year: Decimal | None = None
    has_vat: bool | None = None  # whether the budgets reckon with VAT
    # The liquidity budget: its months in order, and where the sales come from
    months: tuple[PlanMonth, ...] = ()
    sales_source: str | None = None
    # The version of a budget that was sent back yellow and is still the newest, in words
    not_resubmitted: str = ""

    @property
    def business_form(self) -> str:
        return self.plan_form or self.case_form

    @property
    def trade(self) -> str:
        return self.plan_trade or self.case_trade


@dataclass(frozen=True)
class PlanWarning:
    """What the system has found: to be answered in words before a decision (domain.md §4, danish-rules.md §9).

    `text` says what was found with its figures, and asks. An answer counts for just these words: other figures ask anew.
    `why` explains the rule, `source` says where it comes from.
    """

    code: str
    text: str
    why: str
    source: str


@dataclass(frozen=True)
class Material:
    """The version of a budget, plan or form that a round rests on. Frozen with the decision, its figures too.

    `code` is the kind, such as "liquidity_budget"; `link` leads to just this version: {"name": url name, "kwargs": {…},
    "query": {…}}.
    """

    code: str
    label: str
    version: int
    figures: tuple[tuple[str, str], ...] = ()
    link: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Clock:
    """A time that is counted while a round waits: how many days have gone, of how many."""

    label: str
    days: int
    target: int | None = None


@dataclass(frozen=True)
class LoanPlan:
    """The loan as a budget needs it: what is paid out when, and when each instalment is due.

    `is_decided`: the plan of a loan that is granted; else one that the rules make for the budget's loan need.
    """

    amount: Decimal
    payout_on: date
    instalments: tuple[tuple[date, Decimal], ...]
    is_decided: bool


FactProvider = Callable[[Any, int, date], Iterable[Fact]]
# (case, today) → fields of PlanFacts
PlanFactProvider = Callable[[Any, date], Mapping[str, Any]]
WarningRule = Callable[[PlanFacts], Iterable[PlanWarning]]
MaterialProvider = Callable[[Any], Iterable[Material]]
ClockProvider = Callable[[Any, date], Iterable[Clock]]

facts: Registry[FactProvider] = Registry("screening facts")
plan_facts: Registry[PlanFactProvider] = Registry("plain facts about a plan")
# The rules behind the automatic warnings of screening 3.
warnings: Registry[WarningRule] = Registry("screening warnings")
# The newest versions of budgets, plans and forms: what a round rests on.
material: Registry[MaterialProvider] = Registry("material of a screening")
clocks: Registry[ClockProvider] = Registry("clocks of a screening")
decision_parts: Registry[DecisionPart] = Registry("what a decision gives")


def parts_of(number: int) -> list[DecisionPart]:
    return [part for part in decision_parts if part.number == number]


# From a higher room: the plan of a case's loan, else of a need of so many kroner paid out on a day under a rule set.
LoanPlanProvider = Callable[[Any, Decimal, date, Any], LoanPlan | None]
loan_plans: Registry[LoanPlanProvider] = Registry("the loan in a budget")


def loan_plan(case: Any, need: Decimal, payout_on: date, rule_set: Any) -> LoanPlan | None:
    """The first plan a room knows of; None where there is neither a loan nor a need."""
    plans = (provider(case, need, payout_on, rule_set) for provider in loan_plans)
    return next((plan for plan in plans if plan is not None), None)
