"""What the system finds by itself about a plan: its warnings, and the versions that a round rests on (domain.md §4)."""

from datetime import date
from typing import Any

from cases.models import CaseFile
from screening import registry, warning_rules
from screening.registry import Material, PlanFacts, PlanWarning


def plan_facts_of(case: CaseFile, today: date) -> PlanFacts:
    """What is known about the plan of a case now, gathered from the rooms that know."""
    known: dict[str, Any] = {}
    for provider in registry.plan_facts:
        known.update(provider(case, today))
    return PlanFacts(**known)


def warnings_of(case: CaseFile, today: date) -> dict[str, PlanWarning]:
    """The warnings that the plan raises now, by their codes, in the order of the registry."""
    found = warning_rules.warnings_for(plan_facts_of(case, today), registry.warnings)
    return {warning.code: warning for warning in found}


def material_now(case: CaseFile) -> list[Material]:
    """The newest versions of budgets, plans and forms."""
    return [item for provider in registry.material for item in provider(case)]
