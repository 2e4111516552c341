"""What the system finds by itself about a plan: its warnings, and the versions that a round rests on (domain.md §4)."""

from datetime import date
from typing import Any

from cases.models import CaseFile
from screening import registry, warning_rules
from screening.enums import BudgetKind, Outcome, ScreeningNumber, ScreeningState
from screening.models import Screening
from screening.registry import Clock, Material, PlanFacts, PlanWarning


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


def versions_now(case: CaseFile) -> str:
    """The newest versions as one string, to see whether any has come since a page was shown."""
    return ",".join(f"{item.code}:{item.version}" for item in material_now(case))


def freeze_material(screening: Screening) -> None:
    """Keep which versions the screening rests on, with their figures: later versions do not change what it looked at."""
    screening.material = [
        {
            "code": item.code,
            "label": item.label,
            "version": item.version,
            "figures": [list(figure) for figure in item.figures],
            "link": dict(item.link) if item.link else None,
        }
        for item in material_now(screening.case)
    ]


def material_of(screening: Screening) -> list[Material]:
    """The versions a round rests on: as they were when it was decided, else the newest."""
    return _kept(screening) if screening.is_decided else material_now(screening.case)


def newer_since_sent(screening: Screening) -> list[tuple[Material, int]]:
    """What has come since the recommendation was sent: the version now, and the one it was (0: there was none)."""
    if screening.state != ScreeningState.RECOMMENDED:
        return []
    sent = {item.code: item.version for item in _kept(screening)}
    now = material_now(screening.case)
    return [(item, sent.get(item.code, 0)) for item in now if item.version != sent.get(item.code)]


def not_resubmitted(case: CaseFile) -> str:
    """The budgets that the last yellow looked at, in words, while none of them has come in a newer version."""
    thirds = [row for row in case.screenings.all() if row.number == ScreeningNumber.THREE and row.is_decided]
    last = max(thirds, key=lambda row: row.round, default=None)
    if last is None or last.outcome != Outcome.REVISE:
        return ""
    if has_come_again(case, last):
        return ""
    return ", ".join(f"{item.label} v{item.version}" for item in _kept(last) if item.code in BudgetKind.values)


def has_come_again(case: CaseFile, back: Screening) -> bool:
    """Whether a newer budget has come than those the round that sent them back looked at."""
    seen = {item.code: item.version for item in _kept(back)}
    return any(budget.number > seen.get(budget.kind, 0) for budget in case.budgets.all())


def clocks_of(case: CaseFile, today: date) -> list[Clock]:
    """The times that go on while the citizen improves a plan."""
    return [item for provider in registry.clocks for item in provider(case, today)]


def _kept(screening: Screening) -> list[Material]:
    return [
        Material(
            code=item["code"],
            label=item["label"],
            version=item["version"],
            figures=tuple((label, value) for label, value in item["figures"]),
            link=item["link"],
        )
        for item in screening.material
    ]
