"""The pure rules of the screenings (domain.md §4)."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from cases.enums import Phase
from screening.enums import RATING_OF, Outcome, Rating

# Which phase each screening belongs to, and where "continue" leads (domain.md §3.1).
PHASE_OF = {1: Phase.RECRUITMENT, 2: Phase.BUSINESS_DEVELOPMENT, 3: Phase.COURSES, 4: Phase.MAIN_COURSE}
NEXT_PHASE = {1: Phase.BUSINESS_DEVELOPMENT, 2: Phase.COURSES, 3: Phase.APPROVAL}
# Handbook: two members of staff at the first screening; one is enough later.
STAFF_NEEDED = {1: 2, 2: 1, 3: 1, 4: 1}
# Trades with many competitors; a plan has to say what sets it apart (domain.md §4, R).
CROWDED_TRADES = ("pizza", "kiosk", "kosmetolog", "grill", "frisør")


def rating(outcome: str) -> Rating | None:
    """Screening 3's traffic light: green continues, yellow improves the budget, red stops."""
    return RATING_OF[Outcome(outcome)] if outcome else None


def missing_before_recommendation(*, number: int, staff: Collection[int], texts: Mapping[str, str]) -> dict[str, str]:
    """What must stand in the form before it goes to the project lead: field → what to do."""
    missing: dict[str, str] = {}
    if len(set(staff)) < STAFF_NEEDED[number]:
        missing["staff"] = (
            _("Choose at least two members of staff who were present at screening 1.")
            if STAFF_NEEDED[number] == 2
            else _("Choose who was present.")
        )
    prompts = {
        "strengths": _("Write what speaks for the citizen."),
        "person": _("Write about the person."),
        "money": _("Write about the money."),
        "plan": _("Write about the plan."),
    }
    for field, prompt in prompts.items():
        if not texts.get(field, "").strip():
            missing[field] = prompt
    return missing


def crowded_trade(trade: str) -> bool:
    return any(word in trade.lower() for word in CROWDED_TRADES)


def loan_need(expenses: Decimal, own_funds: Decimal) -> Decimal:
    """What the establishment budget leaves to be borrowed, in kroner; never below zero."""
    return max(expenses - own_funds, Decimal("0.00"))
