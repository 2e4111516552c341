"""What happens in a screening and its material: opened, drafted, recommended, decided; budgets versioned and approved."""

from screening.services.budgets import (
    LineData,
    approve_budget,
    budget_totals,
    latest_budget,
    save_budget,
)
from screening.services.criteria import CriterionData, change_criteria, data_of, ensure_criteria
from screening.services.decisions import ScreeningDecision, check_decision, decide
from screening.services.findings import (
    clocks_of,
    material_now,
    material_of,
    newer_since_sent,
    not_resubmitted,
    plan_facts_of,
    warnings_of,
)
from screening.services.hearings import hearing_of, hold_hearing, record_answer
from screening.services.screenings import (
    ScreeningDraft,
    answer_to,
    current_warnings,
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
    "CriterionData",
    "LineData",
    "ScreeningDecision",
    "ScreeningDraft",
    "answer_to",
    "approve_budget",
    "budget_totals",
    "change_criteria",
    "check_decision",
    "clocks_of",
    "current_warnings",
    "data_of",
    "decide",
    "ensure_criteria",
    "facts_of",
    "hearing_of",
    "hold_hearing",
    "latest_budget",
    "material_now",
    "material_of",
    "missing_of",
    "newer_since_sent",
    "not_resubmitted",
    "open_screening",
    "outcome_words",
    "plan_facts_of",
    "recommend",
    "record_answer",
    "save_budget",
    "save_draft",
    "take_back",
    "unanswered",
    "warnings_of",
]
