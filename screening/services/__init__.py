"""What happens in a screening and its material: opened, drafted, recommended, decided; budgets versioned and approved."""

from screening.services.budgets import (
    LineData,
    approve_budget,
    budget_totals,
    latest_budget,
    save_budget,
)
from screening.services.decisions import ScreeningDecision, check_decision, decide
from screening.services.findings import material_now, plan_facts_of, warnings_of
from screening.services.screenings import (
    ScreeningDraft,
    answer_to,
    current_warnings,
    ensure_criteria,
    facts_of,
    missing_of,
    open_screening,
    outcome_words,
    recommend,
    save_draft,
    take_back,
    unanswered,
)

__all__ = [
    "LineData",
    "ScreeningDecision",
    "ScreeningDraft",
    "answer_to",
    "approve_budget",
    "budget_totals",
    "check_decision",
    "current_warnings",
    "decide",
    "ensure_criteria",
    "facts_of",
    "latest_budget",
    "material_now",
    "missing_of",
    "open_screening",
    "outcome_words",
    "plan_facts_of",
    "recommend",
    "save_budget",
    "save_draft",
    "take_back",
    "unanswered",
    "warnings_of",
]
